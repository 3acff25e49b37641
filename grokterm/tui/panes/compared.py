"""The panes of a comparison: accuracy and loss of several runs on the same axes, and a table of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Final, Literal

import numpy as np
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.strip import Strip

from grokterm.number_format import number, percent
from grokterm.runs.columns import Floats
from grokterm.runs.compared import ComparedRun, differences, seed_groups
from grokterm.runs.folder import name_of
from grokterm.runs.standings import Standings, standings
from grokterm.tui.drawing.marks import Mark
from grokterm.tui.drawing.message import draw_message
from grokterm.tui.drawing.overlay import RunCurve, draw_overlay, has_room_for
from grokterm.tui.drawing.plot_area import Axes
from grokterm.tui.drawing.sheet import Column, Row, draw_sheet, plain_stem
from grokterm.tui.panes.curves import short_loss
from grokterm.tui.panes.folded import median_and_band
from grokterm.tui.panes.pane import Pane
from grokterm.tui.panes.standing import baseline_words, column, grokking_columns, milestone_columns
from grokterm.tui.run.state import RunState
from grokterm.tui.text import formats

Pairs = Literal["test", "train", "train and test"]
PAIRS: Final[tuple[Pairs, ...]] = ("test", "train", "train and test")
"""Of which pairs curves can be drawn, in the order in which a key goes through them."""
_MISSING: Final = "–"


@dataclass(slots=True, eq=False)
class Comparison:
    """What is compared, and how it is looked at."""

    runs: list[ComparedRun]
    pairs: Pairs = "test"
    states: dict[str, str] = field(default_factory=dict)
    """What each run is doing, by letter."""
    equal_seconds: bool = False
    """Whether runs are drawn over seconds, up to those that all of them have come to."""
    folded: bool = False
    """Whether runs that differ by their seed alone are one curve, their median, with a band around it."""
    _standings: tuple[Hashable, Standings] | None = None

    @property
    def groups(self) -> list[list[int]]:
        """The runs of each curve by their places: one, or when folded those that differ by their seed alone."""
        return seed_groups(self.runs) if self.folded else [[at] for at in range(len(self.runs))]

    @property
    def version(self) -> Hashable:
        """Changes with everything that can be seen."""
        logs = tuple((run.history.version, run.trouble) for run in self.runs)
        return self.pairs, self.equal_seconds, self.folded, tuple(self.states.items()), logs

    @property
    def standings(self) -> Standings:
        """Where the runs stand now."""
        if self._standings is None or self._standings[0] != self.version:
            self._standings = self.version, standings(self.runs, self.equal_seconds)
        return self._standings[1]

    @property
    def rules(self) -> list[str]:
        """What each run trains by, with the learning rate where that differs; empty where the rule does not."""
        configs = [run.history.config for run in self.runs]
        names = [formats.optimizer(config) for config in configs]
        if len({(config.lr, name) for config, name in zip(configs, names, strict=True)}) == 1:
            return []
        if len({config.lr for config in configs}) == 1:
            return names
        return [f"{name} lr {number(config.lr)}" for name, config in zip(names, configs, strict=True)]

    @property
    def names(self) -> list[str]:
        """What tells runs apart: their rules, or their ids."""
        return self.rules or [run.folder.id for run in self.runs]

    def name_of_curve(self, group: Sequence[int], short: bool) -> str:
        """The name of a run, its number where it has to be `short`; of several, their rule or numbers, and how many."""
        first = group[0]
        numbers = "+".join(name_of(self.runs[at].folder) for at in group)
        if len(group) == 1:
            return numbers if short else self.names[first]
        return f"N={len(group)}" if short else f"{self.rules[first] if self.rules else numbers} N={len(group)}"


class ComparedCurves(Pane):
    """A curve of each run over steps."""

    measure: ClassVar[str]

    def __init__(self, comparison: Comparison) -> None:
        super().__init__(id=f"compared-{self.measure}")
        self.comparison = comparison

    def axes(self, state: RunState) -> Axes:
        """How the axes run."""
        raise NotImplementedError

    def live_value(self, value: float) -> str:
        """A value as it stands at the end of its curve."""
        raise NotImplementedError

    def watched(self, state: RunState) -> Hashable:
        """The logs, the axes and which pairs."""
        return self.comparison.version, self.axes(state)

    def live_texts(self, state: RunState) -> Sequence[Content]:
        """Which pairs, and which axes are logarithmic."""
        axes = self.axes(state)
        pairs = "train pairs faint, test pairs" if self.comparison.pairs == "train and test" else ""
        words = [pairs or f"{self.comparison.pairs} pairs"]
        words += ["equal seconds"] if self.comparison.equal_seconds else []
        words += ["median, 10–90 % of seeds"] if self.comparison.folded else []
        words += [f"log {name}" for name, on in (("x", axes.log_x), ("y", axes.log_y)) if on]
        return [Content.styled(" · ".join(words), "$muted"), Content.styled(self.comparison.pairs, "$muted")]

    def draw(self, state: RunState, width: int, height: int) -> Sequence[Strip]:
        """The curves, and a mark where each fork begins."""
        runs, palette = self.comparison.runs, state.palette
        if not any(len(run.history) for run in runs):
            return draw_message("none of these runs has taken a step yet", width, height, palette)
        groups = self.comparison.groups
        names = [self.comparison.name_of_curve(group, short=False) for group in groups]
        if not has_room_for(max(map(len, names)), width):
            names = [self.comparison.name_of_curve(group, short=True) for group in groups]
        curves = [curve for group, name in zip(groups, names, strict=True) for curve in self._curves(group, name)]
        curves.sort(key=lambda curve: curve.faint)
        letters = {run.folder.id for run in runs}
        forks = [run for run in runs if run.fork and run.fork.run in letters]
        marks = [Mark(run.fork.step, f"{run.letter} forked", "milestone") for run in forks if run.fork]
        axes = replace(self.axes(state), across="seconds" if self.comparison.equal_seconds else "steps")
        marks = [] if self.comparison.equal_seconds else marks
        return draw_overlay(curves, marks, axes, width, height, state.view.graph, palette)

    def _curves(self, group: Sequence[int], name: str) -> list[RunCurve]:
        """The curve of a run, or of several, with its name; a faint one of the training pairs where both are shown."""
        letter, pairs, curves = self.comparison.runs[group[0]].letter, self.comparison.pairs.split(" and "), []
        for which in pairs:
            members = [self._course(at, f"{which}_{self.measure}") for at in group]
            (steps, values), band = members[0], None
            if len(members) > 1:
                ended = [self.comparison.runs[at].has_grokked_as_asked for at in group]
                steps, values, band = median_and_band(members, ended, whole=not self.comparison.equal_seconds)
            faint = which == "train" and len(pairs) > 1
            live = self.live_value(float(values[-1])) if values.size else "–"
            color = f"run_{letter.lower()}"
            own = "" if faint else name
            curves.append(RunCurve(letter, own, live, color, steps, values, faint, None if faint else band))
        return curves

    def _course(self, at: int, name: str) -> tuple[Floats, Floats]:
        """What a run's curve goes over, steps or seconds, and its values there."""
        history = self.comparison.runs[at].history
        if not self.comparison.equal_seconds:
            return history.column("step"), history.column(name)
        course = self.comparison.standings.courses[at]
        return course.seconds, history.column(name)[course.first : course.end]


class ComparedAccuracy(ComparedCurves):
    """Accuracy of all runs, 0 to 100 %."""

    number = 1
    title = "Accuracy"
    measure = "accuracy"

    def axes(self, state: RunState) -> Axes:
        """Fixed from 0 to 100 %."""
        return Axes(log_x=state.log_x, percent=True)

    def live_value(self, value: float) -> str:
        """A share as 34.2."""
        return percent(value).removesuffix(" %") if np.isfinite(value) else "?"


class ComparedLoss(ComparedCurves):
    """Loss of all runs, nats."""

    number = 2
    title = "Loss"
    measure = "loss"

    def axes(self, state: RunState) -> Axes:
        """Logarithmic where asked for."""
        return Axes(log_x=state.log_x, log_y=state.log_y)

    def live_value(self, value: float) -> str:
        """A loss in at most six characters."""
        return short_loss(value)


class ComparedRuns(Pane):
    """A line a run: the settings in which they differ, milestones, and what each has come to."""

    number = 3
    title = "Runs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll_by(-1)", show=False),
        Binding("down", "scroll_by(1)", show=False),
        Binding("pageup", "scroll_by(-10)", show=False),
        Binding("pagedown", "scroll_by(10)", show=False),
    ]

    def __init__(self, comparison: Comparison) -> None:
        super().__init__(id="compared-runs")
        self.comparison = comparison
        self.first = 0
        """The first line shown."""
        self.lines = 0

    def watched(self, state: RunState) -> Hashable:
        """The logs, and where it is scrolled to."""
        return self.comparison.version, self.first

    def live_texts(self, state: RunState) -> Sequence[Content]:
        """What ratios are to, and that there is more than is seen."""
        more = ["↑ ↓ for more"] if self.lines > self.content_size.height else []
        found = self.comparison.standings
        seeds = [run.history.config.seed for run in self.comparison.runs]
        told = baseline_words(found, self.comparison.names[found.baseline], seeds)
        ways = [[words, *rest] for words in told for rest in (more, []) if rest or not more] + [[told[-1]], more]
        return [Content.styled(" · ".join(way), "$muted") for way in ways if way]

    def draw(self, state: RunState, width: int, height: int) -> Sequence[Strip]:
        """The lines from the first shown on."""
        runs = self.comparison.runs
        letters = {at: runs[group[0]].letter for group in self.comparison.groups for at in group}
        rows = [
            Row(_stem(run, state), letters[at], run.folder.id, f"run_{letters[at].lower()}")
            for at, run in enumerate(runs)
        ]
        columns = columns_of(self.comparison)
        strips, self.lines = draw_sheet(rows, columns, width, height, self.first, state.palette)
        return strips

    def show(self, state: RunState) -> None:
        """Draws what changed; the border says whether there is more."""
        lines = self.lines
        super().show(state)
        if self.lines != lines:
            self.redraw()

    def action_scroll_by(self, lines: int) -> None:
        """Scrolls by lines."""
        first = min(max(self.first + lines, 0), max(self.lines - self.content_size.height, 0))
        if first != self.first:
            self.first = first
            self.redraw()


def columns_of(comparison: Comparison) -> list[Column]:
    """The settings that differ, the milestones, the last values; where rules differ, these and their ratios first."""
    runs = comparison.runs
    differ = [Column("differ in", d.name, d.texts) for d in differences(runs)]
    differ = differ or [Column("differ in", "no setting", ("",) * len(runs))]
    found, names = comparison.standings, comparison.rules
    if names:
        columns = [Column("", "entrant", tuple(names), right=False), *grokking_columns(found), *differ]
    else:
        columns = [*differ, *milestone_columns(found)]
    states = ["damaged" if run.trouble else comparison.states.get(run.letter, "") for run in runs]
    return [*columns, *_last_columns(comparison), Column("now", "state", tuple(states), right=False)]


def _last_columns(comparison: Comparison) -> list[Column]:
    """What each run has come to, at the cut where there is one."""
    runs, found = comparison.runs, comparison.standings
    group = "now" if found.cut is None else f"at {found.cut:.1f} s"
    ends = [course.end - 1 for course in found.courses]

    def texts(name: str, written: Callable[[float], str]) -> list[str]:
        columns = [run.history.column(name) for run in runs]
        return [written(float(c[at])) if at >= 0 else _MISSING for c, at in zip(columns, ends, strict=True)]

    columns = [column(group, "step", texts("step", lambda step: f"{int(step):,}"))]
    columns += [column(group, pairs, texts(f"{pairs}_accuracy", percent)) for pairs in ("train", "test")]
    return columns + [column(group, f"{pairs} loss", texts(f"{pairs}_loss", short_loss)) for pairs in ("train", "test")]


def _stem(run: ComparedRun, state: RunState) -> str:
    return plain_stem(run.stem) if state.view.graph == "ascii" else run.stem
