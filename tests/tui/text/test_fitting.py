from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.content import Content

from grokterm.tui.text.fitting import Part, between, fit

GAP = Content(" · ")


def test_the_part_that_gives_way_first_is_shortened_first() -> None:
    parts = [Part.of(("transformer", 5), ("tf", 1)), Part.of(("weight decay 1", 9), ("wd 1", 2))]
    assert fit(parts, 40, GAP).plain == "transformer · weight decay 1"
    assert fit(parts, 20, GAP).plain == "transformer · wd 1"
    assert fit(parts, 10, GAP).plain == "tf · wd 1"
    assert fit(parts, 4, GAP).plain == "tf"
    assert fit(parts, 1, GAP).plain == ""


def test_empty_parts_take_no_gap() -> None:
    assert fit([Part.of(("a", 1)), Part.of(("", 1)), Part.of(("b", 1))], 9, GAP).plain == "a · b"


@given(
    st.lists(st.lists(st.tuples(st.text("ab ", max_size=9), st.integers(0, 9)), min_size=1, max_size=3), max_size=6),
    st.integers(0, 40),
)
def test_a_line_never_takes_more_than_its_width(spellings: list[list[tuple[str, int]]], width: int) -> None:
    line = fit([Part.of(*s) for s in spellings], width, GAP)
    assert line.cell_length == len(line.plain) <= width
    whole = {text for part in spellings for text, _ in part}
    assert all(piece in whole for piece in line.plain.split(" · ")) or not line.plain


@pytest.mark.parametrize("width", [5, 6, 7, 20])
def test_the_right_end_stands_at_the_right_or_not_at_all(width: int) -> None:
    line = between(Content("left"), Content("ok"), width)
    assert line.plain == ("left" if width < 6 else "left" + " " * (width - 6) + "ok")
