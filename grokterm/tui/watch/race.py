"""What a key does to have rules race: the dialog, and the start of its runs."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from grokterm.errors import GroktermError
from grokterm.runs.history import config_at
from grokterm.tui.watch.host import Host
from grokterm.user_name import user_name

if TYPE_CHECKING:
    from grokterm.config import Config
    from grokterm.tui.dialogs.race import WantedRace


class RaceControl:
    """The action that starts a race."""

    def __init__(self, host: Host) -> None:
        self._host, self._viewer = host, host.viewer
        self._starting = False

    def race(self) -> None:
        """Opens the dialog of entrants, or says why nothing can race."""
        from grokterm.runs.race import why_no_race
        from grokterm.tui.dialogs.race import RaceDialog

        moment, history = self._viewer.state.moment, self._viewer.link.history
        if not len(history):
            self._host.say("there is nothing to race from yet: no step is logged", "warning")
            return
        if trouble := why_no_race(history, None):
            self._host.say(trouble, "warning")
            return
        step = moment.step if moment else None
        config = config_at(history, moment.step) if moment else history.config

        def take(wanted: WantedRace | None) -> None:
            if wanted is not None and not self._starting:
                self._starting = True
                self._viewer.spawn(partial(self._start, wanted, config, step))

        self._host.open_dialog(RaceDialog(config, history, step), take)

    async def _start(self, wanted: WantedRace, config: Config, step: int | None) -> None:
        """Makes the runs, starts them and compares them."""
        from grokterm.runs.compared import compare
        from grokterm.runs.race import start_race

        host, viewer = self._host, self._viewer
        host.say("making the runs of the race …")
        try:
            folders = await asyncio.to_thread(
                start_race, wanted.race, viewer.link.folder, config, step, viewer.state.view, user_name()
            )
            runs = compare(folders)
        except GroktermError as error:
            host.say(str(error), "error")
            return
        finally:
            self._starting = False
        if host.is_current:
            viewer.show_comparison(runs, wanted.equal_seconds)
        else:
            host.say(f"{len(folders)} runs race: C compares them", "accent")
