"""The page: its head, its colours, its sections and its data, in one file that loads nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from grokterm.report.data import Data
from grokterm.report.markup import Markup, joined, tag
from grokterm.tui.theme import Palette, palette_names, read_theme, theme_folders

FOLDER: Final = Path(__file__).parent / "page"
_SCRIPTS: Final = ("data.js", "axes.js", "chart.js", "pointer.js", "heat.js", "steps.js", "start.js")
_THEMES: Final = ("paper", "dusk")
"""Those of light and of dark."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page under its title, and what it is called in the list at the top, where that is shorter."""

    name: str
    title: str
    body: Markup
    short: str = ""

    @property
    def markup(self) -> Markup:
        """The section under its heading."""
        return tag("section", tag("h2", self.title, id=self.name), self.body)


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above all sections."""

    title: str
    words: str
    """What it is, in a line."""
    tiles: Sequence[tuple[str, str]] = ()
    """Numbers that matter most, each with what it is."""
    note: str = ""
    foot: str = ""
    """What stands at the end of the page."""


def page(head: Head, sections: Sequence[Section], data: Data) -> bytes:
    """The whole file in UTF-8; nothing in it is loaded from elsewhere, and its browser is told to load nothing."""
    style, script = _style(), _script()
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    top = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="generator", content="grokterm"),
        tag("title", head.title),
        Markup(f"<style>{style}</style>"),
    )
    body = tag(
        "body",
        _header(head),
        tag(
            "nav",
            tag("ul", *(tag("li", tag("a", part.short or part.title, href=f"#{part.name}")) for part in sections)),
        ),
        tag("main", tag("p", id="trouble", role="alert"), _noscript(), *(part.markup for part in sections)),
        tag("footer", head.foot),
        Markup(f'<script type="application/json" id="data">{data.json()}</script>'),
        Markup(f"<script>{script}</script>"),
    )
    return f"<!DOCTYPE html>\n{tag('html', top, body, lang='en')}\n".encode()


def legend(*keys: tuple[str, str]) -> Markup:
    """What colours mean: a block of each with its words."""
    parts = (tag("span", tag("i"), words, class_=f"key block c-{color.replace('_', '-')}") for color, words in keys)
    return tag("div", joined(parts), class_="legend apart")


def _header(head: Head) -> Markup:
    note = [tag("p", head.note, class_="lead")] if head.note else []
    words = tag("div", tag("h1", head.title), tag("p", head.words, class_="lead"), *note)
    switch = tag("button", "light / dark", type="button", id="theme", aria_label="Light or dark colours")
    tiles = [tag("div", tag("b", number), tag("span", words), class_="tile") for number, words in head.tiles]
    return tag(
        "header", tag("div", words, switch, class_="top"), *([tag("div", *tiles, class_="tiles")] if tiles else [])
    )


def _noscript() -> Markup:
    return tag("noscript", tag("p", "Charts, maps and the slider need JavaScript; all words are here without it."))


def _digest(source: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode('ascii')}"


def _script() -> str:
    parts = "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    return f'"use strict";\n(() => {{\n{parts}}})();\n'


def _style() -> str:
    """The colours of both themes by their meanings, and the sheet."""
    light, dark = (_variables(read_theme(theme_folders()[0] / f"{name}.toml").palette) for name in _THEMES)
    swatches = "\n".join(
        f".c-{name} {{ --swatch: var(--{name}); }}\n.what.c-{name}, svg .c-{name} {{ color: var(--{name}); }}"
        for name in (each.replace("_", "-") for each in palette_names())
    )
    return (
        f":root {{ {light} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
        f':root[data-theme="light"] {{ {light} }}\n:root[data-theme="dark"] {{ {dark} }}\n'
        f"{swatches}\n{(FOLDER / 'report.css').read_text(encoding='utf-8')}"
    )


def _variables(palette: Palette) -> str:
    return " ".join(f"--{name.replace('_', '-')}: {palette.css(name)};" for name in palette_names())
