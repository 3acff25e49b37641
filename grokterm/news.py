"""News of a run that people are told of when they do not look: memorized, grokked, trouble, and the end."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import Final, Literal

import msgspec

from grokterm.errors import ConfigError
from grokterm.troubles import TROUBLES
from grokterm.wire.records import Event, Record, Session

NewsKind = Literal["memorized", "grokked", "trouble", "end"]
SIGNALS: Final = ("bell", "osc9")
"""What a terminal does of itself: it rings, or shows a notification (OSC 9)."""
_ENDS: Final = ("finished", "stopped", "failed")


class News(msgspec.Struct, frozen=True):
    """One piece of news, as a command of `--notify` is given it."""

    run: str
    folder: str
    kind: NewsKind
    name: str
    """The event or what the trainer did, as the log has it: grokked, slingshot, finished …"""
    step: int
    words: str
    train_accuracy: float | None = None
    test_accuracy: float | None = None


def news_of(records: Iterable[Record], run: str, folder: str = "") -> list[News]:
    """What is news among the records of a log."""
    found = []
    for record in records:
        match record:
            case Event(name=("memorized" | "grokked") as kind):
                found.append(News(run, folder, kind, record.name, record.step, record.words))
            case Event() if record.name in TROUBLES:
                found.append(News(run, folder, "trouble", record.name, record.step, record.words))
            case Session(name="noted", about={"trouble": str(name)}):
                found.append(News(run, folder, "trouble", name, record.step, record.words))
            case Session() if record.name in _ENDS:
                found.append(News(run, folder, "end", record.name, record.step, record.words))
    return found


def notify_command(notify: str) -> list[str]:
    """The command of `--notify`, as words; empty for what a terminal does, and for nothing. Raises ConfigError."""
    if notify in ("", *SIGNALS):
        return []
    try:
        words = shlex.split(notify)
    except ValueError as error:
        raise ConfigError(f"--notify {notify!r} is no command: {str(error).lower()}") from None
    if not words or not words[0]:
        raise ConfigError("--notify must be bell, osc9 or a command, not nothing")
    return words


def signal_bytes(notify: str, words: str) -> str:
    """What has a terminal tell it; empty where that is not what is asked for."""
    plain = "".join(letter for letter in words if letter.isprintable())
    return {"bell": "\a", "osc9": f"\x1b]9;{plain}\a"}.get(notify, "")
