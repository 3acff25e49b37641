"""What a run is: its task, model, training, machine and goal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, get_type_hints

from grokterm.config.architectures import ARCHITECTURES, OLD_NAMES, Architecture, ArchitectureSpec, renamed
from grokterm.config.consistency import (
    check_any_inputs,
    check_closed_form,
    check_device,
    check_heads,
    check_order,
    check_split,
)
from grokterm.config.model import SEQUENCES, ModelSettings
from grokterm.config.numbers import NUMBERS
from grokterm.config.run import RunSettings
from grokterm.config.setting import ADDED, KEY, Setting, check, read, words_for
from grokterm.config.task import TaskSettings
from grokterm.config.tasks import TASKS, TaskShape, check_task, shape_of, task_words
from grokterm.config.training import TrainingSettings
from grokterm.errors import ConfigError
from grokterm.spelling import unknown
from grokterm.tasks.operations import most_frequent_share, rule_of
from grokterm.tasks.registered import REGISTERED

Value = int | float | str

DEFAULTS_OF_OLD_RUNS: Final[dict[str, Value]] = {"measure_every": 0, "arch": "one-hot", "on_trouble": "off"}
"""Settings that are younger than the first runs, with the values at which such a run comes out as it did."""


@dataclass(frozen=True, kw_only=True)
class Config(RunSettings, TrainingSettings, ModelSettings, TaskSettings):
    """What a run is; together with the logged changes it determines every bit of it.

    The fields' own defaults are the same for every architecture; a new run begins with those of `starting`.
    """

    own: tuple[tuple[str, int | float], ...] = ()
    """The numbers that plugins add, by name; each is read as an attribute, and is a setting like all others."""

    def __post_init__(self) -> None:
        given = dict(self.own)
        own = {name: given.get(name, number.default) for name, number in NUMBERS.items()}
        object.__setattr__(self, "own", tuple(own.items()))
        for name, default, hint, known in _checked():
            value = getattr(self, name)
            if type(value) is not type(default) or value != default:
                check(name, hint, known, value)
        rule = rule_of(self.op)
        # In the other tasks it says nothing: what is asked of "add" is true of a sum.
        object.__setattr__(self, "op", rule.name if self.task == "table" else "add")
        if self.task == "table":
            object.__setattr__(self, "p", rule.order or self.p)
        check_task(self.task, self.op, self.p, self.k, self.n, self.train_size)
        check_split(self.task, self.p, self.op, self.k, self.train_fraction)
        if "heads" in self.architecture.uses:
            check_heads(self.d_model, self.heads)
        check_device(self.device)
        if not self.of_pairs:
            chosen = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
            check_any_inputs(self.arch, self.shape.inputs, chosen)
        if self.init == "closed-form":
            if not self.of_pairs:
                raise ConfigError("--init closed-form solves tables of two inputs, and this task has another number")
            model = (self.arch, self.depth, self.activation, self.layer_norm)
            check_closed_form(self.p, self.op, self.width, *model)

    def changed(self, values: Mapping[str, Any]) -> Config:
        """The same run with `values` in place of its own; raises ConfigError."""
        for name in values:
            if name not in settings():
                raise ConfigError(unknown("setting", name, list(settings())))
        if "p" in values:
            check_order(values["p"], str(values.get("op", self.op)), str(values.get("task", self.task)))
        own = {name: value for name, value in values.items() if name in NUMBERS}
        others = {name: value for name, value in values.items() if name not in NUMBERS}
        return replace(self, own=tuple((dict(self.own) | own).items()), **others)

    @property
    def architecture(self) -> ArchitectureSpec:
        """What is known of its architecture."""
        return ARCHITECTURES[self.arch]

    @property
    def class_count(self) -> int:
        """Output classes: the answers, and one more where "=" is a class too, the last."""
        return self.shape.answers + (self.classes == "p+1")

    @property
    def sequence_tokens(self) -> tuple[str, ...]:
        """The tokens of a pair that attention is over; a, b and "=" where an architecture has no others."""
        return SEQUENCES[self.sequence if "sequence" in self.architecture.uses else "a-b-equals"]

    @property
    def shape(self) -> TaskShape:
        """What its task asks of a model."""
        return shape_of(self.task, self.op, self.p, self.k, self.n)

    @property
    def of_pairs(self) -> bool:
        """Whether its examples are the pairs of a table."""
        return self.task == "table" and rule_of(self.op).inputs <= 2

    @property
    def of_points(self) -> bool:
        """Whether its examples are points of n coordinates ±1, as those of a parity are."""
        return TASKS[self.task].of_points

    @property
    def chance(self) -> float:
        """The test accuracy from which phases are counted: the share of the most frequent answer, of our tables 0.

        Their answers are many, and about as frequent.
        """
        if self.of_points:
            return 0.5
        if self.task != "table":
            return 1 / self.p
        return most_frequent_share(self.op, self.p) if not self.of_pairs or self.op in REGISTERED else 0.0

    @property
    def task_words(self) -> str:
        """Its task as people write it: a + b mod 97, parity of 3 of 40."""
        return task_words(self.task, self.op, self.p, self.k, self.n)

    @classmethod
    def starting(cls, values: Mapping[str, Any] = MappingProxyType({})) -> Config:
        """A new run: `values`, and else what its architecture begins with; raises ConfigError.

        A parity, as all tasks of points, begins with one-hot, which reads coordinates as they are.
        """
        task = TASKS.get(values.get("task", "table"))
        values = {"arch": "one-hot", **values} if task is not None and task.of_points else values
        plain = _plain().changed({name: values[name] for name in ("arch", "optimizer", "loss") if name in values})
        return plain.changed({**plain._beginning(plain.architecture), **values})

    def following(self, arch: Architecture) -> dict[str, Value]:
        """Another architecture, and its own settings for those that stand at what the present one begins with.

        So it is wherever the architecture of a run is changed to one that a person names.
        """
        plain, present = _plain().as_dict(), self.as_dict()
        own, other = (plain | self._beginning(ARCHITECTURES[name]) for name in (self.arch, arch))
        moved = {name: value for name, value in other.items() if value != own[name] == present[name]}
        return {**moved, "arch": arch}

    def _beginning(self, architecture: ArchitectureSpec) -> dict[str, Value]:
        """What an architecture begins with under this optimizer and loss: rates are of AdamW and cross-entropy.

        An ε of the size of those gradients would hold up others, such as the squared error's, which are 2/p of them.
        """
        measured = (self.optimizer, self.loss) == ("adamw", "cross-entropy")
        begins = architecture.begins_with.items()
        return {name: value for name, value in begins if measured or settings()[name].group == "Model"}

    @classmethod
    def written(cls, values: Mapping[str, Any]) -> Config:
        """A configuration from a run's files; what was not known when they were written has no effect there.

        Raises ConfigError.
        """
        known = values if "attention_rate" in values else renamed(values)
        return _plain().changed({**DEFAULTS_OF_OLD_RUNS, **known})

    def as_dict(self) -> dict[str, Value]:
        """Every field by name, as written to config.toml and to the log."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "own"} | dict(self.own)

    if not TYPE_CHECKING:  # for mypy a Config has no attributes but its own

        def __getattr__(self, name: str) -> int | float:
            """The number of a plugin by its name."""
            if name in NUMBERS:
                return dict(self.own)[name]
            raise AttributeError(f"a Config has no {name!r}")


@cache
def _plain() -> Config:
    """That of the fields' own defaults."""
    return Config()


@cache
def settings(owner: type = Config) -> dict[str, Setting]:
    """The `Setting` of every field of `Config`, with the numbers of plugins, or of another dataclass, in order."""
    known: dict[str, Setting] = {f.name: f.metadata[KEY] for f in fields(owner) if KEY in f.metadata}
    if owner is not Config:
        return known
    known |= {name: number.setting for name, number in NUMBERS.items()}
    groups = list(dict.fromkeys(setting.group for setting in known.values()))
    ordered = sorted(known, key=lambda name: groups.index(known[name].group))
    return {name: _with_added(name, known[name]) for name in ordered}


def _with_added(name: str, known: Setting) -> Setting:
    """A setting whose help tells the words that plugins add, too."""
    more = "; ".join(f"{word}: {words}" for word, words in ADDED.get(name, {}).items())
    return replace(known, help=f"{known.help} Of plugins: {more}.") if more else known


def forget_settings() -> None:
    """Has the settings be collected anew: plugins have added some."""
    settings.cache_clear()
    _checked.cache_clear()
    _plain.cache_clear()
    field_type.cache_clear()


def label(name: str) -> str:
    """What people call a setting: weight_decay → weight decay."""
    return settings()[name].label or name.replace("_", " ")


def short_label(name: str) -> str:
    """What a setting is called where there is little room: weight_decay → wd."""
    return settings()[name].short or label(name)


@cache
def _checked() -> tuple[tuple[str, Any, Any, Setting], ...]:
    """Every setting with its default, its type and its limits; a plugin's default is looked at like other values."""
    defaults: dict[str, Any] = {field.name: field.default for field in fields(Config)}
    return tuple((name, defaults.get(name), field_type(name), known) for name, known in settings().items())


@cache
def field_type(name: str) -> Any:
    """The type of a field of `Config`, or of a plugin's number, without its `Setting`."""
    return type(NUMBERS[name].default) if name in NUMBERS else _field_types()[name]


@cache
def _field_types() -> dict[str, Any]:
    return get_type_hints(Config)


def choices(name: str) -> tuple[str, ...]:
    """The words that a field of `Config` may hold; empty where it holds only numbers or free text."""
    return words_for(name, field_type(name)) if field_type(name) is not str else ()


def docs() -> dict[str, str]:
    """The help text of every field of `Config`."""
    return {name: setting.help for name, setting in settings().items()}


def parse(name: str, text: str) -> Value:
    """The value of a field from what a person typed; raises ConfigError."""
    if name == "arch" and text.strip() not in choices("arch"):
        text = OLD_NAMES.get(text.strip(), text)
    value = read(name, field_type(name), settings()[name], text)
    return rule_of(str(value)).name if name == "op" else value


def setting_name(text: str) -> str:
    """The setting that is meant by its name or one of its short ones: wd is weight_decay; raises ConfigError."""
    name = text.strip().lstrip("-").replace("-", "_")
    for known, setting in settings().items():
        if name == known or name in setting.aliases or name == setting.short:
            return known
    raise ConfigError(unknown("setting", text.strip(), list(settings())))
