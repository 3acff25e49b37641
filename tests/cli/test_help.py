from __future__ import annotations

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Literal

import pytest

from grokterm import __version__
from grokterm.cli import main
from grokterm.cli.commands import COMMANDS, build
from grokterm.cli.options import Option, folder_option, run_options, view_options

ALL = [*run_options().values(), *view_options().values(), folder_option()]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The help page of each command, the words on one line each."""
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "300")
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        for command in ("", *COMMANDS):
            printed = StringIO()
            with redirect_stdout(printed):
                assert main([*command.split(), "--help"]) == 0
            found[command] = printed.getvalue()
    return found


def line(page: str, option: Option) -> str:
    return next(line for line in page.splitlines() if re.search(rf"{option.spelling}\b(?!-)", line))


@pytest.mark.parametrize("option", ALL, ids=lambda option: option.name)
def test_help_tells_each_option_with_its_words_and_default(option: Option, pages: dict[str, str]) -> None:
    said = line(pages[""], option)
    assert option.words in said
    assert f"[default: {option.default}]" in said
    for word in option.choices:
        assert word in said
    for alias in option.aliases:
        assert f"--{alias}" in said


def test_help_is_grouped(pages: dict[str, str]) -> None:
    titles = re.findall(r"╭─ (\w+) ", pages[""])
    assert titles == ["Commands", "Arguments", "Task", "Model", "Loss", "Training", "Machine", "Run", "Screen"]


def test_help_tells_every_command(pages: dict[str, str]) -> None:
    for command in COMMANDS:
        assert re.search(rf"│ {command} +\w", pages[""])
    assert "--install-completion" in pages[""]
    assert "config.toml" in pages[""]


def test_train_has_its_own_defaults_and_no_pace(pages: dict[str, str]) -> None:
    assert "[default: grokked]" in line(pages["train"], run_options()["until"])
    assert "[default: 100,000]" in line(pages["train"], run_options()["max_steps"])
    assert "--pace" not in pages["train"]
    assert "--theme" not in pages["train"]
    assert "--json" in pages["train"]


def test_help_fits_a_narrow_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert main(["--help"]) == 0
    assert max(len(line) for line in capsys.readouterr().out.splitlines()) <= 60


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"{__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_commands_options_and_words(shell: Literal["bash", "zsh", "fish"]) -> None:
    script = build().generate_completion(shell=shell)
    for word in ("attach", "train-fraction", "mlp", "doctor"):
        assert word in script


def test_completion_is_installed_into_the_shells_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    script = tmp_path / "completion.bash"
    assert main(["--install-completion", "--shell", "bash", "--output", str(script)]) == 0
    assert "grokterm" in script.read_text()
