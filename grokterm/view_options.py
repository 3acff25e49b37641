"""How a run is shown: theme, colours, glyphs and frame rate."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from grokterm.config.setting import setting

Color = Literal["auto", "truecolor", "256", "16", "none"]
Graph = Literal["braille", "block", "ascii"]
Shown = Literal["truecolor", "256", "16", "none"]
Narrator = Literal["on", "off"]

_TRUECOLOR_TERMS: Final = ("direct", "truecolor", "kitty", "alacritty", "ghostty", "wezterm", "foot")


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewOptions:
    """What the viewer draws with; nothing here touches training."""

    theme: str = setting("dusk", "Screen", "at once", "Theme by name; T cycles them.")
    color: Color = setting("auto", "Screen", "at once", "Colours of the terminal.")
    graph: Graph = setting(
        "braille", "Screen", "at once", "Glyphs of the curves: braille, block where the font has no braille, or ascii."
    )
    fps: float = setting(10.0, "Screen", "at once", "Frames a second at most, 1 to 60.", ge=1, le=60)
    narrator: Narrator = setting(
        "on", "Screen", "at once", "Whether a narrator tells in a sentence what happens: on or off."
    )


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
