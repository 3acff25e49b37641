"""Claims of a paper: what is published, how the figure is read from logs here, and the rule that it is held to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from grokterm.reproductions.evidence import Evidence
from grokterm.reproductions.rules import Rule, Unit
from grokterm.reproductions.studies import Study

Figures = Callable[[Evidence], Sequence[float]]
"""Reads a figure from the evidence, one a seed as a rule."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is trained."""

    quick: bool
    """Smaller moduli and shorter runs, for ten minutes on two cores."""
    seeds: int


@dataclass(frozen=True, slots=True)
class Claim:
    """One row of a reproduction's table."""

    words: str
    source: str
    """Paper, with section, table or figure."""
    published: str
    """Its figure, as it is written there; "—" where it says so in words alone."""
    figures: Figures
    """Ours, one a seed as a rule."""
    unit: Unit
    rule: Rule
    note: str = ""
    """In what this set-up differs, or why the figure may."""


@dataclass(frozen=True, slots=True)
class Reproduction:
    """What is trained and compared under the name of a preset."""

    preset: str
    words: str
    source: str
    studies: Callable[[Scale], Sequence[Study]]
    claims: Callable[[Scale], Sequence[Claim]]
    quick_seeds: int = 3
    full_seeds: int = 5
    why: str = ""
    """Why figures differ from those that are published, and what was tried, as a paragraph of the guide."""


Registry = Mapping[str, Reproduction]
DASH: Final = "—"
