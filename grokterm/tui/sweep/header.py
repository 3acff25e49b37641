"""The lines of the screen of a sweep: what it is, how far it has come, and the cell under the cursor."""

from __future__ import annotations

import math
from typing import Final

from textual.content import Content

from grokterm.config import settings
from grokterm.number_format import clock, counted, number, percent
from grokterm.tui.sweep.following import Following, ShownState
from grokterm.tui.sweep.looks import PHASE_COLORS
from grokterm.tui.sweep.view import SweepView
from grokterm.tui.sweep.words import axis_name, settings_words, steps_words
from grokterm.tui.text import formats
from grokterm.tui.text.fitting import Part, between, fit
from grokterm.tui.theme import Palette

STATES: Final[dict[ShownState, tuple[str, str]]] = {
    "not begun": ("◌", "muted"),
    "running": ("●", "correct"),
    "finished": ("■", "accent"),
    "stopped": ("‖", "warning"),
    "failed": ("✕", "error"),
    "no coordinator": ("○", "error"),
}
"""Glyph and colour of each state."""
_OF_TASK: Final = {"task", "op", "p", "k"}
"""Settings that the words of a task are made of."""
_BAR: Final = (40, 24, 12)
"""Lengths of the bar, the longest first."""


def header(view: SweepView, width: int) -> Content:
    """Sweep, task, model and axes at the left, the state at the right."""
    palette, plan = view.palette, view.plan
    muted, text = palette.markup("muted"), palette.markup("text")
    glyph, color = STATES[view.following.shown_state]
    right = Content.styled(f"{glyph} {view.following.shown_state}", palette.markup(color))
    axes = " × ".join(axis_name(axis) for axis in plan.axes)
    sizes = " × ".join(f"{axis_name(axis)} {len(axis)}" for axis in plan.axes)
    seeds = f"{plan.seeds} seeds" if plan.seeds > 1 else "one seed"
    long, _, word = formats.model(plan.base)
    swept = {name for axis in plan.axes for name in axis.names}
    task = "" if swept & _OF_TASK else formats.task(plan.base)
    word = "" if "arch" in swept else word
    long = word if any(settings()[name].group == "Model" for name in swept) else long
    name = view.following.folder.short_id
    parts = [
        Part.of(("grokterm", 95), style=f"bold {palette.markup('accent')}"),
        Part.of((f"sweep {name}", 3), (name, 2), style=f"bold {text}"),
        Part.of((task, 40), style=f"bold {text}"),
        Part.of((long, 80), (word, 60), style=text),
        Part.of((sizes, 50), (axes, 30), style=text),
        Part.of((seeds, 55), style=muted),
        Part.of((f"where {plan.where}", 70) if plan.where else ("", 70), style=muted),
    ]
    left = fit(parts, max(0, width - right.cell_length - 4), Content.styled(" · ", palette.markup("border")))
    return Content.assemble(" ", between(left, right, width - 2))


def progress(following: Following, palette: Palette, width: int, ascii_only: bool) -> Content:
    """A bar, how many runs have ended, train, wait and failed, and how long the rest takes at the present rate."""
    plan, state = following.plan, following.state
    ended, total = len(following.table), plan.run_count
    muted, text = palette.markup("muted"), palette.markup("text")
    live = state if state is not None and following.shown_state == "running" else None
    rate = f"{number(round(live.runs_per_hour))} runs an hour" if live and live.runs_per_hour else ""
    left = f"about {clock(live.seconds_left)} left" if live and live.seconds_left is not None else ""
    said = problem_words(following) or (state.words if state and following.coordinated else "")
    parts = [
        Part.of(*((_bar(ended, total, length, palette, ascii_only), 50 + length) for length in _BAR)),
        Part.of((f"{ended:,} of {counted(total, 'run')}", 5), (f"{ended:,}/{total:,}", 2), style=f"bold {text}"),
        Part.of((f"{len(following.running):,} running", 20) if following.running else ("", 20), style=text),
        Part.of((f"{following.waiting:,} waiting", 40) if following.waiting else ("", 40), style=muted),
        Part.of((f"{following.failed:,} failed", 4) if following.failed else ("", 4), style=palette.markup("error")),
        Part.of((rate, 45), style=muted),
        Part.of((left, 10), style=text),
        Part.of((said, 30), style=palette.markup("warning")),
    ]
    return Content.assemble(" ", fit(parts, width - 2, Content.styled(" · ", palette.markup("border"))))


def problem_words(following: Following) -> str:
    """What keeps the sweep from going on, in a sentence; empty while nothing does."""
    if following.problem:
        return following.problem
    name = following.folder.short_id
    if following.shown_state == "no coordinator":
        return f"nobody coordinates it: grokterm sweep --resume {name} goes on"
    if following.shown_state == "not begun":
        return "nobody coordinates it yet"
    if following.shown_state == "stopped":
        return f"it was stopped: grokterm sweep --resume {name} goes on"
    return ""


def cell_line(view: SweepView, width: int) -> Content:
    """The cell under the cursor: its settings, phase, runs and median steps."""
    palette, tile = view.palette, view.tile
    muted, text = palette.markup("muted"), palette.markup("text")
    if view.chosen is None:
        return Content.assemble(" ", Content.styled("left out by --where", muted))
    values = view.plan.cells[view.chosen].values
    pooled = f" and {len(tile.cells) - 1} more" if len(tile.cells) > 1 else ""
    summary = tile.summary if tile.standing == "known" else None
    parts = [Part.of((settings_words(values) + pooled, 1), style=f"bold {text}")]
    if summary is None or summary.phase is None:
        parts.append(Part.of((tile.standing, 3), style=muted))
    else:
        color = palette.markup(PHASE_COLORS[summary.phase])
        agrees = "" if tile.agrees else " (most seeds)"
        parts.append(Part.of((summary.phase + agrees, 12), (summary.phase, 3), style=f"bold {color}"))
    parts.append(
        Part.of(
            (f"{tile.ended} of {counted(tile.runs, 'run')} ended", 20), (f"{tile.ended}/{tile.runs}", 8), style=muted
        )
    )
    if tile.failed:
        reason = f"{tile.failed} failed: {tile.reason}"
        parts.append(Part.of((reason, 13), (f"{tile.failed} failed", 7), style=palette.markup("error")))
    if summary is not None:
        parts.append(Part.of((f"{summary.grokked} grokked (99 %)", 21), (f"{summary.grokked} grokked", 9), style=text))
        steps = steps_words(summary.steps)
        unit = " steps" if math.isfinite(summary.steps) else ""
        parts.append(Part.of((f"median {steps}{unit}", 6), (steps, 5), style=text))
        if not math.isnan(summary.test_accuracy):
            parts.append(Part.of((f"test {percent(summary.test_accuracy)}", 14), style=palette.markup("test")))
        if not math.isnan(summary.gini):
            parts.append(Part.of((f"Gini {summary.gini:.2f}", 30), style=muted))
    return Content.assemble(" ", fit(parts, width - 2, Content.styled(" · ", palette.markup("border"))))


def _bar(ended: int, total: int, length: int, palette: Palette, ascii_only: bool) -> Content:
    done, rest = ("=", "-") if ascii_only else ("━", "─")
    filled = length * ended // max(total, 1)
    return Content.assemble(
        (done * filled, palette.markup("accent")), (rest * (length - filled), palette.markup("border"))
    )
