"""Which kernels the environment allows."""

from __future__ import annotations

import os
from typing import Final

from grokterm.errors import ConfigError
from grokterm.spelling import unknown

VARIABLE: Final = "GROKTERM_KERNELS"
"""Environment variable that limits the kernels to an instruction set, or leaves them out with 0."""
NONE: Final = "0"
MASKED: Final = {"avx512": ("amx",)}
"""How the features begin that count as missing where kernels are limited to an instruction set."""


def limit() -> str:
    """What the environment limits the kernels to: 0, an instruction set, or nothing; raises ConfigError."""
    given = os.environ.get(VARIABLE, "")
    if given not in ("", NONE, *MASKED):
        raise ConfigError(unknown(VARIABLE, given, [NONE, *MASKED]))
    return given


def allowed(features: list[str]) -> list[str]:
    """The processor features that kernels may use; raises ConfigError."""
    masked = MASKED.get(limit(), ())
    return [feature for feature in features if not feature.startswith(masked)]
