"""Views of ways: the path of all weights, the table of the operation, and what each layer knows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

import numpy as np
from textual.strip import Strip

from grokterm.picture import Picture
from grokterm.runs.history import History
from grokterm.tui.drawing.cells import Cells, row
from grokterm.tui.drawing.heat import draw_scale
from grokterm.tui.drawing.pair_map import draw_pair_map
from grokterm.tui.drawing.ranks import draw_bar
from grokterm.tui.drawing.scatter import Line, draw_scatter
from grokterm.tui.run.state import RunState
from grokterm.tui.views.view import Chooser, ViewPane

_KINDS: Final = ("a", "b", "a+b")
"""What is read from a layer: the angles of a, of b and of their sum."""
_NOTES: Final = ("numbers: steps, %: of variance   ", "numbers: steps   ")
"""What numbers in a path are, at length and shorter."""
_BLOCK: Final = 46
"""Cells across of the probes of one frequency at least."""


def phases_at(history: History, steps: Sequence[int]) -> list[str]:
    """The phase of the run at each of some steps."""
    begun = sorted((step, name) for name, step in history.phase_steps.items())
    starts = [step for step, _ in begun]
    return [begun[max(bisect_right(starts, step) - 1, 0)][1] for step in steps]


class PathView(ViewPane):
    """The run as a path through the space of all weights."""

    name = "path"
    summary = "the path of all weights along two components"

    def draw_picture(self, state: RunState, picture: Picture, width: int, height: int) -> Sequence[Strip]:
        """Points with their steps, coloured by phase, and a line through them."""
        graph, palette = state.view.graph, state.palette
        points, steps = picture.arrays["points"].astype(np.float64), picture.arrays["steps"].tolist()
        shares = [f"component {i} ({100 * share:.0f} %)" for i, share in enumerate(picture.arrays["explained"], 1)]
        colors = phases_at(state.history, steps)
        every = max(-(-len(steps) // max(height // 3, 2)), 1)
        names = [f"{step:,}" if i in (0, len(steps) - 1) or i % every == 0 else "" for i, step in enumerate(steps)]
        plot = draw_scatter(
            points, width, height - 1, graph, palette,
            names=names, colors=colors, lines=[Line(points, "bar")], axes=(shares[0], shares[1]), equal=False,
        )  # fmt: skip
        return [*plot, self._legend(state, colors, width)][:height]

    def _legend(self, state: RunState, colors: Sequence[str], width: int) -> Strip:
        ball = "o" if state.view.graph == "ascii" else "•"
        palette = state.palette
        phases = [(f"{ball} {phase}  ", palette.style(phase)) for phase in dict.fromkeys(colors)]
        room = width - sum(len(text) for text, _ in phases)
        note = next((words for words in _NOTES if len(words) <= room), "")
        return row([(note, palette.style("muted")), *phases], width)


class OperationView(ViewPane):
    """The table that is learned."""

    name = "operation"
    summary = "the table of the operation, with its stripes"
    choosers = (
        Chooser(
            "order",
            "left right",
            lambda state, picture: 2,
            lambda state, picture, at: ("residues", "logarithms")[at % 2],
        ),
    )

    def draw_picture(self, state: RunState, picture: Picture, width: int, height: int) -> Sequence[Strip]:
        """Labels in colours that go round in a circle."""
        graph, palette = state.view.graph, state.palette
        labels, classes = picture.arrays["labels"].astype(np.float64), int(picture.arrays["classes"][0])
        values = np.where(labels < 0, np.nan, labels)
        by_logarithm = picture.request.chosen.get("order", 0) % 2
        what = "logarithm of the answer" if by_logarithm else "answer"
        name, axis = f"{what} to each pair (a, b)", "log a" if by_logarithm else "a"
        body = draw_pair_map(
            values, name, width, height - 1, graph, palette, scale="cyclic", top=float(classes), axis=axis
        )
        scale = draw_scale(float(classes), width, graph, palette, "cyclic", f"{what}, round again at the end")
        return [*body, scale][:height]


def _frequencies(picture: Picture | None) -> list[int]:
    return picture.arrays["frequencies"].tolist() if picture and picture.arrays else []


def _frequency(state: RunState, picture: Picture | None, at: int) -> str:
    found = _frequencies(picture)
    return f"k {found[at]}" if at < len(found) else f"{at}"


class ProbesView(ViewPane):
    """How well a linear map reads the angles of a pair from each layer."""

    name = "probes"
    summary = "how well angles can be read from each layer (R²)"
    choosers = (Chooser("first", "up down", lambda state, picture: len(_frequencies(picture)) or 1, _frequency),)

    def draw_picture(self, state: RunState, picture: Picture, width: int, height: int) -> Sequence[Strip]:
        """A block a frequency, the mean of all first; a line a layer with bars for a, b and a + b."""
        cells = Cells(width, height)
        r2, layers = picture.arrays["r2"].astype(np.float64), picture.names["layer"]
        ks = _frequencies(picture)
        first = min(self.chosen["first"], max(len(ks) - 1, 0))
        blocks = [("mean", r2.mean(1)), *((f"k {k}", r2[:, at]) for at, k in enumerate(ks) if at >= first)]
        high, most = len(layers) + 2, max(min(width // _BLOCK, len(blocks)), 1)
        columns = next((c for c in range(1, most) if -(-len(blocks) // c) * high <= height), most)
        wide = (width - 3 * (columns - 1)) // columns
        for number, (name, values) in enumerate(blocks):
            x, y = number % columns * (wide + 3), number // columns * high
            if y + high > height and number:
                break
            self._block(cells, name, layers, values, (x, y, wide), state)
        note = "R² of cos and sin of the angles of a, b, a+b, on test pairs; 1: read exactly"
        cells.put(0, height - 1, note[:width], state.palette.style("muted"))
        return cells.strips()

    def _block(
        self,
        cells: Cells,
        name: str,
        layers: Sequence[str],
        values: np.ndarray,
        at: tuple[int, int, int],
        state: RunState,
    ) -> None:
        graph, palette = state.view.graph, state.palette
        x, y, width = at
        names = max(len(layer) for layer in layers) + 1
        bar = max((width - names - 3 * 6) // 3, 1)
        cells.put(x, y, name, palette.style("key"))
        for kind, words in enumerate(_KINDS):
            cells.put(x + names + kind * (bar + 6), y, words, palette.style("muted"))
        for line, layer in enumerate(layers):
            cells.put(x, y + 1 + line, layer, palette.style("text"))
            for kind in range(len(_KINDS)):
                value, left = float(values[line, kind]), x + names + kind * (bar + 6)
                draw_bar(
                    cells,
                    [(value, "key" if kind == 2 else "bar")],
                    1.0,
                    left,
                    y + 1 + line,
                    bar,
                    graph,
                    palette,
                    thin=True,
                )
                text = f"{max(value, 0):.2f}" if value == value else "?"
                cells.put(left + bar + 1, y + 1 + line, text, palette.style("text" if value >= 0.5 else "muted"))


VIEWS: Final = (PathView, OperationView, ProbesView)
