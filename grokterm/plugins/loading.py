"""Loading plugins: files by their bytes, whose hash is taken of what is executed, and entry points by their names."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Final

from grokterm.config.plugins import ALLOWED, LOADED, SHORTEST, Plugin
from grokterm.errors import first_line, reason_of
from grokterm.plugins.items import Item, PluginError, where
from grokterm.plugins.registry import register, unregister_all
from grokterm.real_files import reading
from grokterm.spelling import unknown

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from importlib.metadata import EntryPoint

GROUP: Final = "grokterm.plugins"
"""The group of entry points."""
LARGEST: Final = 2**20
"""Bytes of the largest file."""
NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,39}", re.ASCII)
"""Names of plugins."""
_DIGITS: Final = re.compile(r"[0-9a-f]{12,64}", re.ASCII)
_ADVICE: Final = ": the viewer has no torch, so import it inside of the functions that need it"
_files: Final[set[str]] = set()
"""The files of all plugins that were executed."""
_OUR_OWN: Final = (str(Path(__file__).parents[1]), "<")
"""How files begin that are no plugin's."""


def is_loaded(plugin: Plugin) -> bool:
    """Whether this process has executed it."""
    return plugin.key in LOADED


def allow(digits: str) -> None:
    """Has plugins whose hash begins so be executed from run folders; raises PluginError for what is no hash."""
    plain = digits.strip().lower()
    if not _DIGITS.fullmatch(plain):
        raise PluginError(
            f"--allow-plugin must be the SHA-256 of a plugin's file, or its first {SHORTEST} digits at least, "
            f"not {digits[:70]!r}"
        )
    ALLOWED.append(plain)


def take_arguments(parser: ArgumentParser) -> None:
    """Adds the options of `plugin_arguments`."""
    parser.add_argument("--plugin", action="append", default=[], metavar="NAME", help="load an installed plugin")
    parser.add_argument("--allow-plugin", action="append", default=[], metavar="HASH", help="of the run folder")


def load_arguments(given: Namespace) -> None:
    """Does what `plugin_arguments` ask for; raises PluginError."""
    for digits in given.allow_plugin:
        allow(digits)
    for name in given.plugin:
        load_entry_point(name)


def is_allowed(sha256: str) -> bool:
    """Whether a plugin with this hash may be executed from a run folder."""
    return any(sha256.startswith(digits) for digits in ALLOWED)


def load(given: str) -> None:
    """Loads a plugin that a person names: the path of a file, or the name of an entry point; raises PluginError."""
    if given.endswith(".py") or "/" in given:
        load_file(Path(given).expanduser())
    else:
        load_entry_point(given)


def load_for_notebook(plugin: str | Sequence[str], allow_plugin: str | Sequence[str]) -> None:
    """Does what the options of the command line of these names do; raises PluginError."""
    for given in [plugin] if isinstance(plugin, str) else plugin:
        load(given)
    for digits in [allow_plugin] if isinstance(allow_plugin, str) else allow_plugin:
        allow(digits)


def load_file(path: Path) -> None:
    """Loads the plugin in a file, or behind a link; raises PluginError."""
    name = path.name.removesuffix(".py")
    if not NAME.fullmatch(name):
        raise PluginError(f"the plugin {path} needs a name of up to 40 letters, digits and _, as my_lab.py")
    source = read_source(path.resolve())
    load_source(Plugin(name, sha256=hashlib.sha256(source).hexdigest(), source=source), str(path.absolute()))


def read_source(path: Path) -> bytes:
    """The bytes of a plugin's file; raises PluginError, also for a link in its place."""
    try:
        with reading(path) as file:
            source = file.read(LARGEST + 1)
    except OSError as error:
        raise PluginError(f"the plugin {path} cannot be read: {reason_of(error)}") from None
    if len(source) > LARGEST:
        raise PluginError(f"the plugin {path} is larger than {LARGEST:,} bytes")
    return source


def load_source(plugin: Plugin, file_name: str) -> None:
    """Executes the source of a plugin, once in a process, and registers what is in it; raises PluginError.

    `file_name` is where it was read.
    """
    if is_loaded(plugin):
        return
    module = ModuleType(f"grokterm_plugin_{plugin.sha256[:SHORTEST]}")
    module.__file__ = file_name
    sys.modules[module.__name__] = module  # where dataclasses look for what they annotate
    _files.add(file_name)
    try:
        with _explained(file_name):
            exec(compile(plugin.source, file_name, "exec", dont_inherit=True), vars(module))
        _register(plugin, module)
    except PluginError:
        del sys.modules[module.__name__]
        raise


def unload_all() -> None:
    """Takes all plugins out of this process, and what was allowed."""
    if not (LOADED or ALLOWED):
        return
    LOADED.clear()
    ALLOWED.clear()
    unregister_all()


def load_entry_point(name: str) -> None:
    """Loads the plugin of an installed distribution; raises PluginError."""
    plugin, point = find_entry_point(name)
    if is_loaded(plugin):
        return
    with _explained(""):
        module = point.load()
    if not isinstance(module, ModuleType):
        raise PluginError(f"the plugin {plugin.words} must be a module, and {point.value} is none")
    _files.add(str(getattr(module, "__file__", "")))
    _register(plugin, module)


def find_entry_point(name: str) -> tuple[Plugin, EntryPoint]:
    """An entry point, and the plugin that it is, which is not loaded; raises PluginError."""
    from importlib.metadata import entry_points  # which takes longer to load than all else here

    points = {point.name: point for point in entry_points(group=GROUP)}
    if name not in points:
        there = unknown("plugin", name, list(points)) if points else f"no plugin {name!r} is installed"
        raise PluginError(f"{there}; a file is given by its path, as ./my_lab.py")
    point = points[name]
    if point.dist is None or not NAME.fullmatch(name):
        raise PluginError(
            f"the entry point {name!r} of {GROUP} cannot be loaded: it has no distribution, or a bad name"
        )
    return Plugin(name, distribution=point.dist.name, version=point.dist.version), point


def place_in_plugin(error: BaseException) -> str:
    """File and line of the innermost call into a plugin that led to an error; empty where none did."""
    return _place(error.__traceback__, _files.__contains__)


def _register(plugin: Plugin, module: ModuleType) -> None:
    """Registers what a module holds, in order; raises PluginError where that is nothing."""
    found = list({id(value): value for value in vars(module).values() if isinstance(value, Item)}.values())
    if not found:
        raise PluginError(f"the plugin {plugin.words} registers nothing: see grokterm guide plugins")
    register(found, plugin.words)
    LOADED[plugin.key] = plugin._replace(measures=any(item.kind == "measure" for item in found))


@contextmanager
def _explained(file_name: str) -> Iterator[None]:
    """Runs a plugin without torch; raises PluginError with file and line for whatever goes wrong in it."""
    try:
        with _without_torch(), redirect_stdout(sys.stderr):  # output may be JSON
            yield
    except (Exception, SystemExit) as error:
        if isinstance(error, SyntaxError) and error.filename == file_name:
            place, words = where(file_name, error.lineno or 0), f"{type(error).__name__}: {error.msg}"
        else:
            own = file_name.__eq__ if file_name else lambda file: not file.startswith(_OUR_OWN)
            place = _place(error.__traceback__, own)
            words = str(error) if isinstance(error, PluginError) else f"{type(error).__name__}: {first_line(error)}"
            words += _ADVICE if getattr(error, "name", None) == "torch" else ""
        raise PluginError(f"the plugin cannot be loaded: {f'{place}: ' if place else ''}{words}") from None


@contextmanager
def _without_torch() -> Iterator[None]:
    """A plugin's own level must not load torch: the viewer executes it too."""
    hidden = "torch" not in sys.modules
    if hidden:
        sys.modules["torch"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if hidden:
            del sys.modules["torch"]


def _place(trace: TracebackType | None, is_wanted: Callable[[str], bool]) -> str:
    """File and line of the last frame in a file that is wanted: my_lab.py, line 12; empty where there is none."""
    found = ""
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if is_wanted(file):
            found = where(file, trace.tb_lineno)
        trace = trace.tb_next
    return found
