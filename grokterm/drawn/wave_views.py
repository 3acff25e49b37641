"""Figures of the views of frequencies: spectra, circles, clocks, and what neurons follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from grokterm.drawn.parts import (
    Bars,
    Chart,
    Clock,
    Group,
    Heat,
    Legend,
    Line,
    Look,
    Part,
    Plane,
    Range,
    Side,
    Table,
    Values,
    Words,
    largest,
    pair_map,
)
from grokterm.picture import Picture
from grokterm.runs.history import History
from grokterm.surgery import component_labels, key_words

Draw = Callable[[History, Sequence[Picture]], list[Part]]
CLOCKS: Final = 24
"""Neurons that have a clock."""
_SHARE: Final = Range(low=0.0, high=1.0)
_EXPLAINED: Final = 0.85
"""Share of its variance from which a neuron counts as explained by one frequency."""


def spectrum(history: History, pictures: Sequence[Picture]) -> list[Part]:
    """The norms of the frequencies, with what makes one key."""
    picture = pictures[0]
    keys = [int(k) for k in picture.arrays["keys"]]
    levels = [
        ("key from", float(picture.arrays["threshold"][0]), "key"),
        ("background (median)", float(picture.arrays["background"][0]), "muted"),
    ]
    name, labels = key_words(history.config.op, keys)
    said = f"{name}: {', '.join(labels)}" if keys else f"no {name} yet"
    drawn = Bars("", picture.arrays["norms"], keys, levels, picture.names.get("components", ()), _unit(history))
    return [_said(said), drawn]


def logit_spectrum(history: History, pictures: Sequence[Picture]) -> list[Part]:
    """A map over pairs of frequencies, and the strongest pairs."""
    picture = pictures[0]
    drawn = Heat(
        "Norm of the logits at each pair of frequencies",
        picture.arrays["norms"],
        Side("k of a"),
        Side("k of b"),
        Range(low=0.0, unit="norm"),
        square=True,
    )
    rows = [
        (f"{i}", f"{j}", f"{100 * share:.1f} %")
        for (i, j), share in zip(picture.arrays["strongest"], picture.arrays["share"], strict=True)
        if share >= 0.0005
    ]
    return [Group([drawn, Table(("k of a", "k of b", "of the variance"), rows, (0, 1, 2))], "figures wide")]


def neuron_spectrum(history: History, pictures: Sequence[Picture]) -> list[Part]:
    """Which frequency each neuron follows, a map a layer."""
    drawn: list[Part] = []
    for layer, picture in enumerate(pictures, 1):
        shares = picture.arrays["shares"].astype(np.float64) / 255
        title = "Share of a neuron's variance at frequency k" + (f", layer {layer}" if len(pictures) > 1 else "")
        down = Side("k", first=shares.shape[1], backwards=True)
        drawn.append(Heat(title, shares.T[::-1], down, Side("neuron", first=1), _SHARE, aspect=2.8))
        groups = [f"k {k}: {count}" for k, count in picture.arrays["groups"]]
        if groups:
            drawn.append(_said(f"Neurons that follow a key frequency: {', '.join(groups)}"))
    return drawn


def waves(history: History, pictures: Sequence[Picture]) -> list[Part]:
    """Norms and angles of the cosine and sine parts, and their coefficients."""
    arrays = pictures[0].arrays
    ks, norms, between = arrays["frequencies"], arrays["norms"], arrays["between"]
    rows = [
        (f"{k}", f"{cosine:.3g}", f"{sine:.3g}", f"{angle:.0f}°" if np.isfinite(angle) else "?")
        for k, (cosine, sine), angle in zip(ks, norms, between, strict=True)
    ]
    parts = arrays["coefficients"].astype(np.float64)
    names = [f"{part} k {k}" for k in ks for part in ("cos", "sin")]
    drawn = Heat(
        "Coefficients along the dimensions",
        parts.reshape(-1, parts.shape[-1]),
        Side("part", names=names),
        Side("dimension"),
        Range("signed", unit="coefficient"),
        aspect=4.0,
    )
    listed = Table(("k", "norm of cos", "norm of sin", "angle between"), rows, (0, 1, 2, 3))
    return [listed, Group([drawn], "below")]


def circles(history: History, pictures: Sequence[Picture]) -> list[Part]:
    """Every residue in the plane of each key frequency."""
    arrays = pictures[0].arrays
    drawn: list[Part] = []
    for k, places in zip(arrays["frequencies"].tolist(), arrays["circles"].astype(np.float64), strict=True):
        radius = float(np.sqrt(np.square(places).sum(-1).mean()))
        names = [f"{residue}" for residue in arrays["residues"]]
        drawn.append(Plane(f"k = {k}", places, names, way=ring(places, k), words=f"radius {radius:.3g}"))
    return [Group(drawn, "figures wide")]


def components(history: History, pictures: Sequence[Picture]) -> list[Part]:
    """Every residue along the first two principal components."""
    arrays = pictures[0].arrays
    points, k = arrays["points"].astype(np.float64), int(arrays["frequency"][0])
    points = np.pad(points, ((0, 0), (0, max(2 - points.shape[1], 0))))
    axes = [
        f"component {i} ({100 * share:.0f} %)" if np.isfinite(share) else f"component {i}"
        for i, share in enumerate(arrays["explained"], 1)
    ]
    first, second = [*axes, "", ""][:2]
    names = [f"{residue}" for residue in arrays["residues"]]
    words = f"joined in the order of k = {k}" if k else "each point a residue"
    way = ring(points, k) if k else None
    return [Group([Plane("Residues", points, names, way=way, axes=(first, second), words=words)], "figures wide")]


def variance(history: History, pictures: Sequence[Picture]) -> list[Part]:
    """The share of the variance along each principal component."""
    shares = pictures[0].arrays["shares"].astype(np.float64)
    over = int(np.searchsorted(np.cumsum(np.nan_to_num(shares)), 0.95)) + 1
    said = f"{over} of {int(pictures[0].arrays['total'][0])} components hold 95 % of the variance"
    return [_said(said), Bars("", shares, unit="component")]


def clocks(history: History, pictures: Sequence[Picture]) -> list[Part]:
    """The neurons that one frequency explains best, as clocks."""
    joint = {
        name: np.concatenate([picture.arrays[name] for picture in pictures])
        for name in ("values", "neuron", "frequency", "share")
    }
    total, seen = int(pictures[0].arrays["total"][0]), len(joint["neuron"])
    order = _chosen(joint["frequency"], np.nan_to_num(joint["share"]))
    drawn: list[Part] = []
    for at in order:
        k, share = int(joint["frequency"][at]), float(joint["share"][at])
        name = f"{joint['neuron'][at]}" + (f" · k {k} · {100 * share:.0f} %" if k else "")
        drawn.append(Clock(name, joint["values"][at], max(k, 1), share >= _EXPLAINED))
    among = f"{seen:,} of {total:,}" if seen < total else f"{total:,}"
    said = (
        f"{len(order)} of {among} neurons of the first layer, of each frequency those that it explains best. "
        "Ring: weight 0; hand: where the wave is largest"
    )
    alike = joint["values"].shape[1] == 1
    colors = [("train", "a and b alike")] if alike else [("train", "weights of a"), ("test", "weights of b")]
    return [_said(said), Legend(colors), Group(drawn, "figures small")]


def activations(history: History, pictures: Sequence[Picture]) -> list[Part]:
    """What some neurons, evenly spread by frequency, compute over all pairs."""
    drawn: list[Part] = []
    for picture in pictures:
        for at, values in enumerate(picture.arrays["maps"].astype(np.float64)):
            drawn.append(pair_map(_neuron(picture, at), values, _activation(values), picture.names["axes"][0]))
    total = int(pictures[0].arrays["total"][0])
    said = f"{len(drawn)} of {total:,} neurons of the last layer, evenly spread by frequency"
    return [_said(said), Group(drawn, "figures wide")]


def contribution(history: History, pictures: Sequence[Picture]) -> list[Part]:
    """What the neuron in the middle computes and adds to the correct logit, and its read-out weights."""
    picture = pictures[-1]
    own, added = picture.arrays["maps"].astype(np.float64)
    axis, mean = picture.names["axes"][0], float(picture.arrays["adds"][0])
    maps = [
        pair_map(_neuron(picture, 0), own, _activation(own), axis),
        pair_map(f"Adds {mean:+.2g} to the correct logit on average", added, Range("signed", unit="logit"), axis),
    ]
    weights = picture.arrays["weights"].astype(np.float64)
    line = Line("weight", "test", np.arange(weights.size), weights)
    curve = Chart("Read-out weight by class", [line], look=Look(unit="class", linked=False))
    return [Group(maps, "figures wide"), curve]


def groups(history: History, pictures: Sequence[Picture]) -> list[Part]:
    """Neurons by the frequency that each follows."""
    arrays = pictures[0].arrays
    total, explained, silent = int(arrays["total"][0]), int(arrays["explained"].sum()), int(arrays["silent"][0])
    said = (
        f"{explained:,} of {total:,} neurons ({100 * explained / max(total, 1):.0f} %) follow one frequency; "
        f"{total - explained - silent:,} follow none alone; {silent:,} never change"
    )
    rows = [
        (f"{k}", f"{own:,}", f"{others:,}", f"{100 * share:.0f} %")
        for k, own, others, share in zip(
            *(arrays[name].tolist() for name in ("frequency", "explained", "others", "share")), strict=True
        )
    ]
    head = ("k", "explained to 85 %", "others", "mean share explained")
    return [_said(said), Table(head, rows, (0, 1, 2, 3))]


WAVE_VIEWS: Final[Mapping[str, Draw]] = {
    "spectrum": spectrum,
    "logit_spectrum": logit_spectrum,
    "neuron_spectrum": neuron_spectrum,
    "waves": waves,
    "circles": circles,
    "components": components,
    "variance": variance,
    "clocks": clocks,
    "activations": activations,
    "contribution": contribution,
    "groups": groups,
}
"""What draws each of these views."""


def _chosen(frequencies: Values, shares: Values) -> list[int]:
    """Which neurons have a clock, by frequency: as many of each that explains some of them, the best explained first.

    Where none explains any, of every frequency.
    """
    explained = np.flatnonzero(shares >= _EXPLAINED)
    candidates = (explained if explained.size else np.arange(len(shares))).tolist()
    ranked: dict[int, int] = {}
    placed = []
    for at in sorted(candidates, key=lambda at: -shares[at]):
        rank = ranked[int(frequencies[at])] = ranked.get(int(frequencies[at]), -1) + 1
        placed.append((rank, at))
    chosen = [at for _, at in sorted(placed, key=lambda one: one[0])[:CLOCKS]]
    return sorted(chosen, key=lambda at: (frequencies[at], -shares[at]))


def ring(places: Values, k: int) -> Values:
    """A closed line [m, 2] through places [n, 2] that are neighbours in angle at frequency k; equal angles are one."""
    n = len(places)
    _, which, members = np.unique(np.arange(n) * k % n, return_inverse=True, return_counts=True)
    middle = np.zeros((len(members), places.shape[1]))
    np.add.at(middle, which, places)
    middle /= members[:, None]
    return np.concatenate([middle, middle[:1]])


def _activation(values: Values) -> Range:
    """Activations that are hardly ever negative, as with GELU, need no colours for it."""
    signed = bool((values < -0.2 * largest(values)).any())
    return Range("signed", unit="activation") if signed else Range(low=0.0, unit="activation")


def _neuron(picture: Picture, at: int) -> str:
    neuron, k, share = (picture.arrays[name][at] for name in ("neuron", "frequency", "share"))
    return f"Neuron {neuron}" + (f" · k {k} · {100 * share:.0f} %" if k else "")


def _said(words: str) -> Words:
    return Words(f"{words[:1].upper()}{words[1:]}.")


def _unit(history: History) -> str:
    return "representation" if component_labels(history.config.op) else "k"
