"""Training a batch of runs in this process, one after another or as replicas of one program."""

from __future__ import annotations

import hashlib
import os
import platform
import time
from collections.abc import Mapping

import torch
from torch import Tensor

from grokterm.analysis.progress import gini_coefficients
from grokterm.analysis.spectrum import spectrum
from grokterm.config import Config
from grokterm.errors import GroktermError, first_line
from grokterm.lab.engine import Engine
from grokterm.lab.models import Network
from grokterm.sweeper.course import Course
from grokterm.sweeps.batch import Batch, BatchResult, Outcome, Training
from grokterm.training.recording import is_measured, steps_to_next


def train(batch: Batch) -> BatchResult:
    """Trains every run of a batch to its goal or budget; one that fails is an outcome with its reason."""
    began = time.monotonic()
    outcomes = [train_alone(run, config) for run, config in batch.runs]
    return BatchResult(tuple(outcomes), time.monotonic() - began, f"{platform.node()}, process {os.getpid()}")


def train_alone(run: int, config: Config) -> Outcome:
    """Trains one run as its trainer would: the same bits on the same device and as many threads."""
    began = time.monotonic()
    course, engine, failure = Course(config), None, ""
    try:
        engine = Engine(config)
        failure = _to_the_end(engine, course)
    except (GroktermError, RuntimeError, MemoryError) as error:
        failure = reason(error)
    seconds = round(time.monotonic() - began, 4)
    if engine is None:
        return course.outcome(run, Training(seconds), failure=failure)
    words = f"{engine.strategy.name}{on_threads(engine.device)}"
    digest = "" if failure else digest_of(engine.parameters)
    return course.outcome(run, Training(seconds, str(engine.device), engine.precision, words), digest, failure)


def reason(error: BaseException) -> str:
    """Why a run failed, in a line."""
    short = isinstance(error, MemoryError) or "out of memory" in str(error).lower()
    return f"out of memory: {first_line(error)}" if short else first_line(error)


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


def gini_of(network: Network, parameters: Mapping[str, Tensor], config: Config) -> float | None:
    """The Gini coefficient of the embedding's spectrum; None where the task has no frequencies."""
    own = dict(parameters)
    norms, _, _ = spectrum(network, own, config)
    return gini_coefficients(config, own, norms)[0]


def _to_the_end(engine: Engine, course: Course) -> str:
    """Trains until the course has ended, measuring when a run of its own has records; why it failed, or nothing."""
    config = course.config
    while True:
        gini = None
        if is_measured(config, engine.step) or engine.step == 0:
            gini = gini_of(engine.network, engine.parameters, config)
        course.add(engine.step, engine.measure(), gini)
        if course.ended:
            if gini is None:
                course.gini = gini_of(engine.network, engine.parameters, config)
            return ""
        engine.advance(steps_to_next(config, engine.step))
        if not engine.finite:
            return f"the loss is no longer finite after step {engine.step:,}"
