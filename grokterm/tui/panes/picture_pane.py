"""The base of all panes that draw a picture of the model: that of now, or before and now side by side."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar, Final

from textual.geometry import Region
from textual.strip import Strip

from grokterm.picture import Picture, PictureRequest
from grokterm.tui.drawing.cells import row
from grokterm.tui.drawing.message import draw_message
from grokterm.tui.panes.pane import Pane
from grokterm.tui.run.state import RunState

_BETWEEN: Final = 2
"""Cells between before and now."""


class PicturePane(Pane):
    """A pane of the picture `name`, which `draw_picture` draws; beside it that of an earlier step where it compares."""

    name: ClassVar[str] = ""
    """What its picture is called."""
    sides_from: ClassVar[int] = 60
    """Cells of width from which before and now stand side by side."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.sides: list[Region] = []
        """Where pictures were drawn last, in cells of the content; that of now last."""

    def request(self) -> PictureRequest | None:
        """The picture to ask for."""
        return PictureRequest(self.name)

    def requests(self) -> tuple[PictureRequest, ...]:
        """The picture, where there is one to ask for."""
        request = self.request()
        return (request,) if request else ()

    def shows_before(self, state: RunState) -> bool:
        """While the board compares."""
        return state.comparing

    def picture(self, state: RunState) -> Picture | None:
        """The picture of now, or of the step that is looked at, if it has come."""
        return state.now.get(self.name)

    def before(self, state: RunState) -> Picture | None:
        """The picture of the earlier step to compare with, if it has come."""
        return state.before.get(self.name) if self.shows_before(state) else None

    def draw_picture(self, state: RunState, picture: Picture, width: int, height: int) -> Sequence[Strip]:
        """The picture's lines; its arrays are there."""
        raise NotImplementedError

    def watched(self, state: RunState) -> Hashable:
        """The pictures."""
        return self.picture(state), self.before(state)

    def step_shown(self, state: RunState) -> int | None:
        """The step of the picture, where that or what is looked at is of the past."""
        picture = self.picture(state)
        return picture.step if picture and (picture.past or state.moment) else None

    def draw(self, state: RunState, width: int, height: int) -> Sequence[Strip]:
        """Before and now side by side where there is room; else the picture, or why there is none."""
        picture, before, palette = self.picture(state), self.before(state), state.palette
        self.sides = [Region(0, 0, width, height)]
        if picture is None:
            return draw_message("waiting for the model", width, height, palette)
        if not picture.arrays:
            return draw_message(picture.summary, width, height, palette)
        room = width >= self.sides_from and height >= 3
        if before is None or not before.arrays or before.step == picture.step or not room:
            return self.draw_picture(state, picture, width, height)
        left = (width - _BETWEEN) // 2
        self.sides = [Region(0, 1, left, height - 1), Region(left + _BETWEEN, 1, width - _BETWEEN - left, height - 1)]
        sides = []
        for side, region in zip((before, picture), self.sides, strict=True):
            label = f"{'before, ' if side is before else ''}at step {side.step:,}"
            head = row([(label.center(region.width), palette.style("muted"))], region.width)
            sides.append([head, *self.draw_picture(state, side, region.width, region.height)])
        gap = Strip.blank(_BETWEEN)
        return [Strip.join([a, gap, b]) for a, b in zip(*sides, strict=True)]
