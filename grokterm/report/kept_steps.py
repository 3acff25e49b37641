"""The slider over the kept steps: the table of all pairs, right and wrong, and the Fourier bars of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from grokterm.config import Config
from grokterm.drawn.asked import KeptStep
from grokterm.drawn.board import SLICE, norms_of, right_pairs
from grokterm.drawn.parts import Values
from grokterm.number_format import counted, percent
from grokterm.picture import Picture
from grokterm.report.data import Data
from grokterm.report.markup import Markup, joined, tag
from grokterm.report.page import legend
from grokterm.surgery import key_words
from grokterm.tasks.polynomial import UNDEFINED

_UNDEFINED: Final = 65535
"""The label of a pair for which the operation is not defined, as it is kept."""
_BYTE: Final = 8
_COLORS: Final = (
    ("correct", "right, not trained on"),
    ("wrong", "wrong, not trained on"),
    ("correct_trained", "right, trained on"),
    ("wrong_trained", "wrong, trained on"),
)


class _Tables:
    """Arrays of several steps after each other; of those that are equal, one."""

    def __init__(self) -> None:
        self._parts: list[Values] = []
        self._places: dict[bytes, int] = {}
        self._length = 0

    def add(self, values: Values) -> int:
        """Where the values begin."""
        key = values.tobytes()
        if key not in self._places:
            self._places[key] = self._length
            self._parts.append(values)
            self._length += values.size
        return self._places[key]

    @property
    def values(self) -> Values:
        return np.concatenate(self._parts)


def steps_body(data: Data, steps: Sequence[KeptStep], config: Config, notes: Sequence[str] = ()) -> Markup:
    """The slider with what can be shown of each step, and in a line each what cannot."""
    has_table = all(step.pictures["table"].arrays and step.pictures["task"].arrays for step in steps)
    norms = [norms_of(step) for step in steps]
    has_bars = all(picture.arrays for picture, _ in norms)
    missing = [*notes]
    if not has_table:
        missing.append(f"No table of pairs: {_why(steps, 'table')}.")
    if not has_bars:
        missing.append(f"No bars: {next(picture.summary for picture, _ in norms if not picture.arrays)}.")
    said = [tag("p", words, class_="undefined") for words in missing]
    if not (steps and (has_table or has_bars)):
        return joined(said)
    spec = _Spec(data, config)
    entries = [spec.entry(step, has_table, norms[at] if has_bars else None) for at, step in enumerate(steps)]
    data.steps = spec.closed(entries)
    grid = [_grid("Every pair" if config.of_pairs else SLICE)] if has_table else []
    bars = [tag("div", tag("h4", f"Norm of each {spec.component}"), _part("div", "bars", "chart"))] if has_bars else []
    body = tag("div", *_controls(len(steps)), tag("div", *grid, *bars, class_="steps"), data_steps="1")
    return joined([body, *said])


class _Spec:
    """What the page reads for the slider, collected step by step."""

    def __init__(self, data: Data, config: Config) -> None:
        self._data, self._config = data, config
        self._right, self._trained, self._labels, self._norms = (_Tables() for _ in range(4))
        self.component = "frequency"
        self._names: tuple[str, ...] = ()
        self._top = 0.0

    def entry(self, step: KeptStep, table: bool, norms: tuple[Picture, str] | None) -> dict[str, Any]:
        """What is told of a step, and where its arrays begin."""
        found: dict[str, Any] = {"step": step.step, "words": "", "right": 0}
        return found | (self._of_table(step) if table else {}) | (self._of_norms(*norms) if norms else {})

    def closed(self, entries: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """All steps, with the names of the arrays."""
        kept: dict[str, Any] = {"steps": list(entries), "undefined": _UNDEFINED, "component": self.component}
        if "bits" in entries[0]:
            kept["right"] = self._data.array(self._right.values)
            kept["trained"] = self._data.array(self._trained.values)
            kept["labels"] = self._data.array(self._labels.values, "u16")
            kept["axes"] = "b ↓ a →"
        if "norms" in entries[0]:
            kept["norms"] = self._data.array(self._norms.values)
            kept["top"] = self._top
            kept["names"] = list(self._names) or None
        return kept

    def _of_table(self, step: KeptStep) -> dict[str, Any]:
        task = step.pictures["task"].arrays
        right, trained = right_pairs(step), task["trained"].astype(np.bool_)
        label = np.where(task["label"] == UNDEFINED, _UNDEFINED, task["label"]).astype(np.uint16)
        defined = task["label"] != UNDEFINED
        test = defined & ~trained
        wrong, tested = int((test & ~right).sum()), int(test.sum())
        shown = {"train": defined & trained, "test": test}
        words = [f"{name} {percent(float(right[chosen].mean()))}" for name, chosen in shown.items() if chosen.any()]
        return {
            "p": int(label.shape[0]),
            "bits": self._right.add(_whole_bytes(right)),
            "trained": self._trained.add(_whole_bytes(trained)),
            "labels": self._labels.add(label.ravel()),
            "right": int(right.sum()),
            "words": self._shown() + " · ".join([*words, f"{wrong:,} of {counted(tested, 'test pair')} wrong"]),
        }

    def _shown(self) -> str:
        """What accuracies are counted over, where that is not as in the log."""
        parts = [] if self._config.of_pairs else ["of these"]
        parts += ["by the right answers"] if self._config.corrupt else []
        return f"{', '.join(parts)}: " if parts else ""

    def _of_norms(self, picture: Picture, component: str) -> dict[str, Any]:
        norms = np.asarray(picture.arrays["norms"], dtype=np.float32)
        keys = [int(k) for k in picture.arrays.get("keys", picture.arrays.get("secret", ()))]
        threshold = float(picture.arrays["threshold"][0]) if "threshold" in picture.arrays else float("nan")
        self.component, self._names = component, tuple(picture.names.get("components", ()))
        self._top = max(self._top, float(np.nanmax(norms, initial=0.0)))
        return {
            "norms": self._norms.add(norms),
            "components": int(norms.size),
            "keys": keys,
            "threshold": threshold if np.isfinite(threshold) else None,
            "said": self._said(keys, component),
        }

    def _said(self, keys: Sequence[int], component: str) -> str:
        if component == "coordinate":
            return f"secret {', '.join(map(str, sorted(keys)))}"
        what, labels = key_words(self._config.op, keys)
        return f"{what} {', '.join(labels)}" if keys else f"no {what} yet"


def _whole_bytes(pairs: Values) -> Values:
    """Pairs in one dimension, filled up so that the next ones begin with a byte."""
    flat = pairs.ravel()
    return np.concatenate([flat, np.zeros(-flat.size % _BYTE, dtype=np.bool_)])


def _why(steps: Sequence[KeptStep], name: str) -> str:
    words = [step.pictures[name].summary for step in steps if not step.pictures[name].arrays]
    return words[0] if words and words[0] else "this task has none"


def _controls(count: int) -> list[Markup]:
    row = tag(
        "div",
        tag("button", "‹", type="button", data_part="back", aria_label="The kept step before"),
        tag(
            "input", type="range", min=0, max=count - 1, value=count - 1, step=1, data_part="slider", aria_label="Step"
        ),
        tag("button", "›", type="button", data_part="on", aria_label="The next kept step"),
        class_="slider",
    )
    return [row, tag("div", _part("b", "step"), _part("span", "counts", "muted"), class_="now")]


def _grid(title: str) -> Markup:
    canvas = tag("canvas", data_part="grid", class_="pixels", role="img", aria_label="The table of all pairs")
    return tag("div", tag("h4", title), canvas, _part("p", "told", "told"), legend(*_COLORS))


def _part(name: str, part: str, class_: str | None = None) -> Markup:
    return tag(name, data_part=part, class_=class_)
