"""The base of the panes of a run: they draw its state when something changed that they depend on."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from textual.content import Content
from textual.strip import Strip

from grokterm.picture import PictureRequest
from grokterm.tui.panes.panel import Panel
from grokterm.tui.run.state import RunState


class Pane(Panel):
    """A part of the screen that draws a `RunState`; it redraws what changed and nothing else."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.state: RunState | None = None
        self._at: int | None = None
        self._late = False
        """Whether what is drawn is not yet of the step that is looked at."""
        self._drawn_from: Hashable = None

    def requests(self) -> tuple[PictureRequest, ...]:
        """The pictures of the model that the pane draws."""
        return ()

    def shows_before(self, state: RunState) -> bool:
        """Whether it shows the same pictures of an earlier step beside them."""
        return False

    def show(self, state: RunState) -> None:
        """Draws what changed since the last call."""
        self.state = state
        self.set_class(state.palette.depth != "truecolor", "-few-colors")
        width, height = self.content_size
        if width < 1 or height < 1:
            return
        at = self.step_shown(state)
        late = at is not None and (state.moment is None or state.moment.step != at)
        now = (width, height, state.palette, state.view.graph, at, late, self.watched(state))
        if now == self._drawn_from:
            return
        self._drawn_from = now
        self._at, self._late = at, late
        self.live = tuple(self.live_texts(state))
        self.write_title()
        self.replace(self.draw(state, width, height))

    def watched(self, state: RunState) -> Hashable:
        """What the drawing depends on, beside size and palette; equal values draw nothing."""
        return None

    def draw(self, state: RunState, width: int, height: int) -> Sequence[Strip]:
        """The pane's lines, each `width` cells."""
        return []

    def live_texts(self, state: RunState) -> Sequence[Content]:
        """What stands at the right of the border: the longest first, shorter ones for where there is less room."""
        return []

    def step_shown(self, state: RunState) -> int | None:
        """The step of the past whose model is drawn, for the title; None where the pane shows the present."""
        return None

    def redraw(self) -> None:
        """Draws again, whether or not something changed."""
        self._drawn_from = None
        if self.state is not None:
            self.show(self.state)

    def beside_name(self, room: int) -> Content:
        """The step of the past that is drawn."""
        if self._at is None:
            return Content("")
        style = "$muted" if self._late else "bold $accent"
        spelled = [Content.styled(f"{words} {self._at:,}", style) for words in (" at step", " at", "")]
        return next((at for at in spelled if at.cell_length <= room), Content(""))
