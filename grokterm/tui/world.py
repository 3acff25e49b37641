"""What the screen shows: one run's log, its trainer's status and the last frames of its model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from grokterm.config import Config
from grokterm.runs.history import History
from grokterm.tui.moment import Moment
from grokterm.tui.theme import Palette
from grokterm.view_options import ViewOptions
from grokterm.wire.messages import PictureFrame, PictureRequest, SpectrumFrame, Status, TableFrame, TaskFrame

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Labels and split of a run, each [p, p] indexed [a, b]."""

    label: npt.NDArray[np.uint16]
    """The right answers."""
    trained: npt.NDArray[np.bool_]
    given: npt.NDArray[np.uint16] | None = None
    """The labels trained on; None where all are right."""
    data: tuple[float, float] | None = None
    """The train fraction and the share of wrong labels with which the split was made, where they are known."""

    @classmethod
    def of(cls, frame: TaskFrame) -> Task:
        """The task in a frame; raises WireError."""
        given = frame.given.numpy() if frame.corrupt else None
        return cls(frame.label.numpy(), frame.trained.numpy(), given, (frame.train_fraction, frame.corrupt))

    def is_of(self, config: Config) -> bool:
        """Whether it is the task of a configuration of the run."""
        return self.data is None or self.data == (config.train_fraction, config.corrupt)


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The model's answers at `step`, each [p, p] indexed [a, b]."""

    step: int
    prediction: npt.NDArray[np.uint16]
    confidence: npt.NDArray[np.uint8]
    """Softmax probability of the predicted class times 255."""
    past: bool = False
    """Whether it was asked for as one of the past."""

    @classmethod
    def of(cls, frame: TableFrame, step: int, past: bool = False) -> Table:
        """The table in a frame of the model at `step`; raises WireError."""
        return cls(step, frame.prediction.numpy(), frame.confidence.numpy(), past)


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """Fourier norms at `step` for k = 1 …, and the key frequencies among them."""

    step: int
    norms: npt.NDArray[np.float32]
    key_frequencies: tuple[int, ...]
    basis: str
    words: str
    single_frequency_share: float | None = None
    past: bool = False
    """Whether it was asked for as one of the past."""

    @classmethod
    def of(cls, frame: SpectrumFrame, step: int, past: bool = False) -> Spectrum:
        """The spectrum in a frame of the model at `step`; raises WireError."""
        return cls(
            step,
            frame.norms.numpy(),
            frame.key_frequencies,
            frame.basis,
            frame.words,
            frame.single_frequency_share,
            past,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What a view draws: small arrays taken from the model at `step`."""

    step: int
    request: PictureRequest
    arrays: Mapping[str, npt.NDArray[Any]]
    names: Mapping[str, tuple[str, ...]]
    words: str
    past: bool = False
    """Whether it was asked for as one of the past."""

    @classmethod
    def of(cls, frame: PictureFrame, step: int, past: bool = False) -> Seen:
        """The picture in a frame of the model at `step`; raises WireError."""
        arrays = {name: array.numpy() for name, array in frame.arrays.items()}
        return cls(step, frame.request, arrays, frame.names, frame.words, past)


@dataclass(slots=True)
class World:
    """Everything that panes draw; the app keeps it up to date and hands it to them at every tick."""

    run_id: str
    history: History
    view: ViewOptions
    palette: Palette
    status: Status | None = None
    task: Task | None = None
    table: Table | None = None
    spectrum: Spectrum | None = None
    picture: Seen | None = None
    """What the open view draws."""
    before: Seen | None = None
    """The same of an earlier step, to compare with."""
    mark: int | None = None
    """The step to compare with that was chosen; None is the model's first."""
    log_x: bool = False
    log_y: bool = True
    """Whether the loss axis is logarithmic."""
    moment: Moment | None = None
    """The step of the past that is looked at; None is now."""
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
