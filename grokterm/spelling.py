"""How settings are spelled, and the sentence about a word that is none of those allowed."""

from __future__ import annotations

import difflib


def option_name(name: str) -> str:
    """The command-line spelling of a field: `train_fraction` → `--train-fraction`."""
    return "--" + name.replace("_", "-")


def unknown(what: str, given: str, allowed: list[str]) -> str:
    """One sentence for a word that is not among those allowed, with the nearest one."""
    near = difflib.get_close_matches(given, allowed, n=1, cutoff=0.4)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"unknown {what} {given!r}: choose {', '.join(allowed)}{hint}"
