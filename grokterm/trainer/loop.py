"""The trainer's one thread: slices of steps between polls of the socket, and when training starts, pauses and ends."""

from __future__ import annotations

import math
import signal
import time
from collections.abc import Callable
from functools import partial
from typing import Final

from grokterm.analysis.cancellation import cancellable
from grokterm.config import Value
from grokterm.errors import FolderLostError, RunFolderError
from grokterm.runs.claim import Claim
from grokterm.trainer.answering import answering
from grokterm.trainer.clock import Pace, StepTimer
from grokterm.trainer.following import Follower
from grokterm.trainer.idle import IDLE_SECONDS, IdleTimer
from grokterm.trainer.machine_watch import DiskWatch, StepWatch
from grokterm.trainer.notify import Notifier
from grokterm.trainer.opening import OpenedRun
from grokterm.trainer.present_state import status_of
from grokterm.trainer.process_log import ProcessLog
from grokterm.trainer.requests import handle_request
from grokterm.trainer.server import Connection, Server, UnreadableRequest
from grokterm.trainer.session import NOT_FINITE
from grokterm.trainer.telling import Teller
from grokterm.trainer.trouble_response import respond
from grokterm.wire.messages import Look, Request, State, Status

SLICE_SECONDS: Final = 0.02
"""Seconds of training between polls, so that a command acts well within 50 ms; a step is never split."""
RETRY_SECONDS: Final = 1.0
"""Seconds from one try to write what could not be written to the next."""


class Trainer:
    """Trains one run, answers its viewers, and never waits for them."""

    def __init__(
        self,
        opened: OpenedRun,
        server: Server,
        claim: Claim,
        paused: bool,
        stop_requested: Callable[[], bool],
        idle: float = IDLE_SECONDS,
        beyond: bool = False,
        notifier: Notifier | None = None,
    ) -> None:
        """`notifier` is told what is news."""
        self.session = opened.session
        self.server = server
        self.state: State = "starting"
        self.paused = paused
        """While starting: whether training is to pause once the log is caught up with."""
        self.leaving = False
        """Whether to end at the next step boundary, after a checkpoint."""
        self._present_requests, self.past_requests, self.past = answering(opened, server, self.status, stop_requested)
        self._opened = opened
        self.refusal = opened.refusal
        self._claim = claim
        self._stop_requested = stop_requested
        self._beyond = beyond
        self._idle_timer = IdleTimer(idle)
        self.steps_left: float = math.inf
        """Until training pauses by itself."""
        self._try_again = math.inf
        """When to try to write what could not be written, and go on; infinite where training stands otherwise."""
        self._pace = Pace("max", 0.0, 0)
        self._timer = StepTimer()
        self._expected = math.inf
        self._log = ProcessLog(opened.session, opened.remark)
        self._teller = Teller(opened.folder, opened.session, self._log, notifier)
        self._follower = Follower(opened.folder, opened.session, self._log)
        self._steps_watch, self._disk_watch = StepWatch(), DiskWatch(opened.folder.path)

    def run(self) -> None:
        """Trains until a signal, a request or the idle timer ends it; raises RunFolderError when it cannot save."""
        signal.signal(signal.SIGCONT, lambda *_: self.session.clock.note_suspension())
        if self._opened.is_new:
            self._log.started("started")
        self.session.begin()
        if not self.session.catching_up:
            self._start()
        while not self.leaving:
            timeout = self._poll_timeout()
            self._expected = max(SLICE_SECONDS, self._timer.seconds_per_step) + timeout
            for connection, request in self._present_requests.requests(timeout):
                self._handle(connection, request)
            self._tick()
            self._check_folder()
            self._retry_writing()
            self._teller.machine(self._disk_watch.look(time.monotonic()), self.state == "training")
            self._teller.failure()
            self._train()
            self._save()
            with cancellable(self._present_requests.poll):
                self._present_requests.answer_due(self._is_busy)
            with cancellable(partial(self._present_requests.poll, of_past=True)):
                self.past_requests.work(self._is_busy)
            self._tick()
            self.leaving = self.leaving or self._stop_requested() or self._idle_expired()
        self._shut_down()

    def go(self, steps: float = math.inf) -> None:
        """Trains on, or for so many steps."""
        self._tick()
        self.session.go_on()
        self.paused = False
        if self.state != "training":
            self._pace = Pace(self.session.config.pace, time.monotonic(), self.session.step)
        self.state = "training"
        self.steps_left, self._try_again = steps, math.inf
        if math.isinf(steps) and self._log.last in ("paused", "finished"):
            self._log.write("resumed", "goes on")
        self._follow()
        self._tick()

    def pause(self, state: State = "paused", words: str = "paused", about: dict[str, Value] | None = None) -> None:
        """Stops training until somebody goes on; `about` says more of why."""
        self._tick()
        self.state, self._try_again = state, math.inf
        if self._log.last != "paused":
            self._log.write("paused", words, about)

    def changed(self, rebuilt: bool) -> None:
        """Applies a change of the configuration to pace and rate."""
        self._pace = Pace(self.session.config.pace, time.monotonic(), self.session.step)
        self._timer = StepTimer()
        self._steps_watch.restart()
        if rebuilt:
            self.session.clock.reset_rate()
        self._log.note_strategy()

    def status(self) -> Status:
        """What the trainer is doing, for the screen."""
        return status_of(self)

    @property
    def _is_busy(self) -> bool:
        """Whether steps are to be taken, so that everything else has its share of the time."""
        return self.state in ("training", "starting")

    def _start(self) -> None:
        """The log is caught up with: trains, or stays where it is."""
        session, opened = self.session, self._opened
        session.goal_open = opened.goal_open
        session.check_goal()
        if not opened.is_new:
            differs = session.run_log.differs_at
            words = [f"started again at step {session.step:,}", *opened.words]
            words += [f"repeating the log gave other numbers from step {differs:,} on"] if differs is not None else []
            self._log.started("; ".join(words))
        if session.diverged and not session.rewinds_now:
            self.pause("diverged", f"paused: {NOT_FINITE}")
        elif opened.finished or session.reached:
            if opened.finished:
                self.state = self._log.last = "finished"
            else:
                self.finish()
            if self._beyond and not self.refusal:
                self.go()
        elif self.paused:
            self.pause()
        else:
            self.go()

    def _handle(self, connection: Connection, request: Request | UnreadableRequest) -> None:
        if isinstance(request, Look) and request.at is None:
            self._present_requests.add(connection, request)
        else:
            handle_request(self, connection, request)

    def _train(self) -> None:
        """As many steps as fit between two polls and the pace allows, one at least."""
        session, end, first = self.session, time.monotonic() + SLICE_SECONDS, True
        while self._is_busy:
            if self.state == "training" and session.in_trouble:
                respond(self)
                continue
            now = time.monotonic()
            allowed = self._pace.allowed(now, session.step) if self.state == "training" else math.inf
            fitting = (end - now) / self._timer.seconds_per_step
            if allowed < 1 or not (first or fitting > 0.5):
                return
            boundary = min(session.steps_to_boundary(), self._follower.steps_to_next())
            taken = session.advance(int(min(max(1, fitting), allowed, self.steps_left, boundary)))
            self.steps_left -= taken
            seconds = time.monotonic() - now
            self._timer.add(taken, seconds)
            self._teller.machine(self._steps_watch.add(taken, seconds), self.state == "training")
            self._teller.news()
            self._update_state()
            first = False

    def _update_state(self) -> None:
        """Starts, pauses or finishes where there is a reason to."""
        session = self.session
        if self.state == "training":
            self._follow()
        if self.state == "starting":
            if not session.catching_up:
                self._start()
        elif session.trouble:
            self.pause(words=f"paused: {session.trouble}")
            self._try_again = time.monotonic() + RETRY_SECONDS
        elif session.in_trouble:
            pass  # what is done about it comes before the next step
        elif session.diverged:
            self.pause("diverged", f"paused: {NOT_FINITE}")
        elif session.reached:
            self.finish()
        elif self.steps_left <= 0:
            self.pause()

    def _follow(self) -> None:
        """Does what is due of the line that the run was made from."""
        if self._follower.follows:
            self.session.in_trouble = ""  # what its trainer did about it is among its changes
        for plan in self._follower.follow():
            self.changed(plan.rebuilds)

    @property
    def waits_for_disk(self) -> bool:
        """Whether training stands still only because something cannot be written."""
        return not math.isinf(self._try_again)

    def _retry_writing(self) -> None:
        """Resumes training as soon as what stopped it can be written."""
        if time.monotonic() >= self._try_again:
            self._try_again = time.monotonic() + RETRY_SECONDS
            if self.session.retry():
                self.go(self.steps_left)

    def _check_folder(self) -> None:
        """Raises FolderLostError where the folder is no longer there, after a record in the log still open."""
        try:
            self._claim.check()
        except FolderLostError as lost:
            self._teller.session(self._log.write("failed", str(lost)))
            self._teller.finish(logged=False)
            raise

    def finish(self) -> None:
        """Ends training at its goal, with a checkpoint."""
        self._tick()
        self.state = "finished"
        self.session.save("finished")
        self._teller.session(self._log.write("finished", self.session.reached))

    def _save(self) -> None:
        session = self.session
        if self.state != "starting":
            session.checkpoint_writer.save_regularly(session.engine, session.run_log, session.clock.seconds)
        if session.checkpoint_writer.removed:
            names = ", ".join(session.checkpoint_writer.removed)
            session.checkpoint_writer.removed.clear()
            self._log.write("noted", f"checkpoints at events or changes removed to keep the run folder small: {names}")

    def _shut_down(self) -> None:
        """Writes a last checkpoint and a last record."""
        session, words = self.session, "stopped"
        if self.state != "starting" and not session.save("stopped"):
            words = f"stopped without a checkpoint: {session.trouble}"
        if self.state != "finished":
            self._teller.session(self._log.write("stopped", words))
        self._teller.finish()
        if session.trouble:
            raise RunFolderError(session.trouble)

    def _poll_timeout(self) -> float:
        """Seconds that the next poll may wait for requests."""
        if self.state == "starting" or self._stop_requested():
            return 0.0
        session, now = self.session, time.monotonic()
        wait = min(
            self._present_requests.wait(),
            self.past_requests.wait(self._is_busy),
            session.checkpoint_writer.remaining(session.engine, session.run_log),
        )
        wait = min(wait, max(0.0, self._try_again - now), self._claim.remaining())
        if self.state == "training":
            wait = min(wait, self._pace.remaining(now, session.step))
        elif not self.server.connections:
            wait = min(wait, self._idle_timer.remaining(self._is_done))
        return wait

    def _idle_expired(self) -> bool:
        """Whether there was no training and no viewer for long enough to end."""
        return self._idle_timer.expired(bool(self.server.connections), self._is_busy, self._is_done)

    @property
    def _is_done(self) -> bool:
        """Whether the goal is reached, and nobody asked to stay."""
        return self.state == "finished" and not self.paused

    def _tick(self) -> None:
        self.session.clock.tick(time.monotonic(), self.session.step, self.state == "training", self._expected)
