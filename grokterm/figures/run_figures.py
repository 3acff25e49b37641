"""The figures of a run: from its folder to files and their captions."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final

from matplotlib.figure import Figure

from grokterm.drawn import board
from grokterm.drawn.asked import OF_LOG, KeptStep, drawn_views, kept_step
from grokterm.drawn.asking import PictureSource, picture_source
from grokterm.drawn.parts import Part, Words
from grokterm.drawn.run_words import words_of
from grokterm.errors import ConfigError, RunFolderError
from grokterm.figures.captions import FILE, caption, captions
from grokterm.figures.chosen import BESIDE, sentence_of, title_of
from grokterm.figures.layout import has_drawing, lay_out
from grokterm.figures.style import Style, drawing
from grokterm.figures.views import OVER_STEPS, of_log, of_model
from grokterm.runs.folder import RunFolder
from grokterm.runs.history import History, read_history
from grokterm.runs.notes import Notes
from grokterm.version import __version__

_DOTS: Final = 300
"""Dots an inch of a PNG, and of maps in other files."""
_BOARD: Final = ("table", "bars")
Tell = Callable[[str], None]
"""Says how far it is."""


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """A figure before it is drawn: its name, the step of its model, and its parts."""

    name: str
    step: int | None
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Made:
    """A figure as a file."""

    name: str
    step: int | None
    title: str
    caption: str
    file: str
    content: bytes


@dataclass(slots=True)
class Figures:
    """All files, and the figures that are not defined for the run, each with the reason."""

    made: list[Made] = field(default_factory=list)
    undefined: dict[str, str] = field(default_factory=dict)

    def captions(self, folder: RunFolder) -> tuple[str, bytes]:
        """The file of the captions: its name and what it holds."""
        return FILE, captions(f"Figures of {folder.id}", [(each.file, each.title, each.caption) for each in self.made])


def run_figures(
    folder: RunFolder, names: Sequence[str], steps: Sequence[int], style: Style, ending: str, tell: Tell
) -> Figures:
    """The figures of these names; raises GroktermError where the run's files are damaged or it has no such step."""
    history = read_run(folder)
    words, _ = words_of(history.config, Notes(), folder.parent())
    found = Figures()
    for each in drawings(folder, history, names, steps, tell):
        several = each.step is not None and len(steps) > 1
        if not has_drawing(each.parts):
            at = f"{each.name} at step {each.step:,}" if several else each.name
            found.undefined[at] = _reason(each)
            continue
        tell(each.name)
        of_step = "" if each.step is None else f", step {each.step:,}"
        told = caption(sentence_of(each.name), each.parts, f"Run {folder.id}{of_step}: {words}")
        file = f"{each.name}-{each.step}.{ending}" if several else f"{each.name}.{ending}"
        title = title_of(each.name)
        content = written(figure(each, style), title, style, ending)
        found.made.append(Made(each.name, each.step, title, told, file, content))
    if not found.made:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in found.undefined.items())
        raise RunFolderError(f"no figure of {folder.id} can be drawn: {reasons}")
    return found


def read_run(folder: RunFolder) -> History:
    """What a run has logged; raises RunFolderError where it is damaged."""
    try:
        return read_history(folder)
    except ConfigError as error:
        raise RunFolderError(f"the log of {folder.id} holds a change that cannot be made: {error}") from None


def drawings(
    folder: RunFolder, history: History, names: Sequence[str], steps: Sequence[int], tell: Tell
) -> Iterator[Drawing]:
    """The parts of the figures, in the order of the names, and for those of the model in that of the steps."""
    logged = {*OF_LOG, *(name for name in BESIDE if name not in _BOARD)}
    found: dict[tuple[str, int], list[Part]] = {}
    if not logged.issuperset(names):
        with picture_source(folder) as source:
            for step in steps:
                tell(f"step {step:,}")
                wanted = [
                    name for name in names if name not in logged and (name not in OVER_STEPS or step == steps[-1])
                ]
                found |= {(name, step): parts for name, parts in _at_step(folder, history, source, step, wanted)}
    for name in names:
        if name in logged:
            yield Drawing(name, None, of_log(name, history))
        for step in steps:
            if (name, step) in found:
                yield Drawing(name, None if name in OVER_STEPS else step, found[name, step])


def figure(each: Drawing, style: Style) -> Figure:
    """The figure as matplotlib knows it."""
    with drawing(style):
        return lay_out(title_of(each.name), "" if each.step is None else f"step {each.step:,}", each.parts, style)


def written(made: Figure, title: str, style: Style, ending: str) -> bytes:
    """A figure as a file, the same each time."""
    by = f"grokterm {__version__}"
    about: dict[str, dict[str, Any]] = {
        "svg": {"Title": title, "Creator": by, "Date": None},
        "pdf": {"Title": title, "Creator": by, "Producer": None, "CreationDate": None},
        "png": {"Title": title, "Software": by},
    }
    stream = BytesIO()
    with drawing(style), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of signs in names that the font does not have
        made.savefig(stream, format=ending, dpi=_DOTS, metadata=about[ending])
    return stream.getvalue()


def _reason(each: Drawing) -> str:
    """Why there is no figure."""
    said = [part.words for part in each.parts if isinstance(part, Words) and part.kind == "undefined"]
    return said[0].rstrip(".") if said else "nothing is logged"


def _at_step(
    folder: RunFolder, history: History, source: PictureSource, step: int, names: Sequence[str]
) -> Iterator[tuple[str, list[Part]]]:
    """The parts of the figures of the model of one step."""
    if any(name in _BOARD for name in names):
        now = _kept(folder, source, step)
        first = kept_step(source, 0)
        for name in names:
            if name == "table":
                yield name, board.table(now, history.config)
            elif name == "bars":
                yield name, board.bars(now, None if isinstance(first, str) else first, history.config)
    drawn = drawn_views(source, step, history.config, [name for name in names if name not in _BOARD])
    if isinstance(drawn, str):
        raise RunFolderError(drawn)
    for name, pictures in drawn.items():
        there = [picture for picture in pictures if picture.arrays]
        if there:
            yield name, of_model(name, history, there)
        else:
            yield name, [Words(pictures[0].summary or "not defined for this run", "undefined")]


def _kept(folder: RunFolder, source: PictureSource, step: int) -> KeptStep:
    found = kept_step(source, step)
    if isinstance(found, str):
        raise RunFolderError(found)
    return found
