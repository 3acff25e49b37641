"""`grokterm export`: a run, or the table of a sweep, as a file for another program."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Final

from grokterm.cli.options import Values
from grokterm.cli.plugins import check_given
from grokterm.cli.sanitize import sanitize, sanitize_json
from grokterm.cli.usage import UsageError
from grokterm.errors import ConfigError, RunFolderError
from grokterm.runs.folder import find_run, home_path
from grokterm.spelling import unknown
from grokterm.sweeps.folder import find_sweep, names_sweep

_ADVICE: Final = "choose another name with --out"


def export(name: str, to: str | None, out: str | None, step: int | None, as_json: bool, values: Values) -> int:
    """Writes a run in a format, and says where and what; raises GroktermError and leaves nothing then."""
    from grokterm.export.formats import FORMATS

    if to is None:
        raise UsageError(f"export needs a format: give --to {', '.join(FORMATS)}")
    if to not in FORMATS:
        raise ConfigError(unknown("format", to, list(FORMATS)))
    chosen = FORMATS[to]
    if step is not None and not chosen.of_weights:
        raise UsageError(f"--step is for weights, and {to} holds all steps: leave it out")
    home = home_path(values.get("runs"))
    if names_sweep(name, home):
        path, words = _export_sweep(name, to, out, home)
    else:
        folder = find_run(name, home)
        check_given(folder)
        path = _path(out, f"{folder.id}{chosen.ending}")
        words = chosen.write(folder, path, step, _ADVICE)
    if as_json:
        print(sanitize_json({"format": to, "path": str(path), "holds": words}))
    else:
        print(sanitize(f"{shlex.quote(str(path))}: {words}"))
    return 0


def _export_sweep(name: str, to: str, out: str | None, home: Path) -> tuple[Path, str]:
    """Writes the table of a sweep; raises RunFolderError."""
    from grokterm.export.new_files import write_export
    from grokterm.export.tables import FORMATS as TABLES
    from grokterm.sweeps.cells import CellsReader
    from grokterm.sweeps.export import table_of
    from grokterm.sweeps.table import SweepTable

    sweep = find_sweep(name, home)
    if to not in TABLES:
        raise UsageError(f"a sweep is exported as {', '.join(TABLES)}, not as {to}")
    table = SweepTable(sweep.plan())
    table.add(CellsReader(sweep.cells_path).read())
    if not len(table):
        raise RunFolderError(f"no run of {sweep.id} has ended yet: there is nothing to export")
    path = _path(out, f"{sweep.id}.{to}")
    write_export(path, TABLES[to](table_of(table)), advice=_ADVICE)
    return path, f"{len(table.names):,} columns of {len(table):,} runs"


def _path(out: str | None, name: str) -> Path:
    """Where it is written: here, under a name of its own, unless one is given."""
    return Path(out).expanduser() if out else Path(name)
