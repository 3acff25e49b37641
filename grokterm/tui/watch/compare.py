"""What keys do with other runs: comparing them with the present one, and going to its branches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from grokterm.errors import GroktermError
from grokterm.runs.folder import RunFolder, list_runs
from grokterm.runs.process import start_trainer, trainer_alive
from grokterm.tui.watch.host import Host

if TYPE_CHECKING:
    from grokterm.runs.summary import RunSummary

Found = TypeVar("Found")


class CompareControl:
    """The actions that concern other runs."""

    def __init__(self, host: Host) -> None:
        self._host, self._viewer = host, host.viewer
        self._listing = False
        """Whether a list of runs is on its way."""

    def compare(self) -> None:
        """Opens the chooser of runs to compare."""
        if not self._listing:
            self._listing = True
            self._viewer.spawn(self._choose_runs)

    def branches(self) -> None:
        """Opens the tree of this run's branches."""
        if not self._listing:
            self._listing = True
            self._viewer.spawn(self._choose_branch)

    async def _choose_runs(self) -> None:
        from grokterm.tui.dialogs.run_choice import RunChoice

        present = self._viewer.link.folder
        found = await self._listed(
            lambda: _newest_first(present), "this is the only run: there is none to compare it with"
        )
        if found:
            self._host.open_dialog(RunChoice(found, present), self._compare)

    async def _choose_branch(self) -> None:
        from grokterm.runs.family import family, tree
        from grokterm.runs.summary import summarize
        from grokterm.tui.dialogs.branches import BranchDialog

        present, graph = self._viewer.link.folder, self._viewer.state.view.graph
        found = await self._listed(
            lambda: [(row, summarize(row.folder)) for row in tree(family(present))],
            "this run has no branches: f forks it",
        )
        if found:
            self._host.open_dialog(BranchDialog(found, present, graph), self._go_to_branch)

    async def _listed(self, read: Callable[[], list[Found]], only_one: str) -> list[Found]:
        """What `read` finds in files; nothing, with a remark, where there is one alone, or another screen by now."""
        try:
            found = await asyncio.to_thread(read)
        except GroktermError as error:
            self._host.say(str(error), "error")
            return []
        finally:
            self._listing = False
        if len(found) < 2:
            self._host.say(only_one, "warning")
            return []
        return found if self._host.is_current else []

    def _compare(self, chosen: list[RunFolder] | None) -> None:
        """Shows the runs that were chosen on the same axes."""
        from grokterm.runs.compared import compare

        if not chosen:
            return
        try:
            self._viewer.show_comparison(compare(chosen))
        except GroktermError as error:
            self._host.say(str(error), "error")

    def _go_to_branch(self, branch: RunFolder | None) -> None:
        if branch is not None and branch.path != self._viewer.link.folder.path:
            self._viewer.spawn(partial(self._move_to_branch, branch))

    async def _move_to_branch(self, branch: RunFolder) -> None:
        """Shows another branch in this run's place; a trainer that it lacks is started, paused."""
        host, viewer, old = self._host, self._viewer, self._viewer.link
        try:
            branch.config()
            alive = await asyncio.to_thread(trainer_alive, branch)
            if not alive:
                await asyncio.to_thread(start_trainer, branch, paused=True)
        except GroktermError as error:
            host.say(str(error), "error")
            return
        present = f"; {old.folder.id} trains on" if old.state == "training" else ""
        viewer.move_to(branch)
        host.say(f"now {branch.id}{present}", "accent")


def _newest_first(present: RunFolder) -> list[tuple[RunFolder, RunSummary]]:
    """The runs beside the present one, and that."""
    from grokterm.runs.summary import summarize

    beside = list_runs(present.path.parent)
    folders = beside if any(run.path == present.path for run in beside) else [*beside, present]
    return [(folder, summarize(folder)) for folder in reversed(folders)]
