"""How many colours the terminal shows, and which theme suits it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from grokterm.tui.theme import DEFAULT_THEME, Theme, Themes
from grokterm.view_options import Shown

RichSystem = Literal["truecolor", "256", "standard"]

SYSTEMS: Final[Mapping[Shown, RichSystem]] = {
    "truecolor": "truecolor",
    "256": "256",
    "16": "standard",
    "none": "standard",
}
"""What Rich calls them; without colours, bold and reverse are still written."""


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
