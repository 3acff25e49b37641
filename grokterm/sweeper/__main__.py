"""`python -m grokterm.sweeper FOLDER [--workers N] [--dask ADDRESS] …`: trains what a sweep has still to train."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grokterm.config import Config
from grokterm.errors import GroktermError, first_line
from grokterm.output import lossy_output
from grokterm.plugins.loading import load_arguments, take_arguments
from grokterm.processor import cores
from grokterm.runs.claim import claim
from grokterm.runs.stop_signal import StopSignal
from grokterm.sweeper.coordinator import Coordinator, tell_failure
from grokterm.sweeper.gpus import gpus_for
from grokterm.sweeper.workers import LocalWorkers, Workers
from grokterm.sweeps.folder import SweepFolder


def main(arguments: list[str] | None = None) -> int:
    """Trains a sweep until it is done; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m grokterm.sweeper", description="Trains the runs of a sweep.")
    parser.add_argument("folder", type=Path, help="the sweep folder")
    parser.add_argument("--workers", type=int, metavar="N", help="processes that train: one a GPU, or one a core")
    parser.add_argument("--dask", metavar="ADDRESS", help="workers of a Dask scheduler, tcp://HOST:PORT or local:N")
    take_arguments(parser)
    given = parser.parse_args(arguments)
    os.umask(0o077)
    stop_signal = StopSignal()
    folder = SweepFolder(given.folder.absolute())
    try:
        load_arguments(given)
        plan = folder.plan()
        with claim(folder.process_folder) as claimed:
            try:
                with _workers(given, plan.base) as workers:
                    Coordinator(folder, plan, workers, stop_signal, claimed.check).run()
            except Exception as error:
                if not claimed.lost:
                    tell_failure(folder, plan, str(error) if isinstance(error, GroktermError) else first_line(error))
                raise
    except GroktermError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    except Exception:
        traceback.print_exc()
        return 1
    return 0


@contextmanager
def _workers(given: argparse.Namespace, base: Config) -> Iterator[Workers]:
    if given.dask is None:
        gpus = gpus_for(base)
        yield LocalWorkers(given.workers or len(gpus) or cores(), gpus, forks=True)
        return
    from grokterm.sweeper.dask_workers import dask_workers

    with dask_workers(given.dask) as workers:
        yield workers


if __name__ == "__main__":
    with lossy_output() as output:
        sys.exit(output.status(main()))
