"""The parts of which views consist, with all their numbers and without any drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

Values: TypeAlias = npt.NDArray[Any]
Scale = Literal["rising", "signed", "cyclic", "states"]
Arrangement = Literal[
    "figures", "figures wide", "figures wide even", "figures small", "figures tiny", "below", "charts"
]
"""How parts stand: side by side, wide, small or tiny, or below each other."""
RING: Final = 0.5
"""Distance from the middle of a clock at which a weight of 0 lies, of the whole radius."""
PAIR_STATES: Final = (
    ("background", "not defined"),
    ("correct", "right"),
    ("wrong", "wrong"),
    ("unsure", "unsure"),
    ("correct_trained", "right, trained on"),
    ("wrong_trained", "wrong, trained on"),
    ("unsure_trained", "unsure, trained on"),
)
"""What the values 0 … 6 of a map of states mean: the palette's meaning that colours each, and its words."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A curve: its name, the palette's meaning that colours it, and its places, [n] each."""

    name: str
    color: str
    x: Values
    y: Values
    faint: bool = False
    dashed: bool = False
    points: bool = False
    """Whether each place is a dot too."""
    band: tuple[Values, Values] | None = None
    """Lower and upper ends of an interval around it, [n] each."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a step, in few words."""

    x: float
    words: str
    color: str = "milestone"


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of steps that is coloured."""

    start: float
    end: float
    color: str


@dataclass(frozen=True, slots=True)
class Look:
    """How a chart is drawn."""

    percent: bool = False
    log_x: bool = False
    log_y: bool = False
    unit: str = "step"
    """What stands before a value of x."""
    linked: bool = True
    """Whether it is zoomed with the other charts over steps."""
    height: int = 220


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """Curves, with what is marked in them."""

    title: str
    lines: Sequence[Line]
    marks: Sequence[Mark] = ()
    bands: Sequence[Band] = ()
    look: Look = Look()

    @property
    def known(self) -> list[Line]:
        """The curves that have a number."""
        return [line for line in self.lines if np.isfinite(line.y.astype(np.float64)).any()]


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Bars counted from 1, those of `keys` lit, and levels across them, each with its words and colour."""

    title: str
    heights: Values
    keys: Sequence[int] = ()
    levels: Sequence[tuple[str, float, str]] = ()
    names: Sequence[str] = ()
    unit: str = "k"


@dataclass(frozen=True, slots=True)
class Side:
    """What the rows or the columns are: their name, and what each is called, or a number from `first` on."""

    name: str
    names: Sequence[str] | None = None
    first: int = 0
    backwards: bool = False
    """Whether numbers fall."""
    every: int = 1
    """How far numbers are apart."""


@dataclass(frozen=True, slots=True)
class Range:
    """How values are coloured: the scale, its ends where they are not those of the values, and what is measured."""

    scale: Scale = "rising"
    low: float | None = None
    high: float | None = None
    unit: str = ""
    log: bool = False

    def ends(self, values: Values) -> tuple[float, float]:
        """The values at which the scale of these begins and ends."""
        found = values[np.isfinite(values) & ((values > 0) | (not self.log))]
        if self.scale == "signed":
            most = self.high if self.high is not None else largest(values)
            return -most, most
        low = self.low if self.low is not None else float(found.min()) if found.size else 0.0
        high = self.high if self.high is not None else float(found.max()) if found.size else 1.0
        if high > low:
            return low, high
        return (low, low * 2) if self.log and low > 0 else (low, low + 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Heat:
    """A map of values [rows, columns] as they are seen.

    `aspect` is its width over its height, where points need not be about as wide as high; a `brief` one stands among
    others in the same scale, which is told elsewhere.
    """

    title: str
    values: Values
    down: Side
    across: Side
    span: Range = Range()
    square: bool = False
    aspect: float | None = None
    brief: bool = False
    relief: bool = False
    """Whether it is a landscape, which a figure shows as a surface too."""


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """Points [n, 2] with what is drawn beside them."""

    title: str
    points: Values
    names: Sequence[str] = ()
    colors: Sequence[str] = ()
    """The palette's meaning that colours each; none: all alike."""
    way: Values | None = None
    """A line through places [m, 2]."""
    axes: tuple[str, str] = ("", "")
    equal: bool = True
    """Whether both axes have one scale."""
    words: str = ""
    """What stands below it."""


@dataclass(frozen=True, slots=True, eq=False)
class Clock:
    """Waves [1 or 2, n] of a and of b around a clock: residue i stands turns·i/n of the way round, anticlockwise.

    The ring is weight 0, the rim the largest magnitude; a hand points to where a wave is largest.
    """

    title: str
    waves: Values
    turns: int
    lit: bool = False
    """Whether it is one of those that matter."""

    @property
    def placed(self) -> list[tuple[str, Values, Values]]:
        """Of each wave that consists of numbers: its colour, its places [n, 2] and the end of its hand [2].

        The rim has radius 1 around 0.
        """
        found = []
        far = float(np.abs(self.waves[np.isfinite(self.waves)]).max(initial=0.0)) or 1.0
        for wave, color in zip(self.waves.astype(np.float64), ("train", "test"), strict=False):
            if np.isfinite(wave).all():
                angle = 2 * np.pi * (self.turns * np.arange(wave.size) % wave.size) / wave.size
                places = (RING + (1 - RING) * wave / far) * np.exp(1j * angle)
                part = np.sum(wave * np.exp(1j * angle)) * np.sqrt(2 / wave.size)
                part *= RING / max(float(np.sqrt(np.square(wave).sum())) or 1.0, float(abs(part)))
                found.append((color, np.stack([places.real, places.imag], -1), np.array([part.real, part.imag])))
        return found


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a line of names; columns of `numbers` stand at the right."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence: one that is said of the figure, one beside it, one of why there is none, or the title of others."""

    words: str
    kind: Literal["said", "muted", "undefined", "title"] = "said"


@dataclass(frozen=True, slots=True)
class Legend:
    """What colours mean: the palette's meaning of each, and its words."""

    keys: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Parts that stand together."""

    parts: Sequence[Part]
    arrangement: Arrangement = "figures"


Part: TypeAlias = Chart | Bars | Heat | Plane | Clock | Table | Words | Legend | Group


def pair_map(title: str, values: Values, span: Range, axis: str = "a") -> Heat:
    """A map over all pairs, of values indexed [a, b]: a across and b down."""
    return Heat(title, values.T, Side("b" if axis == "a" else "log b"), Side(axis), span, square=True)


def largest(*values: Values) -> float:
    """The largest magnitude that is a number; 1 where there is none."""
    found = [float(np.abs(each[np.isfinite(each)]).max(initial=0.0)) for each in values]
    return max(found, default=0.0) or 1.0
