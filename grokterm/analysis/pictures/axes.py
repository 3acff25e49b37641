"""Which residues stand along the axes of a table over pairs."""

from __future__ import annotations

import torch
from torch import Tensor

from grokterm.analysis.fourier import basis_of, over_basis
from grokterm.analysis.model_at_step import ModelAtStep


def axis_residues(model: ModelAtStep, most: int) -> tuple[Tensor, tuple[str, str]]:
    """The first of all residues, int64 [at most `most`], and what the two axes are called.

    They stand by their logarithms where the operation adds those, so that its stripes are seen, else in order. The
    first residues of many show the same stripes as all.
    """
    basis, _ = basis_of(model.config.op, model.config.p)
    residues = torch.arange(model.config.p, device=model.labels.device)
    if basis != "discrete logarithms":
        return residues[:most], ("a", "b")
    return over_basis(residues.unsqueeze(-1), basis).squeeze(-1)[:most], ("log a", "log b")
