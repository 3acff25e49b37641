"""The screen that shows a run: header, phase line, panes by the size of the terminal, footer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.layout import Layout
from textual.screen import Screen
from textual.widget import Widget

from grokterm.errors import GroktermError
from grokterm.picture import PictureRequest
from grokterm.tui.actions import bindings
from grokterm.tui.layout import Board
from grokterm.tui.panes import AccuracyPane, EventsPane, FourierPane, LossPane, TablePane, TryPane
from grokterm.tui.panes.compact import StatusView
from grokterm.tui.panes.table import title_of
from grokterm.tui.run.state import RunState
from grokterm.tui.terminal.resizing import Steady
from grokterm.tui.terminal.typed_ahead import TakesKeys
from grokterm.tui.text import header
from grokterm.tui.text.error_banner import Problem
from grokterm.tui.text.footer import Footer, footer_keys
from grokterm.tui.text.one_line import Line
from grokterm.tui.text.phases import phase_words
from grokterm.tui.watch.compare import CompareControl
from grokterm.tui.watch.host import Result
from grokterm.tui.watch.machine import MachineLine
from grokterm.tui.watch.narration import Narration
from grokterm.tui.watch.notes import NotesControl
from grokterm.tui.watch.pane_control import PaneControl
from grokterm.tui.watch.race import RaceControl
from grokterm.tui.watch.run_control import RunControl
from grokterm.tui.watch.surgery import Surgery
from grokterm.tui.watch.time_travel import TimeTravel
from grokterm.tui.watch.view_control import ViewControl
from grokterm.tui.watch.viewer import Viewer

if TYPE_CHECKING:
    from grokterm.tui.views.ablation import AblationView


class WatchScreen(TakesKeys, Steady, Screen[None], inherit_bindings=False):
    """One run, live; its handlers do what keys ask for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(),
        Binding("escape", "back", show=False),
        Binding("pageup", "turn_pages(-1)", show=False),
        Binding("pagedown", "turn_pages(1)", show=False),
        Binding("ctrl+c", "how_to_leave", show=False),
    ]
    DEFAULT_CSS = "WatchScreen { background: $background; overflow: hidden; layers: base top; }"
    ALLOW_SELECT = False
    AUTO_FOCUS = ""

    def __init__(self, viewer: Viewer) -> None:
        super().__init__()
        self.viewer = viewer
        self.footer_line = Footer(id="footer")
        self.header_line, self.phase_line, self.tab_line = (Line(id=name) for name in ("header", "phase", "tabs"))
        self.status_view = StatusView()
        self.problem = Problem()
        self._board = Board(self._regions)
        self._wanted: tuple[PictureRequest, ...] = ()
        """The pictures of the model that were wanted when the screen was drawn last."""
        self.run_control = RunControl(self)
        self.time_travel = TimeTravel(self)
        self.view_control = ViewControl(self)
        self.compare_control = CompareControl(self)
        self.race_control = RaceControl(self)
        self.notes_control = NotesControl(self)
        self.surgery = Surgery(self, self.view_control)
        self.narration, self.machine = Narration(self), MachineLine(self)
        panes = (AccuracyPane(), LossPane(), TablePane(), FourierPane(), TryPane(), EventsPane())
        self.pane_control = PaneControl(self, {p.number: p for p in panes}, self.view_control, self._lines_taken)
        self._take_actions()

    def _take_actions(self) -> None:
        """Gives each action of the table the method that carries it out."""
        run, past, views, panes = self.run_control, self.time_travel, self.view_control, self.pane_control
        self.action_pause, self.action_one_step = run.pause, run.one_step
        self.action_pace, self.action_scale = run.pace, run.scale
        self.action_architecture, self.action_optimizer, self.action_change = (
            run.architecture,
            run.optimizer,
            run.change,
        )
        self.action_restart, self.action_detach, self.action_quit = run.restart, run.detach, run.quit
        self.action_how_to_leave = run.how_to_leave
        self.action_travel, self.action_live, self.action_fork = past.travel, past.live, past.fork
        self.action_first_step, self.action_newest_step = past.first_step, past.newest_step
        self.action_views, self.action_next_view, self.action_mark = views.views, views.next_view, views.mark
        self.action_forecast = views.forecast
        self.action_help, self.action_turn_pages = views.help, views.turn_pages
        self.action_next_pane, self.action_go_to_pane = panes.next_pane, panes.go_to_pane
        self.action_try_it, self.action_enlarge = panes.try_it, panes.enlarge
        self.action_compare, self.action_branches = self.compare_control.compare, self.compare_control.branches
        self.action_race, self.action_notes = self.race_control.race, self.notes_control.notes
        self.action_ablate, self.action_narrator = self.surgery.ablate, self.narration.narrator
        self.action_machine = self.machine.machine
        self.action_next_theme = self.viewer.next_theme

    def compose(self) -> ComposeResult:
        """All parts; the board shows those that have a place."""
        yield self.header_line
        yield self.phase_line
        yield self.narration.circuit_line
        yield self.narration.narrator_line
        yield self.machine.line
        yield self.tab_line
        yield from self.pane_control.panes.values()
        yield self.status_view
        yield self.footer_line
        yield self.problem

    def on_mount(self) -> None:
        """Explains the phases where the mouse rests on them."""
        self.phase_line.tooltip = phase_words()
        self.show()

    @property
    def layout(self) -> Layout:
        """The board, whatever a style sheet says."""
        return self._board

    @property
    def state(self) -> RunState:
        """What the panes draw."""
        return self.viewer.state

    def show(self) -> None:
        """Draws what changed; has at once asked for what a pane that came into sight draws."""
        wanted, self._wanted = self._wanted, self.pane_control.wanted
        if any(request not in wanted for request in self._wanted):
            self.viewer.draw_soon()
        self.show_lines()
        if self.pane_control.places.kind == "status":
            self.status_view.show(self.state, self.viewer.link.state, self.viewer.pending_changes.values)
        for pane in self.pane_control.shown:
            pane.show(self.state)
        if self.view_control.guide is not None:
            self.view_control.guide.draw(self.state.palette)

    def show_lines(self) -> None:
        """Draws header, phase line, tabs, footer and what is wrong, where they changed."""
        state, shown, width = self.state, self.run_control.shown_state, self.size.width
        found = self.pane_control.places
        self.header_line.write(header.header(state, shown, self.viewer.pending_changes.values, width))
        self.phase_line.write(header.phase_line(state, width))
        if found.tabs:
            pages, page = [list(page) for page in found.pages], self.pane_control.page_in(found)
            titles = {**header.TITLES, TablePane.number: title_of(state.config)}
            self.tab_line.write(header.tabs(pages, page, state.palette, width, titles))
        self.footer_line.show(footer_keys(shown, state.palette, width, state.trained))
        self.narration.show()
        self.machine.show()
        if self.problem.write(self.run_control.what_is_wrong(), state.palette):
            self._lay_out()

    def say(self, text: str, meaning: str = "text") -> None:
        """Shows a remark in the footer's place for a moment; `meaning` is a colour of the palette."""
        self.footer_line.say(text, meaning, self.state.palette)

    def rearrange(self) -> None:
        """Puts the parts in their places and draws them."""
        self._lay_out()
        self.call_after_refresh(self.show)

    def focus_on(self, part: Widget) -> None:
        """Gives the focus to a part as soon as that has its place."""
        self.focus_soon(part)

    def open_dialog(self, dialog: Screen[Result], take: Callable[[Result | None], None] | None = None) -> None:
        """Opens a dialog over the screen; `take` hears what it comes back with."""
        self.app.push_screen(dialog, take)

    def start_over(self) -> None:
        """Shows another run from its beginning."""
        self.problem.write((), self.state.palette)
        view = self.view_control.view
        for pane in [*self.pane_control.panes.values(), *([view] if view else [])]:
            pane.show(self.state)
            pane.redraw()
        self.rearrange()

    def action_back(self) -> None:
        """Leaves what is enlarged, or the pane that has the focus."""
        if self.problem.shown:
            self.problem.dismiss()
        elif self.view_control.guide is not None:
            self.view_control.close_guide()
        elif self.view_control.view:
            self.view_control.close()
        elif self.pane_control.put_back():
            pass
        elif self.focused:
            self.set_focus(None)
        else:
            self.time_travel.live()
        self.rearrange()

    def action_log_x(self) -> None:
        """Logarithmic steps on or off."""
        self.state.log_x = not self.state.log_x
        self.say(f"step axis: {'logarithmic' if self.state.log_x else 'linear'}")
        self.show()

    def action_log_y(self) -> None:
        """Logarithmic loss on or off."""
        self.state.log_y = not self.state.log_y
        self.say(f"loss axis: {'logarithmic' if self.state.log_y else 'linear'}")
        self.show()

    def action_screenshot(self) -> None:
        """Saves a screenshot and says where it is."""
        try:
            self.say(f"screenshot saved as {self.viewer.save_screen()}", "accent")
        except GroktermError as error:
            self.say(str(error), "error")

    def action_palette(self) -> None:
        """Opens the command palette."""
        self.app.action_command_palette()

    @on(TryPane.Asked)
    def _asked(self, event: TryPane.Asked) -> None:
        self.time_travel.ask(event, self.query_one(TryPane))

    # These three are found by their names: the module of a view is not loaded before one is opened.
    def on_ablation_view_told(self, event: AblationView.Told) -> None:
        """Says what the view has to say."""
        self.say(event.words, "warning")

    def on_ablation_view_make_it_so(self, event: AblationView.MakeItSo) -> None:
        """Makes the ghost so."""
        self.surgery.operate(event.ablation)

    def on_view_pane_chosen(self) -> None:
        """Draws what was chosen, and what that makes of the screen, at once."""
        self.viewer.draw_soon()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Remembers the pane."""
        self.pane_control.note_focus()

    def on_resize(self, event: events.Resize) -> None:
        """Draws for the new size."""
        self.pane_control.fit()
        if self.pane_control.places.kind == "status":
            self.set_focus(None)
        elif self.view_control.guide is not None:
            self.view_control.focus()
        self.call_after_refresh(self.show)

    def _lay_out(self) -> None:
        """Asks the board anew; a refreshed child is what makes Textual forget the last arrangement."""
        self.footer_line.refresh(layout=True)

    def _lines_above(self, size: Size) -> int:
        """Lines between the phase line and the panes."""
        return self.narration.line_count(size) + self.machine.line_count(size)

    def _lines_below(self, size: Size) -> int:
        """Lines between the panes and the footer."""
        return 0

    def _lines_taken(self, size: Size) -> int:
        """Lines that panes cannot have."""
        return self._lines_above(size) + self._lines_below(size)

    def _regions(self, size: Size) -> Mapping[Widget, Region]:
        found = self.pane_control.places_in(size)
        width, height, above = *size, self._lines_above(size)
        regions: dict[Widget, Region] = {self.footer_line: Region(0, height - 1, width, 1)}
        if found.kind == "status":
            regions[self.status_view] = Region(0, 0, width, height - 1 - self._lines_below(size))
        else:
            regions[self.header_line] = Region(0, 0, width, 1)
            regions[self.phase_line] = Region(0, 1, width, 1)
            parts = self.pane_control.regions(found)
            regions |= {part: region.translate((0, above)) for part, region in parts.items()}
            regions |= self.narration.regions(size)
            regions |= self.machine.regions(size, 1 + above)
        if found.tabs:
            regions[self.tab_line] = Region(0, 2 + above, width, 1)
        tall = min(self.problem.tall, height - 2)
        if tall > 0:
            regions[self.problem] = Region(0, height - 1 - tall, width, tall)
        return regions
