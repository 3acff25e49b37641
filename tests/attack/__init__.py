"""Attacks on grokterm, each seeded: `python -m tests.attack --minutes 30` runs them for long.

An attack yields a sentence for each thing that it tried: empty where grokterm held, else what went wrong.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Final

from tests.attack import keys, lines, peers
from tests.attack.files import attack_files

Attack = Callable[[random.Random, float], Iterator[str]]
"""Takes its chances, and when to end by time.monotonic()."""
ATTACKS: Final[dict[str, Attack]] = {
    "files": attack_files,
    "peers": peers.attack,
    "keys": keys.attack,
    "lines": lines.attack,
}
