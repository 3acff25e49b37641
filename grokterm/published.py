"""When papers say that the set-ups of their presets come to a milestone, and from where to where that is confirmed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from grokterm.config import Config, Value, settings
from grokterm.milestones import GROKKED, GROKKED_90, GROKKED_95, MEMORIZED, Milestone
from grokterm.presets import PRESETS

PASSING: Final = 1.5
"""Factor within which a step passes …"""
NEAR: Final = 3.0
"""… and within which it is near."""
_OWN_OF_A_RUN: Final = ("seed", "device", "precision")
"""Settings in which a run may differ from its preset, beside those of its goal, pace and log."""


@dataclass(frozen=True, slots=True)
class Window:
    """A published step of a milestone."""

    preset: str
    milestone: Milestone
    step: int
    source: str

    @property
    def low(self) -> float:
        """From which step on it passes."""
        return self.step / PASSING

    @property
    def high(self) -> float:
        """Up to which step it passes."""
        return self.step * PASSING

    @property
    def last(self) -> float:
        """The step after which it has failed."""
        return self.step * NEAR

    def verdict(self, step: float) -> str:
        """Of a step at which it came."""
        if self.low <= step <= self.high:
            return "PASS"
        return "NEAR" if self.step / NEAR <= step <= self.last else "FAIL"

    def words(self, step: float) -> str:
        """The verdict of a step, as a sentence."""
        came, published = f"{self.milestone.happened} at {step:,.0f}", f"published: {self.step:,} ({self.source})"
        return f"{self.verdict(step)}: {came}; {published}"

    @property
    def missed(self) -> str:
        """The verdict where it did not come, as a sentence."""
        return f"FAIL: {self.milestone.condition} not by {self.last:,.0f}; published: {self.step:,} ({self.source})"


_ATGUGU: Final = "replication with 23 views"
_CHAPTER: Final = "Brenndoerfer's chapter"
WINDOWS: Final = (
    Window("nanda", GROKKED, 14_000, "Nanda et al. 2023, 5.2: the end of clean-up"),
    Window("replication", MEMORIZED, 300, _ATGUGU),
    Window("replication", GROKKED_95, 8350, _ATGUGU),
    Window("chapter", MEMORIZED, 380, _CHAPTER),
    Window("chapter", GROKKED_90, 2260, _CHAPTER),
    Window("small-parity", GROKKED, 800, "a run of Merrill et al.'s set-up"),
)
"""All of them, those of a preset in the order in which they come."""


@cache
def windows_of(config: Config) -> tuple[Window, ...]:
    """Those of the preset whose set-up a configuration is; none where it is that of no preset."""
    own = _set_up(config.as_dict())
    names = {window.preset for window in WINDOWS}
    preset = next((name for name in names if own == _preset(name)), None)
    return tuple(window for window in WINDOWS if window.preset == preset)


@cache
def _preset(name: str) -> Mapping[str, Value]:
    return _set_up(Config.starting(PRESETS[name].values).as_dict())


def _set_up(values: Mapping[str, Value]) -> Mapping[str, Value]:
    """What of a configuration makes a set-up."""
    known = settings()
    return {name: value for name, value in values.items() if known[name].group != "Run" and name not in _OWN_OF_A_RUN}
