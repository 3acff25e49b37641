"""The base of all views: a pane over the whole screen that draws one picture of the model, now and before."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Literal

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from grokterm.errors import GuideError
from grokterm.guide import number_of, read_page
from grokterm.picture import Picture, PictureRequest
from grokterm.tui.panes.picture_pane import PicturePane
from grokterm.tui.run.state import RunState

_FAR: Final = 10
"""How many things at once shift goes on by."""


@dataclass(frozen=True, slots=True)
class Chooser:
    """Something to choose in a view, with a pair of arrow keys."""

    name: str
    """As the picture's `chosen` calls it, and as a person reads it: neuron, head, matrix."""
    keys: Literal["up down", "left right"]
    count: Callable[[RunState, Picture | None], int]
    """How many there are."""
    spelled: Callable[[RunState, Picture | None, int], str] | None = None
    """What one of them is called, where that is not its number."""


class ViewPane(PicturePane):
    """One view; `name`, that of its guide page too, and `summary` say what it is, the page where it stands."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(f"{shift}{key}", f"choose('{keys}', {far * stride})", show=False)
            for shift, far in (("", 1), ("shift+", _FAR))
            for keys, both in (("up down", (("up", -1), ("down", 1))), ("left right", (("left", -1), ("right", 1))))
            for key, stride in both
        )
    ]

    group: ClassVar[str] = ""
    summary: ClassVar[str] = ""
    """What it shows, in one line of the list of views on 80 columns: at most 50 characters."""
    pictured: ClassVar[bool] = True
    """Whether it draws a picture of the model; else it draws the log alone."""
    compares: ClassVar[bool] = False
    """Whether the picture of an earlier step stands beside that of now."""
    choosers: ClassVar[tuple[Chooser, ...]] = ()

    class Chosen(Message):
        """Something else was chosen, and another picture is wanted."""

    def __init_subclass__(cls, *arguments: Any, **options: Any) -> None:
        """Takes title, group and number from the page of the guide."""
        super().__init_subclass__(*arguments, **options)
        cls.number = number_of(cls.name) or 0
        with suppress(GuideError):  # a view can do without its page
            page = read_page(cls.name)
            cls.title, cls.group = page.title, page.group

    def __init__(self) -> None:
        super().__init__()
        self.chosen = {chooser.name: 0 for chooser in self.choosers}

    def request(self) -> PictureRequest | None:
        """The picture to ask for."""
        return PictureRequest(self.name, dict(self.chosen)) if self.pictured else None

    def shows_before(self, state: RunState) -> bool:
        """Whatever the board does."""
        return self.compares

    def watched(self, state: RunState) -> Hashable:
        """The pictures, the key presses, and for a view of the log the log."""
        log = None if self.pictured else (state.history.version, state.log_x, state.log_y, state.moment)
        return super().watched(state), tuple(self.chosen.items()), log

    def live_texts(self, state: RunState) -> Sequence[Content]:
        """What is chosen, with its keys, and what the picture is taken from."""
        picture = self.picture(state)
        parts = [self._chosen_text(state, picture, chooser) for chooser in self.choosers]
        choices = Content("  ").join(parts)
        words = (
            Content.styled(picture.summary, "$muted") if picture and picture.arrays and picture.summary else Content("")
        )
        if not words.cell_length:
            return [choices]
        return [Content.assemble(words, "  ", choices) if parts else words, choices]

    def on_resize(self, event: events.Resize) -> None:
        """Draws for the new size, and asks at once for what it has room for."""
        super().on_resize(event)
        picture = self.picture(self.state) if self.state else None
        if self.pictured and (picture is None or picture.request != self.request()):
            self.post_message(self.Chosen())

    def action_choose(self, keys: str, stride: int) -> None:
        """Chooses the next or an earlier thing."""
        chooser = next((c for c in self.choosers if c.keys == keys), None)
        if chooser is None or self.state is None:
            return
        count = max(1, chooser.count(self.state, self.picture(self.state)))
        self.chosen[chooser.name] = (self.chosen[chooser.name] + stride) % count
        self.redraw()
        self.post_message(self.Chosen())

    def _chosen_text(self, state: RunState, picture: Picture | None, chooser: Chooser) -> Content:
        at = self.chosen[chooser.name]
        spelled = chooser.spelled(state, picture, at) if chooser.spelled else f"{at:,}"
        arrows = "↑↓" if chooser.keys == "up down" else "←→"
        keys = {"↑↓": "up/down", "←→": "left/right"}[arrows] if state.view.graph == "ascii" else arrows
        return Content.assemble((f"{chooser.name} ", "$muted"), (spelled, "bold"), (f" {keys}", "$muted"))
