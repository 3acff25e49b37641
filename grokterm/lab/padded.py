"""The examples of replicas side by side, each filled up to as many as all have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from grokterm.lab.examples import Examples


@dataclass(frozen=True)
class PaddedExamples:
    """Tokens int64 [replicas, m, k], labels and numbers int64 [replicas, m] each: see `Examples`."""

    tokens: Tensor
    labels: Tensor
    numbers: Tensor
    weights: Tensor
    """[replicas, m]: what an example counts in a mean over those of its replica; 0 for what fills up."""
    reused: bool = False

    def __len__(self) -> int:
        return self.labels.shape[-1]

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """See `Examples`."""
        return self.tokens, self.labels, self.numbers, self.weights

    def copy(self) -> PaddedExamples:
        """See `Examples`."""
        return _examples((tensor.clone() for tensor in self.tensors), reused=False)

    def chunks(self, size: int) -> Iterator[PaddedExamples]:
        """See `Examples`."""
        for start in range(0, len(self), size):
            yield _examples((tensor[:, start : start + size] for tensor in self.tensors), self.reused)

    def chosen(self, places: Sequence[Tensor], most: int) -> PaddedExamples:
        """Those at up to `most` places of each replica, int64 [m] each on the CPU, filled up by its first."""
        at = torch.stack([torch.cat((own, own[:1].expand(most - len(own)))) for own in places])
        weights = torch.stack([_weights(len(own), most) for own in places]).to(self.weights)
        at = at.to(self.labels.device, non_blocking=True)
        tokens = self.tokens.gather(1, at[..., None].expand(*at.shape, self.tokens.shape[-1]))
        return PaddedExamples(tokens, self.labels.gather(1, at), self.numbers.gather(1, at), weights)

    def put(self, replica: int, examples: Examples) -> bool:
        """Take other examples for one replica, in place; False where there is no room for so many."""
        count, most = len(examples), len(self)
        if count > most:
            return False
        filled = _filled(examples, most, self.weights.dtype)
        for own, given in zip(self.tensors, filled, strict=True):
            own[replica].copy_(given)
        return True


def padded(of_each: Sequence[Examples], device: torch.device, dtype: torch.dtype) -> PaddedExamples:
    """The examples of each replica, on the device; they are trained on in every step."""
    most = max(map(len, of_each))
    each = zip(*(_filled(examples, most, dtype) for examples in of_each), strict=True)
    return _examples((torch.stack(tensors).to(device) for tensors in each), reused=True)


def _examples(tensors: Iterable[Tensor], reused: bool) -> PaddedExamples:
    tokens, labels, numbers, weights = tensors
    return PaddedExamples(tokens, labels, numbers, weights, reused)


def _filled(examples: Examples, most: int, dtype: torch.dtype) -> tuple[Tensor, ...]:
    """Tokens, labels, numbers and weights, filled up by the first example: it is one that is trained on anyway."""
    given = (examples.tokens, examples.labels, examples.numbers)
    missing = most - len(examples)
    tensors = (torch.cat((x, x[:1].expand(missing, *x.shape[1:]))) for x in given)
    return *tensors, _weights(len(examples), most).to(dtype)


def _weights(count: int, most: int) -> Tensor:
    weights = torch.zeros(most, dtype=torch.float64)
    weights[:count] = 1 / count
    return weights
