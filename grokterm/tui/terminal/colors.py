"""How many colours the terminal shows, and which theme suits it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final, Literal

from grokterm.tui.theme import DEFAULT_THEME, Theme, Themes
from grokterm.view_options import Color

Shown = Literal["truecolor", "256", "16", "none"]
RichSystem = Literal["truecolor", "256", "standard"]

_TRUECOLOR_TERMS: Final = ("direct", "truecolor", "kitty", "alacritty", "ghostty", "wezterm", "foot")

SYSTEMS: Final[Mapping[Shown, RichSystem]] = {
    "truecolor": "truecolor",
    "256": "256",
    "16": "standard",
    "none": "standard",
}
"""What Rich calls them; without colours, bold and reverse are still written."""


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


def suited(themes: Themes, name: str, colors: Shown) -> Theme:
    """The theme called `name`, or the one made for a terminal with fewer colours where that was not chosen."""
    fallback = {"none": "none", "16": "16"}.get(colors)
    wanted = themes.get(name, themes[DEFAULT_THEME])
    if fallback is None or wanted.palette.depth in ("none", fallback):
        return wanted
    if colors == "16" and wanted.name != DEFAULT_THEME:
        return wanted
    return next((theme for theme in themes.values() if theme.palette.depth == fallback), wanted)


def offered(themes: Themes, colors: Shown) -> list[str]:
    """The themes that can be told from each other with these colours."""
    if colors == "none":
        return [name for name, theme in themes.items() if theme.palette.depth == "none"]
    return list(themes)
