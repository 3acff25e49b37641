"""Pictures of the embedding or first layer as a geometric thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor

from grokterm.analysis.embedding import circles, components, explained_variance
from grokterm.analysis.fourier import basis_of, fourier_norms, over_basis
from grokterm.analysis.model_at_step import ModelAtStep, UndefinedError
from grokterm.analysis.pictures.picture import Chosen, Make, pick, picture_of
from grokterm.picture import Picture

CIRCLES: Final = 8
"""Frequencies whose circles are shown at most."""
AXES: Final = ("now", "own")
"""Whose principal axes a picture of components stands on, as `axes` chooses: those of the present model, or its own."""
COMPONENTS: Final = 256
"""Components whose share of the variance is sent at most."""


def first_layer(model: ModelAtStep) -> tuple[Tensor, Tensor]:
    """Rows of the embedding or first layer [n, features], of all inputs side by side, and the residue of each [n].

    They are in the order of the operation's basis, or by residue where it has none.
    """
    config = model.config
    if config.of_points:
        raise UndefinedError(f"not defined for {config.task_words}: it has no residues")
    basis, _ = basis_of(config.op, config.p)
    tables = model.any_network.input_tables(dict(model.parameters))
    rows = torch.cat([over_basis(table, basis) for table in tables], dim=-1)
    return rows, over_basis(torch.arange(config.p).unsqueeze(-1), basis).squeeze(-1)


def strongest_words(model: ModelAtStep, most: int) -> str:
    """What the frequencies in a picture are that has room for so many."""
    count = len(model.frequencies)
    return f"the {most} strongest of {count} key frequencies" if count > most else model.frequency_words


def embedding_circles(model: ModelAtStep, chosen: Chosen) -> Picture:
    """`circles` [K, n, 2] of every residue in the plane of each frequency, `frequencies` [K] the strongest first.

    `residues` [n] are those that stand at angles 0, 1, … (Nanda et al. 2023, arXiv:2301.05217, section 4.1).
    """
    angles = model.angles
    rows, residues = first_layer(model)
    shown = torch.tensor(model.frequencies[:CIRCLES], dtype=torch.int64)
    # Circles come by frequency, and are wanted by strength.
    found = circles(rows, angles, shown.tolist())[shown.argsort().argsort()]
    _, words = basis_of(model.config.op, model.config.p)
    return picture_of(
        {"circles": found, "frequencies": shown, "residues": residues},
        summary=f"{strongest_words(model, CIRCLES)}; {words}",
    )


def principal_components(model: ModelAtStep, chosen: Chosen) -> Picture:
    """`points` [n, 2] of every residue along two principal components, `explained` [2] shares of the variance there.

    `residues` [n]; `frequency` [1] at which these points vary most, 0 where the operation has no frequencies. The
    components are those of the present model or, with `axes` 1, the model's own.
    """
    rows, residues = first_layer(model)
    own = pick(chosen, "axes", len(AXES)) == 1 or model.present is None
    axes = None
    if not own and model.present is not None:
        now, _ = first_layer(model.present)
        if now.shape != rows.shape:
            raise UndefinedError("not defined: the model of now has another first layer; choose its own axes")
        axes = components(now).axes
    found = components(rows, axes=axes)
    basis, words = basis_of(model.config.op, model.config.p)
    strongest = int(fourier_norms(found.points).nan_to_num().argmax()) + 1 if basis != "none" else 0
    whose = "its own axes" if own and model.present else "axes of now"
    return picture_of(
        {
            "points": found.points,
            "explained": found.explained,
            "residues": residues,
            "frequency": torch.tensor([strongest]),
        },
        summary=whose if basis == "none" else f"{whose}; {words}",
    )


def variance_shares(model: ModelAtStep, chosen: Chosen) -> Picture:
    """`shares` [components] of the variance along each principal component, falling; `total` [1] components in all."""
    rows, _ = first_layer(model)
    shares = explained_variance(rows)
    arrays = {"shares": shares[:COMPONENTS], "total": torch.tensor([len(shares)])}
    return picture_of(arrays, summary=model.config.architecture.embedding_words)


PICTURES: Final[Mapping[str, Make]] = {
    "circles": embedding_circles,
    "components": principal_components,
    "variance": variance_shares,
}
"""What makes each picture of the embedding."""
OF_ANY_TASK: Final = PICTURES
"""Those that need no table of pairs."""
