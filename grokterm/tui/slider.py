"""Where the cursor stands in a run's past: a notice in words, and a line from step 0 to now."""

from __future__ import annotations

from bisect import bisect_right

from textual.content import Content

from grokterm.tui import words
from grokterm.tui.fitting import Part
from grokterm.tui.moment import Moment, phase_starts
from grokterm.tui.world import World

_LEAST = 8
"""Cells below which a line says nothing."""


def notice(world: World, moment: Moment, rank: int) -> Part:
    """The step that is looked at, and how to leave it; it gives way from `rank` on and never goes quite."""
    at, now, short = f"{moment.step:,}", f"{world.newest:,}", words.count(moment.step)
    going = f"going to step {at} …" if world.going else f"step {at} of {now}"
    reached = world.status.past if world.status and world.going else None
    way = f"going to step {at}, now at {reached:,} …" if reached is not None else going
    return Part.of(
        (f"◂ {way} · enter returns to live", rank + 3),
        (f"◂ {going} · enter returns to live", rank + 2),
        (f"◂ {going} · enter: live", rank + 1),
        (f"◂ {going}", rank),
        (f"◂ step {at}", 1),
        (f"◂ {short}", 0),
        style=f"bold {world.palette.markup('accent')}",
    )


def slider(world: World, moment: Moment, width: int) -> Content:
    """A line from step 0 to now in the colours of the phases, with the cursor on it; empty where it has no room."""
    palette, now = world.palette, world.newest
    ends = ("0 ", f" {now:,}")
    room = width - sum(map(len, ends))
    if room < _LEAST:
        return Content("")
    starts = phase_starts(world.history)
    at = min(room - 1, round(moment.step / max(now, 1) * (room - 1)))
    muted, pieces = palette.markup("muted"), list[tuple[str, str]]()
    for cell in range(room):
        if cell == at:
            pieces.append(("●", f"bold {palette.markup('accent')}"))
            continue
        step = now * cell / (room - 1)
        phase = starts[bisect_right(starts, step, key=lambda start: start[0]) - 1][1]
        pieces.append(("━" if cell < at else "─", palette.markup(phase)))
    return Content.assemble((ends[0], muted), *pieces, (ends[1], muted))
