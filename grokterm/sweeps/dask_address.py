"""Where the workers of a Dask cluster are, as people name it."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from grokterm.errors import ConfigError

LOCAL: Final = "local:"
"""With which an address begins that asks for so many processes of this machine."""
MOST: Final = 1024


def check_dask(address: str) -> int:
    """The processes that local:N asks for, 0 for the address of a scheduler.

    Raises ConfigError for what is neither, and where Dask is not installed.
    """
    if find_spec("distributed") is None:
        raise ConfigError("--dask needs Dask, which is not installed: pip install 'grokterm[dask]'")
    if address.startswith(LOCAL):
        count = address.removeprefix(LOCAL)
        if not (count.isdecimal() and 1 <= int(count[:9]) <= MOST):
            raise ConfigError(f"--dask {LOCAL}N needs 1 to {MOST:,} processes, not {count or 'nothing'}")
        return int(count)
    if "://" not in address:
        raise ConfigError(
            f"--dask must be the address of a scheduler, such as tcp://10.0.0.1:8786, or local:4, "
            f"not {address or 'nothing'}"
        )
    return 0
