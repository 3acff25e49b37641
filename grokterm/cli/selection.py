"""Which runs `grokterm runs` lists, and in which order: by their settings and what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from grokterm.config import settings
from grokterm.errors import ConfigError
from grokterm.runs.emergence import Emergence
from grokterm.runs.folder import RunFolder
from grokterm.runs.index import RunIndex
from grokterm.runs.summary import ConfiguredRun, RunSummary
from grokterm.spelling import unknown
from grokterm.sweeps.conditions import NUMBER, WORD, Given, read_condition
from grokterm.sweeps.plan import kinds_of_settings, spellings_of_settings

COLUMNS: Final = ("run", "step", "phase", "train_accuracy", "test_accuracy", "state", "when", "size", "note")
"""What may be asked of a run beside its settings, by the names of the list and of its JSON."""
EMERGED: Final = Emergence.__struct_fields__
"""What the whole log tells: it is read where one of these is asked for."""
_MORE: Final = {"id": "run", "architecture": "arch", "train": "train_accuracy", "test": "test_accuracy"}
"""Other spellings: the headings of the table."""

_KINDS: Final = dict.fromkeys(("run", "phase", "state", "note"), WORD) | dict.fromkeys(
    ("step", "train_accuracy", "test_accuracy", "when", "size"), NUMBER
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A run that fits."""

    folder: RunFolder
    summary: RunSummary
    values: Mapping[str, Given]
    """Of the columns that are asked for, by the names that they were asked for by."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What was asked of the list; raises ConfigError when it is read."""

    where: str | None = None
    tags: Sequence[str] = ()
    sort: str | None = None
    columns: str | None = None
    """Names with commas between them: what of each run is listed."""

    def of(self, folders: Iterable[RunFolder], index: RunIndex) -> list[Listed]:
        """The runs that fit, in order; raises ConfigError for a condition or a column that cannot be."""
        known = _known()
        condition = read_condition(self.where, known, kinds_of_settings() | _KINDS) if self.where is not None else None
        column = _sorted_by(self.sort, known) if self.sort is not None else None
        shown = self.shown()
        asked = {*(condition.names if condition else ()), *([column[0]] if column else []), *shown.values()}
        found: list[tuple[Listed, Given]] = []
        for folder in folders:
            run = index.run(folder)
            if not set(self.tags) <= set(run.summary.tags):
                continue
            values = _values(folder, run, asked, index)
            if condition is None or condition(values):
                listed = Listed(folder, run.summary, {name: values.get(one) for name, one in shown.items()})
                found.append((listed, values.get(column[0]) if column else None))
        if column:
            found.sort(key=lambda each: _order(each[1]), reverse=column[1])
            found.sort(key=lambda each: each[1] is None)  # what has no value is last in either direction
        return [listed for listed, _ in found]

    def shown(self) -> dict[str, str]:
        """The columns that are asked for, as they were written, and the name of each; raises ConfigError."""
        if self.columns is None:
            return {}
        known = _known()
        written = [text.strip() for text in self.columns.split(",")]
        return {text: _column(text, known) for text in written}


def _known() -> dict[str, str]:
    """Every name that may be asked for by all its spellings; a setting before a column of the same name."""
    return {name: name for name in (*COLUMNS, *EMERGED)} | _MORE | spellings_of_settings()


def _sorted_by(text: str, known: Mapping[str, str]) -> tuple[str, bool]:
    """The column by which to sort, and whether descending; raises ConfigError."""
    return _column(text.strip().removeprefix("-"), known), text.strip().startswith("-")


def _column(text: str, known: Mapping[str, str]) -> str:
    """The name of a column; raises ConfigError."""
    name = text.replace("-", "_")
    if name not in known:
        raise ConfigError(unknown("column", name or "nothing", [*COLUMNS, *EMERGED, *settings()]))
    return known[name]


def _values(folder: RunFolder, run: ConfiguredRun, asked: set[str], index: RunIndex) -> dict[str, Given]:
    summary = run.summary
    values: dict[str, Given] = {name: getattr(summary, name) for name in COLUMNS if name != "run"}
    values |= {"run": summary.id, **run.settings}
    if not asked.isdisjoint(EMERGED):
        values |= msgspec.structs.asdict(index.emergence(folder))
    return values


def _order(value: Given) -> tuple[bool, float, str]:
    """Numbers before words."""
    return (True, 0.0, value) if isinstance(value, str) else (False, float(value or 0), "")
