"""The plugins of a run: which it was made with, and copies of their files, executed only where that is allowed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from grokterm import durable
from grokterm.config.plugins import FOLDER, SHORTEST, Plugin, loaded
from grokterm.errors import PluginNeededError, RunFolderError
from grokterm.plugins.items import PluginError
from grokterm.plugins.loading import (
    NAME,
    find_entry_point,
    is_allowed,
    is_loaded,
    load_source,
    read_source,
)

_COPY: Final = re.compile(rf"{NAME.pattern}-[0-9a-f]{{{SHORTEST}}}\.(py|part)", re.ASCII)


class RunPlugin(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A plugin as config.toml of a run names it."""

    name: str
    sha256: str = ""
    distribution: str = ""
    version: str = ""

    @property
    def plugin(self) -> Plugin:
        """The plugin that is meant."""
        return Plugin(self.name, self.sha256, self.distribution, self.version)


def decode_plugins(written: object) -> tuple[RunPlugin, ...]:
    """The plugins that config.toml names; raises ValidationError, ValueError."""
    found = msgspec.convert(written, tuple[RunPlugin, ...])
    for one in found:
        digits = len(one.sha256) == 64 and not set(one.sha256) - set("0123456789abcdef")
        if not NAME.fullmatch(one.name) or (one.sha256 and not digits) or not (one.sha256 or one.distribution):
            raise ValueError(f"it names a plugin {one.name[:40]!r} without a name, or a hash, that can be")
    return found


def encode_plugins(plugins: Sequence[Plugin]) -> list[dict[str, Any]]:
    """What config.toml says of plugins."""
    made = [RunPlugin(one.name, one.sha256, one.distribution, one.version) for one in plugins]
    return [msgspec.to_builtins(one) for one in made]


def copy_plugins(run: Path) -> list[dict[str, Any]]:
    """Copies the plugins of this process into a new run folder, and gives what config.toml says of them.

    Raises OSError.
    """
    files = [plugin for plugin in loaded() if plugin.file_name]
    if files:
        (run / FOLDER).mkdir(mode=0o700)
    for plugin in files:
        path = run / FOLDER / plugin.file_name
        durable.write(path, plugin.source, path.with_suffix(".part"))
    return encode_plugins(loaded())


def is_plugin_file(name: str) -> bool:
    """Whether a file is named as the copy of a plugin, or one that was only half written."""
    return _COPY.fullmatch(name) is not None


def load_plugins(run: Path, plugins: Sequence[RunPlugin]) -> None:
    """Loads the plugins of a run that this process has not loaded; raises RunFolderError where that is not allowed."""
    for one in plugins:
        plugin = one.plugin
        if is_loaded(plugin):
            continue
        if not plugin.sha256:
            _refuse_entry_point(run, plugin)
        path = run / FOLDER / plugin.file_name
        if not is_allowed(plugin.sha256):
            raise PluginNeededError(
                f"{run.name} was made with the plugin {plugin.name}.py, which is not executed unasked: read {path}, "
                f"then give --allow-plugin {plugin.sha256}, or --plugin and the same file"
            )
        try:
            source = read_source(path)
            if hashlib.sha256(source).hexdigest() != plugin.sha256:
                raise RunFolderError(f"{path} was changed: it is not the plugin that {run.name} was made with")
            load_source(Plugin(plugin.name, plugin.sha256, source=source), str(path))
        except PluginError as error:
            raise RunFolderError(f"{run.name} cannot be read without its plugin: {error}") from None


def check_plugins(run: Path, plugins: Sequence[RunPlugin]) -> None:
    """Makes sure that the plugins that this process has loaded are those of a run; raises RunFolderError."""
    own = {one.plugin.key: one.plugin for one in plugins}
    for plugin in loaded():
        if plugin.key in own:
            continue
        before = next((one for one in own.values() if one.name == plugin.name), None)
        if before is None:
            raise RunFolderError(f"{run.name} was made without the plugin {plugin.words}: fork it, or start a new run")
        advice = f": its own copy is loaded by --allow-plugin {before.sha256}" if before.sha256 else ""
        raise RunFolderError(f"{run.name} was made with {before.words}, and what is given is {plugin.words}{advice}")


def check_fork(run: Path, plugins: Sequence[RunPlugin]) -> None:
    """Makes sure that a fork of a run has no measures that the run has not; raises RunFolderError."""
    own = {one.plugin.key for one in plugins}
    for plugin in loaded():
        if plugin.measures and plugin.key not in own:
            raise RunFolderError(
                f"{run.name} was made without the plugin {plugin.words}, whose measures are of a whole run: "
                "start a new run"
            )


def _refuse_entry_point(run: Path, plugin: Plugin) -> None:
    """Says how a plugin that is installed is asked for, or why it cannot be; raises RunFolderError."""
    try:
        there, _ = find_entry_point(plugin.name)
    except PluginError as error:
        raise RunFolderError(f"{run.name} was made with the plugin {plugin.words}: {error}") from None
    if there.key != plugin.key:
        raise RunFolderError(f"{run.name} was made with the plugin {plugin.words}, and installed is {there.words}")
    raise PluginNeededError(
        f"{run.name} was made with the plugin {plugin.words}: give --plugin {plugin.name} to load it"
    )
