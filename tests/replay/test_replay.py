"""A replay agrees with every bit of what training wrote, and finds what somebody else wrote there."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from grokterm.config import Config
from grokterm.errors import RunFolderError
from grokterm.replay.replayer import Replayer
from grokterm.replay.report import Progress as Told
from grokterm.replay.report import Report, decode_message
from grokterm.runs.checkpoints import REGULAR, list_checkpoints, load_checkpoint, save_checkpoint
from grokterm.runs.folder import RunFolder, create_run
from grokterm.runs.log import LogReader
from grokterm.trainer.opening import open_run
from grokterm.trainer.session import TrainingSession
from grokterm.view_options import ViewOptions
from grokterm.wire.records import Change, Event, Progress, Record, Scalars, Spectrum, Structure, encode_record
from tests.trainer.running import TINY

GROKKING = TINY.changed({"p": 11, "width": 64, "lr": 0.02, "train_fraction": 0.8, "measure_every": 15})
CHANGES: dict[int, dict[str, int | float | str]] = {
    33: {"lr": 3e-3},
    70: {"arch": "transformer", "width": 24},
    95: {"batch_size": 16, "log_every": 7},
}


def begun(home: Path, config: Config = GROKKING) -> TrainingSession:
    session = open_run(create_run(config, ViewOptions(), home)).session
    session.begin()
    return session


def run_folder(home: Path) -> RunFolder:
    (path,) = [path for path in home.iterdir() if path.is_dir()]
    return RunFolder(path)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a run of 150 steps with events, three changes, and checkpoints before and behind them."""
    home = tmp_path_factory.mktemp("recorded")
    session = begun(home)
    for stop in [*CHANGES, 113, 150]:
        while session.step < stop:
            session.advance(stop - session.step)
        session.save(REGULAR)
        if stop in CHANGES:
            session.after_change(session.change(CHANGES[stop], keep=True, by="somebody"))
    return home


@pytest.fixture
def run(recorded: Path, folders: Path) -> RunFolder:
    """A copy of that run as this test's own."""
    shutil.copytree(recorded, folders)
    return run_folder(folders)


def replayed(folder: RunFolder, to: int | None = None) -> Report:
    told: list[Told] = []
    report = Replayer(folder, to).run(told.append)
    assert all(one.to == report.to or report.ended for one in told)
    decoded = decode_message(msgspec.json.encode(report))
    assert decoded == report
    return report


def rewrite(folder: RunFolder, edit: Callable[[Record], Record | None]) -> None:
    """Puts what `edit` makes of each record in its place, nothing for None."""
    edited = [edit(record) for record in LogReader(folder.log_path).read()]
    folder.log_path.write_bytes(b"".join(encode_record(record) for record in edited if record is not None))


def test_everything_agrees(run: RunFolder) -> None:
    records = LogReader(run.log_path).read()
    assert {Scalars, Progress, Spectrum, Structure, Change, Event} <= {type(record) for record in records}
    report = replayed(run)
    assert report.agrees, report
    assert (report.records.compared, report.records.differ) == (len(records), 0)
    assert (report.checkpoints.compared, report.checkpoints.differ) == (len(list_checkpoints(run.checkpoint_folder)), 0)
    assert report.checkpoints.compared > len(CHANGES)
    assert (report.first, report.largest, report.unusable, report.ended) == (None, None, (), "")
    assert report.to == 150


def test_a_run_of_before_is_repeated_under_the_names_of_now(run: RunFolder) -> None:
    written = run.config_path.read_text()
    older = re.sub(r"^attention_rate.*\n", "", written, flags=re.MULTILINE).replace(
        'arch = "mlp"', 'arch = "embed-mlp"'
    )
    run.config_path.write_text(older)
    log = run.log_path.read_bytes()
    names = {
        b'"arch":"mlp"': b'"arch":"embed-mlp"',
        b"architecture mlp": b"architecture embed-mlp",
        b'"format":1,': b"",
    }
    for now, before in names.items():
        assert now in log
        log = log.replace(now, before)
    run.log_path.write_bytes(log)
    report = replayed(run)
    assert report.agrees, report
    assert run.config().arch == "mlp"


def test_nothing_is_written(run: RunFolder) -> None:
    before = {path: path.stat().st_mtime_ns for path in run.path.rglob("*")}
    replayed(run)
    assert {path: path.stat().st_mtime_ns for path in run.path.rglob("*")} == before


@pytest.mark.parametrize("to", [0, 33, 69, 70, 100])
def test_a_part_of_it(run: RunFolder, to: int) -> None:
    report = replayed(run, to)
    assert report.agrees
    assert report.records.compared == sum(record.step <= to for record in LogReader(run.log_path).read())
    assert report.checkpoints.compared == sum(int(p.name[:12]) <= to for p in list_checkpoints(run.checkpoint_folder))


def test_the_last_bit_of_a_record_is_found(run: RunFolder) -> None:
    def edit(record: Record) -> Record:
        if isinstance(record, Scalars) and record.step == 50 and record.train_loss:
            return msgspec.structs.replace(record, train_loss=record.train_loss * (1 + 2**-52), seconds=99.0)
        return msgspec.structs.replace(record, by="another", time=1.0) if isinstance(record, Change) else record

    rewrite(run, edit)
    report = replayed(run)
    assert not report.agrees
    assert (report.records.differ, report.checkpoints.differ) == (1, 0)
    assert report.first
    assert (report.first.step, report.first.where, report.first.name) == (50, "log", "train_loss")
    assert report.first.by
    assert 0 < report.first.by < 1e-12
    assert report.largest == report.first


def test_a_measure_that_is_not_as_it_was_is_found(run: RunFolder) -> None:
    def edit(record: Record) -> Record | None:
        if isinstance(record, Scalars) and record.step == 45:
            return msgspec.structs.replace(record, squared_weights=record.squared_weights | {"W_a": 1.0})
        if isinstance(record, Spectrum) and record.step == 60:
            return msgspec.structs.replace(record, norms=record.norms[:-1])
        if isinstance(record, Progress) and record.step == 90:
            return msgspec.structs.replace(record, basis="none")
        return None if isinstance(record, Progress) and record.step == 75 else record

    rewrite(run, edit)
    report = replayed(run)
    assert report.records.differ == 4
    assert report.first
    assert (report.first.step, report.first.name) == (45, "squared_weights of W_a")
    assert report.first.by


def test_the_last_bit_of_a_checkpoint_is_found(run: RunFolder) -> None:
    path = list_checkpoints(run.checkpoint_folder)[2]
    mark, tensors = load_checkpoint(path)
    name = next(name for name in tensors if name.startswith("parameters."))
    flat = tensors[name].copy()
    flat.reshape(-1)[3] += 0.25
    save_checkpoint(run.checkpoint_folder, mark, tensors | {name: flat})
    report = replayed(run)
    assert (report.records.differ, report.checkpoints.differ) == (0, 1)
    assert report.first
    assert (report.first.step, report.first.where, report.first.name) == (mark.step, "checkpoint", name)
    assert report.first.by == pytest.approx(0.25, rel=1e-3)


def test_events_and_changes_that_are_not_as_they_were(run: RunFolder) -> None:
    first = next(record for record in LogReader(run.log_path).read() if isinstance(record, Event))

    def without(record: Record) -> Record | None:
        return None if record == first else record

    rewrite(run, without)
    for path in list_checkpoints(run.checkpoint_folder):
        path.unlink()
    report = replayed(run)
    assert report.first
    assert report.first.words == f"the event {first.name} happens now and is not in the log"

    def renamed(record: Record) -> Record:
        return msgspec.structs.replace(record, words="nothing") if isinstance(record, Change) else record

    rewrite(run, renamed)
    report = replayed(run)
    assert report.records.differ == 1 + len(CHANGES)

    def sooner(record: Record) -> Record:
        if isinstance(record, Scalars) and record.step == 20:
            return Event(20, "grokked", "grokked")
        return record

    rewrite(run, sooner)
    report = replayed(run)
    assert report.first
    assert (report.first.step, report.first.words) == (20, "the event grokked is in the log and does not happen now")


def test_what_changes_otherwise_is_followed_by_all_else(run: RunFolder) -> None:
    def milder(record: Record) -> Record:
        if isinstance(record, Change) and record.step == 33:
            return msgspec.structs.replace(record, values={"lr": 1e-3})
        return record

    rewrite(run, milder)
    report = replayed(run)
    assert report.records.differ > 5
    assert report.checkpoints.differ > 0
    assert report.first
    assert report.first.step == 33
    assert report.largest
    assert report.largest.by
    assert report.largest.by > 0


def test_checkpoints_that_cannot_be_compared_are_named(run: RunFolder) -> None:
    first, second, third, *_ = list_checkpoints(run.checkpoint_folder)
    first.write_bytes(first.read_bytes()[:-3])
    second.write_bytes(b"")
    third.rename(third.with_name("000000000140-009-regular.safetensors"))
    report = replayed(run)
    assert not report.agrees
    assert [first.name in words or second.name in words for words in report.unusable] == [True, True]
    assert (report.records.differ, report.checkpoints.differ) == (0, 0)


def test_a_loss_that_is_not_finite_is_repeated(run: RunFolder, folders: Path) -> None:
    session = begun(folders, TINY.changed({"activation": "quadratic", "lr": 10.0, "warmup": 1}))
    folder = RunFolder(max(path for path in folders.iterdir() if path.is_dir()))
    while not session.diverged:
        session.advance(100)
    assert replayed(folder).agrees
    session.change({"arch": "mlp", "lr": 1e-3, "activation": "relu"}, False, "")
    session.advance(30)
    assert replayed(folder).agrees
    stuck = next(record for record in LogReader(folder.log_path).read() if isinstance(record, Event)).step

    def early(record: Record) -> Record:
        return msgspec.structs.replace(record, step=stuck + 5) if isinstance(record, Change) else record

    rewrite(folder, early)
    for path in list_checkpoints(folder.checkpoint_folder):
        path.unlink()
    report = replayed(folder)
    assert not report.agrees
    assert report.ended == f"the loss is not finite after step {stuck:,}, and the log goes on from there"


def test_what_cannot_be_repeated(run: RunFolder) -> None:
    with pytest.raises(RunFolderError, match="has steps 0 to 150: it cannot be repeated to step 151"):
        Replayer(run, 151)
    run.log_path.write_bytes(b"")
    with pytest.raises(RunFolderError, match="has not begun to train"):
        Replayer(run)
    run.log_path.write_bytes(b"nothing\n")
    with pytest.raises(RunFolderError, match=r"line 1 of .* is damaged"):
        Replayer(run)


def test_it_tells_on_what_it_was_trained(run: RunFolder) -> None:
    log = run.log_path.read_bytes()
    about = b'{"kind":"session","step":%d,"name":"started","words":"","time":0,"about":{"threads":%d,"torch":"2.0"}}\n'
    run.log_path.write_bytes(about % (0, 1) + about % (20, 8) + log)
    report = replayed(run)
    found = {one.name: one for one in report.circumstances}
    assert found["threads"].then == ("1", "8")
    assert found["torch"].then == ("2.0",)
    assert not found["torch"].same
    assert found["device"].then == ()
    assert found["device"].now == "cpu"
    assert replayed(run, 10).circumstances[[*found].index("threads")].then == ("1",)
