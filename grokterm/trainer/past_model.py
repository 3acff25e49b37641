"""The model at any step of the run: a second engine, advanced there in slices of time."""

from __future__ import annotations

import ctypes
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

import torch
from torch import Tensor

from grokterm.config import Config
from grokterm.lab.engine import Engine
from grokterm.runs.checkpoints import list_checkpoints, parse_name
from grokterm.runs.folder import RunFolder
from grokterm.runs.log_index import LogIndex
from grokterm.runs.opened import opened_weights
from grokterm.trainer.clock import StepTimer
from grokterm.training.restore import state_at, walk_from_checkpoint
from grokterm.training.walk import Walk

CACHE_BYTES: Final = 64 * 2**20
"""Most bytes of the states cached for quick ways back."""
STRIDE: Final = 10
"""Steps of the shortest way back that is prepared; fewer where more is logged."""

Place = tuple[int, int]
"""Steps taken and changes made so far."""


@dataclass(frozen=True)
class _State:
    """An engine's state between two steps."""

    place: Place
    config: Config
    tensors: dict[str, Tensor]

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(tensor.numel() * tensor.element_size() for tensor in self.tensors.values())


class PastModel:
    """Goes to any step of a run: from the nearest state cached, through the steps and changes logged.

    What it finds at a step is the model of the log's record there: before the changes that were made at that step.
    """

    def __init__(self, folder: RunFolder, log: LogIndex, cache_bytes: int = CACHE_BYTES) -> None:
        """Follows the changes of a log, to which more may be appended meanwhile."""
        self._folder = folder
        self._was_opened = opened_weights(folder) is not None
        self._log = log
        self._cache_bytes = cache_bytes
        self._states: list[_State] = []
        self._walk: Walk | None = None
        self._target: int | None = None
        self._timer = StepTimer()
        self._opening_seconds = 0.0

    @property
    def step(self) -> int | None:
        """Where it stands; None while it holds no model."""
        return self._walk.step if self._walk else None

    def advance_to(self, step: int, seconds: float) -> Engine | None:
        """The model at `step`, or None where so many seconds of work do not lead there yet.

        Raises RunFolderError and ConfigError where the way cannot be gone, RuntimeError and MemoryError where there
        is no room for a second model; only `free` may follow then.
        """
        end = time.monotonic() + seconds
        if self._walk is None or self._target != step:
            self._walk = self._from_nearest(step)
            self._target = step
        walk, first = self._walk, True
        while walk.step < step:
            left = end - time.monotonic()
            if left <= 0 and not first:
                return None
            self._advance(walk, step, left)
            first = False
        self.cache_state(walk.engine, walk.changes_made)
        return walk.engine

    def cache_state(self, engine: Engine, made: int) -> None:
        """Caches the state of an engine that has made `made` changes of this run."""
        known = [state for state in self._states if state.place == (engine.step, made)]
        newest = known[0] if known else _State((engine.step, made), engine.config, engine.state_dict())
        self._states = [state for state in self._states if state is not newest] + [newest]
        while sum(state.size for state in self._states) > self._cache_bytes:
            del self._states[0]

    def free(self) -> None:
        """Frees all memory."""
        if self._walk or self._states:
            self._walk = self._target = None
            self._states.clear()
            _release_memory()

    def _advance(self, walk: Walk, step: int, seconds: float) -> None:
        """About so many seconds of steps towards `step`, not beyond the next place whose state is worth keeping."""
        began, first = time.monotonic(), walk.step
        stop = _next_stop(first, step, min(STRIDE, walk.engine.config.log_every))
        walk.advance_to(min(stop, first + max(1, int(seconds / self._timer.seconds_per_step))))
        self._timer.add(walk.step - first, time.monotonic() - began)
        if walk.step == stop:
            self.cache_state(walk.engine, walk.changes_made)

    def _from_nearest(self, step: int) -> Walk:
        """A walk at the latest state that is known, or soon read, and not beyond `step`."""
        if self._was_opened:
            return self._open(step)  # there are no steps between checkpoints that could be taken
        limit = (step, self._log.changes_before(step))
        known = [state for state in self._states if _within(state.place, limit)]
        state = max(known, key=lambda state: state.place, default=None)
        walk = self._walk if self._walk and _within(_place(self._walk), limit) else None
        if walk is not None and state is not None and state.place > _place(walk):
            walk = None
        reached = _place(walk) if walk is not None else state.place if state is not None else None
        if reached is None or self._is_checkpoint_nearer(reached, limit):
            opened = self._open(step)
            if reached is None or _place(opened) > reached:
                return opened
        if walk is not None:
            return walk
        assert state is not None
        return self._restored(state)

    def _is_checkpoint_nearer(self, reached: Place, limit: Place) -> bool:
        """Whether a checkpoint is nearer by more steps than are taken in the time of opening it."""
        places = (parse_name(path)[:2] for path in list_checkpoints(self._folder.checkpoint_folder))
        steps = max((found[0] for found in places if _within(found, limit)), default=0) - reached[0]
        return steps > 0 and steps * self._timer.seconds_per_step > self._opening_seconds

    def _open(self, step: int) -> Walk:
        """A walk at the newest good checkpoint before `step`, or at the beginning of the run."""
        began = time.monotonic()
        walk, _ = walk_from_checkpoint(self._folder, self._log, step)
        self._opening_seconds = time.monotonic() - began
        self.cache_state(walk.engine, walk.changes_made)
        return walk

    def _restored(self, state: _State) -> Walk:
        """A walk at a state that was kept, with the engine that is there already."""
        if self._walk is None:
            engine = Engine(state.config)
        else:
            engine = self._walk.engine
            engine.rebuild(state.config, keep=False)
        engine.load_state_dict(state.tensors)
        before = partial(state_at, self._folder, self._log)
        return Walk(engine, self._log.changes, state.place[1], before)


def _release_memory() -> None:
    """Returns what is free to the system: the allocators of C and of the device would hold it for later."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
    torch.cuda.empty_cache()  # does nothing where no such device is in use


def _place(walk: Walk) -> Place:
    return walk.step, walk.changes_made


def _within(place: Place, limit: Place) -> bool:
    return place[0] <= limit[0] and place[1] <= limit[1]


def _next_stop(first: int, last: int, stride: int) -> int:
    """The next step between `first` and `last` that is 1, 2, 4, 8 … strides before `last`; else `last` itself.

    States that are kept there make ways back short, from one stride to all of the way.
    """
    strides = (last - first - 1) // stride
    return last - (stride << (strides.bit_length() - 1)) if strides else last
