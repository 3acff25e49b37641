"""The same bits from one process to the next, with more than one thread."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.lab.examples import ARCHITECTURES
from tests.patience import PATIENCE

DIGEST = """
import hashlib, sys
from grokterm.config import Config
from grokterm.lab.engine import Engine
digest = hashlib.sha256()
for arch in sys.argv[1:]:
    engine = Engine(Config(arch=arch, device="cpu"))
    engine.advance(2)
    digest.update(repr(engine.measure()).encode())
    for name, tensor in sorted(engine.state().items()):
        digest.update(name.encode() + tensor.numpy().tobytes())
print(digest.hexdigest())
"""


def test_two_processes_with_two_threads_agree() -> None:
    """Threads that are both new to MKL have been seen to compute one square root in two ways."""
    environment = os.environ | {"OMP_NUM_THREADS": "2", "OMP_WAIT_POLICY": "passive"}
    command = [sys.executable, "-c", DIGEST, *ARCHITECTURES]
    digests = {
        subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=PATIENCE).stdout
        for _ in range(2)
    }
    assert len(digests) == 1
    assert len(digests.pop()) == 65


WITH_KERNELS = """
import torch
from grokterm.config import Config
from grokterm.kernels.build import build
from grokterm.lab import native
from grokterm.lab.engine import Engine
native.load(build())
engine = Engine(Config(device="cpu"))
engine.advance(2)
engine.measure()
print(torch.get_num_threads())
with native.torch_on_one_thread(), native.torch_on_one_thread():
    print(torch.get_num_threads())
print(torch.get_num_threads())
"""


def test_threads_are_as_before_after_steps_by_hand() -> None:
    environment = os.environ | {"OMP_NUM_THREADS": "2"}
    command = [sys.executable, "-c", WITH_KERNELS]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert ran.stdout.split() == ["2", "1", "2"]


LOSS = """
from grokterm.config import Config
from grokterm.kernels.build import build
from grokterm.lab import native
from grokterm.lab.engine import Engine
native.load(build())
engine = Engine(Config(p=31, width=64, device="cpu"))
engine.advance(20)
print(engine.measure().train_loss)
"""


def test_fewer_threads_than_asked_for_take_all_pairs() -> None:
    losses = []
    for limit in ({"OMP_NUM_THREADS": "1"}, {"OMP_NUM_THREADS": "2", "OMP_THREAD_LIMIT": "1"}):
        environment = os.environ | limit
        ran = subprocess.run([sys.executable, "-c", LOSS], env=environment, capture_output=True, text=True, check=True)
        losses.append(float(ran.stdout))
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)
