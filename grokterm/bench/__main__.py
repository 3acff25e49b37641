"""`python -m grokterm.bench [--quick [--seconds N]] [--json] [--device NAME] [--precision NAME] [--only NAME]`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from rich.console import Console

from grokterm.bench import (
    claims,
    cuda,
    forecast,
    forecast_changes,
    grok,
    learning,
    limit,
    measures,
    replicas,
    start,
    steps,
    sweeps,
    viewer,
    watchman,
)
from grokterm.bench.budget import QUICK_SECONDS, Budget, LeftOutError
from grokterm.bench.curves import print_curves
from grokterm.bench.row import Bench, Row
from grokterm.bench.table import explanations, heading, line
from grokterm.config import Config
from grokterm.errors import ConfigError, GroktermError
from grokterm.kernels.build import build
from grokterm.lab import devices, native
from grokterm.lab.precision import product_for
from grokterm.output import lossy_output
from grokterm.spelling import unknown

FAMILIES: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {
    **steps.ROWS,
    **limit.ROWS,
    **measures.ROWS,
    **replicas.ROWS,
    **viewer.ROWS,
    **start.ROWS,
    **grok.ROWS,
}
"""The measurements by name; some give several rows. Those that can use whatever time the others leave come last."""
ON_REQUEST: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {
    **learning.ROWS,
    **claims.ROWS,
    **watchman.ROWS,
    **forecast.ROWS,
    **forecast_changes.ROWS,
    **sweeps.ROWS,
}
"""Those that take long, and are measured only when `--only` names them."""


def chosen(only: str | None, on_cuda: bool = False) -> dict[str, Callable[[Bench], Iterator[Row]]]:
    """Those whose name begins with `only`, or the usual ones; raises ConfigError naming what there is."""
    usual = FAMILIES | cuda.ROWS if on_cuda else FAMILIES
    if only is None:
        return usual
    families = usual | ON_REQUEST
    found = {name: rows for name, rows in families.items() if only and name.startswith(only)}
    if not found:
        raise ConfigError(unknown("row", only, sorted({name.partition("/")[0] for name in families} | set(families))))
    return found


def machine(config: Config) -> str:
    """Device, precision, threads and torch in one line."""
    found, precision = devices.resolve(config)
    about = devices.describe()
    kernels = ", kernels" if native.has_product(product_for(precision)) else ""
    return f"{found}, products in {precision}{kernels}, {about['threads']} threads, torch {about['torch']}"


def measured(families: Mapping[str, Callable[[Bench], Iterator[Row]]], bench: Bench) -> Iterator[Row]:
    """The rows of all families as they come; one that has no time, or nothing to measure with, says why it has none."""
    names = list(families)
    for at, name in enumerate(names):
        try:
            bench.budget.open(names[at:])
            yield from families[name](bench)
        except (LeftOutError, TimeoutError) as error:
            yield Row.left_out(name, str(error))


def measure(only: str | None, bench: Bench, as_json: bool) -> None:
    """Run the rows and print each as soon as it is there, as a line of a table or of JSON; raises GroktermError."""
    config = bench.config()
    found, _ = devices.resolve(config)
    families = chosen(only, found.type == "cuda")
    devices.prepare()
    native.load(build())
    out, rows = Console(), []
    if not as_json:
        out.print(machine(config), highlight=False, soft_wrap=True)
        out.print(heading(), soft_wrap=True)
    with Console(stderr=True).status("warming up") as status:
        bench.say = status.update
        for row in measured(families, bench):
            rows.append(row)
            # While it is shown, what is printed goes where it stands, and not to where output was sent.
            status.stop()
            if as_json:
                print(json.dumps(row.as_dict()), flush=True)
            else:
                out.print(line(row), soft_wrap=True)
                out.file.flush()
            status.start()
    if not as_json:
        out.print()
        for words in explanations(rows):
            out.print(words, highlight=False, soft_wrap=True)
        if out.is_terminal:
            print_curves(rows, sys.stdout)


def main(words: list[str]) -> int:
    """Read the options, measure, and give the exit status."""
    parser = argparse.ArgumentParser(prog="grokterm bench", description="How fast grokterm is on this machine.")
    parser.add_argument("--quick", action="store_true", help="fewer seeds, sizes and repetitions, in two minutes")
    parser.add_argument("--seconds", type=float, default=QUICK_SECONDS, help="time for all rows with --quick (100)")
    parser.add_argument("--json", action="store_true", help="one JSON object a row")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:N or mps")
    parser.add_argument("--precision", default="auto", help="auto, float32, bfloat16 or float64")
    parser.add_argument("--only", metavar="NAME", help="the rows that begin with NAME")
    given = parser.parse_args(words)
    try:
        budget = Budget(given.seconds) if given.quick else Budget()
        bench = Bench(given.quick, given.device, lambda words: None, given.precision, budget=budget)
        measure(given.only, bench, given.json)
    except GroktermError as error:
        print(f"grokterm bench: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    with lossy_output() as output:
        sys.exit(output.status(main(sys.argv[1:])))
