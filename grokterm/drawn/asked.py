"""Which pictures a report asks for: of every kept step, and of the last one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from grokterm.config import Config
from grokterm.drawn.asking import PictureSource
from grokterm.guide import view_pages
from grokterm.picture import Picture, PictureRequest
from grokterm.surgery import Ablation, head_count

OF_LOG: Final = ("training", "progress", "phases", "emergence", "waterfall", "forecast")
"""The views that are drawn from the log alone."""
MAPS: Final = 6
"""Neurons whose activations are shown."""
_PAGE: Final = 32
"""Neurons of one picture of clocks …"""
_PAGES: Final = 16
"""… and pictures at most, evenly spread over all neurons."""
_OF_STEP: Final = ("table", "task", "spectrum", "coordinates")
_ALL_MATRICES: Final = ("matrices", "matrix_over_time")


@dataclass(frozen=True, slots=True)
class KeptStep:
    """What a model of the run answers, and its spectrum."""

    step: int
    pictures: dict[str, Picture]
    """By name: table, task, spectrum, coordinates."""


Drawn = dict[str, tuple[Picture, ...]]
"""All pictures of each view; of one that is not defined, one without arrays."""


def kept_step(source: PictureSource, step: int) -> KeptStep | str:
    """The pictures of a kept step, or why there are none; raises TrainerError."""
    found = source.ask(step, [PictureRequest(name) for name in _OF_STEP])
    return found if isinstance(found, str) else KeptStep(step, {picture.name: picture for picture in found})


def views_of_model() -> tuple[str, ...]:
    """The names of the views that are drawn from a model."""
    return tuple(name for kept in view_pages().values() for name in kept if name not in OF_LOG)


def drawn_views(source: PictureSource, step: int, config: Config, names: Iterable[str]) -> Drawn | str:
    """The pictures of views of the model at a step, or why there are none; raises TrainerError."""
    drawn: Drawn = {}
    for name in names:
        found = source.ask(step, list(_requests(name, config)))
        if isinstance(found, str):
            return found
        rest = list(_more(name, found[0]))
        more = source.ask(step, rest) if rest else ()
        drawn[name] = (*found, *(() if isinstance(more, str) else more))
    return drawn


def _requests(name: str, config: Config) -> Iterator[PictureRequest]:
    """What a view is asked for whatever the model is."""
    blocks = range(config.depth if head_count(config) else 1)
    if name == "attention":
        yield from (PictureRequest(name, {"block": block}) for block in blocks)
    elif name == "attention_map":
        heads = range(config.heads if head_count(config) else 1)
        yield from (PictureRequest(name, {"block": block, "head": head}) for block in blocks for head in heads)
    elif name == "neuron_spectrum":
        yield from (PictureRequest(name, {"layer": layer}) for layer in range(config.depth))
    elif name == "operation":
        yield from (PictureRequest(name, {"order": order}) for order in range(2))
    else:
        yield PictureRequest(name, {"clocks": {"count": _PAGE}, "activations": {"count": 1}}.get(name, {}))


def _more(name: str, first: Picture) -> Iterator[PictureRequest]:
    """What it is asked for when it is known what there is: every matrix, the model with and without its key parts."""
    if not first.arrays:
        return
    total = int(first.arrays["total"][0]) if "total" in first.arrays else 1
    if name == "clocks":
        pages = -(-total // _PAGE)
        shown = {at * pages // min(pages, _PAGES) for at in range(1, min(pages, _PAGES))}
        yield from (PictureRequest(name, {"count": _PAGE, "page": page}) for page in sorted(shown))
    if name == "activations":
        spread = sorted({at * total // MAPS for at in range(1, MAPS)} - {0})
        yield from (PictureRequest(name, {"count": 1, "neuron": at}) for at in spread)
    if name == "contribution" and total > 1:
        yield PictureRequest(name, {"neuron": total // 2})
    if name in _ALL_MATRICES:
        yield from (PictureRequest(name, {"matrix": at}) for at in range(1, len(first.names["matrix"])))
    if name == "ablation" and len(keys := first.arrays.get("keys", ())):
        frequencies: Sequence[int] = tuple(sorted(int(k) for k in keys))
        yield PictureRequest(name, ablation=Ablation(frequencies=tuple(frequencies), only=True))
        yield PictureRequest(name, ablation=Ablation(frequencies=tuple(frequencies)))
