"""The same bits from one process to the next, with more than one thread."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.lab.examples import ARCHITECTURES

DIGEST = """
import hashlib, sys
from grokterm.config import Config
from grokterm.lab.engine import Engine
digest = hashlib.sha256()
for arch in sys.argv[1:]:
    engine = Engine(Config(arch=arch, device="cpu"))
    engine.advance(4)
    digest.update(repr(engine.measure()).encode())
    for name, tensor in sorted(engine.state().items()):
        digest.update(name.encode() + tensor.numpy().tobytes())
print(digest.hexdigest())
"""


def test_processes_that_compete_for_the_processor_agree() -> None:
    """Threads that are interrupted while they start have been seen to take another path through MKL."""
    environment = os.environ | {"OMP_NUM_THREADS": "2"}
    started = [
        subprocess.Popen([sys.executable, "-c", DIGEST, *ARCHITECTURES], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    digests = [process.communicate(timeout=60)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0]
    assert len(set(digests)) == 1
    assert len(digests[0]) == 65
