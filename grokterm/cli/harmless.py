"""Text from files and from the command line, made safe to print on a terminal."""

from __future__ import annotations


def harmless(text: str) -> str:
    """The same text on one line, with control characters and lone surrogates shown as escapes like \\x1b."""
    return "".join(c if c.isprintable() else " " if c in "\n\t" else c.encode("unicode_escape").decode() for c in text)
