"""The form of a fork: what it changes, and what becomes of its parent."""

from __future__ import annotations

from typing import ClassVar

from grokterm.config import Config, settings
from grokterm.tui.dialogs.change import ChangeDialog


class ForkDialog(ChangeDialog):
    """Asks what a fork changes; it may change nothing."""

    parent_offers: ClassVar[tuple[str, str]] = ("is paused", "trains on")

    def __init__(self, config: Config, step: int | None, trains: bool) -> None:
        """`config` is that of the parent at `step`, None for now; `trains` is whether the parent does."""
        super().__init__(config)
        self.heading = "Fork here: a new run from " + ("now" if step is None else f"step {step:,}")
        self.keys = "enter forks · esc leaves all as it is"
        self._trains = trains

    def begin(self) -> None:
        """Asks about the parent where that trains."""
        super().begin()
        self.query_one("#this-run-row").set_class(self._trains, "offered")

    def offers(self, name: str) -> bool:
        """What a fork may change: what needs no new run."""
        return settings()[name].acts != "starts a new run"

    def told(self) -> str:
        """What the fork changes."""
        if not self._draft.values:
            return "Enter makes a fork that goes on as its parent did: nothing is changed yet."
        told = super().told().replace("Enter rebuilds the model.", "The fork has a rebuilt model.")
        return told.replace("Acts from the next step on.", "Acts in the fork from its first step on.")

    def _offer_options(self) -> None:
        self.query_one("#keep-row").set_class(self._draft.rebuilds, "offered")
