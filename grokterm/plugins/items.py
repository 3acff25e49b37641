"""What a plugin registers: descriptions that need no torch, and the functions that make what they describe."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

from grokterm.config.architectures import ArchitectureSpec
from grokterm.errors import ConfigError

Kind = Literal["operation", "task", "architecture", "optimizer", "filter", "loss", "measure"]
Function = Callable[..., Any]
Settings = Mapping[str, "Number"]

_NO_SETTINGS: Final[Settings] = MappingProxyType({})
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", re.ASCII)
_IDENTIFIER: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", re.ASCII)
_OF_A_COPY: Final = re.compile(r"-[0-9a-f]{12}\.py$", re.ASCII)
_LONGEST_NAME: Final = 24
_LONGEST_WORDS: Final = 160


class PluginError(ConfigError):
    """A plugin that cannot be loaded, or that registers what cannot be."""


@dataclass(frozen=True, kw_only=True)
class Number:
    """A setting of a plugin: a number with limits at both ends; a whole one where its default is.

    Raises PluginError where it has none, or its default is outside.
    """

    default: int | float
    words: str
    """What it is; help adds the limits."""
    label: str = ""
    """What people call it, where that is not its name."""
    ge: float = -math.inf
    le: float = math.inf
    gt: float = -math.inf
    lt: float = math.inf

    def __post_init__(self) -> None:
        for words in (self.words, self.label):
            check_words("a number", words)
        if isinstance(self.default, bool) or not isinstance(self.default, (int, float)):
            raise PluginError(f"the default of a number must be one, not {self.default!r}")
        if max(self.ge, self.gt) == -math.inf or min(self.le, self.lt) == math.inf:
            raise PluginError("a number needs limits at both ends: ge or gt, and le or lt")
        if not (self.ge <= self.default <= self.le and self.gt < self.default < self.lt):
            raise PluginError(f"the default {self.default:g} is outside of its own limits")


@dataclass(frozen=True)
class Item:
    """One thing that a plugin registers: its kind, its name, and the function under the decorator."""

    kind: Kind
    name: str
    function: Function
    title: str = ""
    """How papers write it."""
    words: str = ""
    """What it is or does."""
    settings: Settings = field(default_factory=dict)
    """The numbers that it reads beside those there are, by name."""
    uses: frozenset[str] = frozenset()
    """The settings of others that it reads."""
    unit: str = ""
    of_probabilities: bool = True
    spec: ArchitectureSpec | None = None
    inputs: int = 2
    """How many residues an operation is of, 2 to 12."""
    place: tuple[str, int] = field(init=False)
    """File and line of the function."""

    def __post_init__(self) -> None:
        code = getattr(self.function, "__code__", None)
        if code is None:
            raise PluginError(f"the {self.kind} {self.name!r} must be a function")
        object.__setattr__(self, "place", (code.co_filename, code.co_firstlineno))
        pattern, example = (_IDENTIFIER, "a_b2") if self.kind == "measure" else (_NAME, "a-b2")
        _check_name(self.kind, self.name, pattern, example)
        if type(self.inputs) is not int or self.inputs not in range(2, 13):
            raise PluginError(f"an operation has 2 to 12 inputs, not {self.inputs!r:.20}")
        for name, number in self.settings.items():
            _check_name("setting", name, _IDENTIFIER, "a_b2")
            if not isinstance(number, Number):
                raise PluginError(f"the setting {name} must be a plugins.Number, not {number!r:.20}")
        for words in (self.title, self.words, self.unit):
            check_words(f"the {self.kind} {self.name}", words)

    @property
    def where(self) -> str:
        """The same for people: my_lab.py, line 12."""
        return where(*self.place)

    @cached_property
    def made(self) -> Any:
        """What the function of an architecture, optimizer or filter returns: a class, always the same one."""
        return self.function()


def operation(name: str, *, shown: str, inputs: int = 2) -> Callable[[Function], Item]:
    """Registers an operation: a function of a and b, or more inputs, int64 arrays of residues of one shape, and of p.

    It gives their answers from 0 to p − 1, −1 where there is none. `shown` is how it is printed.
    """
    return lambda function: Item("operation", name, function, words=shown, inputs=inputs)


def task(name: str, *, shown: str, words: str, secret: bool = False) -> Callable[[Function], Item]:
    """Registers a task: a function of points, int64 [m, n] of 0 and 1, and the configuration; it gives 0 or 1 for each.

    `shown` is how it is printed, with {n} and {k} for these settings. With `secret` the answers follow from k of the n
    coordinates, those of `grokterm.lab.tuples.secret_coordinates`, which the screen then lights.
    """
    uses = frozenset({"n", "train_size", *(["k"] if secret else [])})
    return lambda function: Item("task", name, function, shown, words, uses=uses)


def architecture(name: str, spec: ArchitectureSpec, *, settings: Settings = _NO_SETTINGS) -> Callable[[Function], Item]:
    """Registers an architecture: a function without arguments that returns a `grokterm.lab.models.model.Model`."""
    return lambda function: Item("architecture", name, function, words=spec.brief, settings=settings, spec=spec)


def optimizer(
    name: str, *, title: str, words: str, settings: Settings = _NO_SETTINGS, uses: Collection[str] = ()
) -> Callable[[Function], Item]:
    """Registers an optimizer: a function without arguments that returns a `grokterm.lab.optimizers.rule.Rule`.

    Its numbers are attributes of the `hyper` that its methods are given, tensors on the device. `uses` are settings of
    other optimizers that it reads, such as beta1.
    """
    return lambda function: Item("optimizer", name, function, title, words, settings, frozenset(uses))


def filter(
    name: str, *, title: str, words: str, settings: Settings = _NO_SETTINGS, uses: Collection[str] = ()
) -> Callable[[Function], Item]:
    """Registers a gradient filter: the same, with a `grokterm.lab.optimizers.filters.Filter`."""
    return lambda function: Item("filter", name, function, title, words, settings, frozenset(uses))


def loss(
    name: str, *, title: str, words: str, unit: str, of_probabilities: bool = True, settings: Settings = _NO_SETTINGS
) -> Callable[[Function], Item]:
    """Registers a loss: a function of logits [..., n, classes] and labels int64 [n] that gives the losses [..., n].

    Its numbers are keyword arguments. `of_probabilities` is whether a cross-entropy of the logits says something.
    """
    return lambda function: Item(
        "loss", name, function, title, words, settings, unit=unit, of_probabilities=of_probabilities
    )


def measure(name: str, *, words: str) -> Callable[[Function], Item]:
    """Registers a measure: a function of a `grokterm.analysis.measured_model.MeasuredModel` that gives a number."""
    return lambda function: Item("measure", name, function, words=words)


def where(file: str, line: int) -> str:
    """A place in a plugin for people, in its file and not in the copy of a run: my_lab.py, line 12."""
    return f"{_OF_A_COPY.sub('.py', Path(file).name)}, line {line}"


def check_words(what: str, words: object) -> None:
    """Raises PluginError for words that are no short line of text."""
    if not isinstance(words, str) or not words.isprintable() or len(words) > _LONGEST_WORDS:
        raise PluginError(f"{what} has words that are no line of text of up to {_LONGEST_WORDS} characters")


def _check_name(kind: str, name: object, pattern: re.Pattern[str], example: str) -> None:
    if not isinstance(name, str) or len(name) > _LONGEST_NAME or not pattern.fullmatch(name):
        allowed = f"choose up to {_LONGEST_NAME} small letters and digits, as in {example}"
        raise PluginError(f"{str(name)[:40]!r} is no name for {'an' if kind[0] in 'ao' else 'a'} {kind}: {allowed}")
