"""Two lines below the phase line where the screen is high: the phases of the circuit, and the narrator."""

from __future__ import annotations

from typing import Final

from textual.content import Content

from grokterm.config.losses import LOSSES
from grokterm.runs.history import History
from grokterm.tui.run.narrator import newest
from grokterm.tui.run.state import RunState
from grokterm.tui.text.fitting import Part, between, fit, fitted
from grokterm.tui.theme import Palette

CIRCUIT_LINE_FROM: Final = 32
"""Lines of a screen from which the phases of the circuit have a line …"""
NARRATOR_LINE_FROM: Final = 36
"""… and the narrator one."""
CIRCUIT_PHASES: Final = (
    ("memorization", "memorization", "mem", "memorizing"),
    ("circuit_formation", "circuit formation", "circuit", "generalizing"),
    ("clean_up", "clean-up", "clean", "grokked"),
)
"""The phases by the progress measures: name, as written, short, and colour."""


def extra_lines(height: int, narrator: bool) -> int:
    """How many of the two lines a screen has."""
    return (height >= CIRCUIT_LINE_FROM) + (narrator and height >= NARRATOR_LINE_FROM)


def circuit_line(state: RunState, width: int) -> Content:
    """The phases by the progress measures, each with its step; at the right the numbers that decided the last one."""
    history, palette = state.history, state.palette
    muted = palette.markup("muted")
    if not history.config.of_pairs:
        said = f"circuit: not defined for {history.config.task_words}"
        return Content.assemble(" ", Content.styled(said, muted)).truncate(width)
    if history.basis in ("", "none"):
        said = {"": "circuit: not measured yet", "none": "circuit: no invertible basis"}[history.basis]
        return Content.assemble(" ", Content.styled(said, muted)).truncate(width)
    if not LOSSES[state.config.loss].of_probabilities:
        said = f"circuit: not defined for {LOSSES[state.config.loss].title}"
        return Content.assemble(" ", Content.styled(said, muted)).truncate(width)
    phase, words = _at(state)
    numbers = words.partition(": ")[2]
    parts = [
        Part.of(
            (chain(history, phase, palette, short=False), 3),
            (chain(history, phase, palette, short=True), 1),
            (chain(history, phase, palette, short=True, alone=True), 0),
        ),
        Part.of((numbers, 9), *((part, 8 - at) for at, part in enumerate(_shorter(numbers))), style=muted),
    ]
    shown = fitted(parts, width - 2, 3)
    return Content.assemble(" ", between(shown[0], shown[1], width - 2))


def chain(history: History, present: str, palette: Palette, short: bool, alone: bool = False) -> Content:
    """memorization ▸ circuit formation 1,480 ▸ clean-up; `alone` is the present one."""
    names = [name for name, *_ in CIRCUIT_PHASES]
    at, border, pieces = names.index(present), palette.markup("border"), list[Content]()
    for i, (name, long, brief, meaning) in enumerate(CIRCUIT_PHASES):
        color = palette.markup(meaning if i <= at else "muted")
        began = history.circuit_steps.get(name)
        label = (brief if short else long) + (f" {began:,}" if began is not None and 0 < i <= at else "")
        if i:
            pieces.append(Content.styled(" ▸ ", border))
        written = Content.styled(label, f"bold {color}" if i == at else color)
        if i == at and alone:
            return written
        pieces.append(written)
    return Content.assemble(*pieces)


def narration(state: RunState, width: int) -> Content:
    """The narrator's newest sentence, or that of the step that is looked at."""
    palette, moment = state.palette, state.moment
    told = newest(state.history, moment.step) if moment else newest(state.history)
    if told is None:
        return Content("")
    color = palette.markup(told.color)
    parts = [
        Part.of((f"step {told.step:,}", 1), style=palette.markup("muted")),
        Part.of((told.words, 3), (told.what, 2), (told.meaning, 0), style=color),
    ]
    line = fit(parts, width - 2, Content.styled(": ", palette.markup("muted")))
    if not line.cell_length:
        line = Content.styled(told.meaning, color).truncate(max(1, width - 2), ellipsis=True)
    return Content.assemble(" ", line)


def _at(state: RunState) -> tuple[str, str]:
    """The phase of now, or of the step that is looked at, and the words with which it began."""
    history, moment = state.history, state.moment
    if moment is None:
        return history.circuit_phase, history.circuit_words
    rebuilt = max(
        (change.step for change in history.changes if change.rebuilt and change.step < moment.step), default=-1
    )
    names = [name for name, *_ in CIRCUIT_PHASES]
    began = [e for e in history.events if e.name in names and rebuilt < e.step <= moment.step]
    return (began[-1].name, began[-1].words) if began else (names[0], "")


def _shorter(numbers: str) -> list[str]:
    """The numbers with one less at a time, from the end."""
    parts = numbers.split(", ")
    return [", ".join(parts[:count]) for count in range(len(parts) - 1, 0, -1)]
