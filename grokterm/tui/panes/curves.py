"""Panes 1 and 2: accuracy and loss over steps."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar, Final

import numpy as np
from textual.content import Content
from textual.strip import Strip

from grokterm.config import settings, short_label
from grokterm.config.losses import LOSSES, loss_unit
from grokterm.number_format import percent
from grokterm.published import Window, windows_of
from grokterm.runs.history import History
from grokterm.tui.drawing.curves import Curve, draw_curves
from grokterm.tui.drawing.interval import Interval
from grokterm.tui.drawing.marks import Mark
from grokterm.tui.drawing.message import draw_message
from grokterm.tui.drawing.plot_area import Axes
from grokterm.tui.drawing.slider import draw_slider
from grokterm.tui.drawing.sparkline import draw_sparklines
from grokterm.tui.panes.pane import Pane
from grokterm.tui.run.forecasts import forecast_shown
from grokterm.tui.run.moment import phase_starts
from grokterm.tui.run.state import RunState
from grokterm.tui.text.formats import spelled
from grokterm.wire.records import Change, EventName

_CURVES_FROM: Final = (16, 5)
"""Width and height from which there are curves; below, sparklines."""
_SLIDER_FROM: Final = (30, 9)
"""Width and height from which a slider stands under the curves while the past is looked at."""
_MILESTONES: Final[dict[EventName, str]] = {
    "memorized": "memorized",
    "generalizing": "generalizing",
    "grokked": "grokked",
    "collapsed": "collapsed",
    "not_finite": "not finite",
    "softmax_collapse": "softmax collapse",
    "slingshot": "slingshots",
    "runaway_norm": "runaway norm",
}
_AHEAD: Final = 2.0
"""Times the newest step up to which the step axis reaches ahead."""
_TOGETHER: Final = 50
"""Changes of one setting within this share of the run are one mark."""


class CurvesPane(Pane):
    """Curves of two columns of the history, train and test."""

    columns: ClassVar[tuple[str, str]]

    def axes(self, state: RunState) -> Axes:
        """How the axes run."""
        raise NotImplementedError

    def live_value(self, value: float) -> str:
        """A live value as it stands at the end of its curve."""
        raise NotImplementedError

    def expected(self, state: RunState) -> Sequence[Interval]:
        """Intervals of steps in which something is expected of these curves."""
        return ()

    def watched(self, state: RunState) -> Hashable:
        """The log, the axes, and where the cursor stands."""
        return state.history.version, self.axes(state), state.moment and state.moment.step

    def live_texts(self, state: RunState) -> Sequence[Content]:
        """The axes that are logarithmic."""
        axes = self.axes(state)
        words = [f"log {name}" for name, on in (("x", axes.log_x), ("y", axes.log_y)) if on]
        return [Content.styled(" · ".join([*self.unit(state), *words]), "$muted")]

    def unit(self, state: RunState) -> list[str]:
        """What is measured in which unit, where that is not the usual one."""
        return []

    def draw(self, state: RunState, width: int, height: int) -> Sequence[Strip]:
        """Curves, or sparklines where there is no room."""
        history, graph, palette, axes = state.history, state.view.graph, state.palette, self.axes(state)
        if not len(history):
            return draw_message("waiting for the first steps", width, height, palette)
        steps = history.column("step")
        values = np.stack([history.column(name) for name in self.columns])
        curves = [
            Curve(name, self.live_value(float(row[-1])), name)
            for name, row in zip(("train", "test"), values, strict=True)
        ]
        if width < _CURVES_FROM[0] or height < _CURVES_FROM[1]:
            return draw_sparklines(steps, values, curves, axes, width, height, graph, palette)
        marks, moment = marks_of(history), state.moment
        slides = moment is not None and width >= _SLIDER_FROM[0] and height >= _SLIDER_FROM[1]
        strips = draw_curves(
            steps, values, curves, marks, axes, width, height - slides, graph, palette, moment.step if moment else None,
            expected=self.expected(state),
        )  # fmt: skip
        if moment is None:
            return strips
        under = draw_slider(steps, phase_starts(history), moment.step, axes, width, graph, palette)
        return [*strips, under] if slides else strips


class AccuracyPane(CurvesPane):
    """Accuracy on train and test pairs, 0 to 100 %."""

    number = 1
    title = "Accuracy"
    columns = ("train_accuracy", "test_accuracy")

    def axes(self, state: RunState) -> Axes:
        """Fixed from 0 to 100 %."""
        return Axes(log_x=state.log_x, percent=True, until=_until(state))

    def expected(self, state: RunState) -> Sequence[Interval]:
        """Where it is expected to grok, and where a paper says that it does."""
        published = [_published(window) for window in windows_of(state.history.first_config)]
        published = [] if _left_set_up(state.history) else published
        forecast = forecast_shown(state.history, state.moment)
        if forecast is None or not forecast.groks:
            return published
        return [Interval(forecast.low, forecast.median, forecast.high, forecast.sign, forecast.interval), *published]

    def live_value(self, value: float) -> str:
        """A share as 34.2."""
        return percent(value).removesuffix(" %") if np.isfinite(value) else "?"


class LossPane(CurvesPane):
    """Mean loss on train and test pairs: cross-entropy in nats, or what is trained on."""

    number = 2
    title = "Loss"
    columns = ("train_loss", "test_loss")

    def unit(self, state: RunState) -> list[str]:
        """The loss, and its unit, where it is not cross-entropy, and a temperature that is not 1."""
        config = state.history.config
        named = [f"{LOSSES[config.loss].title}, {loss_unit(config.loss)}"] if config.loss != "cross-entropy" else []
        return [*named, f"temperature {config.temperature:g}"] if config.temperature != 1 else named

    def axes(self, state: RunState) -> Axes:
        """Logarithmic where asked for."""
        return Axes(log_x=state.log_x, log_y=state.log_y, until=_until(state))

    def live_value(self, value: float) -> str:
        """A loss in at most six characters."""
        return short_loss(value)


def _published(window: Window) -> Interval:
    name = "published" if window.milestone.pairs == "test" else "published memorized"
    words = f"{name}: {window.step:,}"
    return Interval(window.low, window.step, window.high, words, f"{name}: up to {window.high:,.0f}")


def _left_set_up(history: History) -> bool:
    """Whether something was changed that a paper's set-up has."""
    return any(_importance(change) == "mark" for change in history.changes)


def _until(state: RunState) -> float:
    """The end of the interval in which it is expected to grok, where that is not far beyond what is drawn."""
    forecast, last = forecast_shown(state.history, state.moment), state.history.last
    near = forecast is not None and forecast.groks and last and forecast.high <= _AHEAD * last.step
    return forecast.high if forecast is not None and near else 0.0


def short_loss(value: float | None) -> str:
    """A loss in at most six characters; `?` where it is no number."""
    if value is None or not np.isfinite(value):
        return "?"
    if value and abs(value) < 0.001:
        digits, _, exponent = f"{value:.1e}".partition("e")
        return f"{digits}e{int(exponent)}"
    return f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}" if abs(value) < 1000 else f"{value:.1e}"


def marks_of(history: History) -> list[Mark]:
    """A mark for each change and milestone; quick changes of one setting after another are one mark."""
    last = history.last.step if history.last else 0
    groups: list[list[Change]] = []
    for change in history.changes:
        before = groups[-1][-1] if groups else None
        near = before is not None and change.step - before.step <= last // _TOGETHER
        if before is not None and near and set(before.values) == set(change.values):
            groups[-1].append(change)
        else:
            groups.append([change])
    marks = [Mark(group[0].step, _change_words(group), _importance(group[0])) for group in groups]
    events = [event for event in history.events if event.name in _MILESTONES]
    return marks + [Mark(event.step, _MILESTONES[event.name], "milestone") for event in events]


def _change_words(group: Sequence[Change]) -> str:
    """What changed in few words: `wd 1 → 2`."""
    old, new = group[0].old, group[-1].values
    parts = []
    for name, value in new.items():
        setting = "" if name == "arch" else short_label(name) + " "
        before = f"{spelled(old[name])} → " if name in old else ""
        back = name in old and old[name] == value
        parts.append(f"{setting}back to {spelled(value)}" if back else f"{setting}{before}{spelled(value)}")
    parts += ["taken out"] if group[0].ablation else []
    parts += ["rewound"] if group[0].rewind else []
    return ", ".join(parts)


def _importance(change: Change) -> str:
    """Changes of pace and goal are no more than milestones: they do not touch what is learned."""
    known = settings()
    same = change.ablation is None and change.rewind is None
    told = same and all(known[name].group == "Run" for name in change.values if name in known)
    return "milestone" if told else "mark"
