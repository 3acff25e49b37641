"""A shared run is trained from its line alone: the same changes at the same steps, and the same parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest

from grokterm.config import Config, Value
from grokterm.runs.folder import RunFolder, create_run
from grokterm.runs.log import LogReader
from grokterm.runs.share import Share, read_line, write_line
from grokterm.runs.sharing import OUTCOME, outcome_of, share_of
from grokterm.surgery import Ablation
from grokterm.trainer.following import SHARED
from grokterm.view_options import ViewOptions
from grokterm.wire.messages import Change as Changing
from grokterm.wire.messages import Go
from grokterm.wire.records import Change, Event, Rewind, Session
from tests.trainer.running import FRAGILE, TINY, Running, change, wait_for

NewRun = Callable[..., Running]
REWOUND = FRAGILE.changed({"until": 130})
"""A run that its watchman takes back to step 10 at step 50."""


def made(run: Running, stops: Sequence[tuple[int, Changing | None]]) -> Share:
    """What is shared of a run that somebody changed at some steps."""
    run.start(paused=True)
    for step, request in stops:
        if step > run.status().step:
            run.command(Go(0, step - run.status().step))
            stopped_at(run, step)
        if request is not None:
            assert run.command(request).ok
    run.terminate()
    return share_of(run.folder)[0]


def stopped_at(run: Running, step: int) -> None:
    wait_for(lambda: run.status().step == step and run.status().state != "training", f"step {step}")


def from_line(run: Running, share: Share, home: Path, **values: Value) -> Running:
    """A run that follows a line; its trainer is not started."""
    line = write_line(share)
    assert read_line(line) == share
    goal: dict[str, Value] = {"pace": "max", "until": max(share.step, 1)}
    run.folder = create_run(share.config.changed(goal | values), ViewOptions(), home, line)
    return run


def outcome(folder: RunFolder) -> tuple[Value, str]:
    """What came of a shared run, and the sentence about it."""
    sessions = [record for record in LogReader(folder.log_path).read() if isinstance(record, Session)]
    told = [session for session in sessions if OUTCOME in session.about]
    assert len(told) == 1
    assert outcome_of(sessions) == told[0]
    return told[0].about[OUTCOME], told[0].words


def finished(run: Running) -> None:
    wait_for(lambda: "finished" in run.sessions(), "the goal")
    run.ends()


def changes(run: Running) -> list[Change]:
    return [record for record in run.records() if isinstance(record, Change)]


def deeds(run: Running) -> list[tuple[int, dict[str, Value], bool, Ablation | None]]:
    """The changes of training in a log."""
    own = [(c.step, {n: v for n, v in c.values.items() if n not in ("pace", "until")}, c.keep, c.ablation)
           for c in changes(run)]  # fmt: skip
    return [one for one in own if one[1] or one[3]]


LIVED: list[tuple[int, Changing | None]] = [
    (0, Changing(0, {"lr": 0.01, "pace": "max"})),
    (33, Changing(0, {"pace": 5000.0, "train_fraction": 0.6})),
    (40, Changing(0, {}, ablation=Ablation(neurons=(1, 2, 3)))),
    (70, Changing(0, {"width": 24}, keep=True)),
    (70, Changing(0, {"optimizer": "lion", "lr": 0.002})),
    (90, Changing(0, {"pace": "max"})),
    (120, None),
]


@pytest.fixture
def lived(new_run: NewRun) -> tuple[Running, Share]:
    """A run with changes of every kind, and what is shared of it."""
    run = new_run()
    return run, made(run, LIVED)


def test_it_comes_out_the_same(lived: tuple[Running, Share], new_run: NewRun, folders: Path) -> None:
    first, share = lived
    assert (share.step, share.steps) == (120, (0, 33, 40, 70, 70))
    again = from_line(new_run(), share, folders)
    again.start()
    finished(again)
    assert outcome(again.folder) == (
        "agrees",
        f"the parameters at step 120 are those of the shared run, bit for bit (digest {share.digest.hex()})",
    )
    assert deeds(again) == deeds(first)
    assert {one.by for one in changes(again)} == {SHARED}
    assert again.final_tensors() == first.final_tensors()
    assert share_of(again.folder)[0].digest == share.digest


@pytest.mark.parametrize("at", [33, 60, 70, 100])
def test_it_goes_on_where_it_was_killed(lived: tuple[Running, Share], at: int, new_run: NewRun, folders: Path) -> None:
    _, share = lived
    run = from_line(new_run(), share, folders, until=at)
    run.start()
    wait_for(lambda: "finished" in run.sessions(), "the step at which it is killed")
    run.kill()
    run.start(paused=True)
    assert run.command(change(pace=4000.0, until=120)).ok
    assert run.command(Go(0)).ok
    wait_for(lambda: run.sessions().count("finished") == 2, "the end")
    assert outcome(run.folder)[0] == "agrees"
    assert [one.step for one in changes(run) if one.by == SHARED] == [0, 33, 40, 70, 70]


def test_the_watchman_is_followed_and_does_nothing_himself(new_run: NewRun, folders: Path) -> None:
    first = new_run(REWOUND)
    first.start(paused=True)
    assert first.command(change(pace=8000.0)).ok  # and is none of the changes in the line
    assert first.command(Go(0)).ok
    finished(first)
    share = share_of(first.folder)[0]
    assert share.changes[0].rewind == Rewind(10, 0)
    again = from_line(new_run(), share, folders, on_trouble="pause", pace=5000.0)
    again.start(paused=True)
    assert again.command(change(pace="max")).ok  # so that changes of the log are not those of the line
    assert again.command(Go(0)).ok
    finished(again)
    assert outcome(again.folder)[0] == "agrees"
    assert again.final_tensors() == first.final_tensors()


def test_trouble_of_which_nothing_was_made_is_passed_by(new_run: NewRun, folders: Path) -> None:
    first = new_run(REWOUND.changed({"on_trouble": "tell"}))
    first.start()
    finished(first)
    share = share_of(first.folder)[0]
    assert share.changes == ()
    again = from_line(new_run(), share, folders, on_trouble="rewind")
    again.start()
    finished(again)
    assert "collapsed" in {record.name for record in again.records() if isinstance(record, Event)}
    assert outcome(again.folder)[0] == "agrees"


def test_where_a_loss_was_not_finite_it_is_mended_as_then(new_run: NewRun, folders: Path) -> None:
    wild = {"lr": 10.0, "epsilon": 1.0, "weight_decay": 1000.0, "on_trouble": "off"}
    first = new_run(TINY.changed(wild))
    first.start()
    wait_for(lambda: first.status().state == "diverged", "a loss that is not finite")
    at = first.status().step
    assert first.command(change(width=8, lr=1e-3, weight_decay=0.0)).ok
    assert first.command(Go(0, 50)).ok
    first.reaches(at + 50)
    first.terminate()
    share = share_of(first.folder)[0]
    again = from_line(new_run(), share, folders)
    again.start()
    finished(again)
    assert outcome(again.folder)[0] == "agrees"
    assert share.step == at + 50


def test_who_changes_it_leaves_it(lived: tuple[Running, Share], new_run: NewRun, folders: Path) -> None:
    _, share = lived
    run = from_line(new_run(), share, folders, pace=100.0)
    run.start(paused=True)
    assert run.command(Go(0, 35)).ok
    run.reaches(35)
    assert run.command(change(weight_decay=3.0, pace="max")).ok
    assert run.command(Go(0)).ok
    finished(run)
    assert outcome(run.folder) == ("left", "the shared run is left: something else was changed")
    assert [(one.step, one.by) for one in changes(run)] == [(0, SHARED), (33, SHARED), (35, "")]


def test_other_parameters_are_told(lived: tuple[Running, Share], new_run: NewRun, folders: Path) -> None:
    _, share = lived
    on = share.circumstances
    assert on is not None
    cases = [
        (share.circumstances, "differs", "although device, threads, precision and versions are the same"),
        (
            msgspec.structs.replace(on, device="cuda:0", threads=64),
            "unlike",
            "and need not be: not as they were are device (cuda:0 then, cpu now), threads (64 then, 1 now); "
            "memorized at step 7 then and not now, grokked not then and not now",
        ),
        (None, "unlike", "on what it was trained is not known, or changed on the way; "),
    ]
    for circumstances, what, words in cases:
        other = msgspec.structs.replace(share, digest=bytes(8), circumstances=circumstances, memorized=7)
        run = from_line(new_run(), other, folders)
        run.start()
        finished(run)
        found, told = outcome(run.folder)
        assert found == what
        assert told.startswith("the parameters at step 120 are not those of the shared run (digest 0000000000000000 ")
        assert words in told


def test_a_line_that_was_altered_in_the_folder_is_told(
    lived: tuple[Running, Share], new_run: NewRun, folders: Path
) -> None:
    run = from_line(new_run(), lived[1], folders)
    written = run.folder.config_path.read_text()
    run.folder.config_path.write_text(written.replace("grok1:", "grok1:A"))
    run.start()
    run.ends(2)
    (told,) = [record for record in run.records() if isinstance(record, Session) and record.name == "failed"]
    assert told.words.startswith(f"the [share] table of {run.folder.config_path} cannot be used: the line is torn")


def test_nothing_is_shared_of_a_run_without_a_checkpoint(folders: Path) -> None:
    folders.mkdir()
    folder = create_run(Config(p=11), ViewOptions(), folders)
    with pytest.raises(Exception, match="has no checkpoint yet: there is nothing to share"):
        share_of(folder)
