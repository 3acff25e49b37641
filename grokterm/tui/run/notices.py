"""What is news in a run that is watched."""

from __future__ import annotations

from grokterm.news import News, news_of
from grokterm.runs.history import History


class Notices:
    """The news of a history since it was asked for last; what was in the log at first is none."""

    def __init__(self, run: str, history: History) -> None:
        self._run, self._history = run, history
        self._seen: tuple[int, int] | None = None

    def take(self) -> list[News]:
        """What is new."""
        events, sessions = self._history.events, self._history.sessions
        seen, self._seen = self._seen, (len(events), len(sessions))
        if seen is None or seen == self._seen:
            return []
        return news_of([*events[seen[0] :], *sessions[seen[1] :]], self._run)
