"""`grokterm figures`: views of a run as figures for a paper, with captions."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from grokterm import durable
from grokterm.cli.options import Values
from grokterm.cli.plugins import check_given
from grokterm.cli.progress_lines import ProgressLines
from grokterm.cli.sanitize import sanitize, sanitize_json
from grokterm.errors import ConfigError, MissingPackageError
from grokterm.export.new_files import check_free, new_folder
from grokterm.number_format import counted, size
from grokterm.runs.folder import find_run, home_path
from grokterm.spelling import unknown

_ADVICE: Final = "choose another name with --out"
_FORMATS: Final = ("pdf", "svg", "png")
_THEME: Final = "paper"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for on the command line; None where it is not said."""

    views: str | None = None
    steps: str | None = None
    to: str | None = None
    theme: str | None = None
    out: str | None = None


def figures(name: str, wanted: Wanted, as_json: bool, values: Values) -> int:
    """Writes the figures, and says where and which; raises GroktermError and leaves nothing then."""
    ending = _FORMATS[0] if wanted.to is None else wanted.to
    if ending not in _FORMATS:
        raise ConfigError(unknown("format", ending, list(_FORMATS)))
    if find_spec("matplotlib") is None:
        raise MissingPackageError("figures need matplotlib, which is not installed: pip install grokterm[figures]")
    from grokterm.figures.chosen import chosen_names, chosen_steps
    from grokterm.figures.run_figures import run_figures
    from grokterm.figures.style import find_style

    names, style = chosen_names(wanted.views), find_style(_THEME if wanted.theme is None else wanted.theme)
    folder = find_run(name, home_path(values.get("runs")))
    check_given(folder)
    steps = chosen_steps(wanted.steps, folder)
    shown = Path(wanted.out).expanduser() if wanted.out else Path(f"{folder.id}-figures")
    path = check_free(shown, _ADVICE)
    found = run_figures(folder, names, steps, style, ending, ProgressLines().tell)
    with new_folder(path, _ADVICE) as made:
        for file, content in [*((each.file, each.content) for each in found.made), found.captions(folder)]:
            durable.write(made / file, content, made / f".{file}.part")
    if as_json:
        listed = [
            {"name": each.name, "step": each.step, "file": each.file, "title": each.title, "caption": each.caption}
            for each in found.made
        ]
        told = {"run": folder.id, "path": str(shown), "figures": listed, "undefined": found.undefined}
        print(sanitize_json(told))
        return 0
    whole = sum(len(each.content) for each in found.made)
    print(sanitize(f"{shlex.quote(str(shown))}: {counted(len(found.made), 'figure')}, {size(whole)}"))
    for view, reason in found.undefined.items():
        print(sanitize(f"not drawn: {view}: {reason}"))
    return 0
