"""The course of one run of a sweep: its milestones, its thinned curve, and what it came to."""

from __future__ import annotations

import math
import time
from typing import Final

from grokterm.config import Config
from grokterm.measures import Measures, finite
from grokterm.milestones import GROKKED, GROKKED_90, GROKKED_95, MEMORIZED
from grokterm.sweeps.batch import Outcome, Training
from grokterm.sweeps.curves import POINTS, Thinning
from grokterm.sweeps.phases import LEARNED, phase_of
from grokterm.training.goals import goal_reached

_MILESTONES: Final = (MEMORIZED, GROKKED_90, GROKKED_95, GROKKED)


class Course:
    """A run on its way: fed with the measures of its steps, it knows when it has ended and what it came to."""

    def __init__(self, config: Config, points: int = POINTS) -> None:
        """One whose curve has so many points at most."""
        self.config = config
        self.ended = False
        """Whether its goal or its budget is reached."""
        self._steps: dict[str, int] = {}
        self._thinning = Thinning(points)
        self._step = 0
        self._last: Measures | None = None
        self.gini: float | None = None
        """The newest Gini coefficient of the embedding."""

    def add(self, step: int, measures: Measures, gini: float | None = None) -> None:
        """The measures after `step` steps, with the Gini coefficient of the embedding where it was measured."""
        self._step, self._last = step, measures
        self.gini = gini if gini is not None else self.gini
        if step > 0:
            self._note("learned_step", step, measures.train_accuracy > LEARNED)
            for milestone in _MILESTONES:
                accuracy = measures.train_accuracy if milestone.pairs == "train" else measures.test_accuracy
                self._note(milestone.step_name, step, milestone.reached(accuracy))
        losses = (measures.train_loss, measures.test_loss, measures.sum_squared_weights, gini)
        numbers = (math.nan if number is None else number for number in losses)
        self._thinning.add((step, measures.train_accuracy, measures.test_accuracy, *numbers))
        self.ended = bool(goal_reached(self.config, step, measures))

    def outcome(
        self, run: int, training: Training, digest: str = "", failure: str = "", step: int | None = None
    ) -> Outcome:
        """What it came to, by its number; with a `failure`, why it did not come to its end, and after which step."""
        last, steps = self._last, self._steps
        judged = not failure or steps.get(GROKKED.step_name) is not None
        return Outcome(
            run=run,
            state="failed" if failure else "finished",
            reason=failure,
            step=self._step if step is None else step,
            train_accuracy=last.train_accuracy if last else None,
            test_accuracy=last.test_accuracy if last else None,
            train_loss=finite(last.train_loss) if last else None,
            test_loss=finite(last.test_loss) if last else None,
            sum_squared_weights=finite(last.sum_squared_weights) if last else None,
            embedding_gini=finite(self.gini),
            phase=phase_of(steps.get("learned_step"), steps.get(GROKKED_90.step_name)) if judged else None,
            training=training,
            digest=digest,
            time=time.time(),
            curve=self._thinning.curve(),
            **steps,
        )

    def _note(self, name: str, step: int, reached: bool) -> None:
        if reached:
            self._steps.setdefault(name, step)
