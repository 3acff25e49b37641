"""One batch a GPU: which ones there are, and that each worker sees its own alone."""

from __future__ import annotations

import os
from concurrent.futures import Future
from typing import Any

import pytest

from grokterm.config import Config
from grokterm.sweeper import gpus, workers
from grokterm.sweeper.gpus import VISIBLE, gpus_for, named
from grokterm.sweeper.workers import LocalWorkers


@pytest.mark.parametrize(
    ("count", "visible", "names"),
    [
        (2, "", ("0", "1")),
        (2, "2,3", ("2", "3")),
        (1, " GPU-ab , GPU-cd", ("GPU-ab",)),
        (2, "MIG-1,MIG-2", ("MIG-1", "MIG-2")),
        (0, "0,1", ()),
    ],
)
def test_gpus_are_named_as_the_environment_names_them(count: int, visible: str, names: tuple[str, ...]) -> None:
    assert named(count, visible) == names


def test_torch_is_asked_only_where_it_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpus, "describe_devices", lambda: {"cuda": ["H200", "H200"]})
    monkeypatch.delenv(VISIBLE, raising=False)
    monkeypatch.setattr(gpus, "_DRIVER", ("/",))
    assert gpus_for(Config()) == gpus_for(Config(device="cuda")) == ("0", "1")
    assert gpus_for(Config(device="cpu")) == gpus_for(Config(device="cuda:1")) == ()
    monkeypatch.setattr(gpus, "_DRIVER", ("/no/driver",))
    assert gpus_for(Config()) == ()


def visible(_: Any) -> str | None:
    """What a worker sees."""
    return os.environ.get(VISIBLE)


def test_each_worker_sees_its_own_gpu_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "train_batch", visible)
    made = LocalWorkers(3, ("4", "GPU-x"))
    futures: list[Future[Any]] = [made.submit(None) for _ in range(3)]  # type: ignore[arg-type]
    assert [future.result(60) for future in futures] == ["4", "GPU-x", "4"]
    made.close(at_once=False)
