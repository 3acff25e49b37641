from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from grokterm.config import Config
from grokterm.runs.folder import RunFolder
from grokterm.tui.app import GrokApp
from grokterm.tui.terminal.first_paint import early_signal, first_line, first_paint
from grokterm.view_options import ViewOptions


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


class LastWords:
    """Asks this process to end while something is finalized, where no exception gets out."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        for _ in range(100):
            pass


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_amid_a_finalizer_is_remembered() -> None:
    with first_paint(Config()):
        assert early_signal() is None
        LastWords()
        assert early_signal() == signal.SIGTERM
    with first_paint(Config()):
        assert early_signal() is None


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_viewer_leaves_when_it_hears_of_it(trained: RunFolder) -> None:
    with first_paint(Config()):
        LastWords()
        outcome = GrokApp(trained, ViewOptions()).run(headless=True)
    assert (outcome.left, outcome.exit_status) == ("terminated", 128 + signal.SIGTERM)
    with first_paint(Config()):
        pass


def test_it_needs_nothing_that_is_slow_to_load() -> None:
    code = (
        "import sys, grokterm.tui.terminal.first_paint; print(sorted({'textual', 'numpy', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
