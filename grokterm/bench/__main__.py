"""`python -m grokterm.bench [--quick] [--json] [--device DEVICE] [--precision PRECISION] [--only NAME]`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from typing import Final

from rich.console import Console

from grokterm.bench import claims, cuda, grok, learning, measures, replicas, start, steps, viewer
from grokterm.bench.curves import print_curves
from grokterm.bench.row import Bench, Row
from grokterm.bench.table import explanations, table
from grokterm.config import Config
from grokterm.errors import ConfigError, GroktermError
from grokterm.kernels.build import build
from grokterm.lab import devices, native
from grokterm.lab.precision import product_for
from grokterm.output import lossy_output
from grokterm.spelling import unknown

FAMILIES: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {
    **steps.ROWS,
    **measures.ROWS,
    **grok.ROWS,
    **replicas.ROWS,
    **viewer.ROWS,
    **start.ROWS,
}
"""The measurements by name; some give several rows."""
ON_REQUEST: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {**learning.ROWS, **claims.ROWS}
"""Those that take long, and are measured only when `--only` names them."""


def chosen(only: str | None, on_cuda: bool = False) -> dict[str, Callable[[Bench], Iterator[Row]]]:
    """Those whose name is `only` or begins with `only/`, or the usual ones; raises ConfigError naming what there is."""
    usual = FAMILIES | cuda.ROWS if on_cuda else FAMILIES
    if only is None:
        return usual
    families = usual | ON_REQUEST
    found = {name: rows for name, rows in families.items() if name == only or name.startswith(f"{only}/")}
    if not found:
        raise ConfigError(unknown("row", only, sorted({name.partition("/")[0] for name in families} | set(families))))
    return found


def machine(config: Config) -> str:
    """Device, precision, threads and torch in one line."""
    found, precision = devices.resolve(config)
    about = devices.describe()
    kernels = ", kernels" if native.knows(product_for(precision)) else ""
    return f"{found}, products in {precision}{kernels}, {about['threads']} threads, torch {about['torch']}"


def measure(only: str | None, quick: bool, as_json: bool, device: str, precision: str) -> None:
    """Run the rows and print them, as JSON one object a row as soon as it is there; raises GroktermError."""
    config = Config().changed({"device": device, "precision": precision})
    found, _ = devices.resolve(config)
    families = chosen(only, found.type == "cuda")
    devices.prepare()
    native.load(build())
    console = Console(stderr=True)
    rows: list[Row] = []
    with console.status("warming up") as status:
        bench = Bench(quick, device, status.update, precision)
        for family in families.values():
            for row in family(bench):
                rows.append(row)
                if as_json:
                    print(json.dumps(row.as_dict()), flush=True)
                elif not console.is_terminal:
                    print(f"{row.name}: {row.ours:.4g} {row.unit}", file=sys.stderr, flush=True)
    if not as_json:
        out = Console()
        out.print(table(rows, machine(config)))
        for line in explanations(rows):
            out.print(line, highlight=False, soft_wrap=True)
        if out.is_terminal:
            print_curves(rows, sys.stdout)


def main(words: list[str]) -> int:
    """Read the options, measure, and give the exit status."""
    parser = argparse.ArgumentParser(prog="grokterm bench", description="How fast grokterm is on this machine.")
    parser.add_argument("--quick", action="store_true", help="fewer seeds, sizes and seconds")
    parser.add_argument("--json", action="store_true", help="one JSON object a row")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:N or mps")
    parser.add_argument("--precision", default="auto", help="auto, float32, bfloat16 or float64")
    parser.add_argument("--only", metavar="NAME", help="one row, or all that begin with NAME/")
    given = parser.parse_args(words)
    try:
        measure(given.only, given.quick, given.json, given.device, given.precision)
    except GroktermError as error:
        print(f"grokterm bench: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    with lossy_output() as output:
        sys.exit(output.status(main(sys.argv[1:])))
