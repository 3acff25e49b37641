"""The records of a step: the same whether the step is taken first or repeated."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache, partial
from typing import Any, Final

import torch
from msgspec.structs import asdict, replace
from torch import Tensor

from grokterm.analysis import progress as measures
from grokterm.analysis.key_frequencies import KeyFrequencies
from grokterm.analysis.measured_model import MeasuredModel, logits_of_pairs, plugin_measures
from grokterm.analysis.pairs import CHUNK, LogitsFn, cached_logits, fits_in_cache
from grokterm.analysis.spectrum import feature_count, spectrum
from grokterm.config import Config
from grokterm.lab import native
from grokterm.lab.engine import Engine
from grokterm.lab.tasks import make_task
from grokterm.measures import ProgressMeasures, StructureMeasures, finite
from grokterm.milestones import GAUGED_ACCURACY
from grokterm.tasks.arithmetic import Basis
from grokterm.training.trackers import Trackers
from grokterm.wire.records import Event, PluginMeasures, Progress, Scalars, Spectrum, Structure, TrainingRecord

STRUCTURE_EVERY: Final = 4
"""Sets of measures from one Structure record to the next: it takes several times as long as the other measures."""
_DIGITS: Final = 5
_WEIGHT_DIGITS: Final = 4
_NORM_DIGITS: Final = 3


def is_due(config: Config, step: int) -> bool:
    """Whether there are records after `step`."""
    return step % config.log_every == 0 or step in (config.until, config.max_steps) or is_measured(config, step)


def steps_to_next(config: Config, step: int) -> int:
    """Steps from `step` to the next one that has records."""
    every = [config.log_every, config.measure_every] if config.measure_every else [config.log_every]
    goals = [goal for goal in (config.until, config.max_steps) if isinstance(goal, int)]
    stops = [step - step % n + n for n in every] + goals
    return min(stop for stop in stops if stop > step) - step


def make_records(
    engine: Engine,
    seconds: float,
    trackers: Trackers,
    write: Callable[[TrainingRecord], list[Event]],
    complete: bool = False,
) -> tuple[Scalars, list[Event]]:
    """Makes the records of an engine's step and writes each; `write` returns the events that follow from a record.

    `trackers` hold the state of the run before. Returns the measures of every record, and all events, those
    of the accuracies last. `complete` records are of every kind, whatever the step.
    """
    config, step = engine.config, engine.step
    scalars = scalars_of(engine, seconds)
    if not config.measure_every:
        return scalars, write(scalars)
    with _threads(config):
        norms, basis, _ = spectrum(engine.network, engine.parameters, config)
        keys = KeyFrequencies(feature_count(config), trackers.keys).update(norms)
        scalars = _with_frequencies(scalars, engine, norms, keys)
    events = write(scalars)
    if not (is_measured(config, step) or events or complete):
        return scalars, events
    found: list[Event] = []
    if not config.of_pairs:  # of the measures, the spectrum of the weights alone needs no table
        if basis != "none":
            write(_spectrum_of(engine, norms))
        for record in _plugin_measures_of(engine, partial(_logits_of_examples, engine)):
            write(record)
        return scalars, events
    logits_fn = _logits_fn(engine)
    with _threads(config):
        made = _progress_of(engine, logits_fn, seen_pairs(engine, trackers.largest_train_fraction), keys, norms, basis)
        made += _plugin_measures_of(engine, partial(logits_of_pairs, logits_fn, config.p, engine.device))
    for record in made:
        found += write(record)
    grokked = any(event.name == "grokked" for event in events)
    if grokked or complete or step % (STRUCTURE_EVERY * config.measure_every) == 0:
        found += write(_structure_of(engine, logits_fn, scalars.test_accuracy > GAUGED_ACCURACY))
    return scalars, [*found, *events]


def _threads(config: Config) -> AbstractContextManager[None]:
    """Torch on one thread where tables are small: waking one that sleeps takes longer than its share of the work."""
    return native.torch_on_one_thread() if fits_in_cache(config.p) else nullcontext()


def scalars_of(engine: Engine, seconds: float) -> Scalars:
    """Losses, accuracies and sums of squares of an engine's present model."""
    found = engine.measure()
    numbers: dict[str, Any] = {name: finite(x) if isinstance(x, float) else x for name, x in asdict(found).items()}
    numbers["weight_change_l1"] = _rounded(found.weight_change_l1)
    numbers["squared_weights"] = {name: _rounded(x, _WEIGHT_DIGITS) for name, x in found.squared_weights.items()}
    return Scalars(step=engine.step, seconds=seconds, **numbers)


def _with_frequencies(scalars: Scalars, engine: Engine, norms: Tensor, keys: tuple[int, ...]) -> Scalars:
    """A record with the measures of the weights' frequencies too."""
    embedding, read_out = measures.gini_coefficients(engine.config, engine.parameters, norms)
    return replace(
        scalars,
        embedding_gini=_rounded(embedding),
        read_out_gini=_rounded(read_out),
        key_frequencies=keys if len(norms) else None,
    )


def _progress_of(
    engine: Engine, logits_fn: LogitsFn, seen: Tensor, keys: tuple[int, ...], norms: Tensor, basis: Basis
) -> list[TrainingRecord]:
    found = measures.progress(engine.config, logits_fn, engine.task.train_mask, seen, keys)
    records: list[TrainingRecord] = [Progress(engine.step, basis, **_all_rounded(found))]
    if basis != "none":
        records.append(_spectrum_of(engine, norms))
    return records


def _spectrum_of(engine: Engine, norms: Tensor) -> Spectrum:
    return Spectrum(engine.step, tuple(_rounded(norm, _NORM_DIGITS) for norm in norms.tolist()))


def _plugin_measures_of(engine: Engine, all_logits: Callable[[], Tensor]) -> list[TrainingRecord]:
    """A record where plugins measure something."""
    data = engine.data
    model = MeasuredModel(engine.step, engine.config, engine.parameters, data.labels, data.train_mask, all_logits)
    values = {name: _rounded(value) for name, value in plugin_measures(model).items()}
    return [PluginMeasures(engine.step, values)] if values else []


def _logits_of_examples(engine: Engine) -> Tensor:
    """The logits of all examples of a task that is not of pairs, [m, answers]."""
    everything = engine.data.examples(torch.arange(len(engine.data.labels), device=engine.device))
    parts = everything.chunks(max(1, CHUNK // engine.network.floats_per_example))
    logits = [engine.network.logits_of(engine.parameters, part) for part in parts]
    return torch.cat(logits)[:, : engine.config.shape.answers]


def _structure_of(engine: Engine, logits_fn: LogitsFn, gauges: bool) -> Structure:
    found = measures.structure(engine.config, engine.parameters, logits_fn, engine.task.labels, gauges)
    return Structure(engine.step, **_all_rounded(found))


def _all_rounded(found: ProgressMeasures | StructureMeasures) -> dict[str, float | None]:
    return {name: _rounded(number) for name, number in asdict(found).items()}


def _logits_fn(engine: Engine) -> LogitsFn:
    """The logits of the model in float32, with the products in the precision in which it trains."""
    return cached_logits(
        lambda a, b: engine.model.residue_logits(engine.parameters, a, b), engine.task.p, engine.device
    )


def seen_pairs(engine: Engine, largest_train_fraction: float) -> Tensor:
    """The pairs that an engine's model was ever trained on, bool [p, p]: larger training sets contain smaller ones."""
    if largest_train_fraction <= engine.config.train_fraction or not engine.config.of_pairs:
        return engine.data.train_mask
    config = engine.config
    return _trained(config.p, config.op, config.seed, largest_train_fraction).to(engine.device)


@lru_cache(maxsize=2)
def _trained(p: int, op: str, seed: int, train_fraction: float) -> Tensor:
    return make_task(Config(p=p, op=op, seed=seed, train_fraction=train_fraction)).train_mask


def is_measured(config: Config, step: int) -> bool:
    """Whether there are progress measures after `step`."""
    every = config.measure_every
    return every > 0 and (step % every == 0 or step in (config.until, config.max_steps))


def _rounded(value: float | None, digits: int = _DIGITS) -> float | None:
    return float(f"{value:.{digits}g}") if value is not None and math.isfinite(value) else None
