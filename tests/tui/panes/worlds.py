"""Worlds to show: a run that memorizes at 150 and groks around 2,400, or anything else."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.strip import Strip

from grokterm.config import Config, Value
from grokterm.picture import Array, Picture, PictureRequest
from grokterm.runs.history import History
from grokterm.tasks.polynomial import UNDEFINED
from grokterm.tui.panes import Pane, TryPane
from grokterm.tui.run.state import RunState
from grokterm.tui.theme import find_theme, load_themes
from grokterm.view_options import Graph, ViewOptions
from grokterm.wire.messages import Status
from grokterm.wire.records import Change, Event, Record, Scalars, Session


def scalars(step: int, train: float, test: float, loss: float | None = 1.0) -> Scalars:
    """A record with the same loss on both sets."""
    return Scalars(
        step=step,
        seconds=step / 100,
        train_loss=loss,
        test_loss=loss,
        train_accuracy=train,
        test_accuracy=test,
        sum_squared_weights=1.0,
        gradient_norm=None,
    )


def change(step: int, words: str, values: dict[str, Value], old: dict[str, Value]) -> Change:
    """A change at once."""
    return Change(step=step, values=values, old=old, rebuilt=False, keep=False, words=words)


def grokking(last: int) -> list[Record]:
    """The log of a run up to a step, a record every 10."""
    records: list[Record] = [Session(step=0, name="started", words="started on cpu", time=0.0)]
    for step in range(0, last + 1, 10):
        train, test = (1 / (1 + math.exp((middle - step) / width)) for middle, width in ((100, 12), (2100, 100)))
        records.append(scalars(step, train, test, math.exp(-step / 400)))
        if step == 150:
            records.append(Event(step=step, name="memorized", words="memorized: train accuracy passed 99 %"))
        if step == 640:
            records.append(change(step, "weight decay 1 → 2", {"weight_decay": 2.0}, {"weight_decay": 1.0}))
    return records


def picture_of(name: str, arrays: dict[str, Array], step: int = 0, summary: str = "") -> Picture:
    """A picture of the present model."""
    return Picture(arrays, summary=summary, request=PictureRequest(name), step=step)


def task_of(p: int) -> Picture:
    """Addition mod p; every other pair is trained on."""
    a, b = np.indices((p, p))
    label = ((a + b) % p).astype(np.int16)
    settings = np.array([Config().train_fraction, 0], np.float32)
    return picture_of("task", {"label": label, "given": label, "trained": (a + b) % 2 == 0, "settings": settings})


def undefined_in_row_0(task: Picture) -> Picture:
    """The same task, not defined where b is 0."""
    label = task.label.copy()
    label[:, 0] = UNDEFINED
    trained = task.trained & (label != UNDEFINED)
    return picture_of("task", {**task.arrays, "label": label, "given": label, "trained": trained})


def table_of(task: Picture, step: int, right: bool) -> Picture:
    """Answers that are all right, or right on what was trained on."""
    known = task.label if right else np.where(task.trained, task.label, (task.label + 1) % len(task.label))
    arrays: dict[str, Array] = {"prediction": known.astype(np.int16), "confidence": np.full(known.shape, 250, np.uint8)}
    return picture_of("table", arrays, step)


def spectrum_of(
    step: int, norms: Array, keys: tuple[int, ...], single: float = np.nan, own_peaks: Sequence[float] = ()
) -> Picture:
    """A spectrum with its key frequencies."""
    arrays = {"norms": norms, "keys": np.array(keys, np.int64), "single": np.array([single], np.float32)}
    arrays["own_peaks"] = np.array(own_peaks, np.float32)
    return picture_of("spectrum", arrays, step, "first layer, over residues")


def make_world(
    records: Sequence[Record] = (), p: int = 97, theme: str = "dusk", graph: Graph = "braille", pictures: bool = False
) -> RunState:
    """A world with the log given, and with pictures of a model where asked for."""
    history = History(Config(p=p))
    history.add(records)
    world = RunState("7", history, ViewOptions(graph=graph, theme=theme), find_theme(theme).palette)
    step = history.last.step if history.last else 0
    world.status = Status(step, "training", 1.0, 100.0, "max", "cpu", "float32")
    if pictures:
        norms = np.linspace(0.1, 1, max((p - 1) // 2, 1), dtype=np.float32)
        show(world, task := task_of(p), table_of(task, step, right=False), spectrum_of(step, norms, (1,)))
    return world


def show(world: RunState, *pictures: Picture) -> None:
    """Lets pictures be those of now."""
    world.now |= {picture.name: picture for picture in pictures}


class PaneApp(App[None]):
    """Panes on a screen, each with a size of its own."""

    def __init__(self, world: RunState, *panes: Pane, size: tuple[int, int] | None = None) -> None:
        super().__init__()
        for theme in load_themes().values():
            self.register_theme(theme.textual())
        self.theme = world.view.theme
        self.state, self.panes, self.pane_size = world, panes, size
        self.asked: list[tuple[int, int]] = []

    def compose(self) -> ComposeResult:
        for pane in self.panes:
            if self.pane_size:
                pane.styles.width, pane.styles.height = self.pane_size
            yield pane

    def show(self) -> None:
        """Hands the world to all panes, as a tick does."""
        for pane in self.panes:
            pane.show(self.state)

    def on_try_pane_asked(self, event: TryPane.Asked) -> None:
        self.asked.append((event.a, event.b))


def lines(pane: Pane) -> list[str]:
    """What stands in a pane, blanks at the end left out."""
    return [pane.render_line(y).text.rstrip() for y in range(pane.content_size.height)]


def top_line(pane: Pane) -> str:
    """The pane's upper border."""
    strips: list[Strip] = pane.render_lines(Region(0, 0, pane.outer_size.width, 1))
    return strips[0].text
