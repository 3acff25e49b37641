"""The guide's text in a report: what a view is in a sentence, and its page to be opened."""

from __future__ import annotations

import re
from typing import Final

from markdown_it import MarkdownIt

from grokterm.guide import LINK, number_of, read_page
from grokterm.report.markup import Markup, tag

_KEYS: Final = re.compile(r"^## Keys\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
"""The part of a page about keys, which a report does not have."""
_BEFORE: Final = "## What it shows"


def sentence(name: str) -> str:
    """What a view shows, as its page says it first."""
    page = read_page(name)
    return f"{page.summary}."


def guide(name: str) -> Markup:
    """The page of a view but for its title and its keys, folded; links to other views lead to their figures."""
    written = _KEYS.sub("", read_page(name).text)
    body = written.partition(_BEFORE)
    linked = LINK.sub(_link, body[1] + body[2] if body[1] else written.partition("\n")[2])
    return tag("details", tag("summary", "How to read it"), tag("div", rendered(linked)))


def _link(found: re.Match[str]) -> str:
    """A link to the figure of a view; what other pages are called stays as words."""
    words, name = found.groups()
    return f"[{words}](#{name})" if number_of(name) else words


def rendered(markdown: str) -> Markup:
    """Markdown as HTML, in which HTML is text and headings stand one level lower."""
    reader = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = reader.parse(markdown)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"
    return Markup(reader.renderer.render(tokens, reader.options, {}))
