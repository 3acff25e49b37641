"""`grokterm plot`: a measure of runs over their steps, or their last spectra, as a chart in the scrollback."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

import numpy as np

from grokterm.chart import COLORS, LEAST, Curve, Look, bar_curve, console_on, draw_chart, graph_on
from grokterm.cli.options import Values, columns_and_rows, view
from grokterm.cli.sanitize import sanitize
from grokterm.cli.usage import UsageError
from grokterm.errors import GroktermError, PluginNeededError, RunFolderError
from grokterm.number_format import percent
from grokterm.runs.columns import Floats
from grokterm.runs.compared import ComparedRun, check_count, compare, differences
from grokterm.runs.family import tree
from grokterm.runs.folder import RunFolder, find_run, runs_home
from grokterm.runs.history import History
from grokterm.runs.measured import columns_of, measure_names, measured
from grokterm.spelling import unknown
from grokterm.view_options import ViewOptions

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

AT_END: Final = (60, 12)
"""Columns and lines of the chart that a training ends with, title and legend with them."""
_ACCURACY: Final = "accuracy"
SPECTRUM: Final = "spectrum"
"""The word for the Fourier norms, which are bars over frequencies."""
_SHORT: Final = {
    "gini": ("embedding_gini",),
    "restricted": ("test_loss", "restricted_test_loss"),
    "norm": ("sum_squared_weights",),
}
"""Short words for columns of the log; what they are drawn beside comes first."""
_LARGEST: Final = (500, 200)
_EXAMPLE: Final = (100, 25)
_TALLEST: Final = 30
"""Lines of a chart at most, however wide it is."""
_TEST, _TRAIN = COLORS[1], COLORS[0]


@dataclass(frozen=True, slots=True)
class Plotted:
    """A run in a chart: its letter, its name, how it differs from the others, and what it has logged."""

    letter: str
    name: str
    words: str
    history: History


@dataclass(frozen=True, slots=True)
class Line:
    """A curve, its name in the legend, and its last value in words."""

    curve: Curve
    name: str
    live: str


@dataclass(frozen=True, slots=True)
class Axes:
    """Which axes are logarithmic."""

    log_x: bool = False
    log_y: bool = False


def plot(words: Sequence[str], axes: Axes, size: str | None, values: Values) -> int:
    """Prints the chart of the runs and the measure among the words; raises GroktermError."""
    home = runs_home(values.get("runs"))
    try:
        names, measure = split_arguments(words)
    except UsageError:
        _check_plugins(words, home)  # without which a measure of theirs is not known
        raise
    if len(names) > 1:
        check_count(len(names))
    if measure == SPECTRUM and axes.log_x:
        raise UsageError("a spectrum is drawn over frequencies, not over steps: leave out --log-x")
    least = (LEAST[0], LEAST[1] + 1 + len(names))
    asked = None if size is None else columns_and_rows(size, least, _LARGEST, _EXAMPLE)
    runs = _read([find_run(name, home) for name in names])
    options, out = view(values), sys.stdout
    width, lines = asked or _room(console_on(out, options.color))
    print_runs(out, runs, measure, Look(width, lines, log_x=axes.log_x, log_y=axes.log_y), options)
    return 0


def _room(console: Console) -> tuple[int, int]:
    """Columns and lines of a chart that is given no size."""
    lines = max(console.width // 4, AT_END[1])
    if console.is_terminal:
        lines = max(min(lines, console.height - 1), AT_END[1])
    return console.width, min(lines, _TALLEST)


def _check_plugins(words: Sequence[str], home: Path) -> None:
    """Raises PluginNeededError where a word is a run whose plugins are not loaded."""
    for word in words:
        try:
            find_run(word, home).config()
        except PluginNeededError:
            raise
        except GroktermError:
            continue


def split_arguments(words: Sequence[str]) -> tuple[list[str], str]:
    """The names of the runs, and the measure: accuracy where none of the words is one; raises UsageError."""
    # The name of a run begins with its number.
    names = [word for word in words if word[:1].isdecimal() or word in ("last", ".", "..") or os.sep in word]
    measures = [word.replace("-", "_") for word in words if word not in names]
    known = list(dict.fromkeys(("loss", _ACCURACY, *_SHORT, SPECTRUM, *measure_names())))
    for measure in measures:
        if measure not in known:
            raise UsageError(unknown("measure", measure, known))
    if len(measures) > 1:
        raise UsageError(f"plot draws one measure at a time, not {', '.join(measures)}")
    if not names:
        raise UsageError("plot needs a run: see grokterm plot --help")
    return names, measures[0] if measures else _ACCURACY


def print_at_end(out: TextIO, folder: RunFolder, history: History, options: ViewOptions) -> None:
    """Prints a small chart of the accuracies of a run that has ended, where `out` is a terminal."""
    if not out.isatty() or not len(history):
        return
    look = Look(min(AT_END[0], console_on(out).width), AT_END[1])
    try:
        print_runs(out, [Plotted("A", folder.id, "", history)], _ACCURACY, look, options, brief=True)
    except GroktermError as error:  # training has ended well all the same
        print(sanitize(str(error)), file=out)


def print_runs(
    out: TextIO, runs: Sequence[Plotted], measure: str, look: Look, options: ViewOptions, brief: bool = False
) -> None:
    """Prints title, chart and legend, `look.height` lines at most; raises RunFolderError where nothing can be drawn.

    With `brief` the legend takes the place of the run's name in the title.
    """
    alone = len(runs) == 1
    if measure == SPECTRUM:
        lines = [[_bars(run, number, len(runs))] for number, run in enumerate(runs)]
    else:
        lines = [_lines(run, number, measure, alone) for number, run in enumerate(runs)]
    _check(runs, [line.curve for of_run in lines for line in of_run], measure, look)
    console = console_on(out, options.color)
    graph = graph_on(out, options.graph)
    if measure == SPECTRUM and not alone and console.color_system is None:
        graph = "ascii"  # bars of dots do not say whose they are
    if graph == "ascii" and isinstance(out, TextIOWrapper):
        out.reconfigure(errors="replace")  # where there is no ²
    look = replace(
        look,
        height=look.height - (1 if brief else 1 + len(runs)),
        graph=graph,
        colors=console.color_system is not None and graph != "ascii",
        percent=measure.endswith(_ACCURACY),
    )
    # The first run lies on top, and what is faint below all else.
    drawn = sorted((line.curve for of_run in reversed(lines) for line in of_run), key=lambda curve: not curve.faint)
    title, chart = _title(runs, measure, brief), draw_chart(drawn, look)
    legend = [_legend(runs, i, lines, look) for i in range(len(runs))]
    for text in [title + legend[0], chart] if brief else [title, chart, *legend]:
        if console.is_terminal:
            console.print(text, no_wrap=True, overflow="ellipsis")
        else:
            console.print(text, soft_wrap=True)


def _read(folders: Sequence[RunFolder]) -> list[Plotted]:
    """The runs with letters; raises RunFolderError for a damaged one, and where they cannot be compared."""
    runs = compare(folders) if len(folders) > 1 else [ComparedRun(row, "A") for row in tree(folders)]
    for run in runs:
        run.read()
        if run.trouble:
            raise RunFolderError(run.trouble)
    differ = differences(runs)
    words = [", ".join(f"{found.name} {found.texts[i]}" for found in differ) for i in range(len(runs))]
    return [Plotted(run.letter, run.folder.id, words[i], run.history) for i, run in enumerate(runs)]


def _lines(run: Plotted, number: int, measure: str, alone: bool) -> list[Line]:
    """The curves of a run: in one color where there are others, those of the training pairs faint."""
    found = []
    columns = _columns(measure)
    for place, column in enumerate(columns):
        steps, values = measured(run.history, column)
        beside = place < len(columns) - 1
        color = (_TRAIN if beside else _TEST if len(columns) > 1 else COLORS[0]) if alone else COLORS[number]
        curve = Curve(run.letter.lower() if beside else run.letter, color, steps, values, faint=beside and not alone)
        name = ("last" if alone else "") if len(columns) == 1 else column.partition("_")[0]
        found.append(Line(curve, name, _live(values, column)))
    return found


def _columns(measure: str) -> tuple[str, ...]:
    """The columns that a word stands for, the one that matters most last; names of the log go before short ones."""
    return columns_of(measure) if measure in measure_names() else _SHORT.get(measure, (measure,))


def _bars(run: Plotted, number: int, count: int) -> Line:
    """The last spectrum of a run as bars, beside those of the other runs."""
    spectra = run.history.spectra
    norms = spectra.rows[-1].astype(np.float64) if len(spectra.steps) else np.empty(0)
    largest = int(np.nanargmax(norms)) if np.isfinite(norms).any() else -1
    live = "not logged" if largest < 0 else f"k {largest + 1} {norms[largest]:.3g} at step {spectra.steps[-1]:,.0f}"
    return Line(bar_curve(run.letter, COLORS[number], norms, number, count), "largest", live)


def _live(values: Floats, column: str) -> str:
    numbers = values[np.isfinite(values)]
    if not numbers.size:
        return "not logged"
    return percent(float(numbers[-1])) if column.endswith(_ACCURACY) else f"{numbers[-1]:.3g}"


def _check(runs: Sequence[Plotted], curves: Sequence[Curve], measure: str, look: Look) -> None:
    """Makes sure that there is something to draw; raises RunFolderError."""
    names = ", ".join(run.name for run in runs)
    if not any(len(run.history) for run in runs):
        raise RunFolderError(f"nothing is logged yet in {names}: plot it when it has trained")
    known = [curve.steps[np.isfinite(curve.values)] for curve in curves]
    if not any(steps.size for steps in known):
        raise RunFolderError(f"no {measure} is logged in {names}: it is not measured there, or not defined")
    if look.log_x and not any((steps > 0).any() for steps in known):
        raise RunFolderError(f"no step above 0 has a {measure} in {names}: leave out --log-x")
    if look.log_y and not any((curve.values > 0).any() for curve in curves):
        raise RunFolderError(f"no {measure} above 0 is logged in {names}: leave out --log-y")


def _title(runs: Sequence[Plotted], measure: str, brief: bool) -> Text:
    from rich.text import Text

    text = Text().append("last spectrum" if measure == SPECTRUM else f"{measure} over steps", "bold")
    if len(runs) == 1 and not brief:
        config = runs[0].history.config
        text.append(f"  {sanitize(runs[0].name)}: {config.task_words}, {config.arch}")
    return text


def _legend(runs: Sequence[Plotted], number: int, lines: Sequence[Sequence[Line]], look: Look) -> Text:
    """The line of a run: its name, its curves with their last values, and how it differs from the others."""
    from rich.text import Text

    run, text = runs[number], Text("  ")
    if len(runs) > 1:
        name = sanitize(run.name).ljust(max(len(sanitize(other.name)) for other in runs))
        text.append(f"{name}  ", COLORS[number])
    for place, line in reversed(list(enumerate(lines[number]))):
        wide = max(len(of_run[place].live) for of_run in lines)
        text.append_text(_key(line, look, len(runs) == len(lines[number]) == 1))
        text.append(f" {line.name} " if line.name else " ").append(line.live.ljust(wide), "bold").append("  ")
    text.append(run.words)
    text.rstrip()
    return text


def _key(line: Line, look: Look, alone: bool) -> Text:
    """A bit of the curve as it is drawn."""
    from rich.text import Text

    curve = line.curve
    drawn = look.colors or (alone and look.graph != "ascii")
    return Text("━" if drawn else curve.letter, f"{'dim ' if curve.faint else ''}{curve.color}")
