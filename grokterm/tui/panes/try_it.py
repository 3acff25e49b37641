"""Pane 5: type a and b, see the model's first answers."""

from __future__ import annotations

import re
import time
from collections.abc import Hashable, Sequence
from typing import Final

from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Input

from grokterm.config import Config
from grokterm.tasks.operations import element_name, element_number, rule_of
from grokterm.tui.drawing.answers import answer_words, best_answer, blank, draw_answers
from grokterm.tui.drawing.cells import PLAIN, row
from grokterm.tui.drawing.message import draw_message
from grokterm.tui.panes.pane import Pane
from grokterm.tui.run.state import RunState
from grokterm.wire.messages import Prediction

_FIELD: Final = 13
"""Cells of the field in which a and b are typed."""
_NUMBERS: Final = r"[0-9 +\-*/·,;.²]*"
_NAMES: Final = r"[0-9a-z ()+\-−*/·,;.²³⁰¹⁴-⁹]*"
"""What can be typed where inputs are numbers, and where they are elements of a group."""
_AGAIN: Final = 0.3
"""Seconds after which a question is asked again while the model trains on."""


class TryPane(Pane, can_focus=False):
    """Asks the model about one pair, and goes on asking while it trains."""

    DEFAULT_CSS = f"""
    TryPane Input {{
        width: {_FIELD};
        height: 1;
        border: none;
        margin: 0 0 0 1;
        padding: 0 1;
        background: $surface;
        &:focus {{ border: none; background: $surface; }}
    }}
    """
    number = 5
    title = "Try it"

    class Asked(Message):
        """The pair (a, b) was typed and the model's answers are wanted."""

        def __init__(self, a: int, b: int, at: int | None = None) -> None:
            """`at` is a step of the past; None is now."""
            super().__init__()
            self.a, self.b, self.at = a, b, at

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.asked: tuple[int, int] | None = None
        self.prediction: Prediction | None = None
        self.question: TryPane.Asked | None = None
        """What was asked last."""
        self._wrong = ""
        self._asked_at = 0.0
        self._waiting = False
        self._asked_of: int | None = None
        self._answered_of: int | None = None

    def compose(self) -> ComposeResult:
        """The field."""
        yield Input(restrict=_NUMBERS, max_length=16, compact=True)

    def show(self, state: RunState) -> None:
        """Draws what changed, and asks again when the model has trained on or is that of another step."""
        super().show(state)
        asks, field = state.config.of_pairs, self.query_one(Input)
        field.display, field.disabled = asks, not asks
        if not asks:
            self.asked = self.prediction = None
            return
        last = self._modulus(state) - 1
        name, sign = element_name(state.config.op), "+"
        if rule_of(state.config.op).order:  # elements have names
            field.restrict, field.max_length, sign = _NAMES, 40, "·"
        field.placeholder = f"{name(min(14, last))} {sign} {name(min(83, last))}"
        if self.asked and self._asked_of != _looked_at(state):
            self._ask(self.asked)
        elif self.asked and self._asked_of is None and not self._waiting:
            step = state.status.step if state.status else None
            answered = self.prediction is not None and self._answered_of is None and self.prediction.step == step
            if not answered and time.monotonic() - self._asked_at >= _AGAIN:
                self._ask(self.asked)

    def show_prediction(self, prediction: Prediction, of: int | None = None) -> None:
        """Takes the model's answers, where they are to what was asked last; `of` is the step of the past asked for."""
        if (prediction.a, prediction.b, of) == (*(self.asked or ()), self._asked_of):
            self.prediction, self._answered_of, self._waiting = prediction, of, False
            self.redraw()

    def step_shown(self, state: RunState) -> int | None:
        """The step of the answers, where those or what is looked at are of the past."""
        if self.prediction is None or (self._answered_of is None and state.moment is None):
            return None
        return self.prediction.step

    def watched(self, state: RunState) -> Hashable:
        """The answers and what is wrong with the question."""
        return self.prediction, self._wrong, state.config.task_words

    def live_texts(self, state: RunState) -> Sequence[Content]:
        """The first answer, where there is no row for it."""
        if self.prediction is None or self.content_size.height > 1:
            return []
        parts = best_answer(self.prediction, state.view.graph, state.palette, element_name(state.config.op))
        return [Content.assemble(*((text, state.palette.markup(color)) for text, color in parts))]

    def draw(self, state: RunState, width: int, height: int) -> Sequence[Strip]:
        """Beside the field what is asked for or was found, below it the answers; or why there is no field."""
        if not state.config.of_pairs:
            return draw_message(no_pairs(state.config), width, height, state.palette)
        graph, palette, room = state.view.graph, state.palette, max(width - _FIELD - 3, 0)
        name = element_name(state.config.op)
        if self._wrong:
            words = row([(self._wrong, palette.style("warning"))], room)
        elif self.prediction is not None:
            words = answer_words(self.prediction, room, graph, palette, name)
        else:
            words = row([(self._hint(state, room), palette.style("muted"))], room)
        first = Strip.join([blank(width - room), words])
        answers = draw_answers(self.prediction, width, height - 1, graph, palette, name) if self.prediction else []
        return [first, *answers, *[row([("", PLAIN)], width)] * (height - 1 - len(answers))][:height]

    def on_input_changed(self, event: Input.Changed) -> None:
        """Takes the hint away while a person types."""
        event.stop()
        self._wrong = ""
        self.redraw()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Asks, or says what is allowed."""
        event.stop()
        if self.state is None:
            return
        p = self._modulus(self.state)
        pair = _pair_of(event.value, self.state.config.op)
        if pair is None or max(pair) >= p:
            what = "elements, or" if rule_of(self.state.config.op).order else "numbers from"
            self._wrong = f"two {what} 0 to {p - 1:,}"
            self.redraw()
            return
        self._ask(pair)

    def _ask(self, pair: tuple[int, int]) -> None:
        if pair != self.asked:
            self.prediction = None
        self.asked, self._waiting, self._asked_at = pair, True, time.monotonic()
        self._asked_of = _looked_at(self.state)
        self.redraw()
        self.question = self.Asked(*pair, self._asked_of)
        self.post_message(self.question)

    def _hint(self, state: RunState, room: int) -> str:
        if self._waiting:
            return "asking …"
        last = f"{self._modulus(state) - 1:,}"
        hints = (f"a and b, 0 to {last}, then enter", f"0 to {last}, then enter", f"0 to {last}")
        return next((hint for hint in hints if len(hint) <= room), "")

    def _modulus(self, state: RunState) -> int:
        return state.history.config.p


def no_pairs(config: Config) -> str:
    """Why nothing can be asked where the task is not of pairs."""
    return f"asks about two inputs, and {config.task_words} has {config.shape.inputs}"


def _pair_of(text: str, op: str) -> tuple[int, int] | None:
    """Two numbers with a sign or a blank between them, or two elements of a group; None where it is neither."""
    numbers = re.fullmatch(r"\s*(\d{1,9})\s*[^\d\s]?\s*(?<!\d)(\d{1,9})\s*", text)
    parts = list(numbers.groups()) if numbers else re.split(r"\s*[*·;]\s*", text.strip())
    found = [element_number(op, part) for part in parts]
    if len(found) != 2 or found[0] is None or found[1] is None:
        return None
    return found[0], found[1]


def _looked_at(state: RunState | None) -> int | None:
    """The step of the past that is looked at; None where that is the present."""
    return state.moment.step if state and state.moment else None
