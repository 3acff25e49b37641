"""Checkpoints: everything needed to go on bit for bit, as safetensors files; opening one never runs code.

A file is named after its step, the number of changes before it, and its reason:
`000000001230-003-grokked.safetensors`. Its metadata hold a `CheckpointInfo` as JSON and a digest of it and the tensors.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import safetensors
import safetensors.numpy

from grokterm import durable
from grokterm.config import Config, Value
from grokterm.errors import RunFolderError, reason_of
from grokterm.real_files import opened_folder, reading
from grokterm.version import __version__

CHECKPOINT_FORMAT: Final = 1
"""Version of the metadata; a greater one is refused."""
REGULAR: Final = "regular"
"""Reason of a checkpoint that only time brought about; the first to be thinned out."""

OPENED: Final = "opened"
"""Reason of a checkpoint of others' weights: it holds a step and parameters alone."""

Tensors = dict[str, npt.NDArray[Any]]

_NAME = re.compile(r"(\d{12,})-(\d{3,})-([a-z0-9_]+)\.safetensors")
_SUFFIX = ".safetensors"
_PART = ".part"
_UNUSABLE = ".unusable"
_HEADER_LIMIT = 2**20


class CheckpointInfo(msgspec.Struct, frozen=True):
    """The step of a checkpoint and what led to it: its metadata."""

    step: int
    changes: int
    """Changes in the log before it."""
    records: int
    """Records in the log before it, sessions left out."""
    seconds: float
    """Seconds spent training."""
    reason: str
    """Why it was written: regular, change, before_change, finished, stopped, opened, or the name of an event."""
    phase: str
    config: dict[str, Value]
    """The configuration from here on."""
    config_hash: str
    """SHA-256 of the configuration as sorted JSON."""
    format: int = CHECKPOINT_FORMAT
    version: str = __version__

    def to_config(self) -> Config:
        """The configuration from here on; raises ConfigError."""
        return Config.written(self.config)


def config_hash(config: Mapping[str, Value]) -> str:
    """SHA-256 of a configuration, by name, as sorted JSON."""
    return hashlib.sha256(json.dumps(dict(config), sort_keys=True).encode()).hexdigest()


def checkpoint_path(folder: Path, info: CheckpointInfo) -> Path:
    """Where the checkpoint is, or would be."""
    return folder / f"{info.step:012d}-{info.changes:03d}-{info.reason}{_SUFFIX}"


def save_checkpoint(folder: Path, info: CheckpointInfo, tensors: Mapping[str, npt.NDArray[Any]]) -> Path:
    """Writes a checkpoint aside, brings it to the disk and gives it its name; raises RunFolderError."""
    path = checkpoint_path(folder, info)
    written = msgspec.json.encode(info).decode()
    arrays = {name: np.asarray(tensors[name], order="C") for name in sorted(tensors)}
    metadata = {"grokterm": written, "digest": _digest(written, arrays)}
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        durable.write(path, safetensors.numpy.save(arrays, metadata), path.with_suffix(_PART))
    except OSError as error:
        raise RunFolderError(f"the checkpoint {path} cannot be written: {reason_of(error)}") from None
    return path


def load_checkpoint(path: Path) -> tuple[CheckpointInfo, Tensors]:
    """A checkpoint's metadata and tensors, checked against its digest; raises RunFolderError."""
    try:
        with _opened(path) as file:
            header = _read_header(path, file)
            # Asked before it is read: what follows the tensors may be more than there is memory.
            if os.fstat(file.fileno()).st_size != header.size:
                raise ValueError("its length does not fit its header")
            file.seek(0)
            tensors = safetensors.numpy.load(file.read(header.size))
    except RunFolderError:
        raise
    except Exception as error:  # a damaged file brings errors of many kinds out of the reader
        raise _damaged(path, error) from None
    arrays = {name: tensors[name] for name in sorted(tensors)}
    if _digest(header.written, arrays) != header.digest:
        raise _damaged(path, "its digest does not fit its contents")
    return header.info, arrays


def read_info(path: Path) -> CheckpointInfo:
    """Where in its run a checkpoint stands, without its tensors; raises RunFolderError."""
    try:
        with _opened(path) as file:
            return _read_header(path, file).info
    except OSError as error:
        raise _damaged(path, error) from None


def list_checkpoints(folder: Path) -> list[Path]:
    """The checkpoints in a folder in the order of the run."""
    try:
        with opened_folder(folder) as opened:
            names = [match for name in os.listdir(opened) if (match := _NAME.fullmatch(name))]
    except OSError:
        return []
    # At one step and count of changes, the state before a change was written last.
    order = sorted(names, key=lambda match: (int(match[1]), int(match[2]), match[3] == "before_change"))
    return [folder / match[0] for match in order]


def parse_name(path: Path) -> tuple[int, int, str]:
    """Step, number of changes and reason from a checkpoint's name."""
    match = _NAME.fullmatch(path.name)
    if not match:
        raise RunFolderError(f"{path} is no checkpoint")
    return int(match[1]), int(match[2]), match[3]


def is_checkpoint_file(name: str) -> bool:
    """Whether a file is named as a checkpoint, one that was set aside, or one that was only half written."""
    whole = name.removesuffix(_UNUSABLE)
    if whole.endswith(_PART):
        whole = whole.removesuffix(_PART) + _SUFFIX
    return _NAME.fullmatch(whole) is not None


def quarantine(path: Path) -> Path:
    """Takes a checkpoint that cannot be used out of the run without deleting it; returns its new path."""
    unusable = path.with_name(path.name + _UNUSABLE)
    with opened_folder(path.parent) as folder:
        os.rename(path.name, unusable.name, src_dir_fd=folder, dst_dir_fd=folder)
    return unusable


def sizes(folder: Path) -> dict[Path, int]:
    """The bytes of each checkpoint in a folder, in the order of the run; raises OSError."""
    paths = list_checkpoints(folder)
    if not paths:
        return {}
    with opened_folder(folder) as opened:
        return {path: os.stat(path.name, dir_fd=opened, follow_symlinks=False).st_size for path in paths}


def remove(path: Path) -> None:
    """Removes a checkpoint that may be gone already; raises OSError."""
    with opened_folder(path.parent) as folder, suppress(FileNotFoundError):
        os.unlink(path.name, dir_fd=folder)


def remove_partial(folder: Path) -> None:
    """Removes checkpoints that a process which died had not finished; raises OSError."""
    with suppress(FileNotFoundError), opened_folder(folder) as opened:
        for name in os.listdir(opened):
            if name.endswith(_PART) and is_checkpoint_file(name):
                os.unlink(name, dir_fd=opened)


def _opened(path: Path) -> BinaryIO:
    """A checkpoint to be read; raises OSError, also where it or its folder is a link."""
    with opened_folder(path.parent) as folder:
        return reading(path.name, folder)


class _Header(NamedTuple):
    """What a checkpoint says of itself."""

    info: CheckpointInfo
    written: str
    """The JSON from which `info` was read."""
    digest: str
    size: int
    """Bytes of the whole file."""


def _read_header(path: Path, file: BinaryIO) -> _Header:
    try:
        length = int.from_bytes(file.read(8), "little")
        if length > _HEADER_LIMIT:
            raise ValueError("its header is too long")
        header = json.loads(file.read(length))
        metadata = header.pop("__metadata__")
        size = 8 + length + max((int(tensor["data_offsets"][1]) for tensor in header.values()), default=0)
        written, digest = metadata["grokterm"], metadata["digest"]
        info = msgspec.json.decode(written, type=CheckpointInfo)
        if info.format > CHECKPOINT_FORMAT:
            raise RunFolderError(
                f"the checkpoint {path} was written by a newer grokterm ({info.version}): upgrade grokterm to open it"
            )
        if info.config_hash != config_hash(info.config):
            raise ValueError("its configuration does not fit its hash")
        return _Header(info, str(written), str(digest), size)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError, msgspec.MsgspecError) as error:
        raise _damaged(path, error) from None


def _damaged(path: Path, why: object) -> RunFolderError:
    reason = str(why.strerror if isinstance(why, OSError) else why).splitlines()
    return RunFolderError(f"the checkpoint {path} cannot be used: {reason[0] if reason else 'it is damaged'}")


def _digest(info: str, arrays: Tensors) -> str:
    digest = hashlib.sha256(info.encode())
    for name, array in arrays.items():
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
