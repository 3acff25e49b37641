"""Integer polynomials in the inputs a, b and c, and fractions of two of them, as people write them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from grokterm.tasks.arithmetic import inverses

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Whole = npt.NDArray[np.int64]
    """Whole numbers from 0 to p − 1 of any shape."""

VARIABLES: Final = "abc"
DEGREE: Final = 20
"""Highest total degree of a formula."""
COEFFICIENT: Final = 10**6
"""Largest coefficient of a formula, in absolute value."""
UNDEFINED: Final = -1
"""The answer to inputs on which a rule is not defined."""

Exponents = tuple[int, int, int]

_SUPERSCRIPT: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_ONE: Final[Exponents] = (0, 0, 0)


class LimitError(ValueError):
    """A formula that grew beyond DEGREE or COEFFICIENT."""


@dataclass(frozen=True, slots=True)
class Polynomial:
    """Terms with their coefficients, none of them 0, the highest total degree first and then by powers of a."""

    terms: tuple[tuple[Exponents, int], ...]

    @classmethod
    def of(cls, coefficients: Mapping[Exponents, int]) -> Polynomial:
        """The polynomial with these coefficients; raises LimitError."""
        terms = [(exponents, value) for exponents, value in coefficients.items() if value]
        if any(abs(value) > COEFFICIENT for _, value in terms):
            raise LimitError(f"a coefficient is above {COEFFICIENT:,}")
        if any(sum(exponents) > DEGREE for exponents, _ in terms):
            raise LimitError(f"the degree is above {DEGREE}")
        return cls(tuple(sorted(terms, key=lambda term: (sum(term[0]), term[0]), reverse=True)))

    @classmethod
    def constant(cls, value: int) -> Polynomial:
        """A number; raises LimitError."""
        return cls.of({_ONE: value})

    @classmethod
    def variable(cls, name: str) -> Polynomial:
        """One of VARIABLES."""
        a, b, c = (int(name == variable) for variable in VARIABLES)
        return cls.of({(a, b, c): 1})

    @property
    def value(self) -> int | None:
        """The number that it is, if it is one."""
        if not self.terms:
            return 0
        return self.terms[0][1] if self.terms[0][0] == _ONE else None

    @property
    def inputs(self) -> int:
        """How many of VARIABLES it has, counted up to the last one that occurs."""
        return max(
            (place + 1 for exponents, _ in self.terms for place, power in enumerate(exponents) if power), default=0
        )

    def __add__(self, other: Polynomial) -> Polynomial:
        total = dict(self.terms)
        for exponents, value in other.terms:
            total[exponents] = total.get(exponents, 0) + value
        return Polynomial.of(total)

    def __neg__(self) -> Polynomial:
        return Polynomial(tuple((exponents, -value) for exponents, value in self.terms))

    def __mul__(self, other: Polynomial) -> Polynomial:
        total: dict[Exponents, int] = {}
        for (a, b, c), value in self.terms:
            for (i, j, k), factor in other.terms:
                exponents = (a + i, b + j, c + k)
                total[exponents] = total.get(exponents, 0) + value * factor
        return Polynomial.of(total)

    def evaluate(self, inputs: Sequence[Whole], p: int) -> Whole:
        """Its value mod p at inputs of one shape, each from 0 to p − 1."""
        total = inputs[0] * 0
        for exponents, value in self.terms:
            product = total * 0 + value % p
            for variable, power in zip(inputs, exponents, strict=False):
                for _ in range(power):
                    product = product * variable % p
            total = (total + product) % p
        return total

    def text(self, pretty: bool = False) -> str:
        """As it is typed, `a^2 + 3ab - 1`; or as it is printed, `a² + 3ab − 1`."""
        minus = "−" if pretty else "-"
        said = ""
        for exponents, value in self.terms:
            letters = "".join(
                name + _power(power, pretty) for name, power in zip(VARIABLES, exponents, strict=True) if power
            )
            number = "" if abs(value) == 1 and letters else str(abs(value))
            sign = f" {minus if value < 0 else '+'} " if said else minus * (value < 0)
            said += sign + number + letters
        return said or "0"


@dataclass(frozen=True, slots=True)
class Fraction:
    """A polynomial over another one that is not 0: by the inverse mod p, undefined where there is none."""

    numerator: Polynomial
    denominator: Polynomial = Polynomial(((_ONE, 1),))

    @classmethod
    def reduced(cls, numerator: Polynomial, denominator: Polynomial) -> Fraction:
        """The same without a common number, and with a leading denominator above 0; no letter is ever cancelled.

        a²/a stays as it is, for it is not defined at 0.
        """
        if not numerator.terms:
            return cls(numerator, denominator if denominator.value is None else Polynomial.constant(1))
        common = math.gcd(*(value for _, value in numerator.terms + denominator.terms))
        common *= -1 if denominator.terms[0][1] < 0 else 1
        of_numerator, of_denominator = (
            Polynomial(tuple((exponents, value // common) for exponents, value in part.terms))
            for part in (numerator, denominator)
        )
        return cls(of_numerator, of_denominator)

    @property
    def inputs(self) -> int:
        """How many of VARIABLES it has, counted up to the last one that occurs."""
        return max(self.numerator.inputs, self.denominator.inputs)

    def __add__(self, other: Fraction) -> Fraction:
        if self.denominator == other.denominator:
            return Fraction.reduced(self.numerator + other.numerator, self.denominator)
        above = self.numerator * other.denominator + other.numerator * self.denominator
        return Fraction.reduced(above, self.denominator * other.denominator)

    def __sub__(self, other: Fraction) -> Fraction:
        return self + -other

    def __neg__(self) -> Fraction:
        return Fraction(-self.numerator, self.denominator)

    def __mul__(self, other: Fraction) -> Fraction:
        return Fraction.reduced(self.numerator * other.numerator, self.denominator * other.denominator)

    def __truediv__(self, other: Fraction) -> Fraction:
        """Raises ZeroDivisionError where the other one is the number 0."""
        if not other.numerator.terms:
            raise ZeroDivisionError("this divides by 0")
        return Fraction.reduced(self.numerator * other.denominator, self.denominator * other.numerator)

    def evaluate(self, inputs: Sequence[Whole], p: int) -> Whole:
        """Its value mod p at inputs of one shape; UNDEFINED (−1) where the denominator has no inverse."""
        import numpy as np

        above = self.numerator.evaluate(inputs, p)
        if self.denominator.value == 1:
            return above
        inverted = np.array(inverses(p))[self.denominator.evaluate(inputs, p)]
        return np.where(inverted == 0, UNDEFINED, above * inverted % p)

    def text(self, pretty: bool = False) -> str:
        """As it is typed, `(a + b) / (a - b)`; or as it is printed."""
        above, below = self.numerator.text(pretty), self.denominator.text(pretty)
        if below == "1":
            return above
        above = f"({above})" if len(self.numerator.terms) > 1 else above
        return f"{above} / {below if _is_one_factor(self.denominator) else f'({below})'}"


def _power(power: int, pretty: bool) -> str:
    if power == 1:
        return ""
    return str(power).translate(_SUPERSCRIPT) if pretty else f"^{power}"


def _is_one_factor(polynomial: Polynomial) -> bool:
    """Whether it can be divided by without parentheses: a number, or a power of one letter."""
    ((exponents, value), *rest) = polynomial.terms
    letters = sum(power > 0 for power in exponents)
    return not rest and (letters == 0 or (letters == 1 and value == 1))
