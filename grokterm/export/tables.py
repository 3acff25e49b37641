"""Tables as CSV, JSON lines and Parquet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Final

from grokterm.errors import MissingPackageError

Kind = type[int] | type[float] | type[str]
Cell = int | float | str | None


@dataclass(frozen=True)
class Table:
    """Columns by name with the kind of what is in them, and rows; None is what is not there."""

    kinds: Mapping[str, Kind]
    rows: Iterable[tuple[Cell, ...]]
    about: Mapping[str, str] = field(default_factory=dict)
    """What the table is of, where a format has room for that."""


def csv_of(table: Table) -> bytes:
    """A line a row under a line of names, in UTF-8 as RFC 4180 has it; what is not there is empty."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(table.kinds)
    writer.writerows(["" if value is None else value for value in row] for row in table.rows)
    return text.getvalue().encode()


def jsonl_of(table: Table) -> bytes:
    """An object a row, a line each; what is not there is null."""
    lines = (json.dumps(dict(zip(table.kinds, row, strict=True)), ensure_ascii=False) + "\n" for row in table.rows)
    return "".join(lines).encode()


def parquet_of(table: Table) -> bytes:
    """Whole numbers, numbers and words told apart, what is not there null; raises MissingPackageError."""
    try:
        arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    except ImportError:
        raise MissingPackageError(
            "Parquet needs pyarrow, which is not installed: pip install 'grokterm[parquet]', or write CSV"
        ) from None
    types = {int: arrow.int64(), float: arrow.float64(), str: arrow.string()}
    columns = list(zip(*table.rows, strict=True)) or [()] * len(table.kinds)
    arrays = {
        name: arrow.array([None if value is None else kind(value) for value in column], type=types[kind])
        for (name, kind), column in zip(table.kinds.items(), columns, strict=True)
    }
    made = arrow.table(arrays)
    file = io.BytesIO()
    parquet.write_table(made.replace_schema_metadata(dict(table.about) or None), file)
    return file.getvalue()


FORMATS: Final = {"csv": csv_of, "parquet": parquet_of, "jsonl": jsonl_of}
"""What writes a table, by the name of the format, which its files end with."""
