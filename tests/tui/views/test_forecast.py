"""The view of the forecast: what is expected, what was, what changes would do, and why there is nothing to say."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest

from grokterm.config import Value
from grokterm.forecast import forecast
from grokterm.forecast.hazards import EDGES
from grokterm.forecast.sources import SENTENCE, SOURCES
from grokterm.tui.run.moment import moment_of
from grokterm.tui.run.state import RunState
from grokterm.tui.theme import load_themes
from grokterm.tui.views.forecast import ForecastView, what_ifs
from grokterm.view_options import Graph, ViewOptions
from tests.forecast.toy import change, course, history, toy, use_toy
from tests.tui.drawing.seeing import fills, texts
from tests.tui.panes.worlds import make_world

SIZES = [(1, 1), (5, 3), (20, 5), (40, 12), (78, 20), (118, 34), (198, 54)]


@pytest.fixture(autouse=True)
def _by_the_toy(monkeypatch: pytest.MonkeyPatch) -> None:
    use_toy(monkeypatch)


def world(last: int = 2000, grokked: int | None = None, **values: Value) -> RunState:
    made = make_world(())
    made.history = history(course(last, grokked), **values)
    return made


def drawn(state: RunState, width: int = 118, height: int = 34) -> list[str]:
    strips = ForecastView().draw(state, width, height)
    assert fills(strips, width, height)
    return texts(strips)


def test_the_sentence_the_chart_the_table_and_what_it_is_made_from() -> None:
    lines = drawn(world())
    assert lines[0] == "step 2,000: groks at about 2,900 (2,800–3,000), 80 %"
    assert any("F forecast ≈2,900" in line for line in lines)
    at = lines.index("what if, before it is pressed (intervals of 80 %)")
    assert [line.split("  ")[0] for line in lines[at + 1 : at + 4]] == ["w", "l", "c"]
    assert lines[at + 1].split() == [
        *("w", "wd", "0.5", "about", "4,800", "(4,400–5,300)"),
        *("W", "wd", "2", "about", "2,300", "(2,200–2,300)"),
    ]
    assert " ".join(" ".join(lines[at + 4 :]).split()) == SENTENCE
    assert all(words in SENTENCE for words in SOURCES)


def test_the_interval_is_a_band_around_the_median(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = replace(toy(), w_2=np.zeros((1, 2, len(EDGES))), b_2=np.where(EDGES < 2.5, -20.0, -1.0)[None])
    monkeypatch.setattr(forecast, "fitted", lambda: wide)
    for graph, glyph in (("braille", "░"), ("ascii", ":")):
        state = world()
        state.view = ViewOptions(graph=graph)  # type: ignore[arg-type]
        rows = [line for line in drawn(state) if glyph in line[6:]]
        assert len(rows) > 8
        assert all("what if" not in row for row in rows)


def test_where_it_was_not_expected_to_grok_there_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = replace(toy(), b_2=np.where(EDGES < 2.5, -20.0, -1.0)[None])
    wide.w_2[0, 0] = 0.0
    monkeypatch.setattr(forecast, "fitted", lambda: wide)
    off = change(700, {"weight_decay": 0.0}, {"weight_decay": 1.0})
    on = change(1400, {"weight_decay": 1.0}, {"weight_decay": 0.0})
    records = course(2000)
    at = [next(n for n, one in enumerate(records) if getattr(one, "step", 0) > step) for step in (700, 1400)]
    state = make_world(())
    state.history = history([*records[: at[0]], off, *records[at[0] : at[1]], on, *records[at[1] :]])
    state.log_x = False
    columns = {x for line in drawn(state)[1:25] for x, glyph in enumerate(line) if glyph == "░"}
    gaps = [after - before for before, after in pairwise(sorted(columns)) if after - before > 10]
    assert len(gaps) == 1
    assert 0.25 < gaps[0] / (max(columns) - min(columns)) < 0.5


def test_what_came_is_a_line_of_its_own_and_nothing_is_expected_any_more() -> None:
    lines = drawn(world(grokked=1500))
    assert lines[0] == "no forecast: it has grokked"
    assert any("G grokked 1,500" in line for line in lines)
    assert not any("what if" in line for line in lines)


def test_in_the_past_sentence_and_table_are_those_of_the_step() -> None:
    state = world(grokked=1500)
    state.history.add([change(2000, {"weight_decay": 2.0}, {"weight_decay": 1.0})])
    state.moment = moment_of(state.history, 64)
    lines = drawn(state)
    assert lines[0] == "step 600: groks at about 1,500 (1,400–1,600), 80 %"
    assert any("step 640" in line for line in lines)
    assert any(line.split()[:3] == ["w", "wd", "0.5"] and "about 3,400" in line for line in lines)


def test_where_it_is_silent_the_reason_stands() -> None:
    early = drawn(world(last=90))
    assert early[0] == "no forecast: it has not memorized the training pairs yet"
    assert SENTENCE in " ".join(" ".join(early[1:]).split())
    assert drawn(world(loss="mse"))[0] == "no forecast: the library has no runs with loss mse"
    assert drawn(world(op="a^2+b"))[0].startswith("no forecast: the library has no runs of ")
    assert any("waiting for the first steps" in line for line in drawn(make_world(())))


def test_a_run_that_is_not_expected_to_grok_has_words_for_a_chart() -> None:
    lines = drawn(world(weight_decay=0.0))
    assert lines[0] == "step 2,000: not expected to grok (none of the library's runs without weight decay has)"
    assert any("at none of its steps was this run expected to grok" in line for line in lines)


def test_what_if_is_what_the_keys_would_do() -> None:
    found = what_ifs(world(weight_decay=0.0, lr=10.0, train_fraction=0.95))
    assert found == [
        ("W", {"weight_decay": 0.001}),
        ("l", {"lr": 5.0}),
        ("c", {"train_fraction": 0.85}),
        ("c", {"train_fraction": 1.05}),
    ]
    assert not any("1.05" in line for line in drawn(world(train_fraction=0.95)))


@pytest.mark.parametrize("theme", sorted(load_themes()))
def test_any_size_any_theme(theme: str) -> None:
    graphs: tuple[Graph, ...] = ("ascii", "block", "braille")
    for state in (world(), world(grokked=900), world(last=90), world(weight_decay=0.0)):
        state.palette = load_themes()[theme].palette
        for graph, size in product(graphs, SIZES):
            state.view = ViewOptions(graph=graph)
            drawn(state, *size)


def test_at_80_columns_there_is_room_for_intervals_and_for_a_sentence() -> None:
    lines = drawn(world(), 78, 20)
    assert any("≈4,800 (4,400–5,300)" in line for line in lines)
    told = [line for line in lines if line.split()[:1] in (["w"], ["l"], ["c"])]
    assert told
    assert not any("about" in line for line in told)  # where one has no room for the word, none has it
    assert lines[-1].endswith("? tells more.")
    assert any("F forecast" in line for line in lines)


def test_wide_screens_have_both_beside_each_other() -> None:
    lines = drawn(world(), 198, 54)
    at = next(n for n, line in enumerate(lines) if line.startswith("what if"))
    assert "The forecast is made from" in lines[at]
