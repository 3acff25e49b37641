"""Runs of weights that others trained: they are looked at, and never trained."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from grokterm.errors import RunFolderError
from grokterm.runs.folder import RunFolder
from grokterm.runs.written import read_written


@dataclass(frozen=True, slots=True)
class OpenedWeights:
    """Where the weights of such a run come from: the table `opened` of its config.toml."""

    source: str
    """The name of their file, or how many files there were."""
    layout: str
    """Whose names and shapes they had."""


def opened_weights(folder: RunFolder) -> OpenedWeights | None:
    """Where the weights of a run come from, if others trained them; raises RunFolderError."""
    written = read_written(folder.path, folder.config_path).get("opened")
    try:
        return None if written is None else msgspec.convert(written, OpenedWeights)
    except msgspec.ValidationError as error:
        raise RunFolderError(f"the [opened] table of {folder.config_path} cannot be used: {error}") from None


def why_not_trained(folder: RunFolder) -> str:
    """Why a run is neither trained nor changed; empty for one that is. Raises RunFolderError."""
    if (weights := opened_weights(folder)) is None:
        return ""
    return f"{folder.id} holds weights that were opened from {weights.source}: they are looked at, and not trained"


def check_trained_here(folder: RunFolder, what: str) -> None:
    """Raises RunFolderError, saying `what` is not there or not done, for a run of others' weights."""
    if (weights := opened_weights(folder)) is not None:
        raise RunFolderError(f"{folder.id} holds weights that were opened from {weights.source}: {what}")
