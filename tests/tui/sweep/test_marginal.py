from __future__ import annotations

import pytest

from grokterm.sweeps.fits import PowerLaw, power_law
from grokterm.sweeps.summaries import marginal
from grokterm.tui.sweep.marginal import draw_marginal
from grokterm.tui.theme import find_theme
from grokterm.view_options import Graph
from tests.sweeps.swept import plan_of, table_by
from tests.tui.drawing.seeing import fills, texts

MONO = find_theme("mono").palette


def drawn(*over: str, steps: dict[int, int | None], size: tuple[int, int], graph: Graph = "braille") -> list[str]:
    plan = plan_of(*over, seeds=3)
    table = table_by(
        plan, lambda run: found and found * (1 + 0.1 * run.seed) if (found := steps[run.cell.number]) else None
    )
    name = plan.axes[0].names[0]
    law = power_law(table, name)
    line = law.steps if isinstance(law, PowerLaw) else None
    strips = draw_marginal(marginal(table, name), line, [law.words], plan.base.max_steps, *size, graph, MONO)
    assert fills(strips, *size)
    return texts(strips)


def test_medians_fall_on_log_axes_and_the_law_is_a_sentence() -> None:
    lines = drawn("wd=0.1,1,10", steps={0: 10_000, 1: 1000, 2: 100}, size=(60, 16))
    places = [(x, y) for y, line in enumerate(lines) for x, glyph in enumerate(line) if glyph == "●"]
    assert len(places) == 3
    (x0, y0), (x1, y1), (x2, y2) = sorted(places)
    assert abs((x1 - x0) - (x2 - x1)) <= 1
    assert abs((y1 - y0) - (y2 - y1)) <= 1
    assert y0 < y1 < y2
    assert any("steps to grok ∝ wd^−1.0" in line for line in lines)
    assert any("1.1k" in line for line in lines)


def test_a_median_beyond_the_budget_stands_at_the_upper_edge() -> None:
    lines = drawn("wd=1,2,3", steps={0: None, 1: 500, 2: 400}, size=(60, 14))
    assert "▲" in lines[0]
    assert "0/3" in lines[0]
    assert sum(line.count("●") for line in lines) == 2


def test_words_stand_beside_each_other() -> None:
    lines = drawn("optimizer=sgd,adamw,muon", steps={0: 5000, 1: 500, 2: 300}, size=(60, 14))
    names = next(line for line in lines if "adamw" in line)
    assert names.split() == ["sgd", "adamw", "muon"]
    assert any("optimizer is no number" in line for line in lines)


@pytest.mark.parametrize("graph", ["braille", "block", "ascii"])
@pytest.mark.parametrize("size", [(1, 1), (10, 3), (24, 8), (40, 12), (120, 30)])
def test_every_size_is_filled(graph: Graph, size: tuple[int, int]) -> None:
    lines = drawn("wd=0,0.1,1,10", steps={0: None, 1: 9000, 2: 900, 3: 90}, size=size, graph=graph)
    marks = "".join(lines).replace("∝", "").replace("−", "").replace("≥", "")
    assert graph != "ascii" or marks.isascii()


def test_where_nothing_grokked_the_axis_ends_with_the_budget() -> None:
    lines = drawn("wd=1,2,3", steps={0: None, 1: None, 2: None}, size=(60, 14))
    assert any(line.startswith("  20k") for line in lines)
    assert not any(line.strip().startswith("10 ") for line in lines)


def test_a_linear_axis_is_marked_at_the_swept_values() -> None:
    lines = drawn("frac=0.31,0.47,0.62", steps={0: 900, 1: 600, 2: 300}, size=(60, 14))
    assert any(line.split() == ["0.31", "0.47", "0.62"] for line in lines)


def test_sentences_are_whole_or_marked_as_cut() -> None:
    plan = plan_of("wd=1,2")
    over = marginal(table_by(plan, lambda run: 500), "weight_decay")

    def last(*sentences: str) -> list[str]:
        strips = draw_marginal(over, None, sentences, 20_000, 40, 10, "braille", MONO)
        return [line.strip() for line in texts(strips)[6:]]

    shown = last("a sentence of a few words, 10 to 95 %", "another " * 30)
    assert "a sentence of a few words, 10 to 95 %" in shown
    assert not any("another" in line for line in shown)
    assert last("another " * 30)[-1].endswith("…")
    assert "95 %" in " | ".join(last("the interval has this width in words: 95 %; more"))
