"""The table of a sweep as other programs read it."""

from __future__ import annotations

from typing import Final

from grokterm.export.tables import Kind, Table
from grokterm.sweeps.table import MEASURES, WHOLE, SweepTable

_STEPS: Final = tuple(name for name in MEASURES if name == "step" or "_step" in name)


def table_of(table: SweepTable) -> Table:
    """A row a run."""
    rows = [table.values(row) for row in range(len(table))]
    kinds = {name: _kind(table, name) for name in table.names}
    return Table(kinds, [tuple(row[name] for name in table.names) for row in rows])


def _kind(table: SweepTable, name: str) -> Kind:
    """What the values of a column are: those of a setting as the plan has them, of all its cells."""
    if name in WHOLE or name in _STEPS:
        return int
    if name in MEASURES:
        return float
    if name not in table.setting_names:
        return str
    values = [cell.values[name] for cell in table.plan.cells]
    if all(isinstance(value, int) for value in values):
        return int
    return float if all(isinstance(value, (int, float)) for value in values) else str
