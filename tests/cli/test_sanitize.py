from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from grokterm.cli.sanitize import sanitize


@given(st.text())
@example("\x1b]0;title\x07")
@example("\ud800")
@example("\u202e")
def test_any_text_becomes_one_printable_line(text: str) -> None:
    assert sanitize(text).isprintable()
    sanitize(text).encode()


@given(st.text().filter(str.isprintable))
def test_what_can_be_printed_stays(text: str) -> None:
    assert sanitize(text) == text


def test_control_characters_are_spelled_out() -> None:
    assert sanitize("a\x1b[31m\tb\nc\x00") == "a\\x1b[31m b c\\x00"
