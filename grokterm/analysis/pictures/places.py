"""Which residues stand along the axes of a table over pairs."""

from __future__ import annotations

import torch
from torch import Tensor

from grokterm.analysis.fourier import basis_of, over_basis
from grokterm.analysis.subject import Subject


def places(subject: Subject, most: int) -> tuple[Tensor, tuple[str, str]]:
    """The first of all residues, int64 [at most `most`], and what the two axes are called.

    They stand by their logarithms where the operation adds those, so that its stripes are seen, else in order. The
    first residues of many show the same stripes as all.
    """
    basis, _ = basis_of(subject.config.op, subject.config.p)
    residues = torch.arange(subject.config.p, device=subject.labels.device)
    if basis != "discrete logarithms":
        return residues[:most], ("a", "b")
    return over_basis(residues.unsqueeze(-1), basis).squeeze(-1)[:most], ("log a", "log b")
