"""Private names of Textual that the viewer uses: all are known, each stands in one module, and Textual has them."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from pkgutil import walk_packages
from queue import Queue
from typing import Any, Final, get_args

import pytest
from packaging.requirements import Requirement
from textual._widget_navigation import Direction
from textual.app import App
from textual.command import CommandPalette
from textual.content import Content
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import OptionList

from grokterm import tui

USED: Final[dict[type, set[str]]] = {
    App: {"_close_messages_no_wait", "_driver", "_fatal_error", "_handle_exception"},
    Screen: {"_refresh_layout"},
    OptionList: {"_index_to_line", "_lines", "_move_page"},
    CommandPalette: {"_action_command_list"},
    LinuxDriver: {
        *("_file", "_get_terminal_size", "_in_band_window_resize", "_must_signal_resume"),
        *("_run_input_thread", "_sigcont_application", "_size", "_writer_thread"),
    },
    WriterThread: {"_queue"},
    Widget: {"_border_title"},
}
"""By the class that has them."""
MODULES: Final = {"textual._widget_navigation", "textual.drivers._writer_thread"}
SIGNATURES: Final = {
    "_refresh_layout": "(self, size: 'Size | None' = None, scroll: 'bool' = False)",
    "_move_page": "(self, direction: '_widget_navigation.Direction')",
    "_action_command_list": "(self, action: 'str')",
    "_handle_exception": "(self, error: 'Exception')",
    "_close_messages_no_wait": "(self)",
    "_fatal_error": "(self)",
    "_get_terminal_size": "(self)",
    "_run_input_thread": "(self)",
    "_sigcont_application": "(self, *_)",
}
"""Arguments of the methods that are overridden or called."""


@cache
def sources(module: str) -> dict[str, str]:
    """The source of each class of a module, parsed once: `inspect` would parse it anew for each of them."""
    text = inspect.getsource(importlib.import_module(module))
    lines = text.splitlines()
    return {name: "\n".join(lines[node.lineno - 1 : node.end_lineno]) for name, node in classes(ast.parse(text))}


def classes(tree: ast.AST, within: str = "") -> Iterator[tuple[str, ast.ClassDef]]:
    """The classes in a piece of code with their qualified names, those in classes too."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield f"{within}{node.name}", node
            yield from classes(node, f"{within}{node.name}.")
        elif isinstance(node, ast.If | ast.Try):
            yield from classes(node, within)


@cache
def of_textual(owner: type) -> str:
    """The source of a class and of its bases, as far as they are Textual's."""
    return "\n".join(
        sources(base.__module__)[base.__qualname__] for base in owner.__mro__ if base.__module__.startswith("textual")
    )


@cache
def private_names_of(owner: type) -> frozenset[str]:
    """The private names that objects of a class of Textual have."""
    return frozenset(re.findall(r"(?:self\.|def |^    )(_\w*)", of_textual(owner), re.MULTILINE))


def has(owner: type, name: str) -> bool:
    """Whether objects of a class of Textual have a private name."""
    return name in private_names_of(owner)


def modules() -> Iterator[Any]:
    """All modules of the viewer."""
    for found in walk_packages(tui.__path__, f"{tui.__name__}."):
        yield importlib.import_module(found.name)


def private_names(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, bool]]:
    """The private names of a piece of code: methods and attributes, and whether each is one of `self`."""
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            name, own = node.name, True
        elif isinstance(node, ast.Attribute):
            name, own = node.attr, isinstance(node.value, ast.Name) and node.value.id == "self"
        else:
            continue
        if name.startswith("_") and not name.endswith("__"):
            yield name, own


@cache
def used() -> dict[str, set[str]]:
    """The modules in which each private name stands that the viewer's code shares with a class of Textual."""
    found: dict[str, set[str]] = defaultdict(set)
    known = set().union(*USED.values())
    for module in modules():
        nodes = list(ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))))
        for name, own in private_names(nodes):
            if not own and name in known:
                found[name].add(module.__name__)
        for node in nodes:
            if isinstance(node, ast.ImportFrom) and re.match(r"textual\b.*\._", node.module or ""):
                found[node.module or ""].add(module.__name__)
            owner = getattr(module, node.name, None) if isinstance(node, ast.ClassDef) else None
            if isinstance(owner, type) and of_textual(owner):
                for name in {name for name, own in private_names(ast.walk(node)) if own and has(owner, name)}:
                    found[name].add(module.__name__)
    return found


def test_all_private_names_that_are_used_are_known() -> None:
    assert used().keys() == set().union(*USED.values()) | MODULES


def test_each_stands_in_one_module() -> None:
    assert {name: places for name, places in used().items() if len(places) > 1} == {}


@pytest.mark.parametrize(("owner", "name"), [(owner, name) for owner, names in USED.items() for name in sorted(names)])
def test_textual_has_it(owner: type, name: str) -> None:
    assert has(owner, name)
    if name in SIGNATURES:
        assert (
            str(inspect.signature(getattr(owner, name)).replace(return_annotation=inspect.Signature.empty))
            == (SIGNATURES[name])
        )


def test_what_is_not_a_method_is_as_it_is_used() -> None:
    assert get_args(Direction) == (-1, 1)
    thread = WriterThread(StringIO())
    assert isinstance(thread._queue, Queue)
    options = OptionList("one", "two")
    assert isinstance(options._lines, list)
    assert isinstance(options._index_to_line, dict)
    assert App()._driver is None
    widget = Widget()
    assert widget._border_title is None
    widget.border_title = "title"
    assert isinstance(widget._border_title, Content)


def test_releases_that_may_have_others_are_not_installed() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = next(Requirement(line) for line in project["dependencies"] if line.startswith("textual"))
    assert needed.specifier.contains("8.99")
    assert not needed.specifier.contains("9.0")
    assert needed.specifier.contains(version("textual"))
