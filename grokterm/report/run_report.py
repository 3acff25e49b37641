"""The report of a run: from its folder to the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from grokterm.drawn.asked import Drawn, KeptStep, drawn_views, kept_step, views_of_model
from grokterm.drawn.asking import PictureSource, picture_source
from grokterm.drawn.log_views import LOG_VIEWS, other_measures
from grokterm.drawn.run_words import words_of
from grokterm.drawn.table_views import TABLE_VIEWS
from grokterm.drawn.wave_views import WAVE_VIEWS
from grokterm.errors import ConfigError, RunFolderError
from grokterm.guide import read_page, view_pages
from grokterm.picture import Picture
from grokterm.report.data import Data
from grokterm.report.drawing import draw
from grokterm.report.guide_text import guide, sentence
from grokterm.report.kept_steps import steps_body
from grokterm.report.markup import Markup, joined, tag
from grokterm.report.page import Head, Section, page
from grokterm.report.story import configuration, foot, milestones, story, tiles
from grokterm.runs.checkpoints import list_checkpoints, parse_name
from grokterm.runs.folder import RunFolder
from grokterm.runs.history import History, read_history
from grokterm.runs.notes import read_notes

_MODEL_VIEWS: Final = {**WAVE_VIEWS, **TABLE_VIEWS}
Tell = Callable[[str], None]
"""Says how far it is."""


@dataclass(frozen=True, slots=True)
class Report:
    """A page, and what it holds."""

    content: bytes
    kept_steps: tuple[int, ...]
    """The steps of the slider."""
    undefined: dict[str, str] = field(default_factory=dict)
    """The views that are not drawn, each with the reason."""


def run_report(folder: RunFolder, tell: Tell) -> Report:
    """The report of a run; raises GroktermError where its files are damaged or its models cannot be made."""
    try:
        history = read_history(folder)
    except ConfigError as error:
        raise RunFolderError(f"the log of {folder.id} holds a change that cannot be made: {error}") from None
    with picture_source(folder) as source:
        kept, notes = _kept(folder, source, tell)
        if not kept:
            raise RunFolderError(f"no model of {folder.id} can be made: {notes[0] if notes else 'it has no step'}")
        tell(f"step {kept[-1].step:,}: views")
        drawn = drawn_views(source, kept[-1].step, history.config, views_of_model())
    if isinstance(drawn, str):
        raise RunFolderError(f"the views of {folder.id} cannot be drawn: {drawn}")
    return _Assembly(folder, history, kept, notes, drawn).report()


def _kept(folder: RunFolder, source: PictureSource, tell: Tell) -> tuple[list[KeptStep], list[str]]:
    """The first model and those of all checkpoints, and a sentence for each that cannot be had."""
    steps = sorted({0, *(parse_name(path)[0] for path in list_checkpoints(folder.checkpoint_folder))})
    found: list[KeptStep] = []
    notes = []
    for number, step in enumerate(steps, 1):
        tell(f"step {step:,}, {number} of {len(steps)}")
        one = kept_step(source, step)
        if isinstance(one, str):
            notes.append(f"The model of step {step:,} is left out: {one}.")
        else:
            found.append(one)
    return found, notes


class _Assembly:
    """Puts the sections together."""

    def __init__(
        self, folder: RunFolder, history: History, kept: list[KeptStep], notes: list[str], drawn: Drawn
    ) -> None:
        self._folder, self._history, self._kept, self._notes, self._drawn = folder, history, kept, notes, drawn
        self._data = Data()
        self._undefined: dict[str, str] = {}

    def report(self) -> Report:
        """The whole page."""
        history, last = self._history, self._kept[-1].step
        words, note = words_of(history.config, read_notes(self._folder), self._folder.parent())
        sections = [
            Section("story", "Story", story(history)),
            Section("milestones", "Milestones", milestones(history)),
            Section("steps", "Step by step", self._steps(), "Steps"),
            *(Section(group.lower(), group, self._group(group, names)) for group, names in view_pages().items()),
            Section("measures", "All other measures", draw(self._data, other_measures(history)), "Measures"),
            Section("settings", "Configuration", configuration(history), "Settings"),
        ]
        head = Head(self._folder.id, words, tiles(history), note, foot(f"Run {self._folder.id} at step {last:,}"))
        return Report(page(head, sections, self._data), tuple(one.step for one in self._kept), self._undefined)

    def _steps(self) -> Markup:
        lead = "The first model and every model that the run has kept: what each answers, and its frequencies."
        return joined(
            [tag("p", lead, class_="muted"), steps_body(self._data, self._kept, self._history.config, self._notes)]
        )

    def _group(self, group: str, names: tuple[str, ...]) -> Markup:
        """The figures of a group of views; those of the model say of which step they are."""
        of_model = any(name in _MODEL_VIEWS for name in names)
        lead = [tag("p", f"The model of step {self._kept[-1].step:,}.", class_="muted")] if of_model else []
        return joined([*lead, *(self._view(name) for name in names)])

    def _view(self, name: str) -> Markup:
        """A view under its title: a sentence, the figure or why there is none, and its page of the guide."""
        head = [tag("h3", read_page(name).title, id=name), tag("p", sentence(name))]
        return tag("article", *head, self._figure(name), guide(name), class_="view")

    def _figure(self, name: str) -> Markup:
        if name in LOG_VIEWS:
            return draw(self._data, LOG_VIEWS[name](self._history))
        pictures = self._drawn[name]
        there: list[Picture] = [picture for picture in pictures if picture.arrays]
        if not there:
            reason = self._undefined[name] = pictures[0].summary or "not defined for this run"
            return tag("p", f"{reason[:1].upper()}{reason[1:]}.", class_="undefined")
        return draw(self._data, _MODEL_VIEWS[name](self._history, there))
