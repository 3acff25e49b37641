"""What a worker process does: made ready once, then a batch at a time; torch is loaded here and not by who sends it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from functools import cache
from multiprocessing.connection import wait
from types import FrameType
from typing import Final

from grokterm.config.plugins import Plugin
from grokterm.errors import GroktermError
from grokterm.plugins.items import PluginError
from grokterm.plugins.loading import find_entry_point, is_loaded, load_entry_point, load_source
from grokterm.sweeper.gpus import VISIBLE
from grokterm.sweeps.batch import Batch, BatchResult, Versions

_ONE_AT_A_TIME: Final = threading.Lock()
"""Held while a batch trains: threads and kernels are those of the whole process."""
_ending: Final = threading.Event()
_LOOK: Final = 1.0
"""Seconds from one look at the process that this is a fork of to the next; who sends batches is waited for."""


class WorkerError(GroktermError):
    """A worker that cannot train what it was given."""


def train_batch(batch: Batch) -> BatchResult:
    """Trains a batch in this process; raises WorkerError where its grokterm is another version."""
    check_versions(batch.versions)
    load_plugins(batch.plugins)
    with _ONE_AT_A_TIME:
        _make_ready(batch.threads)
        from grokterm.sweeper.batches import train

        return train(batch, _asked_to_end)


def check_versions(coordinators: Versions) -> None:
    """Raises WorkerError where grokterm or torch of this process is another than the coordinator's."""
    own = Versions()
    for name, here, there in zip(own.names, own.numbers, coordinators.numbers, strict=True):
        if here != there:
            raise WorkerError(f"a worker has {name} {here} and the coordinator {there}: install the same on both")


def load_plugins(plugins: Sequence[Plugin]) -> None:
    """Loads the plugins of a coordinator that this process has not loaded; raises WorkerError."""
    for plugin in plugins:
        if is_loaded(plugin):
            continue
        try:
            if plugin.sha256:
                load_source(plugin, f"{plugin.name}.py")
                continue
            found, _ = find_entry_point(plugin.name)
            if found.key != plugin.key:
                raise WorkerError(f"a worker has {found.words} and the coordinator {plugin.words}: install the same")
            load_entry_point(plugin.name)
        except PluginError as error:
            raise WorkerError(f"a worker cannot load {plugin.words}: {error}") from None


def begin(gpu: str | None) -> None:
    """Begins a worker of this machine: it ends soon after who sends it batches, however that ends, and sees one GPU.

    So it does after the process that it is a fork of, where there is one: nobody would hear from it any more.
    """
    signal.signal(signal.SIGTERM, _end_soon)
    if gpu is not None:
        os.environ[VISIBLE] = gpu  # before a GPU is asked for
    parent, sender = os.getppid(), multiprocessing.parent_process()
    assert sender is not None

    def watch() -> None:
        while os.getppid() == parent and not wait([sender.sentinel], _LOOK):
            pass
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="leave with parent").start()


def _asked_to_end() -> bool:
    """Whether a signal has asked this worker to end soon."""
    return _ending.is_set()


def _end_soon(number: int, frame: FrameType | None) -> None:
    _ending.set()


@cache
def _make_ready(threads: int) -> None:
    """Loads torch, unless this is a fork of a process that has, and the kernels; once in a process."""
    from grokterm.kernels.build import build_or_explain
    from grokterm.sweeper.loaded import native, torch

    torch.set_num_threads(threads)
    native.load(build_or_explain()[0])
