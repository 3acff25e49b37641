"""The guide's pages about reproductions and README's table: as the scoreboard says, and the scoreboard itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from grokterm.guide import read_page
from grokterm.reproductions.claims import Scale
from grokterm.reproductions.making import Power, begun
from grokterm.reproductions.pages import TELLING, page, page_name, pages, read_scoreboard, scoreboard, telling
from grokterm.reproductions.registry import reproduction, reproductions
from grokterm.reproductions.rules import shown_all

BOARD = read_scoreboard()
README = (Path(__file__).parents[2] / "README.md").read_text()


def test_it_has_every_reproduction_and_seven_of_ten_rows_pass() -> None:
    assert list(BOARD) == list(reproductions())
    rows = [row for made in BOARD.values() for row in made.rows]
    assert sum(row.verdict == "PASS" for row in rows) >= 0.7 * len(rows)
    assert all(made.quick and not made.runs for made in BOARD.values())


@pytest.mark.parametrize("name", list(reproductions()))
def test_its_rows_are_those_claims_held_to_those_rules(name: str) -> None:
    made = BOARD[name]
    claims = reproduction(name).claims(Scale(True, made.seeds))
    assert [row.words for row in made.rows] == [claim.words for claim in claims]
    for row, claim in zip(made.rows, claims, strict=True):
        figures = [float("nan") if one is None else one if abs(one) < 1e300 else float("inf") for one in row.ours]
        assert row.verdict == claim.rule.verdict(figures)
        assert row.rule == claim.rule.words(claim.unit)
        assert row.shown == shown_all(figures, claim.unit)


def test_pages_are_what_the_scoreboard_says() -> None:
    for name, text in pages(BOARD).items():
        assert read_page(name).text == text, f"python -m grokterm.reproductions writes {name}.md anew"


def test_each_failure_is_explained() -> None:
    for name, made in BOARD.items():
        if any(row.verdict != "PASS" for row in made.rows):
            assert len(reproduction(name).why) > 80, name


def test_readme_has_the_ten_most_telling_rows() -> None:
    assert len(TELLING) == 10
    assert f"<!-- scoreboard -->\n{telling(BOARD)}<!-- /scoreboard -->" in README


def test_a_page_without_figures_says_so() -> None:
    text = page(reproduction("nanda"), None)
    assert "It is not on the scoreboard yet." in text
    assert page_name("head-count") == "reproduce_head_count"


def test_what_failed_is_named_on_the_scoreboard() -> None:
    power = Power(1, 1, "a processor", "cpu", "float32")
    made = begun(reproduction("nanda"), True, 1, power)
    row = next(row for one in BOARD.values() for row in one.rows)

    text = scoreboard({"nanda": replace(made, ended=made.begun + 65, rows=(replace(row, verdict="FAIL"),))})
    assert "1 FAIL of 1, 0 % PASS" in text
    assert f"- nanda: {row.words}" in text
    assert "1:05 in all" in text
