"""What the screen of a sweep shows: its axes, cursor and colours, and the cells as they stand."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Final

from grokterm.sweeps.axes import Axis
from grokterm.sweeps.plan import Plan
from grokterm.sweeps.summaries import SUMMARY, MeasureName, bands, has_ended
from grokterm.sweeps.table import SweepTable
from grokterm.tui.sweep.diagram import AxisShown
from grokterm.tui.sweep.following import Following
from grokterm.tui.sweep.listing import Listing
from grokterm.tui.sweep.looks import Coloring, coloring_of
from grokterm.tui.sweep.seeds import SeedCurves
from grokterm.tui.sweep.tiles import Tile, Tiles
from grokterm.tui.sweep.words import axis_name, axis_shown, value_words
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph
from grokterm.wire.swept import SweptRun

_THIN: Final = 60
"""Curves that are drawn of a tile at most."""
_SUMMED: Final = 500
"""Curves that a band is of at most."""


@dataclass(slots=True, eq=False)
class SweepView:
    """A sweep and how it is looked at; panels draw what changed of it."""

    following: Following
    palette: Palette
    graph: Graph
    x: int | None = None
    """The axis across, by number; None where the sweep has none."""
    y: int | None = None
    held: dict[int, int] = field(default_factory=dict)
    """Of axes that are neither, the value at which one is held; the others are pooled."""
    measure: MeasureName = "phase"
    log_x: bool = True
    """Whether the steps of curves run on a logarithmic axis."""
    cursor: tuple[int, int] = (0, 0)
    """The column and row of the tile that is looked at."""
    chosen: int | None = None
    """The cell that is looked at, by number; of a tile of several its first, unless the table chose another."""
    version: int = 0
    """Counts what came from the files."""
    tiles: Tiles = field(init=False)
    listing: Listing = field(init=False)

    def __post_init__(self) -> None:
        axes = self.plan.axes
        self.x = 0 if axes else None
        self.y = 1 if len(axes) > 1 else None
        self.listing = Listing(self.plan)
        self.listing.update(self.table, self.following.training)
        self.lay_tiles()

    @property
    def plan(self) -> Plan:
        """What the sweep trains."""
        return self.following.plan

    @property
    def table(self) -> SweepTable:
        """The runs that have ended."""
        return self.following.table

    @property
    def look(self) -> Hashable:
        """Changes with how the diagram is looked at."""
        return self.x, self.y, tuple(self.held.items()), self.measure

    @property
    def tile(self) -> Tile:
        """The tile under the cursor."""
        return self.tiles.at(*self.cursor)

    @property
    def coloring(self) -> Coloring:
        """The colours, and the ends of their scale as the tiles have it now."""
        return coloring_of(self.measure, (tile.summary for tile in self.tiles.known() if tile.summary))

    @property
    def x_shown(self) -> AxisShown:
        """The axis across."""
        return axis_shown(self.plan.axes[self.x]) if self.x is not None else AxisShown("", ("",))

    @property
    def y_shown(self) -> AxisShown | None:
        """The axis upwards, None where there is one axis alone."""
        return axis_shown(self.plan.axes[self.y]) if self.y is not None else None

    @property
    def further(self) -> list[int]:
        """The axes that are neither across nor upwards."""
        return [axis for axis in range(len(self.plan.axes)) if axis not in (self.x, self.y)]

    def further_words(self) -> list[str]:
        """What becomes of each further axis: pooled, or its value."""
        axes: tuple[Axis, ...] = self.plan.axes
        return [
            f"{axis_name(axes[at])} {value_words(axes[at].values[self.held[at]]) if at in self.held else 'pooled'}"
            for at in self.further
        ]

    def take(self, changed: Collection[int]) -> None:
        """Takes what changed of some cells."""
        if not changed:
            return
        self.version += 1
        training = self.following.training
        self.tiles.update(self.table, training, changed)
        self.listing.update(self.table, training, changed)

    def lay_tiles(self) -> None:
        """Lays the tiles anew, with the cursor on the cell that it was on."""
        chosen = self.chosen
        self.tiles = Tiles(self.plan, self.x, self.y, self.held)
        self.tiles.update(self.table, self.following.training)
        self.go_to(*self.cursor)
        if chosen is not None:
            self.choose(chosen)
        self.version += 1

    def look_as(self, other: SweepView) -> None:
        """Looks at the sweep as another view of it does."""
        self.x, self.y, self.held, self.measure, self.log_x = (
            other.x, other.y, dict(other.held), other.measure, other.log_x
        )  # fmt: skip
        self.listing.look_as(other.listing)
        self.listing.update(self.table, self.following.training)
        self.cursor, self.chosen = other.cursor, other.chosen
        self.lay_tiles()

    def turn_axis(self, which: str) -> None:
        """Puts the next axis across or upwards; the one that was there takes the other's place if it must."""
        count = len(self.plan.axes)
        if count < 2 or self.x is None or self.y is None:
            return
        if which == "x":
            following = (self.x + 1) % count
            self.x, self.y = following, self.x if following == self.y else self.y
        else:
            following = (self.y + 1) % count
            self.y, self.x = following, self.y if following == self.x else self.x
        self.held = {axis: at for axis, at in self.held.items() if axis in self.further}
        self.lay_tiles()

    def hold(self, stride: int, axis: int) -> None:
        """Holds a further axis at the next value, after the last one pools it."""
        values = len(self.plan.axes[axis])
        at = (self.held.get(axis, -1) + 1 + stride) % (values + 1) - 1
        if at < 0:
            self.held.pop(axis, None)
        else:
            self.held[axis] = at
        self.lay_tiles()

    def next_measure(self) -> None:
        """Colours by the next measure."""
        names = list(SUMMARY)
        self.measure = names[(names.index(self.measure) + 1) % len(names)]

    def go_to(self, column: int, row: int) -> None:
        """Puts the cursor on a tile, or the nearest that there is."""
        self.cursor = min(max(column, 0), self.tiles.columns - 1), min(max(row, 0), self.tiles.rows - 1)
        self.chosen = next(iter(self.tile.cells), None)

    def choose(self, cell: int) -> None:
        """Looks at a cell, with the cursor on its tile where it has one."""
        place = self.tiles.place_of(cell)
        if place is not None:
            self.cursor, self.chosen = place, cell

    def runs_here(self) -> list[SweptRun]:
        """The runs under the cursor that have ended."""
        return [self.table.runs[row] for cell in self.tile.cells for row in self.table.rows_of(cell)]

    def curves_here(self) -> SeedCurves:
        """The curves of the runs under the cursor; the band is of those that have ended, as all sums are.

        Where there are too many, those that count are spread over all cells.
        """
        runs = [run for run in self.runs_here() if run.curve[1]]
        ended = [run for run in runs if has_ended(run)]
        summed = [curve for run in _spread(ended, _SUMMED) if (curve := self.following.curve(run)) is not None]
        thin = [curve for run in _spread(runs, _THIN) if (curve := self.following.curve(run)) is not None]
        return SeedCurves(thin, bands(summed), len(ended))

    def run_here(self) -> int | None:
        """The run that is opened: the first of the cell that is looked at; None where there is none."""
        return None if self.chosen is None else self.chosen * self.plan.seeds


def _spread(runs: Sequence[SweptRun], most: int) -> Sequence[SweptRun]:
    """Runs evenly from the first to the last, at most so many."""
    return runs if len(runs) <= most else [runs[at * len(runs) // most] for at in range(most)]
