"""Views of the neurons: clocks, what they compute over all pairs, what they add to the logits, and their groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from textual.strip import Strip

from grokterm.tui.drawing.cells import Cells, row
from grokterm.tui.drawing.heat import Scale, draw_scale, largest
from grokterm.tui.drawing.pair_map import draw_pair_map, gathered
from grokterm.tui.drawing.polar import draw_clock
from grokterm.tui.drawing.ranks import Rank, draw_ranks
from grokterm.tui.drawing.scales import Floats
from grokterm.tui.drawing.scatter import Line, draw_scatter
from grokterm.tui.drawing.tiles import draw_tiles, tiles_of
from grokterm.tui.views.view import Chooser, ViewPane
from grokterm.tui.world import Seen, World
from grokterm.wire.messages import PictureRequest

_EXPLAINED: Final = 0.85
"""Share of its variance from which a neuron counts as explained by one frequency."""
_CLOCK: Final = (16, 8)
"""Width and height of a clock at least, with the line that names it."""
_MAP: Final = (34, 15)
"""The same of a map over pairs."""
_MOST: Final = 32
"""Neurons asked for at most."""


def _total(seen: Seen | None) -> int:
    return int(seen.arrays["total"][0]) if seen and "total" in seen.arrays else 1


def _neuron_name(seen: Seen, at: int) -> str:
    """A neuron's number and its frequency."""
    neuron, k, share = (seen.arrays[name][at] for name in ("neuron", "frequency", "share"))
    return f"neuron {neuron}" + (f" · k {k} · {100 * share:.0f} %" if k else "")


def _scale(values: Floats) -> Scale:
    """Activations that are hardly ever negative, as with GELU, need no colours for it."""
    return "signed" if bool((values < -0.2 * largest(values)).any()) else "rising"


def _of_neuron(world: World, seen: Seen | None, at: int) -> str:
    total = _total(seen)
    sorted_ = seen is not None and "frequency" in seen.arrays and bool(seen.arrays["frequency"].any())
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


def _pages(world: World, seen: Seen | None) -> int:
    count = max(seen.request.chosen.get("count", len(seen.arrays["neuron"])), 1) if seen and seen.arrays else 1
    return -(-_total(seen) // count)


class ClocksView(_Several):
    """What each residue adds to neurons of the first layer, as clocks."""

    name = "clocks"
    told = "first-layer weights of each neuron around a clock"
    compares = True
    choosers = (
        Chooser("page", "up down", _pages, lambda world, seen, at: f"{at + 1:,} of {_pages(world, seen):,}"),
        Chooser(
            "angle", "left right", lambda world, seen: 2, lambda world, seen, at: ("its own wave", "residue")[at % 2]
        ),
    )
    least = _CLOCK

    def draw_picture(self, world: World, seen: Seen, width: int, height: int) -> Sequence[Strip]:
        """Clocks in rows, and what their parts mean."""
        graph, palette, values = world.view.graph, world.palette, seen.arrays["values"]
        count, own = len(values), self.chosen["angle"] % 2 == 0
        tiles = tiles_of(count, width, height - 1, _CLOCK, (0, 1))

        def draw(at: int) -> list[Strip]:
            cells = Cells(tiles.width, tiles.height)
            k, share = int(seen.arrays["frequency"][at]), float(seen.arrays["share"][at])
            name = _neuron_name(seen, at).removeprefix("neuron ").replace("·", "-" if graph == "ascii" else "·")
            name = name[: tiles.width]
            color = "key" if share >= _EXPLAINED else "muted"
            cells.put((tiles.width - len(name)) // 2, 0, name, palette.style(color))
            waves, turns = list(values[at].astype(np.float64)), max(k, 1) if own else 1
            draw_clock(cells, waves, turns, 0, 1, tiles.width, tiles.height - 1, graph, palette)
            return cells.strips()

        return [*draw_tiles(tiles, count, width, height - 1, draw), self._legend(world, values.shape[1], width)]

    def _legend(self, world: World, waves: int, width: int) -> Strip:
        palette = world.palette
        muted = palette.style("muted")
        named = [("a", palette.style("train")), (" and ", muted), ("b", palette.style("test"))]
        first = named if waves > 1 else [("a and b alike", palette.style("train"))]
        gap = ", " if world.view.graph == "ascii" else " · "
        words = ("ring: weight 0", "hand: where it peaks") if width >= 48 else ("ring: 0", "hand: peak")
        return row([*first, *((gap + part, muted) for part in words)], width)


class ActivationsView(_Several):
    """What neurons compute over all pairs."""

    name = "activations"
    told = "what neurons compute over all pairs (a, b)"
    choosers = (Chooser("neuron", "up down", lambda world, seen: _total(seen), _of_neuron),)

    def draw_picture(self, world: World, seen: Seen, width: int, height: int) -> Sequence[Strip]:
        """Maps side by side, each in its own scale."""
        graph, palette, maps = world.view.graph, world.palette, seen.arrays["maps"]
        tiles = tiles_of(len(maps), width, height, _MAP, (3, 4))

        def draw(at: int) -> list[Strip]:
            room = tiles.width, tiles.height - 2
            whole, k = maps[at].astype(np.float64), int(seen.arrays["frequency"][at])
            values, blocks = gathered(whole, k, *room, graph, palette)
            top, scale = largest(values), _scale(values)
            color = "key" if float(seen.arrays["share"][at]) >= _EXPLAINED else "muted"
            body = draw_pair_map(
                values, _neuron_name(seen, at), *room, graph, palette,
                scale=scale, top=top, blocks=blocks, color=color, axis=seen.names["axes"][0],
            )  # fmt: skip
            return [*body, draw_scale(top, tiles.width, graph, palette, scale, "activation"), Strip.blank(tiles.width)]

        return draw_tiles(tiles, len(maps), width, height, draw)


class ContributionView(ViewPane):
    """What one neuron adds to the logits."""

    name = "contribution"
    told = "what one neuron adds to the correct logit"
    choosers = (Chooser("neuron", "up down", lambda world, seen: _total(seen), _of_neuron),)

    def draw_picture(self, world: World, seen: Seen, width: int, height: int) -> Sequence[Strip]:
        """Activation and what it adds side by side, over its read-out weights by class."""
        graph, palette = world.view.graph, world.palette
        foot = 7 if height >= 22 else 0
        maps = seen.arrays["maps"].astype(np.float64)
        tiles = tiles_of(2, width, height - foot, (30, 8), (3, 3))
        mean = float(seen.arrays["adds"][0])
        names = (_neuron_name(seen, 0), f"mean {mean:+.2g} to the correct logit")

        def draw(at: int) -> list[Strip]:
            room = tiles.width, tiles.height - 1
            values, blocks = gathered(maps[at], int(seen.arrays["frequency"][0]), *room, graph, palette)
            top = largest(values)
            scale: Scale = "signed" if at else _scale(values)
            body = draw_pair_map(
                values, names[at], *room, graph, palette,
                scale=scale, top=top, blocks=blocks, axis=seen.names["axes"][0],
            )  # fmt: skip
            return [*body, draw_scale(top, tiles.width, graph, palette, scale, ("activation", "logit")[at])]

        drawn = draw_tiles(tiles, min(2, tiles.count), width, height - foot, draw)
        return [*drawn, *(self._weights(world, seen, width, foot) if foot else [])]

    def _weights(self, world: World, seen: Seen, width: int, height: int) -> list[Strip]:
        """The read-out weights as a curve."""
        weights = seen.arrays["weights"].astype(np.float64)
        line = Line(np.stack([np.arange(weights.size), weights], -1), "test")
        words = f"read-out weight by class, {seen.words}"
        head = row([(words, world.palette.style("muted"))], width)
        graph, palette = world.view.graph, world.palette
        return [
            head,
            *draw_scatter(
                np.zeros((0, 2)), width, height - 1, graph, palette, lines=[line], equal=False, axes=("class", "weight")
            ),
        ]


class GroupsView(ViewPane):
    """Neurons by the frequency that each follows."""

    name = "groups"
    told = "neurons by the frequency that each follows"
    choosers = ()

    def draw_picture(self, world: World, seen: Seen, width: int, height: int) -> Sequence[Strip]:
        """A bar a frequency: neurons that it explains, then those that it does not."""
        graph, palette = world.view.graph, world.palette
        cells = Cells(width, height)
        arrays = {name: seen.arrays[name] for name in ("frequency", "explained", "others", "share")}
        total, explained = _total(seen), int(arrays["explained"].sum())
        silent = int(seen.arrays["silent"][0])
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
        self._legend(cells, len(order) - len(shown), world)
        return cells.strips()

    def _legend(self, cells: Cells, left: int, world: World) -> None:
        muted, y = world.palette.style("muted"), cells.height - 1
        more = f"; {left} frequencies with fewer neurons are not shown" if left else ""
        parts = [("explained to 85 %", "key"), (" + others", "text"), ("; counts, and the share explained" + more, "")]
        x = 0
        for text, color in parts:
            cells.put(x, y, text, world.palette.style(color) if color else muted)
            x += len(text)


VIEWS: Final = (ClocksView, ActivationsView, ContributionView, GroupsView)
