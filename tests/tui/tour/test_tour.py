"""The tour on the screen: tiny runs, keys as a person presses them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from grokterm.config import Value, settings
from grokterm.runs.folder import list_runs
from grokterm.runs.process import stop_trainer, trainer_alive
from grokterm.tour.chapter import Chapter, Seen
from grokterm.tour.chapters import CHAPTERS
from grokterm.tour.place import FILE, read_place
from grokterm.tour.tour import Tour
from grokterm.tui.tour.app import TourApp
from grokterm.tui.tour.screen import TourScreen
from grokterm.view_options import ViewOptions
from tests.tui.watching import TINY, Watching, end_trainers

VIEW = ViewOptions(color="truecolor", narrator="off")
SMALL: dict[str, Value] = {
    name: getattr(TINY, name) for name in settings() if getattr(TINY, name) != getattr(type(TINY)(), name)
}


def paused(seen: Seen) -> str:
    """Answered by a change of weight decay."""
    decays = [change.step for change in seen.history.changes if "weight_decay" in change.values]
    return "It was changed." if decays else ""


def opened(seen: Seen) -> str:
    """Answered by a view."""
    return f"The view {seen.view} is open." if seen.view == "spectrum" else ""


FAKE = (
    Chapter("the first", "Look at [this].", "What does W do?", paused, "And on.", SMALL),
    Chapter("the second", "Look at that.", "What is view 5?", opened, "And on to the end.", {**SMALL, "p": 13}),
    Chapter("the third", "Look there.", "What is it?", lambda seen: "", "", {**SMALL, "p": 7}),
)


@pytest.fixture
def home(folders: Path) -> Iterator[Path]:
    folders.mkdir(mode=0o700)
    yield folders
    end_trainers(folders / "tour")


@asynccontextmanager
async def take(tour: Tour, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Watching]:
    folder = tour.open(tour.number, VIEW)
    tour.stop_others(folder)
    app = TourApp(tour, folder, VIEW)
    async with app.run_test(size=size) as pilot:
        yield Watching(app, pilot)


def alive(home: Path) -> list[str]:
    return [run.id for run in list_runs(home / "tour") if trainer_alive(run)]


async def test_a_question_is_answered_and_the_answer_stays(home: Path) -> None:
    tour = Tour(home, FAKE)
    async with take(tour) as seen:
        await seen.shows(
            "Tour 1 of 3: the first", "Look at [this].", "What does W do?", "0 answered", "( before  ) next"
        )
        await seen.trains()
        assert "It was changed." not in seen.text()
        await seen.press("W")
        await seen.shows("It was changed.", "And on.", "1 answered")
        assert "What does W do?" not in seen.text()
    assert read_place(home / "tour", 3)[0].answers == {1: "It was changed."}


async def test_chapters_follow_each_other_and_one_trains_at_a_time(home: Path) -> None:
    tour = Tour(home, FAKE)
    async with take(tour) as seen:
        await seen.trains()
        await seen.press("left_parenthesis")
        assert seen.footer == " this is the first chapter"
        await seen.press("right_parenthesis")
        await seen.shows("Tour 2 of 3: the second", "a + b mod 13", " chapter 2: the second")
        await seen.trains()
        await seen.until(lambda: alive(home) == ["0002-add13-mlp"], "the end of the first trainer")
        await seen.press("v", "5", "enter")
        await seen.shows("The view spectrum is open.", "5 Spectrum")
        await seen.press("left_parenthesis")
        await seen.shows("Tour 1 of 3: the first", "a + b mod 11", "1 Accuracy")
        assert seen.views.view is None
        await seen.trains()
        await seen.until(lambda: alive(home) == ["0001-add11-mlp"], "the end of the second trainer")
    assert [run.id for run in list_runs(home / "tour")] == ["0001-add11-mlp", "0002-add13-mlp"]


async def test_quick_presses_go_to_the_last_chapter_and_no_further(home: Path) -> None:
    tour = Tour(home, FAKE)
    async with take(tour) as seen:
        await seen.trains()
        await seen.press(*["right_parenthesis"] * 4)
        await seen.shows("Tour 3 of 3: the third")
        await seen.until(lambda: len(alive(home)) == 1 and alive(home)[0].endswith("add7-mlp"), "one trainer")


async def test_a_model_without_its_key_frequencies_is_known_by_its_picture(home: Path) -> None:
    solved: dict[str, Value] = {
        "arch": "one-hot",
        "width": 64,
        "activation": "quadratic",
        "init": "closed-form",
        "lr": 0.0,
    }
    ablated = Chapter("ablation", "", "k?", lambda seen: f"{seen.without}: {seen.ghost}" * bool(seen.without), "")
    async with take(Tour(home, [replace(ablated, settings={**SMALL, **solved})]), (120, 40)) as seen:
        await seen.trains()
        await seen.press("k")
        await seen.shows("27 Ablation", "nothing is left out", "a key frequency")
        await seen.press("x")
        await seen.shows("without k = 1")
        assert "0 answered" in seen.text()
        await seen.press("o")
        await seen.shows("without all but k = 1")
        assert "0 answered" in seen.text()
        await seen.press("o", "e")
        await seen.shows("1 answered", "k = 1, 2, 3: 1.0")  # two frequencies of five are enough for 11 residues


async def test_it_is_taken_up_where_it_was_left(home: Path) -> None:
    async with take(Tour(home, FAKE)) as seen:
        await seen.trains()
        await seen.press("right_parenthesis")
        await seen.shows("Tour 2 of 3", "a + b mod 13")
        await seen.trains()
        await seen.until(lambda: len(alive(home)) == 1 and seen.app.state.newest > 0, "one trainer and a step")
        step = await seen.paused()
        await seen.press("q")
        await seen.until(lambda: not alive(home), "the end of the trainer")
    again = Tour(home, FAKE)
    assert (again.number, again.remark) == (2, "")
    async with take(again) as seen:
        await seen.shows("Tour 2 of 3: the second", "a + b mod 13")
        await seen.until(lambda: seen.app.state.newest > step, "further steps")
        assert seen.app.link.folder.id == "0002-add13-mlp"
    assert len(list_runs(home / "tour")) == 2


async def test_a_run_that_takes_the_place_of_the_chapters_own_is_taken_up(home: Path) -> None:
    async with take(Tour(home, FAKE)) as seen:
        await seen.trains()
        await seen.press("r")
        await seen.until(lambda: seen.app.link.folder.id == "0002-add11-mlp", "the new run")
        await seen.press("W")
        await seen.shows("It was changed.")
        await seen.until(lambda: alive(home) == ["0002-add11-mlp"], "the end of the old one")
    assert read_place(home / "tour", 3)[0].runs == {1: "0002-add11-mlp"}


def test_it_begins_anew_where_it_is_asked_to_and_keeps_the_runs(home: Path) -> None:
    tour = Tour(home, FAKE)
    old = tour.open(2, VIEW)
    stop_trainer(old)
    tour.answered("So it is.")
    anew = Tour(home, FAKE, again=True)
    assert (anew.number, anew.answer) == (1, "")
    assert read_place(home / "tour", 3)[0] == anew.place
    assert old.is_run
    new = anew.open(2, VIEW)
    assert new.id == "0002-add13-mlp"
    stop_trainer(new)


async def test_a_damaged_place_is_begun_anew_with_a_sentence(home: Path) -> None:
    Tour(home, FAKE)
    (home / "tour" / FILE).write_text('{"chapter": 2, "ru')
    async with take(Tour(home, FAKE)) as seen:
        await seen.shows("Tour 1 of 3", "tour.json is damaged: the tour begins anew, and its old runs stay")


def test_a_run_that_is_gone_is_made_again(home: Path) -> None:
    tour = Tour(home, FAKE)
    first = tour.open(1, VIEW)
    stop_trainer(first)
    first.config_path.write_text("nothing of use = [")
    second = tour.open(1, VIEW)
    assert second.id == "0002-add11-mlp"
    stop_trainer(second)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_every_chapter_fits_at_this_size_and_nothing_overlaps(home: Path, size: tuple[int, int]) -> None:
    chapters = tuple(replace(chapter, settings={**SMALL, "pace": 1.0}) for chapter in CHAPTERS)
    tour = Tour(home, chapters)
    async with take(tour, size) as seen:
        screen = seen.screen
        assert isinstance(screen, TourScreen)
        for number, chapter in enumerate(chapters, 1):
            tour.place = type(tour.place)(number)
            screen.show()
            await seen.shows(f"Tour {number} of 8: {chapter.title}", chapter.question.split()[0], "( before  ) next")
            text = " ".join(line.strip("│ ") for line in seen.text().splitlines())
            assert f"{chapter.text} {chapter.question}" in " ".join(text.split())
            placed = [part.region for part in screen.children if part.region.area and part is not screen.problem]
            assert not [(a, b) for i, a in enumerate(placed) for b in placed[i + 1 :] if a.overlaps(b)]
            assert sum(region.area for region in placed) == size[0] * size[1]
            assert screen.panel.region.bottom == size[1] - 1


async def test_a_screen_without_room_shows_the_run_and_says_so(home: Path) -> None:
    async with take(Tour(home, FAKE), (80, 19)) as seen:
        await seen.shows("the tour has no room: enlarge the terminal to 80 × 24")
        assert "Tour 1 of 3" not in seen.text()
        for size in ((1, 1), (40, 12), (55, 60), (80, 24)):
            await seen.pilot.resize_terminal(*size)
            await seen.pilot.pause()
        await seen.shows("Tour 1 of 3: the first", "1 Accuracy")
