"""A training session: the engine, what it records, and the changes of the run; no processes, no viewers."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from grokterm.config import Config, Value
from grokterm.errors import ConfigError, RunFolderError
from grokterm.lab.engine import Engine
from grokterm.runs.changes import Plan, plan_change
from grokterm.runs.checkpoints import REGULAR
from grokterm.runs.folder import RunFolder
from grokterm.surgery import Ablation
from grokterm.trainer.checkpoint_writer import CHANGE, CheckpointWriter
from grokterm.trainer.clock import Clock
from grokterm.trainer.rewinding import cure_for, newest_good
from grokterm.trainer.run_log import RunLog
from grokterm.training.changes import apply_change, repeat_change
from grokterm.training.goals import goal_reached
from grokterm.training.recording import is_due, make_records, steps_to_next
from grokterm.training.restore import state_at
from grokterm.troubles import MOST_REWINDS, TRAINING_TROUBLES, TROUBLES
from grokterm.wire.records import Event, Rewind, Scalars

NOT_FINITE: Final = "the loss is no longer finite: choose a smaller learning rate or another model, then go on"
"""What happened and what can be done, for the screen."""
WATCHMAN: Final = "the watchman"
"""Who rewinds."""


class TrainingSession:
    """Trains a run: config and logged changes determine every bit of what it makes."""

    def __init__(
        self,
        folder: RunFolder,
        engine: Engine,
        run_log: RunLog,
        checkpoint_writer: CheckpointWriter,
        clock: Clock,
    ) -> None:
        self.engine = engine
        self.clock = clock
        self.run_log = run_log
        self.checkpoint_writer = checkpoint_writer
        self.diverged = False
        """Whether the next step is not finite and nothing was changed since that came out."""
        self.goal_open = True
        """Whether reaching the goal still ends training; not after somebody went on from there."""
        self.reached = ""
        """The goal that was reached, as a sentence; empty until then, and after going on."""
        self.repeat_to = 0
        """Step to which the run had come when it was opened, by any record of its log."""
        self.last: Scalars | None = None
        """The last measures."""
        self.news: list[Event] = []
        """Events that came about and were not in the log before, until somebody takes them."""
        self.in_trouble = ""
        """The name of a trouble that the last step brought about and nothing was done about yet; else empty."""
        self.trouble_at_end = ""
        """What nothing was done about when the run was opened."""
        self._folder = folder
        self._state_at = partial(state_at, folder, run_log.index)

    @property
    def rewinds_now(self) -> bool:
        """Whether an earlier model is to be taken again before the next step."""
        helps = bool(self.in_trouble) and TROUBLES[self.in_trouble].cure != ""
        return helps and self.config.on_trouble == "rewind"

    @property
    def config(self) -> Config:
        """The present configuration."""
        return self.engine.config

    @property
    def step(self) -> int:
        """Steps taken so far."""
        return self.engine.step

    @property
    def catching_up(self) -> bool:
        """Whether training repeats what it had done before the run was opened."""
        return self.run_log.replaying or (self.step < self.repeat_to and not self.diverged)

    @property
    def trouble(self) -> str:
        """Why the log or a checkpoint cannot be written; empty while all is well."""
        return self.run_log.trouble or self.checkpoint_writer.trouble

    def begin(self) -> None:
        """The record of step 0, and the changes that were made there, where the log has them."""
        if self.step == 0 and self.run_log.position == 0:
            self._record()
        self._repeat_changes()

    def steps_to_boundary(self) -> int:
        """Steps to the next one at which something is recorded or changed."""
        step = self.step
        stops = [step + steps_to_next(self.config, step)]
        change = self.run_log.next_change()
        if change is not None:
            stops.append(change.step)
        if self.repeat_to > step:
            stops.append(self.repeat_to)
        return min(stop for stop in stops if stop > step) - step

    def advance(self, steps: int) -> int:
        """Takes up to `steps` steps, none beyond `steps_to_boundary`, and writes down what is due; returns how many."""
        self.in_trouble = ""
        taken = self.engine.advance(min(steps, self.steps_to_boundary()))
        if taken and is_due(self.config, self.step):
            self._record()
        if not self.engine.finite:
            self._not_finite()
        self._repeat_changes()
        return taken

    def change(
        self,
        values: Mapping[str, Value],
        keep: bool,
        by: str,
        ablation: Ablation | None = None,
        rewind: Rewind | None = None,
    ) -> Plan:
        """Changes settings, ablates parts or takes a model of before again from the next step on, and logs that.

        Raises ConfigError and changes nothing then.
        """
        plan = plan_change(self.config, self.step, values, ablation, rewind)
        if not plan.changes:
            return plan
        if not plan.keeps_model:
            self.save("before_change")
        apply_change(self.engine, plan, keep, self._state_at)
        self._reset_outcome(plan)
        self.run_log.write_change(plan.record(self.step, keep, by))
        return plan

    def after_change(self, plan: Plan) -> None:
        """The checkpoint behind a change of anything but pace and goal."""
        if plan.trains:
            saved = plan.keeps_model
            self.checkpoint_writer.save(self.engine, self.run_log, self.clock.seconds, CHANGE, same_model=saved)

    def rewind(self) -> str:
        """Takes the model of the newest good checkpoint again and goes on more carefully; why it cannot, or empty."""
        trouble, self.in_trouble = TROUBLES[self.in_trouble], ""
        watchman = self.run_log.trackers.watchman
        if watchman.rewinds >= MOST_REWINDS:
            return f"it was rewound {MOST_REWINDS} times already"
        place = newest_good(self._folder, self.run_log.index, watchman, self.engine)
        if place is None:
            return "there is no good checkpoint to go back to"
        try:
            plan = self.change(cure_for(trouble, self.config), False, WATCHMAN, rewind=place)
        except (ConfigError, RunFolderError) as error:
            return str(error)
        self.after_change(plan)
        return ""

    def save(self, reason: str) -> bool:
        """A checkpoint of the present state; whether it is on the disk."""
        return self.checkpoint_writer.save(self.engine, self.run_log, self.clock.seconds, reason)

    def retry(self) -> bool:
        """Writes what could not be written before; whether nothing is left."""
        return self.run_log.flush() and (not self.checkpoint_writer.trouble or self.save(REGULAR))

    def go_on(self) -> None:
        """Goes on beyond the goal that was reached."""
        if self.reached:
            self.goal_open, self.reached = False, ""

    def check_goal(self) -> None:
        """Notices that the last measures reach the goal."""
        if self.goal_open and self.last is not None:
            self.reached = goal_reached(self.config, self.last.step, self.last)

    def _reset_outcome(self, plan: Plan) -> None:
        """After a change the loss may be finite again, and the goal be another one."""
        if plan.trains:
            self.diverged, self.in_trouble = False, ""
        if {"until", "max_steps"} & plan.values.keys():
            self.goal_open, self.reached = True, ""

    def _repeat_changes(self) -> None:
        """Makes the changes that the log holds at this step."""
        while (change := self.run_log.due_change(self.step)) is not None:
            self._reset_outcome(repeat_change(self.engine, change, self._state_at))

    def _record(self) -> None:
        seconds = round(self.clock.at(time.monotonic()), 3)
        run_log, replayed = self.run_log, self.run_log.replaying
        self.last, events = make_records(self.engine, seconds, run_log.trackers, run_log.write)
        run_log.flush()
        if events:
            self.save(events[-1].name)
            self._note(events, replayed)
        if not replayed:
            self.check_goal()

    def _note(self, events: Sequence[Event], replayed: bool) -> None:
        """Remembers events for those who act on them, and the trouble among them."""
        self.news += [] if replayed else events
        troubles = [event.name for event in events if event.name in TRAINING_TROUBLES]
        if troubles and self.run_log.trackers.watchman.watching:
            self.in_trouble = self.trouble_at_end if replayed else troubles[0]

    def _not_finite(self) -> None:
        event, replayed = Event(self.step, "not_finite", NOT_FINITE), self.run_log.replaying
        self.run_log.write(event)
        self.run_log.flush()
        change = self.run_log.next_change()
        if self.run_log.replaying and (change is None or change.step > self.step):
            raise RunFolderError(f"the log goes on from step {self.step:,}, but the loss is not finite there")
        self.diverged = True
        self.save("not_finite")
        self._note([event], replayed)
