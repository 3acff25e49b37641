"""HTML from plain text: whatever is not markup by its type is escaped where it is put in."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

_KEPT: Final = "\n\t"
"""Characters that are not printable and stay."""
_INSTEAD: Final = "�"
_EMPTY: Final = frozenset({"meta", "input", "br", "circle", "line", "rect", "path"})
"""Elements without an end."""


class Markup(str):
    """HTML as it stands."""

    __slots__ = ()


def text(words: str) -> Markup:
    """Words as HTML shows them; control characters and those that turn the direction of writing are shown as �."""
    if isinstance(words, Markup):
        return words
    return Markup(escape("".join(each if each.isprintable() or each in _KEPT else _INSTEAD for each in words)))


def tag(name: str, /, *children: str, **attributes: str | int | float | bool | None) -> Markup:
    """An element; `_` in the name of an attribute stands for -, and one at its end is left out.

    An attribute that is None or False is left out, and one that is True has no value.
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _EMPTY:
        return Markup(f"<{name}{written}>" if name in ("meta", "input", "br") else f"<{name}{written}/>")
    return Markup(f"<{name}{written}>{''.join(map(text, children))}</{name}>")


def joined(parts: Iterable[str], between: str = "") -> Markup:
    """Several parts after each other."""
    return Markup(text(between).join(map(text, parts)))


def table(head: Iterable[str], rows: Iterable[Iterable[str]], numbers: Iterable[int] = ()) -> Markup:
    """A table under a line of names, which scrolls where it is too wide; columns of `numbers` stand at the right."""
    right = frozenset(numbers)

    def line(kind: str, cells: Iterable[str]) -> Markup:
        return tag("tr", *(tag(kind, cell, class_="number" if at in right else None) for at, cell in enumerate(cells)))

    body = tag("tbody", *(line("td", row) for row in rows))
    return tag("div", tag("table", tag("thead", line("th", head)), body), class_="scroll")


def _attribute(key: str, value: str | int | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{text(str(value))}"'
