"""A picture: the small arrays that a pane draws, one class from the analysis over the wire to the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from grokterm.surgery import INTACT, Ablation

if TYPE_CHECKING:
    import numpy.typing as npt

    Array: TypeAlias = npt.NDArray[Any]
else:
    Array = Any  # so that messages are decoded without loading numpy


class PictureRequest(msgspec.Struct, frozen=True):
    """Which picture of the model a pane draws, and what of it."""

    name: str
    chosen: dict[str, int] = {}
    """What a person chose among neurons, heads, matrices, …, each counted from 0."""
    ablation: Ablation = INTACT
    """What is taken out of the model that is drawn; the one that trains stays as it is."""


class Picture(msgspec.Struct, frozen=True, eq=False):
    """Small arrays of the model at one step; each is an attribute too: `picture.circles`."""

    arrays: dict[str, Array] = {}
    """None where the picture is not defined for the model."""
    names: dict[str, tuple[str, ...]] = {}
    """What parts of the model are called, along an axis of the arrays."""
    summary: str = ""
    """What the arrays are taken from or, without arrays, why there are none."""
    request: PictureRequest = PictureRequest("")
    step: int = 0
    past: bool = False
    """Whether it was asked for as one of the past."""

    def __post_init__(self) -> None:
        """Raises TypeError for arrays that are none, as a message may have them."""
        if not all(hasattr(array, "dtype") for array in self.arrays.values()):
            raise TypeError("a picture holds something that is no array")

    @property
    def name(self) -> str:
        """What was asked for: a view's name, or that of something on the board."""
        return self.request.name

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in self.arrays.items())
        return f"<{self.name} at step {self.step:,}: {'; '.join(part for part in (shapes, self.summary) if part)}>"

    def __getattr__(self, name: str) -> Array:
        """An array by its name; raises AttributeError where there is none."""
        if name.startswith("_") or name not in self.arrays:
            raise AttributeError(f"{self.name} has no array {name!r}: it has {', '.join(self.arrays)}")
        return self.arrays[name]

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.arrays]
