"""How long tests wait for what is to come about: no test says how quick a machine is."""

from __future__ import annotations

from typing import Final

PATIENCE: Final = 120.0
"""Seconds after which something counts as hung, with three workers on two slow processors that others use too."""
