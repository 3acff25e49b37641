"""How settings are spelled, and the sentence about a word that is none of those allowed."""

from __future__ import annotations

import difflib
import re
from typing import Final

SHARED_RUN: Final = re.compile(r"grok(\d{1,9}):", re.ASCII)
"""How the line of a shared run begins: its format."""


def option_name(name: str) -> str:
    """The command-line spelling of a field: `train_fraction` → `--train-fraction`."""
    return "--" + name.replace("_", "-")


def is_shared_run(text: str) -> bool:
    """Whether a word is meant to be the line of a shared run."""
    return SHARED_RUN.match(text.strip()) is not None


def unknown(what: str, given: str, allowed: list[str]) -> str:
    """One sentence for a word that is not among those allowed, with the nearest one."""
    return f"unknown {what} {given!r}: choose {', '.join(allowed)}{nearest(given, allowed)}"


def nearest(given: str, allowed: list[str]) -> str:
    """The end of a sentence that asks whether the nearest word was meant; empty where none is near."""
    near = difflib.get_close_matches(given, allowed, n=1, cutoff=0.4)
    return f"; did you mean {near[0]}?" if near else ""
