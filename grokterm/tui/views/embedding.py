"""Views of the embedding or first layer as a geometric thing: circles, components, variance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from textual.strip import Strip

from grokterm.picture import Picture
from grokterm.tui.drawing.cells import row
from grokterm.tui.drawing.scales import Floats, short
from grokterm.tui.drawing.scatter import Line, draw_scatter
from grokterm.tui.drawing.shares import draw_shares
from grokterm.tui.drawing.tiles import draw_tiles, tiles_of
from grokterm.tui.run.state import RunState
from grokterm.tui.views.view import Chooser, ViewPane

_LEAST: Final = (26, 12)
"""Cells of one circle, at least."""
_AXES: Final = ("now", "own")


def _circles(state: RunState, picture: Picture | None) -> int:
    return len(picture.arrays["frequencies"]) if picture is not None and picture.arrays else 1


class CirclesView(ViewPane):
    """Every residue in the plane of each key frequency."""

    name = "circles"
    summary = "every residue in the plane of each key frequency"
    compares = True
    choosers = (
        Chooser("from", "left right", _circles, lambda state, picture, at: f"{at + 1} of {_circles(state, picture)}"),
    )

    def draw_picture(self, state: RunState, picture: Picture, width: int, height: int) -> Sequence[Strip]:
        """A plane for each frequency from the chosen one on, residues named in the order of their angles."""
        frequencies, residues = picture.arrays["frequencies"].tolist(), picture.arrays["residues"]
        first = min(self.chosen["from"], max(len(frequencies) - 1, 0))
        circles = picture.arrays["circles"].astype(np.float64)[first:]
        tiles = tiles_of(len(circles), width, height, _LEAST, (0, 1))
        palette, left_out = state.palette, max(len(circles) - tiles.count, 0)

        def draw(at: int) -> list[Strip]:
            k, places = frequencies[first + at], circles[at]
            order = round_about(len(places), k)
            radius = float(np.sqrt(np.square(places).sum(-1).mean()))
            head = [(f"k = {k}", palette.style("key")), (f"  radius {short(radius)}", palette.style("muted"))]
            more = f"  and {left_out} more"
            if left_out and at == tiles.count - 1 and sum(len(text) for text, _ in head) + len(more) <= tiles.width:
                head.append((more, palette.style("muted")))
            plane = draw_scatter(
                places[order],
                tiles.width,
                tiles.height - 1,
                state.view.graph,
                palette,
                names=[str(residue) for residue in residues[order]],
                lines=[Line(ring(places, k), "bar")],
            )
            return [row(head, tiles.width), *plane][: tiles.height]

        return draw_tiles(tiles, len(circles), width, height, draw)


class ComponentsView(ViewPane):
    """Every residue along the first two principal components."""

    name = "components"
    summary = "every residue along two principal components"
    compares = True
    choosers = (Chooser("axes", "left right", lambda state, picture: len(_AXES), lambda state, picture, at: _AXES[at]),)

    def draw_picture(self, state: RunState, picture: Picture, width: int, height: int) -> Sequence[Strip]:
        """Residues in the plane, joined in the order of their strongest frequency."""
        points, residues = picture.arrays["points"].astype(np.float64), picture.arrays["residues"]
        if points.shape[1] < 2:
            points = np.pad(points, ((0, 0), (0, 2 - points.shape[1])))
        k, explained = int(picture.arrays["frequency"][0]), picture.arrays["explained"]
        order = round_about(len(points), k)
        names = [
            f"component {i} ({100 * share:.0f} %)" if np.isfinite(share) else f"component {i}"
            for i, share in enumerate(explained, start=1)
        ]
        first, second = [*names, "", ""][:2]
        joined = f"joined in the order of k = {k}" if k else "each point a residue"
        note = row([(joined, state.palette.style("muted"))], width)
        plane = draw_scatter(
            points[order],
            width,
            max(height - 1, 0),
            state.view.graph,
            state.palette,
            names=[str(residue) for residue in residues[order]],
            lines=[Line(ring(points, k), "bar")] if k else [],
            axes=(first, second),
        )
        return [*plane, note][:height]


class VarianceView(ViewPane):
    """The share of the variance along each principal component."""

    name = "variance"
    summary = "in how many directions the embedding really lies"
    compares = True

    def draw_picture(self, state: RunState, picture: Picture, width: int, height: int) -> Sequence[Strip]:
        """Bars, and what they add up to."""
        shares, total = picture.arrays["shares"].astype(np.float64), int(picture.arrays["total"][0])
        sides = [side for side in (self.picture(state), self.before(state)) if side is not None and side.arrays]
        most = max((float(np.nanmax(side.arrays["shares"], initial=0.0)) for side in sides), default=0.0)
        return draw_shares(shares, total, width, height, state.view.graph, state.palette, most)


def round_about(n: int, k: int) -> list[int]:
    """Places 0 … n − 1 in the order in which frequency k goes round; as they are where k is 0."""
    found: list[int] = np.argsort(np.arange(n) * k % n, kind="stable").tolist()
    return found


def ring(places: Floats, k: int) -> Floats:
    """A closed line [m, 2] through places [n, 2] that are neighbours in angle at frequency k; equal angles are one."""
    n = len(places)
    _, which, members = np.unique(np.arange(n) * k % n, return_inverse=True, return_counts=True)
    middle = np.zeros((len(members), places.shape[1]))
    np.add.at(middle, which, places)
    middle /= members[:, None]
    return np.concatenate([middle, middle[:1]])


VIEWS: Final = (CirclesView, ComponentsView, VarianceView)
