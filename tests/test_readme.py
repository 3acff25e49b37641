"""README says what the product does: its tables are made from the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from grokterm.tui.actions import ACTIONS, Action
from grokterm.tui.sweep.keys import SWEEP_ACTIONS
from grokterm.tui.theme import load_themes

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("mark", "actions"), [("keys", ACTIONS), ("sweep keys", SWEEP_ACTIONS)])
def test_the_keys_are_those_of_the_table(mark: str, actions: tuple[Action, ...]) -> None:
    between = re.search(rf"<!-- {mark} -->\n(.*?)\n<!-- /{mark} -->", README, re.DOTALL)
    assert between is not None
    rows = [f"| `{action.key}` | {action.words} |" for action in actions]
    assert between[1].strip().splitlines() == ["| key | what it does |", "|---|---|", *rows]


def test_every_theme_is_named() -> None:
    between = re.search(r"`T` cycles them: (.*?), all in \[themes\]", README, re.DOTALL)
    assert between is not None
    assert re.findall(r"`([\w-]+)`", between[1])[0] == "dusk"
    assert set(re.findall(r"`([\w-]+)`", between[1])) == set(load_themes())
    assert len(load_themes()) >= 7


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_links_lead_somewhere(link: str) -> None:
    assert (ROOT / link).exists()
