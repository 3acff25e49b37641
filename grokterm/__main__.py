"""`python -m grokterm` is `grokterm`."""

import sys

from grokterm.cli import main

if __name__ == "__main__":
    sys.exit(main())
