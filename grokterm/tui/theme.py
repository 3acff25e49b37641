"""Themes: colours by meaning, read from TOML files."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, Literal, get_args

import platformdirs
from rich.style import Style
from textual.theme import Theme as TextualTheme

from grokterm.errors import ThemeError
from grokterm.spelling import unknown

Depth = Literal["truecolor", "16", "none"]

DEFAULT_THEME: Final = "dusk"
_WEIGHTS: Final = ("bold", "dim", "italic", "underline", "reverse")
_NAMED: Final = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_FILE_LIMIT: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by meaning, each a Rich style: weights (bold, dim, …) and at most one colour."""

    text: str
    muted: str
    background: str
    surface: str
    border: str
    accent: str
    warning: str
    error: str
    train: str
    test: str
    correct: str
    wrong: str
    unsure: str
    correct_trained: str
    wrong_trained: str
    unsure_trained: str
    cursor: str
    key: str
    bar: str
    mark: str
    milestone: str
    memorizing: str
    generalizing: str
    grokked: str
    collapsed: str
    run_a: str
    run_b: str
    run_c: str
    run_d: str
    run_e: str
    run_f: str
    depth: Depth = "truecolor"
    """Colours that the theme needs: with 16 or none, what matters is told apart by glyph as well."""

    def __hash__(self) -> int:
        """Of what tells themes apart: what is kept by palette is looked up for every few cells."""
        return hash((self.depth, self.background, self.text, self.accent))

    def style(self, name: str) -> Style:
        """The Rich style of a meaning, without background."""
        return Style.parse(getattr(self, name) or "none")

    def css(self, name: str) -> str:
        """The colour of a meaning as Textual's style sheets write it."""
        return _css(getattr(self, name))

    def markup(self, name: str) -> str:
        """The style of a meaning as Textual's Content writes it."""
        return _markup(getattr(self, name))


@lru_cache(maxsize=1024)
def _css(ink: str) -> str:
    color = Style.parse(ink or "none").color
    if color is None or color.is_default:
        return "ansi_default"
    return color.name if color.name.startswith("#") else f"ansi_{color.name}"


@lru_cache(maxsize=1024)
def _markup(ink: str) -> str:
    return " ".join([*(word for word in ink.split() if word in _WEIGHTS), _css(ink)])


@cache
def palette_names() -> tuple[str, ...]:
    """The meanings that a theme gives a colour to."""
    return tuple(f.name for f in fields(Palette) if f.name != "depth")


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme: its name, what it is in a few words, whether it is dark, and its colours."""

    name: str
    words: str
    dark: bool
    palette: Palette

    def textual(self) -> TextualTheme:
        """The theme for a Textual app; each meaning is a variable too, as `$correct-trained`.

        Textual's own `$text` and `$border` (of what has the focus) keep their meaning.
        """
        css = self.palette.css
        return TextualTheme(
            name=self.name,
            dark=self.dark,
            ansi=self.palette.depth != "truecolor",
            primary=css("accent"),
            secondary=css("train"),
            accent=css("accent"),
            warning=css("warning"),
            error=css("error"),
            success=css("correct"),
            foreground=css("text"),
            background=css("background"),
            surface=css("surface"),
            panel=css("surface"),
            variables=self._variables(),
        )

    def _variables(self) -> dict[str, str]:
        """The meanings, and the colours of Textual's widgets."""
        css = self.palette.css
        own = {name.replace("_", "-"): css(name) for name in palette_names() if name not in ("text", "border")}
        border, back = css("border"), css("background")
        return own | {
            "border": css("accent"),
            "border-blurred": border,
            "block-cursor-background": css("accent"),
            "block-cursor-foreground": back if self.palette.depth == "truecolor" else "ansi_black",
            "footer-background": back,
            "footer-foreground": css("muted"),
            "footer-description-foreground": css("muted"),
            "footer-key-foreground": css("accent"),
            "ansi-background": "ansi_default",
            "ansi-foreground": "ansi_default",
            "scrollbar": border,
            "scrollbar-hover": css("muted"),
            "scrollbar-active": css("accent"),
            "scrollbar-background": back,
            "scrollbar-background-hover": back,
            "scrollbar-background-active": back,
            "scrollbar-corner-color": back,
        }


class Themes(dict[str, Theme]):
    """Themes by name, the default first, and a sentence about each file that could not be read."""

    messages: tuple[str, ...] = ()


def load_themes(folders: Sequence[Path] | None = None) -> Themes:
    """The themes of grokterm and of the user; a broken file is left out and gives a message."""
    themes = Themes()
    messages: list[str] = []
    for folder in theme_folders() if folders is None else folders:
        paths = sorted(folder.glob("*.toml"), key=lambda path: (path.stem != DEFAULT_THEME, path.stem))
        for path in paths:
            try:
                theme = read_theme(path, _bases(themes))
            except ThemeError as error:
                messages.append(str(error))
            else:
                themes[theme.name] = theme
    themes.messages = tuple(messages)
    return themes


def find_theme(name: str) -> Theme:
    """The theme called `name`; raises ThemeError naming those that are there."""
    themes = load_themes()
    if name not in themes:
        raise ThemeError(" — ".join([unknown("theme", name, list(themes)), *themes.messages]))
    return themes[name]


def theme_folders() -> list[Path]:
    """Where themes are read from: grokterm's own, then the user's."""
    package = Path(__file__).parents[1]
    own = package / "themes"
    shipped = own if own.is_dir() else package.parent / "themes"
    return [shipped, Path(platformdirs.user_config_dir("grokterm")) / "themes"]


def read_theme(path: Path, bases: Mapping[bool, Palette] | None = None) -> Theme:
    """The theme in a file, colours it leaves out taken from `bases[dark]`; raises ThemeError."""
    try:
        if path.stat().st_size > _FILE_LIMIT:
            raise ThemeError(f"the theme {path} is longer than {_FILE_LIMIT:,} bytes")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ThemeError(f"the theme {path} cannot be read: {error}") from None
    try:
        dark, light = ((bases or {}).get(is_dark) for is_dark in (True, False))
        return _theme(path.stem, text, dark, light)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ThemeError(f"the theme {path} cannot be read: {error}") from None
    except ThemeError as error:
        raise ThemeError(f"the theme {path} is left out: {error}") from None


@lru_cache(maxsize=64)
def _theme(stem: str, text: str, dark_base: Palette | None, light_base: Palette | None) -> Theme:
    table = tomllib.loads(text)
    for key in table:
        if key not in ("name", "words", "dark", "depth", "colors"):
            raise ThemeError(unknown("key", key, ["name", "words", "dark", "depth", "colors"]))
    name, words, dark = table.get("name", stem), table.get("words", ""), table.get("dark", True)
    depth, colors = table.get("depth", "truecolor"), table.get("colors", {})
    if not (isinstance(name, str) and name.isprintable() and name.strip() and isinstance(words, str)):
        raise ThemeError("name and words must be text")
    if not isinstance(dark, bool) or depth not in get_args(Depth) or not isinstance(colors, dict):
        raise ThemeError(f"dark must be true or false, depth one of {', '.join(get_args(Depth))}, colors a table")
    return Theme(name, words, dark, _palette(colors, depth, dark_base if dark else light_base))


def _palette(colors: Mapping[str, Any], depth: Depth, base: Palette | None) -> Palette:
    names = palette_names()
    for key in colors:
        if key not in names:
            raise ThemeError(unknown("colour", key, list(names)))
    missing = [name for name in names if name not in colors]
    if missing and base is None:
        raise ThemeError(f"colours are missing: {', '.join(missing)}")
    values = {name: _ink(name, colors[name]) for name in names if name in colors}
    return Palette(**{name: getattr(base, name, "") for name in missing}, **values, depth=depth)


def _ink(name: str, given: object) -> str:
    """A colour of a theme file as a Rich style: `bold #aabbcc`, `bright green`, `default`."""
    words = given.lower().split() if isinstance(given, str) else [""]
    weights = [w for w in words if w in _WEIGHTS]
    color = "_".join(w for w in words if w not in _WEIGHTS)
    plain = color.removeprefix("bright_")
    hexadecimal = len(color) == 7 and color[0] == "#" and all(c in "0123456789abcdef" for c in color[1:])
    if not (hexadecimal or plain in _NAMED or color == "default" or (weights and not color)):
        raise ThemeError(
            f"{name} = {given!r} is no colour: write #rrggbb, default, or one of {', '.join(_NAMED)} "
            f"(also bright), with {', '.join(_WEIGHTS)} before it where wanted"
        )
    return " ".join([*weights, color]).strip()


def _bases(themes: Mapping[str, Theme]) -> dict[bool, Palette]:
    return {themes[name].dark: themes[name].palette for name in (DEFAULT_THEME, "paper") if name in themes}
