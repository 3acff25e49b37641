"""Formulas as people type them: read into a fraction of polynomials, or refused with the place in them."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Final, NamedTuple, NoReturn

from grokterm.errors import ConfigError
from grokterm.tasks.polynomial import DEGREE, VARIABLES, Fraction, LimitError, Polynomial

LENGTH: Final = 120
"""Most characters of a formula."""
_DIGITS: Final = 7
"""Most digits of a number."""
_DEPTH: Final = 20
"""Most parentheses and signs that are open at once."""

_TOKEN: Final = re.compile(r"\s*(?:(\d+)|(\*\*|[-+*/^()]|[a-z]))")
_SIGNS: Final = str.maketrans("·×⋅∙−–÷", "****--/")
_RAISED: Final = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_NUMBERS: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_LETTERS: Final = {**{name: name for name in VARIABLES}, "x": "a", "y": "b", "z": "c"}


class FormulaError(ConfigError):
    """A formula that cannot be read, with the place that is wrong."""

    def __init__(self, problem: str, text: str, place: int) -> None:
        """`place` counts the characters of the text from 0."""
        super().__init__(f"--op {text!r} is no formula: {problem}, at character {place + 1}")
        plain = "".join(char if char.isprintable() else " " for char in text)
        self.mark = f"{plain}\n{' ' * place}^"
        """The formula, and under it a mark at the place that is wrong."""


def parse_formula(text: str) -> Fraction:
    """An integer polynomial in a, b and c (or x, y and z), or a fraction of two; raises FormulaError.

    Powers are written ^, ** or as superscripts, products *, · or not at all.
    """
    return _Parser(text).whole()


class _Token(NamedTuple):
    kind: str
    """A number, a letter, a sign by itself; nothing at the end."""
    text: str
    place: int


def _tokens(text: str) -> list[_Token]:
    """The parts of a formula; the power in a² comes as ^ and 2, both at the place of the superscript."""
    found, at = [], 0
    plain = text.translate(_SIGNS).lower()
    while at < len(text):
        if text[at].isspace():
            at += 1
        elif raised := _RAISED.match(text, at):
            found += [_Token("^", raised[0], at), _Token("number", raised[0].translate(_NUMBERS), at)]
            at = raised.end()
        elif token := _TOKEN.match(plain, at):
            number, sign = token.groups()
            kind = "number" if number else "letter" if sign.isalpha() else "^" if sign == "**" else sign
            found.append(_Token(kind, number or sign, at))
            at = token.end()
        else:
            raise FormulaError(f"{text[at]!r} means nothing here", text, at)
    return [*found, _Token("", "the end", len(text.rstrip()))]


class _Parser:
    """Recursive descent: sums of products of powers."""

    def __init__(self, text: str) -> None:
        if len(text) > LENGTH:
            raise ConfigError(f"--op takes a formula of up to {LENGTH} characters, not {len(text):,}")
        self._text = text
        self._tokens = _tokens(text)
        self._at = self._depth = 0

    def whole(self) -> Fraction:
        """The formula from its first character to its last."""
        value = self._sum()
        if self._next.kind:
            self._refuse(f"{self._next.text!r} is one too many")
        return value

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self, *kinds: str) -> _Token | None:
        """The next token, stepped over, if it is one of these kinds."""
        token = self._next
        if token.kind not in kinds:
            return None
        self._at += 1
        return token

    def _refuse(self, problem: str, token: _Token | None = None) -> NoReturn:
        raise FormulaError(problem, self._text, (token or self._next).place)

    def _compute(self, token: _Token, rule: Callable[..., Fraction], *of: Fraction) -> Fraction:
        try:
            return rule(*of)
        except (LimitError, ZeroDivisionError) as error:
            self._refuse(str(error), token)

    def _sum(self) -> Fraction:
        value = self._product()
        while token := self._take("+", "-"):
            value = self._compute(token, operator.add if token.kind == "+" else operator.sub, value, self._product())
        return value

    def _product(self) -> Fraction:
        value, divided = self._signed(), False
        while self._next.kind in ("*", "/", "number", "letter", "("):
            token = self._next
            if not self._take("*", "/") and divided:
                self._refuse("a product behind a division needs parentheses, as in a/(2b) or (a/2)b")
            divided = divided or token.kind == "/"
            value = self._compute(token, operator.truediv if token.kind == "/" else operator.mul, value, self._signed())
        return value

    def _signed(self) -> Fraction:
        token = self._take("+", "-")
        if token is None:
            return self._raised()
        with_sign = self._nested(self._signed)
        return -with_sign if token.kind == "-" else with_sign

    def _raised(self) -> Fraction:
        base, power = self._factor(), self._take("^")
        if power is None:
            return base
        sign, exponent = self._take("-"), self._take("number")
        if exponent is None:
            self._refuse("a power is a whole number")
        if self._next.kind == "^":
            self._refuse("a power of a power needs parentheses")
        raised = self._to_the(base, int(exponent.text), power)
        return self._compute(power, operator.truediv, Fraction(Polynomial.constant(1)), raised) if sign else raised

    def _to_the(self, base: Fraction, exponent: int, token: _Token) -> Fraction:
        if exponent > DEGREE:
            self._refuse(f"the degree is above {DEGREE}", token)
        value = Fraction(Polynomial.constant(1))
        for _ in range(exponent):
            value = self._compute(token, operator.mul, value, base)
        return value

    def _factor(self) -> Fraction:
        if token := self._take("number"):
            if len(token.text) > _DIGITS:
                self._refuse(f"numbers have up to {_DIGITS} digits", token)
            number = int(token.text)
            return self._compute(token, lambda: Fraction(Polynomial.constant(number)))
        if token := self._take("letter"):
            if token.text not in _LETTERS:
                self._refuse(f"{token.text!r} is none of the inputs a, b and c", token)
            return Fraction(Polynomial.variable(_LETTERS[token.text]))
        opened = self._take("(")
        if opened is None:
            self._refuse("a number, a letter or a parenthesis is missing")
        value = self._nested(self._sum)
        if not self._take(")"):
            self._refuse("this parenthesis is not closed", opened)
        return value

    def _nested(self, inner: Callable[[], Fraction]) -> Fraction:
        self._depth += 1
        if self._depth > _DEPTH:
            self._refuse(f"more than {_DEPTH} parentheses or signs are open")
        value = inner()
        self._depth -= 1
        return value
