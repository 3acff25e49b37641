"""The views of the training: at every size, with and without measures, now and in the past."""

from __future__ import annotations

import itertools
import math

import msgspec
import pytest
from textual.strip import Strip

from grokterm.tui.run.moment import moment_of
from grokterm.tui.run.state import RunState
from grokterm.tui.views.catalogue import views
from grokterm.tui.views.training import VIEWS, EmergenceView, PhasesView, ProgressView, TrainingViewPane
from grokterm.view_options import Graph
from grokterm.wire.records import Change, Event, Progress, Record, Scalars
from tests.tui.panes.worlds import grokking, make_world, scalars

SIZES = [(1, 1), (5, 3), (20, 5), (78, 20), (118, 36), (198, 56)]


def story(last: int = 3000) -> list[Record]:
    """The log of a run that groks, with its measures."""
    records = [_with_ginis(record) for record in grokking(last)]
    for step in range(0, last + 1, 100):
        grown = _grown(step)
        measures = Progress(
            step,
            restricted_loss=4.5 * (1 - grown) + 0.01,
            excluded_loss=0.5 + 6 * grown,
            variance_share=grown if step > 1000 else None,
            consensus_loss=4.5 * (1 - grown) + 0.02,
            softmax_collapse=0.0,
        )
        records.append(measures)
    records.append(Event(1500, "circuit_formation", "circuit formation: consensus loss 2 is 45 % of ln p"))
    records.append(Event(2000, "generalizing", "generalizing"))
    records.append(Event(2300, "clean_up", "clean-up: test loss 1 is 10 % of its peak"))
    records.append(Event(2600, "grokked", "grokked"))
    return records


def _grown(step: int) -> float:
    return 1 / (1 + math.exp((1500 - step) / 150))


def _with_ginis(record: Record) -> Record:
    if not isinstance(record, Scalars):
        return record
    grown = _grown(record.step)
    return msgspec.structs.replace(record, embedding_gini=0.05 + 0.5 * grown, read_out_gini=0.04 + 0.7 * grown)


def text(strips: list[Strip]) -> str:
    return "\n".join(strip.text for strip in strips)


def drawn(view: TrainingViewPane, world: RunState, width: int = 118, height: int = 36) -> str:
    return text(list(view.draw(world, width, height)))


def worlds() -> list[RunState]:
    rebuilt = Change(1200, {"arch": "transformer"}, {"arch": "one-hot"}, True, False, "")
    return [
        make_world(),
        make_world([scalars(0, 0.0, 0.0)]),
        make_world(story()),
        make_world([*story(), rebuilt], graph="ascii"),
        make_world([*grokking(500), Progress(0, basis="none")]),
        make_world([*(scalars(s, 1.0, 0.5, None) for s in range(0, 50, 10)), Progress(0), Progress(40)]),
    ]


@pytest.mark.parametrize("view_type", VIEWS)
def test_every_size_and_world_is_filled(view_type: type[TrainingViewPane]) -> None:
    for world, (width, height) in itertools.product(worlds(), SIZES):
        for world.log_x in (False, True):
            strips = view_type().draw(world, width, height)
            assert [strip.cell_length for strip in strips] == [width] * height


def test_they_are_views_1_to_4_of_the_log_alone() -> None:
    assert [view.number for view in VIEWS] == [1, 2, 3, 4]
    assert all(views()[view.number] is view and view().request() is None for view in VIEWS)


@pytest.mark.parametrize("graph", ["braille", "block", "ascii"])
def test_every_curve_is_named(graph: Graph) -> None:
    world = make_world(story(), graph=graph)
    words = drawn(ProgressView(), world)
    for name in (
        "restricted loss",
        "excluded loss",
        "Gini of the read-out",
        "sum of squared weights",
        "restr",
        "excl",
        "cons",
    ):
        assert name in words
    if graph == "ascii":
        assert words.replace("→", "").isascii()


def test_measures_and_losses_share_their_step_axis() -> None:
    rows = drawn(ProgressView(), make_world([*story(2900), scalars(3600, 1.0, 1.0)])).splitlines()
    axes = [line for line in rows if line.rstrip().endswith("steps")]
    assert len(axes) == 3
    assert len(set(axes)) == 1


def test_a_measure_is_drawn_between_the_steps_where_it_was_taken() -> None:
    world = make_world([*story(1500), scalars(1550, 1.0, 1.0)])
    [explained, gini, _] = ProgressView().panels(world)[1].lines
    drawn = dict(zip(explained.steps.tolist(), explained.values.tolist(), strict=True))
    known = {step: value for step, value in drawn.items() if not math.isnan(value)}
    assert (min(known), max(known)) == (1100, 1500)  # there were no key frequencies before
    assert known[1120] == pytest.approx(0.8 * _grown(1100) + 0.2 * _grown(1200))
    assert gini.values[gini.steps == 1120] == pytest.approx(0.05 + 0.5 * _grown(1120))


def test_phases_stand_over_their_steps() -> None:
    rows = drawn(PhasesView(), make_world(story())).splitlines()
    assert [word for word in ("Memorizing", "Generalizing", "Grokked") if word in rows[0]] == [
        "Memorizing", "Generalizing", "Grokked",
    ]  # fmt: skip
    assert rows[1].index("memorization") < rows[1].index("circuit formation") < rows[1].index("clean-up")
    assert "memorization" not in drawn(PhasesView(), make_world(grokking(500)))


def test_the_gap_is_shaded_between_memorization_and_grokking() -> None:
    words = drawn(EmergenceView(), make_world(story()))
    assert "grokked (test accuracy ≥ 99 %) 2,450 steps after memorization" in words
    assert "fastest at 2,1" in words
    assert "bends most at 1,9" in words
    shaded = [line for line in words.splitlines() if "░" in line]
    assert len(shaded) > 5
    assert all(line.index("░") > 8 for line in shaded)
    assert "░" not in drawn(EmergenceView(), make_world([scalars(s, 0.5, 0.1) for s in range(0, 100, 10)]))


def test_why_there_are_no_measures() -> None:
    assert "no invertible basis" in drawn(ProgressView(), make_world([*grokking(500), Progress(0, basis="none")]))
    assert "waiting for the first measures" in drawn(ProgressView(), make_world(grokking(500)))
    assert "waiting for the first steps" in drawn(ProgressView(), make_world())


def test_the_cursor_stands_in_every_panel() -> None:
    world = make_world(story())
    world.moment = moment_of(world.history, 120)
    assert drawn(EmergenceView(), world).count("▲") == 2


@pytest.mark.parametrize("width", [78, 118, 198])
def test_no_word_above_curves_is_cut(width: int) -> None:
    world = make_world(story())
    for view in VIEWS:
        assert "…" not in drawn(view(), world, width)
    assert "  test loss  excluded loss  restricted loss  consensus loss" in drawn(ProgressView(), world, 78)
    assert "  weight  excl  gini  restr  cons  train  test" in drawn(PhasesView(), world, 78)
    assert "consensus loss (held-out pairs)" in drawn(ProgressView(), world, 198)
