"""Runs of a library that were never trained: their curves follow from numbers."""

from __future__ import annotations

import numpy as np

from grokterm.config import Config
from grokterm.forecast.library import LibraryRun


def made(memorized: int = 100, grokked: int | None = 2000, last: int = 4000, **settings: float) -> LibraryRun:
    """A run whose test loss falls to 0 where it groks, with a record every 10 steps."""
    end = grokked or last
    steps = np.arange(0, end + 1, 10, dtype=np.float32)
    way = np.clip((steps - memorized) / max(1, end - memorized), 0, 1)
    test = 8 * (1 - way) if grokked else np.full_like(steps, 8)
    gini = np.where(steps % 50 == 0, 0.1 + 0.5 * way * (grokked is not None), np.nan)
    accuracy = np.minimum(1, steps / memorized)
    squares = 100 * np.exp(-steps / 5000)
    curve = np.stack([steps, accuracy, 0.9 * way, 0.1 * np.exp(-steps / 500), test, squares, gini])
    config = Config.starting({"p": 31, "max_steps": last, **settings})
    return LibraryRun(config, curve.astype(np.float32), memorized, grokked, end)


def drawn(count: int, seed: int = 0) -> list[LibraryRun]:
    """Runs that take as long as their weight decay and chance say; without decay they never grok."""
    chance = np.random.default_rng(seed)
    runs = []
    for number in range(count):
        decay = 0.0 if number % 4 == 0 else float(np.round(10 ** chance.uniform(-0.5, 0.5), 3))
        grokked = int(10 * round(100 / decay * 10 ** chance.normal(0, 0.05))) if decay else None
        runs.append(made(100, grokked, 4000, weight_decay=decay))
    return runs
