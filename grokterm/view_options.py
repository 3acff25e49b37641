"""How a run is shown: theme, colours, glyphs and frame rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grokterm.setting import setting

Color = Literal["auto", "truecolor", "256", "16", "none"]
Graph = Literal["braille", "block", "ascii"]
Narrator = Literal["on", "off"]


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
