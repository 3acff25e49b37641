"""A --map file: which of their tensors is which of ours, in TOML.

```toml
[settings]
op = "multiply"
heads = 4

[tensors]
W_E = "tokens.weight"
W_U = { from = "head.weight", transpose = true, columns = [0, 113] }
```
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from torch import Tensor

from grokterm.config import Value, settings
from grokterm.errors import ConfigError, WeightsError, reason_of
from grokterm.opening.layouts import Layout
from grokterm.opening.own import settings_of
from grokterm.opening.taking import Converted, Hints, Taker
from grokterm.opening.weights import Tensors
from grokterm.real_files import reading
from grokterm.spelling import unknown

_LARGEST = 2**20
_SHOWN = 6


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where one of our tensors is: theirs, which is transposed first, and then cut."""

    source: str = msgspec.field(name="from")
    transpose: bool = False
    rows: tuple[int, int] | None = None
    """The first, and the one behind the last."""
    columns: tuple[int, int] | None = None


class Map(NamedTuple):
    """What a file says."""

    name: str
    places: dict[str, Place]
    settings: dict[str, Value]


def read_map(path: Path) -> Map:
    """The map in a file; raises WeightsError, ConfigError on a setting that is none."""
    try:
        with reading(path) as file:
            written = tomllib.loads(file.read(_LARGEST).decode())
        places = {name: _place(value) for name, value in _table(written, "tensors").items()}
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {reason_of(error)}") from None
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        raise WeightsError(f"{path.name} is no map of tensors: {error}") from None
    given = _table(written, "settings")
    others = written.keys() - {"tensors", "settings"}
    if others or not places:
        what = f"the table {min(others)!r}" if others else "no tensors"
        raise WeightsError(f"{path.name} has {what}: a map has the tables tensors and, where it needs them, settings")
    for name in given:
        if name not in settings():
            raise ConfigError(unknown("setting", name, list(settings())))
    return Map(path.name, places, given)


def layout_of(wanted: Map) -> Layout:
    """The layout that a map describes."""
    return Layout(f"the layout of {wanted.name}", lambda _: True, lambda taker, hints: convert(taker, hints, wanted))


def convert(taker: Taker, hints: Hints, wanted: Map) -> Converted:
    """Their weights as the map has them, and the settings that follow from the shapes; raises WeightsError."""
    theirs: Tensors = {}
    found: Tensors = {}
    for ours, place in wanted.places.items():
        if place.source not in theirs:
            if place.source not in taker.left:
                names = ", ".join(list(taker.left)[:_SHOWN])
                raise WeightsError(f"{wanted.name} takes {ours} from {place.source}, which is not there: {names} are")
            roles = [f"{name}{_how(each)}" for name, each in wanted.places.items() if each.source == place.source]
            theirs[place.source] = taker.any(place.source, "; ".join(roles))
        found[ours] = _cut(theirs[place.source], place, ours)
    for name in list(taker.left):
        taker.leave_out(name, f"not in {wanted.name}")
    try:
        return Converted(settings_of(found, hints), found)
    except KeyError as error:
        raise WeightsError(f"{wanted.name} gives no {error.args[0]}, which grokterm's model has") from None


def _table(written: dict[str, Any], name: str) -> dict[str, Any]:
    table = written.get(name, {})
    if not isinstance(table, dict):
        raise ValueError(f"{name} is a {type(table).__name__}, not a table")
    return table


def _place(value: object) -> Place:
    return Place(value) if isinstance(value, str) else msgspec.convert(value, Place)


def _how(place: Place) -> str:
    parts = [", transposed"] if place.transpose else []
    for what, cut in (("rows", place.rows), ("columns", place.columns)):
        parts += [f", {what} {cut[0]} to {cut[1] - 1}"] if cut else []
    return "".join(parts)


def _cut(tensor: Tensor, place: Place, ours: str) -> Tensor:
    found = tensor
    if place.transpose:
        if tensor.ndim != 2:
            raise WeightsError(f"{place.source} is {list(tensor.shape)}: only matrices are transposed")
        found = tensor.T
    for axis, cut in enumerate((place.rows, place.columns)):
        if cut is None:
            continue
        if axis >= found.ndim or not 0 <= cut[0] < cut[1] <= found.shape[axis]:
            raise WeightsError(f"{ours} is to be cut from {cut[0]} to {cut[1]}, out of {list(found.shape)}")
        found = found.narrow(axis, cut[0], cut[1] - cut[0])
    return found
