from __future__ import annotations

from pathlib import Path

import pytest

from grokterm.cli import main
from grokterm.cli.defaults import config_folder, read_defaults
from grokterm.cli.options import combined, configuration, view
from grokterm.errors import ConfigError


@pytest.fixture
def written(folders: Path) -> Path:
    """Where the user's config.toml belongs."""
    path = config_folder() / "config.toml"
    path.parent.mkdir(parents=True)
    return path


def test_without_a_file_there_are_none() -> None:
    assert read_defaults() == {}


def test_every_kind_of_option_is_a_key(written: Path) -> None:
    written.write_text(
        'p = 53\nwd = 2\ntrain-fraction = 0.4\nbatch_size = "full"\npace = 60\nuntil = 1_000\n'
        'theme = "paper"\nfps = 5\ngraph = "ascii"\nruns = "~/runs"\n'
    )
    own = read_defaults()
    config, options = configuration(own), view(own)
    assert (config.p, config.weight_decay, config.train_fraction, config.until) == (53, 2.0, 0.4, 1000)
    assert (options.theme, options.fps, options.graph, options.color) == ("paper", 5.0, "ascii", "auto")
    assert own["runs"] == Path("~/runs").expanduser()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("wieght_decay = 1", "unknown key 'wieght_decay': choose p, op, "),
        ("p = 2", "--p must be a whole number from 3 to 1,999, not 2"),
        ("p = true", "--p must be a whole number from 3 to 1,999, not True"),
        ("p = [1]", "--p must be a whole number from 3 to 1,999, not [1]"),
        ('fps = "fast"', "--fps must be a number from 1 to 60, not fast"),
        ("p = ", "is not valid TOML"),
        ("\xff", "is not valid TOML"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_file(
    text: str, words: str, written: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError, match=str(written)):
        read_defaults()
    assert main(["runs"]) == 2
    printed = capsys.readouterr().err
    assert words in printed
    assert printed.count("\n") == 1


def test_the_command_line_comes_first(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written.write_text("p = 4\n")
    assert main(["train", "--op", "divide"]) == 2
    assert "4 is not" in capsys.readouterr().err
    assert main(["train", "--op", "divide", "--p", "6"]) == 2
    assert "6 is not" in capsys.readouterr().err


def test_a_group_brings_its_own_p_and_is_refused_another(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written.write_text("p = 59\n")
    defaults = read_defaults()
    assert configuration(combined(defaults, {"op": "s4"})).p == 24
    assert configuration(combined(defaults, {"op": "subtract"})).p == 59
    for command in (["train", "--preset", "s5", "--p", "31"], ["train", "--op", "s5", "--p", "31"]):
        assert main(command) == 2
        assert "--op s5 has 120 elements, so that --p is 120 and not 31" in capsys.readouterr().err


def test_help_does_not_need_it(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written.write_text("p = ")
    assert main(["--help"]) == 0
    assert main(["--version"]) == 0
