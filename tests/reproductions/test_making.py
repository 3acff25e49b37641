"""Making a reproduction with real trainers, going on with one, and repeating one bit for bit."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from grokterm.errors import RunFolderError
from grokterm.reproductions import training
from grokterm.reproductions.claims import Claim, Reproduction
from grokterm.reproductions.figures import last
from grokterm.reproductions.folder import (
    ReproductionFolder,
    create_reproduction,
    find_reproduction,
    list_reproductions,
    names_reproduction,
)
from grokterm.reproductions.making import begun, compared, make, repeat
from grokterm.reproductions.rules import at_most
from grokterm.reproductions.studies import Trained
from grokterm.runs.folder import RunFolder, create_run, list_runs
from grokterm.runs.history import read_history
from grokterm.runs.process import trainer_alive
from tests.reproductions.made import CUT, POWER, SMALL, TINY


def silent(words: str) -> None:
    pass


def test_it_trains_all_studies_judges_and_comes_out_the_same_again(tmp_path: Path) -> None:
    folder = create_reproduction(begun(TINY, True, None, POWER), tmp_path)
    assert (folder.id, folder.short_id) == ("r0001-nanda-quick", "r1")
    assert folder.path.stat().st_mode & 0o777 == 0o700
    folder.write(replace(folder.read(), begun=0.0))  # it has waited for others
    done = make(TINY, folder, POWER, silent)
    assert folder.read() == done
    assert 0 < done.begun < (done.ended or 0)
    assert [run.study for run in done.runs] == ["run", "cut", "cut"]
    assert all(run.line.startswith("grok1:") for run in done.runs)
    assert [read_history(run).last.step for run in list_runs(folder.path)] == [40, 50, 50]  # type: ignore[union-attr]
    cuts = [float(run.changed[CUT.setting]) for run in done.runs if run.study == "cut"]
    assert cuts[0] == 0.3
    assert cuts[1] in (0.2, 0.4)
    assert [row.verdict for row in done.rows] == ["PASS", "FAIL", "FAIL"]
    assert done.rows[1].ours == (1e308,)
    assert (done.rows[1].shown, done.rows[1].rule) == ("never", "PASS up to 20, NEAR up to 30")

    trained = {run.path: run.log_path.stat().st_mtime_ns for run in list_runs(folder.path)}
    assert make(TINY, folder, POWER, silent).rows == done.rows
    assert {run.path: run.log_path.stat().st_mtime_ns for run in list_runs(folder.path)} == trained

    folder.write(replace(done, runs=(done.runs[0], done.runs[-1])))  # a run and a fork of it are enough
    new = create_reproduction(begun(TINY, True, None, POWER), tmp_path)
    came = repeat(TINY, folder, new, POWER, silent)
    assert (came.runs, came.same, came.others) == (4, 4, ())
    assert compared(folder, done, new, new.read()).same == 4


def test_a_run_that_diverges_ends_and_decides_as_its_log_says(tmp_path: Path) -> None:
    wild = {**SMALL, "arch": "one-hot", "activation": "quadratic", "loss": "mse", "optimizer": "sgd", "lr": 10.0}
    claim = Claim("its loss", "a paper", "0", last("run", "train_loss"), "number", at_most(0.1))
    studies, claims = (lambda scale: [Trained("run", wild)]), (lambda scale: [claim])
    made = Reproduction("nanda", "a wild one", "a paper", studies, claims, quick_seeds=1)
    folder = create_reproduction(begun(made, True, None, POWER), tmp_path)
    done = make(made, folder, POWER, silent)
    run = list_runs(folder.path)[0]
    assert any(event.name == "not_finite" for event in read_history(run).events)
    assert not trainer_alive(run)
    assert done.rows[0].verdict == "FAIL"


def test_reproductions_are_found_by_number_preset_and_path(tmp_path: Path) -> None:
    assert list_reproductions(tmp_path / "nowhere") == []
    first = create_reproduction(begun(TINY, True, None, POWER), tmp_path)
    second = create_reproduction(begun(TINY, False, 3, POWER), tmp_path)
    assert second.id == "r0002-nanda-full"
    assert second.read().seeds == 3
    assert [one.id for one in list_reproductions(tmp_path)] == [first.id, second.id]
    assert find_reproduction("r1", tmp_path) == first
    assert find_reproduction("nanda", tmp_path) == second
    assert find_reproduction(str(first.path), tmp_path) == first
    assert names_reproduction("r12", tmp_path)
    assert names_reproduction(str(first.path), tmp_path)
    assert not names_reproduction("nanda", tmp_path)
    with pytest.raises(RunFolderError, match="there is no reproduction 'pizza'"):
        find_reproduction("pizza", tmp_path)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"", "describes no reproduction"),
        (b"{}", "describes no reproduction"),
        (
            b'{"format": 2, "preset": "nanda", "quick": true, "seeds": 1, "version": "1", "machine": "", "begun": 0}',
            "newer",
        ),
        (
            b'{"preset": "nanda", "quick": true, "seeds": 1, "version": "1", "machine": "", "begun": 0, '
            b'"runs": [{"study": "run", "seed": 0, "run": "../../elsewhere"}]}',
            "names a run that cannot be",
        ),
    ],
)
def test_a_damaged_or_hostile_folder_is_refused_in_a_sentence(tmp_path: Path, written: bytes, said: str) -> None:
    folder = ReproductionFolder(tmp_path / "r0001-nanda-quick")
    folder.path.mkdir()
    folder.about_path.write_bytes(written)
    with pytest.raises(RunFolderError, match=said):
        folder.read()


def test_an_interruption_waits_for_what_was_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = create_reproduction(begun(TINY, True, None, POWER), tmp_path)

    def made_and_interrupted(*given: Any) -> RunFolder:
        run = create_run(*given)
        signal.raise_signal(signal.SIGINT)
        return run

    monkeypatch.setattr(training, "create_run", made_and_interrupted)
    with pytest.raises(KeyboardInterrupt):
        make(TINY, folder, POWER, silent)
    assert [kept.run for kept in folder.read().runs] == [run.id for run in list_runs(folder.path)]
    assert len(folder.read().runs) == 1
