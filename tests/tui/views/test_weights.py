"""The views of the weights."""

from __future__ import annotations

import msgspec
import pytest

from grokterm.config import Config
from grokterm.runs.history import History
from grokterm.tui.views.view import ViewPane
from grokterm.tui.views.weights import MatricesView
from tests.tui.panes.worlds import make_world, scalars
from tests.tui.views.test_every_view import picture_of, subject_of

SQUARES = {0: 90.0, 340: 512.25, 700: 256.0, 900: 1000.0}


def first_line(squares: dict[int, float], width: int = 118) -> str:
    config = Config(arch="one-hot", p=11, width=16)
    records = [
        msgspec.structs.replace(scalars(step, 0.5, 0.5), squared_weights={"W_a": square})
        for step, square in squares.items()
    ]
    world = make_world(records)
    world.history = History(config)
    world.history.add(records)
    view: ViewPane = MatricesView()
    seen = picture_of(view, subject_of(config, "fresh"))
    assert seen is not None
    assert seen.step == 700
    return view.draw_picture(world, seen, width, 24)[0].text


def test_a_matrix_has_its_sum_of_squares_at_the_step_that_is_seen() -> None:
    assert first_line(SQUARES).rstrip().endswith("neuron: 16   sum of squares: 256, at most 512 at step 340")
    assert first_line({0: 90.0, 700: 256.0}).rstrip().endswith("sum of squares: 256")

    assert first_line(SQUARES, 60).rstrip().endswith("neuron: 16   sum of squares: 256")


@pytest.mark.parametrize(("squares", "width"), [({}, 118), ({900: 1.0}, 118), (SQUARES, 40)])
def test_it_is_left_out_where_it_is_not_known_or_has_no_room(squares: dict[int, float], width: int) -> None:
    assert "sum of squares" not in first_line(squares, width)
