"""What keys do with a run's past: going there and back, and forks."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from textual import work

from grokterm.errors import GroktermError
from grokterm.runs.process import start_trainer
from grokterm.tui.controls import Controls
from grokterm.tui.moment import config_at
from grokterm.tui.panes import TryPane
from grokterm.user_name import user_name
from grokterm.wire.messages import Answer, Pause, Predict, Prediction

if TYPE_CHECKING:
    from grokterm.tui.screens.dialog import Wanted


class Traveling(Controls):
    """The actions of the watch screen that concern the past, and questions about it."""

    _forking = False

    def action_travel(self, strides: int) -> None:
        """Moves the cursor through the logged steps."""
        self._moved(self.viewer.travel.by(strides))

    def action_first_step(self) -> None:
        """Goes to the beginning."""
        self._moved(self.viewer.travel.to_first())

    def action_newest_step(self) -> None:
        """Goes to the last step logged."""
        self._moved(self.viewer.travel.to_newest())

    def action_live(self) -> None:
        """Returns to the present."""
        if self.viewer.travel.leave():
            self.say("live")
            self.show()

    def action_fork(self) -> None:
        """Opens the form of what the fork changes."""
        from grokterm.tui.screens.fork import ForkDialog

        moment, history = self.world.moment, self.link.history
        if not len(history):
            self.say("there is nothing to fork yet: no step is logged", "warning")
            return
        step = moment.step if moment else None
        config = config_at(history, moment.step) if moment else history.config
        trains = self.link.state == "training"

        def take(wanted: Wanted | None) -> None:
            if wanted is not None and not self._forking:
                self._forking = True
                self._fork(step, wanted)

        self.app.push_screen(ForkDialog(config, step, trains), take)

    def _moved(self, moved: bool) -> None:
        """Draws the new place, or says why there is none."""
        if moved:
            self.viewer.hurry()
        elif not len(self.link.history):
            self.say("no step is logged yet")
        elif self.world.moment is None:
            self.say("this is now: [ goes back")
        else:
            first = self.world.moment.step == int(self.link.history.column("step")[0])
            self.say("this is the first step" if first else "this is the newest step logged: enter returns to live")

    @work
    async def _fork(self, step: int | None, wanted: Wanted) -> None:
        """Makes a fork, starts it and shows it in this run's place."""
        from grokterm.runs.fork import fork_run

        parent = self.link
        home = parent.folder.path.parent
        self.say("making the fork …")
        try:
            fork = await asyncio.to_thread(
                fork_run, parent.folder, home, step, wanted.values, keep=wanted.keep, by=user_name()
            )
            await asyncio.to_thread(start_trainer, fork.folder)
        except GroktermError as error:
            self.say(str(error), "error")
            return
        finally:
            self._forking = False
        trained = parent.state == "training"
        if trained and wanted.stop:
            with suppress(GroktermError):
                await parent.order(Pause(0))
        self.viewer.move_to(fork.folder)
        told = f"; {parent.folder.id} {'is paused' if wanted.stop else 'trains on'}" if trained else ""
        self.say("; ".join([f"{fork.words}{told}", *fork.complaints[:1]]), "accent")

    @work
    async def predict(self, question: TryPane.Asked) -> None:
        """Asks the model about one pair, and shows what it says."""
        pane = self.query_one(TryPane)
        try:
            reply = await self.link.ask(Predict(0, question.a, question.b, at=question.at))
        except GroktermError as error:
            self.say(str(error), "error")
            return
        if isinstance(reply, Prediction):
            pane.show_prediction(reply, question.at)
        elif isinstance(reply, Answer) and question is pane.question:
            self.say(reply.words, "error")
