"""Where the cursor stands in a run's past: a notice in words, and a line from step 0 to now."""

from __future__ import annotations

from bisect import bisect_right
from itertools import groupby

from textual.content import Content

from grokterm.tui.run.moment import Moment, phase_starts
from grokterm.tui.run.state import RunState
from grokterm.tui.text import formats
from grokterm.tui.text.fitting import Part

PAST = "◂"
"""What the notice begins with, however little room it has."""
_LEAST = 8
"""Cells below which a line says nothing."""


def notice(state: RunState, moment: Moment, rank: int) -> Part:
    """The step that is looked at, and how to leave it; it gives way from `rank` on and never goes quite."""
    at, now, short = f"{moment.step:,}", f"{state.newest:,}", formats.count(moment.step)
    going = f"going to step {at} …" if state.going else f"step {at} of {now}"
    reached = state.status.past if state.status and state.going else None
    way = f"going to step {at}, now at {reached:,} …" if reached is not None else going
    return Part.of(
        (f"{PAST} {way} · enter returns to live", rank + 3),
        (f"{PAST} {going} · enter returns to live", rank + 2),
        (f"{PAST} {going} · enter: live", rank + 1),
        (f"{PAST} {going}", rank),
        (f"{PAST} step {at}", 1),
        (f"{PAST} {short}", 0),
        style=f"bold {state.palette.markup('accent')}",
    )


def slider(state: RunState, moment: Moment, width: int) -> Content:
    """A line from step 0 to now in the colours of the phases, with the cursor on it; empty where it has no room."""
    palette, now = state.palette, state.newest
    ends = ("0 ", f" {now:,}")
    room = width - sum(map(len, ends))
    if room < _LEAST:
        return Content("")
    starts = phase_starts(state.history)
    at = min(room - 1, round(moment.step / max(now, 1) * (room - 1)))
    muted, steps = palette.markup("muted"), [step for step, _ in starts]

    def look(cell: int) -> tuple[str, str]:
        if cell == at:
            return "●", f"bold {palette.markup('accent')}"
        phase = starts[bisect_right(steps, now * cell / (room - 1)) - 1][1]
        return "━" if cell < at else "─", palette.markup(phase)

    pieces = [(glyph * len(list(cells)), style) for (glyph, style), cells in groupby(map(look, range(room)))]
    return Content.assemble((ends[0], muted), *pieces, (ends[1], muted))
