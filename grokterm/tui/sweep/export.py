"""The table of a sweep as CSV."""

from __future__ import annotations

import csv
import math
from io import StringIO
from typing import Final

from grokterm.tui.sweep.listing import Listing

COLUMNS: Final = ("phase", "share", "steps", "test_accuracy", "gini", "grokked", "ended", "failed", "runs", "state")


def table_text(listing: Listing) -> str:
    """The lines of the table as CSV: settings by their whole names, numbers unrounded, inf where runs never grok."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*listing.names, *COLUMNS])
    for entry in listing.lines():
        given = entry.given
        writer.writerow([*entry.settings.values(), *(_cell(given[name]) for name in COLUMNS)])
    return out.getvalue()


def _cell(value: object) -> object:
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else value
