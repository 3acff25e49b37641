"""How torch's threads wait for each other."""

from __future__ import annotations

import os


def let_threads_sleep() -> None:
    """Let threads sleep while they wait, unless the environment says otherwise; to be called before torch is imported.

    By themselves they spin, which takes the processor from the very thread they wait for as soon as anything else
    runs: the viewer, say. Asleep they cost next to nothing.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
