"""Reading files of weights: safetensors, npz and torch's own, told apart by what is in them; no code in them is run."""

from __future__ import annotations

import io
import json
import math
import os
import re
import resource
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import numpy as np
import psutil
import safetensors.torch
import torch

from grokterm.errors import WeightsError, first_line, reason_of
from grokterm.number_format import counted
from grokterm.opening import torch_file
from grokterm.opening.weights import LARGEST, State, Weights, checked
from grokterm.real_files import reading

METADATA: Final = "metadata"
"""The array of an npz that holds what is said beside the weights, as JSON."""
MOST_STEPS: Final = 10_000
_HEADER: Final = 2**23
"""Bytes of the longest header of a safetensors file."""
_KINDS: Final = "a safetensors, an npz or a torch file (.pt, .pth)"
_JSON: Final = 2**20
"""Characters of JSON that are read out of metadata."""


class Contents(NamedTuple):
    """What one file holds."""

    states: list[State]
    about: Mapping[str, object]


def read_weights(paths: Sequence[Path], step: int | None = None) -> Weights:
    """What the files hold; of several each holds one step. `step` is that of the only one.

    Raises WeightsError, and reads nothing through a link.
    """
    read = [(path, read_file(path)) for path in paths]
    if len(read) > 1 and any(len(contents.states) > 1 for _, contents in read):
        raise WeightsError("a file with many steps is opened alone: name one file")
    states, numbers = [state for _, contents in read for state in contents.states], _numbers_in_names(paths)
    if step is not None and len(states) > 1:
        raise WeightsError(f"--step is for the weights of one step, and here are {len(states):,}: leave it out")
    if step is not None:
        states = [State(states[0].tensors, step)]
    elif len(read) > 1 and any(state.step is None for state in states):
        states = [State(state.tensors, number) for state, number in zip(states, numbers, strict=True)]
    about = {name: value for _, contents in read for name, value in contents.about.items()}
    source = read[0][0].name if len(read) == 1 else counted(len(read), "file")
    return Weights(source, _in_order(states), about)


def read_file(path: Path) -> Contents:
    """What a file holds; raises WeightsError."""
    try:
        with reading(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size > LARGEST:
                raise WeightsError(f"{path.name} has {size:,} bytes: {LARGEST:,} are the most that are opened")
            with _limited_memory():
                return _read(path.name, file, size)
    except OSError as error:
        raise WeightsError(f"{path} cannot be read: {reason_of(error)}") from None
    except WeightsError:
        raise
    except MemoryError:
        raise WeightsError(f"{path.name} asks for more memory than a file of its size needs") from None
    except Exception as error:  # a damaged file brings errors of many kinds out of the readers
        raise WeightsError(f"{path.name} cannot be read: {first_line(error)[:200]}") from None


def _read(name: str, file: BinaryIO, size: int) -> Contents:
    start = file.read(9)
    file.seek(0)
    if start.startswith(b"PK"):
        return _read_zip(name, file)
    if start[:1] == b"\x80":
        raise WeightsError(
            f"{name} is a pickle, as torch wrote files before 1.6: load it where you trust it, and save it again, "
            "torch.save(torch.load(file, weights_only=False), new_file)"
        )
    if start[8:9] != b"{":
        raise WeightsError(f"{name} is not {_KINDS}")
    return _read_safetensors(name, file, size)


def _read_safetensors(name: str, file: BinaryIO, size: int) -> Contents:
    length = int.from_bytes(file.read(8), "little")
    if length > min(_HEADER, size - 8):
        raise WeightsError(f"{name} says that its header has {length:,} bytes, and has {size:,} bytes itself")
    header = json.loads(file.read(length))
    metadata = header.pop("__metadata__", {}) if isinstance(header, dict) else {}
    file.seek(0)
    tensors = safetensors.torch.load(file.read(size))
    return _one(name, tensors, metadata if isinstance(metadata, dict) else {})


def _read_zip(name: str, file: BinaryIO) -> Contents:
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > LARGEST:
            raise WeightsError(f"{name} unpacks to more than {LARGEST:,} bytes, which are the most that are opened")
        if any(member.filename.endswith("/data.pkl") for member in members):
            file.seek(0)
            return Contents(*torch_file.read(name, file))
        if not members or not all(member.filename.endswith(".npy") for member in members):
            raise WeightsError(f"{name} is a zip archive, and not {_KINDS}")
        arrays = {member.filename.removesuffix(".npy"): _array(name, archive, member) for member in members}
    metadata = arrays.pop(METADATA, None)
    tensors = {key: torch.from_numpy(np.ascontiguousarray(array)) for key, array in arrays.items()}
    return _one(name, tensors, _json(str(metadata)) if metadata is not None else {})


def _array(name: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray[Any, Any]:
    """An array of an npz, whose header says no more than there is."""
    with archive.open(member) as opened:
        content = opened.read(member.file_size)
    header = io.BytesIO(content)
    version = np.lib.format.read_magic(header)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(header)
    if dtype.hasobject:
        raise WeightsError(f"{member.filename} in {name} holds Python objects, which grokterm never unpickles")
    if math.prod(shape) * dtype.itemsize != len(content) - header.tell():
        raise WeightsError(f"{member.filename} in {name} does not hold the {list(shape)} that its header says")
    header.seek(0)
    found: np.ndarray[Any, Any] = np.lib.format.read_array(header, allow_pickle=False)
    return found


def _one(name: str, tensors: Mapping[str, object], metadata: Mapping[str, object]) -> Contents:
    """Contents of one step, with metadata that may be JSON."""
    about = {key: _json(value) if isinstance(value, str) else value for key, value in metadata.items()}
    step = about.get("step")
    at = step if type(step) is int and step >= 0 else None
    return Contents([State(checked(name, tensors), at)], about)


def _json(text: str) -> Any:
    if len(text) > _JSON:
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _numbers_in_names(paths: Sequence[Path]) -> list[int]:
    """The last number in each file's name where all have one of their own; else their order, from 0."""
    found = [re.findall(r"\d{1,15}", path.stem) for path in paths]
    numbers = [int(digits[-1]) for digits in found if digits]
    return numbers if len(set(numbers)) == len(paths) else list(range(len(paths)))


def _in_order(states: Sequence[State]) -> list[State]:
    """The states by their steps; raises WeightsError where two are of one step."""
    if len(states) > MOST_STEPS:
        raise WeightsError(f"here are {len(states):,} steps: {MOST_STEPS:,} are the most that are opened")
    known = [State(state.tensors, state.step or 0) for state in states]
    steps = [state.step for state in known]
    twice = next((step for step, count in Counter(steps).items() if count > 1), None)
    if twice is not None:
        raise WeightsError(f"two of the weights are of step {twice:,}: each step has one")
    return sorted(known, key=lambda state: state.step or 0)


@contextmanager
def _limited_memory() -> Iterator[None]:
    """Lets this process have but so much more memory: what a hostile file asks for beyond that is refused."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    most = psutil.Process().memory_info().vms + 4 * LARGEST
    limited = most if before[0] == resource.RLIM_INFINITY else min(most, before[0])
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (limited, before[1]))
    try:
        yield
    finally:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, before)
