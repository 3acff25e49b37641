"""The tour from the shell and back to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from grokterm.runs.folder import create_run, list_runs, runs_home
from grokterm.runs.process import trainer_alive
from grokterm.tour.chapters import CHAPTERS
from grokterm.tour.place import Place, read_place, write_place
from grokterm.view_options import ViewOptions
from tests.terminal.conftest import Grokterm
from tests.tui.watching import TINY, end_trainers


@pytest.fixture
def home(folders: Path) -> Iterator[Path]:
    """That of the tour's runs."""
    yield folders / "tour"
    end_trainers(folders / "tour")


def test_a_tour_begins_at_a_chapter_and_q_stops_its_trainer(grokterm: Grokterm, home: Path) -> None:
    terminal = grokterm("tour", "3", size=(80, 24), tiny=False)
    terminal.shows("Tour 3 of 8: the table, and time travel", "a \\+ b mod 53", "● training")
    terminal.press("q")
    assert terminal.ends() == 0
    assert terminal.restored
    assert "0001-add53-mlp is stopped; come back with: grokterm tour " in terminal.text
    assert [trainer_alive(run) for run in list_runs(home)] == [False]
    assert read_place(home, len(CHAPTERS))[0].runs == {3: "0001-add53-mlp"}


def test_a_tour_is_taken_up_again_and_d_lets_it_train_on(grokterm: Grokterm, home: Path) -> None:
    folder = create_run(TINY, ViewOptions(), runs_home(home))
    write_place(home, Place(2, {2: folder.id}, {2: "So it came out."}))
    terminal = grokterm("tour", size=(80, 24), tiny=False)
    terminal.shows("Tour 2 of 8: weight decay is the lever", "a \\+ b mod 11", "So it came out", "● training")
    terminal.press("d")
    assert terminal.ends() == 0
    assert f"{folder.id} trains on; come back with: grokterm tour" in terminal.text
    assert list_runs(home) == [folder]
    assert trainer_alive(folder)
