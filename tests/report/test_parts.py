"""The parts of a page: text that stays text, arrays that stay what they are, figures from known numbers."""

from __future__ import annotations

import json
import math

import numpy as np
import numpy.typing as npt
import pytest

from grokterm.drawn.parts import Chart, Heat, Line, Range, Side
from grokterm.drawn.wave_views import ring
from grokterm.report.charts import draw_chart
from grokterm.report.data import Data, Kind, unpacked
from grokterm.report.guide_text import guide, rendered
from grokterm.report.heats import MOST, codes, draw_heat
from grokterm.report.markup import Markup, table, tag, text
from grokterm.report.page import Head, Section, page
from tests.report.read import Elements, data_of


@pytest.mark.parametrize(
    ("words", "written"),
    [
        ("a < b & c > \"d\" 'e'", "a &lt; b &amp; c &gt; &quot;d&quot; &#x27;e&#x27;"),
        ("one\ntwo\tthree", "one\ntwo\tthree"),
        ("\x1b[31m\x00\u202e\ud800", "�[31m���"),
        (Markup("<b>x</b>"), "<b>x</b>"),
    ],
)
def test_text_is_escaped_unless_it_is_markup(words: str, written: str) -> None:
    assert text(words) == written


def test_elements_escape_children_and_attributes() -> None:
    made = tag("p", "<i>", tag("br"), Markup("<u>u</u>"), class_='"x" onclick="y', data_at=3, hidden=True, title=None)
    assert made == ('<p class="&quot;x&quot; onclick=&quot;y" data-at="3" hidden>&lt;i&gt;<br><u>u</u></p>')
    assert "<td>&lt;td&gt;</td>" in table(["<"], [["<td>"]])


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.array([1, -2, 3]), "i32"),
        (np.array([2**40 + 1, 1]), "f64"),
        (np.array([0.5, math.nan, math.inf, -math.inf]), "f32"),
        (np.array([0.1, 1e300]), "f64"),
        (np.array([[True, False], [False, True]]), "bits"),
        (np.array([0.1], dtype=np.float32), "f32"),
    ],
)
def test_arrays_lose_nothing_in_the_least_kind(values: npt.NDArray[np.generic], kind: Kind) -> None:
    data = Data()
    name = data.array(values)
    assert data.array(values.copy()) == name  # kept once
    kept = json.loads(data.json())["arrays"]
    assert list(kept) == [name]
    assert kept[name]["type"] == kind
    np.testing.assert_array_equal(unpacked(kept[name])[: values.size], values.ravel())


def test_no_character_of_the_data_ends_the_script() -> None:
    data = Data()
    draw_chart(data, Chart("</script><!--&", [Line("<b>", "test", np.arange(2), np.arange(2))]))
    written = data.json()
    assert not set("<>&") & set(written)
    assert json.loads(written)["charts"]["c0"]["title"] == "</script><!--&"


def test_codes_are_places_between_the_ends() -> None:
    values = np.array([[-1.0, 0.0, 1.0], [math.nan, 2.0, -math.inf]])
    assert codes(values, -1.0, 1.0).tolist() == [[0, 127, 254], [255, 254, 255]]
    assert codes(np.array([1.0, 10.0, 100.0, 0.0]), 1.0, 100.0, log=True).tolist() == [0, 127, 254, 255]


def test_a_large_map_says_what_it_leaves_out() -> None:
    data = Data()
    columns = Side("column", first=1)
    draw_heat(data, Heat("W", np.zeros((2 * MOST + 1, 10)), Side("row"), columns, Range("signed")))
    spec = json.loads(data.json())["heats"]["h0"]
    assert (spec["title"], spec["rows"], spec["columns"]) == ("W, 1 of every 3 rows and columns", 342, 4)
    assert spec["row_names"] == {"first": 0, "stride": 3}
    assert spec["column_names"] == {"first": 1, "stride": 3}


def test_a_chart_without_numbers_says_so() -> None:
    data = Data()
    made = draw_chart(data, Chart("Loss <", [Line("loss", "test", np.arange(2.0), np.full(2, math.nan))]))
    assert made == '<p class="undefined">Loss &lt;: nothing is logged.</p>'
    assert json.loads(data.json())["charts"] == {}


def test_markdown_is_rendered_and_html_in_it_is_text() -> None:
    made = rendered(
        "## Head\n\n| a | b |\n|---|---|\n| `x<y` | **b** |\n\n<script>alert(1)</script> [w](javascript:alert(1))"
    )
    elements = Elements(f"<body>{made}</body>")
    assert [name for name, _ in elements.found if name in ("h4", "table", "code", "strong", "script")] == [
        *("h4", "table", "code", "strong")
    ]
    assert elements.named("a") == []
    assert "<script>alert(1)</script>" in elements.words


def test_a_page_of_the_guide_leads_to_figures_alone() -> None:
    made = guide("circles")
    assert 'href="#waves"' in made
    assert "Keys" not in made
    assert "What it shows" in made
    assert ".md" not in made


def test_a_ring_joins_residues_in_the_order_of_their_angles() -> None:
    places = np.stack([np.cos(2 * np.pi * 2 * np.arange(5) / 5), np.sin(2 * np.pi * 2 * np.arange(5) / 5)], -1)
    angles = np.unwrap(np.arctan2(*ring(places, 2).T[::-1]))
    np.testing.assert_allclose(np.diff(angles), 2 * np.pi / 5)


def test_a_page_is_made_of_a_head_and_sections() -> None:
    head = Head("A <title>", "words &", [("5", "rows <")], "a note", "the end")
    body = table(["claim", "ours"], [["<1>", "2"]], (1,))
    content = page(head, [Section("claims", "Claims & rows", body, "Claims")], Data())
    elements = Elements(content.decode())
    assert content.startswith(b'<!DOCTYPE html>\n<html lang="en">')
    for words in ("A <title>", "words &", "rows <", "a note", "the end", "Claims & rows", "<1>"):
        assert words in elements.words
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in elements.named("meta")
    assert {"href": "#claims"} in elements.named("a")
    assert data_of(content) == {"arrays": {}, "charts": {}, "heats": {}, "steps": None}
