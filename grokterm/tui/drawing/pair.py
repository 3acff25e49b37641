"""What the model makes of one pair, in a line of words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rich.style import Style
from textual.strip import Strip

from grokterm.tui.drawing.cells import row
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

TICKS: Final = {True: ("✓", "grokked"), False: ("✗", "error")}
"""Mark and colour of a right and a wrong answer."""
ASCII_TICKS: Final = {True: ("ok", "grokked"), False: ("no", "error")}


@dataclass(frozen=True, slots=True)
class PairAnswer:
    """A pair (a, b), its right answer and the model's, None where there is none yet."""

    a: int
    b: int
    right: int | None
    answer: int | None
    confidence: float
    trained: bool
    wrongly: int | None = None
    """The wrong label that it is trained on; None where it is the right one."""


def draw_pair(pair: PairAnswer, width: int, graph: Graph, palette: Palette, name: Callable[[int], str] = str) -> Strip:
    """One strip of `width` cells: a, b, the right answer, the model's and its confidence, seen or unseen.

    `name` says what inputs and answers are called.
    """
    for long in (True, False):
        parts = _parts(pair, long, graph, palette, name)
        if sum(len(text) for text, _ in parts) <= width:
            break
    return row(parts, width)


def _parts(
    pair: PairAnswer, long: bool, graph: Graph, palette: Palette, name: Callable[[int], str]
) -> list[tuple[str, Style]]:
    muted, text = palette.style("muted"), palette.style("text") + Style(bold=True)
    gap = "  " if long else " "
    parts = [(" a ", muted), (name(pair.a), text), (gap + "b ", muted), (name(pair.b), text)]
    if pair.right is None:
        return [*parts, (gap + "not defined", muted)]
    parts += [(gap + "= ", muted), (name(pair.right), text)]
    if pair.answer is not None:
        tick, color = (ASCII_TICKS if graph == "ascii" else TICKS)[pair.answer == pair.right]
        parts += [
            (gap * 2 + "model " if long else " model ", muted),
            (f"{name(pair.answer)} {tick}", palette.style(color)),
        ]
        parts += [(f" {100 * pair.confidence:.0f} %", text if long else muted)]
    if pair.wrongly is not None:
        return [*parts, (gap * 2 + "trained as ", muted), (name(pair.wrongly), palette.style("warning"))]
    seen = ("trained on" if long else "seen") if pair.trained else "unseen"
    return [*parts, ((gap * 2 if long else gap) + seen, muted)]
