"""The screen that shows a run: header, phase line, panes by the size of the terminal, footer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.layout import Layout
from textual.screen import Screen
from textual.widget import Widget

from grokterm.errors import GroktermError
from grokterm.tui import lines
from grokterm.tui.actions import bindings
from grokterm.tui.board import Board
from grokterm.tui.footer import Footer
from grokterm.tui.line import Line
from grokterm.tui.panes import AccuracyPane, EventsPane, FourierPane, LossPane, TablePane, TryPane
from grokterm.tui.panes.pane import Pane
from grokterm.tui.phases import phase_words
from grokterm.tui.places import GUIDE, VIEW, Places, enlarged, explained, places
from grokterm.tui.problem import Problem
from grokterm.tui.screens.comparing import Comparing
from grokterm.tui.screens.operating import Operating
from grokterm.tui.screens.steady import Steady
from grokterm.tui.screens.telling import Telling
from grokterm.tui.status_view import StatusView
from grokterm.wire.messages import FrameName


class WatchScreen(Comparing, Operating, Telling, Steady, Screen[None], inherit_bindings=False):
    """One run, live."""

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

    def __init__(self) -> None:
        super().__init__()
        self.footer_line = Footer(id="footer")
        self.header_line, self.phase_line, self.tab_line = (Line(id=name) for name in ("header", "phase", "tabs"))
        self.panes: dict[int, Pane] = {
            pane.number: pane
            for pane in (AccuracyPane(), LossPane(), TablePane(), FourierPane(), TryPane(), EventsPane())
        }
        self.status_view = StatusView()
        self.problem = Problem()
        self._board = Board(self._regions)
        self.page = 0
        self.large: int | None = None
        """The number of the enlarged pane."""
        self._last_pane = 1
        self._wanted: tuple[FrameName, ...] = ()
        """The pictures of the model that were wanted when the screen was drawn last."""

    def compose(self) -> ComposeResult:
        """All parts; the board shows those that have a place."""
        yield self.header_line
        yield self.phase_line
        yield from self.make_lines()
        yield self.tab_line
        yield from self.panes.values()
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
    def places(self) -> Places:
        """Where the panes stand at the present size."""
        return self._places(self.size)

    @property
    def shown_panes(self) -> list[Pane]:
        """The panes that can be seen, in the order of their numbers."""
        found = self.places
        if found.kind == "status" or self.viewer.comparison is not None:
            return []
        if self.view is not None:
            return [self.view]
        page = found.pages[min(self.page, len(found.pages) - 1)]
        return [pane for number, pane in self.panes.items() if number in page]

    @property
    def frames(self) -> tuple[FrameName, ...]:
        """The pictures of the model that the visible panes draw."""
        wanted = {frame for pane in self.shown_panes for frame in pane.frames}
        return tuple(sorted(wanted - {"task"}))

    def show(self) -> None:
        """Draws what changed; has at once asked for what a pane that came into sight draws."""
        wanted, self._wanted = self._wanted, self.frames
        if not set(self._wanted) <= set(wanted):
            self.viewer.hurry()
        self.show_lines()
        if self.places.kind == "status":
            self.status_view.show(self.world, self.link.state, self.wishes.values)
        for pane in self.shown_panes:
            pane.show(self.world)
        if self.guide is not None:
            self.guide.draw(self.world.palette)

    def show_lines(self) -> None:
        """Draws header, phase line, tabs, footer and what is wrong, where they changed."""
        world, state, width = self.world, self.shown_state, self.size.width
        found = self.places
        self.header_line.write(lines.header(world, state, self.wishes.values, width))
        self.phase_line.write(lines.phase_line(world, width))
        if found.tabs:
            page = min(self.page, len(found.pages) - 1)
            self.tab_line.write(lines.tabs([list(p) for p in found.pages], page, world.palette, width))
        self.footer_line.show(lines.footer(state, world.palette, width))
        self.tell(self.size)
        if self.problem.write(self.what_is_wrong(), world.palette):
            self._lay_out()

    def say(self, text: str, meaning: str = "text") -> None:
        """Shows a remark in the footer's place for a moment; `meaning` is a colour of the palette."""
        self.footer_line.say(text, meaning, self.world.palette)

    def action_next_pane(self, stride: int) -> None:
        """Goes to the next pane, over all pages."""
        numbers = sorted(self.panes)
        focused = self._focused_number()
        at = numbers.index(focused) if focused else (-1 if stride > 0 else 0)
        self.go_to(numbers[(at + stride) % len(numbers)])

    def action_go_to_pane(self, number: int) -> None:
        """Goes to a pane by its number."""
        if number in self.panes:
            self.go_to(number)
        else:
            self.say(f"there is no pane {number}: press 1 to {max(self.panes)}", "warning")

    def action_try_it(self) -> None:
        """Goes to where a and b are typed."""
        self.go_to(TryPane.number)

    def action_enlarge(self) -> None:
        """Enlarges the pane that has the focus, or puts it back."""
        if self.view:
            self.say("a view has the whole screen: esc closes it", "warning")
            return
        if self.places.kind == "status":
            self.say("there is no room for panes: enlarge the terminal", "warning")
            return
        self.large = None if self.large else self._focused_number() or self._last_pane
        self.rearrange()

    def action_back(self) -> None:
        """Leaves what is enlarged, or the pane that has the focus."""
        if self.problem.shown:
            self.problem.dismiss()
        elif self.guide is not None:
            self.close_guide()
        elif self.view:
            self.close_view()
        elif self.large:
            self.large = None
        elif self.focused:
            self.set_focus(None)
        else:
            self.action_live()
        self.rearrange()

    def action_log_x(self) -> None:
        """Logarithmic steps on or off."""
        self.world.log_x = not self.world.log_x
        self.say(f"step axis: {'logarithmic' if self.world.log_x else 'linear'}")
        self.show()

    def action_log_y(self) -> None:
        """Logarithmic loss on or off."""
        self.world.log_y = not self.world.log_y
        self.say(f"loss axis: {'logarithmic' if self.world.log_y else 'linear'}")
        self.show()

    def action_next_theme(self) -> None:
        """The next theme that the terminal can show."""
        names = [name for name, _ in self.viewer.theme_words()]
        at = names.index(self.app.theme) if self.app.theme in names else -1
        self.viewer.use_theme(names[(at + 1) % len(names)])

    def action_picture(self) -> None:
        """Saves a picture of the screen and says where it is."""
        try:
            self.say(f"picture saved as {self.viewer.save_screen()}", "accent")
        except GroktermError as error:
            self.say(str(error), "error")

    def action_palette(self) -> None:
        """Opens the command palette."""
        self.app.action_command_palette()

    def start_over(self) -> None:
        """Shows another run from its beginning."""
        self.problem.write((), self.world.palette)
        for pane in [*self.panes.values(), *([self.view] if self.view else [])]:
            pane.show(self.world)
            pane.redraw()
        self.rearrange()

    def go_to(self, number: int) -> None:
        """Shows the page of a pane and gives it the focus."""
        if self.places.kind == "status":
            self.say("there is no room for panes: enlarge the terminal", "warning")
            return
        self.close_view()
        if self.large:
            self.large = number
        self.page = self._places(self.size).page_of(number)
        self._last_pane = number
        self.rearrange()
        pane = self.panes[number]
        target: Widget = next(iter(pane.query("Input")), pane)
        self.call_after_refresh(self.set_focus, target)

    @on(TryPane.Asked)
    def _asked(self, event: TryPane.Asked) -> None:
        self.predict(event)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Remembers the pane."""
        self._last_pane = self._focused_number() or self._last_pane

    def on_resize(self, event: events.Resize) -> None:
        """Draws for the new size."""
        self.page = min(self.page, len(self.places.pages) - 1)
        if self.places.kind == "status":
            self.set_focus(None)
        elif self.guide is not None:
            self._focus_view()
        self.call_after_refresh(self.show)

    def rearrange(self) -> None:
        """Puts the parts in their places and draws them."""
        self._lay_out()
        self.call_after_refresh(self.show)

    def _lay_out(self) -> None:
        """Asks the board anew; a refreshed child is what makes Textual forget the last arrangement."""
        self.footer_line.refresh(layout=True)

    def _focused_number(self) -> int | None:
        focused = self.focused
        return next((n for n, p in self.panes.items() if focused is p or (focused and p in focused.ancestors)), None)

    def _places(self, size: Size) -> Places:
        """The places below the lines that tell of the circuit, as if those were not there."""
        size = Size(size.width, size.height - self.lines_told(size))
        found = places(size.width, size.height, self.world.history.config.p)
        if self.view is not None and found.kind != "status":
            opened = enlarged(size.width, size.height, VIEW)
            return opened if self.guide is None else explained(size.width, size.height)
        if self.large and found.kind != "status":
            return enlarged(size.width, size.height, self.large)
        return found

    def _regions(self, size: Size) -> Mapping[Widget, Region]:
        found = self._places(size)
        width, height, told = *size, self.lines_told(size)
        regions: dict[Widget, Region] = {self.footer_line: Region(0, height - 1, width, 1)}
        if found.kind == "status":
            regions[self.status_view] = Region(0, 0, width, height - 1)
        else:
            regions[self.header_line] = Region(0, 0, width, 1)
            regions[self.phase_line] = Region(0, 1, width, 1)
            page = found.pages[min(self.page, len(found.pages) - 1)]
            shown: dict[int, Widget] = dict(self.panes)
            shown |= {n: part for n, part in ((VIEW, self.view), (GUIDE, self.guide)) if part is not None}
            regions |= {shown[number]: region.translate((0, told)) for number, region in page.items()}
            regions |= self.told_regions(size)
        if found.tabs:
            regions[self.tab_line] = Region(0, 2 + told, width, 1)
        tall = min(self.problem.tall, height - 2)
        if tall > 0:
            regions[self.problem] = Region(0, height - 1 - tall, width, tall)
        return regions
