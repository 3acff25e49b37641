"""Views of the neurons: clocks, what they compute over all pairs, what they add to the logits, and their groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from textual.strip import Strip

from grokterm.picture import Picture, PictureRequest
from grokterm.tui.drawing.cells import Cells, row
from grokterm.tui.drawing.heat import Scale, draw_scale, largest
from grokterm.tui.drawing.pair_map import draw_pair_map, gathered
from grokterm.tui.drawing.polar import draw_clock
from grokterm.tui.drawing.ranks import Rank, draw_ranks
from grokterm.tui.drawing.scales import Floats
from grokterm.tui.drawing.scatter import Line, draw_scatter
from grokterm.tui.drawing.tiles import draw_tiles, tiles_of
from grokterm.tui.run.state import RunState
from grokterm.tui.views.view import Chooser, ViewPane

_EXPLAINED: Final = 0.85
"""Share of its variance from which a neuron counts as explained by one frequency."""
_CLOCK: Final = (16, 8)
"""Width and height of a clock at least, with the line that names it."""
_MAP: Final = (34, 15)
"""The same of a map over pairs."""
_MOST: Final = 32
"""Neurons asked for at most."""


def _total(picture: Picture | None) -> int:
    return int(picture.arrays["total"][0]) if picture and "total" in picture.arrays else 1


def _neuron_name(picture: Picture, at: int) -> str:
    """A neuron's number and its frequency."""
    neuron, k, share = (picture.arrays[name][at] for name in ("neuron", "frequency", "share"))
    return f"neuron {neuron}" + (f" · k {k} · {100 * share:.0f} %" if k else "")


def _scale(values: Floats) -> Scale:
    """Activations that are hardly ever negative, as with GELU, need no colours for it."""
    return "signed" if bool((values < -0.2 * largest(values)).any()) else "rising"


def _of_neuron(state: RunState, picture: Picture | None, at: int) -> str:
    total = _total(picture)
    sorted_ = picture is not None and "frequency" in picture.arrays and bool(picture.arrays["frequency"].any())
    return f"{at + 1:,} of {total:,}{' by frequency' if sorted_ else ''}" if total > 1 else f"{at + 1:,}"


class _Several(ViewPane):
    """A view of as many neurons as fit."""

    least: tuple[int, int] = _MAP

    def request(self) -> PictureRequest | None:
        """The picture, with so many neurons as there is room for; None without a place."""
        asked = super().request()
        width, height = self.content_size
        if asked is None or width < 1:
            return None
        if self.compares:
            width, height = (width - 2) // 2 if width >= 60 else width, height - 2
        count = max((width + 2) // (self.least[0] + 2), 1) * max(height // self.least[1], 1)
        return PictureRequest(asked.name, {**asked.chosen, "count": min(count, _MOST)})


def _pages(state: RunState, picture: Picture | None) -> int:
    count = (
        max(picture.request.chosen.get("count", len(picture.arrays["neuron"])), 1) if picture and picture.arrays else 1
    )
    return -(-_total(picture) // count)


class ClocksView(_Several):
    """What each residue adds to neurons of the first layer, as clocks."""

    name = "clocks"
    summary = "first-layer weights of each neuron around a clock"
    compares = True
    choosers = (
        Chooser("page", "up down", _pages, lambda state, picture, at: f"{at + 1:,} of {_pages(state, picture):,}"),
        Chooser(
            "angle",
            "left right",
            lambda state, picture: 2,
            lambda state, picture, at: ("its own wave", "residue")[at % 2],
        ),
    )
    least = _CLOCK

    def draw_picture(self, state: RunState, picture: Picture, width: int, height: int) -> Sequence[Strip]:
        """Clocks in rows, and what their parts mean."""
        graph, palette, values = state.view.graph, state.palette, picture.arrays["values"]
        count, own = len(values), self.chosen["angle"] % 2 == 0
        tiles = tiles_of(count, width, height - 1, _CLOCK, (0, 1))

        def draw(at: int) -> list[Strip]:
            cells = Cells(tiles.width, tiles.height)
            k, share = int(picture.arrays["frequency"][at]), float(picture.arrays["share"][at])
            name = _neuron_name(picture, at).removeprefix("neuron ").replace("·", "-" if graph == "ascii" else "·")
            name = name[: tiles.width]
            color = "key" if share >= _EXPLAINED else "muted"
            cells.put((tiles.width - len(name)) // 2, 0, name, palette.style(color))
            waves, turns = list(values[at].astype(np.float64)), max(k, 1) if own else 1
            draw_clock(cells, waves, turns, 0, 1, tiles.width, tiles.height - 1, graph, palette)
            return cells.strips()

        return [*draw_tiles(tiles, count, width, height - 1, draw), self._legend(state, values.shape[1], width)]

    def _legend(self, state: RunState, waves: int, width: int) -> Strip:
        palette = state.palette
        muted = palette.style("muted")
        named = [("a", palette.style("train")), (" and ", muted), ("b", palette.style("test"))]
        first = named if waves > 1 else [("a and b alike", palette.style("train"))]
        gap = ", " if state.view.graph == "ascii" else " · "
        words = ("ring: weight 0", "hand: where it peaks") if width >= 48 else ("ring: 0", "hand: peak")
        return row([*first, *((gap + part, muted) for part in words)], width)


class ActivationsView(_Several):
    """What neurons compute over all pairs."""

    name = "activations"
    summary = "what neurons compute over all pairs (a, b)"
    choosers = (Chooser("neuron", "up down", lambda state, picture: _total(picture), _of_neuron),)

    def draw_picture(self, state: RunState, picture: Picture, width: int, height: int) -> Sequence[Strip]:
        """Maps side by side, each in its own scale."""
        graph, palette, maps = state.view.graph, state.palette, picture.arrays["maps"]
        tiles = tiles_of(len(maps), width, height, _MAP, (3, 4))

        def draw(at: int) -> list[Strip]:
            room = tiles.width, tiles.height - 2
            whole, k = maps[at].astype(np.float64), int(picture.arrays["frequency"][at])
            values, blocks = gathered(whole, k, *room, graph, palette)
            top, scale = largest(values), _scale(values)
            color = "key" if float(picture.arrays["share"][at]) >= _EXPLAINED else "muted"
            body = draw_pair_map(
                values, _neuron_name(picture, at), *room, graph, palette,
                scale=scale, top=top, blocks=blocks, color=color, axis=picture.names["axes"][0],
            )  # fmt: skip
            return [*body, draw_scale(top, tiles.width, graph, palette, scale, "activation"), Strip.blank(tiles.width)]

        return draw_tiles(tiles, len(maps), width, height, draw)


class ContributionView(ViewPane):
    """What one neuron adds to the logits."""

    name = "contribution"
    summary = "what one neuron adds to the correct logit"
    choosers = (Chooser("neuron", "up down", lambda state, picture: _total(picture), _of_neuron),)

    def draw_picture(self, state: RunState, picture: Picture, width: int, height: int) -> Sequence[Strip]:
        """Activation and what it adds side by side, over its read-out weights by class."""
        graph, palette = state.view.graph, state.palette
        foot = 7 if height >= 22 else 0
        maps = picture.arrays["maps"].astype(np.float64)
        tiles = tiles_of(2, width, height - foot, (30, 8), (3, 3))
        mean = float(picture.arrays["adds"][0])
        names = (_neuron_name(picture, 0), f"mean {mean:+.2g} to the correct logit")

        def draw(at: int) -> list[Strip]:
            room = tiles.width, tiles.height - 1
            values, blocks = gathered(maps[at], int(picture.arrays["frequency"][0]), *room, graph, palette)
            top = largest(values)
            scale: Scale = "signed" if at else _scale(values)
            body = draw_pair_map(
                values, names[at], *room, graph, palette,
                scale=scale, top=top, blocks=blocks, axis=picture.names["axes"][0],
            )  # fmt: skip
            return [*body, draw_scale(top, tiles.width, graph, palette, scale, ("activation", "logit")[at])]

        drawn = draw_tiles(tiles, min(2, tiles.count), width, height - foot, draw)
        return [*drawn, *(self._weights(state, picture, width, foot) if foot else [])]

    def _weights(self, state: RunState, picture: Picture, width: int, height: int) -> list[Strip]:
        """The read-out weights as a curve."""
        weights = picture.arrays["weights"].astype(np.float64)
        line = Line(np.stack([np.arange(weights.size), weights], -1), "test")
        words = f"read-out weight by class, {picture.summary}"
        head = row([(words, state.palette.style("muted"))], width)
        graph, palette = state.view.graph, state.palette
        return [
            head,
            *draw_scatter(
                np.zeros((0, 2)), width, height - 1, graph, palette, lines=[line], equal=False, axes=("class", "weight")
            ),
        ]


class GroupsView(ViewPane):
    """Neurons by the frequency that each follows."""

    name = "groups"
    summary = "neurons by the frequency that each follows"
    choosers = ()

    def draw_picture(self, state: RunState, picture: Picture, width: int, height: int) -> Sequence[Strip]:
        """A bar a frequency: neurons that it explains, then those that it does not."""
        graph, palette = state.view.graph, state.palette
        cells = Cells(width, height)
        arrays = {name: picture.arrays[name] for name in ("frequency", "explained", "others", "share")}
        total, explained = _total(picture), int(arrays["explained"].sum())
        silent = int(picture.arrays["silent"][0])
        muted = palette.style("muted")
        words = f"{explained:,} of {total:,} neurons ({100 * explained / max(total, 1):.0f} %) follow one frequency"
        cells.put(0, 0, words, palette.style("text"))
        rest = f"{total - explained - silent:,} follow none alone; {silent:,} never change"
        cells.put(0 if width < 90 else len(words) + 3, 1 if width < 90 else 0, rest, muted)
        top = 3 if width < 90 else 2
        rows = max(height - top - 2, 1)
        order = np.argsort(-(arrays["explained"] * (total + 1) + arrays["others"]), kind="stable")
        shown = np.sort(order[:rows])
        ranks = [
            Rank(
                f"k {arrays['frequency'][i]}",
                ((float(arrays["explained"][i]), "key"), (float(arrays["others"][i]), "bar")),
                f"{arrays['explained'][i]:>5,} + {arrays['others'][i]:<4,} {100 * arrays['share'][i]:>3.0f} %",
                "key" if arrays["explained"][i] else "muted",
            )
            for i in shown
        ]
        most = float((arrays["explained"] + arrays["others"]).max(initial=1))
        pitch = 2 if 2 * len(ranks) <= rows else 1
        draw_ranks(cells, ranks, most, 0, top, width, graph, palette, pitch=pitch)
        self._legend(cells, len(order) - len(shown), state)
        return cells.strips()

    def _legend(self, cells: Cells, left: int, state: RunState) -> None:
        muted, y = state.palette.style("muted"), cells.height - 1
        more = f"; {left} frequencies with fewer neurons are not shown" if left else ""
        parts = [("explained to 85 %", "key"), (" + others", "text"), ("; counts, and the share explained" + more, "")]
        x = 0
        for text, color in parts:
            cells.put(x, y, text, state.palette.style(color) if color else muted)
            x += len(text)


VIEWS: Final = (ClocksView, ActivationsView, ContributionView, GroupsView)
