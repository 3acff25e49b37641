"""Changes that were asked for: shown at once, sent one after the other, gathered while one is under way."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping

from grokterm.config import Config, Value, settings
from grokterm.errors import ConfigError, TrainerError
from grokterm.tui.run.trainer_link import TrainerLink
from grokterm.user_name import user_name
from grokterm.wire.messages import Change


class PendingChanges:
    """What the person wants the run's settings to be, ahead of what the trainer has confirmed."""

    def __init__(
        self,
        link: TrainerLink,
        spawn: Callable[[Callable[[], Coroutine[None, None, None]]], object],
        settled: Callable[[str, bool], None],
    ) -> None:
        """`spawn` runs the sending; `settled` hears the words of every answer, and whether the change was made."""
        self._link = link
        self._spawn = spawn
        self._settled = settled
        self._next: dict[str, Value] = {}
        self._keep: bool | None = None
        """Whether those that wait and rebuild the model keep weights; None while none of them rebuilds it."""
        self._under_way: dict[str, Value] = {}
        self._sending = False

    @property
    def values(self) -> dict[str, Value]:
        """Settings that were asked for and are not yet confirmed."""
        return self._under_way | self._next

    @property
    def config(self) -> Config:
        """The run's configuration as it will be; raises nothing: what cannot be is left out."""
        present = self._link.history.config
        try:
            return present.changed(self.values)
        except ConfigError:
            return present

    def want(self, values: Mapping[str, Value], keep: bool = False) -> None:
        """Asks for settings, together with others that still wait; raises ConfigError for what no run can have."""
        self._link.history.config.changed(self.values | dict(values))
        if self._rebuilds(values):
            self._keep = keep and self._keep is not False  # one rebuild that drops the weights drops them for all
        self._next |= values
        if not self._sending:
            self._sending = True
            self._spawn(self._send)

    def _rebuilds(self, values: Mapping[str, Value]) -> bool:
        present = self.config.as_dict()
        return any(settings()[name].acts == "rebuilds the model" and present[name] != values[name] for name in values)

    async def _send(self) -> None:
        while self._next:
            self._under_way, self._next = self._next, {}
            keep, self._keep = bool(self._keep), None
            try:
                answer = await self._link.order(Change(0, self._under_way, keep, user_name()))
                words, made = answer.words, True
            except TrainerError as error:
                words, made = str(error), False
            self._link.read_log()
            self._under_way = {}
            self._settled(words, made)
        self._sending = False
