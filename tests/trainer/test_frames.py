"""Frames: made once for one model, and put off where they would take more than their share."""

from __future__ import annotations

import math
import socket

import numpy as np
import pytest

from grokterm.config import Config
from grokterm.lab.engine import Engine
from grokterm.trainer.frames import Frames, Looks
from grokterm.trainer.server import Connection
from grokterm.wire.messages import Look, SpectrumFrame, TableFrame, TaskFrame
from tests.trainer.running import TINY


def viewer() -> Connection:
    return Connection(socket.socket())


def test_frames_that_were_dear_are_put_off_while_training() -> None:
    looks, one, two = Looks(), viewer(), viewer()
    assert looks.add(one, Look(1, ("table",))) is None
    assert looks.due(training=True) == [(one, Look(1, ("table",)))]
    assert looks.wait() == math.inf
    looks.spent(1000.0)
    looks.add(one, Look(2, ("table",)))
    looks.add(two, Look(5, ("spectrum",)))
    assert looks.add(one, Look(3, ("spectrum",))) == Look(2, ("table",))
    assert looks.due(training=True) == []
    assert 8000 < looks.wait() <= 9000
    two.closed = True
    assert looks.due(training=False) == [(one, Look(3, ("spectrum",)))]
    assert looks.due(training=False) == []


@pytest.mark.parametrize(("frames", "cheap"), [((), True), (("task",), True), (("task", "table"), False)])
def test_what_costs_nothing_is_answered_at_once(frames: tuple[str, ...], cheap: bool) -> None:
    assert Looks.is_cheap(Look(1, frames)) is cheap  # type: ignore[arg-type]


def test_a_frame_of_one_model_is_made_once() -> None:
    frames, engine = Frames(), Engine(TINY)
    [first] = frames.make(("table", "table"), engine, 0)
    assert frames.make(("table",), engine, 0) == (first,)
    assert frames.make(("table",), engine, 0)[0] is first
    engine.advance(1)
    assert frames.make(("table",), engine, 0)[0] is not first
    assert isinstance(first, TableFrame)


def test_pairs_without_a_label() -> None:
    [task] = Frames().make(("task",), Engine(TINY.changed({"op": "divide"})), 0)
    assert isinstance(task, TaskFrame)
    label = task.label.numpy()
    assert (label[:, 0] == 65535).all()
    assert label[:, 1:].max() < 7
    assert not task.trained.numpy()[:, 0].any()
    assert task.trained.numpy().sum() == 21


def test_an_operation_without_a_spectrum() -> None:
    [frame] = Frames().make(("spectrum",), Engine(TINY.changed({"op": "x3+xy"})), 0)
    assert isinstance(frame, SpectrumFrame)
    assert frame.basis == "none"
    assert frame.words
    assert frame.norms.numpy().shape == (0,)


def test_key_frequencies_belong_to_one_model() -> None:
    frames, engine = Frames(), Engine(Config(p=31, d_model=64, width=32, device="cpu"))
    wave = np.cos(2 * np.pi * 5 * np.arange(31) / 31)
    for table in engine.model.first_layer(engine.parameters):
        table[:] = table.new_tensor(wave)[:, None]
    [frame] = frames.make(("spectrum",), engine, 0)
    assert isinstance(frame, SpectrumFrame)
    assert frame.key_frequencies == (5,)
    engine.rebuild(engine.config.changed({"width": 64}), keep=False)
    [frame] = frames.make(("spectrum",), engine, 1)
    assert isinstance(frame, SpectrumFrame)
    assert frame.key_frequencies == ()
