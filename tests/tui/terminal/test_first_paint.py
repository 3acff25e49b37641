from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from grokterm.config import Config
from grokterm.tui.terminal.first_paint import first_line, first_paint


@pytest.mark.parametrize("columns", [0, 5, 10, 28, 40, 80, 200])
def test_the_first_line_fits(columns: int) -> None:
    line = first_line(Config(), columns)
    assert len(line) <= columns
    assert columns < 28 or line.startswith(" grokterm · a + b mod 97")


def test_what_fails_while_loading_leaves_the_terminal_as_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(ImportError), first_paint(Config()):
        raise ImportError("of no use")
    written = capfd.readouterr().err
    assert written.index("\x1b[?1049h") < written.index("a + b mod 97") < written.index("\x1b[?1049l")
    assert written.endswith("\x1b[?25h")
    assert signal.getsignal(signal.SIGTERM) is before


def test_it_needs_nothing_that_is_slow_to_load() -> None:
    code = (
        "import sys, grokterm.tui.terminal.first_paint; print(sorted({'textual', 'numpy', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
