"""Runs of other than two inputs are repeated, resumed, forked, gone back in and read, bit for bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from grokterm.config import Config, Value
from grokterm.errors import ConfigError
from grokterm.lab.engine import Engine
from grokterm.notebook import Run
from grokterm.picture import PictureRequest
from grokterm.runs.checkpoints import REGULAR
from grokterm.runs.folder import list_runs
from grokterm.runs.fork import fork_run
from grokterm.runs.log import LogReader
from grokterm.trainer.opening import open_run
from grokterm.trainer.past_model import PastModel
from grokterm.trainer.pictures import PictureMaker
from grokterm.trainer.session import TrainingSession
from grokterm.training.checkpoint_series import CheckpointSeries
from grokterm.wire.messages import Look
from grokterm.wire.records import Progress, Scalars, Spectrum, Structure
from tests.replay.test_replay import begun, replayed, run_folder
from tests.trainer.running import TINY

FEW: dict[str, Value] = {"measure_every": 20, "batch_size": 16}
PARITY = TINY.changed({**FEW, "task": "parity", "n": 10, "k": 2, "train_size": 60})
SUM = TINY.changed({**FEW, "task": "sum", "p": 5, "arch": "transformer"})
FORMULA = TINY.changed({**FEW, "op": "a + bc", "p": 5, "arch": "mlp"})
CHANGES: dict[int, dict[str, Value]] = {
    21: {"corrupt": 0.3},
    33: {"optimizer": "sgd", "filter": "grokfast-ema"},
    47: {"width": 24, "depth": 2},
    60: {"loss": "hinge", "dropout": 0.1},
}
LAST = 80


def bits(engine: Engine) -> dict[str, bytes]:
    return {name: tensor.numpy().tobytes() for name, tensor in engine.state_dict().items()}


def lived(home: Path, config: Config) -> tuple[TrainingSession, dict[int, dict[str, bytes]]]:
    """A run of 80 steps with changes and checkpoints, and the bits of its model on the way."""
    session, seen = begun(home, config), dict[int, dict[str, bytes]]()
    sized: dict[str, Value] = {"train_size": 90} if config.task == "parity" else {"train_fraction": 0.6}
    for stop in [10, *CHANGES, 70, LAST]:
        while session.step < stop:
            session.advance(stop - session.step)
        seen[stop] = bits(session.engine)
        session.save(REGULAR)
        if stop in CHANGES:
            session.after_change(session.change({**CHANGES[stop], **(sized if stop == 33 else {})}, True, "somebody"))
    return session, seen


@pytest.mark.parametrize("config", [PARITY, SUM, FORMULA], ids=lambda config: config.task_words)
def test_a_run_is_repeated_resumed_forked_and_gone_back_in(tmp_path: Path, config: Config) -> None:
    session, seen = lived(tmp_path, config)
    folder = run_folder(tmp_path)
    report = replayed(folder)
    assert report.agrees, report
    assert report.records.compared > 8
    again = open_run(folder).session
    assert (again.step, again.config) == (LAST, session.config)
    assert bits(again.engine) == seen[LAST]

    past = PastModel(folder, session.run_log.index)
    for step in (47, 10, 70):
        engine = past.advance_to(step, 60.0)
        assert engine is not None
        assert bits(engine) == seen[step]

    fork_run(folder, tmp_path, 70, {"lr": 1e-3})
    forked = open_run(list_runs(tmp_path)[-1]).session
    forked.begin()
    while forked.catching_up:
        forked.advance(100)
    assert (forked.step, forked.config.lr) == (70, 1e-3)
    assert bits(forked.engine) == seen[70]


@pytest.mark.parametrize("config", [PARITY, SUM, FORMULA], ids=lambda config: config.task_words)
def test_the_log_holds_what_is_defined(tmp_path: Path, config: Config) -> None:
    lived(tmp_path, config)
    records = LogReader(run_folder(tmp_path).log_path).read()
    kinds = {type(record) for record in records}
    assert not kinds & {Progress, Structure}
    assert (Spectrum in kinds) == (config.task == "sum")
    scalars = [record for record in records if isinstance(record, Scalars)]
    assert all((record.weight_change_l1 is not None) == (config.task == "parity") for record in scalars)
    assert all((record.embedding_gini is not None) == (config.task == "sum") for record in scalars)


def test_a_setting_of_another_task_says_that_it_does_nothing(tmp_path: Path) -> None:
    session = begun(tmp_path, PARITY)
    with pytest.raises(ConfigError, match="train fraction does nothing in the task parity: only table and sum read it"):
        session.change({"train_fraction": 0.3}, False, "")
    session = begun(tmp_path, FORMULA)
    with pytest.raises(ConfigError, match="training points does nothing in the task table: only parity reads it"):
        session.change({"train_size": 10}, False, "")


@pytest.mark.parametrize("config", [PARITY, SUM], ids=lambda config: config.task_words)
def test_a_notebook_reads_every_answer(tmp_path: Path, config: Config) -> None:
    session, _ = lived(tmp_path, config)
    snapshot = Run(run_folder(tmp_path)).at(LAST)
    tokens, inputs = snapshot.tokens, config.shape.inputs
    assert tokens is not None
    assert tokens.shape == (len(snapshot.labels), inputs)
    assert snapshot.logits().shape == (len(tokens), config.shape.answers)
    right = snapshot.predictions() == snapshot.labels
    test = session.engine.data.test.numpy()
    assert right[test].mean() == pytest.approx(session.engine.measure().test_accuracy)
    assert not snapshot.train[test].any()
    with pytest.raises(ConfigError, match="the measures need the table of two inputs"):
        snapshot.measures()
    if config.task == "parity":
        assert snapshot.coordinates().norms.shape == (inputs,)
        assert "not defined for parity of 2 of 10" in snapshot.table().summary
    else:
        assert snapshot.table().prediction.shape == (config.p, config.p)


def test_the_slice_of_a_sum_is_what_the_model_answers_there(tmp_path: Path) -> None:
    session, _ = lived(tmp_path, SUM)
    folder, p = run_folder(tmp_path), SUM.p
    maker = PictureMaker(CheckpointSeries(folder))
    look = Look(1, (PictureRequest("task"), PictureRequest("table"), PictureRequest("coordinates")))
    task, table, coordinates = maker.make(look, session.engine, 0)
    a, b = np.divmod(np.arange(p * p), p)
    assert (task.label.ravel() == (a + b) % p).all()
    snapshot = Run(folder).at(LAST)
    assert snapshot.tokens is not None
    slice_ = snapshot.tokens[:, 2] == 0
    assert (table.prediction.ravel() == snapshot.predictions()[slice_]).all()
    assert (task.trained.ravel() == snapshot.train[slice_]).all()
    assert coordinates.summary == "not defined for a + b + c mod 5: it has residues, and no coordinates"
