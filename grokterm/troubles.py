"""Every trouble that the watchman knows: its rule with thresholds, its source, its sentence, and what one can do."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal, get_args

TrainingTroubleName = Literal["softmax_collapse", "slingshot", "runaway_norm", "collapsed", "not_finite"]
"""Troubles that follow from the records of training, each the name of its event in the log."""
MachineTroubleName = Literal["slower", "disk"]
"""Troubles of the machine, which no repetition brings back."""
TroubleName = TrainingTroubleName | MachineTroubleName
Cure = Literal["lr", "epsilon", ""]
"""What rewinding changes: half the learning rate, ten times ε, or nothing, where no earlier model helps."""

MOST_REWINDS: Final = 3
"""Times that a model is rewound."""
SPIKE: Final = 10.0
"""Times the highest train loss of the records before it that the train loss of a spike is at least …"""
SPIKE_LOSS: Final = 0.01
"""… and nats at least …"""
BEFORE_SPIKE: Final = 10
"""… and how many records before it are looked at."""
SPIKE_GROWTH: Final = 1.01
"""Times Σθ² before a spike that it is at least after it: weights that weight decay shrinks are no norm cycle."""
AFTER_SPIKE: Final = 10
"""Records in which it grows so."""
SPIKES_WITHIN: Final = 3000
"""Steps within which spikes are counted."""
GROWTH_IN_MEMORIZING: Final = 100.0
"""Times what it began with that Σθ² counts as before the training pairs are memorized: small weights have to grow."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One row of the table: a rule with hysteresis, and what is told where it holds."""

    name: TroubleName
    title: str
    rule: str
    """What is counted or measured."""
    told_at: float
    """The number from which on it is told …"""
    over_at: float
    """… and the one down to which it has to come before it is told again."""
    times: int
    """How many times in a row it has to be so."""
    source: str
    sentence: str
    """What happened, with `{number}` for what was measured."""
    advice: str
    """What one can do."""
    cure: Cure

    def words(self, number: str) -> str:
        """The whole sentence."""
        return f"{self.title}: {self.sentence.format(number=number)}; {self.advice}"


TABLE: Final = (
    Trouble(
        name="softmax_collapse",
        title="softmax collapse",
        rule="share of the training pairs whose softmax sum is exactly 1, while test accuracy is below 90 %",
        told_at=0.9,
        over_at=0.5,
        times=5,
        source="Prieto, Barsbey, Mediano & Birdal 2025, arXiv:2501.04697",
        sentence="the softmax of {number} of the training pairs is exactly 1, and they have no gradient left",
        advice="train with --loss stablemax, more weight decay or --precision float64",
        cure="",
    ),
    Trouble(
        name="slingshot",
        title="slingshots",
        rule="loss spikes within 3,000 steps of a model that has memorized, each with Σθ² growing",
        told_at=3,
        over_at=0,
        times=1,
        source="Thilak, Littwin, Zhai, Saremi, Paiss & Susskind 2022, arXiv:2206.04817",
        sentence="train loss spiked {number} times within 3,000 steps, and Σθ² grew each time",
        advice="raise epsilon tenfold, or lower the learning rate",
        cure="epsilon",
    ),
    Trouble(
        name="runaway_norm",
        title="runaway norm",
        rule="Σθ² over its least since the training pairs are memorized; before, over 100 times what it began with",
        told_at=10,
        over_at=5,
        times=3,
        source="Lyu & Li 2020, arXiv:1906.05890: without decay ‖θ‖ has no bound; ten times is grokterm's own limit",
        sentence="Σθ² is {number} times what it was",
        advice="lower the learning rate, raise weight decay, or hold ‖θ‖ with --norm-clamp 1",
        cure="lr",
    ),
    Trouble(
        name="collapsed",
        title="collapsed",
        rule="test accuracy of a model that had grokked (99 %)",
        told_at=0.9,
        over_at=0.99,
        times=1,
        source="Prieto et al. 2025, arXiv:2501.04697; the thresholds are those of the phases",
        sentence="test accuracy fell below {number}",
        advice="lower the learning rate or raise epsilon, or fork from a step before",
        cure="lr",
    ),
    Trouble(
        name="not_finite",
        title="not finite",
        rule="loss, gradient and Σθ² of a step",
        told_at=math.inf,
        over_at=math.inf,
        times=1,
        source="IEEE 754: what overflows stays so",
        sentence="the loss is no longer finite",
        advice="choose a smaller learning rate or another model, then go on",
        cure="lr",
    ),
    Trouble(
        name="slower",
        title="slower than before",
        rule="seconds a step over ten seconds of training, over the least of them since the last change",
        told_at=2,
        over_at=1.25,
        times=3,
        source="grokterm's own limits",
        sentence="a step takes {number} times as long as it did",
        advice="see what else runs on this machine, or whether it is too hot",
        cure="",
    ),
    Trouble(
        name="disk",
        title="disk nearly full",
        rule="bytes that a run folder may still grow to (100 MB) over those that are free",
        told_at=1,
        over_at=0.5,
        times=1,
        source="grokterm's own limits",
        sentence="{number} are free where the run is written",
        advice="make room: a full disk makes training wait",
        cure="",
    ),
)
"""All rules and all sentences."""
TROUBLES: Final[dict[str, Trouble]] = {trouble.name: trouble for trouble in TABLE}
"""The same by name."""
TRAINING_TROUBLES: Final[tuple[str, ...]] = get_args(TrainingTroubleName)


class Hysteresis:
    """Whether a trouble is to be told: once, and again only after it was over."""

    def __init__(self, trouble: Trouble) -> None:
        self.trouble = trouble
        self.restart()

    def restart(self) -> None:
        """Begins anew, as for another model."""
        self._told = False
        self._in_row = 0

    def update(self, number: float | None) -> bool:
        """Whether the next number makes it told; one that is not known changes nothing."""
        if number is None or math.isnan(number):
            return False
        trouble = self.trouble
        turned = number <= trouble.over_at if self._told else number >= trouble.told_at
        self._in_row = self._in_row + 1 if turned else 0
        if self._in_row < trouble.times:
            return False
        self._told, self._in_row = not self._told, 0
        return self._told
