"""What layouts of transformers have in common: how many blocks there are, and how many residues."""

from __future__ import annotations

import re
from collections.abc import Iterable

from grokterm.errors import WeightsError
from grokterm.opening.taking import Hints


def block_count(names: Iterable[str], prefix: str) -> int:
    """How many blocks are numbered from 0 on behind a prefix, one at least."""
    found = [re.match(rf"{re.escape(prefix)}(\d{{1,4}})\.", name) for name in names]
    return 1 + max((int(match[1]) for match in found if match), default=0)


def residues_of(hints: Hints, count: int, vocabulary: int, words: str) -> int:
    """p as the vocabulary has it; raises WeightsError where another one was asked for."""
    asked = hints.asked.get("p")
    if asked is not None and asked != count:
        raise WeightsError(f"the embedding has {vocabulary} rows, {words}: --p is {count} and not {asked}")
    return count
