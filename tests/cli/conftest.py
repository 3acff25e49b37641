"""The command in a terminal, and an end to every trainer that it started."""

from tests.terminal.conftest import grokterm

__all__ = ["grokterm"]
