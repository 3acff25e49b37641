from __future__ import annotations

from pathlib import Path

import pytest

from grokterm.errors import RunFolderError
from grokterm.tui.terminal.screenshot import save_screenshot, self_contained


def test_nothing_is_written_over(tmp_path: Path) -> None:
    first, second = (save_screenshot(text, "run", [tmp_path]) for text in ("a", "b"))
    assert (first.read_text(), second.read_text()) == ("a", "b")
    assert [p.name for p in (first, second)] == ["run.svg", "run-2.svg"]


def test_the_next_folder_is_taken_where_one_cannot_be_written_to(tmp_path: Path) -> None:
    assert save_screenshot("a", "run", [tmp_path / "missing", tmp_path]).parent == tmp_path
    with pytest.raises(RunFolderError, match="no screenshot was saved"):
        save_screenshot("a", "run", [tmp_path / "missing"])


def test_a_picture_reaches_for_nothing_on_the_net() -> None:
    svg = '<svg><!-- made by\nsomebody --><style>\n@font-face { src: url("x") }\n.a { fill: #fff }</style></svg>'
    assert self_contained(svg) == "<svg><style>\n.a { fill: #fff }</style></svg>"
