"""Pane 6: what happened, at which step, in words."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.strip import Strip

from grokterm.runs.history import History
from grokterm.tui.drawing.happenings import Happening, draw_happenings
from grokterm.tui.drawing.message import draw_message
from grokterm.tui.panes.pane import Pane
from grokterm.tui.run.narrator import sentences
from grokterm.tui.run.state import RunState
from grokterm.wire.records import EventName, Session, SessionName

_EVENT_COLORS: Final[dict[EventName, str]] = {
    "memorized": "memorizing",
    "memorizing": "memorizing",
    "generalizing": "generalizing",
    "grokked_90": "grokked",
    "grokked_95": "grokked",
    "grokked": "grokked",
    "collapsed": "collapsed",
    "not_finite": "error",
    "published": "accent",
    "memorization": "memorizing",
    "circuit_formation": "generalizing",
    "clean_up": "grokked",
    "softmax_collapse": "warning",
    "slingshot": "warning",
    "runaway_norm": "warning",
}
_SESSION_COLORS: Final[dict[SessionName, str]] = {"failed": "error", "finished": "accent"}


class EventsPane(Pane):
    """Events, changes and sessions, newest first; scrolls."""

    number = 6
    title = "Events"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll_by(-1)", "Newer", show=False),
        Binding("down", "scroll_by(1)", "Older", show=False),
        Binding("pageup", "scroll_page(-1)", "Newer", show=False),
        Binding("pagedown", "scroll_page(1)", "Older", show=False),
        Binding("home", "scroll_by(-1000000)", "Newest", show=False),
        Binding("end", "scroll_by(1000000)", "Oldest", show=False),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.first = 0
        """The first line shown, counted from the newest."""
        self._lines = 0

    def show(self, state: RunState) -> None:
        """Draws what changed; another run from its newest event on."""
        if self.state is not None and self.state.run_id != state.run_id:
            self.first = 0
        super().show(state)

    def watched(self, state: RunState) -> Hashable:
        """What is in the log beside numbers, and where it is scrolled to."""
        history = state.history
        told = sentences(history) if state.view.narrator == "on" else ()
        return len(history.events), len(history.changes), len(history.sessions), len(told), self.first

    def live_texts(self, state: RunState) -> Sequence[Content]:
        """That there is more, when scrolled."""
        return [Content.styled("newer ↑", "$muted")] if self.first else []

    def draw(self, state: RunState, width: int, height: int) -> Sequence[Strip]:
        """The lines from the first shown on."""
        happenings = happenings_of(state.history, narrated=state.view.narrator == "on")
        if not happenings:
            return draw_message("nothing has happened yet", width, height, state.palette)
        strips, self._lines = draw_happenings(happenings, width, height, self.first, state.palette)
        return strips

    def action_scroll_by(self, lines: int) -> None:
        """Scrolls by lines, down to older ones."""
        first = min(max(self.first + lines, 0), max(self._lines - self.content_size.height, 0))
        if first != self.first:
            self.first = first
            self.redraw()

    def action_scroll_page(self, pages: int) -> None:
        """Scrolls by what is seen."""
        self.action_scroll_by(pages * max(self.content_size.height - 1, 1))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scrolls to older ones."""
        self.action_scroll_by(2)
        event.stop()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scrolls to newer ones."""
        self.action_scroll_by(-2)
        event.stop()


def _session_color(session: Session) -> str:
    return "warning" if "trouble" in session.about else _SESSION_COLORS.get(session.name, "muted")


def happenings_of(history: History, narrated: bool = True) -> list[Happening]:
    """Everything that happened, newest first; at one step events come above changes, and those above sessions.

    What the narrator tells beyond the log's events stands with them where it is asked for.
    """
    sessions = [(s.step, 0, Happening(s.step, s.words, _session_color(s))) for s in history.sessions]
    changes = [(c.step, 1, Happening(c.step, c.words, "mark")) for c in history.changes]
    found = [(e.step, 2, Happening(e.step, e.words, _EVENT_COLORS.get(e.name, "text"))) for e in history.events]
    told = [s for s in sentences(history) if not s.logged] if narrated else []
    spoken = [(s.step, 2, Happening(s.step, s.words, s.color)) for s in told]
    ordered = sorted([*sessions, *changes, *found, *spoken], key=lambda item: item[:2])
    return [happening for _, _, happening in reversed(ordered)]
