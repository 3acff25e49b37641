"""What the board shows of a model: the table of all pairs, and the bars of its frequencies or coordinates."""

from __future__ import annotations

from typing import Final

import numpy as np

from grokterm.config import Config
from grokterm.drawn.asked import KeptStep
from grokterm.drawn.parts import PAIR_STATES, Bars, Heat, Legend, Part, Range, Side, Values, Words
from grokterm.number_format import percent
from grokterm.picture import Picture
from grokterm.surgery import key_words
from grokterm.tasks.polynomial import UNDEFINED

SLICE: Final = "Every pair (a, b), all other inputs being 0"
_TRAINED: Final = 3
"""How much higher the state of a pair is that is trained on."""


def table(step: KeptStep, config: Config) -> list[Part]:
    """Which pairs the model answers right, and which of them it was trained on."""
    pictures = [step.pictures[name] for name in ("table", "task")]
    missing = [picture.summary for picture in pictures if not picture.arrays]
    if missing:
        return [Words(missing[0] or "this task has no table", "undefined")]
    task = pictures[1].arrays
    right, trained = right_pairs(step), task["trained"].astype(np.bool_)
    defined = task["label"] != UNDEFINED
    states = np.where(defined, np.where(right, 1, 2) + _TRAINED * trained, 0)
    shares = [
        f"{name} pairs {percent(float(right[chosen].mean()))}"
        for name, chosen in (("training", defined & trained), ("test", defined & ~trained))
        if chosen.any()
    ]
    found = [PAIR_STATES[state] for state in (1, 2, 4, 5) if (states == state).any()]
    drawn = Heat("", states.T.astype(np.float64), Side("b"), Side("a"), Range("states", 0.0, 6.0), square=True)
    where = "" if config.of_pairs else f"{SLICE}: "
    return [Words(f"{where}Right of the {', of the '.join(shares)}."), Legend(found), drawn]


def bars(step: KeptStep, first: KeptStep | None, config: Config) -> list[Part]:
    """The norm of each frequency or coordinate, below that of the first model."""
    picture, component = norms_of(step)
    if not picture.arrays:
        return [Words(picture.summary or "this task has no frequencies", "undefined")]
    shown = [] if first is None or first.step == step.step else [_bars(first, f"Step {first.step:,}")]
    keys = [int(k) for k in picture.arrays.get("keys", ())]
    name, labels = key_words(config.op, keys)
    said = [Words(f"{name[:1].upper()}{name[1:]}: {', '.join(labels)}.")] if keys else []
    return [*said, *shown, _bars(step, f"Step {step.step:,}", component)]


def right_pairs(step: KeptStep) -> Values:
    """Which pairs the model answers right, bool [p, p] indexed [a, b]; those without an answer are wrong."""
    label, prediction = step.pictures["task"].arrays["label"], step.pictures["table"].arrays["prediction"]
    found: Values = (prediction == label) & (label != UNDEFINED)
    return found


def norms_of(step: KeptStep) -> tuple[Picture, str]:
    """The picture of the bars of a step, and what a bar is: a frequency, or of a parity a coordinate."""
    coordinates = step.pictures["coordinates"]
    if coordinates.arrays:
        return coordinates, "coordinate"
    spectrum = step.pictures["spectrum"]
    return spectrum, "representation" if spectrum.names.get("components") else "frequency"


def _bars(step: KeptStep, title: str, unit: str = "") -> Bars:
    picture, _ = norms_of(step)
    keys = [int(k) for k in picture.arrays.get("keys", picture.arrays.get("secret", ()))]
    level = float(picture.arrays["threshold"][0]) if "threshold" in picture.arrays else float("nan")
    names = picture.names.get("components", ())
    return Bars(title, picture.arrays["norms"], keys, [("key from", level, "key")], names, unit)
