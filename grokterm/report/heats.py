"""Heat maps: values as codes of a byte, which the page colours by its theme."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from grokterm.report.data import Data, Values
from grokterm.report.markup import Markup, tag

Scale = Literal["rising", "signed", "cyclic", "states"]
MOST: Final = 512
"""Rows and columns of a map at most."""
_TOP: Final = 254
_NOTHING: Final = 255
"""The code of what is no number."""


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

    def named(self, stride: int) -> dict[str, int] | list[str]:
        """What each of those is called that stay where only every `stride`th is shown."""
        if self.names is not None:
            return list(self.names[::stride])
        return {"first": self.first, "stride": self.every * (-stride if self.backwards else stride)}


@dataclass(frozen=True, slots=True)
class Range:
    """How values are coloured: the scale, its ends where they are not those of the values, and what is measured."""

    scale: Scale = "rising"
    low: float | None = None
    high: float | None = None
    unit: str = ""
    log: bool = False


def heat(
    data: Data,
    title: str,
    values: Values,
    down: Side,
    across: Side,
    span: Range = Range(),
    square: bool = False,
    aspect: float | None = None,
    brief: bool = False,
) -> Markup:
    """A map of values [rows, columns] as they are seen; of large ones every second, third … row and column is shown.

    `aspect` is its width over its height, where points need not be about as wide as high; a `brief` one stands among
    others in the same scale, which is told elsewhere.
    """
    stride = max(-(-max(values.shape) // MOST), 1)
    shown = np.asarray(values[::stride, ::stride], dtype=np.float64)
    low, high = _ends(shown, span)
    spec: dict[str, Any] = {
        "title": title + (f", 1 of every {stride} rows and columns" if stride > 1 else ""),
        "array": data.array(codes(shown, low, high, span.log), "u8"),
        "at": 0,
        "rows": shown.shape[0],
        "columns": shown.shape[1],
        "down": down.name,
        "across": across.name,
        "row_names": down.named(stride),
        "column_names": across.named(stride),
        "scale": span.scale,
        "low": low,
        "high": high,
        "log": span.log,
        "unit": span.unit,
        "square": square,
        "aspect": aspect,
    }
    return tag("figure", data_heat=data.heat(spec), class_="heat brief" if brief else "heat")


def pair_map(data: Data, title: str, values: Values, span: Range, axis: str = "a") -> Markup:
    """A map over all pairs, of values indexed [a, b]: a across and b down."""
    return heat(data, title, values.T, Side("b" if axis == "a" else "log b"), Side(axis), span, square=True)


def largest(*values: Values) -> float:
    """The largest magnitude that is a number; 1 where there is none."""
    found = [float(np.abs(each[np.isfinite(each)]).max(initial=0.0)) for each in values]
    return max(found, default=0.0) or 1.0


def codes(values: Values, low: float, high: float, log: bool = False) -> Values:
    """Codes 0 … 254 of values between two ends, uint8 of their shape; 255 where there is no number."""
    with np.errstate(divide="ignore", invalid="ignore"):
        places = np.log(values / low) / math.log(high / low) if log else (values - low) / (high - low)
    known = np.isfinite(values) & ((values > 0) | (not log))
    clipped = np.clip(np.where(known, np.nan_to_num(places, nan=0.0), 0.0), 0.0, 1.0)
    return np.where(known, np.rint(_TOP * clipped), _NOTHING).astype(np.uint8)


def _ends(values: Values, span: Range) -> tuple[float, float]:
    found = values[np.isfinite(values) & ((values > 0) | (not span.log))]
    if span.scale == "signed":
        most = span.high if span.high is not None else largest(values)
        return -most, most
    low = span.low if span.low is not None else float(found.min()) if found.size else 0.0
    high = span.high if span.high is not None else float(found.max()) if found.size else 1.0
    if high > low:
        return low, high
    return (low, low * 2) if span.log and low > 0 else (low, low + 1.0)
