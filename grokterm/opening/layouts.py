"""The layouts that are known, and which of them names and shapes are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from torch import Tensor

from grokterm.errors import WeightsError
from grokterm.opening import own, paper, perceptrons, power, transformer_lens
from grokterm.opening.taking import Converted, Hints, Taker

_SHOWN = 6


class Layout(NamedTuple):
    """A layout."""

    name: str
    fits: Callable[[Mapping[str, Tensor]], bool]
    convert: Callable[[Taker, Hints], Converted]


LAYOUTS: Final = tuple(
    Layout(each.NAME, each.fits, each.convert) for each in (own, paper, transformer_lens, power, perceptrons)
)
"""The first that fits is taken."""


def recognize(tensors: Mapping[str, Tensor]) -> Layout:
    """The layout of these tensors; raises WeightsError where they are none that is known."""
    for layout in LAYOUTS:
        if layout.fits(tensors):
            return layout
    shown = ", ".join(f"{name} {list(tensor.shape)}" for name, tensor in list(tensors.items())[:_SHOWN])
    more = ", …" if len(tensors) > _SHOWN else ""
    known = "; ".join(layout.name for layout in LAYOUTS)
    raise WeightsError(f"{shown}{more} are no layout that is known ({known}): a --map file says what is what")


def without_prefix(tensors: Mapping[str, Tensor]) -> tuple[str, dict[str, Tensor]]:
    """What all names begin with, up to dots, as module. or model., and the tensors by the rest."""
    prefix, found = "", dict(tensors)
    while len(found) > 1:
        first = next(iter(found)).partition(".")
        start = "".join(first[:2])
        if not first[1] or not all(name.startswith(start) for name in found):
            break
        prefix, found = prefix + start, {name.removeprefix(start): tensor for name, tensor in found.items()}
    return prefix, found
