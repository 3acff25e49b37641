"""A trainer that is started, changed, paused and stopped over its socket."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from socket import AF_UNIX, socket

import numpy as np
import pytest

from grokterm.runs.checkpoints import list_checkpoints, parse_name, read_info
from grokterm.runs.process import exit_status, trainer_alive
from grokterm.runs.summary import summarize
from grokterm.wire.messages import (
    Go,
    Look,
    Pause,
    Pictures,
    Predict,
    Prediction,
    Stop,
)
from grokterm.wire.records import Scalars, Session
from tests.nursery import start_program
from tests.patience import PATIENCE
from tests.trainer.running import Running, change, wait_for
from tests.wanted import wanted

NewRun = Callable[..., Running]


def test_the_log_tells_of_every_tenth_step(new_run: NewRun) -> None:
    run = new_run().start()
    run.reaches(200)
    run.terminate()
    steps = run.history().column("step")
    assert list(steps) == [10.0 * i for i in range(len(steps))]
    assert len(steps) >= 20
    assert run.sessions() == ["started", "stopped"]
    newest = read_info(list_checkpoints(run.folder.checkpoint_folder)[-1])
    assert (newest.reason, newest.step) == ("stopped", run.records()[-1].step)
    started = run.records()[0]
    assert isinstance(started, Session)
    assert {"device", "precision", "threads", "torch", "grokterm"} <= started.about.keys()


def test_the_log_says_why_there_are_no_kernels(new_run: NewRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROKTERM_KERNELS", "0")
    run = new_run(device="cpu").start()
    run.reaches(1)
    run.terminate()
    started = run.records()[0]
    assert isinstance(started, Session)
    assert started.words.endswith(" products; no kernels: turned off by GROKTERM_KERNELS=0")
    assert started.about["kernels"] == started.about["kernels_digest"] == "none"
    assert started.about["strategy"] == "by hand in torch"


def test_a_limit_of_kernels_that_there_is_not_is_told_in_the_log(
    new_run: NewRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROKTERM_KERNELS", "avx3")
    run = new_run(device="cpu").start()
    run.ends(2)
    failed = run.records()[-1]
    assert isinstance(failed, Session)
    assert (failed.name, failed.words) == (
        "failed",
        "unknown GROKTERM_KERNELS 'avx3': choose 0, avx512, avx2, portable; did you mean avx2?",
    )


def test_requests_and_signals_act_while_a_pace_waits(new_run: NewRun) -> None:
    run = new_run(pace=0.001).start()
    assert wait_for(lambda: status if (status := run.status()).state == "training" else None).step == 0
    assert run.command(change(pace=1000)).ok
    run.reaches(3)
    assert run.command(change(pace=0.001)).ok
    assert run.command(Pause(0)).ok
    assert run.command(Go(0)).ok
    run.terminate()


def test_everything_is_for_its_owner_alone(new_run: NewRun) -> None:
    run = new_run().start()
    run.command(change(weight_decay=2))
    wait_for(lambda: list_checkpoints(run.folder.checkpoint_folder), "a checkpoint")
    for path in [run.folder.path, *run.folder.path.rglob("*")]:
        allowed = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == allowed, path


def test_pause_one_step_and_go(new_run: NewRun) -> None:
    run = new_run().start(paused=True)
    assert (run.status().step, run.status().state) == (0, "paused")
    assert run.command(Go(0, 1)).ok
    assert wait_for(lambda: run.status() if run.status().state == "paused" else None).step == 1
    assert run.command(Go(0, 12)).ok
    assert wait_for(lambda: run.status() if run.status().step == 13 else None).state == "paused"
    assert run.status().steps_per_second == 0
    assert not run.command(Go(0, 0)).ok
    assert run.command(Go(0)).ok
    run.reaches(100)
    answer = run.command(Pause(0))
    assert run.status().step == answer.step
    assert run.sessions() == ["started", "paused", "resumed", "paused"]
    assert summarize(run.folder).state == "paused"


@pytest.mark.parametrize("values", [{}, {"pace": 0.001}], ids=["paused", "at a pace"])
def test_a_trainer_that_waits_sleeps(new_run: NewRun, values: dict[str, float]) -> None:
    run = new_run(**values).start(paused=not values)
    wait_for(lambda: run.status().state != "starting")
    run.sleeps()


def test_the_pace_is_kept(new_run: NewRun) -> None:
    run = new_run(pace=50).start()
    first = run.reaches(5)
    last = run.reaches(55)
    took = last.seconds - first.seconds
    assert took >= 0.9 * (last.step - first.step - 1) / 50
    assert run.command(change(pace="max")).words == "pace 50 → max"
    run.reaches(500)
    # The pace changes nothing in the model: no checkpoint is due.
    assert "change" not in [parse_name(path)[2] for path in list_checkpoints(run.folder.checkpoint_folder)]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"until": 35}, "step 35 reached"),
        ({"max_steps": 20}, "step limit of 20 reached"),
        ({"until": "memorized", "width": 64, "lr": 0.03, "weight_decay": 0}, "memorized at step"),
    ],
)
def test_training_ends_at_its_goal(new_run: NewRun, values: dict[str, int | str], words: str) -> None:
    run = new_run(**values).start()
    run.ends()
    assert run.sessions() == ["started", "finished"]
    finished = run.records()[-1]
    assert isinstance(finished, Session)
    assert words in finished.words
    last = run.history().last
    assert last is not None
    assert last.step == finished.step
    assert summarize(run.folder).state == "finished"
    assert read_info(list_checkpoints(run.folder.checkpoint_folder)[-1]).step == finished.step


def test_a_finished_trainer_stays_for_its_viewer_and_goes_on_when_told_to(new_run: NewRun) -> None:
    run = new_run(until=50)
    run.start(paused=True)
    with socket(AF_UNIX) as viewer:
        viewer.connect(str(run.socket))
        run.command(Go(0))
        assert wait_for(lambda: run.status() if run.status().state == "finished" else None).step == 50
        assert run.status().words == "step 50 reached"
        assert run.command(Go(0)).ok
        run.reaches(200)
        assert run.status().state == "training"
    assert run.sessions() == ["started", "paused", "resumed", "finished", "resumed"]


def test_stop_ends_the_trainer(new_run: NewRun) -> None:
    run = new_run().start()
    run.reaches(10)
    listened = run.socket
    assert run.command(Stop(0)).ok
    run.ends()
    assert run.sessions()[-1] == "stopped"
    assert not run.folder.trainer_path.exists()
    assert not listened.exists()
    assert not trainer_alive(run.folder)
    assert summarize(run.folder).state == "stopped"


def test_pictures_are_of_the_present_model(new_run: NewRun) -> None:
    run = new_run().start(paused=True)
    view = run.ask(Look(0, wanted("task", "table", "spectrum")))
    assert isinstance(view, Pictures)
    task, table, spectrum = view.pictures
    label, trained = task.label, task.trained
    assert np.array_equal(label, np.add.outer(np.arange(7), np.arange(7)) % 7)
    right = table.prediction == label
    scalars = next(record for record in run.records() if isinstance(record, Scalars))
    assert right[trained].mean() == pytest.approx(scalars.train_accuracy)
    assert right[~trained].mean() == pytest.approx(scalars.test_accuracy)
    assert spectrum.norms.shape == (3,)
    for a, b in [(0, 0), (3, 6)]:
        prediction = run.ask(Predict(0, a, b))
        assert isinstance(prediction, Prediction)
        assert len(prediction.answers) == 3
        assert prediction.answers[0][0] == table.prediction[a, b]
        assert 255 * prediction.answers[0][1] == pytest.approx(table.confidence[a, b], abs=0.51)
        assert (prediction.right, prediction.trained) == ((a + b) % 7, trained[a, b])
    assert not run.command(Predict(0, 7, 0)).ok
    assert not run.command(Predict(0, 0, 0, count=0)).ok


def test_a_loss_that_is_not_finite_pauses_and_keeps_the_state_before(new_run: NewRun) -> None:
    run = new_run(activation="quadratic", lr=10, warmup=1).start()
    status = wait_for(lambda: run.status() if run.status().state == "diverged" else None)
    assert "learning rate" in status.words
    [event] = [event for event in run.history().events if event.name == "not_finite"]
    assert event.step == status.step
    assert summarize(run.folder).state == "diverged"
    kept = wait_for(
        lambda: [path for path in list_checkpoints(run.folder.checkpoint_folder) if "not_finite" in path.name]
    )
    assert read_info(kept[0]).step == event.step
    assert not run.command(Go(0)).ok
    assert run.command(change(arch="mlp", activation="relu", lr=1e-3)).ok
    assert run.command(Go(0)).ok
    run.reaches(event.step + 20)


def test_the_same_configuration_gives_the_same_bits(new_run: NewRun) -> None:
    runs = [new_run(until=130, batch_size=8).start() for _ in range(2)]
    for run in runs:
        run.ends()
    assert runs[0].training_records() == runs[1].training_records()
    assert runs[0].final_tensors() == runs[1].final_tensors()


def test_a_silent_trainer_ends(new_run: NewRun) -> None:
    run = new_run()
    with start_program("grokterm.trainer", str(run.folder.path), "--paused", "--idle", "0.1") as trainer:
        assert trainer.wait(PATIENCE) == 0
    assert run.sessions() == ["started", "paused", "stopped"]
    assert exit_status(run.folder) is None


def test_a_device_that_is_not_there_is_told_in_the_log(new_run: NewRun) -> None:
    run = new_run(device="cuda:99").start()
    run.ends(2)
    failed = run.records()[-1]
    assert isinstance(failed, Session)
    assert failed.name == "failed"
    assert "cuda:99" in failed.words
    summary = summarize(run.folder)
    assert (summary.state, summary.words) == ("failed", failed.words)


def test_an_unwritable_log_is_told(new_run: NewRun) -> None:
    run = new_run()
    run.folder.log_path.mkdir()
    run.start().ends(2)
    assert "log" in Path(run.folder.trainer_log_path).read_text()
    assert "Traceback" not in Path(run.folder.trainer_log_path).read_text()
