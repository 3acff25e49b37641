"""`python -m grokterm.cli` is the command `grokterm`."""

import sys

from grokterm.cli import main

sys.exit(main())
