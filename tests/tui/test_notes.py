"""Tags and notes written on the screen."""

from __future__ import annotations

import json

import pytest

from grokterm.runs.folder import RunFolder
from grokterm.runs.notes import Notes, change_notes, read_notes
from grokterm.tui.dialogs.notes import NotesDialog
from tests.tui.test_changing import fill
from tests.tui.watching import Watching, watch


async def opened(seen: Watching) -> None:
    await seen.press("#")
    await seen.shows("About", "tags", "note", "enter keeps it")
    assert isinstance(seen.app.screen, NotesDialog)


async def closed(seen: Watching) -> None:
    await seen.until(lambda: seen.app.screen is seen.screen, "the run")


@pytest.mark.usefixtures("remarks_stay")
async def test_tags_and_a_note_are_written_changed_and_removed(trained: RunFolder) -> None:
    async with watch(trained) as seen:
        await opened(seen)
        await seen.type("odd good")
        await seen.press("tab")
        await seen.type("q is a letter here")
        await seen.press("enter")
        await closed(seen)
        await seen.shows("odd good · q is a letter here")
        assert read_notes(trained) == Notes(("odd", "good"), "q is a letter here")
        await opened(seen)
        await seen.shows("odd good", "q is a letter here")
        await fill(seen, "run-tags", "good")
        await fill(seen, "run-note", "")
        await seen.press("enter")
        await closed(seen)
        assert read_notes(trained) == Notes(("good",))
        await opened(seen)
        await fill(seen, "run-tags", "")
        await seen.press("enter")
        await closed(seen)
        await seen.shows("no tags and no note")
        assert not trained.notes_path.exists()


async def test_esc_leaves_all_as_it_is(trained: RunFolder) -> None:
    change_notes(trained, lambda _: Notes(("odd",)))
    async with watch(trained) as seen:
        await opened(seen)
        await seen.type(" good")
        await seen.press("escape")
        await closed(seen)
    assert read_notes(trained) == Notes(("odd",))


async def test_what_is_no_tag_is_told_in_the_form(trained: RunFolder) -> None:
    change_notes(trained, lambda _: Notes())
    async with watch(trained, size=(80, 24)) as seen:
        await opened(seen)
        await fill(seen, "run-tags", "a,b")
        await seen.press("enter")
        await seen.shows("a tag is a word of 1 to 40 characters")
        assert isinstance(seen.app.screen, NotesDialog)
        await fill(seen, "run-tags", "fine")
        await seen.press("enter")
        await closed(seen)
    assert read_notes(trained) == Notes(("fine",))


@pytest.mark.usefixtures("remarks_stay")
async def test_notes_of_somebody_else_are_neither_markup_nor_escape_codes(trained: RunFolder) -> None:
    trained.notes_path.write_text(json.dumps({"tags": ["[red]x[/red]"], "note": "\x1b[31m[bold]n[/bold]"}))
    async with watch(trained) as seen:
        await opened(seen)
        await seen.shows("[red]x[/red]", "?[31m[bold]n[/bold]")
        await seen.press("enter")
        await closed(seen)
        await seen.shows("[red]x[/red] · ?[31m[bold]n[/bold]")


@pytest.mark.usefixtures("remarks_stay")
async def test_notes_that_cannot_be_read_are_named_and_kept(trained: RunFolder) -> None:
    trained.notes_path.write_bytes(b"{")
    async with watch(trained) as seen:
        await seen.press("#")
        await seen.shows("notes.json cannot be read")
        assert seen.app.screen is seen.screen
    assert trained.notes_path.read_bytes() == b"{"


@pytest.mark.usefixtures("remarks_stay")
async def test_what_is_written_while_the_form_is_open_stays(trained: RunFolder) -> None:
    trained.notes_path.unlink(missing_ok=True)
    change_notes(trained, lambda _: Notes(("odd", "old"), "first"))
    async with watch(trained) as seen:
        await opened(seen)
        change_notes(trained, lambda _: Notes(("odd", "old", "meanwhile"), "another"))
        await fill(seen, "run-tags", "odd new")
        await seen.press("enter")
        await closed(seen)
    assert read_notes(trained) == Notes(("odd", "meanwhile", "new"), "another")
