"""What keys do with other runs: comparing them with the present one, and going to its branches."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import work

from grokterm.errors import GroktermError
from grokterm.runs.folder import RunFolder, list_runs
from grokterm.runs.process import start_trainer, trainer_alive
from grokterm.tui.screens.traveling import Traveling

if TYPE_CHECKING:
    from grokterm.runs.summary import RunSummary


class Comparing(Traveling):
    """The actions of the watch screen that concern other runs."""

    _listing = False
    """Whether a list of runs is on its way."""

    def action_compare(self) -> None:
        """Opens the chooser of runs to compare."""
        if not self._listing:
            self._listing = True
            self._choose_runs()

    def action_branches(self) -> None:
        """Opens the tree of this run's branches."""
        if not self._listing:
            self._listing = True
            self._choose_branch()

    @work
    async def _choose_runs(self) -> None:
        from grokterm.tui.screens.run_choice import RunChoice

        present = self.link.folder
        try:
            found = await asyncio.to_thread(_newest_first, present)
        except GroktermError as error:
            self.say(str(error), "error")
            return
        finally:
            self._listing = False
        if len(found) < 2:
            self.say("this is the only run: there is none to compare it with", "warning")
        elif self.is_current:
            self.app.push_screen(RunChoice(found, present), self._compare)

    @work
    async def _choose_branch(self) -> None:
        from grokterm.runs.family import family, tree
        from grokterm.runs.summary import summarize
        from grokterm.tui.screens.branches import BranchDialog

        present = self.link.folder
        try:
            leaves = await asyncio.to_thread(lambda: tree(family(present)))
            found = await asyncio.to_thread(lambda: [(leaf, summarize(leaf.folder)) for leaf in leaves])
        except GroktermError as error:
            self.say(str(error), "error")
            return
        finally:
            self._listing = False
        if len(found) < 2:
            self.say("this run has no branches: f forks it", "warning")
        elif self.is_current:
            self.app.push_screen(BranchDialog(found, present, self.world.view.graph), self._go_to_branch)

    def _compare(self, chosen: list[RunFolder] | None) -> None:
        """Shows the runs that were chosen on the same axes."""
        from grokterm.runs.compared import compare

        if not chosen:
            return
        try:
            self.viewer.show_comparison(compare(chosen))
        except GroktermError as error:
            self.say(str(error), "error")

    def _go_to_branch(self, branch: RunFolder | None) -> None:
        if branch is not None and branch.path != self.link.folder.path:
            self._move_to_branch(branch)

    @work
    async def _move_to_branch(self, branch: RunFolder) -> None:
        """Shows another branch in this run's place; a trainer that it lacks is started, paused."""
        old = self.link
        try:
            branch.config()
            alive = await asyncio.to_thread(trainer_alive, branch)
            if not alive:
                await asyncio.to_thread(start_trainer, branch, paused=True)
        except GroktermError as error:
            self.say(str(error), "error")
            return
        told = f"; {old.folder.id} trains on" if old.state == "training" else ""
        self.viewer.move_to(branch)
        self.say(f"now {branch.id}{told}", "accent")


def _newest_first(present: RunFolder) -> list[tuple[RunFolder, RunSummary]]:
    """The runs beside the present one, and that."""
    from grokterm.runs.summary import summarize

    beside = list_runs(present.path.parent)
    folders = beside if any(run.path == present.path for run in beside) else [*beside, present]
    return [(folder, summarize(folder)) for folder in reversed(folders)]
