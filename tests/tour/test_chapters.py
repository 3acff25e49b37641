"""The chapters: runs that can be trained, and texts that fit."""

from __future__ import annotations

import re
import textwrap

import pytest

from grokterm.guide import number_of
from grokterm.milestones import GROKKED, MEMORIZED
from grokterm.tour.chapter import Chapter, Seen
from grokterm.tour.chapters import CHAPTERS
from grokterm.tui.actions import ACTIONS
from tests.tour.made import changed, grokked, memorized, scalars
from tests.tui.watching import TINY

ROOM = 76
LINES = 5


def lines(*texts: str) -> int:
    return sum(len(textwrap.wrap(text, ROOM)) for text in texts)


def answers(chapter: Chapter) -> list[str]:
    """What it is answered with, of made-up runs, in figures as long as they come."""
    config = chapter.config()
    cut, long = changed(11_000, train_fraction=0.1), scalars(12_000, 1.0, 0.112)
    histories = [
        grokked(config, scalars(10_000, 1.0, 0.999, tuple(range(11, 19))), cut, long),
        memorized(config, changed(100, weight_decay=1.0), *([long] if config.corrupt else [])),
    ]
    histories[1].milestones |= {MEMORIZED.step_name: 10_000}
    if not config.corrupt:
        histories[1].milestones |= {GROKKED.step_name: 12_000}
    without = "k = 17, 14, 15, 17, 20, 21 and 12 more"
    seen = [
        Seen(history, moment, view, without, 0.999)
        for history in histories
        for moment in (None, 400)
        for view in ("", "waterfall", "clocks", "ablation", "forecast")
    ]
    return [said for found in seen if (said := chapter.answer(found))]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.title)
def test_every_chapter_fits_into_its_lines_before_and_after_it_is_answered(chapter: Chapter) -> None:
    assert lines(chapter.text, chapter.question) <= LINES
    assert answers(chapter)
    assert max(lines(said, chapter.then) for said in answers(chapter)) <= LINES
    assert len(chapter.title) <= 40
    assert chapter.question.count("?") == 1


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.title)
def test_every_chapter_has_a_run_that_can_be_watched_on_two_cores(chapter: Chapter) -> None:
    config = chapter.config()
    assert config.of_pairs
    assert config.p <= 59
    assert config.until == "forever"
    assert isinstance(config.pace, float)


def test_there_are_eight_of_different_names() -> None:
    assert len({chapter.title for chapter in CHAPTERS}) == len(CHAPTERS) == 8


def test_views_and_keys_are_called_by_their_own() -> None:
    said = " ".join(f"{chapter.text} {chapter.question}" for chapter in CHAPTERS)
    opened = re.findall(r"(?:press v and open|open) (\d+),? (?:the )?(\w+)", said, re.IGNORECASE)
    assert opened
    assert all(number_of(view) == int(number) for number, view in opened), opened
    keys = {action.key for action in ACTIONS}
    assert {"W", "v", "k", "c", "F", ">", "<", "[", "]", "{", "}"} <= keys
    assert not {"(", ")"} & keys


def test_a_chapter_begins_as_the_command_line_would() -> None:
    chapter = Chapter("", "", "", lambda seen: "", "", {"arch": "mlp", "p": 11})
    assert chapter.config().p == TINY.p
    assert chapter.config() == type(chapter.config()).starting({"arch": "mlp", "p": 11})
