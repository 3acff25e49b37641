"""torch's own files: state dicts, what training loops put around them, and series of them; nothing is unpickled."""

from __future__ import annotations

import pickle
import re
from collections.abc import Mapping, Sequence
from typing import BinaryIO, Final

import torch
from torch import Tensor

from grokterm.errors import WeightsError
from grokterm.opening.weights import State, checked

SERIES: Final = ("state_dicts", "checkpoints", "models")
"""Under what names many state dicts are kept."""
STEPS: Final = ("epochs", "checkpoint_epochs", "steps")
"""Under what names the steps of these are."""
ONE: Final = ("model", "state_dict", "model_state_dict", "model_state", "params", "weights")
"""Under what names one is kept, beside other things."""
STEP: Final = ("epoch", "step", "global_step")
_SHOWN: Final = 8
_NEEDED: Final = re.compile(r"GLOBAL ([\w.]+)")


def read(name: str, file: BinaryIO) -> tuple[list[State], dict[str, object]]:
    """The states in a file that torch.load reads with weights_only, and its `config` where that is plain values.

    Raises WeightsError, and whatever torch raises for a damaged file.
    """
    try:
        found = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        needed = _NEEDED.search(str(error))
        what = f"the Python object {needed[1]}" if needed else "Python objects"
        raise WeightsError(
            f"{name} holds {what}, and grokterm unpickles nothing: where you trust the file, save its weights alone, "
            "torch.save(torch.load(file, weights_only=False)['model'], new_file) or whatever holds its state dict"
        ) from None
    return _states(name, found), _about(found)


def _states(name: str, found: object) -> list[State]:
    if isinstance(found, Sequence) and found and all(isinstance(each, Mapping) for each in found):
        return _series(name, found, range(len(found)))
    if not isinstance(found, Mapping):
        raise WeightsError(f"{name} holds a {type(found).__name__}, where a state dict, tensors by name, was expected")
    series = next((found[key] for key in SERIES if key in found), None)
    if isinstance(series, Sequence) and not isinstance(series, str):
        steps = next((found[key] for key in STEPS if key in found), range(len(series)))
        return _series(name, series, steps)
    one = next((found[key] for key in ONE if isinstance(found.get(key), Mapping)), None)
    if one is not None:
        return [State(checked(name, one), next((_step(found[key]) for key in STEP if key in found), None))]
    if not all(isinstance(value, Tensor) for value in found.values()):
        keys = ", ".join(repr(str(key))[:40] for key in list(found)[:_SHOWN])
        raise WeightsError(f"{name} holds no state dict: it has {keys}, and none of {', '.join((*SERIES, *ONE))}")
    return [State(checked(name, found))]


def _series(name: str, series: Sequence[object], steps: object) -> list[State]:
    if isinstance(steps, Tensor):
        steps = steps.tolist()
    if not isinstance(steps, Sequence | range) or len(steps) != len(series) or not series:
        count = len(steps) if isinstance(steps, Sequence | range) else "no"
        raise WeightsError(f"{name} holds {len(series)} state dicts and {count} steps: each has one")
    states = []
    for step, tensors in zip(steps, series, strict=True):
        if not isinstance(tensors, Mapping):
            raise WeightsError(f"{name} holds a {type(tensors).__name__} where a state dict was expected")
        states.append(State(checked(name, tensors), _step(step)))
    if any(state.step is None for state in states):
        raise WeightsError(f"{name} names steps that are no whole numbers from 0 on")
    return states


def _step(value: object) -> int | None:
    number = value.item() if isinstance(value, Tensor) and value.numel() == 1 else value
    if not isinstance(number, int | float) or isinstance(number, bool) or not 0 <= number < 10**12:
        return None
    return int(number) if number == int(number) else None


def _about(found: object) -> dict[str, object]:
    config = found.get("config") if isinstance(found, Mapping) else None
    plain = (int, float, str, bool, type(None))
    if not isinstance(config, Mapping):
        return {}
    return {"settings": {str(key): value for key, value in config.items() if isinstance(value, plain)}}
