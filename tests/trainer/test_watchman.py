"""What a trainer does in trouble: it tells, pauses or rewinds, and all of that is repeated bit for bit."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from grokterm.config import Config
from grokterm.lab.engine import Engine
from grokterm.replay.replayer import Replayer
from grokterm.runs.checkpoints import REGULAR, list_checkpoints, parse_name
from grokterm.runs.folder import RunFolder
from grokterm.runs.fork import fork_run
from grokterm.runs.log import LogReader
from grokterm.trainer.opening import open_run
from grokterm.trainer.past_model import PastModel
from grokterm.trainer.rewinding import cure_for
from grokterm.trainer.session import WATCHMAN, TrainingSession
from grokterm.troubles import TROUBLES
from grokterm.wire.messages import Go
from grokterm.wire.records import Change, Rewind, encode_record
from tests.trainer.running import FRAGILE, TINY, Running, wait_for

NewRun = Callable[..., Running]
COLLAPSES = (50, 120, 240)
"""Where it collapses with a checkpoint every fifty steps."""
LAST = 300


def bits(engine: Engine) -> dict[str, bytes]:
    return {name: tensor.numpy().tobytes() for name, tensor in engine.state_dict().items()}


def lives(session: TrainingSession, last: int = LAST) -> list[dict[str, bytes]]:
    """A run in this process: what its model was after every step, before what was done about trouble there."""
    session.begin()
    lived = [bits(session.engine)]
    while session.step < last:
        if session.rewinds_now:
            assert session.rewind() == ""
        session.advance(1)
        lived.append(bits(session.engine))
        if session.step % 50 == 0 and not session.in_trouble:
            session.save(REGULAR)
    return lived


def agrees(folder: RunFolder) -> bool:
    report = Replayer(folder).run(lambda _: None)
    assert report.records.compared > report.to // FRAGILE.log_every  # however far a trainer came
    assert report.checkpoints.compared > 0
    return report.agrees


def test_a_rewind_is_a_logged_change_that_ends_grokked(new_run: NewRun) -> None:
    run, told = new_run(FRAGILE), new_run(FRAGILE, on_trouble="tell")
    lives(open_run(run.folder).session)
    lives(open_run(told.folder).session)
    changes = run.history().changes
    assert [(change.step, change.by, change.values) for change in changes] == [
        (step, WATCHMAN, {"lr": lr}) for step, lr in zip(COLLAPSES, (0.015, 0.0075, 0.00375), strict=True)
    ]
    assert changes[0].rewind == Rewind(10, 0)
    assert changes[0].words == "back to the model of step 10, learning rate 0.03 → 0.015"
    assert (run.history().phase, told.history().phase) == ("grokked", "collapsed")
    assert not told.history().changes


def test_it_takes_weights_and_optimizer_again_and_counts_steps_on(new_run: NewRun) -> None:
    run = new_run(FRAGILE)
    session = open_run(run.folder).session
    lived = lives(session, 50)
    assert session.rewinds_now
    assert session.rewind() == ""
    of_model = {name for name in lived[10] if name.startswith(("parameters.", "optimizer."))}
    taken = bits(session.engine)
    assert {name: taken[name] for name in of_model} == {name: lived[10][name] for name in of_model}
    assert session.step == 50
    assert session.config.lr == 0.015


def test_rewinds_are_repeated_bit_for_bit(new_run: NewRun) -> None:
    run = new_run(FRAGILE)
    session = open_run(run.folder).session
    lived = lives(session)
    assert agrees(run.folder)
    past = PastModel(run.folder, session.run_log.index)
    for step in (LAST, 50, 51, 9, 121, 120, 60, 241, 10):
        while (engine := past.advance_to(step, 0.05)) is None:
            pass
        assert bits(engine) == lived[step], step


@pytest.mark.parametrize("left", [0, 1, 3])
def test_a_run_without_its_checkpoints_comes_to_the_same(new_run: NewRun, left: int) -> None:
    run = new_run(FRAGILE)
    lived = lives(open_run(run.folder).session)
    paths = list_checkpoints(run.folder.checkpoint_folder)
    for path in paths[: len(paths) - left]:
        path.unlink()
    session = open_run(run.folder).session
    past = PastModel(run.folder, session.run_log.index)
    for step in (130, 51, LAST):
        while (engine := past.advance_to(step, 0.05)) is None:
            pass
        assert bits(engine) == lived[step]
    session.begin()
    while session.step < LAST:
        session.advance(1)
        if session.step not in COLLAPSES:  # where it is rewound as soon as the step is there
            assert bits(session.engine) == lived[session.step]
    assert session.run_log.differs_at is None


def test_a_trainer_that_died_between_trouble_and_rewind_rewinds_when_it_is_started_again(new_run: NewRun) -> None:
    whole, torn = new_run(FRAGILE), new_run(FRAGILE)
    lives(open_run(whole.folder).session)
    lives(open_run(torn.folder).session, COLLAPSES[1])
    for path in list_checkpoints(torn.folder.checkpoint_folder):
        if parse_name(path)[2] == "collapsed":
            path.unlink()
            break
    session = open_run(torn.folder).session
    session.begin()
    while session.catching_up:
        session.advance(1)
    assert session.in_trouble == "collapsed"
    lives(session)
    assert torn.training_records() == whole.training_records()


def test_a_trainer_that_is_killed_after_a_rewind_goes_on_from_there(new_run: NewRun) -> None:
    run = new_run(FRAGILE.changed({"pace": 300.0})).start()
    wait_for(lambda: run.history().changes, "a rewind")
    run.kill()
    run.start()
    run.reaches(200)
    run.terminate()
    assert run.history().changes[0].rewind is not None
    assert agrees(run.folder)


def test_a_fork_has_the_rewinds_before_it(new_run: NewRun) -> None:
    run = new_run(FRAGILE)
    lives(open_run(run.folder).session)
    fork = fork_run(run.folder, run.folder.path.parent, 130, {"weight_decay": 0.5})
    session = open_run(fork.folder).session
    session.begin()
    while session.step < 160:
        session.advance(160 - session.step)
    records = LogReader(fork.folder.log_path).read()
    assert [record.rewind is not None for record in records if isinstance(record, Change)] == [True, True, False]
    assert agrees(fork.folder)


def test_after_three_rewinds_it_pauses_and_says_why(new_run: NewRun) -> None:
    run = new_run(FRAGILE).start()
    status = wait_for(lambda: status if (status := run.status()).state == "paused" else None, "a pause")
    history = run.history()
    assert len(history.changes) == 3
    assert history.sessions[-1].words == "paused: collapsed, and it was rewound 3 times already"
    assert history.sessions[-1].about == {"trouble": "collapsed"}
    run.command(Go(0))
    run.reaches(status.step + 20)
    run.terminate()
    assert agrees(run.folder)


def test_what_was_paused_for_trouble_goes_on_when_it_is_started_again(new_run: NewRun) -> None:
    run = new_run(FRAGILE, on_trouble="pause").start()
    wait_for(lambda: run.status().state == "paused", "a pause")
    run.terminate()
    for path in list_checkpoints(run.folder.checkpoint_folder)[-1:]:
        path.unlink()
    run.start()
    run.reaches(80)
    run.terminate()
    assert run.sessions().count("paused") == 1


def test_without_a_good_checkpoint_it_pauses_and_says_so(new_run: NewRun) -> None:
    run = new_run(FRAGILE)
    session = open_run(run.folder).session
    lives(session, 50)
    for path in list_checkpoints(run.folder.checkpoint_folder):
        path.unlink()
    assert session.rewind() == "there is no good checkpoint to go back to"
    assert not session.run_log.index.changes


def test_asked_to_pause_it_pauses_and_goes_on_when_it_is_told_to(new_run: NewRun) -> None:
    run = new_run(FRAGILE, on_trouble="pause").start()
    wait_for(lambda: run.status().state == "paused", "a pause")
    assert run.status().step == 50
    trouble = TROUBLES["collapsed"]
    assert run.history().sessions[-1].words == f"paused: {trouble.title}; {trouble.advice}"
    run.command(Go(0))
    run.reaches(80)
    run.terminate()
    assert not run.history().changes
    assert agrees(run.folder)


def test_asked_to_tell_it_trains_on(new_run: NewRun) -> None:
    run = new_run(FRAGILE, on_trouble="tell").start()
    run.reaches(100)
    run.terminate()
    assert "collapsed" in [event.name for event in run.history().events]
    assert "paused" not in run.sessions()


def test_a_loss_that_is_not_finite_is_rewound_too(new_run: NewRun) -> None:
    run = new_run(TINY, optimizer="sgd", loss="mse", lr=10.0, momentum=0.99, weight_decay=0.0, on_trouble="rewind")
    session = open_run(run.folder).session
    session.begin()
    session.save(REGULAR)
    while not session.in_trouble:
        session.advance(1)
    assert (session.diverged, session.in_trouble) == (True, "not_finite")
    assert session.rewind() == ""
    assert not session.diverged
    assert session.config.lr == 5.0
    assert session.run_log.index.changes[0].rewind == Rewind(0, 0)
    session.advance(1)
    session.save(REGULAR)
    assert agrees_shortly(run.folder)


def agrees_shortly(folder: RunFolder) -> bool:
    return Replayer(folder).run(lambda _: None).agrees


@pytest.mark.parametrize(
    ("name", "values", "cure"),
    [
        ("collapsed", {"lr": 0.01}, {"lr": 0.005}),
        ("collapsed", {"optimizer": "muon", "lr": 0.01, "muon_lr": 0.02}, {"lr": 0.005, "muon_lr": 0.01}),
        ("slingshot", {"epsilon": 1e-8}, {"epsilon": 1e-7}),
        ("slingshot", {"epsilon": 0.5}, {"epsilon": 1.0}),
        ("slingshot", {"optimizer": "sgd", "lr": 0.01}, {"lr": 0.005}),
    ],
)
def test_rates_are_halved_and_after_slingshots_epsilon_is_raised(
    name: str, values: dict[str, object], cure: dict[str, float]
) -> None:
    assert cure_for(TROUBLES[name], Config().changed(values)) == cure


def test_logs_of_before_are_read_and_repeated_as_they_are(new_run: NewRun) -> None:
    run = new_run(FRAGILE, on_trouble="tell")
    lives(open_run(run.folder).session, 100)
    written = run.folder.config_path.read_text()
    assert 'on_trouble = "tell"' in written
    run.folder.config_path.write_text(written.replace('on_trouble = "tell"\n', ""))
    lines = run.folder.log_path.read_bytes()
    run.folder.log_path.write_bytes(lines.replace(b',"rewind":null', b""))
    for path in list_checkpoints(run.folder.checkpoint_folder):
        path.unlink()
    assert run.folder.config().on_trouble == "off"
    report = Replayer(run.folder).run(lambda _: None)
    assert report.agrees


def test_a_change_without_a_rewind_says_so_to_who_reads_it() -> None:
    change = Change(3, {"lr": 1.0}, {"lr": 2.0}, False, False, "words", rewind=Rewind(2, 0))
    assert b'"rewind":{"step":2,"changes":0}' in encode_record(change)
