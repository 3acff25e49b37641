"""Training what a reproduction needs: whole runs, as many at once as there are cores, and sweeps one by one."""

from __future__ import annotations

import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from grokterm.config import Config, Value
from grokterm.errors import TrainerError
from grokterm.reproductions.folder import KeptRun, Reproduced, ReproductionFolder
from grokterm.reproductions.logs import FolderEvidence
from grokterm.reproductions.studies import Bisected, Forked, Study, Swept, Trained
from grokterm.runs.folder import RunFolder, create_run
from grokterm.runs.fork import fork_run
from grokterm.runs.history import read_history
from grokterm.runs.process import start_process, start_trainer, stop_trainer, trainer_alive
from grokterm.runs.share import write_line
from grokterm.runs.sharing import share_of
from grokterm.runs.summary import summarize
from grokterm.sweeps.cells import read_state
from grokterm.sweeps.folder import create_sweep
from grokterm.sweeps.plan import Plan
from grokterm.view_options import ViewOptions

SWEEPER: Final = "grokterm.sweeper"
_LOOK: Final = 0.1
_LOOK_AT_STATES: Final = 1.0
"""Seconds from one look at what trains to the next."""


@dataclass
class Studio:
    """Trains the studies of one reproduction, and keeps in its folder what it has trained."""

    folder: ReproductionFolder
    about: Reproduced
    workers: int
    """Runs at once."""
    threads: int | None
    """Of the processor, that each may use; None for all."""
    say: Callable[[str], None]
    _out: dict[RunFolder, KeptRun] = field(default_factory=dict)
    _next_look: float = 0.0

    @property
    def machine(self) -> dict[str, Value]:
        """The settings that say on what is trained."""
        return {"device": self.about.device, "precision": self.about.precision}

    def train(self, study: Study) -> None:
        """Trains what is still to be trained of a study; raises GroktermError."""
        match study:
            case Trained():
                self._train_runs(study)
            case Forked():
                parents = self._kept(study.parent)
                self._fork_all(study.name, [(parent, study.changed, study.steps) for parent in parents])
            case Bisected():
                for _ in range(study.rounds):
                    self._bisect(study)
            case Swept():
                self._sweep(study)

    def stop(self) -> None:
        """Ends what trains, which can be gone on with."""
        for run in self._out:
            stop_trainer(run)
        for study in self.about.sweeps:
            stop_trainer(self.folder.sweep(study, self.about).process_folder)

    def follow(self, lines: Sequence[tuple[KeptRun, Config]]) -> None:
        """Trains shared lines, each to the step up to which it is shared; raises GroktermError."""
        waiting = []
        for kept, config in lines:
            with _undisturbed():
                run = create_run(config, ViewOptions(), self.folder.path, kept.line)
                waiting.append(self._kept_now(replace(kept, run=run.id, line=""), run))
        self._finish(waiting)

    def sweep_by_plan(self, study: Swept, plan_of: ReproductionFolder) -> None:
        """Trains the sweep of a study as another reproduction planned it; raises GroktermError."""
        plan = plan_of.sweep(study.name, plan_of.read()).plan()
        self._plan_sweep(study.name, plan)
        self._coordinate(study.name)

    def _train_runs(self, study: Trained) -> None:
        have = {kept.seed: kept for kept in self._kept(study.name)}
        waiting: list[tuple[KeptRun, RunFolder]] = []
        for seed in range(study.seeds or self.about.seeds):
            if seed in have:
                if not have[seed].line:
                    waiting.append((have[seed], self.folder.run(have[seed])))
                continue
            with _undisturbed():
                run = create_run(study.config(seed, self.machine), ViewOptions(), self.folder.path)
                waiting.append(self._kept_now(KeptRun(study.name, seed, run.id), run))
        self._finish(waiting)

    def _fork_all(self, name: str, wanted: Sequence[tuple[KeptRun, Mapping[str, Value], int]]) -> None:
        have = {kept.seed: kept for kept in self._kept(name)}
        waiting: list[tuple[KeptRun, RunFolder]] = []
        for parent, changed, steps in wanted:
            if parent.seed not in have:
                waiting.append(self._forked(name, parent, changed, steps))
            elif not have[parent.seed].line:
                waiting.append((have[parent.seed], self.folder.run(have[parent.seed])))
        self._finish(waiting)

    def _forked(
        self, name: str, parent: KeptRun, changed: Mapping[str, Value], steps: int
    ) -> tuple[KeptRun, RunFolder]:
        run = self.folder.run(parent)
        history = read_history(run)
        end = (history.last.step if history.last else 0) + steps
        with _undisturbed():
            fork = fork_run(run, self.folder.path, values={**changed, "until": end, "max_steps": 10**12})
            kept = KeptRun(name, parent.seed, fork.folder.id, changed=dict(changed))
            return self._kept_now(kept, fork.folder)

    def _bisect(self, study: Bisected) -> None:
        """The next round of a bisection, for every seed at once."""
        evidence = FolderEvidence(self.folder, self.about)
        waiting: list[tuple[KeptRun, RunFolder]] = []
        for parent in self._kept(study.parent):
            done = [kept for kept in self._kept(study.name) if kept.seed == parent.seed]
            if unfinished := [kept for kept in done if not kept.line]:
                waiting += [(kept, self.folder.run(kept)) for kept in unfinished]
            elif len(done) < study.rounds:
                low, high = evidence.bracket(study, parent.seed)
                changed: dict[str, Value] = {study.setting: round((low + high) / 2, 4)}
                waiting.append(self._forked(study.name, parent, changed, study.steps))
        self._finish(waiting)

    def _finish(self, waiting: Sequence[tuple[KeptRun, RunFolder]]) -> None:
        """Trains runs to their ends, and keeps their lines; those that diverge end too. Raises TrainerError."""
        ahead, done = deque(waiting), 0
        while ahead or self._out:
            while ahead and len(self._out) < self.workers:
                kept, run = ahead.popleft()
                with _undisturbed():  # who starts one is to know whom to stop
                    if not trainer_alive(run):
                        start_trainer(run, threads=self.threads)
                    self._out[run] = kept
            self._end_diverged()
            for run, kept in list(self._out.items()):
                if not trainer_alive(run):
                    del self._out[run]
                    self._take_in(run, kept)
                    done += 1
                    self.say(f"{kept.study}: {done} of {len(waiting)} runs")
            time.sleep(_LOOK)

    def _end_diverged(self) -> None:
        """Ends trainers that wait for somebody who changes what has diverged; they are looked at now and then."""
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + _LOOK_AT_STATES
        for run in self._out:
            if trainer_alive(run) and summarize(run).state == "diverged":
                stop_trainer(run)

    def _take_in(self, run: RunFolder, kept: KeptRun) -> None:
        history = read_history(run)
        ended = any(session.name == "finished" for session in history.sessions)
        if not ended and not any(event.name == "not_finite" for event in history.events):
            raise TrainerError(f"the trainer of {run.id} ended before its goal: see {run.trainer_log_path}")
        line = write_line(share_of(run)[0])
        runs = tuple(replace(one, line=line) if one.run == run.id else one for one in self.about.runs)
        self._keep(runs=runs)

    def _sweep(self, study: Swept) -> None:
        self._plan_sweep(study.name, study.plan(self.about.seeds, self.machine))
        self._coordinate(study.name)

    def _plan_sweep(self, study: str, plan: Plan) -> None:
        """Makes the sweep of a study, where there is none yet."""
        if study not in self.about.sweeps:
            with _undisturbed():
                made = create_sweep(plan, self.folder.path)
                self._keep(sweeps={**self.about.sweeps, study: made.id})

    def _coordinate(self, study: str) -> None:
        """Has a coordinator train a sweep to its end; raises TrainerError where it comes to none."""
        sweep = self.folder.sweep(study, self.about)
        state = read_state(sweep)
        if state is not None and state.state == "finished":
            return
        with _undisturbed():
            if not trainer_alive(sweep.process_folder):
                start_process(sweep.process_folder, SWEEPER, ["--workers", str(self.workers)])
        said = ""
        while trainer_alive(sweep.process_folder):
            state = read_state(sweep)
            if state is not None and (words := f"{study}: {state.finished:,} of {state.total:,} runs") != said:
                self.say(words)
                said = words
            time.sleep(_LOOK)
        state = read_state(sweep)
        if state is None or state.state != "finished":
            why = state.words if state and state.words else f"see {sweep.process_folder.trainer_log_path}"
            raise TrainerError(f"the sweep {sweep.id} came to no end: {why}")

    def _kept_now(self, kept: KeptRun, run: RunFolder) -> tuple[KeptRun, RunFolder]:
        """Writes down that a run was made."""
        self._keep(runs=(*self.about.runs, kept))
        return kept, run

    def _kept(self, study: str) -> list[KeptRun]:
        return sorted((run for run in self.about.runs if run.study == study), key=lambda run: run.seed)

    def _keep(self, runs: tuple[KeptRun, ...] | None = None, sweeps: dict[str, str] | None = None) -> None:
        self.about = replace(
            self.about,
            runs=self.about.runs if runs is None else runs,
            sweeps=self.about.sweeps if sweeps is None else sweeps,
        )
        self.folder.write(self.about)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Lets no interruption come between making something and writing down that it was made: it comes right after.

    A mask of signals would not do: another thread of this process, such as one of a library, may be given them.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {one: signal.signal(one, lambda number, _: came.append(number)) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
    if came:
        signal.raise_signal(came[0])
