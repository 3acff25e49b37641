"""Repeating the steps and changes of a run from its log; nothing is written."""

from __future__ import annotations

from collections.abc import Sequence

from grokterm.errors import RunFolderError
from grokterm.lab.engine import Engine
from grokterm.runs.changes import Plan
from grokterm.training.changes import repeat_change
from grokterm.wire.records import Change


class NotFiniteError(RunFolderError):
    """A run that cannot be repeated to the end, because the loss is not finite on the way."""


class Walk:
    """An engine on its way through a run's steps and changes: the same bits as when they were first made."""

    def __init__(self, engine: Engine, changes: Sequence[Change], made: int = 0) -> None:
        """Stands where the engine is, with `made` of the run's changes behind it."""
        self.engine = engine
        self.changes_made = made
        self._changes = changes

    @property
    def step(self) -> int:
        """Steps taken so far."""
        return self.engine.step

    def advance_to(self, step: int, made: int | None = None) -> None:
        """Goes on to `step`, before the changes that were made there, or until `made` changes are behind it.

        Raises NotFiniteError where no further step can be taken, RunFolderError on a change that cannot be made.
        """
        while True:
            change = self.next_change()
            if (
                change is not None
                and change.step <= self.step
                and (self.step < step or self.changes_made < (made or 0))
            ):
                self.make_change()
                continue
            if self.step >= step:
                return
            stop = step if change is None else min(step, change.step)
            self.engine.advance(stop - self.step)
            if not self.engine.finite:
                raise NotFiniteError(f"the loss is not finite after step {self.step:,}, and the log goes on from there")

    def next_change(self) -> Change | None:
        """The first change of the log that is still ahead."""
        return self._changes[self.changes_made] if self.changes_made < len(self._changes) else None

    def make_change(self) -> Plan:
        """Makes the next change; raises RunFolderError."""
        plan = repeat_change(self.engine, self._changes[self.changes_made])
        self.changes_made += 1
        return plan
