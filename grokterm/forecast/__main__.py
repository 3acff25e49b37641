"""`python -m grokterm.forecast [--runs N] [--workers N] [--keep FILE] [--from FILE]`: makes hazards.npz anew."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from grokterm.errors import GroktermError
from grokterm.forecast.library import LIBRARY, LibraryRun, read, sampled, save, trained
from grokterm.output import lossy_output
from grokterm.processor import cores
from grokterm.sweeper.workers import LocalWorkers, checked

RUNS: Final = 560
SEED: Final = 1
TABLE: Final = Path(__file__).with_name("hazards.npz")


def main(arguments: list[str] | None = None) -> int:
    """Trains the library or reads one that was kept, fits the networks on it, and writes them; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m grokterm.forecast", description="Fits forecasts anew.")
    parser.add_argument("--runs", type=int, default=RUNS, help=f"runs of the library ({RUNS})")
    parser.add_argument("--workers", type=int, default=cores(), help="processes that train (one a core)")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="keep the library's runs in this file")
    parser.add_argument("--from", dest="kept", type=Path, metavar="FILE", help="take the runs that are kept there")
    parser.add_argument("--out", type=Path, default=TABLE, help="where to write (over what comes with grokterm)")
    given = parser.parse_args(arguments)
    try:
        runs = read(given.kept) if given.kept else _trained(given.runs, checked(given.workers), given.keep)
        from grokterm.forecast.fit import fitted_on, write

        write(fitted_on(runs), given.out)
    except GroktermError as error:
        print(f"grokterm: {error}", file=sys.stderr)
        return error.exit_status
    print(f"{given.out}: fitted on {len(runs)} runs")
    return 0


def _trained(count: int, workers: int, keep: Path | None) -> list[LibraryRun]:
    by = LocalWorkers(workers, forks=True)
    try:
        runs = list(trained(sampled(LIBRARY, count, SEED), by, lambda words: print(words, file=sys.stderr)))
    finally:
        by.close(at_once=True)
    if keep is not None:
        save(runs, keep)
    return runs


if __name__ == "__main__":
    with lossy_output() as output:
        sys.exit(output.status(main()))
