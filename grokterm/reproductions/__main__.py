"""`python -m grokterm.reproductions --runs FOLDER [--out FOLDER]`: makes the scoreboard and the guide's pages anew."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec
from msgspec.structs import replace

from grokterm.errors import GroktermError
from grokterm.guide import FOLDER
from grokterm.output import lossy_output
from grokterm.reproductions.folder import Reproduced, list_reproductions
from grokterm.reproductions.pages import SCOREBOARD, pages, telling
from grokterm.reproductions.registry import reproductions


def main(arguments: list[str] | None = None) -> int:
    """Takes the newest quick reproduction of each preset in a folder of runs; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m grokterm.reproductions", description="Writes the scoreboard.")
    parser.add_argument("--runs", type=Path, required=True, metavar="FOLDER", help="the folder of the runs")
    given = parser.parse_args(arguments)
    try:
        board = newest(given.runs)
    except GroktermError as error:
        print(f"grokterm: {error}", file=sys.stderr)
        return error.exit_status
    SCOREBOARD.write_bytes(msgspec.json.format(msgspec.json.encode(tuple(board.values())), indent=1) + b"\n")
    for name, text in pages(board).items():
        (FOLDER / f"{name}.md").write_text(text, encoding="utf-8")
    missing = [name for name in reproductions() if name not in board]
    print(telling(board).rstrip() if not missing else f"not made yet: {', '.join(missing)}")
    return 0


def newest(home: Path) -> dict[str, Reproduced]:
    """The newest of each preset that has ended, quick ones alone, in the order of the list; raises RunFolderError."""
    found: dict[str, Reproduced] = {}
    for folder in list_reproductions(home):
        about = folder.read()
        if about.quick and about.rows:
            found[about.preset] = replace(about, runs=(), sweeps={})
    return {name: found[name] for name in reproductions() if name in found}


if __name__ == "__main__":
    with lossy_output() as output:
        sys.exit(output.status(main()))
