"""The command line: `grokterm.cli:main`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from grokterm.cli.harmless import harmless
from grokterm.errors import GroktermError
from grokterm.output import lossy_output

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells give it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command line, that of this process by default, and returns its exit status."""
    with lossy_output() as output:
        return output.status(_run(list(sys.argv[1:] if arguments is None else arguments)))


def _run(arguments: list[str]) -> int:
    from grokterm.cli.commands import run

    try:
        return run(arguments)
    except GroktermError as error:
        print(f"grokterm: {harmless(str(error))}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        return INTERRUPTED
