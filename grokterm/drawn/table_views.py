"""Figures of the views of logits, attention, weights and paths, and of the model without its parts."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from grokterm.drawn.parts import Group, Heat, Legend, Part, Plane, Range, Side, Table, Words, largest, pair_map
from grokterm.drawn.wave_views import Draw
from grokterm.number_format import percent
from grokterm.picture import Picture
from grokterm.runs.history import History
from grokterm.surgery import component_labels, key_words
from grokterm.tui.run.moment import phase_starts

_SHARE: Final = Range(low=0.0, high=1.0)
_KINDS: Final = ("a", "b", "a+b")
"""What is read from a layer: the angles of a, of b and of their sum."""


def attention(history: History, pictures: Sequence[Picture]) -> list[Part]:
    """The mean pattern of every head over all pairs."""
    drawn: list[Part] = []
    for block, picture in enumerate(pictures):
        tokens = Side("from", names=picture.names["tokens"])
        for head, pattern in enumerate(picture.arrays["patterns"].astype(np.float64)):
            title = f"Head {head}" + (f" of block {block}" if len(pictures) > 1 else "")
            drawn.append(Heat(title, pattern, tokens, Side("to", names=tokens.names), _SHARE, square=True))
    return [Group(drawn, "figures")]


def attention_map(history: History, pictures: Sequence[Picture]) -> list[Part]:
    """What "=" looks at for every pair, each head."""
    drawn: list[Part] = []
    for picture in pictures:
        tokens, top = picture.names["tokens"], largest(picture.arrays["maps"].astype(np.float64))
        block, head = (picture.request.chosen.get(name, 0) for name in ("block", "head"))
        for at, values in enumerate(picture.arrays["maps"].astype(np.float64)):
            mean = 100 * float(picture.arrays["means"][at])
            title = f'Block {block}, head {head}: "=" to {tokens[at]}, {mean:.0f} % on average'
            drawn.append(pair_map(title, values, Range(low=0.0, high=top)))
    return [Group(drawn, "figures")]


def matrices(history: History, pictures: Sequence[Picture]) -> list[Part]:
    """Every weight matrix."""
    drawn: list[Part] = []
    for at, picture in enumerate(pictures):
        values, shape = picture.arrays["values"].astype(np.float64), picture.arrays["shape"].tolist()
        rows, columns = picture.names["axes"]
        title = f"{picture.names['matrix'][at]}, {shape[0]:,} × {shape[1]:,}"
        if values.shape != tuple(shape):
            title += f" in {values.shape[0]:,} × {values.shape[1]:,} blocks, each its weight of largest magnitude"
        drawn.append(Heat(title, values, Side(rows), Side(columns), Range("signed", unit="weight")))
    return [Group(drawn, "figures wide")]


def matrix_over_time(history: History, pictures: Sequence[Picture]) -> list[Part]:
    """A part of every weight matrix at up to eight steps, each matrix in one scale."""
    parts: list[Part] = []
    for at, picture in enumerate(pictures):
        values, (rows, columns) = picture.arrays["values"].astype(np.float64), picture.names["axes"]
        span, total = Range("signed", high=largest(values), unit="weight"), picture.arrays["shape"].tolist()
        part = " × ".join(f"{n:,}" for n in values.shape[1:])
        whole = "" if list(values.shape[1:]) == total else f", {part} of {total[0]:,} × {total[1]:,}"
        drawn = [
            Heat(f"step {int(step):,}", each, Side(rows), Side(columns), span, brief=True)
            for step, each in zip(picture.arrays["steps"], values, strict=True)
        ]
        scale = f"{rows} down, {columns} across, weights from −{span.high:.3g} to {span.high:.3g}"
        title = Words(f"{picture.names['matrix'][at]}{whole}: {scale}", "title")
        parts.append(Group([title, Group(drawn, "figures tiny")], "below"))
    return parts


def restricted(history: History, pictures: Sequence[Picture]) -> list[Part]:
    """The logits of class 0, the part of them that the key frequencies make, and what is left."""
    picture = pictures[0]
    full, only = (picture.arrays[name].astype(np.float64) for name in ("full", "restricted"))
    span, axis = Range("signed", high=largest(full), unit="logit about its mean"), picture.names["axes"][0]
    _, keys = key_words(history.config.op, picture.arrays["keys"].tolist())
    explained = float(picture.arrays["explained"][0])
    share = f"{100 * explained:.1f} % of the variance" if math.isfinite(explained) else "nothing"
    named = "" if component_labels(history.config.op) else "k = "
    said = f"The logits of class 0; restricted explains {share}, with {named}{', '.join(keys)}."
    maps = (("Full", full), ("Restricted", only), ("What is left", full - only))
    drawn = [pair_map(title, values, span, axis) for title, values in maps]
    return [Words(said), Group(drawn, "figures wide")]


def correct_logit(history: History, pictures: Sequence[Picture]) -> list[Part]:
    """The logit of the right answer of every pair."""
    values, stride = pictures[0].arrays["values"].astype(np.float64), int(pictures[0].arrays["stride"][0])
    known = values[np.isfinite(values)]
    numbers = f"lowest {known.min():.3g}, mean {known.mean():.3g}, highest {known.max():.3g}" if known.size else ""
    title = "Every pair" if stride == 1 else f"1 of every {stride} residues"
    drawn = Heat(
        title,
        values.T,
        Side("b", every=stride),
        Side("a", every=stride),
        Range(unit=f"logit; {numbers}" if numbers else ""),
        square=True,
        relief=True,
    )
    return [Group([drawn], "figures wide")]


def losses(history: History, pictures: Sequence[Picture]) -> list[Part]:
    """The losses of all pairs over the kept steps, sorted, in one scale."""
    arrays = pictures[0].arrays
    images = {name: arrays[name].astype(np.float64) for name in ("train", "test")}
    known = np.concatenate([image[np.isfinite(image) & (image > 0)] for image in images.values()])
    low, high = (float(known.min()), float(known.max())) if known.size else (1e-3, 1.0)
    span = Range(low=low, high=high, log=True, unit="loss")
    across = Side("step", names=[f"{int(step):,}" for step in arrays["steps"]])
    drawn = [
        Heat(f"{name.capitalize()} pairs, by their loss", image, Side("percentile"), across, span, aspect=1.2)
        for name, image in images.items()
    ]
    return [Group(drawn, "figures wide")]


def path(history: History, pictures: Sequence[Picture]) -> list[Part]:
    """The run as a path through the space of all weights, coloured by phase."""
    arrays = pictures[0].arrays
    points, steps = arrays["points"].astype(np.float64), arrays["steps"].tolist()
    starts = phase_starts(history)
    begun = [step for step, _ in starts]
    colors = [starts[max(bisect_right(begun, step) - 1, 0)][1] for step in steps]
    first, second = (f"component {i} ({100 * share:.0f} %)" for i, share in enumerate(arrays["explained"], 1))
    names = [f"step {step:,}" for step in steps]
    plane = Plane("All weights at the kept steps", points, names, colors, points, (first, second), equal=False)
    named = Legend([(phase, phase) for phase in dict.fromkeys(colors)])
    return [named, Group([plane], "figures wide")]


def operation(history: History, pictures: Sequence[Picture]) -> list[Part]:
    """The table that is learned; with logarithms where there are some."""
    drawn: list[Part] = []
    for at, picture in enumerate(picture for picture in pictures if picture.arrays):
        labels, classes = picture.arrays["labels"].astype(np.float64), int(picture.arrays["classes"][0])
        values = np.where(labels < 0, np.nan, labels)
        title, axis = ("Answers", "a") if at == 0 else ("Their logarithms", "log a")
        span = Range("cyclic", low=0.0, high=float(max(classes - 1, 1)), unit="round again at the end")
        drawn.append(pair_map(title, values, span, axis))
    return [Group(drawn, "figures wide")]


def probes(history: History, pictures: Sequence[Picture]) -> list[Part]:
    """How well a linear map reads the angles of a pair from each layer: the mean, and each frequency."""
    picture = pictures[0]
    r2, layers = picture.arrays["r2"].astype(np.float64), picture.names["layer"]
    ks = picture.arrays["frequencies"].tolist()
    named = [(layer.replace("_", " "), at) for at, layer in enumerate(layers)]
    rows = [
        (layer, "mean" if column < 0 else f"k {ks[column]}", *(_r2(value) for value in values))
        for layer, at in named
        for column, values in [(-1, r2[at].mean(0)), *enumerate(r2[at])]
    ]
    return [Table(("layer", "frequency", *(f"R² of {kind}" for kind in _KINDS)), rows, (2, 3, 4))]


def ablation(history: History, pictures: Sequence[Picture]) -> list[Part]:
    """What the intact model answers, and the one with its key frequencies alone and without them."""
    names = ("unsure", "correct", "wrong", "unsure", "correct_trained", "wrong_trained", "unsure_trained")
    shown = [("The intact model", pictures[0], 0)]
    for picture in pictures[1:]:
        taken = picture.request.ablation
        words = replace(taken, only=False).words(history.config)
        shown.append((f"{'Only' if taken.only else 'Without'} {words}", picture, 1))
    rows, drawn = [], []
    down, across = (Side(name, every=int(pictures[0].arrays["stride"][0])) for name in ("b", "a"))
    for title, picture, at in shown:
        train_loss, test_loss, train, test = (float(value) for value in picture.arrays["scores"][at])
        rows.append((title, percent(train), percent(test), f"{train_loss:.3g}", f"{test_loss:.3g}"))
        states = picture.arrays["states"][at].T.astype(np.float64)
        drawn.append(Heat(title, states, down, across, Range("states", 0.0, 6.0), square=True))
    keys = Legend([(name, name.replace("_", ", ").replace("trained", "a training pair")) for name in names[1:]])
    scores = Table(("", "train accuracy", "test accuracy", "train loss", "test loss"), rows, (1, 2, 3, 4))
    return [scores, keys, Group(drawn, "figures wide even")]


TABLE_VIEWS: Final[Mapping[str, Draw]] = {
    "attention": attention,
    "attention_map": attention_map,
    "matrices": matrices,
    "matrix_over_time": matrix_over_time,
    "restricted": restricted,
    "correct_logit": correct_logit,
    "losses": losses,
    "path": path,
    "operation": operation,
    "probes": probes,
    "ablation": ablation,
}
"""What draws each of these views."""


def _r2(value: float) -> str:
    return f"{max(value, 0):.2f}" if math.isfinite(value) else "?"
