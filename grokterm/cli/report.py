"""`grokterm report`: a run, a sweep or a reproduction as one HTML file that needs nothing else."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Final

from grokterm.cli.options import Values
from grokterm.cli.plugins import check_given
from grokterm.cli.progress_lines import ProgressLines
from grokterm.cli.sanitize import sanitize, sanitize_json
from grokterm.export.new_files import check_free, write_export
from grokterm.number_format import counted, size
from grokterm.reproductions.folder import find_reproduction, names_reproduction
from grokterm.runs.folder import find_run, home_path
from grokterm.sweeps.folder import find_sweep, names_sweep

_ADVICE: Final = "choose another name with --out"
_ENDING: Final = ".html"


def report(name: str, out: str | None, as_json: bool, values: Values) -> int:
    """Writes the report, and says where it is and how large; raises GroktermError and leaves nothing then."""
    home = home_path(values.get("runs"))
    told: dict[str, object]
    if names_sweep(name, home):
        from grokterm.report.sweep_report import sweep_report

        sweep = find_sweep(name, home)
        path = check_free(_path(out, sweep.id), _ADVICE)
        content, runs = sweep_report(sweep)
        words, told = counted(runs, "run"), {"sweep": sweep.id, "runs": runs}
    elif names_reproduction(name, home):
        from grokterm.report.reproduction_report import reproduction_report

        made_of = find_reproduction(name, home)
        path = check_free(_path(out, made_of.id), _ADVICE)
        content, about = reproduction_report(made_of)
        words, told = counted(len(about.rows), "claim"), {"reproduction": made_of.id, "claims": len(about.rows)}
    else:
        from grokterm.report.run_report import run_report

        folder = find_run(name, home)
        check_given(folder)
        path = check_free(_path(out, folder.id), _ADVICE)
        made = run_report(folder, ProgressLines().tell)
        content, words = made.content, counted(len(made.kept_steps), "kept step")
        told = {"run": folder.id, "kept_steps": made.kept_steps, "undefined": made.undefined}
    write_export(path, content, advice=_ADVICE)
    shown = _path(out, path.stem)
    if as_json:
        print(sanitize_json({**told, "path": str(shown), "bytes": len(content)}))
    else:
        print(sanitize(f"{shlex.quote(str(shown))}: {words}, {size(len(content))}"))
    return 0


def _path(out: str | None, name: str) -> Path:
    """Where it is written: here, under its own name, unless one is given."""
    return Path(out).expanduser() if out else Path(f"{name}{_ENDING}")
