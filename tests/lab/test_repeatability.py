"""The same bits from one process to the next, with more than one thread."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from grokterm.config import Config
from grokterm.lab import native
from grokterm.lab.engine import Engine
from tests.lab.examples import ARCHITECTURES
from tests.needs import library
from tests.patience import PATIENCE

EACH_IN_A_FORK = """
import os, sys
from grokterm.lab.engine import Engine
for code in sys.argv[1:]:
    fork = os.fork()
    if fork == 0:
        exec(code)
        sys.stdout.flush()
        os._exit(0)
    assert os.waitpid(fork, 0)[1] == 0
"""
"""Loads torch once, which starts no thread: each code finds a process that has computed nothing."""


def printed(environment: dict[str, str], *codes: str) -> list[str]:
    """What codes print in processes with torch, under an environment in which that is loaded."""
    command = [sys.executable, "-c", EACH_IN_A_FORK, *codes]
    ran = subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    return ran.stdout.splitlines()


DIGEST = f"""
import hashlib
from grokterm.config import Config
digest = hashlib.sha256()
for arch in {ARCHITECTURES}:
    engine = Engine(Config(arch=arch, device="cpu"))
    engine.advance(2)
    digest.update(repr(engine.measure()).encode())
    for name, tensor in sorted(engine.state_dict().items()):
        digest.update(name.encode() + tensor.numpy().tobytes())
print(digest.hexdigest())
"""
WITH_KERNELS = """
import torch
from grokterm.config import Config
from grokterm.kernels.build import build
from grokterm.lab import native
native.load(build())
engine = Engine(Config(device="cpu"))
engine.advance(2)
engine.measure()
print(torch.get_num_threads())
with native.torch_on_one_thread(), native.torch_on_one_thread():
    print(torch.get_num_threads())
print(torch.get_num_threads())
"""


def test_two_processes_with_two_threads_agree_and_have_as_many_after_steps_by_hand() -> None:
    """Threads that are both new to MKL have been seen to compute one square root in two ways."""
    two = {"OMP_NUM_THREADS": "2", "OMP_WAIT_POLICY": "passive"}
    one, other, *threads = printed(two, DIGEST, DIGEST, WITH_KERNELS)
    assert one == other
    assert len(one) == 64
    assert threads == ["2", "1", "2"]


LOSS = """
import torch
from grokterm.config import Config
from grokterm.kernels.build import build
from grokterm.lab import native
{0}
engine = Engine(Config(p=31, width=64, device="cpu"))
{1}
engine.advance(20)
print(engine.measure().train_loss)
"""
# The kernels are asked for two threads all the same, and get one.
BY_KERNELS = LOSS.format("native.load(build())", "torch.set_num_threads(2)")
IN_TORCH = LOSS.format("", "")


@pytest.fixture(scope="module")
def losses() -> list[str]:
    """Of a process that is allowed one thread of the two that are asked for: by kernels, and in torch."""
    return printed({"OMP_NUM_THREADS": "2", "OMP_THREAD_LIMIT": "1"}, BY_KERNELS, IN_TORCH)


@pytest.mark.parametrize("kernels", [True, False], ids=["kernels", "torch"])
def test_fewer_threads_than_asked_for_take_all_pairs(kernels: bool, losses: list[str]) -> None:
    native.load(library() if kernels else None)
    try:
        engine = Engine(Config(p=31, width=64, device="cpu"))
        engine.advance(20)
        assert float(losses[not kernels]) == pytest.approx(engine.measure().train_loss, rel=1e-5)
    finally:
        native.load(None)
