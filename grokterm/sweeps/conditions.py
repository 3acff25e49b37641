"""Conditions as people type them: wd>1 and phase==grokking."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from grokterm.errors import ConfigError
from grokterm.spelling import nearest

Given = int | float | str | None
"""What a name may stand for; None where there is nothing."""

LENGTH: Final = 500
"""Characters of a condition at most."""
_DEPTH: Final = 50
"""Parentheses and nots within each other at most."""
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<sign>==|!=|<=|>=|[<>=()])|(?P<quoted>'[^']*'|\"[^\"]*\")"
    r"|(?P<number>[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))|(?P<word>[^\s=!<>()'\"]+))"
)
_COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_EXAMPLE: Final = "such as wd>1 and phase==grokking"

_BY_EQUALITY: Final = ("==", "=", "!=")

_Test = Callable[[Mapping[str, Given]], bool]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on named values."""

    text: str
    names: frozenset[str]
    """The names that it asks for."""
    _test: _Test

    def __call__(self, values: Mapping[str, Given]) -> bool:
        """Whether it holds; a comparison with what is not there does not, but for !=."""
        return self._test(values)


@dataclass(frozen=True, slots=True)
class Kind:
    """What the value of a name may be."""

    words: tuple[str, ...] | None = ()
    """The words that it may be; None for any word."""
    number: bool = False

    def refusal(self, name: str, sign: str, other: Kind, said: str) -> str:
        """Why a comparison with what may be `other` can never hold, in a sentence; empty where it may."""
        if not self.number and sign not in _BY_EQUALITY:
            return f"{name} is a word: == and != compare it, not {sign}"
        if (self.number and other.number) or self._shares_words(other):
            return ""
        allowed = " or ".join([*(["a number"] if self.number else []), *self._allowed])
        near = nearest(said, list(self.words or ()))
        return f"{name} is {allowed}, not {'the number ' * other.number}{said}{near}"

    def _shares_words(self, other: Kind) -> bool:
        if self.words is None or other.words is None:
            return self.words != () and other.words != ()
        return not set(self.words).isdisjoint(other.words)

    @property
    def _allowed(self) -> list[str]:
        if self.words is None:
            return ["a word"]
        return [f"one of {', '.join(self.words)}"] if self.words else []


NUMBER: Final = Kind(number=True)
WORD: Final = Kind(words=None)
_NO_KINDS: Final[Mapping[str, Kind]] = MappingProxyType({})


class ConditionError(ConfigError):
    """A condition that cannot be read: what should be there, and where."""

    def __init__(self, condition: str, place: int, words: str) -> None:
        """`place` counts characters from 1."""
        super().__init__(f"the condition {condition!r} cannot be read at character {place}: {words}")
        self.place, self.words = place, words


def read_condition(text: str, known: Mapping[str, str], kinds: Mapping[str, Kind] = _NO_KINDS) -> Condition:
    """The condition that a text describes; raises ConfigError, as a rule a ConditionError with the place.

    `known` gives for every spelling of a name the one under which its value is found, those first that are asked for
    most; `kinds` gives what is known of such a value. A word that its left side may be is that word, though a name be
    spelled alike.
    """
    if len(text) > LENGTH:
        raise ConfigError(f"the condition has {len(text):,} characters: {LENGTH} are the most")
    return _Reader(text, known, kinds).read()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    place: int


class _Reader:
    """Reads a condition by descent: or, and, not, a comparison or parentheses."""

    def __init__(self, text: str, known: Mapping[str, str], kinds: Mapping[str, Kind]) -> None:
        self._text, self._known, self._kinds = text, known, kinds
        self._names: set[str] = set()
        self._tokens = self._split()
        self._at = 0

    def read(self) -> Condition:
        test = self._either(0)
        if self._at < len(self._tokens):
            raise self._error("here should be and, or, or the end")
        return Condition(self._text.strip(), frozenset(self._names), test)

    def _split(self) -> list[_Token]:
        tokens, place, text = [], 0, self._text.rstrip()
        while place < len(text):
            found = _TOKEN.match(text, place)
            if found is None:
                raise ConditionError(self._text.strip(), place + 1, "here is a quotation mark without its other one")
            kind = found.lastgroup or ""
            tokens.append(_Token(kind, found[kind], found.start(kind)))
            place = found.end()
        return tokens

    def _either(self, depth: int) -> _Test:
        tests = [self._both(depth)]
        while self._takes("or"):
            tests.append(self._both(depth))
        return lambda values: any(test(values) for test in tests)

    def _both(self, depth: int) -> _Test:
        tests = [self._one(depth)]
        while self._takes("and"):
            tests.append(self._one(depth))
        return lambda values: all(test(values) for test in tests)

    def _one(self, depth: int) -> _Test:
        if depth > _DEPTH:
            raise self._error("here is one parenthesis or not too many")
        if self._takes("not"):
            test = self._one(depth + 1)
            return lambda values: not test(values)
        if self._takes("("):
            test = self._either(depth + 1)
            if not self._takes(")"):
                raise self._error("here should be )")
            return test
        return self._comparison()

    def _comparison(self) -> _Test:
        name = self._name()
        token = self._next("here should be a comparison: ==, !=, <, <=, > or >=")
        if token.text not in _COMPARISONS:
            self._at -= 1
            raise self._error("here should be a comparison: ==, !=, <, <=, > or >=")
        compare, value = _COMPARISONS[token.text], self._value(name, token.text)
        ordered = token.text[0] in "<>"

        def test(values: Mapping[str, Given]) -> bool:
            found, other = values.get(name), value(values)
            if found is None or other is None:
                return token.text == "!=" and found is not other
            if isinstance(found, str) is not isinstance(other, str):
                return token.text == "!="
            return bool(not (ordered and isinstance(found, str)) and compare(found, other))

        return test

    def _name(self) -> str:
        token = self._next(f"here should be a name, {_EXAMPLE}")
        if token.kind != "word" or token.text.replace("-", "_") not in self._known:
            self._at -= 1
            if token.kind != "word":
                raise self._error(f"here should be a name, {_EXAMPLE}")
            near = nearest(token.text, list(self._known))
            names = ", ".join(dict.fromkeys(self._known.values()))
            raise self._error(f"unknown name {token.text!r}{near or ':'} choose {names}")
        name = self._known[token.text.replace("-", "_")]
        self._names.add(name)
        return name

    def _value(self, left: str, sign: str) -> Callable[[Mapping[str, Given]], Given]:
        token = self._next("here should be a number, a word or a name")
        if token.kind == "sign":
            self._at -= 1
            raise self._error("here should be a number, a word or a name")
        kind = self._kinds.get(left)
        if token.kind == "number":
            self._check(left, sign, NUMBER, token.text)
            number = float(token.text.replace("_", ""))
            return lambda values: number
        text = token.text.strip("'\"")
        is_word = token.kind == "quoted" or (kind is not None and text in (kind.words or ()))
        name = None if is_word else self._known.get(text.replace("-", "_"))
        if name is not None:
            if name in self._kinds:
                self._check(left, sign, self._kinds[name], text)
            self._names.add(name)
            return lambda values: values.get(name)
        self._check(left, sign, Kind((text,)), text)
        return lambda values: text

    def _check(self, left: str, sign: str, other: Kind, said: str) -> None:
        """Refuses a comparison that could never hold."""
        if left in self._kinds and (why := self._kinds[left].refusal(left, sign, other, said)):
            self._at -= 1
            raise self._error(why)

    def _takes(self, text: str) -> bool:
        found = self._at < len(self._tokens) and self._tokens[self._at].text == text
        self._at += found
        return found

    def _next(self, wanted: str) -> _Token:
        if self._at >= len(self._tokens):
            raise self._error(wanted)
        self._at += 1
        return self._tokens[self._at - 1]

    def _error(self, words: str) -> ConfigError:
        end = len(self._text.rstrip())
        place = self._tokens[self._at].place if self._at < len(self._tokens) else end
        return ConditionError(self._text.strip(), place + 1, words)
