"""Clock or pizza: which circuit a model adds angles with (Zhong et al. 2023, arXiv:2306.17844).

Untrained models mislead all of these: they tell something once test accuracy is above .9. NaN stands for 0/0, "n/a".
"""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor

from grokterm.analysis.activations import Parameters, activations, input_tables
from grokterm.analysis.angles import Angles
from grokterm.analysis.decomposition import eigh, svd
from grokterm.analysis.fourier import fourier_power
from grokterm.config import Config
from grokterm.lab.models import build

TRIPLES: Final = 1000
"""Triples (a, b, c) over which gradient symmetricity is averaged."""
COMPONENTS: Final = 4
"""Principal components of the embedding that circularity looks at."""


def triples(p: int, count: int = TRIPLES, seed: int = 0) -> Tensor:
    """Triples (a, b, c) of residues drawn with a seed, int64 [count, 3]."""
    return torch.randint(p, (count, 3), generator=torch.Generator().manual_seed(seed))


def gradient_symmetricity(config: Config, parameters: Parameters, of: Tensor) -> Tensor | None:
    """s_g: mean cosine [...] between ∂L_abc/∂E_a and ∂L_abc/∂E_b over triples `of`, int64 [m, 3] (definition 4.1).

    None where it is not defined: for other operations than addition, and without one embedding of both numbers. A
    one-hot MLP adds its two input rows, so both gradients are the same by construction. The two embeddings of an
    embedding MLP have bases of their own: E_b → E_b Q with W_b → QᵀW_b changes no logit, but the angle between the
    gradients. Triples with a gradient of zero are left out.
    """
    if len(build(config).embeddings) > 1 or config.op != "add":
        return None
    a, b, c = of.to(next(iter(parameters.values())).device).unbind(-1)
    table_a, table_b = input_tables(config, parameters)
    row = torch.arange(len(a), device=a.device)
    with torch.enable_grad():
        x_a = table_a.detach().index_select(-2, a).requires_grad_()
        x_b = table_b.detach().index_select(-2, b).requires_grad_()
        logits = activations(config, parameters, row, row, (x_a, x_b))["logits"]
        chosen = logits.gather(-1, c.expand(logits.shape[:-1]).unsqueeze(-1))
        g_a, g_b = (g.double() for g in torch.autograd.grad(chosen.sum(), (x_a, x_b)))
    cosine: Tensor = (g_a * g_b).sum(-1) / (g_a.norm(dim=-1) * g_b.norm(dim=-1))
    return cosine.nanmean(-1)


def distance_irrelevance(correct: Tensor, angles: Angles) -> Tensor:
    """q [...]: how much of the correct logit's spread [..., n, n] is left at a fixed distance i − j (definition 4.2).

    q is the mean over d of the standard deviation along i + j at i − j = d, over that of all correct logits: 0 for an
    ideal pizza, which depends on the distance alone; NaN for an ideal clock, whose correct logits are all the same.
    """
    n, values = angles.n, correct.double()
    j = torch.arange(n, device=correct.device)
    by_distance = values[..., (j + j[:, None]) % n, j]
    spread = values.flatten(-2).std(-1, correction=0)
    rounding = 16 * torch.finfo(correct.dtype).eps * values.abs().amax((-2, -1))
    q = by_distance.std(-1, correction=0).mean(-1) / spread
    return torch.where(spread > rounding, q, math.nan)


def circularity(embedding: Tensor) -> Tensor:
    """How circular an embedding [..., n, d] over angles is: [...], 1 when each of its first components is one sinusoid.

    Mean over the first four principal components of the largest share of one frequency (circularity).
    """
    centred = (embedding - embedding.mean(-2, keepdim=True)).double()
    count = min(COMPONENTS, centred.shape[-1], centred.shape[-2] - 1)
    return fourier_power(_components(centred)[..., :count]).amax(-2).mean(-1)


def _components(centred: Tensor) -> Tensor:
    """Left singular vectors of [..., n, d], largest first: by the products of its rows where these are the fewer."""
    if centred.shape[-2] > centred.shape[-1]:
        return svd(centred)[0]
    return eigh(centred @ centred.mT)[1].flip(-1)
