"""Which checkpoints stay, so that a run folder keeps under its limit.

Regular checkpoints go first, those nearest to their neighbours before others, so that what stays is spread evenly
over the run. Those at events and changes go only when they alone are over the limit, oldest first. The newest
checkpoint always stays. However long the log grows, a quarter of the limit belongs to the checkpoints.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from grokterm.runs.checkpoints import REGULAR, parse_name, remove
from grokterm.runs.checkpoints import sizes as sizes_in

FOLDER_LIMIT: Final = 100 * 10**6
"""Bytes of a run folder."""
REGULAR_LIMIT: Final = 256
"""Most regular checkpoints of a run, however small they are."""


def checkpoint_budget(run: Path, limit: int = FOLDER_LIMIT) -> int:
    """Bytes that the checkpoints of a run may take: what its other files leave of `limit`, a quarter at least."""
    with os.scandir(run) as entries:
        files = [entry for entry in entries if entry.is_file(follow_symlinks=False)]
    others = sum(entry.stat(follow_symlinks=False).st_size for entry in files)
    return max(limit - others, limit // 4)


def thin(folder: Path, limit: int) -> list[Path]:
    """Removes checkpoints until one more, as large as the newest, fits into `limit` bytes; returns those removed."""
    sizes = sizes_in(folder)
    paths = list(sizes)
    if not paths:
        return []
    excess = sum(sizes.values()) + sizes[paths[-1]] - limit
    places = {path: parse_name(path) for path in paths}
    regular = [path for path in paths[:-1] if places[path][2] == REGULAR]
    removed: list[Path] = []
    while len(paths) > 1 and (excess > 0 or len(regular) > REGULAR_LIMIT):
        if regular:
            steps = [places[path][0] for path in paths]
            gap = {path: steps[i + 1] - steps[i - 1 if i else 0] for i, path in enumerate(paths[:-1])}
            least = min(regular, key=gap.__getitem__)
            regular.remove(least)
        else:
            least = paths[0]
        paths.remove(least)
        excess -= sizes[least]
        with suppress(OSError):
            remove(least)
            removed.append(least)
    return removed
