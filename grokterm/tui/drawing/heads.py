"""What heads look at: from each token a share of attention to each token that it sees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from rich.style import Style
from textual.strip import Strip

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.heat import LEVELS, in_half_blocks, level_color
from grokterm.tui.drawing.scales import Floats
from grokterm.tui.drawing.tiles import Tiles, draw_tiles, tiles_of
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

_SHADES: Final = {"ascii": " .:*#"}


def draw_heads(
    patterns: Floats, tokens: Sequence[str], width: int, height: int, graph: Graph, palette: Palette
) -> list[Strip]:
    """Patterns [heads, tokens (from), tokens (to)] as a square a head.

    Where there are too many, what the last token, "=", looks at in words.
    """
    heads, hidden = patterns.shape[0], not np.triu(patterns, 1).any()
    least = (6 + 6 * len(tokens), 2 + len(tokens))
    tiles = tiles_of(heads, width, height, least)
    if tiles.count < heads or width < least[0] or height < least[1]:
        return _lines(patterns, tokens, width, height, palette)
    size = Tiles(tiles.columns, tiles.rows, min(tiles.width, 98), min(tiles.height, 29))
    return draw_tiles(
        size,
        heads,
        width,
        height,
        lambda head: _head(patterns[head], tokens, head, hidden, size.width, size.height, graph, palette),
    )


def _head(
    pattern: Floats,
    tokens: Sequence[str],
    head: int,
    hidden: bool,
    width: int,
    height: int,
    graph: Graph,
    palette: Palette,
) -> list[Strip]:
    """One head: its name, the tokens looked at, and a row of fields for each token that looks.

    `hidden` is whether later tokens are hidden from earlier ones, so that there is nothing to draw.
    """
    cells = Cells(width, height)
    wide, high = (width - 7) // len(tokens), max((height - 2) // len(tokens), 1)
    muted = palette.style("muted")
    cells.put(0, 0, f"head {head}", palette.style("text") + Style(bold=True))
    cells.put(0, 1, "from", muted)
    for to, token in enumerate(tokens):
        # Where the names of all tokens would touch, they stand without "to".
        name = f"to {token}" if wide > max(map(len, tokens)) + 3 else token
        cells.put(7 + to * wide + wide // 2 - len(name) // 2, 1, name, muted)
    for at, token in enumerate(tokens):
        top = 2 + at * high
        cells.put(2, top + (high - (high > 2) - 1) // 2, token, palette.style("text"))
        for to in range(at + 1 if hidden else len(tokens)):
            _field(cells, 7 + to * wide, top, wide - 1, high - (high > 2), float(pattern[at, to]), graph, palette)
    return cells.strips()


def _field(
    cells: Cells, left: int, top: int, width: int, height: int, share: float, graph: Graph, palette: Palette
) -> None:
    """A field as bright as its share, the share in percent in its middle."""
    known = bool(np.isfinite(share))
    glyph, style = " ", Style()
    if known and in_half_blocks(graph, palette):
        style = Style(bgcolor=level_color(round(share * LEVELS), "rising", palette))
    elif known:
        shades = _SHADES.get(graph, " ░▒▓█")
        glyph, style = shades[round(share * (len(shades) - 1))], palette.style("test")
    for y in range(top, top + height):
        cells.put(left, y, glyph * width, style)
    text = f" {100 * share:.0f} % " if known else " ? "
    ink = palette.style("background" if known and share > 0.45 and style.bgcolor else "text")
    start = left + max((width - len(text)) // 2, 0)
    cells.put(start, top + (height - 1) // 2, text, ink + style if style.bgcolor else palette.style("text"))


def _lines(patterns: Floats, tokens: Sequence[str], width: int, height: int, palette: Palette) -> list[Strip]:
    """A line a head: the shares of "=" to each token, in as many columns as there is room for."""
    cells = Cells(width, height)
    cells.put(0, 0, 'from "="', palette.style("muted"))
    line = 8 + sum(len(token) + 7 for token in tokens)
    columns = max(width // line, 1)
    shown = min(patterns.shape[0], columns * max(height - 1, 0))
    for head in range(shown):
        x, y = head % columns * line, 1 + head // columns
        text = "  ".join(
            f"{token} {100 * share:.0f} %" if np.isfinite(share) else f"{token} ?"
            for token, share in zip(tokens, patterns[head, -1], strict=True)
        )
        cells.put(x, y, f"head {head:<2} ", palette.style("muted"))
        cells.put(x + 8, y, text, palette.style("text"))
    rest = patterns.shape[0] - shown
    if rest and height:
        cells.put(max(width - 20, 10), 0, f"and {rest} more heads", palette.style("muted"))
    return cells.strips()
