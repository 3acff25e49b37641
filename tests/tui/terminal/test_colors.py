from __future__ import annotations

import pytest

from grokterm.tui.terminal.colors import offered, suited
from grokterm.tui.theme import load_themes
from grokterm.view_options import Color, Shown, shown_colors


@pytest.mark.parametrize(
    ("asked", "environment", "shown"),
    [
        ("auto", {"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "truecolor"),
        ("auto", {"TERM": "xterm-256color"}, "256"),
        ("auto", {"TERM": "xterm"}, "16"),
        ("auto", {"TERM": "linux"}, "16"),
        ("auto", {"TERM": "dumb"}, "none"),
        ("auto", {}, "none"),
        ("auto", {"TERM": "xterm-kitty"}, "truecolor"),
        ("auto", {"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"}, "none"),
        ("auto", {"TERM": "xterm-256color", "NO_COLOR": ""}, "256"),
        ("16", {"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "16"),
        ("truecolor", {"NO_COLOR": "1"}, "truecolor"),
    ],
)
def test_colours_are_as_asked_else_as_the_terminal_says(
    asked: Color, environment: dict[str, str], shown: Shown
) -> None:
    assert shown_colors(asked, environment) == shown


@pytest.mark.parametrize(
    ("colors", "depth"), [("truecolor", "truecolor"), ("256", "truecolor"), ("16", "16"), ("none", "none")]
)
def test_the_default_theme_suits_the_terminal(colors: Shown, depth: str) -> None:
    assert suited(load_themes(), "dusk", colors).palette.depth == depth


def test_a_theme_that_was_chosen_stays_unless_there_are_no_colours() -> None:
    themes = load_themes()
    light = next(name for name, theme in themes.items() if not theme.dark)
    assert suited(themes, light, "16").name == light
    assert suited(themes, light, "none").palette.depth == "none"
    assert suited(themes, "no such theme", "truecolor").name == "dusk"


def test_only_a_theme_without_colours_is_offered_where_there_are_none() -> None:
    themes = load_themes()
    assert all(themes[name].palette.depth == "none" for name in offered(themes, "none"))
    assert set(offered(themes, "256")) == set(themes)
