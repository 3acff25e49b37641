"""What can be taken out of a model, as the cursor of the ablation view goes through it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grokterm.picture import Picture
from grokterm.surgery import Ablation, component_labels, frequency_label, key_words
from grokterm.tui.drawing.parts import Part


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that x takes out or puts back."""

    part: Part
    numbers: tuple[int, ...]
    """The frequency, the neurons or the head."""
    words: str


def frequency_choice(op: str, k: int, norm: float, out: bool, key: bool) -> Choice:
    """One frequency, or one representation of a group."""
    (what, _), label = key_words(op, (k,)), frequency_label(op, k)
    words = f"{label if component_labels(op) else f'k = {k}'}, norm {norm:.3g}" + (f", a {what}" if key else "")
    return Choice(Part(label, norm, out, key), (k,), words)


def group_choices(picture: Picture, ablation: Ablation, keys: set[int]) -> list[Choice]:
    """The neurons that one frequency explains, by that, and last those that none does."""
    groups = picture.arrays.get("groups")
    if groups is None:
        return []
    found, out = [], set(ablation.neurons)
    for k in [*sorted(int(k) for k in np.unique(groups) if k), 0]:
        numbers = tuple(np.flatnonzero(groups == k).tolist())
        if numbers:
            follow = f"explained by k = {k}" if k else "explained by no single frequency"
            part = Part(str(k) if k else "rest", len(numbers), out.issuperset(numbers), k in keys)
            found.append(Choice(part, numbers, f"{len(numbers):,} neuron{'s' if len(numbers) > 1 else ''} {follow}"))
    return found
