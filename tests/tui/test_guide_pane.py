"""The guide page of the open view: beside it, over it, scrolled, and gone."""

from __future__ import annotations

import subprocess
import sys

import pytest

from grokterm.guide import read_page
from grokterm.runs.folder import RunFolder
from grokterm.tui.dialogs.help import HelpDialog
from grokterm.tui.panes.guide import GuidePane, page_strips
from grokterm.tui.theme import load_themes
from grokterm.tui.views.catalogue import views
from grokterm.tui.watch.places import BESIDE_FROM, GUIDE, VIEW, explained
from tests.tui.watching import Watching, watch


def guide(seen: Watching) -> GuidePane:
    assert seen.views.guide is not None
    return seen.views.guide


async def open_view(seen: Watching) -> None:
    await seen.press("n")
    await seen.until(
        lambda: seen.views.view and seen.app.focused is seen.views.view,
        "a view with the focus",
    )


async def test_a_question_mark_shows_the_page_beside_the_view_and_takes_it_away(trained: RunFolder) -> None:
    async with watch(trained, (120, 40)) as seen:
        await open_view(seen)
        view = seen.views.view
        assert view is not None
        whole = view.size.width
        await seen.press("question_mark")
        await seen.shows(f"Guide: {view.name}", "What it shows", "? closes")
        await seen.until(lambda: view.size.width < whole and guide(seen).region.x == view.region.right, "both")
        assert seen.app.focused is view
        await seen.press("question_mark")
        await seen.until(lambda: seen.views.guide is None and view.size.width == whole, "the view alone")
        assert seen.views.view is view


async def test_esc_closes_the_page_first_and_then_the_view(trained: RunFolder) -> None:
    async with watch(trained, (120, 40)) as seen:
        await open_view(seen)
        await seen.press("question_mark")
        await seen.shows("What it shows")
        await seen.press("escape")
        await seen.until(lambda: seen.views.guide is None, "no page")
        assert seen.views.view is not None
        await seen.press("escape")
        await seen.until(lambda: seen.views.view is None, "no view")
        await seen.press("question_mark")
        await seen.until(lambda: isinstance(seen.app.screen, HelpDialog), "the keys")
        await seen.shows("Keys and phases")


async def test_it_scrolls_and_the_view_keeps_its_arrows(trained: RunFolder) -> None:
    async with watch(trained, (120, 24)) as seen:
        await open_view(seen)
        await seen.press("question_mark")
        await seen.shows("What it shows")
        await seen.press("pagedown")
        await seen.until(lambda: guide(seen).scroll_offset.y > 5, "further down")
        assert seen.app.focused is seen.views.view
        await seen.press("pageup", "pageup")
        await seen.until(lambda: guide(seen).scroll_offset.y == 0, "the top")
        await seen.press(*["pagedown"] * 5)
        await seen.shows("arXiv")


async def test_on_a_narrow_screen_it_stands_over_the_view_and_takes_the_arrows(trained: RunFolder) -> None:
    async with watch(trained, (80, 24)) as seen:
        await open_view(seen)
        await seen.press("question_mark")
        await seen.until(lambda: seen.views.guide and seen.app.focused is seen.views.guide, "the page")
        assert guide(seen).outer_size.width == 80
        await seen.press("down", "down")
        await seen.until(lambda: guide(seen).scroll_offset.y == 2, "two lines down")
        await seen.pilot.resize_terminal(160, 40)
        await seen.until(lambda: seen.app.focused is seen.views.view, "the view beside it")
        await seen.pilot.resize_terminal(20, 6)
        await seen.pilot.resize_terminal(80, 24)
        await seen.until(lambda: guide(seen).outer_size.width == 80, "the page again")


async def test_it_turns_to_the_page_of_the_next_view_and_goes_with_the_last(trained: RunFolder) -> None:
    async with watch(trained, (120, 40)) as seen:
        await open_view(seen)
        await seen.press("question_mark")
        await seen.shows("What it shows")
        for key, stride in (("n", 1), ("n", 1), ("N", -1)):
            numbers = list(views())
            view = seen.views.view
            assert view is not None
            wanted = views()[numbers[(numbers.index(view.number) + stride) % len(numbers)]].name
            await seen.press(key)
            await seen.shows(f"Guide: {wanted}", read_page(wanted).title)
        await seen.press("1")
        await seen.until(lambda: seen.views.view is None and seen.views.guide is None, "the board")
        assert not seen.app.query(GuidePane)


@pytest.mark.parametrize("width", [56, 109, 110, 120, 200, 400])
def test_page_and_view_share_the_screen(width: int) -> None:
    (page,) = explained(width, 40).pages
    assert page[GUIDE].right == width
    assert (VIEW in page) == (width >= BESIDE_FROM)
    if VIEW in page:
        assert page[VIEW].right == page[GUIDE].x
        assert page[VIEW].width >= page[GUIDE].width


@pytest.mark.parametrize("theme", list(load_themes()))
@pytest.mark.parametrize("width", [1, 20, 41, 90])
def test_a_page_is_drawn_at_every_width_and_in_every_theme(theme: str, width: int) -> None:
    strips = page_strips(read_page("progress").text, width, load_themes()[theme].palette)
    assert all(strip.cell_length == width for strip in strips)
    words = "".join(strip.text for strip in strips)
    assert width < 20 or "Progress measures" in words


def test_the_viewer_starts_without_it() -> None:
    code = "import sys, grokterm.tui.app; print({'grokterm.tui.panes.guide', 'rich.markdown'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
