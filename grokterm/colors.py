"""How many colours a terminal shows."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final, Literal

from grokterm.view_options import Color

Shown = Literal["truecolor", "256", "16", "none"]

_TRUECOLOR_TERMS: Final = ("direct", "truecolor", "kitty", "alacritty", "ghostty", "wezterm", "foot")


def shown_colors(asked: Color, environment: Mapping[str, str] = os.environ) -> Shown:
    """The colours to draw with: as asked, else as NO_COLOR, COLORTERM and TERM tell."""
    if asked != "auto":
        return asked
    term = environment.get("TERM", "").strip().lower()
    if environment.get("NO_COLOR") or term in ("dumb", "unknown", ""):
        return "none"
    ending = term.rpartition("-")[2]
    if environment.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit") or ending in _TRUECOLOR_TERMS:
        return "truecolor"
    return "256" if ending == "256color" else "16"
