"""The trainer's one thread: bursts of steps between polls of the socket, and when training starts, pauses and ends."""

from __future__ import annotations

import math
import os
import signal
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from grokterm.analysis.cancellation import cancellable
from grokterm.config import Value
from grokterm.errors import FolderLostError, RunFolderError
from grokterm.lab.circumstances import circumstances
from grokterm.lab.engine import Engine
from grokterm.trainer.album import Album
from grokterm.trainer.claim import Claim
from grokterm.trainer.clock import Pace
from grokterm.trainer.commands import carry_out
from grokterm.trainer.course import NOT_FINITE
from grokterm.trainer.frames import Frames
from grokterm.trainer.opening import Opened
from grokterm.trainer.past import Past
from grokterm.trainer.server import Connection, Server, Unreadable
from grokterm.trainer.showing import Showing
from grokterm.trainer.silence import IDLE_SECONDS, Silence
from grokterm.trainer.visits import Visits
from grokterm.wire.messages import Look, Request, State, Status
from grokterm.wire.records import Session, SessionName

BURST: Final = 0.02
"""Seconds of training between polls, so that a command acts well within 50 ms; a step is never split."""
ROOM_SECONDS: Final = 1.0
"""Seconds from one try to write what could not be written to the next."""


class Trainer:
    """Trains one run, answers its viewers, and never waits for them."""

    def __init__(
        self,
        opened: Opened,
        server: Server,
        claim: Claim,
        paused: bool,
        asked_to_leave: Callable[[], bool],
        idle: float = IDLE_SECONDS,
        beyond: bool = False,
    ) -> None:
        self.course = opened.course
        self.server = server
        self.state: State = "starting"
        self.paused = paused
        """While starting: whether training is to pause once the log is caught up with."""
        self.leaving = False
        """Whether to end at the next step boundary, after a checkpoint."""
        self.past = Past(opened.folder, opened.course.journal.all_changes)
        album, trackers = Album(opened.folder), self.course.journal.trackers
        frames = Frames(album, keys=lambda _: trackers.keys)
        self._showing = Showing(server, self.course, frames, self.status, asked_to_leave)
        self.visits = Visits(
            self.past, server.send, self.status, partial(Frames, album, self._showing.model_at_step, trackers.keys_at)
        )
        self._opened = opened
        self._claim = claim
        self._asked_to_leave = asked_to_leave
        self._beyond = beyond
        self._silence = Silence(idle)
        self._steps_left: float = math.inf
        self._try_again = math.inf
        """When to try to write what could not be written, and go on; infinite where training stands otherwise."""
        self._pace = Pace("max", 0.0, 0)
        self._step_seconds = math.inf
        self._expected = math.inf
        self._logged: SessionName = "started"

    def run(self) -> None:
        """Trains until a signal, a request or a long silence ends it; raises RunFolderError when it cannot save."""
        signal.signal(signal.SIGCONT, lambda *_: self.course.clock.note_suspension())
        if self._opened.anew:
            self._note_start("started")
        self.course.begin()
        if not self.course.catching_up:
            self._start()
        while not self.leaving:
            patience = self._patience()
            self._expected = max(BURST, self._step_seconds) + patience
            for connection, request in self._showing.requests(patience):
                self._hear(connection, request)
            self._tick()
            self._look_after_folder()
            self._go_on_with_room()
            self._train()
            self._save()
            with cancellable(self._showing.look_up):
                self._showing.show(self._is_busy)
            with cancellable(partial(self._showing.look_up, of_past=True)):
                self.visits.work(self._is_busy)
            self._tick()
            self.leaving = self.leaving or self._asked_to_leave() or self._is_forsaken()
        self._leave()

    def go(self, steps: float = math.inf) -> None:
        """Trains on, or for so many steps."""
        self._tick()
        self.course.go_on()
        self.paused = False
        if self.state != "training":
            self._pace = Pace(self.course.config.pace, time.monotonic(), self.course.step)
        self.state = "training"
        self._steps_left, self._try_again = steps, math.inf
        if math.isinf(steps) and self._logged in ("paused", "finished"):
            self._note("resumed", "goes on")
        self._tick()

    def pause(self, state: State = "paused", words: str = "paused") -> None:
        """Stops training until somebody goes on."""
        self._tick()
        self.state, self._try_again = state, math.inf
        if self._logged != "paused":
            self._note("paused", words)

    def changed(self, rebuilt: bool) -> None:
        """Takes up a change of the configuration."""
        self._pace = Pace(self.course.config.pace, time.monotonic(), self.course.step)
        self._step_seconds = math.inf
        if rebuilt:
            self.course.clock.forget()

    def status(self) -> Status:
        """What the trainer is doing, for the screen."""
        course = self.course
        why = {"diverged": NOT_FINITE, "finished": course.reached}.get(self.state, "")
        return Status(
            step=course.step,
            state=self.state,
            seconds=course.clock.seconds,
            steps_per_second=course.clock.steps_per_second() if self.state == "training" else 0.0,
            pace=course.config.pace,
            device=str(course.engine.device),
            precision=course.engine.precision,
            words=f"{course.trouble}; training goes on when it can" if self.waits_for_room else course.trouble or why,
            past=self.visits.reached,
        )

    @property
    def _is_busy(self) -> bool:
        """Whether steps are to be taken, so that everything else has its share of the time."""
        return self.state in ("training", "starting")

    def _start(self) -> None:
        """The log is caught up with: trains, or stays where it is."""
        course, opened = self.course, self._opened
        course.goal_open = opened.goal_open
        course.check_goal()
        if not opened.anew:
            differs = course.journal.differs_at
            words = [f"started again at step {course.step:,}", *opened.words]
            words += [f"repeating the log gave other numbers from step {differs:,} on"] if differs is not None else []
            self._note_start("; ".join(words))
        if course.stuck:
            self.pause("diverged", f"paused: {NOT_FINITE}")
        elif opened.finished or course.reached:
            if opened.finished:
                self.state, self._logged = "finished", "finished"
            else:
                self._finish()
            if self._beyond:
                self.go()
        elif self.paused:
            self.pause()
        else:
            self.go()

    def _hear(self, connection: Connection, request: Request | Unreadable) -> None:
        if isinstance(request, Look) and request.at is None:
            self._showing.hear(connection, request)
        else:
            carry_out(self, connection, request)

    def _train(self) -> None:
        """A burst: as many steps as fit between two polls and the pace allows, one at least."""
        course, end, first = self.course, time.monotonic() + BURST, True
        while self._is_busy:
            now = time.monotonic()
            allowed = self._pace.allowed(now, course.step) if self.state == "training" else math.inf
            fitting = (end - now) / self._step_seconds
            if allowed < 1 or not (first or fitting > 0.5):
                return
            taken = course.advance(int(min(max(1, fitting), allowed, self._steps_left, course.room())))
            self._steps_left -= taken
            self._measure(taken, time.monotonic() - now)
            self._react()
            first = False

    def _measure(self, taken: int, seconds: float) -> None:
        """Learns how long a step takes; slower at once, faster by and by."""
        if taken:
            one, known = seconds / taken, self._step_seconds
            self._step_seconds = one if math.isinf(known) else max(one, (known + one) / 2)

    def _react(self) -> None:
        """Starts, pauses or finishes where there is a reason to."""
        course = self.course
        if self.state == "starting":
            if not course.catching_up:
                self._start()
        elif course.trouble:
            self.pause(words=f"paused: {course.trouble}")
            self._try_again = time.monotonic() + ROOM_SECONDS
        elif course.stuck:
            self.pause("diverged", f"paused: {NOT_FINITE}")
        elif course.reached:
            self._finish()
        elif self._steps_left <= 0:
            self.pause()

    @property
    def waits_for_room(self) -> bool:
        """Whether training stands still only because something cannot be written."""
        return not math.isinf(self._try_again)

    def _go_on_with_room(self) -> None:
        """Goes on by itself as soon as what stopped training can be written."""
        if time.monotonic() >= self._try_again:
            self._try_again = time.monotonic() + ROOM_SECONDS
            if self.course.retry():
                self.go(self._steps_left)

    def _look_after_folder(self) -> None:
        """Raises FolderLostError where the folder is no longer there, with a word in the log that is open still."""
        try:
            self._claim.look()
        except FolderLostError as lost:
            self._note("failed", str(lost))
            raise

    def _finish(self) -> None:
        self._tick()
        self.state = "finished"
        self.course.save("finished")
        self._note("finished", self.course.reached)

    def _save(self) -> None:
        course = self.course
        if self.state != "starting":
            course.saver.save_regularly(course.engine, course.journal, course.clock.seconds)
        if course.saver.given_up:
            names = ", ".join(course.saver.given_up)
            course.saver.given_up.clear()
            self._note("noted", f"checkpoints at events or changes removed to keep the run folder small: {names}")

    def _leave(self) -> None:
        """A last checkpoint and a last word."""
        course, words = self.course, "stopped"
        if self.state != "starting" and not course.save("stopped"):
            words = f"stopped without a checkpoint: {course.trouble}"
        if self.state != "finished":
            self._note("stopped", words)
        if course.trouble:
            raise RunFolderError(course.trouble)

    def _patience(self) -> float:
        """Seconds that the next poll may wait for requests."""
        if self.state == "starting" or self._asked_to_leave():
            return 0.0
        course, now = self.course, time.monotonic()
        wait = min(
            self._showing.wait(), self.visits.wait(self._is_busy), course.saver.wait(course.engine, course.journal)
        )
        wait = min(wait, max(0.0, self._try_again - now), self._claim.wait())
        if self.state == "training":
            wait = min(wait, self._pace.wait(now, course.step))
        elif not self.server.connections:
            wait = min(wait, self._silence.left(self._is_done))
        return wait

    def _is_forsaken(self) -> bool:
        """Whether nothing trains and nobody has looked for long enough to end."""
        return self._silence.is_too_long(bool(self.server.connections), self._is_busy, self._is_done)

    @property
    def _is_done(self) -> bool:
        """Whether the goal is reached, and nobody asked to stay."""
        return self.state == "finished" and not self.paused

    def _tick(self) -> None:
        self.course.clock.tick(time.monotonic(), self.course.step, self.state == "training", self._expected)

    def _note_start(self, words: str) -> None:
        engine = self.course.engine
        words += f", on {engine.device} with {engine.precision} products{_by_kernels(engine)}"
        if engine.device.type == "cpu" and self._opened.remark:
            words += f"; {self._opened.remark}"
        self._note("started", words, circumstances(engine) | {"pid": os.getpid()})

    def _note(self, name: SessionName, words: str, about: dict[str, Value] | None = None) -> None:
        """Logs what the process did."""
        self.course.journal.write_session(Session(self.course.step, name, words, time.time(), about or {}))
        if name != "noted":
            self._logged = name


def _by_kernels(engine: Engine) -> str:
    """Whether the kernels take the steps, and why they do not where only the classes are in their way."""
    if engine.strategy.name == "kernels":
        return " by kernels"
    return (
        " in torch, for the kernels know p classes alone" if engine.model.layers_have_kernel(engine.parameters) else ""
    )
