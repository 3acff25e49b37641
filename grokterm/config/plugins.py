"""The plugins that this process has loaded; loading them is not done here, and takes longer than a screen to paint."""

from __future__ import annotations

from typing import Final, NamedTuple

SHORTEST: Final = 12
"""Digits of a hash that name a plugin, at least."""
FOLDER: Final = "plugins"
"""The folder of copies in a run folder."""


class Plugin(NamedTuple):
    """A plugin by what tells it from all others: the hash of its file, or its distribution and version."""

    name: str
    """The file's name without .py, or that of the entry point."""
    sha256: str = ""
    distribution: str = ""
    version: str = ""
    source: bytes = b""
    """The file, as it was executed."""
    measures: bool = False
    """Whether it registers measures."""

    @property
    def words(self) -> str:
        """What people call it: my_lab.py (SHA-256 0123456789ab), my-lab (entry point of lab 1.0)."""
        if self.sha256:
            return f"{self.name}.py (SHA-256 {self.sha256[:SHORTEST]})"
        return f"{self.name} (entry point of {self.distribution} {self.version})"

    @property
    def key(self) -> str:
        """What is the same for the same code: the hash of a file whatever its name, or distribution and version."""
        return self.sha256 or f"{self.distribution} {self.version} {self.name}"

    @property
    def file_name(self) -> str:
        """Its copy in the folder of plugins of a run; empty for an entry point."""
        return f"{self.name}-{self.sha256[:SHORTEST]}.py" if self.sha256 else ""


LOADED: Final[dict[str, Plugin]] = {}
"""Those of this process by their keys, in order."""
ALLOWED: Final[list[str]] = []
"""Beginnings of the hashes of plugins that may be executed from run folders."""


def loaded() -> tuple[Plugin, ...]:
    """The plugins of this process, in order."""
    return tuple(LOADED.values())


def plugin_arguments() -> list[str]:
    """What has a process that this one starts load the same plugins, each where its run needs it."""
    options = (("--allow-plugin", one.sha256) if one.sha256 else ("--plugin", one.name) for one in loaded())
    return [word for option in options for word in option]
