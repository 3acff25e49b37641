"""What a rebuilt model keeps of the old one."""

from __future__ import annotations

from typing import Final

from grokterm.config import Config

ALWAYS_KEPT: Final = "step counter, split and curves"
_HEAD_SIZES: Final = {
    "mlp": ("width", "width"),
    "embed-mlp": ("d_model", "width"),
    "transformer": ("d_model", "d_model"),
}
"""For each architecture, the settings that give the sizes of its embedding and of its read-out."""


def carried(old: Config, new: Config) -> list[str]:
    """Which of embedding and read-out have the same name and shape in both models, so that they can be carried over."""
    embedding, read_out = _HEAD_SIZES[new.arch]
    same = {name: getattr(old, name) == getattr(new, name) for name in ("d_model", "width")}
    found = ["embedding"] if old.arch == new.arch and same[embedding] else []
    alike = old.arch == new.arch or {old.arch, new.arch} == {"mlp", "embed-mlp"}
    return [*found, "read-out"] if alike and same[read_out] and old.classes == new.classes else found


def keeps(old: Config, new: Config, keep: bool) -> str:
    """One sentence on what a rebuilt model keeps."""
    parts = carried(old, new)
    if not parts:
        return f"Keeps {ALWAYS_KEPT}; no weights have the same shape, all are fresh."
    weights = " and ".join(parts)
    if keep:
        return f"Keeps {ALWAYS_KEPT}, and the weights of {weights}; the others are fresh."
    return f"Keeps {ALWAYS_KEPT}; weights are fresh ({weights} can be carried over)."
