"""The screen of a sweep: header, progress, panels by the size of the terminal, the cell under the cursor, footer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final, Literal, Protocol

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.layout import Layout
from textual.screen import Screen
from textual.widget import Widget

from grokterm.sweeps.summaries import SUMMARY
from grokterm.tui.actions import bindings
from grokterm.tui.dialogs.help import HelpDialog
from grokterm.tui.layout import Board
from grokterm.tui.sweep import header, places
from grokterm.tui.sweep.help import sweep_help
from grokterm.tui.sweep.keys import SWEEP_ACTIONS, footer_actions
from grokterm.tui.sweep.marginal_panel import MarginalPanel
from grokterm.tui.sweep.panels import CellsPanel, CurvesPanel, DiagramPanel, Moved, SweepPanel
from grokterm.tui.sweep.question import Question
from grokterm.tui.sweep.table_control import TableControl
from grokterm.tui.sweep.view import SweepView
from grokterm.tui.sweep.words import axis_name
from grokterm.tui.terminal.resizing import Steady
from grokterm.tui.terminal.typed_ahead import TakesKeys
from grokterm.tui.text.footer import Footer, keys_line
from grokterm.tui.text.one_line import Line

_LINES: Final = 4
"""Lines that are no panel: header, progress, the cell under the cursor, footer."""
_AGAIN: Final = "ctrl+c again stops the sweep softly, d leaves and lets it go on"
_LINES_FROM: Final = 10
"""Height from which all of them are there; below, header and footer alone are."""


class SweepViewer(Protocol):
    """What the screen may ask of the app."""

    def leave_sweep(self, how: Literal["open", "stopped", "quit", "detached"], run: int | None = None, /) -> None:
        """Ends the viewer."""

    def next_theme(self) -> None:
        """Goes on to the next theme that the terminal can show."""

    def picture(self) -> str:
        """The screen as SVG."""


class SweepScreen(TakesKeys, Steady, Screen[None], inherit_bindings=False):
    """One sweep, live."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(SWEEP_ACTIONS),
        Binding("escape", "back", show=False),
        Binding("ctrl+c", "how_to_leave", show=False),
        # Where no panel has the focus, arrows move the cursor of the diagram.
        *(
            Binding(keys, f"move({across}, {down})", show=False)
            for keys, across, down in (("left,h", -1, 0), ("right,l", 1, 0), ("up,k", 0, -1), ("down,j", 0, 1))
        ),
    ]
    DEFAULT_CSS = "SweepScreen { background: $background; overflow: hidden; }"
    ALLOW_SELECT = False
    AUTO_FOCUS = ""

    def __init__(self, viewer: SweepViewer, view: SweepView) -> None:
        super().__init__()
        self.viewer, self.view = viewer, view
        self.header_line, self.progress_line, self.cell_line = (Line(id=n) for n in ("header", "progress", "cell"))
        self.footer_line, self.question = Footer(id="footer"), Question()
        self.diagram, self.cells = DiagramPanel(view, id="diagram"), CellsPanel(view, id="cells")
        self.panels: dict[int, SweepPanel] = {
            places.DIAGRAM: self.diagram,
            places.CURVES: CurvesPanel(view, id="curves"),
            places.CELLS: self.cells,
            places.MARGINAL: MarginalPanel(view, id="marginal"),
        }
        self.page = 0
        self.enlarged: int | None = None
        self.asking = False
        """Whether a condition is typed."""
        self._further = 0
        self._warned = ""
        self._board = Board(self._regions)
        self._table = table = TableControl(self)
        self.action_filter, self.action_export = table.filter, table.export
        self.action_sort, self.action_turn = table.sort, table.turn
        self.action_group, self.action_baseline = table.group, table.baseline

    def compose(self) -> ComposeResult:
        """All parts; the board shows those that have a place."""
        yield self.header_line
        yield self.progress_line
        yield from self.panels.values()
        yield self.cell_line
        yield self.question
        yield self.footer_line

    @property
    def layout(self) -> Layout:
        """The board, whatever a style sheet says."""
        return self._board

    def on_mount(self) -> None:
        """Begins in the diagram."""
        self.focus_soon(self.diagram)
        self.call_after_refresh(self.show)

    def on_resize(self) -> None:
        """Draws for the new size."""
        self.call_after_refresh(self.show)

    def show(self) -> None:
        """Draws what changed."""
        view, width = self.view, self.size.width
        self.header_line.write(header.header(view, width))
        self.progress_line.write(header.progress(view.following, view.palette, width, view.graph == "ascii"))
        self.cell_line.write(header.cell_line(view, width))
        self.footer_line.show(keys_line(footer_actions(), view.palette, width))
        for number in self._pages(self.size)[self._present]:
            self.panels[number].show()
        problem = header.problem_words(view.following)
        if problem != self._warned:
            self._warned = problem
            if problem:
                self.say(problem, "warning")

    def say(self, text: str, meaning: str = "text") -> None:
        """Shows a remark in the footer's place for a moment; `meaning` is a colour of the palette."""
        self.footer_line.say(text, meaning, self.view.palette)

    @on(Moved)
    def _moved(self) -> None:
        self.show()

    def action_move(self, across: int, down: int) -> None:
        """Moves the cursor of the diagram."""
        self.diagram.action_move(across, down)

    def action_axis(self, which: str) -> None:
        """Puts another axis across or upwards."""
        if len(self.view.plan.axes) < 2:
            self.say("this sweep has one axis")
            return
        self.view.turn_axis(which)
        self._lay_out()

    def action_hold(self, stride: int) -> None:
        """Holds a further axis at a value, or pools it."""
        further = self.view.further
        if not further:
            self.say("this sweep has no further axis to hold: all are shown")
            return
        self.view.hold(stride, further[self._further % len(further)])
        self.say(" · ".join(self.view.further_words()))
        self.show()

    def action_further(self) -> None:
        """Chooses which further axis is held."""
        further = self.view.further
        if len(further) < 2:
            self.say("this sweep has no two further axes to choose from")
            return
        self._further = (self._further + 1) % len(further)
        self.say(f"[ and ] hold {axis_name(self.view.plan.axes[further[self._further]])}")

    def action_color(self) -> None:
        """Colours by the next measure."""
        self.view.next_measure()
        self.say(f"coloured by {SUMMARY[self.view.measure].words}")
        self.show()

    def action_log_steps(self) -> None:
        """Logarithmic steps of the curves on or off."""
        self.view.log_x = not self.view.log_x
        self.show()

    def ask(self) -> None:
        """Shows the line in which a condition is typed."""
        self.asking = True
        self._go_to(places.CELLS, focus=False)
        self.focus_soon(self.question)

    @on(Question.GivenUp)
    def stop_asking(self) -> None:
        """Puts that line away and goes to the table."""
        self.asking = False
        self.say("")
        self._lay_out()
        self.focus_soon(self.cells)

    @on(Question.Answered)
    def _answered(self, event: Question.Answered) -> None:
        self._table.take(event.text)

    def picture(self) -> str:
        """The screen as SVG."""
        return self.viewer.picture()

    def action_next_theme(self) -> None:
        """The next theme."""
        self.viewer.next_theme()

    def action_help(self) -> None:
        """Keys, phases and glyphs."""
        self.app.push_screen(HelpDialog(self.view.palette, sweep_help))

    def action_open_run(self) -> None:
        """Leaves, to train a run of the cell under the cursor as a full run."""
        run = self.view.run_here()
        if run is None:
            self.say("this cell is left out by --where: there is nothing to open")
        else:
            self.viewer.leave_sweep("open", run)

    def action_detach(self) -> None:
        """Leaves; the sweep goes on."""
        self.viewer.leave_sweep("detached")

    def action_quit(self) -> None:
        """Leaves; whoever shows the screen stops the sweep softly."""
        self.viewer.leave_sweep("stopped" if self.view.following.coordinated else "quit")

    def action_how_to_leave(self) -> None:
        """Answers ctrl+c: pressed again while the remark about it stands, it stops the sweep softly."""
        if self.footer_line.remark == _AGAIN or not self.view.following.coordinated:
            self.action_quit()
            return
        self.say(_AGAIN, "warning")

    def action_back(self) -> None:
        """Leaves what is enlarged."""
        if self.enlarged is not None:
            self.action_enlarge()

    def action_enlarge(self) -> None:
        """Enlarges the panel that has the focus, or puts it back."""
        focused = self._focused_number()
        self.enlarged = (focused or places.DIAGRAM) if self.enlarged is None else None
        self._go_to(focused or places.DIAGRAM)

    def action_pane(self, stride: int) -> None:
        """Goes to the next panel, over all pages."""
        at = places.PANELS.index(self._focused_number() or places.DIAGRAM)
        self._go_to(places.PANELS[(at + stride) % len(places.PANELS)])

    def action_go_to_pane(self, number: int) -> None:
        """Goes to a panel by its number."""
        self._go_to(number)

    @property
    def _present(self) -> int:
        return min(self.page, len(self._pages(self.size)) - 1)

    def _focused_number(self) -> int | None:
        return next((number for number, panel in self.panels.items() if panel is self.focused), None)

    def _go_to(self, number: int, focus: bool = True) -> None:
        """Shows the page of a panel and gives it the focus."""
        self.page = next(at for at, page in enumerate(self._pages(self.size)) if number in page)
        self._lay_out()
        if focus:
            self.focus_soon(self.panels[number])

    def _lay_out(self) -> None:
        """Puts the parts in their places, and draws; a refreshed child makes Textual forget the last arrangement."""
        self.footer_line.refresh(layout=True)
        self.call_after_refresh(self.show)

    def _pages(self, size: Size) -> list[places.Page]:
        lines = _LINES if size.height >= _LINES_FROM else 2
        return places.pages(Size(size.width, size.height - lines), self.view.tiles.rows, self.enlarged)

    def _regions(self, size: Size) -> Mapping[Widget, Region]:
        width, height = size
        all_pages = self._pages(size)
        page = all_pages[min(self.page, len(all_pages) - 1)]
        top = 2 if height >= _LINES_FROM else 1
        regions: dict[Widget, Region] = {self.header_line: Region(0, 0, width, 1)}
        regions |= {self.panels[number]: region.translate((0, top)) for number, region in page.items()}
        if top > 1:
            regions[self.progress_line] = Region(0, 1, width, 1)
            regions[self.cell_line] = Region(0, height - 2, width, 1)
        regions[self.footer_line] = Region(0, height - 1, width, 1)
        if self.asking:
            regions[self.question] = Region(0, max(height - 2, 0), width, 1)
            regions.pop(self.cell_line, None)
        return regions
