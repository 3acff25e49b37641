"""Where each pane stands, by the size of the screen: all together, pages of a few, or one short status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from textual.geometry import Region

Kind = Literal["together", "pages", "status"]
Page = Mapping[int, Region]

ACCURACY, LOSS, TABLE, FOURIER, TRY, EVENTS = range(1, 7)
VIEW: Final = 0
"""The place of the open view, which has a number of its own."""
GUIDE: Final = -1
"""The place of the guide page that explains it."""
BESIDE_FROM: Final = 110
"""Cells of width from which view and page stand side by side."""

LINES_ABOVE: Final = 2
"""Header and phase line."""
TOGETHER_FROM: Final = (100, 30)
PAGES_FROM: Final = (56, 16)
_SHARES: Final = (37, 35, 28)
"""Of the height, for accuracy, loss and Fourier bars."""
_FRAME: Final = 2
"""Cells that a border takes of a pane's width and height."""


@dataclass(frozen=True, slots=True)
class Places:
    """The pages of a screen, each with the regions of its panes in screen coordinates."""

    kind: Kind
    pages: tuple[Page, ...]
    tabs: bool

    def page_of(self, number: int) -> int:
        """The page on which a pane stands; 0 where it stands nowhere."""
        return next((i for i, page in enumerate(self.pages) if number in page), 0)


def places(width: int, height: int, p: int) -> Places:
    """Where the panes stand on a screen of `width` × `height` cells for a table of p × p pairs."""
    if width < PAGES_FROM[0] or height < PAGES_FROM[1]:
        return Places("status", ({},), tabs=False)
    if width >= TOGETHER_FROM[0] and height >= TOGETHER_FROM[1]:
        body = Region(0, LINES_ABOVE, width, height - LINES_ABOVE - 1)
        return Places("together", (_together(body, p),), tabs=False)
    body = Region(0, LINES_ABOVE + 1, width, height - LINES_ABOVE - 2)
    return Places("pages", _pages(body, p), tabs=True)


def enlarged(width: int, height: int, number: int) -> Places:
    """One pane over the whole body."""
    return Places("together", ({number: Region(0, LINES_ABOVE, width, height - LINES_ABOVE - 1)},), tabs=False)


def explained(width: int, height: int) -> Places:
    """The open view with its guide page at its right; the page alone where there is no room for both."""
    body = Region(0, LINES_ABOVE, width, height - LINES_ABOVE - 1)
    if width < BESIDE_FROM:
        return Places("together", ({GUIDE: body},), tabs=False)
    view, page = body.split_vertical(-min(max(46, width * 38 // 100), 76))
    return Places("together", ({VIEW: view, GUIDE: page},), tabs=False)


def table_size(p: int, reduction: int) -> tuple[int, int]:
    """Width and height of a table pane that shows `reduction` pairs a cell, half-blocks, with a line of words."""
    cells = -(-p // reduction)
    return cells + _FRAME + 2, -(-cells // 2) + _FRAME + 1


def _together(body: Region, p: int) -> Page:
    """Curves and bars at the left, table, try-it and events at the right, with the finest table that fits."""
    for reduction in range(1, p + 1):
        wide, high = table_size(p, reduction)
        right = max(wide, 46, body.width * 36 // 100)
        if right > body.width * 54 // 100:
            continue
        left = Region(body.x, body.y, body.width - right, body.height)
        side = Region(left.right, body.y, right, body.height)
        rest = body.height - max(high, body.height // 2)
        if rest >= 9:
            tall = min(6, rest // 2)
            return {
                **_stack(left, (ACCURACY, LOSS, FOURIER), _SHARES),
                **_rows(side, (TABLE, TRY, EVENTS), (body.height - rest, tall, rest - tall)),
            }
        if high <= body.height and body.height >= 44:
            return _tall_table(left, side)
    raise AssertionError("a table reduced to one cell fits every screen")


def _tall_table(left: Region, side: Region) -> Page:
    """The table over the whole right side; try-it and events side by side under the curves."""
    curves, foot = left.split_horizontal(-10)
    at, log = foot.split_vertical(foot.width // 2)
    return {**_stack(curves, (ACCURACY, LOSS, FOURIER), _SHARES), TABLE: side, TRY: at, EVENTS: log}


def _pages(body: Region, p: int) -> tuple[Page, ...]:
    """Panes that belong together on one page; one pane a page where even two are too much."""
    if body.height < 15:
        return tuple({number: body} for number in (ACCURACY, LOSS, TABLE, FOURIER, TRY, EVENTS))
    left, right = _table_side(body, p)
    table: Page = {TABLE: left, **_rows(right, (TRY, EVENTS), (6, body.height - 6))}
    if body.height >= 34:
        return _stack(body, (ACCURACY, LOSS, FOURIER), _SHARES), table
    return _stack(body, (ACCURACY, LOSS), (52, 48)), table, {FOURIER: body}


def _table_side(body: Region, p: int) -> tuple[Region, Region]:
    """The table at the left as large as it fits, the rest at its right."""
    most = body.width - 28
    wide = next(
        (w for w, h in (table_size(p, r) for r in range(1, p + 1)) if w <= most and h <= body.height), body.width // 2
    )
    wide = max(wide, body.width // 2)
    return Region(body.x, body.y, wide, body.height), Region(body.x + wide, body.y, body.width - wide, body.height)


def _stack(body: Region, numbers: Sequence[int], shares: Sequence[int]) -> Page:
    """Panes one above the other, each with its share of the height."""
    total, heights = sum(shares), [0] * len(shares)
    for i, share in enumerate(shares[:-1]):
        heights[i] = round(body.height * share / total)
    heights[-1] = body.height - sum(heights)
    return _rows(body, numbers, heights)


def _rows(body: Region, numbers: Sequence[int], heights: Sequence[int]) -> Page:
    """Panes one above the other with the heights given."""
    page: dict[int, Region] = {}
    y = body.y
    for number, height in zip(numbers, heights, strict=True):
        page[number] = Region(body.x, y, body.width, height)
        y += height
    return page
