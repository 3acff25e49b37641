"""The guide: every view has a page, every page has the same parts, and what it names exists."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from cyclopts import App
from rich.console import Console
from textual.binding import Binding

from grokterm.analysis.pictures import PICTURES
from grokterm.cli import main
from grokterm.cli.commands import COMMANDS, build
from grokterm.cli.options import Option, folder_option, read, run_options, view_options
from grokterm.errors import GuideError
from grokterm.guide import FOLDER, GROUPS, LINK, chapters, find_page, number_of, page_names, read_page, view_pages
from grokterm.guide.drawing import PageMarkdown, page_theme
from grokterm.plugins.loading import load_file
from grokterm.runs.share import read_line
from grokterm.spelling import is_shared_run
from grokterm.tui.actions import ACTIONS
from grokterm.tui.views.catalogue import views
from tests.own import unloading, write_examples

EXPLAINED = [name for kept in view_pages().values() for name in kept] + ["panes"]
"""Pages about something that is seen; the others tell a story of their own."""
PARTS = [
    "What it shows",
    "How to read it",
    "What is normal",
    "When it looks wrong",
    "Where it does not apply",
    "Keys",
    "Source",
]
KEYS = {a.key for a in ACTIONS} | {"esc"}
CODE = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
CODE_BLOCK = re.compile(r"^```(?:python|toml)\n(.*?)^```", re.MULTILINE | re.DOTALL)
"""Code, which no shell runs and in which marks of Markdown are none."""


def commands(text: str) -> list[str]:
    """Every shell command on a page, inline or in a block."""
    inline = [code for code in CODE.findall(FENCE.sub("", text)) if code.startswith("grokterm")]
    return inline + [
        line for block in FENCE.findall(CODE_BLOCK.sub("", text)) for line in block.splitlines() if line.strip()
    ]


def test_every_view_has_its_page_and_number() -> None:
    assert [number_of(name) for name in EXPLAINED[:-1]] == list(range(1, len(EXPLAINED)))
    for number, view in views().items():
        assert number_of(view.name) == number
        assert (view.number, view.title) == (number, read_page(view.name).title)
        assert view.name in view_pages()[view.group]
        assert view.name in page_names()


@pytest.mark.parametrize("group", GROUPS)
def test_the_places_of_a_group_are_counted(group: str) -> None:
    places = [read_page(name).place for name in view_pages()[group]]
    assert places == list(range(1, len(places) + 1))
    assert places


def test_every_picture_has_a_page() -> None:
    assert PICTURES.keys() - {"table", "task", "coordinates"} <= set(page_names())  # the board's: on panes and parity


def test_all_pages_are_listed_in_order() -> None:
    assert page_names()[:2] == ["grokking", "panes"]
    assert set(EXPLAINED) <= set(page_names())
    assert sorted(page_names()) == sorted(path.stem for path in FOLDER.glob("*.md"))
    assert len(page_names()) == len(set(page_names()))
    assert list(chapters())[:3] == ["Overview", "The screen", "Training"]


@pytest.mark.parametrize("name", EXPLAINED)
def test_every_page_has_the_same_parts(name: str) -> None:
    page = read_page(name)
    assert re.match(r"# \S", page.text)
    assert re.findall(r"^## (.+)$", page.text, re.MULTILINE) == PARTS
    assert 10 < len(page.summary) <= 56  # a line of the list on 80 columns
    assert 150 <= len(page.text.split()) <= 420
    normal = page.text.partition("## What is normal\n")[2].partition("\n## ")[0]
    assert re.findall(r"^- \*\*(\w+):\*\*", normal, re.MULTILINE) == ["Before", "During", "After"]
    source = page.text.partition("## Source\n")[2]
    assert "arXiv:" in source


def test_links_lead_to_pages() -> None:
    for name in page_names():
        text = read_page(name).text
        assert {target for _, target in LINK.findall(text)} <= set(page_names())
        others = re.findall(r"\]\(([^)]+)\)", LINK.sub("", text))
        assert [target for target in others if not target.startswith("https://")] == []


@pytest.mark.parametrize("name", page_names())
def test_no_mark_of_markdown_is_left(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["guide", name]) == 0
    printed = capsys.readouterr().out
    for code in CODE_BLOCK.findall(read_page(name).text):
        lines = [f"  {line}" if line else "" for line in code.splitlines()]
        assert "\n".join(lines) in printed  # as it stands, so that it can be copied
        printed = printed.replace("\n".join(lines), "")
    for mark in ("](", "**", " *", "* ", "`", "##"):
        assert mark not in printed


@pytest.mark.parametrize("name", ["grokking", *EXPLAINED])
def test_keys_and_options_exist(name: str) -> None:
    text = FENCE.sub("", read_page(name).text)
    known = {spelling for option in [*run_options().values(), *view_options().values(), folder_option()]
             for spelling in (option.spelling, *("--" + alias for alias in option.aliases))}  # fmt: skip
    seen = name in {"grokking", "panes", *(view.name for view in views().values())}
    for code in CODE.findall(text):
        first, _, rest = code.partition(" ")
        if first.startswith("--"):
            assert first in known
            read({option.name: rest for option in run_options().values() if rest and first in spelled(option)})
        elif first != "grokterm" and seen:
            assert code in KEYS | own_keys(name)


def own_keys(name: str) -> set[str]:
    """Keys that a view has beside arrows."""
    view = next((view for view in views().values() if view.name == name), None)
    bindings = [binding for binding in view.BINDINGS if isinstance(binding, Binding)] if view else []
    return {key for binding in bindings for key in binding.key.split(",")}


def test_keys_are_told_where_they_do_something() -> None:
    for view in views().values():
        keys = read_page(view.name).text.partition("## Keys\n")[2].partition("\n## ")[0].lower()
        assert ("`m` marks" in keys) == view.compares
        for chooser in view.choosers:
            assert chooser.keys.replace(" ", " and ") in keys
        assert view.choosers or view.name == "ablation" or "choose" not in keys


@pytest.fixture
def plugins_of_the_guide(tmp_path: Path) -> Iterator[None]:
    """The plugins that commands of the guide name."""
    with unloading():
        for path in write_examples(tmp_path).values():
            load_file(path)
        yield


def spelled(option: Option) -> set[str]:
    """All spellings of an option."""
    return {option.spelling, *("--" + alias for alias in option.aliases)}


def by_command() -> dict[str | None, list[list[str]]]:
    """The words of every line of the guide by the command that they call; None for the screen."""
    found: dict[str | None, list[list[str]]] = {}
    for line in sorted({line for name in page_names() for line in commands(read_page(name).text)}):
        words = [word for word in shlex.split(line, comments=True) if word not in ("PAGE", "VIEW")]
        found.setdefault(next((word for word in words[1:2] if word in COMMANDS), None), []).append(words)
    return found


@pytest.mark.parametrize("only", by_command(), ids=str)
def test_every_command_can_be_run(only: str | None, plugins_of_the_guide: None) -> None:
    app = build(only)
    for words in by_command()[only]:
        try:
            check_words(app, words)
        except Exception as error:
            error.add_note(shlex.join(words))
            raise


def check_words(app: App, words: list[str]) -> None:
    """Reads a line as a shell hands it over, and its settings."""
    assert words[0] == "grokterm"
    assert words[1:2] == [] or words[1] in COMMANDS or words[1].startswith("--") or read_line(words[1])
    assert [read_line(word) for word in words if is_shared_run(word)] or not any("grok1:" in word for word in words)
    command, bound, _ = app.parse_args(words[1:], print_error=False, exit_on_error=False)
    given = {name: value for name, value in bound.kwargs.items() if name in run_options() and value is not None}
    read(given)
    assert callable(command)


@pytest.mark.parametrize("given", ["logit_spectrum", "logit-spectrum", "LOGIT_SPECTRUM", " 7 "])
def test_a_page_is_found_by_name_and_number(given: str) -> None:
    assert find_page(given).name == "logit_spectrum"


def test_an_unknown_page_is_one_sentence_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(GuideError, match=r"^unknown page 'circels': did you mean circles\? grokterm guide lists all"):
        find_page("circels")
    for name in ("circels", "0", str(len(EXPLAINED)), "../grokking", "", "x" * 5000):
        assert main(["guide", name]) == 2
        error = capsys.readouterr().err
        assert error.startswith("grokterm: unknown page")
        assert error.count("\n") == 1


@pytest.mark.parametrize("width", ["20", "80", "200"])
def test_a_page_is_printed_plain_where_it_is_piped(
    width: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    assert main(["guide", "circles"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("Circles\n")
    assert "\x1b" not in printed
    assert "](" not in printed
    assert "**" not in printed
    for part in PARTS:
        assert part in " ".join(printed.split())
    assert max(len(line) for line in printed.splitlines()) <= min(int(width), 88)


def test_without_a_page_all_are_listed_and_the_overview_begins(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    assert main(["guide"]) == 0
    printed = capsys.readouterr().out
    places = [re.search(rf"^ *(\d+)? +{name}  ", printed, re.MULTILINE) for name in page_names()]
    assert all(places)
    assert [place.start() for place in places if place] == sorted(place.start() for place in places if place)
    assert read_page("grokking").title in printed
    assert "grokterm guide grokking" in printed


def test_what_a_page_says_is_never_read_as_markup() -> None:
    text = "# A [bold]page[/bold]\n\nIt says [red]x[/] and `[/nothing]` and [link=a]b[/link].\n"
    console = Console(file=StringIO(), width=80, theme=page_theme())
    console.print(PageMarkdown(text))
    assert isinstance(console.file, StringIO)
    lines = [line.rstrip() for line in console.file.getvalue().splitlines()]
    assert lines == ["A [bold]page[/bold]", "It says [red]x[/] and [/nothing] and [link=a]b[/link]."]
