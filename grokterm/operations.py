"""The operations on residues: their names, how they are written, and how they are computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

Operation = Literal["add", "subtract", "multiply", "divide", "x2+y2", "x2+xy+y2", "x2+xy+y2+x", "x3+xy", "x3+xy2+y"]

FORMULAS: Final[dict[Operation, str]] = {
    "add": "a + b",
    "subtract": "a − b",
    "multiply": "a · b",
    "divide": "a / b",
    "x2+y2": "a² + b²",
    "x2+xy+y2": "a² + ab + b²",
    "x2+xy+y2+x": "a² + ab + b² + a",
    "x3+xy": "a³ + ab",
    "x3+xy2+y": "a³ + ab² + b",
}
"""The operations as formulas in a and b."""

POLYNOMIALS: Final[dict[Operation, Callable[[Any, Any], Any]]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "x2+y2": lambda a, b: a**2 + b**2,
    "x2+xy+y2": lambda a, b: a**2 + a * b + b**2,
    "x2+xy+y2+x": lambda a, b: a**2 + a * b + b**2 + a,
    "x3+xy": lambda a, b: a**3 + a * b,
    "x3+xy2+y": lambda a, b: a**3 + a * b**2 + b,
}
"""Those that are polynomials, of integers or integer tensors, before they are taken mod p; divide has its own rule."""
