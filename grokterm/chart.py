"""Charts in the scrollback: curves over steps, drawn by plotext, whose one global figure is used here alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Literal, TextIO

import numpy as np

from grokterm.errors import TerminalError, first_line
from grokterm.output import is_utf8
from grokterm.tui.drawing.columns import Columns, reduce
from grokterm.tui.drawing.scales import LARGEST, Floats, Scale, round_up, short, ticks, value_scale
from grokterm.view_options import Color, Graph, shown_colors

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

COLORS: Final = ("blue", "yellow", "green", "red", "magenta", "cyan")
"""Colours of runs and other things that are compared, as Rich names them: the terminal's own, light or dark."""
LEAST: Final = (24, 8)
"""Columns and lines of a chart at least; where a terminal has fewer, the chart is cut off."""
_DOTS: Final[dict[Graph, tuple[str, int, int]]] = {"braille": ("braille", 2, 4), "block": ("hd", 2, 2)}
"""What plotext calls the glyphs, and dots across and down in one cell; in ascii a letter is a dot."""
_ASCII: Final = str.maketrans("│┤┴┬├┼─└┌┐┘", "|+++++-++++")
_ANSI: Final = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_LONE: Final = "●"
"""What a curve of a single point is drawn with: one dot is hard to see."""
_UNDER: Final = 2
"""Lines under the curves: the axis of steps and its numbers."""
_ACROSS: Final = 9
"""Cells from one number to the next on the axis of steps, at least."""
_MOST_OF: Final = 0.75
"""Share of its lines that a chart keeps at least, so that the numbers at its side are as many lines apart."""
_OF_SLOT: Final = 0.6
"""Width of the bars at one place, of the way to the next place."""
_STROKES: Final = 64
"""Lines of which a bar consists: more than it has dots across in any terminal."""
_APART: Final = 14
"""Cells from one letter on a curve to the next of the same curve."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Values [n] over steps [n]; NaN, and steps without a value, leave it open."""

    letter: str
    """What tells it from others where there are no colours."""
    color: str
    """One of COLORS."""
    steps: Floats
    values: Floats
    faint: bool = False
    strokes: bool = False
    """Whether what lies in one column is a stroke by itself, and no part of a curve."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a chart is drawn: its size with axes and numbers, in cells, and what its axes and its terminal are."""

    width: int
    height: int
    graph: Graph = "braille"
    colors: bool = True
    """Whether colours tell curves apart; letters on the curves do where they do not."""
    log_x: bool = False
    log_y: bool = False
    percent: bool = False
    """Whether values are shares, on an axis from 0 to 100 %."""


def console_on(out: TextIO, color: Color = "auto") -> Console:
    """A console that writes colours where `out` is a terminal that shows them, and no escape code elsewhere."""
    from rich.console import Console

    in_color = Console(file=out).is_terminal and shown_colors(color) != "none"
    # All colours of a chart are among the 16.
    system: Literal["standard"] | None = "standard" if in_color else None
    return Console(file=out, highlight=False, markup=False, emoji=False, color_system=system, no_color=False)


def graph_on(out: TextIO, graph: Graph) -> Graph:
    """The glyphs that can be written: as asked, or ascii where `out` cannot encode others."""
    return graph if is_utf8(out.encoding) else "ascii"


def draw_chart(curves: Sequence[Curve], look: Look) -> Text:
    """The chart; later curves lie on top. Raises TerminalError where plotext cannot be loaded."""
    from rich.text import Text

    x, y = step_axis(curves, look.log_x), value_axis(curves, look)
    width = max(look.width, LEAST[0])
    rows, marks = _value_marks(y, max(look.height, LEAST[1]) - _UNDER, look.percent and not look.log_y)
    columns = width - 1 - max(len(words) for _, words in marks)
    glyph, across, down = _DOTS.get(look.graph, ("", 1, 1))
    plotext = _plotext()
    figure = _fresh(plotext, width, rows + _UNDER)
    for place, curve in enumerate(curves):
        found = reduce(curve.steps, curve.values[None], x, columns * across)
        dots = [
            [((at + 0.5) / (columns * across), _middle(y, value, rows * down)) for at, value in piece]
            for piece in (strokes(found) if curve.strokes else pieces(found))
        ]
        lone = _LONE if glyph and sum(map(len, dots)) == 1 else ""
        _add(figure, plotext.marker(lone or glyph or curve.letter, _pixel(plotext, curve, look)), dots)
        if glyph and not look.colors and len(curves) > 1:
            _add(figure, plotext.marker(curve.letter), [[dot] for dot in _spaced(dots, columns, place)])
    _mark(figure, "y", [(_middle(y, value, rows * down), words) for value, words in marks])
    steps = [step for step in ticks(x, max(columns // _ACROSS, 3)) if step == int(step)]
    _mark(figure, "x", [(_middle(x, step, columns * across), short(step)) for step in steps])
    drawn = figure.build().string()
    figure.clear()
    text = Text.from_ansi(drawn.translate(_ASCII) if look.graph == "ascii" else drawn)
    lines = text.split("\n")
    for line in lines:
        line.rstrip()
    return Text("\n").join(lines)


def bar_curve(letter: str, color: str, heights: Floats, number: int = 0, count: int = 1) -> Curve:
    """Bars at 1, 2, … as many strokes; of `count` things that are compared, those of one of them."""
    wide = _OF_SLOT / count
    left = np.arange(1, heights.size + 1) - _OF_SLOT / 2 + number * wide
    places = left[:, None] + np.linspace(0.0, wide, _STROKES, endpoint=False)
    feet = np.where(np.isfinite(heights), 0.0, np.nan)
    ends = np.stack([np.broadcast_to(each[:, None], places.shape) for each in (feet, heights)], -1)
    return Curve(letter, color, np.repeat(places.ravel(), 2), ends.ravel(), strokes=True)


def step_axis(curves: Sequence[Curve], log: bool) -> Scale:
    """From step 0 to the last one of any curve, or on a logarithmic axis from the first one above 0."""
    steps = np.concatenate([np.empty(0), *(curve.steps for curve in curves)])
    last = max(float(steps.max(initial=0.0)), 1.0)
    first = min(float(steps[steps > 0].min(initial=np.inf)), last / 10) if log else 0.0
    return Scale(first, last, log)


def value_axis(curves: Sequence[Curve], look: Look) -> Scale:
    """The axis that holds all values: 0 among them where it is linear, whole decades where it is logarithmic."""
    if look.percent and not look.log_y:
        return Scale(0.0, 1.0)
    values = np.concatenate([np.empty(0), *(curve.values for curve in curves)])
    values = np.clip(values[np.isfinite(values)], -LARGEST, LARGEST)
    least, scale = float(values.min(initial=0.0)), value_scale(values, look.log_y)
    if look.log_y:
        low, high = math.floor(math.log10(scale.low) + 1e-9), math.ceil(math.log10(scale.high) - 1e-9)
        return Scale(10.0**low, 10.0**high, log=True)
    if least == 0:
        return scale
    return Scale(-round_up(-least), scale.high if values.max() > 0 else 0.0)


def pieces(columns: Columns, curve: int = 0) -> list[list[tuple[int, float]]]:
    """A curve as points (column, value), a list for each stretch that is not broken by a column without a number.

    A column has two points at most, its smallest and its largest value, the one nearer to the point before first.
    """
    found: list[list[tuple[int, float]]] = [[]]
    for at, low, high in zip(
        columns.index.tolist(), columns.low[curve].tolist(), columns.high[curve].tolist(), strict=True
    ):
        if low != low:
            found.append([])
            continue
        before = found[-1][-1][1] if found[-1] else low
        ends = [low, high] if abs(before - low) <= abs(before - high) else [high, low]
        found[-1] += [(at, value) for value in ends[: 1 + (low < high)]]
    return [piece for piece in found if piece]


def strokes(columns: Columns, curve: int = 0) -> list[list[tuple[int, float]]]:
    """The smallest and the largest value of each column that has a number, as (column, value)."""
    ends = zip(columns.index.tolist(), columns.low[curve].tolist(), columns.high[curve].tolist(), strict=True)
    return [[(at, low), (at, high)] for at, low, high in ends if low == low]


def _plotext() -> Any:
    try:
        import plotext
    except ImportError as error:
        raise TerminalError(f"no chart can be drawn, plotext cannot be loaded: {first_line(error)}") from None
    return plotext


def _fresh(plotext: Any, width: int, height: int) -> Any:
    """The global figure with two axes, places from 0 to 1 along them, and nothing of what was drawn before."""
    plotext.terminal.limit(False, False)
    figure = plotext.figure
    figure.clear()
    figure.plot_size(width, height)
    figure.theme("colorless")
    figure.axes(False, axis="x", side="upper")
    figure.axes(False, axis="y", side="right")
    for axis in ("x", "y"):
        figure.ruler(axis, 0).lim(0, 1)
        figure.ruler(axis, 0).alignment(lim="edge")
    return figure


def _add(figure: Any, marker: Any, dots: Sequence[Sequence[tuple[float, float]]]) -> None:
    """One curve, or points, open between the stretches."""
    along = [dot for piece in dots for dot in piece]
    if not along:
        return
    signal = figure.signal([x for x, _ in along], [y for _, y in along], marker=marker).lines(True)
    start = 0
    for piece in dots:
        signal.line(start, False)
        start += len(piece)
    figure.draw(signal)


def _pixel(plotext: Any, curve: Curve, look: Look) -> Any:
    if not look.colors:
        return plotext.pixel()
    return plotext.pixel(foreground=_ANSI.index(curve.color), style="dim" if curve.faint else None)


def _spaced(dots: Sequence[Sequence[tuple[float, float]]], columns: int, place: int) -> list[tuple[float, float]]:
    """Where a curve's letter is written: again and again, at other places than those of other curves."""
    cells = np.arange(columns)
    middles = ((cells + 0.5) / columns)[cells % _APART == (2 + place * (_APART // 6)) % _APART]
    found = []
    for piece in dots:
        x, y = np.array(piece).T
        inside = middles[(middles >= x[0]) & (middles <= x[-1])]
        found += list(zip(inside.tolist(), np.interp(inside, x, y).tolist(), strict=True))
    return found or [piece[-1] for piece in dots[-1:]]


def _middle(scale: Scale, value: float, dots: int) -> float:
    """The middle of the dot in which a value lies, 0 to 1 along an axis of so many dots."""
    return float((np.rint(scale.place(np.array([value]))[0] * (dots - 1)) + 0.5) / dots)


def _value_marks(scale: Scale, room: int, percent: bool) -> tuple[int, list[tuple[float, str]]]:
    """The lines of a chart, all or most of `room`, and the numbers at its side: as many lines apart where they can."""
    for count in range(max((room + 1) // 2, 2), 1, -1):
        values = [k / (count - 1) for k in range(count)] if percent else ticks(scale, count)
        between, places = len(values) - 1, scale.place(np.array(values))
        if between < 1 or (percent and between not in (1, 2, 4)):
            continue
        rows = (room - 1) // between * between + 1
        if np.allclose(places, np.linspace(0, 1, len(values))) and rows >= _MOST_OF * room:
            return rows, [(value, f"{100 * value:.0f} %" if percent else short(value)) for value in values]
    values = ticks(scale, max(room // 2, 2)) or [scale.low]
    return room, [(value, short(value)) for value in values]


def _mark(figure: Any, axis: str, marks: Sequence[tuple[float, str]]) -> None:
    # Two numbers on one line would write over each other.
    apart = [marks[0], *(after for before, after in pairwise(marks) if after[0] > before[0])] if marks else []
    figure.ruler(axis, 0).ticks([place for place, _ in apart], [words for _, words in apart])
