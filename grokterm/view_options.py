"""How a run is shown: theme, colours, glyphs and frame rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Color = Literal["auto", "truecolor", "256", "16", "none"]
Graph = Literal["braille", "block", "ascii"]
Narrator = Literal["on", "off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewOptions:
    """What the viewer draws with; nothing here touches training."""

    theme: str = "dusk"
    """Theme by name; T cycles them."""
    color: Color = "auto"
    """Colours of the terminal."""
    graph: Graph = "braille"
    """Glyphs of the curves: braille, block where the font has no braille, or ascii."""
    fps: float = 10.0
    """Frames a second at most, 1 to 60."""
    narrator: Narrator = "on"
    """Whether a narrator tells in a sentence what happens: on or off."""
