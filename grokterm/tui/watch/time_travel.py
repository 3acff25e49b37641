"""What keys do with a run's past: going there and back, forks, and questions to the model as it was."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from grokterm.errors import GroktermError
from grokterm.runs.history import config_at
from grokterm.runs.process import start_trainer
from grokterm.tui.panes import TryPane
from grokterm.tui.watch.host import Host
from grokterm.user_name import user_name
from grokterm.wire.messages import Answer, Pause, Predict, Prediction

if TYPE_CHECKING:
    from grokterm.tui.dialogs.dialog import Wanted


class TimeTravel:
    """The actions that concern the past."""

    def __init__(self, host: Host) -> None:
        self._host, self._viewer = host, host.viewer
        self._forking = False

    def travel(self, strides: int) -> None:
        """Moves the cursor through the logged steps."""
        self._moved(self._viewer.cursor.by(strides))

    def first_step(self) -> None:
        """Goes to the beginning."""
        self._moved(self._viewer.cursor.to_first())

    def newest_step(self) -> None:
        """Goes to the last step logged."""
        self._moved(self._viewer.cursor.to_newest())

    def live(self) -> None:
        """Returns to the present."""
        if self._viewer.cursor.leave():
            self._host.say("live")
            self._host.show()

    def fork(self) -> None:
        """Opens the form of what the fork changes."""
        from grokterm.tui.dialogs.fork import ForkDialog

        moment, history = self._viewer.state.moment, self._viewer.link.history
        if not len(history):
            self._host.say("there is nothing to fork yet: no step is logged", "warning")
            return
        step = moment.step if moment else None
        config = config_at(history, moment.step) if moment else history.config
        trains = self._viewer.link.state == "training"

        def take(wanted: Wanted | None) -> None:
            if wanted is not None and not self._forking:
                self._forking = True
                self._viewer.spawn(partial(self._fork, step, wanted))

        self._host.open_dialog(ForkDialog(config, step, trains), take)

    def ask(self, question: TryPane.Asked, pane: TryPane) -> None:
        """Asks the model about one pair, and shows in the pane what it says."""
        self._viewer.spawn(partial(self._predict, question, pane))

    def _moved(self, moved: bool) -> None:
        """Draws the new place, or says why there is none."""
        if moved:
            self._viewer.draw_soon()
        elif not len(self._viewer.link.history):
            self._host.say("no step is logged yet")
        elif self._viewer.state.moment is None:
            self._host.say("this is now: [ goes back")
        else:
            first = self._viewer.state.moment.step == int(self._viewer.link.history.column("step")[0])
            self._host.say(
                "this is the first step" if first else "this is the newest step logged: enter returns to live"
            )

    async def _fork(self, step: int | None, wanted: Wanted) -> None:
        """Makes a fork, starts it and shows it in this run's place."""
        from grokterm.runs.fork import fork_run

        host, parent = self._host, self._viewer.link
        home = parent.folder.path.parent
        host.say("making the fork …")
        try:
            fork = await asyncio.to_thread(
                fork_run, parent.folder, home, step, wanted.values, keep=wanted.keep, by=user_name()
            )
            await asyncio.to_thread(start_trainer, fork.folder)
        except GroktermError as error:
            host.say(str(error), "error")
            return
        finally:
            self._forking = False
        trained = parent.state == "training"
        if trained and wanted.stop:
            with suppress(GroktermError):
                await parent.order(Pause(0))
        self._viewer.move_to(fork.folder)
        parents = f"; {parent.folder.id} {'is paused' if wanted.stop else 'trains on'}" if trained else ""
        host.say("; ".join([f"{fork.words}{parents}", *fork.complaints[:1]]), "accent")

    async def _predict(self, question: TryPane.Asked, pane: TryPane) -> None:
        try:
            reply = await self._viewer.link.ask(Predict(0, question.a, question.b, at=question.at))
        except GroktermError as error:
            self._host.say(str(error), "error")
            return
        if isinstance(reply, Prediction):
            pane.show_prediction(reply, question.at)
        elif isinstance(reply, Answer) and question is pane.question:
            self._host.say(reply.words, "error")
