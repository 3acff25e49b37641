"""cells.jsonl, curves.f32 and state.json: what is torn, cut, damaged or written twice."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from grokterm.errors import RunFolderError
from grokterm.sweeps.cells import CellsReader, CellsWriter, read_state, write_state
from grokterm.sweeps.curves import COLUMNS, POINTS, CurveWriter, Thinning, curve_end, read_curve
from grokterm.sweeps.folder import SweepFolder
from grokterm.wire.swept import SweepState, SweptRun, encode_run


def record(run: int, **values: Any) -> SweptRun:
    common = {"cell": run, "seed": 0, "values": {"lr": 0.1}, "state": "finished", "step": 10}
    return SweptRun(**{"run": run, **common, **values})


def test_records_are_followed_and_a_torn_line_waits(tmp_path: Path) -> None:
    path = tmp_path / "cells.jsonl"
    reader = CellsReader(path)
    assert reader.read() == []
    writer = CellsWriter(path)
    writer.append(record(0), record(1))
    assert reader.read() == [record(0), record(1)]
    with path.open("ab") as file:
        file.write(encode_run(record(2))[:20])
    assert reader.read() == []
    with path.open("ab") as file:
        file.write(encode_run(record(2))[20:])
    assert reader.read() == [record(2)]


def test_a_torn_line_is_cut_off_by_the_next_writer(tmp_path: Path) -> None:
    path = tmp_path / "cells.jsonl"
    path.write_bytes(encode_run(record(0)) + encode_run(record(1))[:30])
    writer = CellsWriter(path)
    writer.append(record(5))
    assert CellsReader(path).read() == [record(0), record(5)]
    writer.close()


def test_the_first_record_of_a_run_counts(tmp_path: Path) -> None:
    path = tmp_path / "cells.jsonl"
    CellsWriter(path).append(record(0), record(1), record(0, step=99))
    reader = CellsReader(path)
    assert reader.read() == [record(0), record(1)]
    CellsWriter(path).append(record(1, step=3), record(2))
    assert reader.read() == [record(2)]


@pytest.mark.parametrize(
    "line", [b"{}\n", b"null\n", b'{"run": 1}\n', b"\xff\n", b"x" * 70_000 + b"\n", b"[" * 9000 + b"\n"]
)
def test_a_damaged_line_is_told_of_with_its_number(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "cells.jsonl"
    path.write_bytes(encode_run(record(0)) + line)
    with pytest.raises(RunFolderError, match=re.escape(f"line 2 of {path}")):
        CellsReader(path).read()


def test_files_are_the_users_alone_and_no_link_is_followed(tmp_path: Path) -> None:
    CellsWriter(tmp_path / "cells.jsonl")
    CurveWriter(tmp_path / "curves.f32", 0)
    write_state(SweepFolder(tmp_path), SweepState(state="running"))
    for path in tmp_path.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    for name in ("a.jsonl", "a.f32"):
        (tmp_path / name).symlink_to(elsewhere)
    with pytest.raises(RunFolderError, match="it is a link, not a file"):
        CellsWriter(tmp_path / "a.jsonl")
    with pytest.raises(RunFolderError, match="it is a link, not a file"):
        CurveWriter(tmp_path / "a.f32", 0)
    with pytest.raises(RunFolderError, match="it is a link, not a file"):
        CellsReader(tmp_path / "a.jsonl").read()
    assert elsewhere.read_text() == "mine"


def test_curves_are_where_their_places_say(tmp_path: Path) -> None:
    path = tmp_path / "curves.f32"
    curves = [np.random.default_rng(n).random((len(COLUMNS), n)).astype(np.float32) for n in (3, 0, 200, 1)]
    writer = CurveWriter(path, 0)
    places = [*writer.append(*curves[:2]), *writer.append(*curves[2:])]
    for curve, place in zip(curves, places, strict=True):
        assert np.array_equal(read_curve(path, place), curve)
    writer.close()
    os.truncate(path, path.stat().st_size + 100)  # what a dead writer left
    again = CurveWriter(path, curve_end(places[-1]))
    (place,) = again.append(curves[0])
    assert np.array_equal(read_curve(path, place), curves[0])
    assert np.array_equal(read_curve(path, places[2]), curves[2])


def test_a_file_of_curves_that_was_cut_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "curves.f32"
    (place,) = CurveWriter(path, 0).append(np.zeros((len(COLUMNS), 5), dtype=np.float32))
    os.truncate(path, 50)
    with pytest.raises(RunFolderError, match="ends before the curve at byte 0: it was cut"):
        read_curve(path, place)
    with pytest.raises(RunFolderError, match="its curves are lost"):
        CurveWriter(path, curve_end(place))
    for wrong in ((-4, 3), (0, 10**9), (0, -1)):
        with pytest.raises(RunFolderError, match="has no curve at"):
            read_curve(path, wrong)


@given(some.integers(1, 3000))
def test_a_curve_is_thinned_evenly_and_keeps_its_ends(points: int) -> None:
    thinning = Thinning()
    for step in range(points):
        thinning.add((10.0 * step, *(float(step),) * (len(COLUMNS) - 1)))
    steps = thinning.curve()[0]
    assert min(points, POINTS // 2) <= len(steps) <= POINTS
    assert (steps[0], steps[-1]) == (0, 10 * (points - 1))
    assert len(set(np.diff(steps)[:-1])) <= 1
    assert (np.diff(steps) > 0).all()


def test_a_state_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    folder = SweepFolder(tmp_path)
    assert read_state(folder) is None
    state = SweepState(state="running", running=(3, 4), total=9, runs_per_hour=12.5)
    write_state(folder, state)
    assert read_state(folder) == state
    folder.state_path.write_bytes(b'{"state": "asleep"}')
    assert read_state(folder) is None
