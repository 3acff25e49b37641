from __future__ import annotations

import pytest

from grokterm.runs.history import config_at
from grokterm.tui.run.moment import index_of, moment_of, phase_starts
from grokterm.tui.run.state import RunState
from grokterm.tui.text import header
from grokterm.tui.text.timeline import slider
from grokterm.wire.records import Change, Event
from tests.tui.text.test_header import scalars, world

CHANGE = Change(500, {"weight_decay": 2.0}, {"weight_decay": 1.0}, rebuilt=False, keep=False, words="", by="", time=0.0)
REBUILD = Change(900, {"arch": "transformer"}, {"arch": "one-hot"}, rebuilt=True, keep=False, words="", by="", time=0.0)


def travelled(index: int) -> RunState:
    """A run of 1,421 steps, looked at at one of its records."""
    made = world(
        *(scalars(step, step / 2000) for step in (0, 300, 500, 700)),
        CHANGE,
        Event(600, "generalizing", "words"),
        REBUILD,
        scalars(1420, 0.9),
    )
    made.moment = moment_of(made.history, index)
    return made


def test_a_moment_is_before_the_changes_that_were_made_there() -> None:
    history = travelled(2).history
    assert [moment_of(history, i).config.weight_decay for i in range(5)] == [1, 1, 1, 2, 2]
    assert config_at(history, 500).weight_decay == 2
    assert config_at(history, 900).arch == "transformer"
    assert [index_of(history, step) for step in (0, 299, 300, 1000, 5000)] == [0, 0, 1, 3, 4]
    assert phase_starts(history) == [(0, "memorizing"), (600, "generalizing"), (900, "memorizing")]


def test_the_slider_goes_from_the_first_step_to_now() -> None:
    drawn = [slider(made, made.moment, 60).plain for made in map(travelled, range(5)) if made.moment]
    assert all(text.startswith("0 ") and text.endswith(" 1,421") and len(text) == 60 for text in drawn)
    # 52 cells between the numbers: step s stands s / 1,421 of the way from the first to the last of them.
    assert [text.index("●") for text in drawn] == [2, 13, 20, 27, 53]


def test_the_lines_tell_of_the_moment() -> None:
    made = travelled(1)
    top = header.header(made, "training", {}, 130).plain
    assert "◂ step 300 of 1,421 · enter returns to live" in top
    assert "● training" in top
    assert "test 15.0 %" in header.phase_line(made, 130).plain
    made.going = True
    assert "◂ going to step 300 …" in header.header(made, "training", {}, 130).plain


@pytest.mark.parametrize("index", range(5))
def test_no_line_is_longer_than_the_screen(index: int) -> None:
    made = travelled(index)
    for width in range(8, 220):
        for made.going in (False, True):
            top = header.header(made, "trainer gone", {}, width)
            for line in (top, header.phase_line(made, width)):
                assert line.cell_length <= width
        if width >= 36:
            made.going = False
            assert "◂ step" in header.header(made, "training", {}, width).plain
