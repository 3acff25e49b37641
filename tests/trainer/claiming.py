"""A process that holds a run folder as a trainer does, looks after it, and does nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grokterm.runs.folder import RunFolder

_CODE = """
import select, sys
from pathlib import Path
from grokterm.errors import FolderLostError
from grokterm.runs.folder import RunFolder
from grokterm.runs.claim import claim
with claim(RunFolder(Path(sys.argv[1]))) as claimed:
    print("held", flush=True)
    looks = sys.argv[2:] == ["looks"]
    try:
        while not select.select([sys.stdin], [], [], claimed.remaining() if looks else None)[0]:
            claimed.check()
    except FolderLostError as error:
        print(error, flush=True)
        sys.exit(error.exit_status)
"""


def holding(path: Path, looks: bool = False) -> list[str]:
    """The command that holds a folder until its standard input ends; with `looks`, until the folder is lost."""
    return [sys.executable, "-c", _CODE, str(path), *(["looks"] if looks else [])]


@contextmanager
def held(folder: RunFolder, looks: bool = False) -> Iterator[subprocess.Popen[str]]:
    """The process that holds the folder; it lets go at the end, unless it ended before."""
    command = holding(folder.path, looks)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        try:
            assert process.stdout.readline() == "held\n"
            yield process
            if process.poll() is None:
                process.stdin.close()
                process.wait(20)
        finally:
            process.kill()
