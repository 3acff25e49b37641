"""Pictures by their names."""

from __future__ import annotations

from grokterm.picture import PictureRequest


def wanted(*names: str) -> tuple[PictureRequest, ...]:
    """Requests for pictures of which nothing is chosen."""
    return tuple(map(PictureRequest, names))
