"""The screen of a run in the tour: the same with a panel above the footer, and two keys for its chapters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.widget import Widget

from grokterm.errors import GroktermError
from grokterm.picture import Picture
from grokterm.tour.chapter import Seen
from grokterm.tour.tour import Tour
from grokterm.tui.screens.watch import WatchScreen
from grokterm.tui.tour.panel import TourPanel
from grokterm.tui.watch.viewer import Viewer

_TEST_ACCURACY: Final = 3
"""Its place among the scores of an ablated model."""


class TourScreen(WatchScreen):
    """A run of the tour, live."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("(", "turn(-1)", "The chapter before", show=False),
        Binding(")", "turn(1)", "The next chapter", show=False),
    ]

    def __init__(self, viewer: Viewer, tour: Tour, turn: Callable[[int], None]) -> None:
        """`turn` goes on by so many chapters."""
        super().__init__(viewer)
        self._tour, self._turn = tour, turn
        self.panel = TourPanel(tour)
        self._too_small = False

    def compose(self) -> ComposeResult:
        """All parts of a run's screen, and the panel."""
        yield from super().compose()
        yield self.panel

    def show(self) -> None:
        """Draws what changed, and holds the chapter's question against it."""
        super().show()
        self._answer()
        if self.panel.write(self.state.palette):
            self.rearrange()
        too_small = not self.panel.tall(self.size)
        if too_small and not self._too_small:
            self.say("the tour has no room: enlarge the terminal to 80 × 24", "warning")
        self._too_small = too_small

    def action_turn(self, stride: int) -> None:
        """Goes on by so many chapters."""
        self._turn(stride)

    def _answer(self) -> None:
        """Takes what came out, once it has."""
        if self._tour.answer or self._tour.place.runs.get(self._tour.number) != self.viewer.link.folder.id:
            return
        words = self._tour.chapter.answer(self._seen())
        if words:
            try:
                self._tour.answered(words)
            except GroktermError as error:
                self.say(str(error), "error")

    def _seen(self) -> Seen:
        state, view = self.state, self.view_control.view
        moment, name = state.moment.step if state.moment else None, view.name if view else ""
        picture = state.now.get(name)
        if name != "ablation" or picture is None or not _lacks_keys(picture):
            return Seen(state.history, moment, name)
        score = float(picture.arrays["scores"][1, _TEST_ACCURACY])
        return Seen(state.history, moment, name, picture.request.ablation.words(state.config), score)

    def _lines_below(self, size: Size) -> int:
        """Those of the panel."""
        return self.panel.tall(size)

    def _regions(self, size: Size) -> Mapping[Widget, Region]:
        tall = self.panel.tall(size)
        return {**super()._regions(size), self.panel: Region(0, size.height - 1 - tall, size.width, tall)}


def _lacks_keys(picture: Picture) -> bool:
    """Whether a picture of ablation is one of the model without its key frequencies."""
    ablation, keys = picture.request.ablation, {int(k) for k in picture.arrays.get("keys", ())}
    return bool(keys) and not ablation.only and keys <= set(ablation.frequencies)
