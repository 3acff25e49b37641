"""The rules that make a table: formulas, choices between two of them, and products in a group."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Protocol

from grokterm.errors import ConfigError
from grokterm.tasks.arithmetic import is_prime, nearest_primes
from grokterm.tasks.groups import FiniteGroup
from grokterm.tasks.polynomial import Fraction

if TYPE_CHECKING:
    from grokterm.tasks.polynomial import Whole

Choice = Literal["min", "max", "|a-b|"]

OPERATIONS: Final[dict[str, str]] = {
    "add": "a + b",
    "subtract": "a - b",
    "multiply": "ab",
    "divide": "a / b",
    "x2+y2": "a^2 + b^2",
    "x2+xy+y2": "a^2 + ab + b^2",
    "x2+xy+y2+x": "a^2 + ab + b^2 + a",
    "x3+xy": "a^3 + ab",
    "x3+xy2+y": "a^3 + ab^2 + b",
}
"""The formulas that have names."""
SHOWN_CHOICES: Final[dict[Choice, str]] = {"min": "min(a, b)", "max": "max(a, b)", "|a-b|": "|a − b|"}
"""How choices are printed."""
PRODUCTS: Final = {"": "ab", "-conjugate": "aba⁻¹", "-aba": "aba"}
"""What is learned of a group, by what stands behind its name."""


@dataclass(frozen=True, slots=True)
class Sum:
    """A rule on a and b as a sum of angles: ±i ± j, of residues or of their discrete logarithms, and a shift."""

    basis: Literal["residues", "discrete logarithms"]
    sign_a: int
    sign_b: int
    shift: tuple[int, int] = (0, 1)
    """What is added to the sum of residues, or what their product is multiplied with, as a fraction."""


class Rule(Protocol):
    """How the answer follows from the inputs."""

    @property
    def name(self) -> str:
        """What it is called in files and on the command line; it names the same rule when it is read again."""

    @property
    def shown(self) -> str:
        """The rule as it is printed."""

    @property
    def inputs(self) -> int:
        """How many inputs it needs."""

    @property
    def divides(self) -> bool:
        """Whether it is not defined for all inputs."""

    @property
    def sum(self) -> Sum | None:
        """The sum of angles that it is, if it is one."""

    @property
    def order(self) -> int | None:
        """The p that it has by itself, as a group has, if it has one."""

    def check(self, p: int) -> None:
        """Raises ConfigError where it has no table mod p."""

    def evaluate(self, inputs: Sequence[Whole], p: int) -> Whole:
        """The answers, from 0 to p − 1 or UNDEFINED (−1), to inputs of one shape, each from 0 to p − 1."""


@dataclass(frozen=True)
class Formula:
    """A polynomial, or a fraction of two, mod p."""

    fraction: Fraction
    order: None = None

    @property
    def name(self) -> str:
        """See `Rule`."""
        text = self.fraction.text()
        return next((name for name, formula in OPERATIONS.items() if formula == text), text)

    @property
    def shown(self) -> str:
        """See `Rule`."""
        text = self.fraction.text(pretty=True)
        return "a · b" if text == "ab" else text

    @property
    def inputs(self) -> int:
        """See `Rule`."""
        return self.fraction.inputs

    @property
    def divides(self) -> bool:
        """See `Rule`."""
        return self.fraction.denominator.value is None

    @property
    def sum(self) -> Sum | None:
        """See `Rule`."""
        return _sum(self.fraction)

    def check(self, p: int) -> None:
        """See `Rule`; raises ConfigError."""
        value = self.fraction.denominator.value
        if value is None and not is_prime(p):
            near = " and ".join(str(n) for n in nearest_primes(p))
            raise ConfigError(f"{self.name} needs a prime p, and {p} is not: {near} are near")
        if value is not None and math.gcd(value, p) > 1:
            raise ConfigError(f"{self.name} needs a p that has no factor in common with {value}, and {p} has")

    def evaluate(self, inputs: Sequence[Whole], p: int) -> Whole:
        """See `Rule`."""
        return self.fraction.evaluate(inputs, p)


@dataclass(frozen=True)
class Chosen:
    """The smaller or larger of the two residues as numbers from 0 to p − 1, or their distance."""

    name: Choice
    inputs: int = 2
    divides: bool = False
    sum: None = None
    order: None = None

    @property
    def shown(self) -> str:
        """See `Rule`."""
        return SHOWN_CHOICES[self.name]

    def check(self, p: int) -> None:
        """Every p has such a table."""

    def evaluate(self, inputs: Sequence[Whole], p: int) -> Whole:
        """See `Rule`."""
        import numpy as np

        a, b = inputs[:2]
        if self.name == "|a-b|":
            return abs(a - b)
        return np.where(a < b, a, b) if self.name == "min" else np.where(a > b, a, b)


@dataclass(frozen=True)
class Conditional:
    """One rule where an input, as a number from 0 to p − 1, is odd (or even), and another one elsewhere."""

    then: Formula | Chosen
    letter: Literal["a", "b"]
    parity: Literal["odd", "even"]
    other: Formula | Chosen
    sum: None = None
    order: None = None

    @property
    def name(self) -> str:
        """See `Rule`."""
        first, second = (rule.fraction.text() if isinstance(rule, Formula) else rule.name for rule in self._both)
        return f"{first} if {self.letter} {self.parity} else {second}"

    @property
    def shown(self) -> str:
        """See `Rule`."""
        return f"{self.then.shown} if {self.letter} {self.parity} else {self.other.shown}"

    @property
    def inputs(self) -> int:
        """See `Rule`."""
        return max(2, *(rule.inputs for rule in self._both))

    @property
    def divides(self) -> bool:
        """See `Rule`."""
        return any(rule.divides for rule in self._both)

    @property
    def _both(self) -> tuple[Formula | Chosen, Formula | Chosen]:
        return self.then, self.other

    def check(self, p: int) -> None:
        """See `Rule`; raises ConfigError."""
        for rule in self._both:
            rule.check(p)

    def evaluate(self, inputs: Sequence[Whole], p: int) -> Whole:
        """See `Rule`."""
        import numpy as np

        chosen = inputs["ab".index(self.letter)] % 2 == int(self.parity == "odd")
        return np.where(chosen, self.then.evaluate(inputs, p), self.other.evaluate(inputs, p))


@dataclass(frozen=True)
class GroupProduct:
    """ab, aba⁻¹ or aba in a finite group, whose elements are the residues."""

    group: FiniteGroup
    product: str
    inputs: int = 2
    divides: bool = False
    sum: None = None

    @property
    def name(self) -> str:
        """See `Rule`."""
        return self.group.name + self.product

    @property
    def shown(self) -> str:
        """See `Rule`."""
        return f"{PRODUCTS[self.product]} in {self.group.shown}"

    @property
    def order(self) -> int:
        """See `Rule`."""
        return self.group.order

    def check(self, p: int) -> None:
        """See `Rule`; raises ConfigError."""
        if p != self.group.order:
            raise ConfigError(f"{self.group.name} has {self.group.order} elements, so p is {self.group.order}, not {p}")

    def evaluate(self, inputs: Sequence[Whole], p: int) -> Whole:
        """See `Rule`."""
        import numpy as np

        a, b = inputs[:2]
        table = np.array(self.group.table)
        last = {"": None, "-conjugate": np.array(self.group.inverse)[a], "-aba": a}[self.product]
        return table[a, b] if last is None else table[table[a, b], last]


def _sum(fraction: Fraction) -> Sum | None:
    """±a ± b and a number, or a·b, a/b, b/a or 1/(ab) times a number."""
    above, below = fraction.numerator, fraction.denominator
    if below.value == 1:
        terms = dict(above.terms)
        shift = terms.pop((0, 0, 0), 0)
        if terms.keys() == {(1, 0, 0), (0, 1, 0)} and {abs(value) for value in terms.values()} == {1}:
            return Sum("residues", terms[1, 0, 0], terms[0, 1, 0], (shift, 1))
    if len(above.terms) == len(below.terms) == 1:
        (over, factor), (under, divisor) = above.terms[0], below.terms[0]
        powers = [up - down for up, down in zip(over, under, strict=True)]
        if sorted(over + under) == [0, 0, 0, 0, 1, 1] and powers[2] == 0 and all(powers[:2]):
            return Sum("discrete logarithms", powers[0], powers[1], (factor, divisor))
    return None
