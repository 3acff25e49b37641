"""The same bits from one process to the next, with more than one thread."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.lab.examples import ARCHITECTURES
from tests.needs import library
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
    for name, tensor in sorted(engine.state_dict().items()):
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
import torch
from grokterm.config import Config
from grokterm.kernels.build import build
from grokterm.lab import native
from grokterm.lab.engine import Engine
{load}
engine = Engine(Config(p=31, width=64, device="cpu"))
{ask}
engine.advance(20)
print(engine.measure().train_loss)
"""


@pytest.mark.parametrize("kernels", [True, False], ids=["kernels", "torch"])
def test_fewer_threads_than_asked_for_take_all_pairs(kernels: bool) -> None:
    if kernels:
        library()
    # The kernels are asked for two threads all the same, and get one.
    load, ask = ("native.load(build())", "torch.set_num_threads(2)") if kernels else ("", "")
    losses = []
    for limit in ({"OMP_NUM_THREADS": "1"}, {"OMP_NUM_THREADS": "2", "OMP_THREAD_LIMIT": "1"}):
        command = [sys.executable, "-c", LOSS.format(load=load, ask=ask)]
        ran = subprocess.run(command, env=os.environ | limit, capture_output=True, text=True, check=True)
        losses.append(float(ran.stdout))
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)
