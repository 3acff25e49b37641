"""The parts of every figure, by name: those of the views, some of which are drawn otherwise than on a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from grokterm.drawn.log_views import LOG_VIEWS
from grokterm.drawn.parts import Bars, Chart, Group, Heat, Legend, Part, Range, Side
from grokterm.drawn.table_views import TABLE_VIEWS
from grokterm.drawn.wave_views import WAVE_VIEWS, Draw
from grokterm.picture import Picture
from grokterm.runs.history import History

OVER_STEPS: Final = frozenset({"losses", "path", "matrix_over_time", "operation"})
"""The views of the model that show more than one step, or none: each is drawn once."""
_OF_PAIRS: Final = ("accuracy", "loss")
_KINDS: Final = ("a", "b", "a + b")


def of_log(name: str, history: History) -> list[Part]:
    """The parts of a figure that is drawn from the log alone."""
    if name not in _OF_PAIRS:
        return LOG_VIEWS[name](history)
    parts = LOG_VIEWS["training"](history)
    charts = [part for part in parts if isinstance(part, Chart)]
    return [*(part for part in parts if isinstance(part, Legend)), charts[_OF_PAIRS.index(name)]]


def of_model(name: str, history: History, pictures: Sequence[Picture]) -> list[Part]:
    """The parts of a view of the model, from pictures that have arrays."""
    draw = _OTHERWISE.get(name) or WAVE_VIEWS.get(name) or TABLE_VIEWS[name]
    return draw(history, pictures)


def _probes(history: History, pictures: Sequence[Picture]) -> list[Part]:
    """A map of every layer and frequency, for each of what is read."""
    r2 = np.clip(pictures[0].arrays["r2"].astype(np.float64), 0.0, 1.0)  # [layer, frequency, kind]
    layers = [name.replace("_", " ") for name in pictures[0].names["layer"]]
    down = Side("", names=layers)
    across = Side("k", names=["mean", *(str(k) for k in pictures[0].arrays["frequencies"].tolist())])
    values = np.concatenate([r2.mean(1, keepdims=True), r2], axis=1)
    maps = [
        Heat(f"Angles of {kind}", values[:, :, at], down, across, Range(low=0.0, high=1.0, unit="R²"))
        for at, kind in enumerate(_KINDS)
    ]
    return [Group(maps, "figures wide")]


def _groups(history: History, pictures: Sequence[Picture]) -> list[Part]:
    """Bars of how many neurons each frequency explains."""
    arrays = pictures[0].arrays
    ks = arrays["frequency"].astype(np.int64)
    counts = np.zeros(max(int(ks.max(initial=0)), 1))
    np.add.at(counts, ks - 1, arrays["explained"].astype(np.float64))
    said = WAVE_VIEWS["groups"](history, pictures)[0]
    keys = [int(k) for k in ks[arrays["explained"] > 0]]
    return [said, Bars("Neurons that one frequency explains to 85 %", counts, keys)]


_OTHERWISE: Final[Mapping[str, Draw]] = {"probes": _probes, "groups": _groups}
"""Views that are tables on a page."""
