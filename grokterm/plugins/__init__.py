"""One's own operations, tasks, architectures, optimizers, filters, losses and measures, in a file of one's own.

A plugin is a Python file, or a module behind an entry point of the group `grokterm.plugins`, with functions under the
decorators of this package. It is executed by the viewer as well, which never imports torch: what needs torch imports it
inside of its function, which the trainer calls.
"""

from __future__ import annotations

from grokterm.config.architectures import ArchitectureSpec, Part
from grokterm.plugins.items import (
    Item,
    Number,
    architecture,
    filter,
    loss,
    measure,
    operation,
    optimizer,
    task,
)

__all__ = [
    "ArchitectureSpec",
    "Item",
    "Number",
    "Part",
    "architecture",
    "filter",
    "loss",
    "measure",
    "operation",
    "optimizer",
    "task",
]
