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
from textual.strip import Strip

from grokterm.errors import GuideError
from grokterm.guide import number_of, read_page
from grokterm.tui.drawing.cells import row
from grokterm.tui.drawing.message import draw_message
from grokterm.tui.panes.pane import Pane
from grokterm.tui.world import Seen, World
from grokterm.wire.messages import PictureRequest

_FAR: Final = 10
"""How many things at once shift goes on by."""
_SIDES_FROM: Final = 60
"""Cells of width from which before and now stand side by side."""
_BETWEEN: Final = 2


@dataclass(frozen=True, slots=True)
class Chooser:
    """Something to choose in a view, with a pair of arrow keys."""

    name: str
    """As the picture's `chosen` calls it, and as a person reads it: neuron, head, matrix."""
    keys: Literal["up down", "left right"]
    count: Callable[[World, Seen | None], int]
    """How many there are."""
    spelled: Callable[[World, Seen | None, int], str] | None = None
    """What one of them is called, where that is not its number."""


class ViewPane(Pane):
    """One view; `name` and `told` say what it is, its page of the guide where it stands, `draw_picture` draws it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(f"{shift}{key}", f"choose('{keys}', {far * stride})", show=False)
            for shift, far in (("", 1), ("shift+", _FAR))
            for keys, both in (("up down", (("up", -1), ("down", 1))), ("left right", (("left", -1), ("right", 1))))
            for key, stride in both
        )
    ]

    name: ClassVar[str] = ""
    """The view's word: that of its picture, its guide page and `grokterm guide`."""
    group: ClassVar[str] = ""
    told: ClassVar[str] = ""
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

    def seen(self, world: World) -> Seen | None:
        """The picture of now, or of the step that is looked at, if it has come."""
        return world.picture if world.picture and world.picture.request.name == self.name else None

    def before(self, world: World) -> Seen | None:
        """The picture of the earlier step to compare with, if it has come."""
        found = world.before if self.compares else None
        return found if found and found.request.name == self.name else None

    def draw_picture(self, world: World, seen: Seen, width: int, height: int) -> Sequence[Strip]:
        """The picture's lines; its arrays are there."""
        raise NotImplementedError

    def watched(self, world: World) -> Hashable:
        """The pictures, the key presses, and for a view of the log the log."""
        log = None if self.pictured else (world.history.version, world.log_x, world.log_y, world.moment)
        return self.seen(world), self.before(world), tuple(self.chosen.items()), log

    def step_shown(self, world: World) -> int | None:
        """The step of the picture, where that or what is looked at is of the past."""
        seen = self.seen(world)
        return seen.step if seen and (seen.past or world.moment) else None

    def live_texts(self, world: World) -> Sequence[Content]:
        """What is chosen, with its keys, and what the picture is taken from."""
        seen = self.seen(world)
        parts = [self._chosen_text(world, seen, chooser) for chooser in self.choosers]
        choices = Content("  ").join(parts)
        words = Content.styled(seen.words, "$muted") if seen and seen.arrays and seen.words else Content("")
        if not words.cell_length:
            return [choices]
        return [Content.assemble(words, "  ", choices) if parts else words, choices]

    def draw(self, world: World, width: int, height: int) -> Sequence[Strip]:
        """Before and now side by side where there is room; else the picture, or why there is none."""
        seen, before = self.seen(world), self.before(world)
        palette = world.palette
        if seen is None:
            return draw_message("waiting for the model", width, height, palette)
        if not seen.arrays:
            return draw_message(seen.words, width, height, palette)
        if before is None or not before.arrays or width < _SIDES_FROM or height < 3 or before.step == seen.step:
            return self.draw_picture(world, seen, width, height)
        left = (width - _BETWEEN) // 2
        sides = []
        for side, room in ((before, left), (seen, width - _BETWEEN - left)):
            label = f"{'before, ' if side is before else ''}at step {side.step:,}"
            head = row([(label.center(room), palette.style("muted"))], room)
            sides.append([head, *self.draw_picture(world, side, room, height - 1)])
        gap = Strip.blank(_BETWEEN)
        return [Strip.join([a, gap, b]) for a, b in zip(*sides, strict=True)]

    def on_resize(self, event: events.Resize) -> None:
        """Draws for the new size, and asks at once for what it has room for."""
        super().on_resize(event)
        seen = self.seen(self.world) if self.world else None
        if self.pictured and (seen is None or seen.request != self.request()):
            self.post_message(self.Chosen())

    def action_choose(self, keys: str, stride: int) -> None:
        """Chooses the next or an earlier thing."""
        chooser = next((c for c in self.choosers if c.keys == keys), None)
        if chooser is None or self.world is None:
            return
        count = max(1, chooser.count(self.world, self.seen(self.world)))
        self.chosen[chooser.name] = (self.chosen[chooser.name] + stride) % count
        self.redraw()
        self.post_message(self.Chosen())

    def _chosen_text(self, world: World, seen: Seen | None, chooser: Chooser) -> Content:
        at = self.chosen[chooser.name]
        spelled = chooser.spelled(world, seen, at) if chooser.spelled else f"{at:,}"
        arrows = "↑↓" if chooser.keys == "up down" else "←→"
        keys = {"↑↓": "up/down", "←→": "left/right"}[arrows] if world.view.graph == "ascii" else arrows
        return Content.assemble((f"{chooser.name} ", "$muted"), (spelled, "bold"), (f" {keys}", "$muted"))
