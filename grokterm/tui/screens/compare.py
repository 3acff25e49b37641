"""The screen that compares runs: their curves on the same axes, and a table of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import ClassVar, Final

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.layout import Layout
from textual.screen import Screen
from textual.widget import Widget

from grokterm.errors import GroktermError
from grokterm.runs.compared import ComparedRun, seed_groups
from grokterm.runs.folder import name_of
from grokterm.runs.summary import summarize
from grokterm.tui.layout import Board
from grokterm.tui.panes.compared import PAIRS, ComparedAccuracy, ComparedLoss, ComparedRuns, Comparison
from grokterm.tui.panes.pane import Pane
from grokterm.tui.run.state import RunState
from grokterm.tui.terminal.resizing import Steady
from grokterm.tui.terminal.typed_ahead import TakesKeys
from grokterm.tui.text import formats
from grokterm.tui.text.fitting import Part, between, fit
from grokterm.tui.text.footer import Footer
from grokterm.tui.text.one_line import Line
from grokterm.tui.watch.viewer import Viewer

_KEYS: Final = (
    ("esc", "back", 2),
    ("tab", "panes", 7),
    ("t", "test or train", 3),
    ("e", "equal seconds", 4),
    ("B", "fold seeds", 5),
    ("x y", "log axes", 6),
    ("T", "theme", 9),
    ("s", "screenshot", 8),
    ("q", "leave: training goes on", 1),
)
"""Keys of the footer, what they do, and the rank at which they give way."""
_TOGETHER_FROM: Final = (100, 30)
_BESIDE_FROM: Final = 150
"""Width from which accuracy and loss stand side by side."""
_STACKED_FROM: Final = 16
"""Height from which two panes of curves share a page."""
_STATES: Final = 2.0
"""Seconds from one look at what the runs are doing to the next."""
_HEADINGS: Final = 5
"""Lines of the table that are no run: its headings, its border, and a blank between blocks."""


class CompareScreen(TakesKeys, Steady, Screen[None], inherit_bindings=False):
    """Several runs; their logs are followed, their trainers left alone."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,C", "back", show=False),
        Binding("q,d,ctrl+c", "leave", show=False),
        Binding("t", "pairs", show=False),
        Binding("e", "equal_seconds", show=False),
        Binding("B", "fold", show=False),
        Binding("x", "log('x')", show=False),
        Binding("y", "log('y')", show=False),
        Binding("T", "theme", show=False),
        Binding("s", "screenshot", show=False),
        Binding("tab", "pane(1)", show=False),
        Binding("shift+tab", "pane(-1)", show=False),
        *(Binding(str(number), f"to_pane({number})", show=False) for number in (1, 2, 3)),
    ]
    DEFAULT_CSS = "CompareScreen { background: $background; overflow: hidden; }"
    ALLOW_SELECT = False
    AUTO_FOCUS = ""

    def __init__(self, runs: list[ComparedRun], viewer: Viewer, equal_seconds: bool = False) -> None:
        """The axes begin as those of the viewer's present run, but for seconds."""
        super().__init__()
        self.viewer, state = viewer, viewer.state
        self.comparison = Comparison(runs, equal_seconds=equal_seconds)
        self.panes: tuple[Pane, ...] = tuple(
            kind(self.comparison) for kind in (ComparedAccuracy, ComparedLoss, ComparedRuns)
        )
        self.header_line, self.footer_line = Line(id="header"), Footer(id="footer")
        self.page = 0
        self._state = RunState("", runs[0].history, state.view, state.palette, log_x=state.log_x, log_y=state.log_y)
        self._board = Board(self._regions)
        self._states_at = 0.0

    def compose(self) -> ComposeResult:
        """All parts; the board shows those that have a place."""
        yield self.header_line
        yield from self.panes
        yield self.footer_line

    def on_mount(self) -> None:
        """Draws after the first paint, for logs may be long."""
        self.call_after_refresh(self.follow)

    def on_resize(self) -> None:
        """Draws for the new size."""
        self.call_after_refresh(self.show)

    @property
    def layout(self) -> Layout:
        """The board, whatever a style sheet says."""
        return self._board

    def follow(self) -> None:
        """Takes what is new in the logs, and draws."""
        for run in self.comparison.runs:
            run.read()
        if time.monotonic() >= self._states_at:
            self._states_at = time.monotonic() + _STATES
            self._look_at_states()
        self.show()

    def show(self) -> None:
        """Draws what changed."""
        self._state.palette = palette = self.viewer.state.palette
        width = self.size.width
        pages = self._pages(self.size)
        present = min(self.page, len(pages) - 1)
        names = " ".join(name_of(run.folder) for run in self.comparison.runs)
        tasks = {formats.task(run.history.config) for run in self.comparison.runs}
        right = Content.styled(f"page {present + 1} of {len(pages)}: tab", palette.markup("muted"))
        parts = [
            Part.of(("grokterm", 3), style=f"bold {palette.markup('accent')}"),
            Part.of((f"compare {names}", 1), ("compare", 0), style=f"bold {palette.markup('text')}"),
            Part.of((tasks.pop() if len(tasks) == 1 else f"{len(tasks)} tasks", 2), style=palette.markup("muted")),
        ]
        dot = Content.styled(" · ", palette.markup("border"))
        if len(pages) > 1:
            head = between(fit(parts, max(width - 4 - right.cell_length, 0), dot), right, width - 2)
        else:
            head = fit(parts, width - 2, dot)
        self.header_line.write(Content.assemble(" ", head))
        key, name = f"bold {palette.markup('accent')}", palette.markup("muted")
        keys = [Part.of((Content.assemble((k, key), (f" {told}", name)), rank)) for k, told, rank in _KEYS]
        self.footer_line.show(Content.assemble(" ", fit(keys, width - 2, Content("  "))))
        for number in pages[present]:
            self.panes[number].show(self._state)

    def say(self, text: str, meaning: str = "text") -> None:
        """Shows a remark in the footer's place for a moment."""
        self.footer_line.say(text, meaning, self._state.palette)

    def action_back(self) -> None:
        """Returns to the run."""
        self.dismiss()

    def action_leave(self) -> None:
        """Leaves the viewer; whatever trains goes on."""
        self.viewer.leave("detached")

    def action_pairs(self) -> None:
        """Draws the curves of the test pairs, the training pairs, or both."""
        at = PAIRS.index(self.comparison.pairs)
        self.comparison.pairs = PAIRS[(at + 1) % len(PAIRS)]
        self.show()

    def action_equal_seconds(self) -> None:
        """Draws and judges runs over seconds, up to those that all have come to, or over steps."""
        self.comparison.equal_seconds = not self.comparison.equal_seconds
        self.show()

    def action_fold(self) -> None:
        """Draws runs that differ by their seed alone as one median with a band, or each on its own."""
        if not self.comparison.folded and len(seed_groups(self.comparison.runs)) == len(self.comparison.runs):
            self.say("no two of these runs differ by their seed alone: there is nothing to fold", "warning")
            return
        self.comparison.folded = not self.comparison.folded
        self.show()

    def action_log(self, axis: str) -> None:
        """A logarithmic step or loss axis on or off."""
        name = f"log_{axis}"
        setattr(self._state, name, not getattr(self._state, name))
        self.show()

    def action_theme(self) -> None:
        """The next theme."""
        self.viewer.next_theme()
        self.show()

    def action_screenshot(self) -> None:
        """Saves a screenshot and says where it is."""
        numbers = "-".join(name_of(run.folder) for run in self.comparison.runs)
        try:
            self.say(f"screenshot saved as {self.viewer.save_screen(f'grokterm-compare-{numbers}')}", "accent")
        except GroktermError as error:
            self.say(str(error), "error")

    def action_pane(self, stride: int) -> None:
        """Goes to the next pane, over all pages."""
        focused = next((i for i, pane in enumerate(self.panes) if pane is self.focused), None)
        at = (focused + stride) if focused is not None else (0 if stride > 0 else len(self.panes) - 1)
        self.action_to_pane(at % len(self.panes) + 1)

    def action_to_pane(self, number: int) -> None:
        """Shows the page of a pane and gives it the focus."""
        pages = self._pages(self.size)
        self.page = next(i for i, page in enumerate(pages) if number - 1 in page)
        self.footer_line.refresh(layout=True)
        self.call_after_refresh(self.show)
        self.focus_soon(self.panes[number - 1])

    @work(exclusive=True)
    async def _look_at_states(self) -> None:
        """Says what the runs are doing, which takes reading some files."""
        runs = self.comparison.runs
        found = await asyncio.to_thread(lambda: [summarize(run.folder).state for run in runs])
        self.comparison.states = dict(zip((run.letter for run in runs), map(str, found), strict=True))

    def _pages(self, size: Size) -> list[dict[int, Region]]:
        """Where the panes stand, a page after the other."""
        width, height = size.width, max(size.height - 2, 1)
        body = Region(0, 1, width, height)
        runs = len(self.comparison.runs)
        if width >= _TOGETHER_FROM[0] and size.height >= _TOGETHER_FROM[1]:
            one_block = width >= _BESIDE_FROM and not self.comparison.rules
            table = min(runs + _HEADINGS - 1 if one_block else 2 * (runs + 3) + 1, height // 2)
            curves, foot = body.split_horizontal(-table)
            one, other = _halves(curves, width >= _BESIDE_FROM)
            return [{0: one, 1: other, 2: foot}]
        if height >= _STACKED_FROM:
            one, other = _halves(body, beside=False)
            return [{0: one, 1: other}, {2: body}]
        return [{0: body}, {1: body}, {2: body}]

    def _regions(self, size: Size) -> Mapping[Widget, Region]:
        pages = self._pages(size)
        page = pages[min(self.page, len(pages) - 1)]
        return {
            self.header_line: Region(0, 0, size.width, 1),
            **{self.panes[number]: region for number, region in page.items()},
            self.footer_line: Region(0, size.height - 1, size.width, 1),
        }


def _halves(region: Region, beside: bool) -> tuple[Region, Region]:
    if beside:
        return region.split_vertical(region.width // 2)
    return region.split_horizontal(-(region.height // 2))
