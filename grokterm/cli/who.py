"""Under which name the log tells who changed something."""

from __future__ import annotations

import getpass


def who() -> str:
    """The name of the person at this terminal; empty where the system knows none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
