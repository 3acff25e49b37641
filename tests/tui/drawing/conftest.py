"""What drawings are tested with."""

from __future__ import annotations

import pytest

from grokterm.tui.theme import Palette, find_theme


@pytest.fixture(scope="session")
def dusk() -> Palette:
    return find_theme("dusk").palette


@pytest.fixture(scope="session")
def mono() -> Palette:
    return find_theme("mono").palette
