"""The panel of marginals: steps to grok against the axis across, fitted now and then while runs end."""

from __future__ import annotations

import time
from collections.abc import Hashable, Sequence
from typing import Final

from textual.content import Content
from textual.strip import Strip

from grokterm.sweeps.fits import Critical, PowerLaw, critical, power_law
from grokterm.sweeps.summaries import marginal
from grokterm.tui.drawing.message import draw_message
from grokterm.tui.sweep.marginal import draw_marginal
from grokterm.tui.sweep.panels import SweepPanel
from grokterm.tui.sweep.view import SweepView
from grokterm.tui.sweep.words import axis_name

_FITTING: Final = 20.0
"""How many times as long as a fit took passes until the next one."""
_APART: Final = 2.0
"""Seconds from one fit to the next at least: bars of many values take many bytes."""


class MarginalPanel(SweepPanel):
    """Steps to grok against the axis across."""

    number = 4
    title = "Marginal"

    def __init__(self, view: SweepView, *, id: str) -> None:
        super().__init__(view, id=id)
        self._asked: Hashable = None
        self._next = 0.0
        """When sums are made anew at the earliest, on the monotonic clock."""

    def watched(self) -> Hashable:
        """The runs, and the axis across; runs that came in quick succession count once."""
        asked = (self.view.x, tuple(self.view.held.items()))
        if self._asked is None or asked != self._asked[:2] or time.monotonic() >= self._next:  # type: ignore[index]
            self._asked = (*asked, self.view.version)
        return self._asked

    def draw(self, width: int, height: int) -> Sequence[Strip]:
        """The medians, the law and what it says, or why there is nothing."""
        view = self.view
        if view.x is None:
            words = "this sweep has no axis: its runs differ by the seed alone"
            return draw_message(words, width, height, view.palette)
        if not len(view.table):
            return draw_message("no run has ended yet", width, height, view.palette)
        began = time.monotonic()
        name = view.plan.axes[view.x].names[0]
        rows = self._rows()
        over, law = marginal(view.table, name, rows), power_law(view.table, name, rows)
        edge = critical(view.table, name, rows)
        sentences = [law.words, *([edge.words] if isinstance(edge, Critical) else [])]
        steps = law.steps if isinstance(law, PowerLaw) else None
        self._next = time.monotonic() + max(_APART, _FITTING * (time.monotonic() - began))
        budget = view.plan.base.max_steps
        return draw_marginal(over, steps, sentences, budget, width, height, view.graph, view.palette)

    def _rows(self) -> list[int] | None:
        """The runs at the values that are held; None for all."""
        view = self.view
        if not view.held:
            return None
        cells = [cell.number for cell in view.plan.cells if all(cell.point[a] == at for a, at in view.held.items())]
        return [row for cell in cells for row in view.table.rows_of(cell)]

    def named(self) -> str:
        """What is drawn against what."""
        view = self.view
        return self.title if view.x is None else f"Steps to grok by {axis_name(view.plan.axes[view.x])}"

    def live_texts(self) -> Sequence[Content]:
        """What the bars are, and which axes are held."""
        view = self.view
        held = [words for at, words in zip(view.further, view.further_words(), strict=True) if at in view.held]
        bars = "median, 10–90 %"
        return [Content.styled(" · ".join(way), "$muted") for way in ([bars, *held], [bars])]
