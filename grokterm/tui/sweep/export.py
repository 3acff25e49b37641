"""The table of a sweep as CSV."""

from __future__ import annotations

import csv
import math
from io import StringIO

from grokterm.tui.sweep.fields import GIVEN
from grokterm.tui.sweep.listing import Listing


def table_text(listing: Listing) -> str:
    """The lines of the table as CSV: settings by their whole names, numbers unrounded, inf where runs never grok."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*listing.names, *GIVEN])
    for entry in listing.lines():
        given = entry.given
        writer.writerow([*entry.settings.values(), *(_cell(given[name]) for name in GIVEN)])
    return out.getvalue()


def _cell(value: object) -> object:
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else value
