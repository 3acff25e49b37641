"""The user's own defaults: config.toml in the user's config folder, with any option as a key."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

import platformdirs

from grokterm.cli.options import Values, folder_option, notify_option, read_one, run_options, view_options
from grokterm.errors import ConfigError, reason_of
from grokterm.spelling import unknown

_LIMIT: Final = 2**20


def config_folder() -> Path:
    """The user's config folder: config.toml and themes/."""
    return Path(platformdirs.user_config_dir("grokterm"))


def read_defaults(path: Path | None = None) -> Values:
    """The options set in config.toml, none where it is not there; raises ConfigError naming file and key."""
    path = path or config_folder() / "config.toml"
    try:
        with path.open("rb") as file:
            written = tomllib.loads(file.read(_LIMIT).decode())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"your {path} cannot be read: {reason_of(error)}") from None
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"your {path} is not valid TOML: {error}") from None
    return dict(_read_key(path, key, value) for key, value in written.items())


def _read_key(path: Path, key: str, value: object) -> tuple[str, object]:
    options = run_options() | view_options() | {"runs": folder_option(), "notify": notify_option()}
    aliases = {alias: name for name, option in options.items() for alias in option.aliases}
    name = key.replace("-", "_")
    name = aliases.get(name, name)
    try:
        if name not in options:
            raise ConfigError(unknown("key", key, list(options)))
        return name, read_one(name, str(value))
    except ConfigError as error:
        raise ConfigError(f"in your {path}: {error}") from None
