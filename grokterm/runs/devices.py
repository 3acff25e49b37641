"""What torch says about this machine, asked in a process of its own: the command line never imports torch."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from grokterm.errors import ConfigError, TrainerError


def check_device(name: str) -> None:
    """Makes sure that a device is on this machine; raises ConfigError naming those that are.

    auto and cpu always are, so nothing is started for them.
    """
    if name not in ("auto", "cpu"):
        describe_devices(name)


def describe_devices(*names: str) -> dict[str, Any]:
    """Torch, devices, CPU features and threads; raises ConfigError, or TrainerError where torch does not work."""
    command = [sys.executable, "-P", "-m", "grokterm.lab.devices", *names]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TrainerError(f"torch cannot be asked about devices: {error}") from None
    last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
    if done.returncode == ConfigError.exit_status:
        raise ConfigError(last)
    if done.returncode:
        raise TrainerError(f"torch does not work here: {last}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found
