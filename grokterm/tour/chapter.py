"""A chapter of the tour: a run, what to look for, a question, and how its answer is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from grokterm.config import Config, Value
from grokterm.runs.history import History


@dataclass(frozen=True, slots=True)
class Seen:
    """What a chapter can be answered by: the run's log, and what is on the screen."""

    history: History
    moment: int | None = None
    """The step of the past that is looked at; None is now."""
    view: str = ""
    """The name of the open view."""
    without: str = ""
    """What the view of ablation leaves out, in words, where the key frequencies are among it."""
    ghost: float | None = None
    """Test accuracy of the model without that, once it has come."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """One chapter; its texts fit into five lines of 76 columns, before and after it is answered."""

    title: str
    text: str
    """What to look for, and where."""
    question: str
    """What is asked, with the key that answers it."""
    answer: Callable[[Seen], str]
    """What came out, in sentences with the figures of this run; empty while it is not done."""
    then: str
    """What else can be tried, or what follows from it."""
    settings: Mapping[str, Value] = field(default_factory=dict)

    def config(self) -> Config:
        """The configuration of its run."""
        return Config.starting(self.settings)
