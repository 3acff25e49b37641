"""Operations that plugins register: functions of arrays of residues."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from grokterm.errors import ConfigError, first_line

if TYPE_CHECKING:
    from grokterm.tasks.polynomial import Whole


@dataclass(frozen=True)
class RegisteredOperation:
    """A function of arrays of residues, one for each input, and p that gives their answers."""

    name: str
    shown: str
    answer: Callable[..., Any]
    where: str
    """The file and line of the function."""
    inputs: int = 2
    divides: bool = True
    sum: None = None
    order: None = None

    def check(self, p: int) -> None:
        """What it has no table for is found when that is made."""

    def evaluate(self, inputs: Sequence[Whole], p: int) -> Whole:
        """See `Rule`; raises ConfigError where the function fails or answers with something else."""
        import numpy as np

        a = inputs[0]
        try:
            found = np.asarray(self.answer(*inputs[: self.inputs], p))
        except Exception as error:
            raise ConfigError(
                f"the operation {self.name} ({self.where}) fails for p {p}: {type(error).__name__}: {first_line(error)}"
            ) from None
        if found.shape != a.shape or found.dtype.kind not in "iu":
            got = f"{found.dtype} {list(found.shape)}"
            raise ConfigError(
                f"the operation {self.name} ({self.where}) must give whole numbers in the shape of a, not {got}"
            )
        low, high = int(found.min()), int(found.max())
        if not -1 <= low <= high < p or high < 0:
            raise ConfigError(
                f"the operation {self.name} ({self.where}) must answer from 0 to {p - 1}, or −1 for a pair without an "
                f"answer, and it answers from {low} to {high}"
            )
        return found.astype(np.int64)


REGISTERED: Final[dict[str, RegisteredOperation]] = {}
"""Those of all plugins that are loaded, by name."""
