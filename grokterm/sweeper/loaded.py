"""What every worker needs, loaded when this module is: torch and what trains; nothing is computed with them yet."""

from __future__ import annotations

from grokterm.loading import let_threads_sleep, without_garbage_collection

let_threads_sleep()
with without_garbage_collection():
    import torch

    from grokterm.lab import native
    from grokterm.sweeper import batches

__all__ = ["batches", "native", "torch"]
