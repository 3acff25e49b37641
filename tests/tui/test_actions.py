from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
from textual.binding import Binding

from grokterm.guide import read_page
from grokterm.runs.folder import create_run
from grokterm.tui.actions import ACTIONS, FOOTER_ORDER, action, bindings, groups
from grokterm.tui.app import GrokApp
from grokterm.tui.dialogs.help import help_text
from grokterm.tui.screens.watch import WatchScreen
from grokterm.tui.text.phases import CIRCUIT_MEANINGS, MEANINGS
from grokterm.tui.theme import find_theme
from grokterm.view_options import ViewOptions
from tests.tui.watching import TINY


def test_ids_and_keys_are_unique() -> None:
    assert len({a.id for a in ACTIONS}) == len(ACTIONS)
    assert len({a.key for a in ACTIONS}) == len(ACTIONS)
    assert len({b.id for b in bindings()}) == len(bindings())


def test_no_key_that_terminals_or_multiplexers_take() -> None:
    taken = {"ctrl+h", "ctrl+i", "ctrl+j", "ctrl+m", "ctrl+a", "ctrl+b", "ctrl+z"}
    assert not taken & {b.key for b in bindings()}


def built(folder: Path) -> WatchScreen:
    return WatchScreen(GrokApp(create_run(TINY, ViewOptions(), folder), ViewOptions()))


def test_every_key_of_the_table_is_bound_on_the_screen(tmp_path: Path) -> None:
    bound = [binding for binding in built(tmp_path).BINDINGS if isinstance(binding, Binding)]
    assert {binding.action for binding in bindings()} < {binding.action for binding in bound}


def test_every_action_is_a_method_of_the_screen_with_as_many_arguments(tmp_path: Path) -> None:
    screen = built(tmp_path)
    for a in ACTIONS:
        bound = [binding for binding in bindings() if re.fullmatch(rf"{a.id}(_\d)?", binding.id or "")]
        assert len(bound) == (9 if a.id == "go_to_pane" else 1)
        for binding in bound:
            name, _, arguments = binding.action.partition("(")
            taken = inspect.signature(getattr(screen, f"action_{name}")).parameters
            assert len(taken) == (len(arguments.rstrip(")").split(",")) if arguments else 0), binding.action


def test_help_names_every_key() -> None:
    shown = [line.split(None, 1) for line in help_text(find_theme("dusk").palette, 200).plain.splitlines()]
    for a in ACTIONS:
        assert [a.key, a.words] in shown
    assert sum(len(found) for found in groups().values()) == len(ACTIONS)


def test_the_footer_is_made_from_the_table() -> None:
    assert {a.id for a in ACTIONS if a.rank} == set(FOOTER_ORDER)
    assert all(action(name).rank for name in FOOTER_ORDER)


@pytest.mark.parametrize("width", [30, 60, 77, 120])
def test_help_keeps_to_its_width(width: int) -> None:
    assert max(len(line) for line in help_text(find_theme("dusk").palette, width).plain.splitlines()) <= width


@pytest.mark.parametrize("width", [40, 77])
def test_the_help_says_why_both_kinds_of_phases_have_steps_of_their_own(width: int) -> None:
    told = " ".join(help_text(find_theme("dusk").palette, width).plain.split())
    assert all(f"{meaning}." in told for meaning in (*MEANINGS.values(), *CIRCUIT_MEANINGS.values()))
    assert "wait until accuracy passes a threshold" in told
    assert "read from losses and weights" in told
    assert "clean-up may begin before Grokked or after it" in told


def test_the_guide_says_so_too() -> None:
    page = " ".join(read_page("phases").text.split())
    assert "waits for thresholds of test accuracy; the second is read from losses and weights" in page
