"""What a report holds beside its words: arrays, compressed and each once, and what is drawn from them."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any, Final, Literal

import numpy as np

from grokterm.drawn.parts import Values

Kind = Literal["f32", "f64", "i32", "u8", "u16", "bits"]
_TYPES: Final[dict[Kind, str]] = {"f32": "<f4", "f64": "<f8", "i32": "<i4", "u8": "u1", "u16": "<u2", "bits": "u1"}
_LEVEL: Final = 9


class Data:
    """Arrays and specifications by name."""

    def __init__(self) -> None:
        self._arrays: dict[str, dict[str, str]] = {}
        self._names: dict[tuple[Kind, bytes], str] = {}
        self._charts: dict[str, dict[str, Any]] = {}
        self._heats: dict[str, dict[str, Any]] = {}
        self.steps: dict[str, Any] | None = None
        """What the slider goes through."""

    def array(self, values: Values, kind: Kind | None = None) -> str:
        """Keeps an array, by default in the least kind that loses nothing, and gives its name.

        Bools are kept as bits, the highest of a byte first.
        """
        kind = kind or _least(values)
        flat = np.packbits(values.ravel()) if kind == "bits" else values.ravel().astype(_TYPES[kind])
        key = (kind, flat.tobytes())
        if key not in self._names:
            name = self._names[key] = f"a{len(self._names)}"
            packed = base64.b64encode(zlib.compress(key[1], _LEVEL)).decode("ascii")
            self._arrays[name] = {"type": kind, "data": packed}
        return self._names[key]

    def chart(self, spec: dict[str, Any]) -> str:
        """Keeps what a chart is drawn from, and gives its name."""
        name = f"c{len(self._charts)}"
        self._charts[name] = spec
        return name

    def heat(self, spec: dict[str, Any]) -> str:
        """The same of a heat map."""
        name = f"h{len(self._heats)}"
        self._heats[name] = spec
        return name

    def json(self) -> str:
        """All of it, so that it can stand in a script element: no character of it begins or ends markup."""
        held = {"arrays": self._arrays, "charts": self._charts, "heats": self._heats, "steps": self.steps}
        written = json.dumps(held, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
        for letter in "<>&":
            written = written.replace(letter, f"\\u{ord(letter):04x}")
        return written


def unpacked(packed: dict[str, str]) -> Values:
    """An array as it was kept, in one dimension; bits as bools, up to a whole number of bytes."""
    kind: Any = packed["type"]
    flat = np.frombuffer(zlib.decompress(base64.b64decode(packed["data"])), dtype=_TYPES[kind])
    return np.unpackbits(flat).astype(np.bool_) if kind == "bits" else flat


def _least(values: Values) -> Kind:
    if values.dtype == np.bool_:
        return "bits"
    with np.errstate(over="ignore", invalid="ignore"):
        whole = values.astype(np.int32)
        single = values.astype(np.float32)
    if values.dtype.kind in "iu" and np.array_equal(whole, values):
        return "i32"
    return "f32" if np.array_equal(single.astype(np.float64), values.astype(np.float64), equal_nan=True) else "f64"
