"""How a comparison writes where its runs stand: columns of milestones and ratios, and what these are to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from grokterm.milestones import GROKKED, MEMORIZED, MILESTONES, Milestone
from grokterm.runs.standings import Reached, Standings
from grokterm.tui.drawing.sheet import Column

_NOT_YET: Final = "not yet"
_BEFORE: Final = "before"


def milestone_columns(found: Standings) -> list[Column]:
    """Steps to all milestones, seconds to memorize and to grok, and how it is to the baseline."""
    steps = f"steps from {found.start:,} to" if found.start else "reached at step"
    columns = []
    for milestone in MILESTONES:
        reached = [row.milestones[milestone.step_name] for row in found.rows]
        columns.append(column(steps, _title(milestone), [_steps_text(one, found.start) for one in reached]))
    for milestone in (MEMORIZED, GROKKED):
        reached = [row.milestones[milestone.step_name] for row in found.rows]
        columns.append(column("seconds to", _title(milestone), [_seconds_text(one, found.start) for one in reached]))
    ratios = [_NOT_YET if row.ratio is None else f"{row.ratio:.2f}" for row in found.rows]
    taken = "seconds" if found.cut is not None else "steps"
    return [*columns, column(f"{taken} to {GROKKED.sign}", "× baseline", ratios)]


def baseline_words(found: Standings, names: Sequence[str]) -> str:
    """To which run ratios are: the best of the first one's rule, where more than one rate of it was tried."""
    told = f"baseline: {names[found.baseline]}"
    if found.cut is not None:
        told = f"first {found.cut:.1f} s · {told}"
    if found.rates < 2:
        return told
    if found.rows[found.baseline].ratio is None:
        return f"{told}; none of its {found.rates} rates has grokked yet"
    return f"{told}, the best {'' if found.settled else 'so far '}of {found.rates}"


def column(group: str, title: str, texts: Sequence[str]) -> Column:
    """A column of numbers."""
    return Column(group, title, tuple(texts))


def _title(milestone: Milestone) -> str:
    return "memorized" if milestone is MEMORIZED else milestone.sign


def _steps_text(reached: Reached | None, start: int) -> str:
    return _NOT_YET if reached is None else _BEFORE if start and reached.steps <= 0 else f"{reached.steps:,}"


def _seconds_text(reached: Reached | None, start: int) -> str:
    return _NOT_YET if reached is None else _BEFORE if start and reached.steps <= 0 else f"{reached.seconds:.1f}"
