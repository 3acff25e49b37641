"""What a rebuilt model keeps of the old one."""

from __future__ import annotations

from typing import Final

from grokterm.config import Config
from grokterm.config.architectures import Part

ALWAYS_KEPT: Final = "step counter, split and curves"


def carried(old: Config, new: Config) -> list[str]:
    """Which of embedding and read-out have the same name and shape in both models, so that they can be carried over."""

    def same(before: Part, after: Part) -> bool:
        return before == after and getattr(old, after.size) == getattr(new, after.size)

    found = ["embedding"] if same(old.architecture.embedding, new.architecture.embedding) else []
    read_outs = same(old.architecture.read_out, new.architecture.read_out) and not _reads_by_embedding(new)
    return [*found, "read-out"] if read_outs and old.classes == new.classes else found


def _reads_by_embedding(config: Config) -> bool:
    """Whether the read-out is no parameter of its own."""
    return config.tied == "on" and config.architecture.ties_read_out


def keeps(old: Config, new: Config, keep: bool) -> str:
    """One sentence on what a rebuilt model keeps."""
    parts = carried(old, new)
    if not parts:
        return f"Keeps {ALWAYS_KEPT}; no weights have the same shape, all are fresh."
    weights = " and ".join(parts)
    if keep:
        return f"Keeps {ALWAYS_KEPT}, and the weights of {weights}; the others are fresh."
    return f"Keeps {ALWAYS_KEPT}; weights are fresh ({weights} can be carried over)."
