"""A run where there is room for nothing else: a few lines."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget

from grokterm.config import Value
from grokterm.tui.drawing.curves import Curve
from grokterm.tui.drawing.plot_area import Axes
from grokterm.tui.drawing.sparkline import draw_sparklines
from grokterm.tui.run.state import RunState
from grokterm.tui.run.trainer_link import ShownState
from grokterm.tui.text import formats, header
from grokterm.tui.text.fitting import Part, between, fit
from grokterm.tui.text.timeline import notice

ACCURACIES = (("train", "train_accuracy"), ("test", "test_accuracy"))


class StatusView(Widget):
    """The run in a few lines: what it is, what it does, its phase and its accuracies."""

    DEFAULT_CSS = "StatusView { background: $background; color: $foreground; }"

    def __init__(self) -> None:
        super().__init__()
        self._strips: list[Strip] = []

    def show(self, state: RunState, shown: ShownState, wished: Mapping[str, Value]) -> None:
        """Draws what there is room for."""
        width, height = self.size
        strips = status_strips(state, shown, wished, width, height)
        if strips != self._strips:
            self._strips = strips
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line `y`, as last drawn."""
        base = self.rich_style
        strip = self._strips[y] if y < len(self._strips) else Strip([])
        return strip.adjust_cell_length(self.size.width).apply_style(base)


def status_strips(
    state: RunState, shown: ShownState, wished: Mapping[str, Value], width: int, height: int
) -> list[Strip]:
    """The lines of the status, most needed first where there are few."""
    palette, history = state.palette, state.history
    inner = max(1, width - 2)
    status, moment, step = state.status, state.moment, state.newest
    muted = palette.markup("muted")
    dot = Content.styled(" · ", palette.markup("border"))
    numbers = [
        Part.of((f"step {step:,}", 2), (formats.count(step), 1)),
        Part.of((formats.rate(status.steps_per_second) if status else "", 3), style=muted),
        Part.of((formats.clock(status.seconds) if status else "", 4), style=muted),
    ]
    mark = header.state_mark(shown, palette)
    doing = between(mark, fit(numbers, inner - mark.cell_length - 2, dot), inner)
    phase = fit(
        [notice(state, moment, 1)]
        if moment
        else [Part.of((header.phases(history, palette, 0), 2), (header.phases(history, palette, -2), 1))],
        inner,
        dot,
    )
    texts = [doing, phase, _model(state, inner), header.rates(state.config, wished, palette, long=inner >= 36)]
    order = (0, 1) if height < 6 else (2, 3, 0, 1) if height >= 8 else (2, 0, 1)
    head = [Content(" ") + texts[i] for i in order][:height]
    strips = [Strip(content.truncate(width).render_segments()) for content in head]
    if height >= len(head) + 3:
        strips.append(Strip([]))
    return [*strips, *_accuracies(state, inner, height - len(strips))]


def _model(state: RunState, width: int) -> Content:
    """Task and model as far as they fit."""
    config, palette = state.config, state.palette
    long, short, word = formats.model(config)
    parts = [
        Part.of((formats.task(config), 1), style=f"bold {palette.markup('text')}"),
        Part.of((long, 5), (short, 4), (word, 3)),
        Part.of((f"seed {config.seed}", 9), style=palette.markup("muted")),
    ]
    return fit(parts, width, Content.styled(" · ", palette.markup("border")))


def _accuracies(state: RunState, width: int, height: int) -> list[Strip]:
    """Train and test accuracy as sparklines with their names and values."""
    history, last = state.history, state.moment or state.history.last
    if height < 1:
        return []
    curves = [Curve(name, formats.percent(getattr(last, column)) if last else "–", name) for name, column in ACCURACIES]
    values = np.array([history.column(column) for _, column in ACCURACIES])
    axes = Axes(log_x=state.log_x, percent=True)
    graph, palette = state.view.graph, state.palette
    drawn = draw_sparklines(history.column("step"), values, curves, axes, width, height, graph, palette)
    margin = Strip([*Content(" ").render_segments()])
    return [Strip.join([margin, strip]) for strip in drawn]
