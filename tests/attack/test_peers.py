from __future__ import annotations

import random
import time

from tests.attack.peers import attack


def test_hostile_peers_neither_end_nor_stop_a_trainer() -> None:
    tried = list(attack(random.Random(12), time.monotonic() + 3))
    assert tried
    assert not any(tried)
