"""What keys do in surgery: a ghost of the model without some of its parts, and making that so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work

from grokterm.errors import GroktermError
from grokterm.surgery import Ablation
from grokterm.tui.screens.viewing import Viewing
from grokterm.tui.views.catalogue import number_of
from grokterm.user_name import user_name
from grokterm.wire.messages import Change

if TYPE_CHECKING:
    from grokterm.tui.views.ablation import AblationView


class Operating(Viewing):
    """The actions of the watch screen that concern surgery."""

    def action_ablate(self) -> None:
        """Opens the view of ablation."""
        self._open(number_of("ablation"))

    # Found by their names: Textual does not collect what `on` decorates in a class that is no widget.
    def on_ablation_view_told(self, event: AblationView.Told) -> None:
        """Says what the view has to say."""
        self.say(event.words, "warning")

    def on_ablation_view_make_it_so(self, event: AblationView.MakeItSo) -> None:
        """Makes the ghost so."""
        self._operate(event.ablation)

    @work
    async def _operate(self, ablation: Ablation) -> None:
        """Takes parts out of the model that trains."""
        try:
            answer = await self.link.order(Change(0, {}, by=user_name(), ablation=ablation))
            self.say(f"{answer.words}; a fork from an earlier step has them still", "accent")
        except GroktermError as error:
            self.say(str(error), "error")
        self.link.read_log()
        self.show()
