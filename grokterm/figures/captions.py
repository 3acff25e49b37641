"""Captions of figures, in Markdown: what the guide says, what the numbers say, and of which run and step they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from grokterm.drawn.parts import Chart, Group, Mark, Part, Words
from grokterm.figures.style import plain

FILE: Final = "captions.md"
_MARKUP: Final = re.compile(r"[!-/:-@\[-`{-~]")
"""Every character that Markdown could read as markup: ASCII's punctuation, which a backslash makes text …"""
_HARMLESS: Final = frozenset(".,;:'/%?-+()=\"")
"""… but for what is none inside of a line."""
_ADDRESS: Final = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
"""Where a backslash keeps an address from becoming a link."""


def caption(sentence: str, parts: Sequence[Part], of: str) -> str:
    """A caption in plain words."""
    said = [part.words for part in _all(parts) if isinstance(part, Words) and part.kind in ("said", "muted")]
    marks = {f"{mark.words} at step {mark.x:,.0f}" for part in _all(parts) for mark in _marks(part)}
    lines = [f"Vertical lines: {', '.join(sorted(marks, key=_step_of))}."] if marks else []
    return " ".join([sentence, *said, *lines, f"{of}."])


def escaped(words: str) -> str:
    """Words as Markdown shows them: no character of them is markup."""
    text = _MARKUP.sub(lambda found: found[0] if found[0] in _HARMLESS else f"\\{found[0]}", plain(words))
    return _ADDRESS.sub(r"\\", text)


def captions(title: str, entries: Sequence[tuple[str, str, str]]) -> bytes:
    """The file of all captions: of each figure its file, its title and its caption."""
    parts = [f"# {escaped(title)}"]
    for number, (file, name, words) in enumerate(entries, 1):
        parts.append(f"**Figure {number}: {escaped(name)}.** {escaped(words)}\n(`{file}`)")
    return ("\n\n".join(parts) + "\n").encode()


def _all(parts: Sequence[Part]) -> Iterator[Part]:
    for part in parts:
        yield part
        if isinstance(part, Group):
            yield from _all(part.parts)


def _marks(part: Part) -> list[Mark]:
    return [mark for mark in part.marks if mark.words] if isinstance(part, Chart) else []


def _step_of(words: str) -> int:
    return int(words.rpartition(" ")[2].replace(",", ""))
