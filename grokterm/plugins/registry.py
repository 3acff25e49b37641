"""What plugins have registered: in the tables of what there is, and by kind and name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, cast

from grokterm.config import Config, choices, forget_settings, settings
from grokterm.config.architectures import ARCHITECTURES, Architecture
from grokterm.config.losses import LOSSES, DescribedLoss, Loss
from grokterm.config.numbers import NUMBERS, AddedNumber
from grokterm.config.optimizers import FILTERS, OPTIMIZERS, Described, Filter, Optimizer
from grokterm.config.setting import ADDED, Acts, Group, Setting
from grokterm.config.tasks import TASKS, DescribedTask, TaskName
from grokterm.errors import ConfigError, first_line
from grokterm.measures import NAMES
from grokterm.plugins.items import Item, Kind, Number, PluginError, check_words
from grokterm.tasks.operations import forget_operations, rule_of
from grokterm.tasks.registered import REGISTERED, RegisteredOperation
from grokterm.view_options import ViewOptions

_SETTING: Final[dict[Kind, str]] = {
    "operation": "op",
    "task": "task",
    "architecture": "arch",
    "optimizer": "optimizer",
    "filter": "filter",
    "loss": "loss",
}
"""The setting whose words name what there is of a kind."""
_PLACE: Final[dict[Kind, tuple[Group, Acts]]] = {
    "architecture": ("Model", "rebuilds the model"),
    "optimizer": ("Training", "at once"),
    "filter": ("Training", "at once"),
    "loss": ("Loss", "at once"),
}
"""Where the numbers of a kind stand, and how they act."""
_RUN_OPTIONS: Final = ("preset", "runs", "resume", "at", "keep", "detach", "to", "plugin", "allow_plugin", "json")
_OTHER_OPTIONS: Final = ("yes", "all", "help", "version", "only", "quick", "log_x", "log_y")
_OPTIONS: Final = frozenset((*_RUN_OPTIONS, *_OTHER_OPTIONS, *settings(ViewOptions)))
"""Options that are no settings of a run."""
_sources: Final[list[str]] = []
_items: Final[dict[tuple[Kind, str], Item]] = {}


def sources() -> tuple[str, ...]:
    """The plugins from which all this is, in words."""
    return tuple(_sources)


def items(kind: Kind) -> list[Item]:
    """All that is registered of a kind, in order."""
    return [item for (of_kind, _), item in _items.items() if of_kind == kind]


def made(kind: Kind, name: str, expected: type[Any]) -> Any:
    """The class that the function of an item returns, None for a name that no plugin has registered.

    Raises PluginError where that is no class of the `expected` kind.
    """
    item = _items.get((kind, name))
    if item is None:
        return None
    found = item.made
    if not (isinstance(found, type) and issubclass(found, expected)):
        raise PluginError(f"the {kind} {name} ({item.where}) must return a {expected.__name__}, not {found!r:.60}")
    if missing := sorted(getattr(found, "__abstractmethods__", ())):
        raise PluginError(f"the {kind} {name} ({item.where}) has no {', '.join(missing)}")
    return found


def function(kind: Kind, name: str) -> Callable[..., Any] | None:
    """The function of an item; None for a name that no plugin has registered."""
    item = _items.get((kind, name))
    return None if item is None else item.function


def place_of(kind: Kind, name: str) -> str:
    """File and line of an item, for people."""
    return _items[kind, name].where


def register(found: Sequence[Item], source: str) -> None:
    """Registers all items of a plugin, which is `source` in words, or none of them.

    Raises PluginError with file and line of the one that cannot be.
    """
    done: list[Item] = []
    try:
        for item in found:
            with _at(item):
                _check(item)
            done.append(item)
            _add(item)
            with _at(item):
                _check_spec(item)
    except PluginError:
        unregister(done)
        raise
    _sources.append(source)


def unregister(found: Sequence[Item]) -> None:
    """Takes items out again."""
    for item in found:
        if _items.pop((item.kind, item.name), None) is not item:
            continue
        for table in (*_tables(item.kind), ADDED.get(_SETTING.get(item.kind, ""), {})):
            table.pop(item.name, None)
        for name in item.settings:
            NUMBERS.pop(name, None)
    _forget()


def unregister_all() -> None:
    """Takes everything out again."""
    unregister(list(_items.values()))
    _sources.clear()


def _add(item: Item) -> None:
    _items[item.kind, item.name] = item
    group, acts = _PLACE.get(item.kind, ("Run", "at once"))
    for name, number in item.settings.items():
        NUMBERS[name] = AddedNumber(number.default, _setting(number, group, acts))
    if item.kind in _SETTING:
        ADDED.setdefault(_SETTING[item.kind], {})[item.name] = item.words
    uses = item.uses | item.settings.keys()
    match item.kind:
        case "operation":
            REGISTERED[item.name] = RegisteredOperation(item.name, item.words, item.function, item.where, item.inputs)
        case "task":
            TASKS[cast(TaskName, item.name)] = DescribedTask(item.words, uses, item.title)
        case "architecture":
            assert item.spec is not None
            ARCHITECTURES[cast(Architecture, item.name)] = item.spec._replace(
                uses=item.spec.uses | uses, any_inputs=None
            )
        case "optimizer":
            OPTIMIZERS[cast(Optimizer, item.name)] = Described(item.title, item.words, uses)
        case "filter":
            FILTERS[cast(Filter, item.name)] = Described(item.title, item.words, uses)
        case "loss":
            LOSSES[cast(Loss, item.name)] = DescribedLoss(
                item.title, item.words, item.unit, item.of_probabilities, uses
            )
    _forget()


def _tables(kind: Kind) -> list[dict[Any, Any]]:
    of_kind: dict[Kind, dict[Any, Any]] = {
        "operation": REGISTERED,
        "task": TASKS,
        "architecture": ARCHITECTURES,
        "optimizer": OPTIMIZERS,
        "filter": FILTERS,
        "loss": LOSSES,
    }
    return [of_kind[kind]] if kind in of_kind else []


def _setting(number: Number, group: Group, acts: Acts) -> Setting:
    limits = {name: getattr(number, name) for name in ("ge", "le", "gt", "lt")}
    words = Setting(group, acts, "", **limits).range
    return Setting(group, acts, f"{number.words.rstrip('.')}, {words}.", label=number.label, **limits)


def _check(item: Item) -> None:
    """Raises PluginError where a name is taken or a setting is not there."""
    if _is_taken(item):
        raise PluginError(f"the name {item.name!r} is taken: choose another")
    for name in item.settings:
        aliases = {alias for setting in settings().values() for alias in setting.aliases}
        if name in settings() or name in aliases or name in _OPTIONS or hasattr(Config, name):
            raise PluginError(f"the name {name!r} of a setting is taken: choose another")
    for name in item.uses:
        if name not in settings():
            raise PluginError(f"it uses {str(name)[:40]!r}, which is no setting")


def _is_taken(item: Item) -> bool:
    if item.kind == "measure":
        return (item.kind, item.name) in _items or item.name in NAMES
    if item.kind == "operation":
        try:
            rule_of(item.name)
        except ConfigError:
            return False
        return True
    return item.name in choices(_SETTING[item.kind])


def _check_spec(item: Item) -> None:
    """Raises PluginError where the texts of an architecture name what is no setting."""
    if item.kind == "task":
        try:
            item.title.format(n=2, k=1)
        except (LookupError, ValueError, AttributeError) as error:
            raise PluginError(f"it is shown by what is neither n nor k: {first_line(error)}") from None
    spec = item.spec
    if spec is None:
        return
    names = (*spec.embedding.parameters, *spec.read_out.parameters)
    for text in (spec.brief, spec.words, spec.size, spec.short, spec.layers, *names):
        check_words("it", text)
    values = Config().as_dict() | {"outputs": 97}
    try:
        for text in (spec.words, spec.size, spec.short):
            text.format_map(values)
    except (LookupError, ValueError, AttributeError) as error:
        raise PluginError(f"its texts name what is no setting: {first_line(error)}") from None
    for name in (spec.embedding.size, spec.read_out.size, *spec.uses):
        if name not in settings():
            raise PluginError(f"it uses {name!r}, which is no setting")


@contextmanager
def _at(item: Item) -> Iterator[None]:
    """Tells file and line of an item where it cannot be registered."""
    try:
        yield
    except PluginError as error:
        raise PluginError(f"{item.where}: the {item.kind} {item.name}: {error}") from None


def _forget() -> None:
    forget_settings()
    forget_operations()
