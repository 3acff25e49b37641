"""The dialog of a race: who takes part, from where, how far, and at what they are judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Label, OptionList, Static

from grokterm.config import Config, parse
from grokterm.errors import ConfigError
from grokterm.runs.compared import MAX_RUNS
from grokterm.runs.history import History
from grokterm.runs.race import Entrant, Race, entrants_of, why_no_race
from grokterm.tui.dialogs.choice import Choice
from grokterm.tui.dialogs.dialog import Dialog
from grokterm.tui.dialogs.options import WIDTH, FittedOptions, Part, aligned
from grokterm.tui.text import formats

_FIRST: Final = (", 3 × lr", "Grokfast-EMA", "⊥Grad", "Muon")
"""How the titles end of those that are chosen beside the baseline before a person chooses."""
_STEPS: Final = 5000
_FROM_START: Final = "step 0"
_EQUAL: Final = ("steps", "seconds")


@dataclass(frozen=True, slots=True)
class WantedRace:
    """The race that a person wants, and whether it is judged at equal seconds."""

    race: Race
    equal_seconds: bool


class RaceDialog(Dialog[WantedRace]):
    """Chooses up to six entrants, the present rule always among them, for it is what ratios are to."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "apply", show=False, priority=True),
        Binding("space", "mark", show=False),
        Binding("tab", "app.focus_next", show=False),
        Binding("shift+tab", "app.focus_previous", show=False),
        Binding("R,q", "close", show=False),
    ]
    DEFAULT_CSS = f"""
    RaceDialog .box {{ width: {WIDTH}; padding: 0 2; }}
    RaceDialog Options {{ max-height: 1fr; }}
    RaceDialog .row {{ height: 1; }}
    RaceDialog .row Label {{ width: 14; }}
    RaceDialog Choice {{ width: 24; }}
    RaceDialog Input {{ width: 24; height: 1; background: $background; }}
    RaceDialog Input:focus {{ background: $background; }}
    RaceDialog #rows {{ height: auto; margin-top: 1; }}
    RaceDialog #told {{ height: auto; margin-top: 1; }}
    RaceDialog #keys {{ height: auto; }}
    """

    def __init__(self, config: Config, history: History, step: int | None) -> None:
        """`config` is that of the run at `step`, None for now."""
        super().__init__()
        self._config, self._history, self._step = config, history, step
        self._entrants = entrants_of(config, formats.optimizer(config))
        self._marked = [0, *(at for at, entrant in enumerate(self._entrants) if entrant.title.endswith(_FIRST))]

    def compose(self) -> ComposeResult:
        """The entrants, the switches, what would happen, and the keys."""
        options = FittedOptions(self._lines)
        options.highlighted = min(1, len(self._entrants) - 1)
        here = "now" if self._step is None else f"step {self._step:,}"
        places = list(dict.fromkeys((here, _FROM_START)))
        first = _FROM_START if why_no_race(self._history, self._at) else here
        box = VerticalScroll(
            options,
            VerticalScroll(
                _row("from", Choice(places, first, id="from")),
                _row("at equal", Choice(_EQUAL, _EQUAL[0], id="equal")),
                _row("steps each", Input(str(_STEPS), id="steps", compact=True, select_on_focus=True)),
                id="rows",
                can_focus=False,
            ),
            Static(id="told"),
            Static(id="keys", classes="muted"),
            classes="box",
            can_focus=False,
        )
        box.border_title = f"Race: 2 to {MAX_RUNS} runs by different rules"
        yield box

    def begin(self) -> None:
        """Says what would happen."""
        self.query_one(OptionList).focus()
        self.query_one("#keys", Static).update("space chooses · tab goes to the switches · enter starts · esc leaves")
        self._tell()

    def action_mark(self) -> None:
        """Chooses the lit entrant, or no longer; not the baseline."""
        options = self.query_one(FittedOptions)
        at = options.highlighted
        if at is None or self.focused is not options:
            return
        if at == 0:
            self._tell("the present rule always races: ratios are to it")
            return
        if at in self._marked:
            self._marked.remove(at)
        elif len(self._marked) >= MAX_RUNS:
            self._tell(f"{MAX_RUNS} are chosen, and no more fit: space takes one out")
            return
        else:
            self._marked.append(at)
        options.rewrite()
        self._tell()

    def action_apply(self) -> None:
        """Leaves with the race, unless there is none."""
        if not self.is_open:
            return
        if trouble := self._trouble:
            self.app.bell()
            self._tell(trouble)
            return
        chosen = tuple(self._entrants[at] for at in sorted(self._marked))
        self.dismiss(WantedRace(Race(chosen, self._steps, self._from_start), self._equal_seconds))

    @on(Choice.Changed)
    @on(Input.Changed)
    def _changed(self) -> None:
        if self.is_open:
            self._tell()

    @property
    def _from_start(self) -> bool:
        return self.query_one("#from", Choice).value == _FROM_START

    @property
    def _at(self) -> int:
        """The step from which forks begin."""
        last = self._history.last
        return self._step if self._step is not None else last.step if last else 0

    @property
    def _steps(self) -> int:
        """Steps that each takes; raises ConfigError."""
        return int(parse("max_steps", self.query_one("#steps", Input).value))

    @property
    def _trouble(self) -> str:
        """Why there is no race, in a sentence."""
        try:
            _ = self._steps
        except ConfigError as error:
            return str(error)
        if len(self._marked) < 2:
            return "choose one more at least: space chooses the lit one"
        return why_no_race(self._history, None if self._from_start else self._at)

    def _tell(self, trouble: str = "") -> None:
        trouble = trouble or self._trouble
        told = self.query_one("#told", Static)
        told.set_class(bool(trouble), "error")
        told.update(Content(trouble or self._words()))

    def _words(self) -> str:
        """What enter would start."""
        count = len(self._marked)
        what = f"{count} new runs with the same seed" if self._from_start else f"{count} forks"
        judged = "compared at equal seconds" if self._equal_seconds else "compared by steps"
        return f"{what} of {self._steps:,} steps each, at full pace side by side, {judged}; this run stays as it is."

    @property
    def _equal_seconds(self) -> bool:
        return self.query_one("#equal", Choice).value == "seconds"

    def _lines(self) -> list[Content]:
        """A line an entrant: whether it is chosen, its title, and what it changes."""
        heads = [self._head(at) for at in range(len(self._entrants))]
        changes = [_changes(self._config, entrant) for entrant in self._entrants]
        return aligned(heads, [Part(changes, 1)], self.app.size.width)

    def _head(self, at: int) -> Content:
        chosen = at in self._marked
        return Content.styled(f"[{'x' if chosen else ' '}] {self._entrants[at].title}", "bold" if chosen else "")


def _row(name: str, field: Widget) -> Widget:
    return Horizontal(Label(name), field, classes="row")


def _changes(config: Config, entrant: Entrant) -> str:
    """The numbers that an entrant changes; its title says by which rule it goes."""
    present = config.as_dict()
    numbers: Sequence[str] = [
        f"{formats.setting(name)} {formats.spelled(value)}"
        for name, value in entrant.values.items()
        if not isinstance(value, str) and value != present[name]
    ]
    return ", ".join(numbers)
