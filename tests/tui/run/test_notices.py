"""What is news in a run that is watched."""

from __future__ import annotations

from grokterm.config import Config
from grokterm.runs.history import History
from grokterm.tui.run.notices import Notices
from grokterm.wire.records import Event, Session

MEMORIZED = Event(50, "memorized", "memorized: train accuracy passed 99 %")
GROKKED = Event(90, "grokked", "grokked: test accuracy reached 99 %")


def test_what_was_in_the_log_at_first_is_no_news() -> None:
    history = History(Config())
    history.add([MEMORIZED])
    notices = Notices("0001-add", history)
    assert notices.take() == []
    history.add([GROKKED, Session(90, "finished", "grokked at step 90", 0.0)])
    assert [(news.kind, news.step) for news in notices.take()] == [("grokked", 90), ("end", 90)]
    assert notices.take() == []


def test_all_of_a_run_that_has_just_begun_is() -> None:
    history = History(Config())
    notices = Notices("0001-add", history)
    assert notices.take() == []
    history.add([MEMORIZED])
    assert [(news.run, news.name) for news in notices.take()] == [("0001-add", "memorized")]
