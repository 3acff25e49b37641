"""Figures of the views that are drawn from the log alone, and a chart of every other measure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from grokterm.config.losses import loss_unit
from grokterm.drawn.parts import Band, Chart, Group, Heat, Legend, Line, Look, Mark, Part, Range, Side, Words
from grokterm.milestones import GROKKED, MEMORIZED, MILESTONES
from grokterm.runs.columns import Floats
from grokterm.runs.emergence import acceleration, fastest, rate_of_change
from grokterm.runs.history import CIRCUIT_PHASES, COLUMNS, PROGRESS, STRUCTURE, History
from grokterm.runs.measured import measured
from grokterm.tui.run.moment import phase_starts

PERCENT: Final = Look(percent=True)
LOG: Final = Look(log_y=True)
WIDE: Final = 2.8
"""Width over height of a map as wide as the page."""
_COLORS: Final = ("run_a", "run_b", "run_c", "run_d", "run_e", "run_f")
_IN_VIEWS: Final = frozenset(
    (
        *("step", "train_accuracy", "test_accuracy", "train_loss", "test_loss", "sum_squared_weights"),
        *("embedding_gini", "read_out_gini", "excluded_loss", "restricted_loss", "consensus_loss", "variance_share"),
    )
)
"""The measures that views of the training show."""
_CIRCUIT_COLORS: Final = dict(zip(CIRCUIT_PHASES, ("memorizing", "generalizing", "grokked"), strict=True))


def marks_of(history: History) -> list[Mark]:
    """A mark for each milestone and each change."""
    names = {milestone.event: milestone for milestone in MILESTONES}
    found = [
        Mark(event.step, f"{names[event.name].pairs} {names[event.name].sign}", "milestone")
        for event in history.events
        if event.name in names and event.name in (MEMORIZED.event, GROKKED.event)
    ]
    changes = [Mark(change.step, "change", "mark") for change in history.changes]
    return sorted([*found, *changes], key=lambda mark: mark.x)


def bands_of(history: History, starts: Sequence[tuple[int, str]]) -> list[Band]:
    """Phases as coloured stretches: the steps at which they begin, each with its colour."""
    last = float(history.last.step) if history.last else 0.0
    ends = [*(float(step) for step, _ in starts[1:]), last]
    return [Band(float(step), end, color) for (step, color), end in zip(starts, ends, strict=True) if end > step]


def training(history: History) -> list[Part]:
    """Accuracy and loss of training and test pairs."""
    marks, bands = marks_of(history), bands_of(history, phase_starts(history))
    accuracy = [_line(history, f"{name} accuracy", name, f"{name}_accuracy") for name in ("train", "test")]
    loss = [_line(history, f"{name} loss", name, f"{name}_loss") for name in ("train", "test")]
    phases = list(dict.fromkeys(name for _, name in phase_starts(history)))
    return [
        Legend([(name, name) for name in phases]),
        Chart("Accuracy", accuracy, marks, bands, Look(percent=True, height=280)),
        Chart(f"Loss, {loss_unit(history.config.loss)}", loss, marks, bands, Look(log_y=True, height=280)),
    ]


def progress(history: History) -> list[Part]:
    """The progress measures; of a parity, the way of the first layer."""
    marks = marks_of(history)
    losses = [
        _line(history, "excluded loss (train pairs)", "error", "excluded_loss"),
        _line(history, "restricted loss (all pairs)", "accent", "restricted_loss"),
        _line(history, "consensus loss (held-out pairs)", "mark", "consensus_loss"),
    ]
    if history.config.loss == "cross-entropy":
        losses.insert(0, _line(history, "test loss", "test", "test_loss"))
    shares = [
        _line(history, "variance explained", "muted", "variance_share"),
        _line(history, "Gini of the embedding", "train", "embedding_gini"),
        _line(history, "Gini of the read-out", "grokked", "read_out_gini"),
    ]
    weights = [_line(history, "sum of squared weights", "text", "sum_squared_weights")]
    drawn: list[Part] = [
        Chart("Losses, nats a pair", losses, marks, look=LOG),
        Chart("A few frequencies", shares, marks),
        Chart("Weights", weights, marks),
    ]
    if history.config.of_points:
        way = [_line(history, "weight change, L1 of the first layer", "mark", "weight_change_l1")]
        drawn[:2] = [Chart("Hidden progress", way, marks)]
    return drawn


def phases(history: History) -> list[Part]:
    """The boundaries of both kinds of phases over curves, each as a share of its largest value."""
    names = (
        ("test accuracy", "test", "test_accuracy"),
        ("train accuracy", "train", "train_accuracy"),
        ("sum of squared weights", "text", "sum_squared_weights"),
        ("excluded loss", "error", "excluded_loss"),
        ("Gini of the read-out", "grokked", "read_out_gini"),
        ("restricted loss", "accent", "restricted_loss"),
        ("consensus loss", "mark", "consensus_loss"),
    )
    lines = [_of_largest(_line(history, *name)) for name in names]
    by_accuracy = phase_starts(history)
    drawn: list[Part] = [
        Words("By accuracy", "title"),
        Legend([(name, f"{name} from step {step:,}") for step, name in by_accuracy]),
        Chart("", lines, [], bands_of(history, by_accuracy), PERCENT),
    ]
    if history.basis not in ("", "none"):
        circuit = circuit_starts(history)
        words = [(_CIRCUIT_COLORS[name], f"{name.replace('_', ' ')} from step {step:,}") for step, name in circuit]
        stretches = bands_of(history, [(step, _CIRCUIT_COLORS[name]) for step, name in circuit])
        drawn += [Words("By the progress measures", "title"), Legend(words), Chart("", lines, [], stretches, PERCENT)]
    return drawn


def circuit_starts(history: History) -> list[tuple[int, str]]:
    """The steps at which phases by the progress measures began, each with its name."""
    begun = [(event.step, str(event.name)) for event in history.events if event.name in CIRCUIT_PHASES]
    rebuilt = [(change.step, CIRCUIT_PHASES[0]) for change in history.changes if change.rebuilt]
    return sorted([(0, str(CIRCUIT_PHASES[0])), *begun, *rebuilt], key=lambda start: start[0])


def emergence(history: History) -> list[Part]:
    """How fast test accuracy rises, and the gap to train accuracy."""
    steps, test = history.column("step"), history.column("test_accuracy")
    at, rates = rate_of_change(steps, test)
    peaks = [(fastest(history), "fastest"), (acceleration(history), "bends most")]
    known = [(peak, words) for peak, words in peaks if peak is not None]
    marks = [Mark(peak.step, "") for peak, _ in known]
    title = ", ".join(["Rate of change", *(f"{words} at {peak.step:,}" for peak, words in known)])
    gap = Line("train − test accuracy", "generalizing", steps, history.column("train_accuracy") - test)
    rate = Line("test accuracy, % per 100 steps", "test", at, rates * 1e4)
    return [
        Chart("Generalization gap", [gap], marks_of(history), look=PERCENT),
        Chart(title, [rate], marks),
    ]


def waterfall(history: History) -> list[Part]:
    """The spectrum over training: a column a logged step."""
    spectra = history.spectra
    if not len(spectra.steps):
        return [Words("No spectrum is logged in this run.", "undefined")]
    rows = spectra.rows.astype(np.float64).T[::-1]
    down = Side("k", first=rows.shape[0], backwards=True)
    across = Side("step", names=[f"{int(step):,}" for step in spectra.steps])
    title, span = "Norm of each frequency at every logged step", Range(low=0.0, unit="norm")
    return [Heat(title, rows, down, across, span, aspect=WIDE)]


def forecast(history: History) -> list[Part]:
    """The forecasts over the steps at which they were made, and the step at which it grokked."""
    from grokterm.forecast.course import past, standing
    from grokterm.forecast.forecast import Forecast
    from grokterm.forecast.sources import SENTENCE

    made = [each for each in past(history) if each.groks] if len(history) else []
    found = standing(history) if len(history) else None
    words = "" if found is None else found.words if isinstance(found, Forecast) else f"no forecast: {found.reason}"
    drawn: list[Part] = [Words(words[:1].upper() + words[1:] + ".")] if words else []
    if made:
        steps, low, median, high = np.array([(one.step, one.low, one.median, one.high) for one in made]).T
        lines = [Line("expected to grok at step", "accent", steps, median, points=True, band=(low, high))]
        if (grokked := history.milestones[GROKKED.step_name]) is not None:
            level = np.full(2, float(grokked))
            lines.append(Line("grokked at step", "grokked", np.array([steps[0], history.column("step")[-1]]), level))
        drawn.append(Chart("Forecasts by the step at which they were made, with intervals of 80 %", lines))
    else:
        drawn.append(Words("At none of its steps was this run expected to grok in time.", "undefined"))
    return [*drawn, Words(SENTENCE, "muted")]


LOG_VIEWS: Final[Mapping[str, Callable[[History], list[Part]]]] = {
    "training": training,
    "progress": progress,
    "phases": phases,
    "emergence": emergence,
    "waterfall": waterfall,
    "forecast": forecast,
}
"""What draws each view of the log."""


def other_measures(history: History) -> list[Part]:
    """A chart of every measure of the log that no view of the training shows; weights of all matrices in one."""
    drawn: list[Part] = []
    for name in (*COLUMNS, *PROGRESS, *STRUCTURE, *history.plugin_measures):
        steps, values = measured(history, name)
        if name not in _IN_VIEWS and np.isfinite(values).any():
            drawn.append(Chart("", [Line(name.replace("_", " "), "run_a", steps, values)], marks_of(history)))
    matrices = [
        Line(f"Σθ² of {name}", _COLORS[at % len(_COLORS)], *history.squared_weights(name))
        for at, name in enumerate(history.matrices)
    ]
    if matrices:
        drawn.append(Chart("", matrices, marks_of(history)))
    return [Group(drawn, "charts")]


def _line(history: History, words: str, color: str, column: str) -> Line:
    return Line(words, color, *measured(history, column))


def _of_largest(line: Line) -> Line:
    """A curve as shares of its largest value."""
    largest = float(np.nanmax(line.y, initial=-np.inf)) if len(line.y) else 0.0
    values: Floats = line.y / largest if np.isfinite(largest) and largest > 0 else line.y
    return Line(line.name, line.color, line.x, values)
