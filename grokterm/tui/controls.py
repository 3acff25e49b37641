"""What keys do to a run: pause, pace, live changes, new runs, leaving."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual import work

from grokterm.config import Config, Value
from grokterm.errors import GroktermError
from grokterm.runs.folder import create_run
from grokterm.runs.process import start_trainer
from grokterm.tui import ladders, words
from grokterm.tui.lines import ShownState
from grokterm.wire.messages import Go, Pause, Request

if TYPE_CHECKING:
    from textual.screen import Screen

    from grokterm.tui.app import GrokApp
    from grokterm.tui.link import Link
    from grokterm.tui.screens.dialog import Wanted
    from grokterm.tui.wishes import Wishes
    from grokterm.tui.world import World

    class Base(Screen[None]):
        """What the watch screen has beside its controls."""

        def say(self, text: str, meaning: str = "text") -> None:
            """Shows a remark."""

        def show(self) -> None:
            """Draws what changed."""

        def show_lines(self) -> None:
            """Draws header, phase line and footer where they changed."""

else:
    Base = object


class Controls(Base):
    """The actions of the watch screen that concern the run."""

    _intended: ShownState | None = None
    """The state that was asked for, until the trainer has answered."""
    _leaving = False

    @property
    def viewer(self) -> GrokApp:
        """The app."""
        return cast("GrokApp", self.app)

    @property
    def link(self) -> Link:
        """The present run."""
        return self.viewer.link

    @property
    def wishes(self) -> Wishes:
        """Changes on their way."""
        return self.viewer.wishes

    @property
    def world(self) -> World:
        """What the panes draw."""
        return self.viewer.world

    @property
    def shown_state(self) -> ShownState:
        """The state in the header: what was asked for, as soon as it was."""
        if self._leaving:
            return "stopping"
        state = self.link.state
        return self._intended if self._intended and state not in ("not answering", "trainer gone") else state

    def settled(self, told: str, made: bool) -> None:
        """Says how a change was answered, and shows its marks."""
        self.say(told, "accent" if made else "error")
        self.show()

    def what_is_wrong(self) -> list[str]:
        """What keeps the run from going on and what can be done, in lines; empty while nothing does."""
        lines = [self.link.problem] if self.link.problem else []
        if self.link.state == "trainer gone":
            where = " from its last checkpoint" if self.link.has_checkpoint else ""
            return [*lines, *self.link.last_words(), f"space starts it again{where} · r starts a new run · q leaves"]
        if self.link.state == "not answering":
            return [*lines, *self.link.why_silent()]
        status = self.link.status
        return [*lines, status.words] if status and status.words else lines

    def action_pause(self) -> None:
        """Pauses, goes on, or starts a trainer that is gone."""
        if self.link.state == "trainer gone":
            self._start_again()
        elif self.link.state == "not answering":
            self.say("the trainer does not answer", "warning")
        elif self.shown_state in ("training", "starting"):
            self._order(Pause(0), "paused")
        else:
            self._order(Go(0), "training")

    def action_one_step(self) -> None:
        """Takes one step and pauses."""
        self._order(Go(0, steps=1), "paused")

    def action_pace(self, direction: int) -> None:
        """The next slower or faster pace."""
        status = self.link.status
        reached = status.steps_per_second if status and status.state == "training" else 0.0
        old = self.wishes.config.pace
        new = ladders.paced(old, direction, reached)
        if new == old:
            self.say("this is the fastest pace" if direction > 0 else "this is the slowest pace")
        else:
            self._want({"pace": new})

    def action_scale(self, name: str, direction: int) -> None:
        """Doubles or halves a rate."""
        old = float(getattr(self.wishes.config, name))
        new = ladders.scaled(name, old, direction)
        if new == old:
            self.say(
                f"{words.setting(name)} is {words.number(old)}, as {'high' if direction > 0 else 'low'} as it goes"
            )
        else:
            self._want({name: new})

    def action_architecture(self) -> None:
        """Opens the chooser of architectures."""
        from grokterm.tui.screens.architecture import ArchitectureDialog

        self.app.push_screen(ArchitectureDialog(self.wishes.config), self._take)

    def action_change(self) -> None:
        """Opens the form of all settings."""
        from grokterm.tui.screens.change import ChangeDialog

        self.app.push_screen(ChangeDialog(self.wishes.config), self._take)

    def action_restart(self) -> None:
        """Starts a new run with the next seed."""
        present = self.wishes.config
        self._new_run(present.changed({"seed": present.seed + 1}), stop=True)

    def action_detach(self) -> None:
        """Leaves; the trainer goes on."""
        self.viewer.leave("detached")

    def action_quit(self) -> None:
        """Stops the trainer after a checkpoint and leaves; pressed again, leaves at once."""
        if self._leaving:
            self.viewer.leave("quit")
            return
        self._leaving = True
        self.say("stopping the trainer after a checkpoint …")
        self._stop_and_leave()

    def action_how_to_leave(self) -> None:
        """Answers ctrl+c."""
        self.say("q stops the trainer and leaves, d leaves and lets it train on")

    def _take(self, wanted: Wanted | None) -> None:
        """Carries out what a dialog came back with."""
        if wanted is None or not wanted.values:
            return
        if wanted.new_run:
            self._new_run(self.wishes.config.changed(wanted.values), stop=wanted.stop)
        else:
            self._want(wanted.values, wanted.keep)

    def _want(self, values: dict[str, Value], keep: bool = False) -> None:
        try:
            self.wishes.want(values, keep)
        except GroktermError as error:
            self.say(str(error), "error")
        self.show_lines()

    @work
    async def _order(self, request: Request, intended: ShownState) -> None:
        """Sends a command; the header shows what it will bring about at once."""
        self._intended = intended
        self.show_lines()
        try:
            await self.link.order(request)
            await self.link.look((), self.world)
        except GroktermError as error:
            self.say(str(error), "error")
        finally:
            self._intended = None
        self.link.read_log()
        self.show()

    def _start_again(self) -> None:
        try:
            self.link.start_again()
        except GroktermError as error:
            self.say(str(error), "error")
        self.show()

    @work
    async def _stop_and_leave(self) -> None:
        await self.link.stop()
        self.viewer.leave("quit")

    @work
    async def _new_run(self, config: Config, stop: bool) -> None:
        """Makes and starts a run and shows it in this one's place."""
        old = self.link
        try:
            folder = create_run(config, self.world.view, old.folder.path.parent)
            start_trainer(folder)
        except GroktermError as error:
            self.say(str(error), "error")
            return
        if stop:
            self.say(f"{old.folder.id} stops after a checkpoint; now {folder.id}")
            self.viewer.spawn(old.stop)
        else:
            self.say(f"{old.folder.id} trains on; now {folder.id}")
        self.viewer.move_to(folder)
