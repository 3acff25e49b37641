"""--notify: who is told what happens in a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TextIO

from grokterm.cli.options import Values
from grokterm.news import news_of, notify_command, signal_bytes
from grokterm.runs.folder import RunFolder
from grokterm.runs.process import pass_on
from grokterm.wire.records import Record


def pass_on_notify(values: Values) -> None:
    """Has trainers that are started from here on run the command of --notify, which is written into no run folder.

    So nobody executes what the folder of somebody else names.
    """
    notify = values.get("notify", "")
    pass_on(*(["--notify", notify] if notify_command(notify) else []))


def teller(out: TextIO, folder: RunFolder, values: Values) -> Callable[[Sequence[Record]], None]:
    """Has a terminal tell what is news, where `out` is one and that is asked for."""
    notify = values.get("notify", "")

    def tell(records: Sequence[Record]) -> None:
        for news in news_of(records, folder.id) if out.isatty() else ():
            if told := signal_bytes(notify, f"{news.run}, step {news.step:,}: {news.words}"):
                out.write(told)
                out.flush()

    return tell
