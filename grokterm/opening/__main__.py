"""`python -m grokterm.opening FILE… --home FOLDER [--settings JSON] [--view JSON] [--map FILE] [--step N]`.

Makes a run of others' weights and prints, in lines of JSON, what became of them.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NoReturn, TextIO

import msgspec

from grokterm.errors import GroktermError
from grokterm.kernels.build import build
from grokterm.loading import let_threads_sleep, without_garbage_collection
from grokterm.opening.report import Message, Recognized
from grokterm.output import lossy_output
from grokterm.runs.folder import runs_home
from grokterm.view_options import ViewOptions


def main(arguments: list[str] | None = None) -> int:
    """Opens files; the exit status. Where it is not 0, nothing is left behind."""
    parser = argparse.ArgumentParser(prog="python -m grokterm.opening", description="Makes a run of others' weights.")
    parser.add_argument("files", type=Path, nargs="+", help="files of weights")
    parser.add_argument("--home", type=Path, required=True, help="the folder of all runs")
    parser.add_argument("--settings", default="{}", help="settings by name, as JSON")
    parser.add_argument("--view", default="{}", help="how the run is shown, as JSON")
    parser.add_argument("--map", type=Path, help="which tensor is which")
    parser.add_argument("--step", type=int, help="the step of the weights")
    given = parser.parse_args(arguments)
    os.umask(0o077)
    before = signal.signal(signal.SIGTERM, _terminated)
    let_threads_sleep()
    try:
        _open(given)
    except GroktermError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    finally:
        signal.signal(signal.SIGTERM, before)
    return 0


def _open(given: argparse.Namespace) -> None:
    kernels = ThreadPoolExecutor(1).submit(build)
    with without_garbage_collection():
        from grokterm.lab import native
        from grokterm.opening.files import read_weights
        from grokterm.opening.making import make_run
        from grokterm.opening.mapped import read_map
        from grokterm.opening.model import model_of

    tell = partial(_tell, sys.stdout)
    wanted = read_map(given.map) if given.map else None
    weights = read_weights(given.files, given.step)
    model = model_of(weights, json.loads(given.settings), wanted)
    steps = tuple(step for step, _ in model.states)
    tell(Recognized(weights.source, model.layout, model.roles, steps))
    native.load(kernels.result())
    view = msgspec.convert(json.loads(given.view), ViewOptions)
    tell(make_run(model, weights.source, runs_home(given.home), view, tell))


def _tell(output: TextIO, message: Message) -> None:
    print(msgspec.json.encode(message).decode(), flush=True, file=output)


def _terminated(*_: object) -> NoReturn:
    sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    with lossy_output() as output:
        sys.exit(output.status(main()))
