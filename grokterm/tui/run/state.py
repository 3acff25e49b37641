"""What the screen shows: one run's log, its trainer's status and the last pictures of its model."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from grokterm.config import Config
from grokterm.picture import Picture
from grokterm.runs.history import History
from grokterm.tui.run.moment import Moment
from grokterm.tui.theme import Palette
from grokterm.view_options import ViewOptions
from grokterm.wire.messages import Status


@dataclass(slots=True)
class RunState:
    """Everything that panes draw; the app keeps it up to date and hands it to them at every tick."""

    run_id: str
    history: History
    view: ViewOptions
    palette: Palette
    status: Status | None = None
    now: dict[str, Picture] = field(default_factory=dict)
    """The last pictures of the step that is looked at, by name."""
    before: dict[str, Picture] = field(default_factory=dict)
    """The same of an earlier step, to compare with."""
    mark: int | None = None
    """The step to compare with that was chosen; None is the model's first."""
    comparing: bool = False
    """Whether the panes of the board show before and now."""
    log_x: bool = False
    log_y: bool = True
    """Whether the loss axis is logarithmic."""
    moment: Moment | None = None
    """The step of the past that is looked at; None is now."""
    trained: bool = True
    """Whether the run is one that trains, and not others' weights."""
    going: bool = False
    """Whether the pictures of that step have been on their way for a while."""

    @property
    def config(self) -> Config:
        """The configuration of what is looked at."""
        return self.moment.config if self.moment else self.history.config

    @property
    def compared(self) -> int | None:
        """The step that views compare with: the one chosen, or the first logged of the present model."""
        steps = self.history.column("step")
        rebuilt = [change.step for change in self.history.changes if change.rebuilt]
        first = steps[np.searchsorted(steps, rebuilt[-1], side="right") :] if rebuilt else steps
        if not first.size:
            return None
        return max(int(first[0]), self.mark) if self.mark is not None else int(first[0])

    @property
    def newest(self) -> int:
        """The last step that is known."""
        status, last = self.status, self.history.last
        return max(status.step if status else 0, last.step if last else 0)
