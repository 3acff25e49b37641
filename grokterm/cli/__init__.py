"""The command line: `grokterm.cli:main`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from grokterm.cli.sanitize import sanitize
from grokterm.errors import GroktermError
from grokterm.loading import import_lazily
from grokterm.output import lossy_output
from grokterm.tasks.formula import FormulaError

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells give it."""

LAZY_MODULES = ("numpy", "psutil")
"""Libraries that load when something of them is needed: the screen paints before."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command line, that of this process by default, and returns its exit status."""
    with lossy_output() as output:
        return output.status(_run(list(sys.argv[1:] if arguments is None else arguments)))


def _run(arguments: list[str]) -> int:
    for name in LAZY_MODULES:
        import_lazily(name)
    try:
        return _carry_out(arguments)
    except GroktermError as error:
        print(f"grokterm: {sanitize(str(error))}", file=sys.stderr)
        if isinstance(error, FormulaError):
            print(*(f"  {sanitize(line)}" for line in error.mark.split("\n")), sep="\n", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        return INTERRUPTED


def _carry_out(arguments: list[str]) -> int:
    """Runs the command; one that only starts the screen without cyclopts, which takes as long to load as to paint."""
    from grokterm.cli.direct import screen_options
    from grokterm.cli.plugins import load_given

    load_given(arguments)

    if (given := screen_options(arguments)) is not None:
        from grokterm.cli.watch import begin

        return begin(**given)
    from grokterm.cli.commands import run

    return run(arguments)
