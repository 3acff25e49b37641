"""Races: who can take part, and the runs that are made."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from grokterm import durable
from grokterm.config import Config, Value, parse
from grokterm.errors import ConfigError, RunFolderError
from grokterm.guide import read_page
from grokterm.runs.folder import list_runs
from grokterm.runs.history import History, read_history
from grokterm.runs.race import MEASURED, Entrant, Race, entrants_of, start_race, why_no_race
from grokterm.view_options import ViewOptions
from grokterm.wire.records import Event
from tests.measured import measured
from tests.runs.logged import logged, numbers


def test_the_baseline_comes_first_then_its_rates_then_the_other_rules() -> None:
    found = entrants_of(Config(lr=5e-3), "AdamW")
    assert [entrant.title for entrant in found] == [
        *("AdamW (as it is)", "AdamW, 1/3 × lr", "AdamW, 3 × lr", "Grokfast-EMA", "Grokfast-MA", "⊥Grad", "Muon"),
        *("Adam", "SGD", "Lion", "signSGD"),
    ]
    assert [dict(entrant.values) for entrant in found[:3]] == [{}, {"lr": 1.67e-3}, {"lr": 0.015}]
    rates = {"lr": 0.05, "weight_decay": 0.0, "epsilon": 1e-8}
    assert found[5].values == {"optimizer": "adamw", "filter": "orthograd", **rates}
    assert found[6].values["muon_lr"] == 0.1


def test_both_rates_of_muon_are_tuned_and_it_does_not_race_against_itself() -> None:
    found = entrants_of(Config(optimizer="muon", lr=0.03, muon_lr=0.06), "Muon")
    assert [dict(entrant.values) for entrant in found[1:3]] == [
        {"lr": 0.01, "muon_lr": 0.02},
        {"lr": 0.09, "muon_lr": 0.18},
    ]
    titles = [entrant.title for entrant in found]
    assert "Muon" not in titles
    assert "AdamW" in titles


def test_a_rate_that_no_run_can_have_does_not_race() -> None:
    assert [e.title for e in entrants_of(Config(lr=5.0), "AdamW")][:2] == ["AdamW (as it is)", "AdamW, 1/3 × lr"]
    assert entrants_of(Config(lr=0.0), "AdamW")[1].title == "Grokfast-EMA"


def test_the_rates_are_those_of_the_guide() -> None:
    rows = re.findall(r"^\| ([\w-]+) \| `(--[^`]+)` \|", read_page("optimizers").text, re.MULTILINE)
    names = {"wd": "weight_decay", "lr": "lr", "muon-lr": "muon_lr"}
    for (optimizer, kind), values in MEASURED.items():
        written = next(words for name, words in rows if name == (kind if kind != "none" else optimizer))
        pairs = re.findall(r"--([\w-]+) (\S+)", written)
        said: dict[str, Value] = {names[name]: parse(names[name], text) for name, text in pairs}
        epsilon = (
            {"epsilon": 1e-8} if optimizer in ("adamw", "adam", "muon") else {}
        )  # what the table was measured with
        assert values == {"weight_decay": 1.0, **epsilon, **said}


def test_what_has_grokked_or_diverged_races_from_step_0_alone(home: Path) -> None:
    history = History(Config())
    history.add([numbers(0), numbers(50), Event(50, "grokked", ""), measured(60, train_loss=None)])
    assert why_no_race(history, 40) == ""
    assert why_no_race(history, 50) == "this run has grokked at step 50: race from step 0"
    assert why_no_race(history, None) == ""
    diverged = History(Config())
    diverged.add([numbers(0), measured(10, train_loss=None)])
    assert why_no_race(diverged, 15) == "the loss is not finite at step 10: race from step 0"
    solved = Config(arch="one-hot", p=11, init="closed-form", activation="quadratic")
    assert "nothing to grok" in why_no_race(History(solved), None)


ENTRANTS = (Entrant("AdamW (as it is)", {}), Entrant("Muon", {"optimizer": "muon", "muon_lr": 0.1}))


@pytest.fixture
def unstarted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The runs whose trainers would have been started."""
    asked: list[str] = []
    monkeypatch.setattr("grokterm.runs.race.start_trainer", lambda folder: asked.append(folder.id))
    return asked


def test_forks_begin_where_the_parent_is_and_all_stop_at_one_step(home: Path, unstarted: list[str]) -> None:
    parent = logged(home, 200, max_steps=300)
    before = parent.log_path.read_bytes()
    made = start_race(Race(ENTRANTS, 500), parent, parent.config(), None, ViewOptions())
    assert unstarted == [folder.id for folder in made] == [run.id for run in list_runs(home)[1:]]
    histories = [read_history(folder) for folder in made]
    assert [history.config.optimizer for history in histories] == ["adamw", "muon"]
    for folder, history in zip(made, histories, strict=True):
        assert (history.config.until, history.config.max_steps, history.config.pace) == (700, 700, "max")
        origin = folder.parent()
        assert origin is not None
        assert (origin.run, origin.step) == (parent.id, 200)
    assert parent.log_path.read_bytes() == before


def test_new_runs_have_the_same_seed_and_the_changes_of_the_present_one(home: Path, unstarted: list[str]) -> None:
    parent = logged(home, 200, seed=7)
    config = parent.config().changed({"weight_decay": 3.0})
    made = start_race(Race(ENTRANTS, 500, from_start=True), parent, config, None, ViewOptions())
    configs = [folder.config() for folder in made]
    assert [(c.seed, c.weight_decay, c.until, c.pace, c.optimizer) for c in configs] == [
        (7, 3.0, 500, "max", "adamw"),
        (7, 3.0, 500, "max", "muon"),
    ]
    assert [folder.parent() for folder in made] == [None, None]


def test_where_one_cannot_be_made_no_run_is_left_over(home: Path, unstarted: list[str]) -> None:
    parent = logged(home, 200)
    wrong = (*ENTRANTS, Entrant("none", {"lr": 11.0}))
    for from_start in (False, True):
        with pytest.raises(ConfigError, match="--lr must be"):
            start_race(Race(wrong, 500, from_start), parent, parent.config(), None, ViewOptions())
        assert list_runs(home) == [parent]
    assert unstarted == []


def test_a_full_disk_is_told_in_a_sentence_and_nothing_is_left_over(
    home: Path, unstarted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = logged(home, 200)
    made: list[Path] = []

    def write(
        path: Path, content: bytes, aside: Path, write: Callable[..., None] = durable.write, **options: bool
    ) -> None:
        if path.name == "config.toml" and len(made) == 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        made.extend([path] if path.name == "config.toml" else [])
        write(path, content, aside, **options)

    monkeypatch.setattr(durable, "write", write)
    with pytest.raises(RunFolderError, match=r"no run can be made in .*[Nn]o space left on"):
        start_race(Race(ENTRANTS, 500), parent, parent.config(), None, ViewOptions())
    assert list_runs(home) == [parent]
    assert [path.name for path in home.iterdir() if path.is_dir()] == [parent.id]
    assert unstarted == []
