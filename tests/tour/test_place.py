"""Where somebody stands in the tour: kept whole, and begun anew where the file is damaged."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grokterm.errors import RunFolderError
from grokterm.tour.place import FILE, Place, read_place, write_place

PLACE = Place(3, {1: "0001-add53-mlp", 3: "0002-add53-mlp"}, {1: "It grokked: at step 200."})


def test_a_tour_begins_with_the_first_chapter(tmp_path: Path) -> None:
    assert read_place(tmp_path, 8) == (Place(1, {}, {}), "")


def test_it_is_kept_whole(tmp_path: Path) -> None:
    write_place(tmp_path, PLACE)
    assert os.listdir(tmp_path) == [FILE]
    assert read_place(tmp_path, 8) == (PLACE, "")


@pytest.mark.parametrize("size", range(0, 100, 9))
def test_a_torn_file_is_begun_anew_with_a_sentence(tmp_path: Path, size: int) -> None:
    write_place(tmp_path, PLACE)
    whole = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(whole[:size])
    place, remark = read_place(tmp_path, 8)
    assert place == Place()
    assert remark == "tour.json is damaged: the tour begins anew, and its old runs stay"


@pytest.mark.parametrize(
    "place",
    [
        Place(0),
        Place(9),
        Place(1, {9: "0001-add53-mlp"}),
        Place(1, {}, {0: "It grokked."}),
        Place(1, {1: "../0001-add53-mlp"}),
        Place(1, {1: ".."}),
        Place(1, {}, {1: "\x1b[2J"}),
        Place(1, {}, {1: "x" * 1001}),
    ],
)
def test_what_is_in_no_such_tour_is_damage(tmp_path: Path, place: Place) -> None:
    write_place(tmp_path, place)
    assert read_place(tmp_path, 8)[0] == Place()
    assert read_place(tmp_path, 8)[1]


def test_another_thing_in_its_place_is_said(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(RunFolderError, match=r"tour\.json cannot be read: it is a folder, not a file"):
        read_place(tmp_path, 8)
