"""The help of the screen of a sweep, made from its table of actions."""

from __future__ import annotations

from textual.content import Content

from grokterm.milestones import GROKKED
from grokterm.sweeps.phases import LEARNED, MEANINGS
from grokterm.tui.actions import groups
from grokterm.tui.dialogs.help import entry, keys_by_group
from grokterm.tui.sweep.keys import SWEEP_ACTIONS
from grokterm.tui.sweep.looks import LETTERS, NEVER, PHASE_COLORS, STANDINGS
from grokterm.tui.theme import Palette

_STANDINGS = {
    "waiting": "none of its runs has ended; beside a letter: some wait",
    "running": "a run trains, and none has ended; beside a letter: some train",
    "failed": "all its runs failed; beside a letter: some did, and count in nothing else",
    "left out": "--where leaves it out",
}


def sweep_help(palette: Palette, width: int) -> Content:
    """Keys, phases and glyphs, in lines of at most `width` cells."""
    head, key = f"bold {palette.markup('accent')}", f"bold {palette.markup('text')}"
    blocks = keys_by_group(groups(SWEEP_ACTIONS), palette, width)
    blocks.append(entry("arrows", key, "Move the cursor, as h, j, k and l do; so does a click.", palette, width))
    blocks += [Content(""), Content.styled("Phases (Liu et al. 2022)", head)]
    for phase, meaning in MEANINGS.items():
        color = f"bold {palette.markup(PHASE_COLORS[phase])}"
        blocks.append(entry(f"{LETTERS[phase]} {phase}"[:13], color, f"{meaning}.", palette, width))
    blocks.append(entry("", key, "A small letter: not all seeds have the phase that most have.", palette, width))
    above = f"Phases are counted at {LEARNED:.0%} test accuracy; grokked, steps and shares at {GROKKED.accuracy:.0%}."
    blocks.append(entry("", key, above, palette, width))
    blocks += [Content(""), Content.styled("Glyphs", head)]
    for standing, (glyph, plain, color) in STANDINGS.items():
        words = f"{standing}: {_STANDINGS[standing]}."
        blocks.append(entry(f"{glyph} or {plain}", f"bold {palette.markup(color)}", words, palette, width))
    never = "half of the runs or more never grokked within their budget: the median is beyond it."
    blocks.append(entry(f"{NEVER[False]} or {NEVER[True]}", f"bold {palette.markup('wrong')}", never, palette, width))
    return Content("\n").join(blocks)
