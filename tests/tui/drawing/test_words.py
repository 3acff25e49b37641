"""Lines of words: one pair, answers, events, messages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from grokterm.tui.drawing.answers import answer_words, draw_answers
from grokterm.tui.drawing.cells import Cells, narrow, row
from grokterm.tui.drawing.happenings import Happening, draw_happenings
from grokterm.tui.drawing.message import draw_message
from grokterm.tui.drawing.pair import PairAnswer, draw_pair
from grokterm.tui.theme import Palette
from grokterm.wire.messages import Prediction
from tests.tui.drawing.seeing import fills, texts

PREDICTION = Prediction(1, 1420, 14, 83, ((0, 0.978), (14, 0.0151), (96, 0.0)), 0, False)


def test_a_pair_in_words(dusk: Palette) -> None:
    pair = PairAnswer(14, 83, 0, 0, 0.998, False)
    assert texts([draw_pair(pair, 60, "braille", dusk)]) == [" a 14  b 83  = 0    model 0 ✓ 100 %    unseen"]
    assert texts([draw_pair(pair, 38, "braille", dusk)]) == [" a 14 b 83 = 0 model 0 ✓ 100 % unseen"]
    hard = PairAnswer(14, 48, 13, 13, 0.998, True)
    assert texts([draw_pair(hard, 38, "braille", dusk)]) == [" a 14 b 48 = 13 model 13 ✓ 100 % seen"]
    wrong = PairAnswer(14, 83, 0, 52, 0.52, True)
    assert texts([draw_pair(wrong, 60, "ascii", dusk)]) == [" a 14  b 83  = 0    model 52 no 52 %    trained on"]
    assert texts([draw_pair(PairAnswer(1, 0, None, 3, 1, False), 60, "braille", dusk)]) == [" a 1  b 0  not defined"]
    assert texts([draw_pair(PairAnswer(1, 2, 3, None, 0, False), 60, "braille", dusk)]) == [" a 1  b 2  = 3    unseen"]


def test_answers_with_bars(dusk: Palette) -> None:
    assert texts(draw_answers(PREDICTION, 35, 3, "braille", dusk)) == [
        " ✓   0 ███████████████████▌  97.8 %",
        "    14 ▎                      1.5 %",
        "    96                        0.0 %",
    ]
    assert texts(draw_answers(PREDICTION, 30, 2, "ascii", dusk)) == [
        " ok  0 ===============  97.8 %",
        "    14                   1.5 %",
    ]
    words = "right: 0 · never seen in training · step 1,420"
    assert texts([answer_words(PREDICTION, 60, "braille", dusk)]) == [words]
    assert texts([answer_words(PREDICTION, 22, "ascii", dusk)]) == ["right: 0 - unseen"]


def test_events_wrap_beside_their_steps_and_scroll(dusk: Palette) -> None:
    happenings = [
        Happening(1210, "generalizing: test accuracy passed 20 %", "generalizing"),
        Happening(640, "weight decay 1 → 2", "mark"),
    ]
    lines = [" 1,210  generalizing: test accuracy", "        passed 20 %", "   640  weight decay 1 → 2"]
    strips, count = draw_happenings(happenings, 40, 4, 0, dusk)
    assert texts(strips) == [*lines, ""]
    assert count == 3
    assert texts(draw_happenings(happenings, 40, 2, 1, dusk)[0]) == lines[1:]
    assert texts(draw_happenings(happenings, 12, 2, 0, dusk)[0]) == ["1,210 gener…", "640 weight …"]


def test_text_from_files_is_no_markup_and_no_control(dusk: Palette) -> None:
    strips, _ = draw_happenings([Happening(1, "[red]x[/red] \x1b[2J日本", "mark")], 40, 1, 0, dusk)
    assert texts(strips) == [" 1  [red]x[/red] ?[2J??"]


def test_a_message_stands_in_the_middle(dusk: Palette) -> None:
    strips = draw_message("waiting for the first steps", 16, 5, dusk)
    assert texts(strips) == ["", "  waiting for", "   the first", "     steps", ""]


def test_cells_keep_inside() -> None:
    cells = Cells(3, 1)
    cells.put(-1, 0, "abc")
    cells.put(2, 0, "xyz")
    cells.put(0, 5, "no")
    assert texts(cells.strips()) == ["bcx"]
    assert texts([row([("abcdef", cells.styles[0][0])], 4)]) == ["abc…"]


@given(st.text(max_size=30), st.integers(0, 40), st.integers(0, 6), st.integers(0, 10**12))
def test_words_fill_any_pane(dusk: Palette, words: str, width: int, height: int, step: int) -> None:
    happenings = [Happening(step, words, "mark")] * 3
    assert fills(draw_happenings(happenings, width, height, 1, dusk)[0], width, height)
    assert fills(draw_message(words, width, height, dusk), width, height)
    assert fills(draw_answers(PREDICTION, width, 3, "braille", dusk), width, 3)
    assert len(narrow(words)) == len(words)
