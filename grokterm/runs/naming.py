"""What a run's task is called in the name of its folder."""

from __future__ import annotations

import re
from typing import Final

from grokterm.config import Config
from grokterm.tasks.operations import rule_of
from grokterm.tasks.rules import OPERATIONS

LENGTH: Final = 30
"""Characters of a formula in the name of a folder."""


def task_name(config: Config) -> str:
    """The task in the name of a folder, where two tasks may look alike: add97, s5, a2+3ab-31, parity40-3."""
    op = config.op
    if config.task != "table":
        names = {"parity": f"parity{config.n}-{config.k}", "sum": f"sum{config.k}-{config.p}"}
        return names.get(config.task, f"{config.task}-{config.n}")
    if rule_of(op).order:
        return op
    if op not in OPERATIONS:
        op = re.sub(r"\s*([-+/])\s*", r"\1", op).replace("^", "").replace("/", "_")
        op = re.sub(r"[^\w+-]+", "-", op)[:LENGTH].strip("-")
    return f"{op}{config.p}" if op.isalpha() else f"{op}-{config.p}"
