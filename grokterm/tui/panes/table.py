"""Pane 3: the p × p table, each pair right, wrong or not sure, with a cursor that tells about one pair."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import ClassVar, Final, TypeGuard

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip

from grokterm.config import Config
from grokterm.picture import Picture, PictureRequest
from grokterm.tasks.operations import element_name
from grokterm.tasks.polynomial import UNDEFINED
from grokterm.tui.drawing.coordinates import draw_coordinates, secret_share
from grokterm.tui.drawing.lattice import DEEPEST, Lattice, whole, zoomed
from grokterm.tui.drawing.legend import WIDTH, draw_legend
from grokterm.tui.drawing.message import draw_message
from grokterm.tui.drawing.pair import PairAnswer, draw_pair
from grokterm.tui.drawing.states import Codes, classify, count_right
from grokterm.tui.drawing.table import draw_table, in_half_blocks, points_of
from grokterm.tui.panes.picture_pane import PicturePane
from grokterm.tui.run.state import RunState

COORDINATES: Final = "coordinates"
"""The picture in the place of the table of a parity."""
_FAR = 10
"""Pairs that the cursor moves with shift."""
_BESIDE = 3
"""Cells between a table and the legend beside it, and right of that."""


class TablePane(PicturePane):
    """The table with a cursor: arrows, mouse; + and - zoom."""

    number = 3
    title = "Table"
    name = "table"
    sides_from = 44
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
        self.lattices: list[Lattice] = []
        """Where pairs stand on each of the sides."""
        self._old: Lattice | None = None
        """That of the drawing before, around which it zooms."""
        self._codes: dict[bool, tuple[Picture, Picture | None, Codes]] = {}
        """The codes of before and of now, and the pictures that they are from."""
        self._points: dict[bool, tuple[Codes, Lattice, Codes]] = {}
        """Those of the points that are drawn, and what they are from."""

    @property
    def lattice(self) -> Lattice | None:
        """Where pairs stand on the side of now; None while there is none."""
        return self.lattices[-1] if self.lattices else None

    def requests(self) -> tuple[PictureRequest, ...]:
        """The labels too, that answers are held against; of a parity, its coordinates."""
        if self.state is not None and _has_coordinates(self.state):
            return (PictureRequest(COORDINATES),)
        return (PictureRequest("task"), *super().requests())

    def named(self) -> str:
        """Table, or what there is in its place."""
        return self.title if self.state is None else title_of(self.state.config)

    def picture(self, state: RunState) -> Picture | None:
        """Of a parity, its coordinates."""
        return state.now.get(COORDINATES) if _has_coordinates(state) else super().picture(state)

    def before(self, state: RunState) -> Picture | None:
        """Of a parity, its coordinates."""
        if _has_coordinates(state):
            return state.before.get(COORDINATES) if self.shows_before(state) else None
        return super().before(state)

    def watched(self, state: RunState) -> Hashable:
        """Task, answers, cursor and zoom."""
        return super().watched(state), state.now.get("task"), state.before.get("task"), self.cursor, self.zoom

    def live_texts(self, state: RunState) -> Sequence[Content]:
        """How many test pairs are right; of a parity, how much weight is on the secret coordinates."""
        if _has_coordinates(state):
            return _share_texts(self.picture(state))
        task, table = state.now.get("task"), self.picture(state)
        if task is None or not task.arrays or not _is_of(table, task):
            return []
        right, tested = count_right(task.label, task.trained, table.prediction)
        count = Content.assemble((f"{right:,}", "bold $test"), (f" of {tested:,}", "$muted"))
        test, end = ("test ", "$test"), (" right", "$muted")
        return [Content.assemble(test, count, end), Content.assemble(test, count), count]

    def draw(self, state: RunState, width: int, height: int) -> Sequence[Strip]:
        """The table before and now, or now alone; blank without answers, for labels come first."""
        if _has_coordinates(state):
            self.lattices = []
            return super().draw(state, width, height)
        task, self._old, self.lattices = state.now.get("task"), self.lattice, []
        if task is None or not task.arrays:
            return draw_message("waiting for the trainer", width, height, state.palette)
        p = len(task.label)
        self.cursor = (min(self.cursor[0], p - 1), min(self.cursor[1], p - 1))
        table = self.picture(state)
        if table is None or not table.arrays:
            self.sides = [Region(0, 0, width, height)]
            return self._draw_side(state, (task, None), False, width, height)
        return super().draw(state, width, height)

    def draw_picture(self, state: RunState, picture: Picture, width: int, height: int) -> Sequence[Strip]:
        """One table, held against the labels of its step where those are here; or the bars of one step."""
        if _has_coordinates(state):
            drawn = [side for side in (self.picture(state), self.before(state)) if side is not None and side.arrays]
            return draw_coordinates(picture, width, height, state.view.graph, state.palette, drawn)
        is_before = picture is self.before(state)
        task = state.before.get("task") if is_before else None
        return self._draw_side(state, (task or state.now["task"], picture), is_before, width, height)

    def _draw_side(
        self, state: RunState, pictures: tuple[Picture, Picture | None], before: bool, width: int, height: int
    ) -> list[Strip]:
        """A table from its task and the answers, and below it the pair under the cursor."""
        graph, palette = state.view.graph, state.palette
        p, words = len(pictures[0].label), 1 if height >= 3 else 0
        lattice = self._lattice(p, width, height - words, in_half_blocks(graph, palette))
        self.lattices.append(lattice)
        points = self._points_of(pictures, lattice, before)
        strips = draw_table(points, lattice, self.cursor, width, height - words, graph, palette)
        strips = self._with_legend(strips, lattice, width, state)
        if words:
            below = min(lattice.top + lattice.height + 1, height - 1)
            strips.insert(below, draw_pair(self._pair(*pictures), width, graph, palette, element_name(state.config.op)))
        return strips

    def action_move(self, a: int, b: int) -> None:
        """Moves the cursor."""
        if self.lattice is not None:
            p = self.lattice.p
            self._go((min(max(self.cursor[0] + a, 0), p - 1), min(max(self.cursor[1] + b, 0), p - 1)))

    def action_zoom(self, steps: int) -> None:
        """Zooms in or out around the cursor."""
        if self.state is None or self.lattice is None:
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
        for side, lattice in zip(self.sides, self.lattices, strict=False):
            pair = lattice.pair(*(offset - side.offset)) if offset is not None else None
            if pair is not None:
                self._go(pair)
                return

    def _go(self, pair: tuple[int, int]) -> None:
        if pair != self.cursor:
            self.cursor = pair
            self.redraw()

    def _whole_scale(self, lattice: Lattice) -> int:
        """Points that a pair takes across in the whole table; 0 where a point holds more than one pair."""
        full = _whole(lattice.p, self.sides[-1].width, max(self.sides[-1].height - 1, 1), lattice.half)
        return 0 if full.reduced else full.scale[0]

    def _lattice(self, p: int, width: int, height: int, half: bool) -> Lattice:
        full = _whole(p, width, height, half)
        if not self.zoom:
            return full
        origin = self._old.origin if self._old is not None and self._old.p == p else (0, 0)
        scale = (0 if full.reduced else full.scale[0]) + self.zoom
        return zoomed(p, width, height, half, scale, self.cursor, origin)

    def _points_of(self, pictures: tuple[Picture, Picture | None], lattice: Lattice, before: bool) -> Codes:
        """What is drawn of a side, made again where something of it has changed."""
        task, table = pictures
        known = self._codes.get(before)
        if known is None or known[0] is not task or known[1] is not table:
            answers = (table.prediction, table.confidence) if table else (None, None)
            known = self._codes[before] = (task, table, classify(task.label, task.trained, *answers))
        drawn = self._points.get(before)
        if drawn is None or drawn[0] is not known[2] or drawn[1] != lattice:
            drawn = self._points[before] = (known[2], lattice, points_of(known[2], lattice))
        return drawn[2]

    def _pair(self, task: Picture, table: Picture | None) -> PairAnswer:
        a, b = self.cursor
        label, given = int(task.label[a, b]), int(task.given[a, b])
        right, wrongly = None if label == UNDEFINED else label, given if given != label else None
        pair = PairAnswer(a, b, right, None, 0.0, bool(task.trained[a, b]), wrongly)
        if not _is_of(table, task):
            return pair
        return replace(pair, answer=int(table.prediction[a, b]), confidence=float(table.confidence[a, b]) / 255)

    def _with_legend(self, strips: list[Strip], lattice: Lattice, width: int, state: RunState) -> list[Strip]:
        used = lattice.left + lattice.columns
        legend = draw_legend(lattice, state.view.graph, state.palette)
        if legend is None or width - used < WIDTH + _BESIDE:
            return strips
        for y, strip in enumerate(legend.strips(), start=lattice.top):
            rest = Strip.blank(width - used - WIDTH - 2)
            strips[y] = Strip.join([strips[y].crop(0, used), Strip.blank(2), strip, rest])
        return strips


def title_of(config: Config) -> str:
    """What the pane shows of a task: its table, a slice of that, or coordinates."""
    if config.of_points:
        return "Coordinates"
    inputs = config.shape.inputs
    return TablePane.title if inputs == 2 else f"Table, {'c' if inputs == 3 else 'c …'} = 0"


def _has_coordinates(state: RunState) -> bool:
    return state.config.of_points


def _share_texts(picture: Picture | None) -> list[Content]:
    """How much of the weights lies on which secret coordinates, the longest text first."""
    if picture is None or not picture.arrays or not picture.secret.size:
        return []
    share = Content.styled(f"{100 * secret_share(picture):.0f} %", "bold $test")
    named = Content.styled(" ".join(str(number) for number in picture.secret.tolist()), "$key")
    texts = [
        Content.assemble(("secret ", "$muted"), named, (" hold ", "$muted"), share, (" of the squares", "$muted")),
        Content.assemble(("secret ", "$muted"), named, " ", share),
    ]
    return [*texts, Content.assemble(named, " ", share), share]


def _is_of(table: Picture | None, task: Picture) -> TypeGuard[Picture]:
    """Whether there are answers, and to the questions of a task."""
    return table is not None and bool(table.arrays) and table.prediction.shape == task.label.shape


def _whole(p: int, width: int, height: int, half: bool) -> Lattice:
    """The whole table, with room for its legend beside it where that costs no pairs and nothing of its height."""
    alone, beside = (whole(p, room, height, half) for room in (width, width - WIDTH - _BESIDE))
    costs_nothing = beside.rows == alone.rows and beside.reduction == alone.reduction
    return beside if costs_nothing and width > WIDTH + _BESIDE else alone
