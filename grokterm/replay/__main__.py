"""`python -m grokterm.replay FOLDER [--to STEP]`: trains a run again and prints, in lines of JSON, where it differs."""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from typing import TextIO

import msgspec

from grokterm.errors import GroktermError, first_line
from grokterm.kernels.build import build
from grokterm.loading import let_threads_sleep, without_garbage_collection
from grokterm.output import lossy_output
from grokterm.plugins.loading import load_arguments, place_in_plugin, take_arguments
from grokterm.replay.report import Message
from grokterm.runs.folder import RunFolder

DIFFERS = 1
"""Exit status when something is not, bit by bit, what was written."""


def main(arguments: list[str] | None = None) -> int:
    """Repeats the run of a folder without writing anything; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m grokterm.replay", description="Trains a run again and compares.")
    parser.add_argument("folder", type=Path, help="the run folder")
    parser.add_argument("--to", type=int, metavar="STEP", help="repeat it to this step")
    take_arguments(parser)
    given = parser.parse_args(arguments)
    tell = partial(_tell, sys.stdout)
    let_threads_sleep()
    kernels = ThreadPoolExecutor(1).submit(build)
    try:
        with without_garbage_collection():
            from grokterm.lab import native
            from grokterm.replay.replayer import Replayer

        native.load(kernels.result())
        with redirect_stdout(sys.stderr):  # what a plugin prints is no message
            load_arguments(given)
            report = Replayer(RunFolder(given.folder.absolute()), given.to).run(tell)
    except GroktermError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    except Exception as error:
        place = place_in_plugin(error)
        if not place:
            raise
        print(f"the plugin failed in {place}: {type(error).__name__}: {first_line(error)}", file=sys.stderr)
        return GroktermError.exit_status
    tell(report)
    return 0 if report.agrees else DIFFERS


def _tell(output: TextIO, message: Message) -> None:
    print(msgspec.json.encode(message).decode(), flush=True, file=output)


if __name__ == "__main__":
    with lossy_output() as output:
        sys.exit(output.status(main()))
