"""What keys do with panes: going from one to the next, enlarging one; and where they stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from textual.geometry import Region, Size
from textual.widget import Widget

from grokterm.picture import PictureRequest
from grokterm.tui.panes import TryPane
from grokterm.tui.panes.pane import Pane
from grokterm.tui.panes.try_it import no_pairs
from grokterm.tui.watch.host import Host
from grokterm.tui.watch.places import GUIDE, VIEW, Places, enlarged, explained, places
from grokterm.tui.watch.view_control import ViewControl

_NO_ROOM = "there is no room for panes: enlarge the terminal"


class PaneControl:
    """The actions that concern panes, and the pages on which those stand."""

    def __init__(self, host: Host, panes: Mapping[int, Pane], views: ViewControl, taken: Callable[[Size], int]) -> None:
        """`panes` by their numbers."""
        self.panes = panes
        self._host, self._viewer = host, host.viewer
        self._views = views
        self._taken = taken
        """Lines of a screen that panes cannot have, beside header, phase line, tabs and footer."""
        self._page = 0
        self._large: int | None = None
        """The number of the enlarged pane."""
        self._last = 1
        """The number of the pane that had the focus last."""

    @property
    def places(self) -> Places:
        """Where the panes stand at the present size."""
        return self.places_in(self._host.size)

    def places_in(self, size: Size) -> Places:
        """The places on what is left of the screen, as if nothing stood above and below it."""
        size = Size(size.width, size.height - self._taken(size))
        found = places(size.width, size.height, self._viewer.state.history.config.p)
        if found.kind == "status":
            return found
        if self._views.view is not None:
            opened = enlarged(size.width, size.height, VIEW)
            return opened if self._views.guide is None else explained(size.width, size.height)
        return enlarged(size.width, size.height, self._large) if self._large else found

    def page_in(self, found: Places) -> int:
        """The page that is shown."""
        return min(self._page, len(found.pages) - 1)

    def regions(self, found: Places) -> Mapping[Widget, Region]:
        """Where the parts of the page that is shown stand."""
        parts: dict[int, Widget] = dict(self.panes)
        opened = ((VIEW, self._views.view), (GUIDE, self._views.guide))
        parts |= {number: part for number, part in opened if part is not None}
        return {parts[number]: region for number, region in found.pages[self.page_in(found)].items()}

    @property
    def shown(self) -> list[Pane]:
        """The panes that can be seen, in the order of their numbers."""
        found = self.places
        if found.kind == "status" or self._viewer.compares:
            return []
        if self._views.view is not None:
            return [self._views.view]
        page = found.pages[self.page_in(found)]
        return [pane for number, pane in self.panes.items() if number in page]

    @property
    def wanted(self) -> tuple[PictureRequest, ...]:
        """The pictures of the model that the visible panes draw."""
        return tuple(request for pane in self.shown for request in pane.requests())

    @property
    def compared(self) -> tuple[PictureRequest, ...]:
        """Those of them that are drawn beside the same of an earlier step."""
        state = self._viewer.state
        return tuple(request for pane in self.shown if pane.shows_before(state) for request in pane.requests())

    @property
    def focused(self) -> int | None:
        """The number of the pane that has the focus, or in which something has it."""
        focused = self._host.focused
        return next((n for n, p in self.panes.items() if focused is p or (focused and p in focused.ancestors)), None)

    def next_pane(self, stride: int) -> None:
        """Goes to the next pane, over all pages."""
        numbers = sorted(self.panes)
        focused = self.focused
        at = numbers.index(focused) if focused else (-1 if stride > 0 else 0)
        self.go_to(numbers[(at + stride) % len(numbers)])

    def go_to_pane(self, number: int) -> None:
        """Goes to a pane by its number, if there is one."""
        if number in self.panes:
            self.go_to(number)
        else:
            self._host.say(f"there is no pane {number}: press 1 to {max(self.panes)}", "warning")

    def try_it(self) -> None:
        """Goes to where a and b are typed."""
        config = self._viewer.state.config
        if config.of_pairs:
            self.go_to(TryPane.number)
        else:
            self._host.say(no_pairs(config), "warning")

    def enlarge(self) -> None:
        """Enlarges the pane that has the focus, or puts it back."""
        if self._views.view:
            self._host.say("a view has the whole screen: esc closes it", "warning")
        elif self.places.kind == "status":
            self._host.say(_NO_ROOM, "warning")
        else:
            self._large = None if self._large else self.focused or self._last
            self._host.rearrange()

    def put_back(self) -> bool:
        """Puts an enlarged pane back; whether there was one."""
        was, self._large = self._large, None
        return was is not None

    def go_to(self, number: int) -> None:
        """Shows the page of a pane and gives it the focus."""
        if self.places.kind == "status":
            self._host.say(_NO_ROOM, "warning")
            return
        self._views.close()
        if self._large:
            self._large = number
        self._page = self.places.page_of(number)
        self._last = number
        self._host.rearrange()
        pane = self.panes[number]
        self._host.focus_on(next(iter(pane.query("Input")), pane))

    def note_focus(self) -> None:
        """Remembers the pane that has the focus now."""
        self._last = self.focused or self._last

    def fit(self) -> None:
        """Stays on a page that there is at the present size."""
        self._page = self.page_in(self.places)
