"""The report of a reproduction: what is claimed, what came, by which rule, and the runs and sweeps that decide it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from grokterm.config import settings
from grokterm.drawn.parts import Chart, Line, Look
from grokterm.errors import GroktermError, RunFolderError
from grokterm.number_format import clock, counted
from grokterm.report.charts import draw_chart
from grokterm.report.data import Data
from grokterm.report.markup import Markup, joined, table, tag
from grokterm.report.page import Head, Section, page
from grokterm.report.story import foot
from grokterm.report.sweep_report import sections_of
from grokterm.reproductions.folder import KeptRun, Reproduced, ReproductionFolder, Row
from grokterm.reproductions.registry import reproductions
from grokterm.reproductions.rules import VERDICTS
from grokterm.runs.history import History, read_history

_COLORS: Final = {"PASS": "grokked", "NEAR": "warning", "FAIL": "error"}
_LINES: Final = ("run_a", "run_b", "run_c", "run_d", "run_e", "run_f")
_MOST: Final = 6
"""Curves of a chart."""


def reproduction_report(folder: ReproductionFolder) -> tuple[bytes, Reproduced]:
    """The page of a reproduction and what it tells of; raises RunFolderError where it has come to no end."""
    about = folder.read()
    if not about.rows:
        raise RunFolderError(f"{folder.id} is not finished: grokterm reproduce --resume {folder.short_id} goes on")
    data = Data()
    sections = [
        Section("claims", "Claims and figures", joined(map(_claim, about.rows)), "Claims"),
        *_explained(about),
        *_runs(folder, about, data),
        *_sweeps(folder, about, data),
    ]
    head = Head(folder.id, _words(about), _tiles(about), foot=foot(f"Reproduction {folder.id}"))
    return page(head, sections, data), about


def _words(about: Reproduced) -> str:
    scale = "smaller and shorter than published (--quick)" if about.quick else "as it is published"
    return " · ".join([about.preset, scale, counted(about.seeds, "seed"), about.machine, f"grokterm {about.version}"])


def _tiles(about: Reproduced) -> list[tuple[str, str]]:
    found = Counter(row.verdict for row in about.rows)
    took = [] if about.ended is None else [(clock(about.ended - about.begun), "of training")]
    return [*((str(found[verdict]), verdict) for verdict in VERDICTS), *took]


def _claim(row: Row) -> Markup:
    """A claim with its verdict, figures and rule."""
    figures = table(["published", "ours", "rule"], [(row.published, row.shown, row.rule)])
    verdict = tag("span", row.verdict, class_=f"what c-{_COLORS[row.verdict]}")
    notes = [tag("p", row.note, class_="muted")] if row.note else []
    return tag(
        "div", tag("h3", verdict, " ", row.words), tag("p", row.source, class_="muted"), figures, *notes, class_="view"
    )


def _explained(about: Reproduced) -> Iterator[Section]:
    known = reproductions().get(about.preset)
    if known is not None and known.why:
        yield Section("why", "Why figures differ", tag("p", known.why))


def _runs(folder: ReproductionFolder, about: Reproduced, data: Data) -> Iterator[Section]:
    """A chart of test accuracy for each study of whole runs, and what its runs are."""
    studies = dict.fromkeys(run.study for run in about.runs)
    for at, study in enumerate(studies):
        kept = [run for run in about.runs if run.study == study]
        histories = [(run, _history(folder, run)) for run in kept]
        there = [(run, history) for run, history in histories if history is not None]
        parts = [_curves(data, there[:_MOST])] if there else []
        rows = [(run.run, str(run.seed), _changed(run), run.line) for run in kept]
        parts.append(table(["run", "seed", "changed", "line that trains it again"], rows, numbers=[1]))
        yield Section(f"study-{at}", f"Runs: {study}", joined(parts), study)


def _history(folder: ReproductionFolder, run: KeptRun) -> History | None:
    """The log of a run; none where it cannot be read."""
    try:
        return read_history(folder.run(run))
    except GroktermError:
        return None


def _curves(data: Data, runs: list[tuple[KeptRun, History]]) -> Markup:
    lines = [
        Line(_name(run), color, history.column("step"), history.column("test_accuracy"))
        for color, (run, history) in zip(_LINES, runs, strict=False)
    ]  # fmt: skip
    return draw_chart(data, Chart("Test accuracy", lines, look=Look(percent=True, linked=False)))


def _name(run: KeptRun) -> str:
    return ", ".join(part for part in (f"seed {run.seed}", _changed(run)) if part)


def _changed(run: KeptRun) -> str:
    return ", ".join(f"{name} {value}" for name, value in run.changed.items() if name in settings())


def _sweeps(folder: ReproductionFolder, about: Reproduced, data: Data) -> Iterator[Section]:
    for at, study in enumerate(about.sweeps):
        try:
            sections = sections_of(folder.sweep(study, about), data)
        except RunFolderError as error:
            sections = [Section("sweep", "Sweep", tag("p", str(error)))]
        for section in sections:
            title = f"{study}: {section.title}"
            yield Section(
                f"sweep-{at}-{section.name}", title, section.body, f"{study}: {section.short or section.title}"
            )
