"""One line a run, whatever state its files are in."""

from __future__ import annotations

from pathlib import Path

import pytest

from grokterm.config import Config
from grokterm.runs.checkpoints import CheckpointInfo, config_hash, save_checkpoint
from grokterm.runs.folder import RunFolder, create_run, runs_home
from grokterm.runs.log import LogWriter
from grokterm.runs.summary import summarize
from grokterm.view_options import ViewOptions
from grokterm.wire.records import Change, Event, Record, Scalars, Session
from tests.measured import measured


def scalars(step: int, test: float = 0.25) -> Scalars:
    return measured(
        step,
        1.0,
        train_loss=0.1,
        test_loss=0.2,
        train_accuracy=1.0,
        test_accuracy=test,
        sum_squared_weights=3.0,
        gradient_norm=4.0,
    )


STARTED = Session(0, "started", "", 0.0)


def run_with(records: list[Record], config: Config | None = None) -> RunFolder:
    run = create_run(config or Config(), ViewOptions(), runs_home())
    writer = LogWriter(run.log_path)
    for record in records:
        writer.append(record)
    writer.close()
    return run


STUCK = Event(7, "not_finite", "no longer finite")
STOPPED = Session(9, "stopped", "stopped", 2.0)


def change(**values: float) -> Change:
    return Change(7, {**values}, {}, False, False, "")


@pytest.mark.parametrize(
    ("records", "state", "words"),
    [
        ([], "new", ""),
        ([STARTED, scalars(0), scalars(10)], "died", "Illegal instruction"),
        ([STARTED, scalars(10), Session(10, "finished", "grokked", 1.0)], "finished", ""),
        ([STARTED, scalars(10), Session(12, "stopped", "stopped", 1.0)], "stopped", ""),
        ([STARTED, Session(0, "failed", "no such device", 1.0)], "failed", "no such device"),
        ([STARTED, Session(5, "stopped", "", 1.0), Session(5, "noted", "room", 1.0)], "stopped", ""),
        ([STARTED, scalars(5), STUCK, STOPPED], "diverged", "no longer finite"),
        ([STARTED, scalars(5), STUCK, Session(7, "paused", "", 1.0)], "diverged", "no longer finite"),
        ([STARTED, scalars(5), STUCK, change(pace=30.0), STOPPED], "diverged", "no longer finite"),
        ([STARTED, scalars(5), STUCK, change(lr=1e-4), STOPPED], "stopped", ""),
        ([STARTED, scalars(5), STUCK, change(lr=1e-4), scalars(9), STOPPED], "stopped", ""),
        ([STARTED, scalars(5), STUCK, Session(7, "failed", "no such device", 1.0)], "failed", "no such device"),
    ],
)
def test_how_a_run_ended(folders: Path, records: list[Record], state: str, words: str) -> None:
    run = run_with(records)
    if state == "died":
        run.trainer_log_path.write_text("first line\nIllegal instruction\n")
    summary = summarize(run)
    assert (summary.state, summary.words) == (state, words)
    assert summary.step == (records[-1].step if records else 0)


def test_what_a_run_is(folders: Path) -> None:
    change = Change(20, {"arch": "transformer"}, {"arch": "one-hot"}, True, False, "")
    made: list[Record] = [STARTED, scalars(0), scalars(10), change, scalars(20, 0.5), Event(20, "generalizing", "")]
    run = run_with(made, Config(p=13, op="x3+xy2+y"))
    summary = summarize(run)
    assert (summary.id, summary.task) == ("0001-x3+xy2+y-13-mlp", "a³ + ab² + b mod 13")
    assert (summary.architecture, summary.phase, summary.step) == ("transformer", "generalizing", 20)
    assert (summary.train_accuracy, summary.test_accuracy) == (1.0, 0.5)
    assert summary.size == sum(path.stat().st_size for path in run.path.rglob("*") if path.is_file())
    assert summary.when == pytest.approx(run.log_path.stat().st_mtime)


def test_a_long_log_is_read_from_its_end(folders: Path) -> None:
    change = Change(20, {"arch": "transformer"}, {"arch": "one-hot"}, True, False, "")
    run = run_with([STARTED, scalars(0), change, Event(30, "grokked", ""), *(scalars(10 * i) for i in range(4, 2000))])
    values = Config(arch="transformer").as_dict()
    save_checkpoint(
        run.checkpoint_folder, CheckpointInfo(30, 1, 3, 1.0, "grokked", "grokked", values, config_hash(values)), {}
    )
    summary = summarize(run)
    assert (summary.architecture, summary.phase, summary.step) == ("transformer", "grokked", 19990)
    # A checkpoint that cannot be read takes nothing away but what only it tells.
    for path in run.checkpoint_folder.iterdir():
        path.write_bytes(b"broken")
    assert summarize(run).step == 19990


def test_a_run_whose_files_are_damaged(folders: Path) -> None:
    run = run_with([STARTED, scalars(10)])
    run.config_path.write_text("p = 3000")
    summary = summarize(run)
    assert summary.state == "damaged"
    assert "--p" in summary.words
    run = run_with([])
    run.log_path.write_bytes(b'garbage\n{"kind":"scalars","step":3\n\xff\n')
    assert summarize(run).step == 0
