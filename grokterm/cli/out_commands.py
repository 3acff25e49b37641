"""The commands `share`, `export`, `figures`, `record` and `report` as cyclopts reads them: what leaves the terminal."""

from __future__ import annotations

from grokterm.cli import option_groups as groups
from grokterm.cli.defaults import read_defaults
from grokterm.cli.options import read, step_number
from grokterm.cli.parameters import (
    PLUGINS,
    AsJson,
    FigureFormat,
    FigureSteps,
    FigureTheme,
    FigureViews,
    Format,
    KeptStep,
    OneRun,
    Out,
    OutFile,
    OutFolder,
    RecordSeconds,
    RecordSize,
    RunOrSweep,
    with_options,
)


@with_options(groups.folder, plugins=PLUGINS)
def share(run: OneRun, /, **given: str | None) -> int:
    """Print a run as one line, which grokterm trains wherever it is pasted: its configuration and changes."""
    from grokterm.cli.share import share

    return share(run, read_defaults() | read(given))


@with_options(groups.folder, plugins=PLUGINS)
def export(
    run: OneRun,
    /,
    *,
    to: Format = None,
    out: Out = None,
    step: KeptStep = None,
    as_json: AsJson = False,
    **given: str | None,
) -> int:
    """Write a run, or the table of a sweep, as a file for another program."""
    from grokterm.cli.export import export

    return export(run, to, out, step_number("--step", step), as_json, read_defaults() | read(given))


@with_options(groups.folder, groups.screen, plugins=PLUGINS)
def record(
    run: OneRun,
    /,
    *,
    out: Out = None,
    seconds: RecordSeconds = None,
    size: RecordSize = None,
    as_json: AsJson = False,
    **given: str | None,
) -> int:
    """Write a run as an asciinema file that plays it from its first step to its last, drawn by the viewer."""
    from grokterm.cli.record import record

    return record(run, out, seconds, size, as_json, read_defaults() | read(given))


@with_options(groups.folder, plugins=PLUGINS)
def report(run: RunOrSweep, /, *, out: OutFile = None, as_json: AsJson = False, **given: str | None) -> int:
    """Write a run or a sweep as one HTML file, for a browser: story, curves, every kept step and every view."""
    from grokterm.cli.report import report

    return report(run, out, as_json, read_defaults() | read(given))


@with_options(groups.folder, plugins=PLUGINS)
def figures(
    run: OneRun,
    /,
    *,
    views: FigureViews = None,
    steps: FigureSteps = None,
    to: FigureFormat = None,
    theme: FigureTheme = None,
    out: OutFolder = None,
    as_json: AsJson = False,
    **given: str | None,
) -> int:
    """Write views of a run as figures for a paper, each a file of its own, with captions."""
    from grokterm.cli.figures import Wanted, figures

    return figures(run, Wanted(views, steps, to, theme, out), as_json, read_defaults() | read(given))
