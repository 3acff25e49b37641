"""How a comparison writes where its runs stand: columns of milestones and ratios, and what these are to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from grokterm.milestones import GROKKED, MEMORIZED, MILESTONES, Milestone
from grokterm.runs.standings import Reached, Standings
from grokterm.tui.drawing.sheet import Column

_NOT_YET: Final = "not yet"
_BEFORE: Final = "before"


def grokking_columns(found: Standings) -> list[Column]:
    """Steps and seconds to memorize and to grok, and how it is to the baseline."""
    ratios = [_NOT_YET if row.ratio is None else f"{row.ratio:.2f}" for row in found.rows]
    return [
        *(_step_column(found, milestone) for milestone in (MEMORIZED, GROKKED)),
        column("grokked", "× baseline", ratios),
        *(_second_column(found, milestone) for milestone in (MEMORIZED, GROKKED)),
    ]


def milestone_columns(found: Standings) -> list[Column]:
    """Steps to all milestones."""
    return [_step_column(found, milestone) for milestone in MILESTONES]


def baseline_words(found: Standings, name: str, seeds: Sequence[int]) -> list[str]:
    """Of which seeds, from where and to where it is counted, and to which run ratios are; the longest first."""
    told = f"baseline: {name}"
    if found.rates > 1 and found.rows[found.baseline].ratio is None:
        told += f"; none of its {found.rates} rates has grokked yet"
    elif found.rates > 1:
        told += f", the best {'' if found.settled else 'so far '}of {found.rates}"
    parts = [f"from step {found.start:,}"] if found.start else []
    parts += [f"first {found.cut:.1f} s"] if found.cut is not None else []
    of_seeds = f"seed{'s' * (len(set(seeds)) > 1)} {', '.join(map(str, sorted(set(seeds))))}"
    return [" · ".join([of_seeds, *parts, told]), *([" · ".join([*parts, told])] if parts else []), told]


def _step_column(found: Standings, milestone: Milestone) -> Column:
    reached = [row.milestones[milestone.step_name] for row in found.rows]
    texts = [_text(one, found.start, f"{one.steps:,}" if one else "") for one in reached]
    return column("steps to" if found.start else "reached at step", _title(milestone), texts)


def _second_column(found: Standings, milestone: Milestone) -> Column:
    reached = [row.milestones[milestone.step_name] for row in found.rows]
    texts = [_text(one, found.start, f"{one.seconds:.1f}" if one else "") for one in reached]
    return column("seconds to", _title(milestone), texts)


def _text(reached: Reached | None, start: int, number: str) -> str:
    return _NOT_YET if reached is None else _BEFORE if start and reached.steps <= 0 else number


def column(group: str, title: str, texts: Sequence[str]) -> Column:
    """A column of numbers."""
    return Column(group, title, tuple(texts))


def _title(milestone: Milestone) -> str:
    return "memorized" if milestone is MEMORIZED else milestone.sign
