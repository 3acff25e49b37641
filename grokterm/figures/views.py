"""The parts of every figure, by name: those of the views, some of which are drawn otherwise than on a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from grokterm.drawn.log_views import LOG_VIEWS
from grokterm.drawn.parts import Bars, Chart, Group, Heat, Legend, Part, Range, Side, Table, Words
from grokterm.drawn.table_views import TABLE_VIEWS
from grokterm.drawn.wave_views import WAVE_VIEWS, Draw
from grokterm.figures.chosen import title_of
from grokterm.picture import Picture
from grokterm.runs.history import History

OVER_STEPS: Final = frozenset({"losses", "path", "matrix_over_time", "operation"})
"""The views of the model that show more than one step, or none: each is drawn once."""
_OF_PAIRS: Final = ("accuracy", "loss")
_STRONGEST: Final = 6
"""Pairs of frequencies that are told."""
_KINDS: Final = ("a", "b", "a + b")


def of_log(name: str, history: History) -> list[Part]:
    """The parts of a figure that is drawn from the log alone."""
    if name not in _OF_PAIRS:
        return LOG_VIEWS[name](history)
    parts = LOG_VIEWS["training"](history)
    charts = [part for part in parts if isinstance(part, Chart)]
    chart = charts[_OF_PAIRS.index(name)]
    untitled = replace(chart, title="") if chart.title == title_of(name) else chart
    return [*(part for part in parts if isinstance(part, Legend)), untitled]


def of_model(name: str, history: History, pictures: Sequence[Picture]) -> list[Part]:
    """The parts of a view of the model, from pictures that have arrays."""
    draw = _OTHERWISE.get(name) or WAVE_VIEWS.get(name) or TABLE_VIEWS[name]
    return draw(history, pictures)


def _probes(history: History, pictures: Sequence[Picture]) -> list[Part]:
    """A map of every layer and frequency, for each of what is read."""
    r2 = np.clip(pictures[0].arrays["r2"].astype(np.float64), 0.0, 1.0)  # [layer, frequency, kind]
    layers = [name.replace("_", " ") for name in pictures[0].names["layer"]]
    down = Side("", names=layers)
    across = Side("k", names=["all", *(str(k) for k in pictures[0].arrays["frequencies"].tolist())])
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


def _logit_spectrum(history: History, pictures: Sequence[Picture]) -> list[Part]:
    """The map, and the strongest pairs of frequencies in words."""
    (group,) = (part for part in WAVE_VIEWS["logit_spectrum"](history, pictures) if isinstance(part, Group))
    maps = [replace(part, title="") for part in group.parts if isinstance(part, Heat)]
    rows = [row for part in group.parts if isinstance(part, Table) for row in part.rows[:_STRONGEST]]
    said = ", ".join(f"({i}, {j}) {share}" for i, j, share in rows)
    return [*([Words(f"The strongest pairs and their shares of the variance: {said}.")] if rows else []), *maps]


def _correct_logit(history: History, pictures: Sequence[Picture]) -> list[Part]:
    """The map and the surface; its numbers in words."""
    (group,) = (part for part in TABLE_VIEWS["correct_logit"](history, pictures) if isinstance(part, Group))
    (heat,) = (part for part in group.parts if isinstance(part, Heat))
    unit, _, said = heat.span.unit.partition("; ")
    words = [Words(f"{said[:1].upper()}{said[1:]}.")] if said else []
    return [*words, replace(heat, span=replace(heat.span, unit=unit))]


def _attention_map(history: History, pictures: Sequence[Picture]) -> list[Part]:
    """The maps of a head side by side, where it looks at three tokens."""
    found = TABLE_VIEWS["attention_map"](history, pictures)
    three = all(len(picture.names["tokens"]) == 3 for picture in pictures)
    return [replace(part, arrangement="figures wide") if three and isinstance(part, Group) else part for part in found]


_OTHERWISE: Final[Mapping[str, Draw]] = {
    "probes": _probes,
    "groups": _groups,
    "logit_spectrum": _logit_spectrum,
    "correct_logit": _correct_logit,
    "attention_map": _attention_map,
}
"""Views that are drawn otherwise than on a page, where tables and sentences have their place."""
