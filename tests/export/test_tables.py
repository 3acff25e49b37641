"""Tables of a run, opened by what they are for, against the lines of its log."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from grokterm.export.formats import FORMATS
from grokterm.export.run_table import RunTable
from grokterm.runs.folder import RunFolder
from grokterm.runs.history import COLUMNS, PROGRESS, STRUCTURE, read_history
from grokterm.wire.records import PluginMeasures, Session, encode_record
from tests.needs import PYARROW, TENSORBOARD, need
from tests.runs.logged import logged as logged_run

Row = dict[str, float]
KINDS = {"scalars": "scalars", "circuit": "progress", "structure": "structure", "plugin": "plugins"}


def logged(folder: RunFolder) -> dict[int, Row]:
    """The numbers of the log by step and name, read plainly."""
    found: dict[int, Row] = {}
    for line in folder.log_path.read_text().splitlines():
        record = json.loads(line)
        if record["kind"] not in KINDS:
            continue
        row = found.setdefault(record["step"], {})
        row |= {f"squared_weights.{name}": x for name, x in record.pop("squared_weights", {}).items()}
        row |= {name: x for name, x in record.items() if isinstance(x, float | int) and name != "step"}
    return found


def exported(folder: RunFolder, to: str, path: Path) -> Path:
    FORMATS[to].write(folder, path, None, "choose another")
    return path


def from_csv(path: Path) -> dict[int, Row]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {int(row.pop("step")): {name: float(x) for name, x in row.items() if x} for row in rows}


def from_jsonl(path: Path) -> dict[int, Row]:
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return {row.pop("step"): {name: x for name, x in row.items() if x is not None} for row in rows}


def from_parquet(path: Path) -> dict[int, Row]:
    need(find_spec("pyarrow"), PYARROW)
    table = import_module("pyarrow.parquet").read_table(path)
    assert {str(field.type) for field in table.schema} == {"int64", "double"}
    assert json.loads(table.schema.metadata[b"config"])["p"] == 11
    rows: list[dict[str, Any]] = table.to_pylist()
    return {row.pop("step"): {name: x for name, x in row.items() if x is not None} for row in rows}


@pytest.mark.parametrize(
    ("to", "read"),
    [("csv", from_csv), ("jsonl", from_jsonl), ("parquet", from_parquet)],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_table_holds_every_number_of_the_log(
    to: str, read: Callable[[Path], dict[int, Row]], run: RunFolder, tmp_path: Path
) -> None:
    if to == "parquet":
        need(find_spec("pyarrow"), PYARROW)
    found, expected = read(exported(run, to, tmp_path / "table")), logged(run)
    assert list(found) == sorted(expected)
    assert found == expected
    names = {name for row in expected.values() for name in row}
    assert {"squared_weights.E_a", "squared_weights.0.W_Q", "softmax_collapse", "explained_neurons"} <= names


def test_columns_are_there_whatever_was_measured(run: RunFolder, tmp_path: Path) -> None:
    header = exported(run, "csv", tmp_path / "table.csv").read_text().splitlines()[0].split(",")
    plain = [name for name in (*COLUMNS, *PROGRESS, *STRUCTURE) if name != "step"]
    assert header[: len(plain) + 1] == ["step", *plain]
    assert len(set(header)) == len(header)


def test_measures_of_plugins_are_columns_too(home: Path, tmp_path: Path) -> None:
    more = [PluginMeasures(20, {"margin": 0.25, "depth": None}), PluginMeasures(40, {"margin": -1.5, "depth": 3.0})]
    table = from_csv(exported(logged_run(home, 50, more), "csv", tmp_path / "table.csv"))
    assert {step: row.get("margin") for step, row in table.items()} == dict.fromkeys(range(0, 51, 10)) | {
        20: 0.25,
        40: -1.5,
    }
    assert [step for step, row in table.items() if "depth" in row] == [40]


def test_of_two_records_of_one_step_the_later_counts(run: RunFolder) -> None:
    line = next(line for line in run.log_path.read_text().splitlines() if '"step":20,' in line and "scalars" in line)
    with run.log_path.open("a") as log:
        log.write(json.dumps(json.loads(line) | {"train_loss": 7.5}) + "\n")
    table = RunTable(read_history(run))
    assert table.steps.tolist().count(20) == 1
    assert table.numbers(table.steps.tolist().index(20))["train_loss"] == 7.5


def test_tensorboard_opens_event_files(run: RunFolder, tmp_path: Path) -> None:
    need(find_spec("tensorboard"), TENSORBOARD)
    with run.log_path.open("ab") as log:
        log.write(encode_record(Session(0, "started", "[red]started", 1.8e9)))
    folder = exported(run, "tensorboard", tmp_path / "events")
    assert len(list(folder.iterdir())) == 1
    accumulator = import_module("tensorboard.backend.event_processing.event_accumulator")
    events = accumulator.EventAccumulator(str(folder), size_guidance={accumulator.TENSORS: 0, accumulator.SCALARS: 0})
    events.Reload()
    expected, table = logged(run), RunTable(read_history(run))
    seen: dict[int, Row] = {}
    for name, group in table.groups.items():
        tag = f"{group}/{name.removeprefix('squared_weights.')}"
        if tag not in events.Tags()["scalars"]:
            assert not any(name in row for row in expected.values())
            continue
        for one in events.Scalars(tag):
            seen.setdefault(one.step, {})[name] = one.value
    assert seen.keys() == expected.keys()
    for step, row in expected.items():
        assert seen[step] == pytest.approx(row, rel=1e-6)
    words = [one.tensor_proto.string_val[0].decode() for one in events.Tensors("events")]
    assert any("architecture mlp → transformer" in word for word in words)
    assert all(line.startswith("    ") for word in words for line in word.splitlines())  # code, and no Markdown
    last = events.Scalars("scalars/train_loss")[-1]
    assert last.wall_time == pytest.approx(1.8e9 + expected[last.step]["seconds"], abs=1e-3)


def test_the_loader_of_tensorboard_finds_every_record_whole(run: RunFolder, tmp_path: Path) -> None:
    need(find_spec("tensorboard"), TENSORBOARD)
    (path,) = exported(run, "tensorboard", tmp_path / "events").iterdir()
    loader = import_module("tensorboard.backend.event_processing.event_file_loader").EventFileLoader
    events = list(loader(str(path)).Load())
    assert events[0].file_version == "brain.Event:2"
    assert sum(bool(event.summary.value) for event in events) == len(events) - 1
    assert not any(math.isnan(value.simple_value) for event in events for value in event.summary.value)
