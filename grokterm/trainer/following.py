"""Following a shared run: its changes at their steps, and at its last step whether the parameters agree."""

from __future__ import annotations

import math
from typing import Final, Literal

import numpy as np

from grokterm.errors import ConfigError, RunFolderError
from grokterm.milestones import GROKKED, MEMORIZED
from grokterm.runs.changes import Plan
from grokterm.runs.circumstances import circumstances_of, differences
from grokterm.runs.folder import RunFolder
from grokterm.runs.history import History, read_history
from grokterm.runs.share import Share, SharedChange
from grokterm.runs.sharing import OUTCOME, outcome_of, parameters_digest, shared_in, touches_training
from grokterm.trainer.process_log import ProcessLog
from grokterm.trainer.session import TrainingSession
from grokterm.wire.records import Rewind

SHARED: Final = "the shared run"
"""Who makes the changes of a line."""
Outcome = Literal["agrees", "differs", "unlike", "left"]
"""The same parameters; others in the same circumstances, or in others; or what is ahead in the line is not done."""


class Follower:
    """What is still ahead in the line that a run was made from; nothing where it was made from none."""

    def __init__(self, folder: RunFolder, session: TrainingSession, log: ProcessLog) -> None:
        """Raises RunFolderError where the line in config.toml cannot be used."""
        self._folder, self._session, self._log = folder, session, log
        share = shared_in(folder)
        if share is not None and outcome_of(read_history(folder).sessions) is not None:
            share = None
        self._share: Share | None = share

    @property
    def follows(self) -> bool:
        """Whether the line says what is done from here on."""
        return self._share is not None

    def steps_to_next(self) -> float:
        """Steps to the next one at which there is something to do; infinite where there is none."""
        if self._share is None:
            return math.inf
        ahead = [step for step in (*self._share.steps, self._share.step) if step > self._session.step]
        return min(ahead, default=math.inf) - self._session.step

    def follow(self) -> list[Plan]:
        """Makes the changes that are due, and compares at the last step; what was changed."""
        made: list[Plan] = []
        if self._share is None:
            return made
        if any(change.by != SHARED and touches_training(change) for change in self._session.run_log.index.changes):
            self._end("left", "the shared run is left: something else was changed")
        try:
            while self._share is not None and (change := self._due(self._share)) is not None:
                made.append(self._make(change))
        except (ConfigError, RunFolderError) as error:
            self._end("left", f"the shared run is left: {error}")
        if self._share is not None and self._session.step >= self._share.step:
            self._compare(self._share)
        return made

    def _due(self, share: Share) -> SharedChange | None:
        """The next change, if this is its step."""
        made = len(self._own())
        return share.changes[made] if made < len(share.changes) and share.steps[made] <= self._session.step else None

    def _own(self) -> list[int]:
        """Where the changes of the line stand among those of the log."""
        return [at for at, change in enumerate(self._session.run_log.index.changes) if change.by == SHARED]

    def _make(self, change: SharedChange) -> Plan:
        place = change.rewind and self._place(change.rewind)
        plan = self._session.change(change.values, change.keep, SHARED, change.ablation, place)
        self._session.after_change(plan)
        return plan

    def _place(self, shared: Rewind) -> Rewind:
        """A place of the line as one of this run, in which pace or goal may have been changed as well."""
        before = self._session.run_log.index.changes_before(shared.step)
        return Rewind(shared.step, max(before, self._own()[shared.changes - 1] + 1 if shared.changes else 0))

    def _compare(self, share: Share) -> None:
        """Says whether the parameters are those that were shared."""
        session = self._session
        if session.step > share.step:  # where the record at that step could not be written
            self._end("left", f"the shared run ended at step {share.step:,}, and nothing was compared there")
            return
        session.run_log.flush()
        state = {name: np.asarray(tensor.numpy()) for name, tensor in session.engine.state_dict().items()}
        digest, there = parameters_digest(state), f"the parameters at step {share.step:,}"
        if digest == share.digest:
            self._end("agrees", f"{there} are those of the shared run, bit for bit (digest {digest.hex()})")
            return
        words = f"{there} are not those of the shared run (digest {share.digest.hex()} then, {digest.hex()} now)"
        history = read_history(self._folder)
        if unlike := _unlike(share, history):
            self._end("unlike", f"{words}, and need not be: {unlike}; {_milestones(share, history)}")
        else:
            self._end("differs", f"{words}, although device, threads, precision and versions are the same")

    def _end(self, outcome: Outcome, words: str) -> None:
        self._share = None
        self._log.write("noted", words, {OUTCOME: outcome})


def _unlike(share: Share, history: History) -> str:
    """How the circumstances are not those of the shared run, in words; empty where they are."""
    if share.circumstances is None:
        return "on what it was trained is not known, or changed on the way"
    for session in history.sessions:
        now = circumstances_of(session.about)
        if now is not None and (found := differences(share.circumstances, now)):
            return f"not as they were are {', '.join(found)}"
    return ""


def _milestones(share: Share, history: History) -> str:
    """The milestones of the shared run and of this one, in words."""
    pairs = {"memorized": (share.memorized, MEMORIZED), "grokked": (share.grokked, GROKKED)}
    found = [(name, then, history.milestones[milestone.step_name]) for name, (then, milestone) in pairs.items()]
    return ", ".join(f"{name} {_at(then)} then and {_at(now)} now" for name, then, now in found)


def _at(step: int | None) -> str:
    return "not" if step is None else f"at step {step:,}"
