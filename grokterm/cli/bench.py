"""`grokterm bench`, in a process of its own: the command line never imports torch."""

from __future__ import annotations

import subprocess
import sys


def measure(quick: bool, as_json: bool, device: str, precision: str, only: str | None) -> int:
    """Measure how fast grokterm is here; prints the table itself, and gives its exit status."""
    command = [sys.executable, "-P", "-m", "grokterm.bench", "--device", device, "--precision", precision]
    command += [flag for flag, wanted in (("--quick", quick), ("--json", as_json)) if wanted]
    command += ["--only", only] if only is not None else []
    return subprocess.run(command, stdin=subprocess.DEVNULL).returncode
