"""The table of a sweep as files for other programs: CSV and Parquet; nothing that exists is overwritten unasked."""

from __future__ import annotations

import csv
import io
import os
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from grokterm import durable
from grokterm.errors import MissingPackageError, RunFolderError, reason_of
from grokterm.real_files import is_there
from grokterm.sweeps.table import MEASURES, WHOLE, SweepTable

Kind = type[int] | type[float] | type[str]

_STEPS: Final = tuple(name for name in MEASURES if name == "step" or "_step" in name)


def csv_of(table: SweepTable) -> bytes:
    """A line a run under a line of names, in UTF-8 as RFC 4180 has it; what is not there is empty."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(table.names)
    for row in range(len(table)):
        values = table.values(row)
        writer.writerow(["" if values[name] is None else values[name] for name in table.names])
    return text.getvalue().encode()


def parquet_of(table: SweepTable) -> bytes:
    """A row a run, whole numbers, numbers and words told apart, what is not there null; raises MissingPackageError."""
    try:
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise MissingPackageError(
            "Parquet needs pyarrow, which is not installed: pip install 'grokterm[parquet]', or write CSV"
        ) from None
    types = {int: arrow.int64(), float: arrow.float64(), str: arrow.string()}
    rows = [table.values(row) for row in range(len(table))]
    columns: dict[str, Any] = {}
    for name in table.names:
        kind = _kind(table, name)
        values = [None if (value := row[name]) is None else kind(value) for row in rows]
        columns[name] = arrow.array(values, type=types[kind])
    file = io.BytesIO()
    parquet.write_table(arrow.table(columns), file)
    return file.getvalue()


def write_export(path: Path, content: bytes, overwrite: bool = False) -> None:
    """Writes a file of mode 0600, whole or not at all; raises RunFolderError, also where there is one already."""
    path = path.expanduser().absolute()
    if not overwrite and is_there(path):
        raise RunFolderError(f"{path} is there already: choose another name, or overwrite=True")
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if overwrite:
            durable.write(path, content, aside, through_link=True)
            return
        durable.write(aside, content, aside.with_name(aside.name + "ial"), through_link=True)
        try:
            os.link(aside, path)  # unlike a rename, never in the place of what came meanwhile
        finally:
            with suppress(OSError):
                aside.unlink()
    except FileExistsError:
        raise RunFolderError(f"{path} is there already: choose another name, or overwrite=True") from None
    except OSError as error:
        raise RunFolderError(f"{path} cannot be written: {reason_of(error)}") from None


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
