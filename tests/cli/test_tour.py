"""What `grokterm tour` refuses, and that nothing is made then."""

from __future__ import annotations

from pathlib import Path

import pytest

from grokterm.cli import main
from grokterm.tour.chapters import CHAPTERS


@pytest.mark.parametrize("chapter", ["0", "9", "-1", "two", "1.5", "", "²", "1000000000000"])
def test_other_chapters_are_refused_in_a_sentence(
    chapter: str, folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tour", "--", chapter]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == f"grokterm: the tour has chapters 1 to 8, not {chapter or 'nothing'}\n"
    assert not folders.exists()


def test_without_a_terminal_it_says_what_needs_none(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tour"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("grokterm: the screen needs a terminal")
    assert said.count("\n") == 1
    assert not folders.exists()


def test_the_help_counts_the_chapters(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tour", "--help"]) == 0
    assert f"A chapter by its number, 1 to {len(CHAPTERS)}." in " ".join(capsys.readouterr().out.split()).replace(
        "│ ", ""
    )
