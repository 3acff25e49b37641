"""The report of a sweep: its plan, what became of its runs over the swept settings, curves, laws and the table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final

import numpy as np

from grokterm.config import Value, label
from grokterm.drawn.parts import Chart, Line, Look
from grokterm.errors import RunFolderError
from grokterm.number_format import counted, percent, spelled
from grokterm.report.charts import draw_chart
from grokterm.report.data import Data
from grokterm.report.markup import Markup, joined, table, tag
from grokterm.report.page import Head, Section, legend, page
from grokterm.report.story import foot
from grokterm.sweeps import fits
from grokterm.sweeps.cells import CellsReader, read_state
from grokterm.sweeps.curves import COLUMNS, read_curve
from grokterm.sweeps.folder import SweepFolder
from grokterm.sweeps.phases import MEANINGS, PHASES
from grokterm.sweeps.plan import BUDGET, Cell, Plan
from grokterm.sweeps.summaries import CellSummary, Marginal, bands, grouped, marginal, summary_of
from grokterm.sweeps.table import MEASURES, SweepTable

_COLORS: Final = dict(zip(PHASES, ("grokked", "generalizing", "memorizing", "collapsed"), strict=True))
_LINES: Final = ("run_a", "run_b", "run_c", "run_d", "run_e", "run_f")
_MOST_CELLS: Final = 48
"""Cells that have a curve."""
_MOST_ROWS: Final = 2_000
"""Runs that have a row."""


def sweep_report(folder: SweepFolder) -> tuple[bytes, int]:
    """The page of a sweep and how many of its runs it tells of; raises RunFolderError where none has ended."""
    plan = folder.plan()
    swept = SweepTable(plan)
    swept.add(CellsReader(folder.cells_path).read())
    if not len(swept):
        raise RunFolderError(f"no run of {folder.id} has ended yet: there is nothing to report")
    data = Data()
    sections = _sections(folder, swept, data)
    state = read_state(folder)
    words = [plan.words, counted(len(plan.cells), "cell"), f"{len(swept):,} of {counted(plan.run_count, 'run')}"]
    head = Head(
        folder.id,
        " · ".join(part for part in [*words, state.state if state else ""] if part),
        _tiles(summary_of(swept, range(len(swept)))),
        foot=foot(f"Sweep {folder.id}"),
    )
    return page(head, sections, data), len(swept)


def sections_of(folder: SweepFolder, data: Data) -> list[Section]:
    """What the page of a sweep holds, for one of several; raises RunFolderError where none of its runs has ended."""
    swept = SweepTable(folder.plan())
    swept.add(CellsReader(folder.cells_path).read())
    if not len(swept):
        raise RunFolderError(f"no run of {folder.id} has ended yet: there is nothing to report")
    return _sections(folder, swept, data)


def _sections(folder: SweepFolder, swept: SweepTable, data: Data) -> list[Section]:
    return [
        Section("plan", "Plan", _plan(swept.plan)),
        Section("phases", "What became of the runs", _diagrams(swept), "Phases"),
        Section("steps", "Steps to grok", _marginals(data, swept)),
        Section("laws", "Laws", _laws(swept)),
        Section("curves", "Curves", _curves(data, folder, swept)),
        Section("table", "All runs", _table(folder, swept)),
    ]


def _tiles(summary: CellSummary) -> list[tuple[str, str]]:
    found = [
        (f"{summary.ended:,}", "runs that ended"),
        (percent(summary.share) if np.isfinite(summary.share) else "–", "of them grokked (99 %)"),
        (_steps(summary.steps), "steps to grok, median"),
    ]
    return [*found, (f"{summary.failed:,}", "runs that failed")] if summary.failed else found


def _plan(plan: Plan) -> Markup:
    """The axes with their values, the seeds, and how the base differs from what its architecture begins with."""
    rows = [
        (" + ".join(map(label, axis.names)), ", ".join(" and ".join(map(spelled, each)) for each in axis.values))
        for axis in plan.axes
    ]
    rows.append(("seeds", f"{plan.base.seed} to {plan.base.seed + plan.seeds - 1}"))
    rows += [("where", plan.where)] if plan.where else []
    given = [(label(name), spelled(value)) for name, value in plan.given.items()]
    budget = [
        (label(name), spelled(value))
        for name, value in plan.base.as_dict().items()
        if name in BUDGET.keys() - plan.given
    ]
    return joined(
        [
            tag("h3", "What is swept"),
            table(("setting", "values"), rows),
            tag("h3", "What all runs have"),
            table(("setting", "value"), [*given, *budget]),
        ]
    )


def _diagrams(swept: SweepTable) -> Markup:
    """A phase diagram for each two swept settings, all others pooled; of one setting, a line."""
    names = list(dict.fromkeys(axis.names[0] for axis in swept.plan.axes))
    meaning = legend(*((_COLORS[phase], f"{phase}: {MEANINGS[phase]}") for phase in PHASES))
    pairs = list(combinations(names, 2)) or [(name, "") for name in names]
    return joined([meaning, *(_diagram(swept, x, y) for x, y in pairs)])


def _diagram(swept: SweepTable, x: str, y: str) -> Markup:
    cells = {key: summary_of(swept, rows) for key, rows in grouped(swept, [x, *([y] if y else [])]).items()}
    across = _ordered(key[0] for key in cells)
    down: Sequence[Value | None] = _ordered(key[1] for key in cells)[::-1] if y else [None]
    head = tag(
        "tr",
        tag("th", f"{label(y)} ↓  {label(x)} →" if y else label(x)),
        *(tag("th", spelled(value)) for value in across),
    )
    rows = [
        tag(
            "tr",
            tag("th", "" if high is None else spelled(high), class_="row"),
            *(_cell(cells.get((right,) if high is None else (right, high))) for right in across),
        )
        for high in down
    ]
    title = f"{label(x)} and {label(y)}" if y else label(x)
    grid = tag("div", tag("table", tag("tbody", head, *rows), class_="cells"), class_="scroll")
    return joined([tag("h3", f"{title}: share that grokked, and steps to grok (median)"), grid])


def _cell(summary: CellSummary | None) -> Markup:
    if summary is None or summary.phase is None:
        return tag("td", "–" if summary is None else "failed")
    words = tag("b", percent(summary.share)), tag("br"), _steps(summary.steps)
    return tag(
        "td", *words, class_=f"c-{_COLORS[summary.phase]}", title=f"{summary.phase}, {counted(summary.ended, 'run')}"
    )


def _marginals(data: Data, swept: SweepTable) -> Markup:
    """Steps to grok against each swept setting, over all values of the others."""
    drawn = []
    for name in swept.setting_names:
        found = marginal(swept, name)
        if all(isinstance(value, (int, float)) for value in found.values):
            drawn.append(_against(data, found))
        rows = [
            (spelled(value), f"{grokked} of {ended}", _steps(low), _steps(median), _steps(high))
            for value, grokked, ended, low, median, high in zip(
                found.values, found.grokked, found.ended, found.low, found.median, found.high, strict=True
            )
        ]
        head = (label(name), "grokked", "of ten, one sooner", "median", "of ten, one later")
        drawn.append(tag("div", table(head, rows, (0, 1, 2, 3, 4)), class_="view"))
    return (
        joined(drawn)
        if drawn
        else tag("p", "No setting is swept: the runs differ by the seed alone.", class_="undefined")
    )


def _against(data: Data, found: Marginal) -> Markup:
    """The share that grokked against the values of a setting and, where half of the runs did, their steps."""
    x = np.array([float(value) for value in found.values])
    log = bool((x > 0).all() and x.max() >= 10 * x.min())
    share = Line("share that grokked", "grokked", x, found.share, points=True)
    first = Chart(
        f"Share of the runs that grokked against {label(found.name)}",
        [share],
        look=Look(percent=True, log_x=log, unit=label(found.name), linked=False),
    )
    if not np.isfinite(found.median).any():
        return draw_chart(data, first)
    numbers = [np.where(np.isfinite(each), each, np.nan) for each in (found.low, found.median, found.high)]
    line = Line("median steps to grok", "test", x, numbers[1], points=True, band=(numbers[0], numbers[2]))
    look = Look(log_x=log, log_y=True, unit=label(found.name), linked=False)
    title = f"Steps to grok against {label(found.name)}, and the middle eight of ten runs"
    return joined([draw_chart(data, each) for each in (first, Chart(title, [line], look=look))])


def _laws(swept: SweepTable) -> Markup:
    """The power law and the critical value of each swept number, or why there is none."""
    rows = []
    for name in swept.setting_names:
        rows.append((label(name), "power law", fits.power_law(swept, name).words))
        rows.append((label(name), "critical value", fits.critical(swept, name).words))
    if not rows:
        return tag("p", "No setting is swept.", class_="undefined")
    return tag("div", table(("setting", "law", "what it says"), rows), class_="laws")


def _curves(data: Data, folder: SweepFolder, swept: SweepTable) -> Markup:
    """Test accuracy of the runs of every cell: median and the middle eight of ten, six cells a chart."""
    cells, most = swept.plan.cells, min(len(swept.plan.cells), _MOST_CELLS)
    shown = [cells[at * len(cells) // most] for at in range(most)]
    lines = [line for number, cell in enumerate(shown) if (line := _line(folder, swept, cell, number)) is not None]
    if not lines:
        return tag("p", "No run has a curve.", class_="undefined")
    parts = [lines[at : at + len(_LINES)] for at in range(0, len(lines), len(_LINES))]
    said = f"{most:,} of {len(cells):,} cells, evenly spread over the plan" if most < len(cells) else "every cell"
    lead = f"Test accuracy of {said}: the median of its seeds, and the middle eight of ten."
    drawn = [draw_chart(data, Chart("", part, look=Look(percent=True))) for part in parts]
    return joined([tag("p", lead, class_="muted"), tag("div", *drawn, class_="charts")])


def _line(folder: SweepFolder, swept: SweepTable, cell: Cell, number: int) -> Line | None:
    """The curve of a cell; None where none of its runs has one."""
    at = COLUMNS.index("test_accuracy")
    runs = [swept.runs[row] for row in swept.rows_of(cell.number) if swept.runs[row].curve[1]]
    found = bands([read_curve(folder.curves_path, run.curve) for run in runs])
    if not found.runs:
        return None
    name = ", ".join(f"{label(key)} {spelled(value)}" for key, value in cell.values.items()) or "all runs"
    ends = found.low[at], found.high[at]
    return Line(name, _LINES[number % len(_LINES)], found.steps, found.median[at].astype(np.float64), band=ends)


def _table(folder: SweepFolder, swept: SweepTable) -> Markup:
    """A row a run, in the order in which they ended; of very many the first, and how the others are had."""
    names = ("run", "cell", "seed", *swept.setting_names, "state", "phase", *MEASURES)
    values = [swept.values(row) for row in range(min(len(swept), _MOST_ROWS))]
    shown = [name for name in names if any(row[name] not in (None, "") for row in values)]
    rows = [[_value(row[name]) for name in shown] for row in values]
    right = [at for at, name in enumerate(shown) if name not in ("state", "phase")]
    head = [label(name) if name in swept.setting_names else name.replace("_", " ") for name in shown]
    words = f"The first {_MOST_ROWS:,} of {len(swept):,} runs; for all of them: "
    export = tag("code", f"grokterm export {folder.short_id} --to csv")
    more = [tag("p", words, export, class_="muted")] if len(swept) > _MOST_ROWS else []
    return joined([*more, table(head, rows, right)])


def _value(value: object) -> str:
    return spelled(value, 4) if isinstance(value, (int, float, str)) and value == value else ""


def _ordered(values: Iterator[Value]) -> list[Value]:
    """Values once: numbers ascending, words as they come."""
    found = list(dict.fromkeys(values))
    return sorted(found, key=float) if all(isinstance(value, (int, float)) for value in found) else found


def _steps(steps: float) -> str:
    if np.isnan(steps):
        return "–"
    return "never" if np.isinf(steps) else f"{steps:,.0f}"
