"""What figures consist of: numbers at axes, names, steps, captions that are text."""

from __future__ import annotations

from itertools import pairwise

import pytest
from markdown_it import MarkdownIt

from grokterm.drawn.parts import Chart, Group, Mark, Part, Words
from grokterm.errors import ConfigError, ThemeError
from grokterm.figures.captions import caption, captions, escaped
from grokterm.figures.charts import written
from grokterm.figures.chosen import all_names, chosen_names, chosen_steps, sentence_of
from grokterm.figures.style import find_style, plain, width_of, wrapped
from grokterm.guide import read_page, view_pages
from grokterm.runs.folder import RunFolder

HOSTILE = (
    "*a* _b_ **c** `d` <script>e</script> [f](http://g.h) ![i](j) # k | l & &lt; \x1b[31m \u202e www.m.com \\ ~~n~~ $o$"
)


@pytest.mark.parametrize(
    ("value", "log", "text"),
    [
        *[(0, False, "0"), (2500, False, "2,500"), (-0.25, False, "−0.25"), (-20, False, "−20"), (1e-4, True, "10⁻⁴")],
        *[(0.01, True, "0.01"), (1000, True, "1,000"), (5e4, True, "5·10⁴"), (3e7, False, "3·10⁷")],
    ],
)
def test_numbers_at_an_axis(value: float, log: bool, text: str) -> None:
    assert written(value, log) == text


def test_lines_are_as_wide_as_they_may_be() -> None:
    words = "each of these words is short but for incomprehensibilities of course"
    lines = wrapped(words, 6, 1.0)
    assert " ".join(lines) == words
    assert all(width_of(line, 6) <= 1.0 for line in lines if " " in line)
    assert all(width_of(f"{line} {after.split()[0]}", 6) > 1.0 for line, after in pairwise(lines))
    assert wrapped("", 6, 1.0) == []


def test_views_have_names_and_numbers(recorded: RunFolder) -> None:
    assert chosen_names(None) == all_names()
    assert {name for kept in view_pages().values() for name in kept} < set(all_names())
    assert chosen_names("circles, 1,Matrix-over-time,training,table") == (
        "circles",
        "training",
        "matrix_over_time",
        "table",
    )
    assert sentence_of("circles") == f"{read_page('circles').summary}."
    with pytest.raises(ConfigError, match=r"^unknown view 'circle': choose accuracy, .*; did you mean circles\?$"):
        chosen_names("circle")
    assert chosen_steps(None, recorded) == (120,)
    assert chosen_steps("last,0,6_0,0", recorded) == (0, 60, 120)
    for given in ("", "1,,2", "-1", "1e3", "½", "first"):
        with pytest.raises(ConfigError, match=r"^--steps takes steps and last, as 0,500,last, and '.+' is none$"):
            chosen_steps(given, recorded)


def test_a_theme_needs_colours_of_its_own() -> None:
    with pytest.raises(
        ConfigError, match=r"^the theme ansi takes its colours from a terminal: figures need one of dusk, "
    ):
        find_style("ansi")
    with pytest.raises(ThemeError, match=r"^unknown theme 'papre': choose .*; did you mean paper\?$"):
        find_style("papre")


def test_a_caption_says_what_the_guide_and_the_numbers_say() -> None:
    parts: list[Part] = [
        Group([Words("Said.")]),
        Words("Title", "title"),
        Chart("", [], [Mark(1500, "train > 99 %"), Mark(20, "")]),
    ]
    assert caption("A sentence.", parts, "Run 1") == (
        "A sentence. Said. Vertical lines: train > 99 % at step 1,500. Run 1."
    )


def test_text_of_files_is_no_markup() -> None:
    content = captions(HOSTILE, [("a.svg", HOSTILE, HOSTILE)]).decode()
    reader = MarkdownIt("gfm-like", {"linkify": False})
    heading, paragraph = (token for token in reader.parse(content) if token.type == "inline")
    assert heading.content
    kinds = {child.type for child in (*(heading.children or ()), *(paragraph.children or ()))}
    assert kinds <= {"text", "strong_open", "strong_close", "softbreak", "code_inline", "text_special"}
    shown = "".join(child.content for child in heading.children or ())
    assert shown == f"{plain(HOSTILE)}"
    assert [child.content for child in paragraph.children or () if child.type == "code_inline"] == ["a.svg"]
    assert "://" not in content
    assert "www.m" not in content
    assert not {"\x1b", "\u202e"} & set(content)
    assert escaped("a + b mod 53 · mlp, 0001-add (k = 5)") == "a + b mod 53 · mlp, 0001-add (k = 5)"


def test_the_guide_names_a_figure_for_each_of_those_of_papers() -> None:
    table = read_page("figures").text.partition("## What papers show")[2]
    rows = [line.split("|")[1:3] for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == 23
    named = [name.strip().strip("`") for _, names in rows for name in names.split(",")]
    assert {name for name in named if not name.startswith("grokterm ")} <= set(all_names())
    assert len(set(named)) >= 23
