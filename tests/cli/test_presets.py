from __future__ import annotations

import json

import pytest

from grokterm.cli import main
from grokterm.cli.options import configuration
from grokterm.presets import PRESETS, preset_values
from tests.cli.terminals import run_here


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_a_configuration(name: str) -> None:
    config = configuration(preset_values(name))
    assert {key: getattr(config, key) for key in PRESETS[name].values} == dict(PRESETS[name].values)


def test_blink_groks_and_an_option_goes_before_it() -> None:
    done = run_here("train", "--preset", "blink", "--log-every", "4", "--max-steps", "100", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["test_accuracy"] >= 0.99
    assert told["step"] % 4 == 0


@pytest.mark.parametrize("command", [["--preset", "blnk"], ["train", "--preset", "blnk"]])
def test_an_unknown_preset_is_answered_with_the_nearest(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command) == 2
    said = capsys.readouterr().err
    known = ", ".join(PRESETS)
    assert f"unknown preset 'blnk': choose {known}; did you mean blink?" in said


def test_an_unknown_row_of_the_benchmark_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--only", "speed"]) == 2
    assert "unknown row 'speed'" in capfd.readouterr().err
