"""`python -m tests.attack [NAME…] [--minutes M] [--tries N] [--seed S]`: what was tried, and what went wrong."""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from itertools import islice

from tests.attack import ATTACKS

os.environ["OMP_NUM_THREADS"] = "1"  # a fork waits for ever for the threads that torch had before it


def main(words: list[str] | None = None) -> int:
    """Runs the attacks one after the other and prints a row for each; 1 where one found a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description="Attacks on grokterm.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(ATTACKS)}; all where none is given")
    parser.add_argument("--minutes", type=float, default=1.0, help="for all of them together")
    parser.add_argument("--tries", type=int, help="at most so many of each")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(words)
    names = given.names or list(ATTACKS)
    if unknown := set(names) - set(ATTACKS):
        parser.error(f"unknown attack {min(unknown)}: choose of {', '.join(ATTACKS)}")
    faults = 0
    rows = []
    for name in names:
        deadline = time.monotonic() + 60 * given.minutes / len(names)
        tried, found = 0, 0
        for fault in islice(ATTACKS[name](random.Random(f"{name} {given.seed}"), deadline), given.tries):
            tried += 1
            if fault:
                found += 1
                print(f"{name} {tried}: {fault}", file=sys.stderr, flush=True)
        faults += found
        rows.append(f"| {name} | {tried:,} | {found:,} |")
    print("\n".join(["| attack | tried | faults |", "|---|---|---|", *rows]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
