"""Comparing what was made again with what was written, bit by bit, and remembering the first and largest difference."""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec
import numpy as np
import numpy.typing as npt

from grokterm.replay.report import Difference, Tally
from grokterm.runs.checkpoints import Tensors
from grokterm.wire.records import PluginMeasures, Progress, Scalars, Spectrum, Structure

Measured = Scalars | Progress | Spectrum | Structure | PluginMeasures
"""Records that hold measures."""


class Comparison:
    """What was compared so far."""

    def __init__(self) -> None:
        self.first: Difference | None = None
        self.largest: Difference | None = None
        self._compared = {"log": 0, "checkpoint": 0}
        self._differ = {"log": 0, "checkpoint": 0}

    @property
    def records(self) -> Tally:
        """Of the log's records."""
        return Tally(self._compared["log"], self._differ["log"])

    @property
    def checkpoints(self) -> Tally:
        """Of the checkpoints."""
        return Tally(self._compared["checkpoint"], self._differ["checkpoint"])

    @property
    def differ(self) -> int:
        """How many do not agree."""
        return sum(self._differ.values())

    def note(self, where: str, difference: Difference | None) -> None:
        """Counts one record or checkpoint, and the difference found in it."""
        self._compared[where] += 1
        if difference is None:
            return
        self._differ[where] += 1
        self.first = self.first or difference
        if difference.by is not None and (self.largest is None or difference.by > (self.largest.by or 0.0)):
            self.largest = difference


def measures_differ(logged: Measured, made: Measured | None) -> Difference | None:
    """Where two records of one step differ in more than their seconds; None for one that was not made."""
    kind = str(logged.__struct_config__.tag)
    if made is None:
        return records_differ(logged, None, logged.step, f"the {kind} record")
    then, now = _numbers(logged), _numbers(made)
    pairs = {name: (then.get(name), now.get(name)) for name in then | now}
    unequal = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    if not unequal:
        return records_differ(_timeless(logged), _timeless(made), logged.step, f"the {kind} record")
    name = max(unequal, key=lambda name: _gap(*unequal[name]))
    was, is_now = unequal[name]
    gap = _gap(was, is_now)
    words = f"{name.replace('_', ' ')} was {_number(was)} and is {_number(is_now)} now"
    return Difference(logged.step, "log", name, gap if math.isfinite(gap) else None, words)


def records_differ(logged: msgspec.Struct, made: msgspec.Struct | None, step: int, what: str) -> Difference | None:
    """Where a change or an event is not what was made again; None for one that was not made."""
    if made is None:
        return Difference(step, "log", what, None, f"{what} is in the log and does not happen now")
    for name in made.__struct_fields__:
        before, now = getattr(logged, name), getattr(made, name)
        if before != now:
            return Difference(step, "log", what, None, f"{what}: {name} was {before} and is {now} now")
    return None


def tensors_differ(step: int, saved: Tensors, made: Mapping[str, npt.NDArray[np.generic]]) -> Difference | None:
    """Where a checkpoint's tensors differ from those made again, bit by bit."""
    names = [name for name in sorted(saved.keys() | made.keys()) if not _same_bits(saved.get(name), made.get(name))]
    if not names:
        return None
    gaps = {name: _largest_gap(saved.get(name), made.get(name)) for name in names}
    name = max(names, key=gaps.__getitem__)
    by = gaps[name] if math.isfinite(gaps[name]) else None
    by_how_much = f"by up to {by:.3g}" if by is not None else "in its shape or in values that are not finite"
    more = f", and {len(names) - 1} more tensors differ" if len(names) > 1 else ""
    return Difference(step, "checkpoint", name, by, f"{name} differs {by_how_much}{more}")


def _numbers(record: Measured) -> dict[str, float | None]:
    """The numbers of a record that training determines, by name."""
    found: dict[str, float | None] = {}
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if isinstance(value, dict):
            found |= {f"{name} of {key}": number for key, number in value.items()}
        elif isinstance(value, tuple):
            found |= {f"{name} {at}": number for at, number in enumerate(value, 1)}
        elif name != "seconds" and not isinstance(value, str):
            found[name] = value
    return found


def _timeless(record: Measured) -> Measured:
    return msgspec.structs.replace(record, seconds=0.0) if isinstance(record, Scalars) else record


def _same_bits(one: npt.NDArray[np.generic] | None, other: npt.NDArray[np.generic] | None) -> bool:
    if one is None or other is None or one.shape != other.shape or one.dtype != other.dtype:
        return False
    return one.tobytes() == other.tobytes()


def _largest_gap(one: npt.NDArray[np.generic] | None, other: npt.NDArray[np.generic] | None) -> float:
    if one is None or other is None or one.shape != other.shape or one.size == 0:
        return math.inf
    gap = float(np.abs(one.astype(np.float64) - other.astype(np.float64)).max())
    return math.inf if math.isnan(gap) else gap


def _gap(one: float | None, other: float | None) -> float:
    return math.inf if one is None or other is None else abs(one - other)


def _number(value: float | None) -> str:
    return "no number" if value is None else f"{value:.9g}"
