"""Parts taken out of a model, and data changed, while it trains: made again bit for bit."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from grokterm.config import Config, Value
from grokterm.errors import ConfigError
from grokterm.lab.engine import Engine
from grokterm.replay.replayer import Replayer
from grokterm.runs.changes import plan_change
from grokterm.runs.checkpoints import list_checkpoints, parse_name
from grokterm.runs.folder import RunFolder
from grokterm.runs.fork import fork_run
from grokterm.runs.log import LogReader
from grokterm.surgery import Ablation
from grokterm.trainer.opening import open_run
from grokterm.trainer.past_model import PastModel
from grokterm.trainer.session import TrainingSession
from grokterm.wire import messages
from grokterm.wire.messages import Answer
from grokterm.wire.records import Change
from tests.trainer.running import TINY, Running

NewRun = Callable[..., Running]
Step = tuple[dict[str, Value], Ablation | None]
SMALL = TINY.changed({"p": 11, "width": 24, "train_fraction": 0.6, "lr": 0.01, "batch_size": 16, "measure_every": 20})
SURGERY: dict[int, Step] = {
    20: ({}, Ablation(frequencies=(1, 3))),
    35: ({"train_fraction": 0.3, "corrupt": 0.25}, None),
    50: ({"arch": "transformer"}, None),
    60: ({"lr": 3e-3}, Ablation(neurons=(0, 5, 23), heads=(1,))),
    70: ({"train_fraction": 0.6, "corrupt": 0.0}, Ablation(frequencies=(2, 4), only=True)),
}
LAST = 90


def bits(engine: Engine) -> dict[str, bytes]:
    return {name: tensor.numpy().tobytes() for name, tensor in engine.state_dict().items()}


def operate(session: TrainingSession, values: dict[str, Value], ablation: Ablation | None) -> None:
    session.after_change(session.change(values, keep=True, by="", ablation=ablation))


def through(folder: RunFolder, last: int = LAST) -> tuple[TrainingSession, list[dict[str, bytes]]]:
    """A run in this process, and what its model was after every step."""
    session = open_run(folder).session
    session.begin()
    lived = [bits(session.engine)]
    while session.step < last:
        if session.step in SURGERY:
            operate(session, *SURGERY[session.step])
        session.advance(1)
        lived.append(bits(session.engine))
    return session, lived


def changes_of(folder: RunFolder) -> list[Change]:
    return [record for record in LogReader(folder.log_path).read() if isinstance(record, Change)]


def agrees(folder: RunFolder) -> bool:
    report = Replayer(folder).run(lambda _: None)
    assert report.records.compared > 5
    return report.agrees


def test_surgery_is_repeated_bit_for_bit(new_run: NewRun) -> None:
    run = new_run(SMALL)
    session, lived = through(run.folder)
    logged = run.history().changes
    assert [(change.step, change.ablation) for change in logged] == [(at, a) for at, (_, a) in SURGERY.items()]
    assert logged[0].words == "taken out: k = 1, 3"
    assert logged[3].words == "learning rate 0.01 → 3e-3, taken out: 3 of 24 neurons, head 1"
    assert agrees(run.folder)
    past = PastModel(run.folder, session.run_log.index)
    for step in (LAST, 20, 21, 36, 34, 61, 70, 71, 50):
        while (engine := past.advance_to(step, 0.05)) is None:
            pass
        assert bits(engine) == lived[step]


def test_a_run_without_its_checkpoints_comes_to_the_same(new_run: NewRun) -> None:
    run = new_run(SMALL)
    _, lived = through(run.folder)
    for path in list_checkpoints(run.folder.checkpoint_folder):
        path.unlink()
    session = open_run(run.folder).session
    session.begin()
    while session.step < LAST:
        session.advance(1)
        if session.step not in SURGERY:  # where it is made as soon as the step is there
            assert bits(session.engine) == lived[session.step]
    assert session.run_log.differs_at is None


def test_a_fork_has_the_surgery_before_it_and_not_that_after(new_run: NewRun) -> None:
    run = new_run(SMALL)
    through(run.folder)
    fork = fork_run(run.folder, run.folder.path.parent, 40, {"train_fraction": 0.5})
    assert [change.step for change in changes_of(fork.folder)] == [20, 35, 40]
    session = open_run(fork.folder).session
    session.begin()
    while session.step < 60:
        session.advance(60 - session.step)
    assert session.config.train_fraction == 0.5
    assert agrees(fork.folder)


def test_what_was_made_so_survives_a_kill(new_run: NewRun) -> None:
    run = new_run(SMALL.changed({"pace": 400.0})).start()
    run.reaches(30)
    answer = run.command(messages.Change(0, {}, by="anna", ablation=Ablation(frequencies=(2,), neurons=(1, 2))))
    assert isinstance(answer, Answer)
    assert answer.ok
    assert answer.words == "taken out: k = 2, 2 of 24 neurons"
    downsampled = run.command(messages.Change(0, {"train_fraction": 0.2, "corrupt": 0.5}))
    assert downsampled.words == "train fraction 0.6 → 0.2, wrong labels 0 → 0.5"
    run.logs(downsampled.step + 20)
    run.kill()
    run.start()
    run.reaches(downsampled.step + 60)
    run.terminate()
    reasons = [parse_name(path)[2] for path in list_checkpoints(run.folder.checkpoint_folder)]
    assert "before_change" in reasons
    assert "change" in reasons
    assert [change.ablation is not None for change in run.history().changes] == [True, False]
    assert agrees(run.folder)


@pytest.mark.parametrize(
    ("values", "ablation", "words"),
    [
        ({}, Ablation(frequencies=(6,)), "there is no frequency 6: choose from 1 to 5"),
        ({}, Ablation(frequencies=(2, 2)), "one frequency is named twice"),
        ({}, Ablation(neurons=(24,)), "there is no neuron 24: choose from 0 to 23"),
        ({}, Ablation(heads=(0,)), "mlp has no heads: only transformer has them"),
        ({"arch": "transformer"}, Ablation(heads=(2,)), "there is no head 2: choose from 0 to 1"),
        ({"op": "x2+y2"}, Ablation(only=True), "frequencies are not defined for x2\\+y2 mod 11"),
    ],
)
def test_what_is_not_there_cannot_be_taken_out(values: dict[str, Value], ablation: Ablation, words: str) -> None:
    config: Config = SMALL.changed(values)
    with pytest.raises(ConfigError, match=words):
        plan_change(config, 0, {}, ablation)


def test_nothing_taken_out_is_no_change() -> None:
    assert not plan_change(SMALL, 0, {}, Ablation()).changes
