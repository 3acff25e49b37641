"""Pane 3: the p × p table, each pair right, wrong or not sure, with a cursor that tells about one pair."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.strip import Strip

from grokterm.tui.drawing.lattice import DEEPEST, Lattice, whole, zoomed
from grokterm.tui.drawing.legend import WIDTH, draw_legend
from grokterm.tui.drawing.message import draw_message
from grokterm.tui.drawing.pair import PairAnswer, draw_pair
from grokterm.tui.drawing.states import Codes, classify, count_right
from grokterm.tui.drawing.table import draw_table, in_half_blocks, picture
from grokterm.tui.panes.pane import Pane
from grokterm.tui.world import Table, Task, World
from grokterm.wire.messages import UNDEFINED

_FAR = 10
"""Pairs that the cursor moves with shift."""
_BESIDE = 3
"""Cells between a table and the legend beside it, and right of that."""


class TablePane(Pane):
    """The table with a cursor: arrows, mouse; + and - zoom."""

    number = 3
    title = "Table"
    frames = ("task", "table")
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(f"{shift}{key}", f"move({far * a}, {far * b})", "Cursor", show=False)
            for shift, far in (("", 1), ("shift+", _FAR))
            for key, a, b in (("left", -1, 0), ("right", 1, 0), ("up", 0, -1), ("down", 0, 1))
        ),
        Binding("plus,equals_sign,enter", "zoom(1)", "Zoom in", show=False),
        Binding("minus,underscore,backspace", "zoom(-1)", "Zoom out", show=False),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.cursor = (0, 0)
        """The pair (a, b) that the lower line tells about."""
        self.zoom = 0
        """How much larger a pair is than in the whole table; 0 shows the whole."""
        self.lattice: Lattice | None = None
        self._states: tuple[Task, Table | None, Codes] | None = None
        self._picture: tuple[Codes, Lattice, Codes] | None = None

    def watched(self, world: World) -> Hashable:
        """Task, answers, cursor and zoom."""
        return world.task, world.table, self.cursor, self.zoom

    def step_shown(self, world: World) -> int | None:
        """The step of the table, where that or what is looked at is of the past."""
        table = world.table
        return table.step if table and (table.past or world.moment) else None

    def live_texts(self, world: World) -> Sequence[Content]:
        """How many test pairs are right."""
        task, table = world.task, world.table
        if task is None or table is None or table.prediction.shape != task.label.shape:
            return []
        right, tested = count_right(task.label, task.trained, table.prediction)
        count = Content.assemble((f"{right:,}", "bold $test"), (f" of {tested:,}", "$muted"))
        test, end = ("test ", "$test"), (" right", "$muted")
        return [Content.assemble(test, count, end), Content.assemble(test, count), count]

    def draw(self, world: World, width: int, height: int) -> Sequence[Strip]:
        """The table, and below it the pair under the cursor."""
        task, graph, palette = world.task, world.view.graph, world.palette
        if task is None:
            self.lattice = None
            return draw_message("waiting for the trainer", width, height, palette)
        p = task.label.shape[0]
        self.cursor = (min(self.cursor[0], p - 1), min(self.cursor[1], p - 1))
        words = 1 if height >= 3 else 0
        self.lattice = lattice = self._lattice(p, width, height - words, in_half_blocks(graph, palette))
        points = self._points(self._codes(task, world.table), lattice)
        strips = draw_table(points, lattice, self.cursor, width, height - words, graph, palette)
        strips = self._with_legend(strips, lattice, width, world)
        if words:
            below = min(lattice.top + lattice.height + 1, height - 1)
            strips.insert(below, draw_pair(self._pair(task, world.table), width, graph, palette))
        return strips

    def action_move(self, a: int, b: int) -> None:
        """Moves the cursor."""
        if self.lattice is not None:
            p = self.lattice.p
            self._go((min(max(self.cursor[0] + a, 0), p - 1), min(max(self.cursor[1] + b, 0), p - 1)))

    def action_zoom(self, steps: int) -> None:
        """Zooms in or out around the cursor."""
        if self.world is None or self.lattice is None:
            return
        largest = max(DEEPEST - self._whole_scale(self.lattice), 0)
        zoom = min(max(self.zoom + steps, 0), largest)
        if zoom != self.zoom:
            self.zoom = zoom
            self.redraw()

    def on_click(self, event: events.Click) -> None:
        """Puts the cursor on the pair under the mouse."""
        self._go_to_mouse(event)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Moves the cursor with the mouse."""
        self._go_to_mouse(event)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Zooms in."""
        self.action_zoom(1)
        event.stop()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Zooms out."""
        self.action_zoom(-1)
        event.stop()

    def _go_to_mouse(self, event: events.MouseEvent) -> None:
        offset = event.get_content_offset(self)
        pair = self.lattice.pair(offset.x, offset.y) if offset is not None and self.lattice is not None else None
        if pair is not None:
            self._go(pair)

    def _go(self, pair: tuple[int, int]) -> None:
        if pair != self.cursor:
            self.cursor = pair
            self.redraw()

    def _whole_scale(self, lattice: Lattice) -> int:
        """Points that a pair takes across in the whole table; 0 where a point holds more than one pair."""
        full = _whole(lattice.p, self.content_size.width, max(self.content_size.height - 1, 1), lattice.half)
        return 0 if full.reduced else full.scale[0]

    def _lattice(self, p: int, width: int, height: int, half: bool) -> Lattice:
        full = _whole(p, width, height, half)
        if not self.zoom:
            return full
        origin = self.lattice.origin if self.lattice is not None and self.lattice.p == p else (0, 0)
        scale = (0 if full.reduced else full.scale[0]) + self.zoom
        return zoomed(p, width, height, half, scale, self.cursor, origin)

    def _codes(self, task: Task, table: Table | None) -> Codes:
        if self._states is None or self._states[0] is not task or self._states[1] is not table:
            prediction, confidence = (table.prediction, table.confidence) if table else (None, None)
            self._states = (task, table, classify(task.label, task.trained, prediction, confidence))
        return self._states[2]

    def _points(self, codes: Codes, lattice: Lattice) -> Codes:
        if self._picture is None or self._picture[0] is not codes or self._picture[1] != lattice:
            self._picture = (codes, lattice, picture(codes, lattice))
        return self._picture[2]

    def _pair(self, task: Task, table: Table | None) -> PairAnswer:
        a, b = self.cursor
        right: int | None = int(task.label[a, b])
        right = None if right == UNDEFINED else right
        given = int(task.given[a, b]) if task.given is not None else task.label[a, b]
        wrongly = given if given != task.label[a, b] else None
        pair = PairAnswer(a, b, right, None, 0.0, bool(task.trained[a, b]), wrongly)
        if table is None or table.prediction.shape != task.label.shape:
            return pair
        return replace(pair, answer=int(table.prediction[a, b]), confidence=float(table.confidence[a, b]) / 255)

    def _with_legend(self, strips: list[Strip], lattice: Lattice, width: int, world: World) -> list[Strip]:
        used = lattice.left + lattice.columns
        legend = draw_legend(lattice, world.view.graph, world.palette)
        if legend is None or width - used < WIDTH + _BESIDE:
            return strips
        for y, strip in enumerate(legend.strips(), start=lattice.top):
            rest = Strip.blank(width - used - WIDTH - 2)
            strips[y] = Strip.join([strips[y].crop(0, used), Strip.blank(2), strip, rest])
        return strips


def _whole(p: int, width: int, height: int, half: bool) -> Lattice:
    """The whole table, with room for its legend beside it where that costs no pairs and nothing of its height."""
    alone, beside = (whole(p, room, height, half) for room in (width, width - WIDTH - _BESIDE))
    costs_nothing = beside.rows == alone.rows and beside.reduction == alone.reduction
    return beside if costs_nothing and width > WIDTH + _BESIDE else alone
