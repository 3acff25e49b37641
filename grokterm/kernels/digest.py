"""The digest that identifies a compiled library."""

from __future__ import annotations

import hashlib
from pathlib import Path


def digest(library: Path) -> str:
    """BLAKE2b of a library's bytes, 16 hexadecimal digits: equal digests mean equal steps; raises OSError."""
    return hashlib.blake2b(library.read_bytes(), digest_size=8).hexdigest()
