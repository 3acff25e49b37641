"""Sweeps as a notebook reads them."""

from __future__ import annotations

import csv
import math
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import msgspec
import numpy as np
import pytest

import grokterm
from grokterm.errors import ConfigError, GroktermError, MissingPackageError, RunFolderError
from grokterm.sweep_notebook import Sweep
from grokterm.sweeps.axes import read_axes
from grokterm.sweeps.cells import CellsWriter, write_state
from grokterm.sweeps.curves import COLUMNS
from grokterm.sweeps.fits import Critical, PowerLaw
from grokterm.sweeps.plan import Plan, PlannedRun
from grokterm.wire.swept import SweepState
from tests.needs import PANDAS, PYARROW, need
from tests.sweeps.swept import ended, failed, folder_by, plan_of


def plan() -> Plan:
    return plan_of("wd=1,0.1,0.3", "frac=0.3,0.5", "op=add,multiply", seeds=2, p=31)


def steps(run: PlannedRun) -> float | None:
    """Faster with more decay; never at the smallest fraction with the smallest decay."""
    decay, fraction = float(run.cell.values["weight_decay"]), float(run.cell.values["train_fraction"])
    return None if (decay, fraction) == (0.1, 0.3) else 1_500 / decay * (1 + 0.01 * run.seed)


@pytest.fixture
def sweep(tmp_path: Path) -> Sweep:
    folder_by(tmp_path, plan(), steps)
    return grokterm.open_sweep("last", runs=tmp_path)


def test_a_sweep_is_found_as_a_run_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_by(tmp_path, plan(), steps)
    monkeypatch.setenv("GROKTERM_HOME", str(tmp_path))
    for name in ("last", "1", "s1", folder.id, folder.path):
        assert grokterm.open_sweep(name).id == folder.id
    with pytest.raises(RunFolderError, match="there is no sweep '9'"):
        grokterm.open_sweep("9")
    with pytest.raises(RunFolderError, match="there is no sweep in"):
        grokterm.open_sweep(runs=tmp_path / "nowhere")


def test_it_says_how_it_stands(tmp_path: Path) -> None:
    folder = folder_by(tmp_path, plan(), steps)
    assert repr(grokterm.open_sweep(runs=tmp_path)) == f"<sweep {folder.id}: 24 of 24 runs>"
    write_state(folder, SweepState(state="finished", finished=24, total=24))
    sweep = grokterm.open_sweep(runs=tmp_path)
    assert repr(sweep) == f"<sweep {folder.id}: 24 of 24 runs, finished>"
    assert sweep.state is not None
    assert sweep.plan.axes == plan().axes


def test_the_table_has_a_column_a_setting_and_a_measure(sweep: Sweep) -> None:
    table = sweep.table
    assert list(table)[:6] == ["run", "cell", "seed", "weight_decay", "train_fraction", "op"]
    assert {len(column) for column in table.values()} == {24}
    assert [table[name].dtype.kind for name in ("run", "weight_decay", "op")] == ["i", "f", "U"]
    never = np.isnan(table["grokked_step_99"])
    assert never.sum() == 4
    assert set(table["phase"][never]) == {"memorization"}
    assert set(zip(table["weight_decay"][never], table["train_fraction"][never], strict=True)) == {(0.1, 0.3)}


def test_the_table_as_a_data_frame(sweep: Sweep) -> None:
    need(find_spec("pandas"), PANDAS)
    frame = sweep.table.to_pandas()
    assert list(frame.columns) == list(sweep.table)
    assert frame.groupby("weight_decay")["grokked_step_99"].count().to_dict() == {0.1: 4, 0.3: 8, 1.0: 8}


def test_without_a_package_one_sentence_says_which(
    sweep: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingPackageError, match=r"^pandas is not installed: pip install pandas, or"):
        sweep.table.to_pandas()
    with pytest.raises(ImportError, match=r"pip install 'grokterm\[parquet\]', or write CSV$"):
        sweep.to_parquet(tmp_path / "table.parquet")
    assert not (tmp_path / "table.parquet").exists()


def test_the_curves_of_all_seeds_of_a_cell(sweep: Sweep) -> None:
    first = sweep.plan.base.seed
    curves = sweep.curves(0)
    assert list(curves) == [first, first + 1]
    curve = curves[first + 1]
    assert curve.dtype.names == COLUMNS
    record = next(run for run in sweep._table.runs if (run.cell, run.seed) == (0, first + 1))
    assert curve["step"].tolist() == [0, record.step // 2, record.step]
    assert curve["test_accuracy"][-1] == 1
    with pytest.raises(RunFolderError, match="has cells 0 to 11, and 12 is none of them"):
        sweep.curves(12)


def test_a_phase_diagram_says_what_is_held_and_what_is_pooled(sweep: Sweep) -> None:
    found = sweep.phase_diagram("wd", "frac")
    assert (found.x_name, found.y_name) == ("weight_decay", "train_fraction")
    assert (found.x, found.y) == ((0.1, 0.3, 1), (0.3, 0.5))
    assert found.phase.tolist() == [["memorization", "grokking", "grokking"], ["grokking"] * 3]
    assert found.share.tolist() == [[0, 1, 1], [1, 1, 1]]
    assert found.ended.tolist() == [[4] * 3] * 2
    assert found.steps[0, 0] == math.inf
    first = sweep.plan.base.seed
    assert found.steps[1, 2] == pytest.approx(1_500 * (1 + 0.01 * (first + 0.5)))
    assert (found.held, found.pooled) == ({}, ("op",))
    assert found.words == "pooled over op"
    held = sweep.phase_diagram("frac", "wd", op="multiply")
    assert held.ended.tolist() == [[2] * 2] * 3
    assert held.words == "held at op multiply"
    np.testing.assert_array_equal(held.share, found.share.T)


def test_cells_without_a_run_are_empty(tmp_path: Path) -> None:
    small = plan_of("wd=0.1,1", "frac=0.3,0.5", seeds=1, p=31)
    folder = folder_by(tmp_path, small, steps)
    folder.cells_path.unlink()
    writer = CellsWriter(folder.cells_path)
    writer.append(ended(small, small.run(0), 500))
    writer.append(failed(small, small.run(3)))
    writer.close()
    found = grokterm.open_sweep(runs=tmp_path).phase_diagram("wd", "frac")
    assert found.phase.tolist() == [["comprehension", ""], ["", ""]]
    assert np.isnan(found.share).tolist() == [[False, True], [True, True]]
    assert found.ended.tolist() == [[1, 0], [0, 0]]
    assert grokterm.open_sweep(runs=tmp_path).curves(3) == {}


def test_the_laws_of_a_sweep(sweep: Sweep) -> None:
    law = sweep.fit("wd", frac=0.5)
    assert isinstance(law, PowerLaw)
    assert law.exponent == pytest.approx(-1, abs=0.01)
    assert (law.runs, law.censored) == (12, 0)
    pooled = sweep.fit("weight_decay")
    assert isinstance(pooled, PowerLaw)
    assert (pooled.runs, pooled.censored) == (24, 4)
    half = sweep.critical("frac", wd=0.1)
    assert isinstance(half, Critical)
    assert (half.low, half.high, half.separated) == (0.3, 0.5, True)
    assert sweep.critical("frac", wd=1).words == "all of the 8 runs grok at every frac"


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda sweep: sweep.fit("lr"), "does not sweep 'lr': choose weight_decay, train_fraction, op"),
        (
            lambda sweep: sweep.fit("decay"),
            "does not sweep 'decay': choose weight_decay, train_fraction, op; did you mean weight_decay",
        ),
        (lambda sweep: sweep.fit("wd", frac=0.4), "no cell of .* has train_fraction 0.4: choose 0.3, 0.5"),
        (lambda sweep: sweep.phase_diagram("wd", "weight_decay"), "both are weight_decay"),
        (lambda sweep: sweep.phase_diagram("wd", "frac", wd=1), "weight_decay is an axis"),
        (lambda sweep: sweep.critical("frac", p=31), "does not sweep 'p'"),
        (lambda sweep: sweep.curves("3"), "a cell is a whole number"),
    ],
)
def test_what_cannot_be_asked_gets_one_sentence(sweep: Sweep, ask: object, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        ask(sweep)  # type: ignore[operator]
    assert "\n" not in str(caught.value)


def test_csv_has_every_digit_and_nothing_for_what_is_not_there(sweep: Sweep, tmp_path: Path) -> None:
    path = sweep.to_csv(tmp_path / "table.csv")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 24
    for row, run in zip(rows, sweep._table.runs, strict=True):
        assert int(row["run"]) == run.run
        assert row["grokked_step_99"] == ("" if run.grokked_step_99 is None else str(run.grokked_step_99))
        assert float(row["weight_decay"]) == sweep.plan.cells[run.cell].values["weight_decay"]
        assert row["test_loss"] == ""
    assert path.stat().st_mode & 0o777 == 0o600


def test_parquet_tells_whole_numbers_numbers_and_words_apart(sweep: Sweep, tmp_path: Path) -> None:
    need(find_spec("pyarrow"), PYARROW)
    path = sweep.to_parquet(tmp_path / "table.parquet")
    table = import_module("pyarrow.parquet").read_table(path)
    assert table.column_names == list(sweep.table)
    kinds = [str(table.schema.field(name).type) for name in ("run", "weight_decay", "op", "grokked_step_99", "seconds")]
    assert kinds == ["int64", "double", "string", "int64", "double"]
    assert table["grokked_step_99"].to_pylist() == [run.grokked_step_99 for run in sweep._table.runs]


def test_no_export_takes_the_place_of_a_file_unasked(sweep: Sweep, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("precious")
    with pytest.raises(RunFolderError, match="is there already: choose another name, or overwrite=True"):
        sweep.to_csv(path)
    assert path.read_text() == "precious"
    sweep.to_csv(path, overwrite=True)
    assert path.read_text().startswith("run,cell,seed,")
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "elsewhere.csv")
    with pytest.raises(RunFolderError, match="is there already"):
        sweep.to_csv(link)
    assert not (tmp_path / "elsewhere.csv").exists()
    assert not list(tmp_path.glob(".*part*"))


def test_an_export_that_cannot_be_written_leaves_nothing(sweep: Sweep, tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="cannot be written: no such file or directory"):
        sweep.to_csv(tmp_path / "nowhere" / "table.csv")
    assert not (tmp_path / "nowhere").exists()


def test_a_record_of_no_cell_is_refused(tmp_path: Path) -> None:
    folder = folder_by(tmp_path, plan(), steps)
    writer = CellsWriter(folder.cells_path)
    writer.append(msgspec.structs.replace(failed(plan(), plan().run(0)), run=99, cell=99))
    writer.close()
    with pytest.raises(GroktermError, match="has a run of cell 99, which the plan does not have"):
        grokterm.open_sweep(runs=tmp_path)


def test_settings_that_go_together_are_one_axis(tmp_path: Path) -> None:
    axes = read_axes(["lr=1e-3,2e-3,4e-3", "wd=4,2,1", "frac=0.3,0.5"], ["lr,wd"])
    folder_by(tmp_path, Plan({"p": 7}, axes, 2), lambda run: 1000 / (1 + run.cell.point[0]) + run.seed)
    sweep = grokterm.open_sweep("last", runs=tmp_path)
    assert sweep.phase_diagram("wd", "frac").words == "no other setting is swept"
    law = sweep.fit("wd")
    assert isinstance(law, PowerLaw)
    assert law.along == "lr+wd"
    assert " along lr+wd (" in law.words


def test_a_sweep_of_seeds_alone_says_that_nothing_is_swept(tmp_path: Path) -> None:
    folder_by(tmp_path, plan_of(seeds=2), lambda run: 500)
    with pytest.raises(ConfigError, match="sweeps no setting: its runs differ by the seed alone"):
        grokterm.open_sweep("last", runs=tmp_path).phase_diagram("wd", "frac")
