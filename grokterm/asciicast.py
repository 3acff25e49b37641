"""Recordings of a terminal in asciinema's format (asciicast v2): a header, and an event a line."""

from __future__ import annotations

import codecs
import json
from typing import Final

VERSION: Final = 2
TERM: Final = "xterm-256color"


class Asciicast:
    """A recording while it is made."""

    def __init__(self, columns: int, rows: int, title: str) -> None:
        """Of a terminal of columns × rows."""
        header = {
            "version": VERSION,
            "width": columns,
            "height": rows,
            "title": title,
            "env": {"TERM": "xterm-256color"},
        }
        self._lines = [json.dumps(header, ensure_ascii=False)]
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._last = 0.0

    def write(self, seconds: float, output: bytes) -> None:
        """What the terminal was sent at a time from the beginning on, which never goes back."""
        self._last = max(self._last, seconds)
        text = self._decoder.decode(output)
        if text:
            self._lines.append(json.dumps([round(self._last, 6), "o", text], ensure_ascii=False))

    def hold(self, seconds: float) -> None:
        """Lets the last picture stand until a time."""
        self._last = max(self._last, seconds)
        self._lines.append(json.dumps([round(self._last, 6), "o", ""]))

    @property
    def content(self) -> bytes:
        """The whole file."""
        return ("\n".join(self._lines) + "\n").encode()
