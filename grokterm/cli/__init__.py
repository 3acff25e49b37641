"""The command line: `grokterm.cli:main`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from grokterm.cli.harmless import harmless
from grokterm.errors import GroktermError

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells give it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command line, that of this process by default, and returns its exit status."""
    from grokterm.cli.commands import run

    try:
        status = run(list(sys.argv[1:] if arguments is None else arguments))
        sys.stdout.flush()
    except GroktermError as error:
        print(f"grokterm: {harmless(str(error))}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has gone; without this the interpreter complains when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status
