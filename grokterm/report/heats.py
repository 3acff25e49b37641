"""Heat maps: values as codes of a byte, which the page colours by its theme."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from grokterm.drawn.parts import Heat, Side, Values
from grokterm.report.data import Data
from grokterm.report.markup import Markup, tag

MOST: Final = 512
"""Rows and columns of a map at most."""
_TOP: Final = 254
_NOTHING: Final = 255
"""The code of what is no number."""


def draw_heat(data: Data, heat: Heat) -> Markup:
    """A map; of a large one every second, third … row and column is shown."""
    values, span = heat.values, heat.span
    stride = max(-(-max(values.shape) // MOST), 1)
    shown = np.asarray(values[::stride, ::stride], dtype=np.float64)
    low, high = span.ends(shown)
    spec: dict[str, Any] = {
        "title": heat.title + (f", 1 of every {stride} rows and columns" if stride > 1 else ""),
        "array": data.array(codes(shown, low, high, span.log), "u8"),
        "at": 0,
        "rows": shown.shape[0],
        "columns": shown.shape[1],
        "down": heat.down.name,
        "across": heat.across.name,
        "row_names": _named(heat.down, stride),
        "column_names": _named(heat.across, stride),
        "scale": span.scale,
        "low": low,
        "high": high,
        "log": span.log,
        "unit": span.unit,
        "square": heat.square,
        "aspect": heat.aspect,
    }
    return tag("figure", data_heat=data.heat(spec), class_="heat brief" if heat.brief else "heat")


def codes(values: Values, low: float, high: float, log: bool = False) -> Values:
    """Codes 0 … 254 of values between two ends, uint8 of their shape; 255 where there is no number."""
    with np.errstate(divide="ignore", invalid="ignore"):
        places = np.log(values / low) / math.log(high / low) if log else (values - low) / (high - low)
    known = np.isfinite(values) & ((values > 0) | (not log))
    clipped = np.clip(np.where(known, np.nan_to_num(places, nan=0.0), 0.0), 0.0, 1.0)
    return np.where(known, np.rint(_TOP * clipped), _NOTHING).astype(np.uint8)


def _named(side: Side, stride: int) -> dict[str, int] | list[str]:
    """What each of those is called that stay where only every `stride`th is shown."""
    if side.names is not None:
        return list(side.names[::stride])
    return {"first": side.first, "stride": side.every * (-stride if side.backwards else stride)}
