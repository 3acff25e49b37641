"""How the screen writes a run in a few words: task, model, optimizer, split, numbers and times."""

from __future__ import annotations

from typing import Final

from grokterm import number_format
from grokterm.config import Config, Value, label, short_label
from grokterm.config.optimizers import FILTERS, OPTIMIZERS
from grokterm.config.tasks import example_count
from grokterm.number_format import clock, count, number, percent, rate, typed

__all__ = ["clock", "count", "number", "percent", "rate", "typed"]

_LABEL: Final = 16
"""Characters of the longest name of a setting in a dialog."""


def setting(name: str) -> str:
    """A setting as a person reads it, as dialogs have room for it: weight_decay → weight decay."""
    return label(name) if len(label(name)) <= _LABEL else short_label(name)


def spelled(value: Value) -> str:
    """The value of a setting as the screen writes it."""
    return number_format.spelled(value, 4)


def task(config: Config) -> str:
    """The task: `a + b mod 97`."""
    return config.task_words


def model(config: Config) -> tuple[str, str, str]:
    """Architecture and size at length, shorter, and as one word."""
    extra = [f"× {config.depth}"] if config.depth > 1 else []
    extra += [config.activation] if config.activation != "relu" else []
    extra += [f"{config.layer_norm}-norm"] if config.layer_norm != "none" else []
    extra += ["p+1 classes"] if config.classes == "p+1" else []
    spec = config.architecture
    long, short = (f"{config.arch} {size.format_map(config.as_dict())}" for size in (spec.size, spec.short))
    return " ".join([long, *extra]), short, config.arch


def optimizer(config: Config) -> str:
    """Filter and optimizer as they are written in papers."""
    filtered = "" if config.filter == "none" else f"{FILTERS[config.filter].title} "
    return filtered + OPTIMIZERS[config.optimizer].title


def split(config: Config) -> tuple[str, str]:
    """The training share of the pairs, or the points, long and short, and how many of their labels are wrong."""
    wrong = f", {100 * config.corrupt:.4g} % wrong" if config.corrupt else ""
    if config.of_points:
        points = f"{config.train_size:,} points{wrong}"
        return points, points
    share = f"{100 * config.train_fraction:.4g} %"
    many = {2: "pairs", 3: "triples"}.get(config.shape.inputs, "tuples")
    return f"{share} of {example_count(config.task, config.op, config.p, config.k):,} {many}{wrong}", share + wrong
