from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from rich.color import ColorSystem
from textual.app import App
from textual.color import Color

from grokterm.errors import ThemeError
from grokterm.tui.theme import Palette, Theme, find_theme, load_themes, palette_names, read_theme, theme_folders
from tests.needs import only_without_root

FOLDER = Path(__file__).parents[2] / "themes"
SHIPPED = ["dusk", *sorted({path.stem for path in FOLDER.glob("*.toml")} - {"dusk"})]
WRITTEN = (
    "text", "muted", "accent", "warning", "error", "train", "test", "key", "mark", "milestone",
    "memorizing", "generalizing", "grokked", "collapsed", "run_a", "run_b", "run_c", "run_d", "run_e", "run_f",
)  # fmt: skip
"""Meanings that colour words."""
RUNS = tuple(f"run_{letter}" for letter in "abcdef")
TABLE = ("correct", "wrong", "unsure", "correct_trained", "wrong_trained", "unsure_trained")

PROTAN = np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]])
DEUTAN = np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]])
"""Machado, Oliveira and Fernandes 2009, severity 1, on linear red, green and blue."""


def linear(name: str, palette: Palette) -> npt.NDArray[np.float64]:
    """Linear red, green and blue of a meaning (sRGB, IEC 61966-2-1)."""
    rgb = np.array(Color.parse(palette.css(name)).rgb) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """Contrast of two linear colours (WCAG 2.1)."""
    light, dark = sorted((float(c @ [0.2126, 0.7152, 0.0722]) for c in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_shipped_themes_are_whole_and_the_default_comes_first() -> None:
    themes = load_themes()
    assert list(themes) == SHIPPED
    assert themes.messages == ()
    assert all(theme.words and theme.words.isprintable() for theme in themes.values())
    assert {theme.name for theme in themes.values() if not theme.dark} == {"paper"}
    assert {theme.palette.depth for theme in themes.values()} == {"truecolor", "16", "none"}


@pytest.mark.parametrize("name", [n for n in SHIPPED if n not in ("ansi", "mono")])
def test_words_can_be_read(name: str) -> None:
    palette = find_theme(name).palette
    back = linear("background", palette)
    faint = {word: round(contrast(linear(word, palette), back), 2) for word in WRITTEN}
    assert {word: ratio for word, ratio in faint.items() if ratio < 4.5} == {}
    assert contrast(linear("text", palette), linear("surface", palette)) >= 4.5
    assert contrast(linear("bar", palette), back) >= 1.8


@pytest.mark.parametrize("name", [n for n in SHIPPED if n not in ("ansi", "mono")])
def test_states_of_the_table_differ_in_shade(name: str) -> None:
    palette = find_theme(name).palette
    for state in ("correct", "wrong", "unsure"):
        assert contrast(linear(state, palette), linear(f"{state}_trained", palette)) >= 1.25
    assert contrast(linear("correct", palette), linear("wrong", palette)) >= 1.5
    assert contrast(linear("cursor", palette), linear("wrong", palette)) >= 1.8
    assert len({palette.css(state) for state in TABLE}) == 6


@pytest.mark.parametrize("name", [n for n in SHIPPED if n not in ("ansi", "mono")])
def test_states_of_the_table_differ_with_256_colours(name: str) -> None:
    palette = find_theme(name).palette
    colors = [palette.style(state).color for state in (*TABLE, "background", "cursor")]
    shown = {color.downgrade(ColorSystem.EIGHT_BIT).number for color in colors if color is not None}
    assert len(shown) == len(colors)


@pytest.mark.parametrize("name", [n for n in SHIPPED if n not in ("ansi", "mono")])
def test_runs_that_are_compared_differ_in_colour(name: str) -> None:
    palette = find_theme(name).palette
    seen = [Color.parse(palette.css(run)).rgb for run in RUNS]
    for one, other in combinations(seen, 2):
        assert sum(abs(x - y) for x, y in zip(one, other, strict=True)) >= 75
    downgraded = {color.downgrade(ColorSystem.EIGHT_BIT).number for run in RUNS if (color := palette.style(run).color)}
    assert len(downgraded) == len(RUNS)


def test_runs_differ_with_16_colours() -> None:
    palette = find_theme("ansi").palette
    assert len({palette.css(run) for run in RUNS}) == len(RUNS)


def test_the_highest_contrast_is_high() -> None:
    palette = find_theme("contrast").palette
    assert contrast(linear("text", palette), linear("background", palette)) == pytest.approx(21)
    assert all(contrast(linear(word, palette), linear("background", palette)) >= 7 for word in WRITTEN)


@pytest.mark.parametrize("eyes", [PROTAN, DEUTAN])
def test_the_safe_theme_is_safe(eyes: npt.NDArray[np.float64]) -> None:
    palette = find_theme("okabe-ito").palette
    seen = {state: np.clip(eyes @ linear(state, palette), 0, 1) for state in (*TABLE, "train", "test")}
    assert contrast(seen["correct"], seen["wrong"]) >= 2
    assert contrast(seen["correct"], seen["unsure"]) >= 2
    for one, other in combinations(("correct", "wrong", "unsure", "correct_trained"), 2):
        assert contrast(seen[one], seen[other]) >= 1.25 or np.abs(seen[one] - seen[other]).max() >= 0.15
    assert np.abs(seen["train"] - seen["test"]).max() >= 0.3


def test_few_colours_are_the_terminals_own() -> None:
    for name in ("ansi", "mono"):
        theme = find_theme(name)
        assert all(theme.palette.css(word).startswith("ansi_") for word in palette_names())
        assert theme.textual().ansi
    mono = find_theme("mono").palette
    assert {mono.css(word) for word in palette_names()} == {"ansi_default"}
    assert mono.train != mono.test
    assert mono.key != mono.bar


@pytest.mark.parametrize("name", SHIPPED)
async def test_a_textual_app_takes_every_theme(name: str) -> None:
    theme = find_theme(name)
    app: App[None] = App()
    app.register_theme(theme.textual())
    async with app.run_test():
        app.theme = name
        variables = app.get_css_variables()
    names = [word.replace("_", "-") for word in palette_names() if word not in ("text", "border")]
    assert all(variables[word] == theme.palette.css(word.replace("-", "_")) for word in names)
    assert variables["border-blurred"] == theme.palette.css("border")


def test_an_unknown_theme_is_answered_with_those_that_are() -> None:
    with pytest.raises(ThemeError, match=r"unknown theme 'dsuk': choose dusk, ansi, .*did you mean dusk\?"):
        find_theme("dsuk")


def user_folder() -> Path:
    folder = theme_folders()[1]
    folder.mkdir(parents=True)
    return folder


def test_a_users_theme_needs_only_what_differs() -> None:
    (user_folder() / "plum.toml").write_text('words = "mine"\n[colors]\ntrain = "bold #AABBCC"\nkey = "Bright Green"\n')
    theme = find_theme("plum")
    assert list(load_themes()) == [*SHIPPED, "plum"]
    assert theme == Theme("plum", "mine", True, replace(
        find_theme("dusk").palette, train="bold #aabbcc", key="bright_green"
    ))  # fmt: skip
    assert (theme.palette.css("train"), theme.palette.css("key")) == ("#aabbcc", "ansi_bright_green")
    assert theme.palette.markup("train") == "bold #aabbcc"
    assert theme.palette.style("train").bold


def test_a_light_theme_of_the_user_builds_on_paper() -> None:
    (user_folder() / "milk.toml").write_text('dark = false\n[colors]\nbackground = "#ffffff"\n')
    assert find_theme("milk").palette == replace(find_theme("paper").palette, background="#ffffff")


def test_a_users_theme_takes_the_place_of_a_shipped_one() -> None:
    (user_folder() / "mine.toml").write_text('name = "hearth"\n[colors]\ntext = "#ffffff"\n')
    assert find_theme("hearth").palette.text == "#ffffff"
    assert list(load_themes()) == SHIPPED


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("colors = ", "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        ("x" * 70_000, "longer than"),
        ('[colors]\ntest = "#12345"\n', "test = '#12345' is no colour"),
        ("[colors]\ntest = 3\n", "test = 3 is no colour"),
        ('[colors]\ntests = "#123456"\n', "did you mean test"),
        ('depth = "8"\n', "depth one of truecolor, 16, none"),
        ("dark = 1\n", "dark must be true or false"),
        ('name = "a\\nb"\n', "must be text"),
        ("colours = {}\n", "did you mean colors"),
    ],
)
def test_a_broken_file_is_left_out_with_a_message(content: str | bytes, says: str) -> None:
    path = user_folder() / "broken.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    themes = load_themes()
    assert list(themes) == SHIPPED
    assert len(themes.messages) == 1
    assert says in themes.messages[0]
    assert str(path) in themes.messages[0]
    with pytest.raises(ThemeError, match="unknown theme 'broken'"):
        find_theme("broken")


@only_without_root
def test_a_file_that_may_not_be_read_is_left_out() -> None:
    path = user_folder() / "secret.toml"
    path.write_text("[colors]\n")
    path.chmod(0)
    assert "cannot be read" in load_themes().messages[0]


def test_a_shipped_theme_must_be_whole(tmp_path: Path) -> None:
    path = tmp_path / "half.toml"
    path.write_text('[colors]\ntext = "#ffffff"\n')
    with pytest.raises(ThemeError, match="colours are missing: muted"):
        read_theme(path)
