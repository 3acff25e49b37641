"""The locale as the doctor tells it: what the environment says, and not what Python makes of it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.patience import PATIENCE

LOCALE = ("LC_ALL", "LC_CTYPE", "LANG")
TOLD = """
import os
from grokterm.cli.terminal_locale import terminal_locale
print(*terminal_locale(os.environ))
"""
DOCTOR = """
import sys
from grokterm.cli import doctor, main
doctor.machine_checks = list
sys.exit(main(["doctor"]))
"""
"""The doctor, who does not ask torch about the machine."""


def environment(values: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in (*LOCALE, "PYTHONUTF8")}
    return kept | values


def told(**values: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", TOLD],
        env=environment(values),
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"LC_ALL": "C"}, "LC_ALL=C"),
        ({"LC_ALL": "POSIX"}, "LC_ALL=POSIX"),
        ({"LC_ALL": "C", "LANG": "C.UTF-8"}, "LC_ALL=C"),
        ({"LC_ALL": "de_DE.ISO-8859-1"}, "LC_ALL=de_DE.ISO-8859-1"),
        ({"LANG": "C"}, "LANG=C"),
        ({"LC_CTYPE": "C", "LANG": "en_US.UTF-8"}, "LC_CTYPE=C"),
        ({"LANG": "C", "PYTHONUTF8": "0"}, "LANG=C"),
        ({}, "LC_ALL, LC_CTYPE, LANG not set"),
    ],
)
def test_a_locale_that_is_not_utf8_is_told_as_it_is_whatever_python_makes_of_it(
    values: dict[str, str], words: str
) -> None:
    assert told(**values) == f"{words} False"


@pytest.mark.parametrize(
    "values",
    [
        {"LC_ALL": "C.UTF-8"},
        {"LC_ALL": "en_US.UTF-8"},
        {"LC_ALL": "", "LC_CTYPE": "C.UTF-8"},
        {"LANG": "de_DE.utf8@euro"},
        {"LC_CTYPE": "UTF-8", "LANG": "C"},
    ],
)
def test_a_locale_of_utf8_is_good(values: dict[str, str]) -> None:
    name = next(name for name in LOCALE if values.get(name))
    assert told(**values) == f"{name}={values[name]} True"


@pytest.mark.parametrize(("value", "words"), [("C", "the terminal may not show UTF-8"), ("C.UTF-8", "--graph block")])
def test_the_doctor_tells_it(value: str, words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DOCTOR],
        env=environment({"LC_ALL": value}),
        capture_output=True,
        timeout=PATIENCE,
        check=True,
    )
    line = next(line for line in done.stdout.decode().splitlines() if " locale " in line)
    assert f"LC_ALL={value}" in line
    assert words in line
