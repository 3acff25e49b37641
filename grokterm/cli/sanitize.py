"""Text from files and from the command line, made safe to print on a terminal."""

from __future__ import annotations

import json
import math
from typing import Any


def sanitize(text: str) -> str:
    """The same text on one line, with control characters and lone surrogates shown as escapes like \\x1b."""
    return "".join(c if c.isprintable() else " " if c in "\n\t" else c.encode("unicode_escape").decode() for c in text)


def sanitize_json(value: object) -> str:
    """A value as one line of JSON, with such characters as JSON's own escapes: it means the same."""
    import msgspec

    text = json.dumps(_finite(msgspec.to_builtins(value)), ensure_ascii=False, separators=(",", ":"))
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


def _finite(value: Any) -> Any:
    """The same with None for numbers that JSON does not know."""
    match value:
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {name: _finite(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_finite(inner) for inner in value]
    return value
