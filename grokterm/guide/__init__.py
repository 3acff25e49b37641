"""The guide: a page of Markdown for every view, and the overview that tells the story in order."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from grokterm.errors import GuideError

FOLDER: Final = Path(__file__).parent / "pages"
OVERVIEW: Final = "grokking"
"""The page to begin with."""
VIEWS: Final = {
    "Training": ("training", "progress", "phases", "emergence"),
    "Fourier": ("spectrum", "waterfall", "logit_spectrum", "neuron_spectrum", "waves"),
    "Attention": ("attention", "attention_map"),
    "Embedding": ("circles", "components", "variance"),
    "Weights": ("matrices", "matrix_over_time"),
    "Neurons": ("clocks", "activations", "contribution", "groups"),
    "Logits": ("restricted", "correct_logit", "losses"),
    "Paths": ("path", "operation", "probes"),
    "Surgery": ("ablation",),
}
"""The pages of the views by group; counted through, a view's place is its number."""
_CHAPTERS: Final = {"Overview": (OVERVIEW,), "The screen": ("panes",), **VIEWS}
_REST: Final = "Beside"
"""The chapter of all pages that belong to no other."""
LINK: Final = re.compile(r"\[([^\[\]]+)\]\((\w+)\.md\)")
"""A link to another page: what it is called, and its name."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its name and its Markdown."""

    name: str
    text: str

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
    names = {path.stem for path in FOLDER.glob("*.md")}
    found = {title: tuple(name for name in kept if name in names) for title, kept in _CHAPTERS.items()}
    rest = tuple(sorted(names - {name for kept in found.values() for name in kept}))
    return {title: kept for title, kept in {**found, _REST: rest}.items() if kept}


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
    """The page of a name that is among `page_names()`; raises GuideError where its file cannot be read."""
    try:
        return Page(name, (FOLDER / f"{name}.md").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise GuideError(f"the page {name} cannot be read: {error}") from None


def _views() -> Iterator[tuple[int, str]]:
    return enumerate((name for kept in VIEWS.values() for name in kept), 1)
