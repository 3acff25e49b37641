"""Verdicts on published steps, as they follow from the records of a run that has a preset's set-up."""

from __future__ import annotations

from grokterm.config import Config, settings
from grokterm.published import windows_of
from grokterm.wire.records import Change, Event, Scalars


class Verdicts:
    """What is still to be judged; feeding it a log's records again restores it."""

    def __init__(self, config: Config) -> None:
        """Of a run that begins with this configuration."""
        self._open = list(windows_of(config))

    def update(self, record: Scalars) -> list[Event]:
        """The verdicts that a record brings about: one a milestone, when it comes or has come too late."""
        found: list[Event] = []
        for window in list(self._open):
            accuracy = record.train_accuracy if window.milestone.pairs == "train" else record.test_accuracy
            if record.step and window.milestone.reached(accuracy):
                found.append(Event(record.step, "published", window.words(record.step)))
            elif record.step > window.last:
                found.append(Event(record.step, "published", window.missed))
            else:
                continue
            self._open.remove(window)
        return found

    def change(self, change: Change) -> None:
        """Judges nothing more once the set-up is another one."""
        known = settings()
        kept = all(known[name].group == "Run" for name in change.values if name in known)
        if change.ablation or change.rewind or not kept:
            self._open.clear()
