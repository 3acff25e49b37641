"""Pictures of ways through and into the model: the path of its weights, the operation's table, probes of its layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import torch

from grokterm.analysis.fourier import basis_of
from grokterm.analysis.model_at_step import ModelAtStep, UndefinedError
from grokterm.analysis.pictures.picture import Chosen, Make, pick, picture_of
from grokterm.analysis.probes import probes
from grokterm.analysis.weights import flatten_parameters, path
from grokterm.picture import Picture
from grokterm.tasks.arithmetic import discrete_logarithms, is_prime

ORDERS: Final = ("residues", "logarithms")
"""In what order residues stand along the table of an operation."""
SIDE: Final = 190
"""Residues of a table shown at most."""
PROBED: Final = 8
"""Frequencies that are probed at most."""


def weights_path(model: ModelAtStep, chosen: Chosen) -> Picture:
    """The run as `points` [steps, 2] in the plane of the first two components of all its weights, at `steps`.

    `explained` [2] is the share of the variance of these models along each; the last point is now. Models with
    weights that are not finite are left out.
    """
    seen = [(one.step, flatten_parameters(one.config, one.parameters)) for one in (*model.earlier(), model)]
    finite = [(step, weights) for step, weights in seen if weights.isfinite().all()]
    if not finite:
        raise UndefinedError("not defined: the weights are not finite")
    found = path([weights for _, weights in finite])
    steps = torch.tensor([step for step, _ in finite])
    words = "" if len(finite) > 2 else "too few checkpoints yet: they come every few seconds"
    return picture_of({"points": found.points, "steps": steps, "explained": found.explained}, summary=words)


def operation(model: ModelAtStep, chosen: Chosen) -> Picture:
    """The table of the operation, `labels` [side, side] indexed [a, b], −1 where it is not defined; `p` [1].

    Residues and labels stand in order or, with `order` 1, as discrete logarithms, on which products are sums
    (Power et al. 2022, arXiv:2201.02177); `places` [side] are the residues along each axis.
    """
    p, labels = model.config.p, model.labels
    by_logarithm = pick(chosen, "order", len(ORDERS)) == 1
    if by_logarithm and not is_prime(p):
        raise UndefinedError(f"residues mod {p} have no logarithms, {p} is not a prime: left shows them in order")
    places = torch.arange(p, device=labels.device)
    words = f"a, b and {model.config.op} (a, b) as residues mod {p}"
    if by_logarithm:
        places = torch.tensor(discrete_logarithms(p), device=labels.device)
        of_label = torch.full((p + 1,), -1, device=labels.device)  # 0 and "not defined" have no logarithm
        of_label[places] = torch.arange(p - 1, device=labels.device)
        labels = of_label[labels[places][:, places]]
        words = f"logarithms to base {int(places[1]) if p > 2 else 1}, mod {p - 1}; 0 has none"
    side = min(len(places), SIDE)
    arrays = {
        "labels": labels[:side, :side],
        "places": places[:side],
        "p": torch.tensor([p]),
        "classes": torch.tensor([len(places)]),
    }
    return picture_of(arrays, {"order": ORDERS}, words)


def layer_probes(model: ModelAtStep, chosen: Chosen) -> Picture:
    """How well a linear map reads angles from each layer: `r2` [layers, frequencies, 3] at `frequencies`.

    R² of cos and sin of w_k a, of w_k b and of w_k (a + b), fitted on train pairs and judged on the others.
    """
    keys = tuple(sorted(model.frequencies[:PROBED]))
    words = basis_of(model.config.op, model.config.p)[1]
    found = probes(model.config, model.parameters, model.angles, keys, model.train)
    arrays = {"r2": torch.stack(list(found.values())), "frequencies": torch.tensor(keys)}
    return picture_of(arrays, {"layer": tuple(found)}, f"{model.frequency_words}; {words}")


PICTURES: Final[Mapping[str, Make]] = {"path": weights_path, "operation": operation, "probes": layer_probes}
"""What makes each picture of a way through the model."""
OF_ANY_TASK: Final[Mapping[str, Make]] = {"path": weights_path}
"""Those that need no table of pairs."""
