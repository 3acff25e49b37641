"""Pictures of the embedding or first layer as a geometric thing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import torch

from grokterm.analysis.embedding import circles
from grokterm.analysis.fourier import basis_of, over_basis
from grokterm.analysis.pictures.picture import Chosen, Make, Picture
from grokterm.analysis.subject import Subject

CIRCLES: Final = 8
"""Frequencies whose circles are shown at most."""


def embedding_circles(subject: Subject, chosen: Chosen) -> Picture:
    """`circles` [frequencies, n, 2] of every residue in the plane of each frequency, `frequencies` [frequencies].

    `residues` [n] are those that stand at angles 0, 1, … (Nanda et al. 2023, arXiv:2301.05217, section 4.2).
    """
    angles = subject.angles
    basis, words = basis_of(subject.config.op, subject.config.p)
    tables = subject.model.first_layer(dict(subject.parameters))
    over = torch.cat([over_basis(table, basis) for table in tables], dim=-1)
    shown = tuple(sorted(subject.frequencies[:CIRCLES]))
    residues = over_basis(torch.arange(subject.config.p).unsqueeze(-1), basis).squeeze(-1)
    return Picture(
        {"circles": circles(over, angles, shown), "frequencies": torch.tensor(shown), "residues": residues},
        words=f"{subject.frequency_words}; {words}",
    )


PICTURES: Final[Mapping[str, Make]] = {"circles": embedding_circles}
"""What makes each picture of the embedding."""
