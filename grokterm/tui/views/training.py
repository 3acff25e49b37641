"""Views of the training, drawn from the log alone: curves, progress measures, phases, and how generalizing emerges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from textual.strip import Strip

from grokterm.config.losses import LOSSES, loss_unit
from grokterm.milestones import GROKKED, MEMORIZED
from grokterm.number_format import percent
from grokterm.runs.columns import Floats
from grokterm.runs.emergence import acceleration, delay, fastest, rate_of_change
from grokterm.runs.history import History
from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.curves import LEAST_WIDTH, Shade
from grokterm.tui.drawing.marks import Mark
from grokterm.tui.drawing.message import draw_message
from grokterm.tui.drawing.phase_band import Phase, draw_phases
from grokterm.tui.drawing.plot_area import GUTTER, NAMES, Axes
from grokterm.tui.drawing.scales import step_scale
from grokterm.tui.panes.curves import marks_of
from grokterm.tui.run.moment import phase_starts
from grokterm.tui.run.state import RunState
from grokterm.tui.text.circuit_phases import CIRCUIT_PHASES
from grokterm.tui.views.panels import PANEL_FROM, Line, Panel, draw_panels, progress_line, scalars_line
from grokterm.tui.views.view import ViewPane

_PHASES: Final = {"memorizing": "Memorizing", "generalizing": "Generalizing", "grokked": "Grokked"}
_CIRCUIT: Final = {name: (long, color) for name, long, _, color in CIRCUIT_PHASES}


class TrainingViewPane(ViewPane):
    """A view that draws panels of the log below each other, all over the same steps."""

    pictured = False

    def panels(self, state: RunState) -> Sequence[Panel]:
        """What is drawn, the most telling first where there is little room."""
        raise NotImplementedError

    def missing(self, state: RunState) -> str:
        """Why there is nothing to draw; empty where there is."""
        return "" if len(state.history) else "waiting for the first steps"

    def draw(self, state: RunState, width: int, height: int) -> Sequence[Strip]:
        """As many panels as there is room for."""
        if words := self.missing(state):
            return draw_message(words, width, height, state.palette)
        return draw_panels(self.panels(state), state, width, height)


class CurvesView(TrainingViewPane):
    """Accuracy and loss of the training and the test pairs."""

    name = "training"
    summary = "accuracy and loss of training and test pairs"

    def panels(self, state: RunState) -> Sequence[Panel]:
        """Accuracy over loss."""
        marks = marks_of(state.history)
        accuracy = [scalars_line(state, f"{name} accuracy", name, f"{name}_accuracy") for name in ("train", "test")]
        loss = [scalars_line(state, f"{name} loss", name, f"{name}_loss") for name in ("train", "test")]
        return (
            Panel("accuracy", accuracy, Axes(state.log_x, percent=True), marks, live=_bare_percent),
            Panel(f"loss, {loss_unit(state.history.config.loss)}", loss, Axes(state.log_x, state.log_y), marks),
        )


class ProgressView(TrainingViewPane):
    """The progress measures of Nanda et al. 2023 on one step axis."""

    name = "progress"
    summary = "restricted and excluded loss, consensus, Gini, Σθ²"

    def missing(self, state: RunState) -> str:
        """Also where nothing was measured, or nothing is defined; a parity has a measure of its own."""
        config = state.history.config
        return super().missing(state) or ("" if config.of_points else _unmeasured(state.history))

    def panels(self, state: RunState) -> Sequence[Panel]:
        """Losses, shares and weights; of a parity, how far the first layer has come from its start."""
        history, marks = state.history, _milestones(state.history)
        if history.config.of_points:
            return _hidden_progress(state, marks)
        steps, _ = history.progress("consensus_loss")
        test = Line("test loss", "test", "test", steps, _at(history, steps, "test_loss"))
        losses = [
            test,
            progress_line(state, "excluded loss (train pairs)", "excl", "error", "excluded_loss"),
            progress_line(state, "restricted loss (all pairs)", "restr", "accent", "restricted_loss"),
            progress_line(state, "consensus loss (held-out pairs)", "cons", "mark", "consensus_loss"),
        ]
        without = "" if np.isfinite(losses[2].values).any() else ", no key frequencies yet"
        if history.config.loss != "cross-entropy":  # the measures are
            losses.remove(test)
        losses = [line for line in losses if line is test or _is_known(line)]
        shares = [
            Line("variance explained", "var", "muted", history.column("step"), _between(history, "variance_share")),
            scalars_line(state, "Gini of the embedding", "emb", "embedding_gini", "train"),
            scalars_line(state, "Gini of the read-out", "out", "read_out_gini", "grokked"),
        ]
        shares = [line for line in shares if _is_known(line)] or shares[-1:]
        weights = [scalars_line(state, "sum of squared weights", "weight", "sum_squared_weights", "text")]
        return (
            Panel(f"losses, nats a pair{without}", losses, Axes(state.log_x, state.log_y), marks),
            Panel("a few frequencies", shares, Axes(state.log_x), marks),
            Panel("weights", weights, Axes(state.log_x), marks),
        )


class PhasesView(TrainingViewPane):
    """The boundaries of both kinds of phases over all curves."""

    name = "phases"
    summary = "the boundaries of the phases over all curves"

    def panels(self, state: RunState) -> Sequence[Panel]:
        """All curves, each as a share of its largest value."""
        history = state.history
        steps = history.column("step")
        lines = [
            scalars_line(state, "sum of squared weights", "weight", "sum_squared_weights", "text", _of_largest),
            *(
                Line(words, name, color, steps, _of_largest(values))
                for words, name, color, values in (
                    ("excluded loss", "excl", "error", _between(history, "excluded_loss")),
                    ("Gini of the read-out", "gini", "grokked", history.column("read_out_gini")),
                    ("restricted loss", "restr", "accent", _between(history, "restricted_loss")),
                    ("consensus loss", "cons", "mark", _between(history, "consensus_loss")),
                    ("weight change, L1", "change", "mark", history.column("weight_change_l1")),
                )
                if np.isfinite(values).any()
            ),
            scalars_line(state, "train accuracy", "train", "train_accuracy"),
            scalars_line(state, "test accuracy", "test", "test_accuracy"),
        ]
        boundaries = [Mark(phase.step, "", "milestone") for phase in (*_phases(history), *_circuit_phases(history))]
        shown = [mark for mark in boundaries if mark.step > 0]
        return (
            Panel("shares of the largest value", lines, Axes(state.log_x, percent=True), shown, live=_bare_percent),
        )

    def draw(self, state: RunState, width: int, height: int) -> Sequence[Strip]:
        """The phases in lines of their own above the curves."""
        if self.missing(state) or height < PANEL_FROM + 2 or width < LEAST_WIDTH:
            return super().draw(state, width, height)
        history, graph, palette = state.history, state.view.graph, state.palette
        steps = history.column("step")
        x = step_scale(float(steps.max()), float(steps[steps > 0].min(initial=np.inf)), state.log_x)
        right = NAMES if width - GUTTER - NAMES >= LEAST_WIDTH // 2 else 0
        kinds = [_phases(history)]
        if history.basis not in ("", "none"):
            kinds.append(_circuit_phases(history))
        cells = Cells(width, len(kinds))
        for y, phases in enumerate(kinds):
            draw_phases(cells, y, GUTTER, width - GUTTER - right, x, float(steps.max()), phases, graph, palette)
        return [*cells.strips(), *super().draw(state, width, height - len(kinds))]


class EmergenceView(TrainingViewPane):
    """How fast test accuracy changes, and the gap to train accuracy between memorization and grokking."""

    name = "emergence"
    summary = "how fast test accuracy rises; generalization gap"

    def panels(self, state: RunState) -> Sequence[Panel]:
        """The gap below the rate of change."""
        history = state.history
        steps, test = history.column("step"), history.column("test_accuracy")
        at, rates = rate_of_change(steps, test)
        peak, bend = fastest(history), acceleration(history)
        marks = [Mark(peak.step, "fastest", "milestone")] if peak else []
        title = f"fastest at {peak.step:,}" if peak else "no rise yet"
        if peak is not None and bend is not None:
            marks.append(Mark(bend.step, "bends", "milestone"))
            title += f", bends most at {bend.step:,}"
        title += f" (averaged over {peak.window:,} steps)" if peak else ""
        rate = Line("test accuracy, % per 100 steps", "rate", "test", np.r_[steps[:1], at], np.r_[np.nan, rates * 1e4])
        accuracies = [scalars_line(state, f"{name} accuracy", name, f"{name}_accuracy") for name in ("train", "test")]
        return (
            Panel(_delay(history), accuracies, Axes(state.log_x, percent=True), _milestones(history), _gap(history),
                  _bare_percent),
            Panel(title, [rate], Axes(state.log_x), marks),
        )  # fmt: skip


def _is_known(line: Line) -> bool:
    """Whether there is anything of a curve to draw."""
    return bool(np.isfinite(line.values).any())


def _at(history: History, steps: Floats, column: str) -> Floats:
    """A number of the log at some of its steps, or at the last record before."""
    found = np.searchsorted(history.column("step"), steps, side="right") - 1
    return np.asarray(history.column(column)[np.maximum(found, 0)])


def _between(history: History, measure: str) -> Floats:
    """A progress measure at every step of the log, on straight lines between the steps where it was taken."""
    logged, (steps, values) = history.column("step"), history.progress(measure)
    if not len(steps):
        return np.full(len(logged), np.nan)
    found = np.interp(logged, steps, values, left=np.nan, right=np.nan)
    at = np.searchsorted(logged, steps).clip(max=len(logged) - 1)
    exact = logged[at] == steps  # next to a value that is not there, a line has no height even at its end
    found[at[exact]] = values[exact]
    return found


def _of_largest(values: Floats) -> Floats:
    """Values as shares of the largest."""
    largest = np.nanmax(values, initial=-np.inf)
    return values / largest if np.isfinite(largest) and largest > 0 else values


def _phases(history: History) -> list[Phase]:
    """The phases by accuracy, from the start of the run."""
    return [Phase(step, _PHASES.get(name, name.capitalize()), name) for step, name in phase_starts(history)]


def _circuit_phases(history: History) -> list[Phase]:
    """The phases by the progress measures, from the start of the run."""
    begun = [(event.step, event.name) for event in history.events if event.name in _CIRCUIT]
    rebuilt = [(change.step, "memorization") for change in history.changes if change.rebuilt]
    starts = sorted([(0, "memorization"), *begun, *rebuilt], key=lambda start: start[0])
    return [Phase(step, *_CIRCUIT[name]) for step, name in starts]


def _milestones(history: History) -> list[Mark]:
    """The marks of milestones and of what changes training."""
    return [mark for mark in marks_of(history) if mark.step > 0]


def _unmeasured(history: History) -> str:
    """Why there are no progress measures; empty where there are."""
    if not history.config.of_pairs:
        return f"no progress measures: they need the table of two inputs, and {history.config.task_words} has none"
    if history.basis == "none":
        return "no progress measures: this operation has no invertible basis"
    if not LOSSES[history.config.loss].of_probabilities:
        title = LOSSES[history.config.loss].title
        return f"no progress measures: they are cross-entropies, and {title} does not make logits for one"
    if history.basis:
        return ""
    off = history.config.measure_every == 0
    return "measures are off: c, then measure every 100 steps" if off else "waiting for the first measures"


def _hidden_progress(state: RunState, marks: Sequence[Mark]) -> tuple[Panel, ...]:
    """The way of the first layer's weights over the accuracies (Barak et al. 2022, arXiv:2207.08799)."""
    way = scalars_line(state, "weight change, L1 of the first layer", "change", "weight_change_l1", "mark")
    accuracy = [scalars_line(state, f"{name} accuracy", name, f"{name}_accuracy") for name in ("train", "test")]
    weights = [scalars_line(state, "sum of squared weights", "weight", "sum_squared_weights", "text")]
    return (
        Panel("hidden progress; restricted loss needs a table", [way], Axes(state.log_x), marks),
        Panel("accuracy", accuracy, Axes(state.log_x, percent=True), marks, live=_bare_percent),
        Panel("weights", weights, Axes(state.log_x), marks),
    )


def _gap(history: History) -> Shade | None:
    """What is shaded: from memorization to grokking, or to now."""
    memorized, grokked = (history.milestones[milestone.step_name] for milestone in (MEMORIZED, GROKKED))
    last = history.last.step if history.last else 0
    return None if memorized is None else Shade(0, 1, memorized, last if grokked is None else grokked, "memorizing")


def _delay(history: History) -> str:
    """How long grokking takes after memorization, in words."""
    memorized, steps = history.milestones[MEMORIZED.step_name], delay(history)
    if memorized is None:
        return f"not memorized yet ({MEMORIZED.condition})"
    if steps is None:
        return f"memorized at {memorized:,}, not grokked yet ({GROKKED.condition})"
    return f"grokked ({GROKKED.condition}) {steps:,} steps after memorization"


def _bare_percent(value: float) -> str:
    """A share as 34.2."""
    return percent(value).removesuffix(" %") if np.isfinite(value) else "?"


VIEWS: Final = (CurvesView, ProgressView, PhasesView, EmergenceView)
