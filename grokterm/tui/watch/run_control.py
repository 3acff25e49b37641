"""What keys do to a run: pause, pace, live changes, new runs, leaving."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from grokterm.config import Config, Value
from grokterm.errors import GroktermError
from grokterm.runs.folder import create_run
from grokterm.runs.process import start_trainer
from grokterm.tui.run import ladders
from grokterm.tui.run.trainer_link import ShownState
from grokterm.tui.text import formats
from grokterm.tui.watch.host import Host
from grokterm.wire.messages import Go, Look, Pause, Request

if TYPE_CHECKING:
    from grokterm.tui.dialogs.dialog import Wanted


class RunControl:
    """The actions that concern the run and its trainer."""

    def __init__(self, host: Host) -> None:
        self._host, self._viewer = host, host.viewer
        self._intended: ShownState | None = None
        """The state that was asked for, until the trainer has answered."""
        self._leaving = False

    @property
    def shown_state(self) -> ShownState:
        """The state in the header: what was asked for, as soon as it was."""
        if self._leaving:
            return "stopping"
        state = self._viewer.link.state
        return self._intended if self._intended and state not in ("not answering", "trainer gone") else state

    def what_is_wrong(self) -> list[str]:
        """What keeps the run from going on and what can be done, in lines; empty while nothing does."""
        link = self._viewer.link
        lines = [link.problem] if link.problem else []
        if link.state == "trainer gone":
            where = " from its last checkpoint" if link.has_checkpoint else ""
            return [*lines, *link.last_words(), f"space starts it again{where} · r starts a new run · q leaves"]
        if link.state == "not answering":
            return [*lines, *link.why_silent()]
        return [*lines, link.status.words] if link.status and link.status.words else lines

    def pause(self) -> None:
        """Pauses, goes on, or starts a trainer that is gone."""
        if self._viewer.link.state == "trainer gone":
            self._start_again()
        elif self._viewer.link.state == "not answering":
            self._host.say("the trainer does not answer", "warning")
        elif self.shown_state in ("training", "starting"):
            self._send(Pause(0), "paused")
        else:
            self._send(Go(0), "training")

    def one_step(self) -> None:
        """Takes one step and pauses."""
        self._send(Go(0, steps=1), "paused")

    def pace(self, direction: int) -> None:
        """The next slower or faster pace."""
        status = self._viewer.link.status
        reached = status.steps_per_second if status and status.state == "training" else 0.0
        old = self._viewer.pending_changes.config.pace
        new = ladders.paced(old, direction, reached)
        if new == old:
            self._host.say("this is the fastest pace" if direction > 0 else "this is the slowest pace")
        else:
            self.want({"pace": new})

    def scale(self, name: str, direction: int) -> None:
        """Doubles or halves a rate."""
        old = float(getattr(self._viewer.pending_changes.config, name))
        new = ladders.scaled(name, old, direction)
        if new == old:
            self._host.say(
                f"{formats.setting(name)} is {formats.number(old)}, as {'high' if direction > 0 else 'low'} as it goes"
            )
        else:
            self.want({name: new})

    def want(self, values: dict[str, Value], keep: bool = False) -> None:
        """Asks for settings, and says at once where no run can have them."""
        try:
            self._viewer.pending_changes.want(values, keep)
        except GroktermError as error:
            self._host.say(str(error), "error")
        self._host.show_lines()

    def architecture(self) -> None:
        """Opens the chooser of architectures."""
        from grokterm.tui.dialogs.architecture import ArchitectureDialog

        self._host.open_dialog(ArchitectureDialog(self._viewer.pending_changes.config), self._take)

    def optimizer(self) -> None:
        """Opens the chooser of optimizer and filter."""
        from grokterm.tui.dialogs.optimizer import OptimizerDialog

        self._host.open_dialog(OptimizerDialog(self._viewer.pending_changes.config), self._take)

    def change(self) -> None:
        """Opens the form of all settings."""
        from grokterm.tui.dialogs.change import ChangeDialog

        self._host.open_dialog(ChangeDialog(self._viewer.pending_changes.config), self._take)

    def restart(self) -> None:
        """Starts a new run with the next seed."""
        present = self._viewer.pending_changes.config
        self._start_new(present.changed({"seed": present.seed + 1}), stop=True)

    def detach(self) -> None:
        """Leaves; the trainer goes on."""
        self._viewer.leave("detached")

    def quit(self) -> None:
        """Stops the trainer after a checkpoint and leaves; pressed again, leaves at once."""
        if self._leaving:
            self._viewer.leave("quit")
            return
        self._leaving = True
        self._host.say("stopping the trainer after a checkpoint …")
        self._viewer.spawn(self._stop_and_leave)

    def how_to_leave(self) -> None:
        """Answers ctrl+c."""
        self._host.say("q stops the trainer and leaves, d leaves and lets it train on")

    def _take(self, wanted: Wanted | None) -> None:
        """Carries out what a dialog came back with."""
        if wanted is None or not wanted.values:
            return
        if wanted.new_run:
            self._start_new(self._viewer.pending_changes.config.changed(wanted.values), stop=wanted.stop)
        else:
            self.want(wanted.values, wanted.keep)

    def _send(self, request: Request, intended: ShownState) -> None:
        self._viewer.spawn(partial(self._order, request, intended))

    async def _order(self, request: Request, intended: ShownState) -> None:
        """Sends a command; the header shows what it will bring about at once."""
        host, viewer = self._host, self._viewer
        self._intended = intended
        host.show_lines()
        try:
            await viewer.link.order(request)
            viewer.state.status = (await viewer.link.look(Look(0))).status
        except GroktermError as error:
            host.say(str(error), "error")
        finally:
            self._intended = None
        viewer.link.read_log()
        host.show()

    def _start_again(self) -> None:
        try:
            self._viewer.link.start_again()
        except GroktermError as error:
            self._host.say(str(error), "error")
        self._host.show()

    async def _stop_and_leave(self) -> None:
        await self._viewer.link.stop()
        self._viewer.leave("quit")

    def _start_new(self, config: Config, stop: bool) -> None:
        self._viewer.spawn(partial(self._new_run, config, stop))

    async def _new_run(self, config: Config, stop: bool) -> None:
        """Makes and starts a run and shows it in this one's place."""
        host, viewer, old = self._host, self._viewer, self._viewer.link
        try:
            folder = create_run(config, viewer.state.view, old.folder.path.parent)
            start_trainer(folder)
        except GroktermError as error:
            host.say(str(error), "error")
            return
        if stop:
            host.say(f"{old.folder.id} stops after a checkpoint; now {folder.id}")
            viewer.spawn(old.stop)
        else:
            host.say(f"{old.folder.id} trains on; now {folder.id}")
        viewer.move_to(folder)
