"""Recordings in asciinema's format: header, times that never go back, and characters that come in parts."""

from __future__ import annotations

import json

from grokterm.asciicast import Asciicast


def lines(cast: Asciicast) -> list[object]:
    return [json.loads(line) for line in cast.content.decode().splitlines()]


def test_header_and_events() -> None:
    cast = Asciicast(80, 24, 'grokterm: 0001 ≥ "a"')
    cast.write(0.0, b"\x1b[2J\xe2\x94")
    cast.write(0.5, b"\x80 100 %\r\n")
    cast.write(0.25, b"late")
    cast.write(0.75, b"")
    cast.hold(2.0)
    header, *events = lines(cast)
    assert header == {
        "version": 2, "width": 80, "height": 24, "title": "grokterm: 0001 ≥ \"a\"", "env": {"TERM": "xterm-256color"},
    }  # fmt: skip
    assert events == [[0.0, "o", "\x1b[2J"], [0.5, "o", "─ 100 %\r\n"], [0.5, "o", "late"], [2.0, "o", ""]]
