"""What comes out in the chapters of the tour, in the figures of their runs; empty while there is nothing yet."""

from __future__ import annotations

from typing import Final

import numpy as np

from grokterm.milestones import GROKKED, GROKKED_90, MEMORIZED, Milestone
from grokterm.number_format import percent
from grokterm.runs.history import History
from grokterm.surgery import key_words
from grokterm.tour.chapter import Seen

_FEW: Final = 0.2
"""Test accuracy below which few of the pairs are known that were not shown."""
_FORGOTTEN: Final = 0.3
"""Test accuracy below which most of them are forgotten again."""
_LITTLE_DATA: Final = 0.2
"""Train fraction up to which it is too little."""
_SMOOTH_AFTER: Final = 400
"""Steps after which the weights of most neurons are waves in a run that has grokked."""
_CONTROL_STEPS: Final = 2_000


def grokked(seen: Seen) -> str:
    """When it learned by heart, and when it grokked."""
    memorized, at = _step(seen.history, MEMORIZED), _step(seen.history, GROKKED)
    if memorized is None or at is None:
        return ""
    return f"It grokked: train accuracy passed 99 % at step {memorized:,}, test accuracy reached 99 % at step {at:,}."


def grokked_by_decay(seen: Seen) -> str:
    """That it grokked once weight decay was raised."""
    history = seen.history
    raised = [c.step for c in history.changes if float(c.values.get("weight_decay", 0.0)) > 0]
    at = _step(history, GROKKED)
    if history.first_config.weight_decay > 0 or not raised or at is None or at < raised[0]:
        return ""
    return (
        f"It makes it grok: without it, test accuracy was {_test(history, raised[0])} at step {raised[0]:,}; with it, "
        f"test accuracy reached 99 % at step {at:,}."
    )


def looked_back(seen: Seen) -> str:
    """What it knew at a step before it grokked."""
    history, moment = seen.history, seen.moment
    memorized, at = _step(history, MEMORIZED), _step(history, GROKKED)
    if moment is None or memorized is None or at is None or not memorized <= moment < at:
        return ""
    if _accuracy(history, "test_accuracy", moment) >= _FEW:
        return ""
    train = percent(_accuracy(history, "train_accuracy", moment))
    return (
        f"At step {moment:,} train accuracy is {train} and test accuracy {_test(history, moment)}: it knew the "
        "pairs it was shown, and few of the others."
    )


def found_frequencies(seen: Seen) -> str:
    """Its key frequencies, and whether they were there before test accuracy rose."""
    history = seen.history
    at, keys = _step(history, GROKKED_90), history.key_frequencies
    if seen.view not in ("waterfall", "spectrum") or at is None or not keys or not keys[-1][1]:
        return ""
    first = next(step for step, found in keys if found)
    what, labels = key_words(history.config.op, keys[-1][1])
    when = "before" if first < at else "not before"
    return (
        f"The {what} k = {', '.join(labels)} stand out of {(history.config.p - 1) // 2}. The first were there at step "
        f"{first:,}, {when} test accuracy passed 90 % at step {at:,}."
    )


def saw_clocks(seen: Seen) -> str:
    """That neurons are waves."""
    at, last = _step(seen.history, GROKKED), seen.history.last
    if seen.view != "clocks" or at is None or last is None or last.step < at + _SMOOTH_AFTER:
        return ""
    return (
        "They do: left is what they were, right what they are. The share behind k is how much of a neuron's weights "
        "one wave explains: a tenth at first, nearly all of it now in most."
    )


def took_apart(seen: Seen) -> str:
    """What is left without what was taken out."""
    history = seen.history
    if seen.view != "ablation" or not seen.without or seen.ghost is None or _step(history, GROKKED) is None:
        return ""
    return f"Without {seen.without}, test accuracy was {percent(seen.ghost)}; intact it was {_test(history)}."


def forgot(seen: Seen) -> str:
    """That it lost the rule when its training set was cut."""
    history = seen.history
    cut = [c.step for c in history.changes if float(c.values.get("train_fraction", 1.0)) <= _LITTLE_DATA]
    at = _step(history, GROKKED)
    if at is None or not cut or cut[-1] < at or history.last is None or history.last.step <= cut[-1]:
        return ""
    if history.last.test_accuracy >= _FORGOTTEN:
        return ""
    return (
        f"It can: at step {cut[-1]:,} test accuracy was {_test(history, cut[-1])}, and at step "
        f"{history.last.step:,}, with {percent(history.config.train_fraction)} of the pairs, it is {_test(history)}."
    )


def claimed_nothing(seen: Seen) -> str:
    """That random labels are learned by heart, and nothing else comes."""
    history = seen.history
    if seen.view != "forecast" or history.last is None or history.last.step < _CONTROL_STEPS:
        return ""
    if history.config.corrupt < 1 or _step(history, MEMORIZED) is None or history.phase != "memorizing":
        return ""
    return (
        f"At step {history.last.step:,} train accuracy is {percent(history.last.train_accuracy)} and test accuracy "
        f"{_test(history)}. Nothing is claimed of such a run, for there is no rule to find."
    )


def _step(history: History, milestone: Milestone) -> int | None:
    return history.milestones[milestone.step_name]


def _accuracy(history: History, name: str, step: int | None = None) -> float:
    """That of the last record up to a step, or of the newest; NaN before the first."""
    values = history.column(name)
    count = len(values) if step is None else int(np.searchsorted(history.column("step"), step, side="right"))
    return float(values[count - 1]) if count else float("nan")


def _test(history: History, step: int | None = None) -> str:
    return percent(_accuracy(history, "test_accuracy", step))
