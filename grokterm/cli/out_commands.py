"""The commands that write files and charts, as cyclopts reads them: what leaves the terminal."""

from __future__ import annotations

from grokterm.cli import option_groups as groups
from grokterm.cli.defaults import read_defaults
from grokterm.cli.options import read, step_number
from grokterm.cli.out_parameters import (
    FigureFormat,
    FigureSteps,
    FigureTheme,
    FigureViews,
    Format,
    KeptStep,
    Out,
    OutFile,
    OutFolder,
    RecordSeconds,
    RecordSize,
)
from grokterm.cli.parameters import (
    PLUGINS,
    Ascii,
    AsJson,
    ChartSize,
    LogX,
    LogY,
    OneRun,
    RunOrSweep,
    RunsAndMeasure,
    with_options,
)
from grokterm.cli.usage import UsageError


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


@with_options(groups.folder, groups.chart, plugins=PLUGINS)
def plot(
    *words: RunsAndMeasure,
    log_x: LogX = False,
    log_y: LogY = False,
    size: ChartSize = None,
    ascii_only: Ascii = False,
    **given: str | None,
) -> int:
    """Draw a measure of up to six runs over their steps, or their last spectra, as a chart in the scrollback.

    Plain text where the output is no terminal.
    """
    from grokterm.cli.plot import Axes, plot

    values = read(given)
    if ascii_only and values.get("graph", "ascii") != "ascii":
        raise UsageError(f"--ascii is --graph ascii: leave out --graph {values['graph']}, or --ascii")
    asked = {"graph": "ascii"} if ascii_only else {}
    return plot(words, Axes(log_x, log_y), size, read_defaults() | values | asked)
