"""Every sentence that narrator, forecast and watchman can say: who says it, by which rule, and its words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from grokterm.milestones import COLLAPSED_ACCURACY, GENERALIZING_ACCURACY, GROKKED, MEMORIZED, MEMORIZING_ACCURACY
from grokterm.troubles import TABLE as TROUBLES

Who = Literal["narrator", "forecast", "watchman"]

TENTH: Final = 0.1
"""Share of ln p below which the restricted loss of test pairs is told of …"""
STILL_WRONG: Final = 0.5
"""… as long as test accuracy is below this."""
EXCLUDED_RISES: Final = 2.0
"""Times its least value at which the excluded loss is told of …"""
EXCLUDED_BY: Final = 0.1
"""… and nats above it, at least."""
LIGHTER: Final = 0.8
"""Share of its peak below which Σθ² is told of, once the training pairs are memorized."""
COLLAPSED_SHARE: Final = 0.5
"""Share of the training pairs without a gradient that is told of."""
SPIKE: Final = 10.0
"""Times the loss of the records before it that a spike reaches …"""
SPIKE_LOSS: Final = 0.01
"""… in nats, at least."""
BEFORE_SPIKE: Final = 10
"""Records before a spike that it is compared with."""
SPIKES_APART: Final = 500
"""Steps from one spike that is told of to the next."""
MOST_SPIKES: Final = 20
"""Spikes of a model that are told of."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """Something that happened at a step: what, what it means, and the palette's meaning that colours it."""

    step: int
    what: str
    meaning: str
    color: str
    logged: bool = False
    """Whether it is an event of the log."""

    @property
    def words(self) -> str:
        """The whole sentence."""
        return f"{self.what}: {self.meaning}"


@dataclass(frozen=True, slots=True)
class Saying:
    """One row of the table; what differs from one time to the next stands in braces."""

    name: str
    who: Who
    rule: str
    """When it is said."""
    what: str
    meaning: str = ""
    color: str = "text"
    """The palette's meaning that colours it, where it is told at a step."""

    @property
    def pattern(self) -> str:
        """The whole sentence, with what differs in braces."""
        return f"{self.what}: {self.meaning}" if self.meaning else self.what

    def words(self, **parts: str) -> str:
        """The whole sentence."""
        return self.pattern.format(**parts)

    def at(self, step: int, logged: bool = False, **parts: str) -> Sentence:
        """As it is told at a step."""
        return Sentence(step, self.what.format(**parts), self.meaning.format(**parts), self.color, logged)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _narrator(name: str, rule: str, what: str, meaning: str, color: str) -> Saying:
    return Saying(name, "narrator", rule, what, meaning, color)


def _forecast(name: str, rule: str, what: str, meaning: str = "", color: str = "text") -> Saying:
    return Saying(name, "forecast", rule, what, meaning, color)


_CLAIMED: Final = "a circuit is claimed, "

_NARRATOR: Final = (
    _narrator("memorized", MEMORIZED.condition, "train accuracy passed 99 %, test accuracy is {test}",
              "memorized by heart", "memorizing"),
    _narrator("generalizing", f"test accuracy above {_percent(GENERALIZING_ACCURACY)}", "{numbers}",
              "the rule answers pairs never seen", "generalizing"),
    _narrator("memorizing", f"test accuracy below {_percent(MEMORIZING_ACCURACY)} after generalizing", "{numbers}",
              "back to memorizing", "memorizing"),
    _narrator("grokked", GROKKED.condition, "test accuracy reached 99 %", "grokked", "grokked"),
    _narrator("collapsed", f"test accuracy below {_percent(COLLAPSED_ACCURACY)} after it had grokked",
              "test accuracy fell below 90 %", "what was grokked has collapsed", "collapsed"),
    _narrator("not_finite", "loss, gradient or Σθ² not finite", "the loss is no longer finite",
              "training cannot go on like this", "error"),
    _narrator("circuit_formation", "consensus loss below half of ln p, and chance ruled out", "{numbers}",
              "a circuit begins to form", "generalizing"),
    _narrator("clean_up", "test loss below half of its peak, and Σθ² below 95 % of its own", "{numbers}",
              "memory is cleaned up", "grokked"),
    _narrator("memorization", "consensus loss above 75 % of ln p after a circuit had formed", "{numbers}",
              "the circuit is lost", "memorizing"),
    _narrator("restricted",
              f"{_CLAIMED}restricted loss of test pairs at most a tenth of ln p, test accuracy below "
              f"{_percent(STILL_WRONG)}; once a model",
              "restricted loss of test pairs is a tenth of ln p while test accuracy is {test}",
              "the key frequencies alone know the answers", "generalizing"),
    _narrator("excluded",
              f"{_CLAIMED}excluded loss {EXCLUDED_RISES:.0f} times its least, and {EXCLUDED_BY:g} nats above it; "
              "once a model",
              "excluded loss rose from {least} to {now}", "training pairs are answered by the circuit now",
              "generalizing"),
    _narrator("keys", "the first estimate of key frequencies; once a model", "{frequencies} {stand} out",
              "an estimate that may change", "key"),
    _narrator("weights", f"{MEMORIZED.condition}, and Σθ² at most {_percent(LIGHTER)} of its peak since; once a model",
              f"Σθ² fell by {_percent(1 - LIGHTER)} from its peak", "weight decay clears away what is not needed",
              "grokked"),
    _narrator("softmax", f"the softmax of {_percent(COLLAPSED_SHARE)} of the training pairs exactly 1; once a model",
              "the softmax of {share} of the training pairs is exactly 1",
              "as sure as the float can tell (softmax collapse)", "grokked"),
    _narrator("spike",
              f"train loss {SPIKE:.0f} times the highest of {BEFORE_SPIKE} records before and at least {SPIKE_LOSS:g}; "
              f"{SPIKES_APART} steps apart, {MOST_SPIKES} times a model at most",
              f"train loss rose more than {SPIKE:.0f}-fold to {{loss}}", "a loss spike (slingshot)", "warning"),
)  # fmt: skip

_FORECAST: Final = (
    _forecast("groks", "memorized, not grokked, and a chance of half or more to grok by the step that is asked about",
              "groks at about {median} ({low}–{high}), 80 %"),
    _forecast("never", "memorized, not grokked, and a smaller chance than that",
              "not within {horizon} steps ({chance} %)"),
    _forecast("undecayed", "memorized, not grokked, and weight decay 0",
              "not expected to grok (none of the library's runs without weight decay has)"),
    _forecast("random", "memorized, not grokked, and all labels wrong",
              "not expected to grok (random labels have no rule)"),
    _forecast("changed",
              "weight decay, learning rate or data changed, and a forecast for the new setting, at once or "
              "when it has memorized; once a change",
              "with {new} instead of {old}", "{when}", "grokked"),
    _forecast("grokked", "silent: test accuracy has reached 99 %", "it has grokked"),
    _forecast("unmemorized", "silent: train accuracy has not passed 99 %",
              "it has not memorized the training pairs yet"),
    _forecast("few", "silent: fewer than four records, or numbers that are not finite",
              "too few records since it memorized"),
    _forecast("unmeasured", "silent: --measure-every 0", "measures are off"),
    _forecast("unlike", "silent: a feature farther from the middle of the library than any of its runs",
              "the library has no runs like it"),
    _forecast("task", "silent: a task or an operation that the library lacks", "the library has no runs of {task}"),
    _forecast("architecture", "silent: an architecture that the library lacks",
              "the library has no runs of --arch {arch}"),
    _forecast("setting", "silent: a setting in which the library's runs do not differ, and another value",
              "the library has no runs with {setting} {value}"),
    _forecast("unreadable", "silent: a damaged installation", "its numbers cannot be read: {reason}"),
)  # fmt: skip

NARRATOR: Final = {row.name: row for row in _NARRATOR}
"""What the narrator says of itself, by name; what the watchman says it repeats."""
FORECAST: Final = {row.name: row for row in _FORECAST}
"""What the forecast says, by name."""
WATCHMAN: Final = {
    row.name: Saying(row.name, "watchman", row.rule, row.words("{number}"), color="warning") for row in TROUBLES
}
"""What the watchman says, by name; thresholds and sources stand in `troubles.TABLE`."""
TABLE: Final = (*NARRATOR.values(), *FORECAST.values(), *WATCHMAN.values())
"""All of them."""
