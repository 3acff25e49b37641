"""Asking the trainer for pictures: of now, of a step of the past, and of the step to compare with."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Final

import numpy as np

from grokterm.errors import GroktermError, TrainerError
from grokterm.picture import Picture, PictureRequest
from grokterm.tui.run.moment import Moment
from grokterm.tui.run.state import RunState
from grokterm.tui.run.trainer_link import TrainerLink
from grokterm.wire.messages import Look

_NOTICED: Final = 0.2
"""Seconds on the way to a step after which that is said."""
_AGAIN: Final = (3.0, 30.0)
"""Seconds after which a picture to compare with is asked for again: it may be drawn on axes of the present model."""
_REST: Final = 40
"""It is not asked for again in so many times the time that it took to come, so that training hardly notices."""
_ON_ITS_OWN: Final = ("task", "table")
"""Pictures that the present model has no part in."""

Wanted = tuple[PictureRequest, ...]


class PictureRequester:
    """Keeps the pictures of a run up to date; the newest request takes the place of older ones, and none is queued."""

    def __init__(
        self,
        link: TrainerLink,
        state: RunState,
        spawn: Callable[[Callable[[], Coroutine[None, None, None]]], object],
        draw_soon: Callable[[], None],
        say: Callable[[str, str], None],
    ) -> None:
        """`spawn` runs the asking, `draw_soon` makes the next tick come at once, `say` hears what went wrong."""
        self._link = link
        self._state = state
        self._spawn = spawn
        self._draw_soon = draw_soon
        self._say = say
        self._due = 0
        """How many answers on the present are due."""
        self._present: tuple[Wanted, object] = ((), None)
        """What was asked of the present last, and of what model."""
        self._past: Look | None = None
        """What was asked of the past last, until it has come."""
        self._asked_at = 0.0
        self._compared_at, self._took = 0.0, 0.0
        """When a picture to compare with was asked for, and how long it took."""
        self._moment: Moment | None = None
        self._moved_at = 0.0
        self._refused: Moment | None = None
        self._forgotten: set[str] = set()
        """Pictures that nobody wants any more, some of which may still be on their way."""

    def forget(self, name: str) -> None:
        """Drops the picture of a view that is closed, of now and before, and what is still on its way of it."""
        self._forgotten.add(name)
        for slot in (self._state.now, self._state.before):
            slot.pop(name, None)

    def tick(self, wanted: Wanted, compared: Wanted, wait: float) -> None:
        """Asks for what is not here: of the present every `wait` seconds, but at once for what is newly wanted.

        `compared` are wanted of the step to compare with, once all `wanted` is there.
        """
        self._forgotten -= {request.name for request in (*wanted, *compared)}
        if not self._visit(wanted):
            self._compare(compared)
        live = not self._state.moment and self._link.connected
        new = live and any(request not in self._present[0] for request in wanted)
        if not self._due or new:
            self._due += 1
            self._ask(Look(0, self._of_present(wanted, new, wait) if live else ()))
        if not live:
            self._present = ((), None)

    def _of_present(self, wanted: Wanted, new: bool, wait: float) -> Wanted:
        """What to ask for of the present model."""
        now = self._state.now
        step = self._link.status.step if self._link.status else -1
        model = (wanted, len(self._link.history.changes), step)
        soon = new or any(not _is_here(now, request) for request in wanted)
        if model == self._present[1] or (not soon and time.monotonic() - self._asked_at < wait):
            return ()
        self._asked_at, self._present = time.monotonic(), (wanted, model)
        return tuple(request for request in wanted if not self._is_split(request))

    def _visit(self, wanted: Wanted) -> bool:
        """Asks for what is missing where the cursor stands in the past; whether anything is on the way."""
        moment = self._state.moment
        if moment is not self._moment:
            self._moment, self._moved_at, self._past = moment, time.monotonic(), None
        missing: Wanted = ()
        if moment is not None and moment is not self._refused and self._link.connected:
            now = self._state.now
            missing = tuple(r for r in wanted if not (self._is_split(r) or _is_here(now, r, moment.step)))
        self._state.going = bool(missing) and time.monotonic() - self._moved_at >= _NOTICED
        if moment is not None and missing:
            self._ask_past(Look(0, missing, moment.step), self._state.now)
        return bool(missing)

    def _compare(self, compared: Wanted) -> None:
        """Asks for what is missing of the step to compare with."""
        step, before = self._state.compared, self._state.before
        if step is None or not self._link.connected:
            return
        rest = min(max(_AGAIN[0], _REST * self._took), _AGAIN[1])
        old = time.monotonic() - self._compared_at >= rest
        missing = tuple(r for r in compared if not _is_here(before, r, step) or (old and r.name not in _ON_ITS_OWN))
        if missing and self._ask_past(Look(0, missing, step), before):
            self._compared_at = time.monotonic()

    def _ask_past(self, look: Look, slot: dict[str, Picture]) -> bool:
        """Asks for pictures of the past, unless those are on their way; whether it did."""
        asks = self._past != look
        if asks:
            self._past = look
            self._ask(look, slot)
        return asks

    def _ask(self, look: Look, slot: dict[str, Picture] | None = None) -> None:
        self._spawn(partial(self._fetch, look, self._state.now if slot is None else slot))

    async def _fetch(self, look: Look, slot: dict[str, Picture]) -> None:
        began, state = time.monotonic(), self._state
        try:
            if self._link.connected:
                reply = await self._link.look(look)
                state.status = reply.status
                if slot is state.before or (look.at is None) == (state.moment is None):
                    self._take(reply.pictures, slot)
        except TrainerError:  # without a trainer there are no pictures; all are asked for again
            self._present = ((), None)
        except GroktermError as error:
            self._refuse(look, slot, str(error))
            return
        finally:
            self._due -= look.at is None
        if slot is state.before:
            self._took = time.monotonic() - began
        if self._past is look:
            self._past = None

    def _refuse(self, look: Look, slot: dict[str, Picture], why: str) -> None:
        """Does not ask again; says why, where it was for what is looked at."""
        if slot is self._state.now and look.at == (self._moment.step if self._moment else None):
            self._refused = self._moment
            self._say(why, "error")

    def _take(self, pictures: tuple[Picture, ...], slot: dict[str, Picture]) -> None:
        """Puts pictures into their slot; those of a step that was passed meanwhile too: they say of which they are."""
        kept = {picture.name: picture for picture in pictures if picture.name not in self._forgotten}
        new = any(picture.past or not _is_here(slot, picture.request) for picture in kept.values())
        slot.update(kept)
        if new:
            self._draw_soon()

    def _is_split(self, request: PictureRequest) -> bool:
        """Whether this is the split, which two settings alone change, and it is here for what is looked at."""
        task, config = self._state.now.get("task"), self._state.config
        if request.name != "task" or task is None:
            return False
        return bool((task.arrays["settings"] == np.array([config.train_fraction, config.corrupt], np.float32)).all())


def _is_here(slot: Mapping[str, Picture], request: PictureRequest, step: int | None = None) -> bool:
    """Whether a picture is there, and where `step` is given, of that step of the past."""
    found = slot.get(request.name)
    return found is not None and found.request == request and (step is None or (found.past and found.step == step))
