"""The tiles of a phase diagram: which cells lie on each, and what their runs came to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from grokterm.sweeps.plan import Plan
from grokterm.sweeps.summaries import CellSummary, has_ended, summary_of
from grokterm.sweeps.table import SweepTable
from grokterm.tui.drawing.cells import narrow

Standing = Literal["left out", "waiting", "running", "failed", "known"]


@dataclass(frozen=True, slots=True)
class Tile:
    """One place of the diagram."""

    cells: tuple[int, ...]
    """The cells on it, by number; none where all are left out."""
    runs: int
    """How many runs these have."""
    summary: CellSummary | None = None
    """What those that have ended came to; None while none has."""
    trains: bool = False
    """Whether one of its runs trains."""
    agrees: bool = True
    """Whether all runs that have ended have the phase of the summary."""

    @property
    def standing(self) -> Standing:
        """What is to be seen on it."""
        if not self.cells:
            return "left out"
        if self.summary is not None and self.summary.ended:
            return "known"
        if self.trains:
            return "running"
        return "failed" if self.summary is not None and self.ended >= self.runs else "waiting"

    @property
    def ended(self) -> int:
        """Its runs that have a record, failed ones among them."""
        return self.summary.ended + self.summary.failed if self.summary else 0

    @property
    def failed(self) -> int:
        """Its runs that failed."""
        return self.summary.failed if self.summary else 0

    @property
    def reason(self) -> str:
        """Why its runs failed, on one line; empty where none did."""
        return narrow(" ".join("; ".join(self.summary.reasons if self.summary else ()).split()))


EMPTY = Tile((), 0)


def tile_of(cells: tuple[int, ...], table: SweepTable, training: Collection[int]) -> Tile:
    """What the runs of some cells came to."""
    rows = [row for cell in cells for row in table.rows_of(cell)]
    trains = any(cell in training for cell in cells)
    runs = len(cells) * table.plan.seeds
    if not rows:
        return Tile(cells, runs, None, trains)
    summary = summary_of(table, rows)
    agrees = all(table.runs[row].phase == summary.phase for row in rows if has_ended(table.runs[row]))
    return Tile(cells, runs, summary, trains, agrees)


class Tiles:
    """The tiles over two axes, given by their numbers; the cells of the other axes are pooled, or held at a value."""

    def __init__(self, plan: Plan, x: int | None, y: int | None, held: Mapping[int, int]) -> None:
        """`held` gives for an axis the value at which it is held, by number."""
        self.columns, self.rows = (1 if axis is None else len(plan.axes[axis]) for axis in (x, y))
        self._cells: dict[tuple[int, int], list[int]] = {}
        self._place: dict[int, tuple[int, int]] = {}
        for cell in plan.cells:
            if all(cell.point[axis] == at for axis, at in held.items()):
                place = tuple(0 if axis is None else cell.point[axis] for axis in (x, y))
                self._place[cell.number] = (place[0], place[1])
                self._cells.setdefault((place[0], place[1]), []).append(cell.number)
        self._tiles: dict[tuple[int, int], Tile] = {}

    def update(self, table: SweepTable, training: Collection[int], changed: Iterable[int] | None = None) -> None:
        """Sums up the tiles of the cells that changed, or all of them."""
        numbers = self._place if changed is None else changed
        for place in {self._place[number] for number in numbers if number in self._place}:
            self._tiles[place] = tile_of(tuple(self._cells[place]), table, training)

    def at(self, column: int, row: int) -> Tile:
        """The tile of a value of each axis."""
        return self._tiles.get((column, row), EMPTY)

    def place_of(self, cell: int) -> tuple[int, int] | None:
        """Where a cell lies; None where it is held out."""
        return self._place.get(cell)

    def known(self) -> Iterable[Tile]:
        """All tiles with a run that has ended."""
        return (tile for tile in self._tiles.values() if tile.standing == "known")
