"""The name under which the log records who changed something."""

from __future__ import annotations

import getpass


def user_name() -> str:
    """The name of the user at this terminal; empty where the system has none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return ""
