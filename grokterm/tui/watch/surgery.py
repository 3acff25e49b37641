"""What keys do in surgery: a ghost of the model without some of its parts, and making that so."""

from __future__ import annotations

from functools import partial

from grokterm.errors import GroktermError
from grokterm.surgery import Ablation
from grokterm.tui.views.catalogue import number_of
from grokterm.tui.watch.host import Host
from grokterm.tui.watch.view_control import ViewControl
from grokterm.user_name import user_name
from grokterm.wire.messages import Change


class Surgery:
    """The actions that concern surgery."""

    def __init__(self, host: Host, views: ViewControl) -> None:
        self._host, self._viewer = host, host.viewer
        self._views = views

    def ablate(self) -> None:
        """Opens the view of ablation."""
        self._views.open(number_of("ablation"))

    def operate(self, ablation: Ablation) -> None:
        """Takes parts out of the model that trains."""
        self._viewer.spawn(partial(self._operate, ablation))

    async def _operate(self, ablation: Ablation) -> None:
        host, link = self._host, self._viewer.link
        try:
            answer = await link.order(Change(0, {}, by=user_name(), ablation=ablation))
            host.say(f"{answer.words}; a fork from an earlier step has them still", "accent")
        except GroktermError as error:
            host.say(str(error), "error")
        self._viewer.link.read_log()
        host.show()
