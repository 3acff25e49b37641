"""The guide: a page of Markdown for every view, and the overview that tells the story in order."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from grokterm.errors import GuideError

FOLDER: Final = Path(__file__).parent / "pages"
OVERVIEW: Final = "grokking"
"""The page to begin with."""
GROUPS: Final = (
    "Training",
    "Fourier",
    "Attention",
    "Embedding",
    "Weights",
    "Neurons",
    "Logits",
    "Paths",
    "Surgery",
    "Forecast",
)
"""The groups of the views, in order."""
_REST: Final = "Beside"
"""The chapter of all pages that belong to no other."""
LINK: Final = re.compile(r"\[([^\[\]]+)\]\((\w+)\.md\)")
"""A link to another page: what it is called, and its name."""
_PLACE: Final = re.compile(r"<!-- view: (\w+) (\d+) -->\n")
"""The first line of a view's page: the view's group, and its place there."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its name and its Markdown, and for that of a view its group and its place there, from 1."""

    name: str
    text: str
    group: str = ""
    place: int = 0

    @property
    def title(self) -> str:
        """What its first line calls it."""
        return self.text.partition("\n")[0].lstrip("# ")

    @property
    def summary(self) -> str:
        """The first sentence of its first paragraph, on one line and without a full stop."""
        paragraphs = [part for part in self.text.split("\n\n") if not part.startswith("#")]
        words = " ".join(paragraphs[0].split()) if paragraphs else ""
        return re.split(r"(?<=[.:]) ", LINK.sub(r"\1", words))[0].rstrip(":.")

    @property
    def beginning(self) -> str:
        """Its Markdown up to the first heading below the title."""
        return self.text.partition("\n## ")[0]


@cache
def chapters() -> dict[str, tuple[str, ...]]:
    """The names of all pages in the order to read them in, by chapter."""
    names = _names()
    kept_first = {"Overview": (OVERVIEW,), "The screen": ("panes",), **view_pages()}
    found = {title: tuple(name for name in kept if name in names) for title, kept in kept_first.items()}
    rest = tuple(sorted(names - {name for kept in found.values() for name in kept}))
    return {title: kept for title, kept in {**found, _REST: rest}.items() if kept}


@cache
def view_pages() -> dict[str, tuple[str, ...]]:
    """The names of the pages of views by group, in order; counted through, a view's place is its number."""
    pages = []
    for name in _names():
        with suppress(GuideError):  # it is told of where the page is asked for
            pages.append(read_page(name))
    ordered = sorted(pages, key=lambda page: page.place)
    return {group: tuple(page.name for page in ordered if page.group == group) for group in GROUPS}


def page_names() -> list[str]:
    """The names of all pages, in order."""
    return [name for kept in chapters().values() for name in kept]


def number_of(name: str) -> int | None:
    """The number of the view that a page is about; None for a page about something else."""
    return next((number for number, view in _views() if view == name), None)


def find_page(name: str) -> Page:
    """The page of a name, or of a view's number; raises GuideError naming the nearest one."""
    wanted = name.strip().lower().replace("-", "_")
    wanted = next((view for number, view in _views() if str(number) == wanted), wanted)
    if wanted not in page_names():
        near = difflib.get_close_matches(wanted, page_names(), n=1, cutoff=0.4)
        hint = f"did you mean {near[0]}? " if near else ""
        raise GuideError(f"unknown page {name!r}: {hint}grokterm guide lists all pages")
    return read_page(wanted)


@cache
def read_page(name: str) -> Page:
    """The page of a name ; raises GuideError where its file cannot be read."""
    try:
        text = (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise GuideError(f"the page {name} cannot be read: {error}") from None
    place = _PLACE.match(text)
    return Page(name, text[place.end() :], place[1], int(place[2])) if place else Page(name, text)


def _views() -> Iterator[tuple[int, str]]:
    return enumerate((name for kept in view_pages().values() for name in kept), 1)


def _names() -> set[str]:
    return {path.stem for path in FOLDER.glob("*.md")}
