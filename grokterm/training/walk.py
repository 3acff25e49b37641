"""Repeating the steps and changes of a run from its log; nothing is written."""

from __future__ import annotations

from collections.abc import Sequence

from grokterm.errors import RunFolderError
from grokterm.lab.engine import Engine
from grokterm.runs.changes import Plan
from grokterm.training.changes import State, StateAt, repeat_change
from grokterm.wire.records import Change, Rewind


class NotFiniteError(RunFolderError):
    """A run that cannot be repeated to the end, because the loss is not finite on the way."""


class Walk:
    """An engine on its way through a run's steps and changes: the same bits as when they were first made."""

    def __init__(
        self, engine: Engine, changes: Sequence[Change], made: int = 0, state_before: StateAt | None = None
    ) -> None:
        """Stands where the engine is, with `made` of the run's changes behind it.

        `state_before` gives the states of places before that one, if the walk does not begin with the run.
        """
        self.engine = engine
        self.changes_made = made
        self._changes = changes
        self._state_before = state_before
        self._kept: dict[Rewind, State] = {}
        """The states that were passed and that a change ahead goes back to."""

    @property
    def step(self) -> int:
        """Steps taken so far."""
        return self.engine.step

    def advance_to(self, step: int, made: int | None = None) -> None:
        """Goes on to `step`, before the changes that were made there, or until `made` changes are behind it.

        Raises NotFiniteError where no further step can be taken, RunFolderError on a change that cannot be made.
        """
        while True:
            self._keep_state()
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
            stop = min([step, *self._stops()])
            self.engine.advance(stop - self.step)
            if not self.engine.finite:
                raise NotFiniteError(f"the loss is not finite after step {self.step:,}, and the log goes on from there")

    def next_change(self) -> Change | None:
        """The first change of the log that is still ahead."""
        return self._changes[self.changes_made] if self.changes_made < len(self._changes) else None

    def make_change(self) -> Plan:
        """Makes the next change; raises RunFolderError."""
        self._keep_state()
        plan = repeat_change(self.engine, self._changes[self.changes_made], self._state_at)
        self.changes_made += 1
        return plan

    def _rewinds(self) -> set[Rewind]:
        """The places to which the changes ahead go back."""
        return {change.rewind for change in self._changes[self.changes_made :] if change.rewind is not None}

    def _stops(self) -> list[int]:
        """The steps ahead at which a change is made, or a state is to be kept."""
        change, kept = self.next_change(), [rewind.step for rewind in self._rewinds() if rewind.step > self.step]
        return kept if change is None else [change.step, *kept]

    def _keep_state(self) -> None:
        """Keeps the present state where a change ahead goes back to it."""
        here, wanted = Rewind(self.step, self.changes_made), self._rewinds()
        self._kept = {rewind: state for rewind, state in self._kept.items() if rewind in wanted}
        if here in wanted and here not in self._kept:
            self._kept[here] = self.engine.state_dict()

    def _state_at(self, rewind: Rewind) -> State:
        state = self._kept.get(rewind)
        if state is None and self._state_before is not None:
            state = self._state_before(rewind)
        if state is None:
            raise RunFolderError(
                f"the log goes back to step {rewind.step:,} with {rewind.changes} changes made, which the run never was"
            )
        return state
