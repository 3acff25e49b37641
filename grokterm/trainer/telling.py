"""Telling of what happens: troubles of the machine in the log, and news to whoever asked for them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from grokterm.news import news_of
from grokterm.runs.folder import RunFolder
from grokterm.trainer.machine_watch import Told
from grokterm.trainer.notify import Notifier
from grokterm.trainer.process_log import ProcessLog
from grokterm.trainer.session import TrainingSession
from grokterm.wire.records import Event, Session


class Teller:
    """Tells of one run's events and of its machine."""

    def __init__(self, folder: RunFolder, session: TrainingSession, log: ProcessLog, notifier: Notifier | None) -> None:
        self._folder, self._session, self._log, self._notifier = folder, session, log, notifier

    def machine(self, troubles: Sequence[Told], training: bool) -> None:
        """Logs troubles of the machine while it trains, and tells of them."""
        if not training or self._session.config.on_trouble == "off":
            return
        for name, words in troubles:
            self._tell([self._log.write("noted", words, {"trouble": name})])

    def news(self) -> None:
        """Tells of events that came about."""
        if self._session.news:
            events, self._session.news = self._session.news, []
            self._tell(events)

    def session(self, record: Session) -> None:
        """Tells of what the process did."""
        self._tell([record])

    def failure(self) -> None:
        """Logs once that the command of --notify failed."""
        if self._notifier is not None and (failure := self._notifier.take_failure()):
            self._log.write("noted", failure)

    def finish(self, logged: bool = True) -> None:
        """Lets commands that were begun come to their end; their failures are `logged` where there is a log."""
        if self._notifier is not None:
            self._notifier.finish()
            if logged:
                self.failure()

    def _tell(self, records: Sequence[Event | Session]) -> None:
        """Has the notifier tell what is news among records."""
        if self._notifier is None:
            return
        last = self._session.last
        for news in news_of(records, self._folder.id, str(self._folder.path)):
            if last is not None:
                news = replace(news, train_accuracy=last.train_accuracy, test_accuracy=last.test_accuracy)
            self._notifier.tell(news)
