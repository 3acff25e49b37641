"""The columns of a sweep's table: settings, what the runs of a line came to, ratios to a baseline."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from grokterm.config import Value
from grokterm.number_format import percent
from grokterm.sweeps.conditions import NUMBER, WORD, Given, Kind
from grokterm.sweeps.phases import PHASES
from grokterm.sweeps.plan import short_name
from grokterm.tui.sweep.tiles import Tile
from grokterm.tui.sweep.words import steps_words, value_word

GIVEN: Final = (
    "phase", "steps", "share", "test_accuracy", "gini", "grokked", "ended", "failed", "runs", "state", "reason",
)  # fmt: skip
"""What conditions are asked of and files tell, beside settings."""
GIVEN_KINDS: Final[dict[str, Kind]] = dict.fromkeys(GIVEN, NUMBER) | {
    "phase": Kind(PHASES),
    "state": Kind(("ended", "failed", "running", "waiting")),
    "reason": WORD,
}
Key = tuple[int, ...]
"""Which value of each axis a line stands for, but for the axis that is pooled."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the table."""

    key: Key
    settings: dict[str, Value]
    """Those that all its cells have alike, of the axes."""
    tile: Tile

    @property
    def given(self) -> dict[str, Given]:
        """What conditions are asked of, beside settings."""
        summary = self.tile.summary
        known = summary if summary is not None and summary.ended else None
        return {
            "state": "ended" if self.tile.standing == "known" else self.tile.standing,
            "runs": self.tile.runs,
            "ended": self.tile.ended,
            "failed": self.tile.failed,
            "grokked": known.grokked if known else 0,
            "phase": known.phase if known else None,
            "steps": known.steps if known else None,
            "share": known.share if known else None,
            "test_accuracy": known.test_accuracy if known else None,
            "gini": known.gini if known else None,
            "reason": self.tile.reason or None,
        }

    def measure(self, name: str) -> float:
        """A number of the summary by its name, NaN where no run has ended."""
        summary = self.tile.summary
        return float(getattr(summary, name)) if summary is not None and summary.ended else math.nan


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the table: its heading, what it sorts by, and what is written."""

    title: str
    value: Callable[[Entry], float | str]
    """NaN or empty where there is none: such lines come last, however they are sorted."""
    text: Callable[[Entry], str]
    least: int = 4
    """Cells that it takes at least."""
    right: bool = True


def fields_of(names: list[str], base: Entry | None) -> list[Field]:
    """The columns for lines with these settings, with ratios to a line where there is a baseline."""
    settings = [_setting(name) for name in names]
    phase, grok, steps, test, *others = _MEASURED
    if base is None:
        return [*settings, phase, grok, steps, test, *others]
    ratio, gain = _ratios(base)
    return [*settings, phase, grok, steps, ratio, test, gain, *others]


def is_missing(value: float | str) -> bool:
    """Whether a column has nothing to sort a line by."""
    return value == "" if isinstance(value, str) else math.isnan(value)


def _setting(name: str) -> Field:
    return Field(
        short_name(name),
        lambda entry: entry.settings[name],
        lambda entry: value_word(entry.settings[name]),
        5,
    )


def _measured(title: str, name: str, write: Callable[[float], str], least: int) -> Field:

    def value(entry: Entry) -> float:
        return entry.measure(name)

    return Field(title, value, lambda entry: "–" if math.isnan(value(entry)) else write(value(entry)), least)


def _phase(entry: Entry) -> str:
    summary = entry.tile.summary
    return summary.phase or "" if summary is not None and summary.ended else ""


def _runs(entry: Entry) -> str:
    return f"{entry.tile.ended}/{entry.tile.runs}"


_MEASURED: Final = (
    Field("phase", _phase, lambda entry: _phase(entry) or entry.tile.standing, 13, right=False),
    _measured("99 %", "share", lambda share: f"{100 * share:.0f} %", 5),
    _measured("steps", "steps", steps_words, 6),
    _measured("test", "test_accuracy", percent, 7),
    _measured("gini", "gini", lambda gini: f"{gini:.2f}", 4),
    Field("runs", lambda entry: float(entry.tile.ended), _runs),
    Field("failed", lambda entry: float(entry.tile.failed), lambda entry: str(entry.tile.failed or "")),
)


def _ratios(base: Entry) -> tuple[Field, Field]:
    """Steps to grok as a multiple of the baseline's, and the difference in test accuracy, in points."""

    def ratio(entry: Entry) -> float:
        one, other = entry.measure("steps"), base.measure("steps")
        return one / other if math.isfinite(one) and math.isfinite(other) and other > 0 else math.nan

    def gain(entry: Entry) -> float:
        return 100 * (entry.measure("test_accuracy") - base.measure("test_accuracy"))

    def text(value: Callable[[Entry], float], form: str) -> Callable[[Entry], str]:
        return lambda entry: "–" if math.isnan(value(entry)) else form.format(value(entry))

    return (
        Field("× steps", ratio, text(ratio, "{:.2f}"), 7),
        Field("Δ test", gain, text(gain, "{:+.1f}"), 6),
    )
