from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from grokterm.tui.actions import Action, bindings, groups
from grokterm.tui.sweep.app import SweepApp
from grokterm.tui.sweep.help import sweep_help
from grokterm.tui.sweep.keys import SWEEP_ACTIONS, SWEEP_FOOTER, footer_actions
from grokterm.tui.sweep.screen import SweepScreen
from grokterm.tui.text.footer import keys_line
from grokterm.tui.theme import find_theme
from grokterm.view_options import ViewOptions
from tests.tui.sweep.showing import Filling

PALETTE = find_theme("dusk").palette


def test_ids_and_keys_are_unique() -> None:
    assert len({a.id for a in SWEEP_ACTIONS}) == len({a.key for a in SWEEP_ACTIONS}) == len(SWEEP_ACTIONS)
    keys = [key for binding in bindings(SWEEP_ACTIONS) for key in binding.key.split(",")]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("a", SWEEP_ACTIONS, ids=lambda a: a.id)
def test_every_action_is_a_method_of_the_screen_with_as_many_arguments(a: Action, tmp_path: Path) -> None:
    app = SweepApp(Filling(tmp_path).folder, ViewOptions())
    screen = SweepScreen(app, app.shown)
    bound = [binding for binding in bindings([a]) if re.fullmatch(rf"{a.id}(_\d)?", binding.id or "")]
    assert len(bound) == (4 if a.id == "go_to_pane" else 1)
    for binding in bound:
        name, _, arguments = binding.action.partition("(")
        taken = list(inspect.signature(getattr(screen, f"action_{name}")).parameters)
        assert len(taken) == (len(arguments.rstrip(")").split(",")) if arguments else 0)


def test_the_footer_is_made_from_the_table() -> None:
    assert {a.id for a in SWEEP_ACTIONS if a.rank} == set(SWEEP_FOOTER)
    assert [a.id for a in footer_actions()] == list(SWEEP_FOOTER)
    shown = keys_line(footer_actions(), PALETTE, 200).plain
    assert all((a.footer_key or a.key) in shown for a in footer_actions())
    assert keys_line(footer_actions(), PALETTE, 20).plain.strip().endswith("q quit")


@pytest.mark.parametrize("width", [40, 77, 200])
def test_help_names_every_key_within_its_width(width: int) -> None:
    lines = sweep_help(PALETTE, width).plain.splitlines()
    assert max(map(len, lines)) <= width
    assert {a.key for a in SWEEP_ACTIONS} <= {line.split()[0] for line in lines if line.strip()}
    assert sum(map(len, groups(SWEEP_ACTIONS).values())) == len(SWEEP_ACTIONS)
