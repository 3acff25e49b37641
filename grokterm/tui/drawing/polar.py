"""Waves over the residues as clocks: each residue at its angle, as far out as its weight is large."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.dots import Dots
from grokterm.tui.drawing.scales import Floats
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

COLORS: Final = ("train", "test")
"""Colours of the weights of a and of b."""
_GLYPHS: Final = "ab"
_RING: Final = 0.5
"""Distance from the middle at which a weight of 0 lies, of the whole radius."""
_RING_DOTS: Final = 72


def draw_clock(
    cells: Cells,
    waves: Sequence[Floats],
    turns: int,
    left: int,
    top: int,
    width: int,
    height: int,
    graph: Graph,
    palette: Palette,
) -> None:
    """Waves [n] of a and of b as a clock in the middle of `width` × `height` cells from (left, top) on.

    Residue i stands `turns`·i/n of the way round, from the right on, anticlockwise; the ring is weight 0, the rim the
    largest magnitude. A hand points to where the wave is largest, as long as the share of it that is such a wave.
    """
    if width < 3 or height < 2:
        return
    ring = Dots(width, height, graph)
    round_ = np.linspace(0, 2 * np.pi, _RING_DOTS, endpoint=False)
    ring.points(_places(width, height, round_, np.full(_RING_DOTS, _RING)))
    ring.paint(cells, left, top, palette.style("border"), ".")
    far = max((float(np.abs(wave[np.isfinite(wave)]).max(initial=0)) for wave in waves), default=0.0)
    for wave, color, glyph in zip(waves, COLORS, _GLYPHS, strict=False):
        if not np.isfinite(wave).all() or not far:
            continue
        angle = 2 * np.pi * (turns * np.arange(wave.size) % wave.size) / wave.size
        layer = Dots(width, height, graph)
        layer.points(_places(width, height, angle, _RING + (1 - _RING) * wave / far))
        phase, length = _hand(wave, angle)
        layer.line(_places(width, height, np.array([phase, phase]), np.array([0.0, _RING * length])))
        layer.paint(cells, left, top, palette.style(color), glyph)


def _places(width: int, height: int, angle: Floats, distance: Floats) -> Floats:
    """Points [n, 2] at angles and shares of the radius in the largest clock in `width` × `height` cells."""
    radius = min(width / 2, height) - 0.5
    # A cell is about twice as high as it is wide.
    way = np.stack([np.cos(angle), -np.sin(angle) / 2], -1)
    found: Floats = np.array([width / 2, height / 2]) + radius * distance[:, None] * way
    return found


def _hand(wave: Floats, angle: Floats) -> tuple[float, float]:
    """The angle at which a wave is largest, and the share 0 … 1 of its norm that is one wave round the clock."""
    part = np.sum(wave * np.exp(1j * angle)) * np.sqrt(2 / wave.size)
    norm = float(np.sqrt(np.sum(np.square(wave))))
    return float(np.angle(part)), min(float(np.abs(part)) / norm, 1.0) if norm else 0.0
