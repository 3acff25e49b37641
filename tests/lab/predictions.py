"""What an engine's model answers to all pairs."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from grokterm.analysis.logits import likeliest_classes
from grokterm.lab.engine import Engine


@torch.no_grad()
def predictions(engine: Engine) -> tuple[Tensor, Tensor]:
    """The likeliest classes, int64 [p, p], and their probabilities, float32 [p, p]."""
    logits_fn = partial(engine.model.residue_logits, engine.parameters)
    return likeliest_classes(logits_fn, engine.config.p, engine.device)
