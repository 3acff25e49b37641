"""Fitting the forecast on a library of runs, and judging it on runs that it was not fitted on; imports torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import torch

from grokterm import durable
from grokterm.forecast.features import MEASURES, NAMES, features
from grokterm.forecast.hazards import EDGES, Distribution, Hazards
from grokterm.forecast.library import LibraryRun
from grokterm.sweeps.curves import COLUMNS

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

NETWORKS: Final = 8
HIDDEN: Final = 24
EPOCHS: Final = 400
DECAY: Final = 0.1
FOLDS: Final = 5
ON_THE_WAY: Final = (0.0, 0.03, 0.07, 0.1, 0.17, 0.25, 0.35, 0.5, 0.62, 0.75, 0.88)
"""Where on the way from memorization to its end a run is looked at."""
MEMORIZED: Final = NAMES.index("log memorized step")
COVERED: Final = 0.8
"""Share of the intervals in which grokking falls."""


@dataclass(frozen=True)
class Moments:
    """Runs at some of their steps, a row each."""

    x: Floats
    """Features, [n, features]."""
    step: Floats
    remaining: Floats
    """Steps until it groks, or until it ends without."""
    grokked: npt.NDArray[np.bool_]
    run: npt.NDArray[np.int64]
    """The number of the run."""
    p: npt.NDArray[np.int64]
    """Its modulus."""
    weight: Floats
    """Of a row: those of a run sum to 1."""


def moment(run: LibraryRun, step: float) -> Floats | None:
    """The features of a run after the last record up to a step."""
    assert run.memorized_step is not None
    count = int(np.searchsorted(run.curve[0], step, side="right"))
    columns = {name: run.curve[COLUMNS.index(name), :count] for name in ("step", *MEASURES)}
    return features(run.config, run.memorized_step, columns)


def moments(runs: Sequence[LibraryRun]) -> Moments:
    """Those of all runs that memorized before they grokked, evenly and, near memorization, by its own length."""
    rows: list[tuple[Floats, float, float, bool, int]] = []
    for number, run in enumerate(runs):
        end = run.grokked_step or run.last_step
        start = run.memorized_step
        if start is None or start >= end:
            continue
        steps = {start + share * (end - start) for share in ON_THE_WAY}
        steps |= {start * factor for factor in (1.1, 1.3, 1.7, 2.5, 4.0, 8.0, 16.0) if start * factor < end}
        for step in sorted(steps):
            found = moment(run, step)
            at = float(run.curve[0, int(np.searchsorted(run.curve[0], step, side="right")) - 1])
            if found is not None and at < end:
                rows.append((found, at, end - at, run.grokked_step is not None, number))
    x, at_step, remaining, grokked, of_run = (np.array(column) for column in zip(*rows, strict=True))
    moduli = np.array([run.config.p for run in runs])[of_run]
    return Moments(x, at_step, remaining, grokked, of_run, moduli, 1.0 / np.bincount(of_run)[of_run])


def fit(known: Moments, seed: int = 0, epochs: int = EPOCHS) -> Hazards:
    """The networks that make what is known most likely; the levels of their quantiles are still plain ones."""
    mean, spread = known.x.mean(axis=0), known.x.std(axis=0) + 1e-6
    x = torch.tensor(np.clip((known.x - mean) / spread, -4, 4), dtype=torch.float32)
    span = np.searchsorted(EDGES, np.log10(np.maximum(known.remaining, 1.0)))
    own = np.minimum(span, len(EDGES) - 1)
    reached = known.grokked & (span < len(EDGES))
    at = np.arange(len(EDGES))
    survived = torch.tensor(at[None] < span[:, None], dtype=torch.float32)
    event = torch.zeros_like(survived)
    event[torch.arange(len(own)), torch.tensor(own)] = torch.tensor(reached, dtype=torch.float32)
    looked_at = survived + event
    weight = torch.tensor(known.weight, dtype=torch.float32)
    drawn = torch.Generator().manual_seed(seed)
    f, e = x.shape[1], len(EDGES)
    w_1 = (torch.randn(NETWORKS, f, HIDDEN, generator=drawn) / f**0.5).requires_grad_()
    b_1 = torch.zeros(NETWORKS, 1, HIDDEN, requires_grad=True)
    w_2 = (torch.randn(NETWORKS, HIDDEN, e, generator=drawn) * 0.01).requires_grad_()
    b_2 = torch.full((NETWORKS, 1, e), -4.0, requires_grad=True)
    # Each network sees every run with a weight of its own, as in a bootstrap.
    runs = torch.tensor(known.run)
    chance = torch.empty(NETWORKS, int(runs.max()) + 1).exponential_(generator=drawn)
    weights = weight * chance[:, runs]
    weights = weights / weights.sum(1, keepdim=True)
    optimizer = torch.optim.AdamW([w_1, b_1, w_2, b_2], lr=1e-2, weight_decay=DECAY, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    for _ in range(epochs):
        optimizer.zero_grad()
        logits = torch.tanh(torch.einsum("bf,nfh->nbh", x, w_1) + b_1) @ w_2 + b_2
        # By the logits x, of −Σ weight (survived log σ(−x) + event log σ(x)).
        gradient = logits.detach().sigmoid().mul_(looked_at).sub_(event).mul_(weights[..., None])
        logits.backward(gradient)  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
    one, two, three, four = (t.detach().double().numpy() for t in (w_1, b_1[:, 0], w_2, b_2[:, 0]))
    far = float(np.abs((known.x - mean) / spread).max())
    delay = float(np.median((known.step + known.remaining)[known.grokked] / 10 ** known.x[known.grokked, MEMORIZED]))
    return Hazards(mean, spread, one, two, three, four, np.array([0.1, 0.9]), delay, far)


def left_out(known: Moments, seed: int = 0, epochs: int = EPOCHS) -> list[Distribution]:
    """Of every row, by networks fitted on the runs of all other moduli: a forecast is asked for moduli of any kind.

    With one modulus alone they are fitted on the other runs of every fifth.
    """
    moduli = np.unique(known.p)
    fold = known.p if len(moduli) > 1 else known.run % FOLDS
    found: list[Distribution | None] = [None] * len(known.run)
    for number in np.unique(fold):
        keep = fold != number
        kept = Moments(*(getattr(known, name)[keep] for name in Moments.__dataclass_fields__))
        hazards = fit(kept, seed, epochs)
        for row in np.flatnonzero(~keep):
            found[row] = hazards.distribution(known.x[row])
    return [one for one in found if one is not None]


def calibrated(hazards: Hazards, known: Moments, others: Sequence[Distribution]) -> Hazards:
    """With the levels between which the share `COVERED` of those that grokked did, by rows left out (conformal)."""
    grokked = [int(row) for row in np.flatnonzero(known.grokked)]
    levels = np.array([others[row].within(known.remaining[row]) / others[row].shares[-1] for row in grokked])
    weight = known.weight[grokked]
    order = np.argsort(np.abs(levels - 0.5))
    share = np.cumsum(weight[order]) / weight.sum()
    half = float(np.abs(levels - 0.5)[order][np.searchsorted(share, COVERED)])
    return Hazards(**{**hazards.__dict__, "levels": np.array([0.5 - half, 0.5 + half])})


def fitted_on(runs: Sequence[LibraryRun]) -> Hazards:
    """The networks that are fitted and calibrated on runs."""
    known = moments(runs)
    return calibrated(fit(known), known, left_out(known))


def write(hazards: Hazards, path: Path) -> None:
    """Writes them, in float32."""
    content = BytesIO()
    np.savez_compressed(content, **{name: np.float32(value) for name, value in hazards.__dict__.items()})  # type: ignore[arg-type]
    durable.write(path, content.getvalue(), path.with_suffix(".part"))
