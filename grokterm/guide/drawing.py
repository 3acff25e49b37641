"""Pages as Rich draws them: left-aligned, without boxes, links to other pages as their names."""

from __future__ import annotations

from typing import ClassVar

from markdown_it.token import Token
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Heading, ListItem, Markdown, MarkdownElement, Paragraph, TextElement
from rich.padding import Padding
from rich.text import Text
from rich.theme import Theme

from grokterm.guide import LINK


class _Heading(Heading):
    """A heading at the left, right above what it is about."""

    new_line = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        self.text.justify = "left"
        yield self.text


class _Paragraph(Paragraph):
    """A paragraph; one inside of a list asks for no blank line."""

    @classmethod
    def create(cls, markdown: Markdown, token: Token) -> Paragraph:
        return (_Close if token.hidden else Paragraph)(justify=markdown.justify or "left")


class _Close(Paragraph):
    """A paragraph with nothing between it and what comes next."""

    new_line = False


class _Item(ListItem):
    """An item of a list, right below what leads to it."""

    new_line = False


class _Code(TextElement):
    """A block of code as plain text, set in."""

    style_name = "markdown.code_block"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Padding(Text(str(self.text).rstrip(), style=self.style_name), (0, 0, 0, 2))


class PageMarkdown(Markdown):
    """A page's Markdown; what it says is never read as Rich markup."""

    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": _Heading,
        "paragraph_open": _Paragraph,
        "list_item_open": _Item,
        "fence": _Code,
        "code_block": _Code,
    }

    def __init__(self, text: str) -> None:
        super().__init__(LINK.sub(r"*\1*", text), hyperlinks=False)


def page_theme(heading: str = "bold cyan", key: str = "bold yellow", muted: str = "dim", text: str = "none") -> Theme:
    """Styles for a page; each is a Rich style."""
    return Theme(
        {
            "markdown.h1": heading,
            "markdown.h2": heading,
            "markdown.h3": heading,
            "markdown.paragraph": text,
            "markdown.item": text,
            "markdown.item.bullet": muted,
            "markdown.item.number": muted,
            "markdown.strong": "bold",
            "markdown.em": f"{heading} underline",
            "markdown.code": key,
            "markdown.code_block": key,
            "markdown.table.header": "bold",
            "markdown.table.border": muted,
            "markdown.block_quote": muted,
        }
    )
