"""The report of a sweep: plan, phase diagrams, laws, curves and the table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from grokterm.errors import RunFolderError
from grokterm.report.sweep_report import sweep_report
from grokterm.sweeps import fits
from grokterm.sweeps.cells import CellsReader
from grokterm.sweeps.folder import create_sweep
from grokterm.sweeps.plan import PlannedRun
from grokterm.sweeps.table import SweepTable
from tests.report.read import Elements, array, data_of, lines_of
from tests.sweeps.swept import folder_by, plan_of


def groks(run: PlannedRun) -> float | None:
    """Sooner with more weight decay, and never with the least."""
    decay = float(run.cell.values["weight_decay"])
    return None if decay < 0.5 else 4_000 / decay + 10 * run.seed


def test_it_tells_the_plan_the_phases_and_every_run(home: Path) -> None:
    plan = plan_of("wd=0.1,1,2,4", "lr=1e-3,1e-2", seeds=3)
    folder = folder_by(home, plan, groks)
    content, runs = sweep_report(folder)
    elements = Elements(content.decode())
    assert runs == 24
    for words in ("0.1, 1, 2, 4", "1e-3, 0.01", "75.0 %", "never", "4,010", "1,010", "share that grokked"):
        assert words in elements.words
    swept = SweepTable(plan)
    swept.add(CellsReader(folder.cells_path).read())
    for name in ("weight_decay", "lr"):
        for law in (fits.power_law(swept, name), fits.critical(swept, name)):
            assert law.words in elements.words
    diagram = [attributes["title"] for attributes in elements.named("td") if attributes.get("title")]
    assert diagram == [f"{phase}, 3 runs" for phase in ("memorization", "grokking", "grokking", "comprehension")] * 2


def test_curves_are_the_numbers_of_the_sweep(home: Path) -> None:
    folder = folder_by(home, plan_of("wd=0.1,1,2,4", seeds=3), groks)
    data = data_of(sweep_report(folder)[0])
    lines = lines_of(data)
    steps, medians = lines["median steps to grok"]
    np.testing.assert_array_equal(steps, [0.1, 1, 2, 4])
    np.testing.assert_array_equal(medians, [np.nan, 4010, 2010, 1010])
    np.testing.assert_array_equal(lines["share that grokked"][1], [0, 1, 1, 1])
    assert {"weight decay 0.1", "weight decay 4"} <= lines.keys()
    assert lines["weight decay 4"][1][-1] == 1
    assert all(array(data, name).size for name in data["arrays"])


def test_words_of_a_sweep_are_no_markup(home: Path) -> None:
    folder = folder_by(home, plan_of("activation=relu,gelu"), lambda run: 500)
    moved = folder.path.rename(folder.path.with_name("s0001-<script>alert(1)<"))
    elements = Elements(sweep_report(type(folder)(moved))[0].decode())
    assert len(elements.named("script")) == 2
    assert "s0001-<script>alert(1)<" in elements.words


def test_a_sweep_of_seeds_alone_has_a_report(home: Path) -> None:
    content, runs = sweep_report(folder_by(home, plan_of(seeds=4), lambda run: 700))
    assert runs == 4
    assert "No setting is swept" in content.decode()


def test_without_runs_there_is_nothing_to_report(home: Path) -> None:
    folder = create_sweep(plan_of("wd=1,2"), home)
    with pytest.raises(RunFolderError, match=r"no run of .* has ended yet: there is nothing to report"):
        sweep_report(folder)


def test_a_large_sweep_says_what_it_leaves_out(home: Path) -> None:
    decays = ",".join(f"{0.01 * at:g}" for at in range(1, 51))
    folder = folder_by(home, plan_of(f"wd={decays}", seeds=41), lambda run: 500)
    content, runs = sweep_report(folder)
    elements = Elements(content.decode())
    assert runs == 2050
    assert "48 of 50 cells, evenly spread over the plan" in elements.words
    assert (
        f"The first 2,000 of 2,050 runs; for all of them:  grokterm export {folder.short_id} --to csv" in elements.words
    )
    assert len(content) < 2_000_000
