"""What is read from the parameters of a run when it is measured and when it ends."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import torch
from torch import Tensor

from grokterm.analysis.progress import gini_coefficients
from grokterm.analysis.spectrum import spectrum
from grokterm.config import Config
from grokterm.errors import first_line
from grokterm.lab.models import build_any


def gini_of(config: Config, parameters: Mapping[str, Tensor]) -> float | None:
    """The Gini coefficient of the embedding's spectrum; None where the task has no frequencies."""
    own = dict(parameters)
    norms, _, _ = spectrum(build_any(config), own, config)
    return gini_coefficients(config, own, norms)[0]


def digest_of(parameters: Mapping[str, Tensor]) -> str:
    """SHA-256 of names, shapes and numbers of the parameters of a model, in hexadecimal."""
    digest = hashlib.sha256()
    for name in sorted(parameters):
        array = parameters[name].detach().cpu().contiguous().numpy()
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.reshape(-1).view("u1").data)
    return digest.hexdigest()


def on_threads(device: torch.device) -> str:
    """On how many threads of the processor steps are computed, in words; empty on other devices."""
    count = torch.get_num_threads()
    return f" on {count} thread{'s' if count > 1 else ''}" if device.type == "cpu" else ""


def reason_of_failure(error: BaseException) -> str:
    """Why a run failed, in a line."""
    short = isinstance(error, MemoryError) or "out of memory" in str(error).lower()
    return f"out of memory: {first_line(error)}" if short else first_line(error)
