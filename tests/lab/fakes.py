"""Tensors on a CUDA device that is not there: they have shapes, types and a device, and no numbers.

A fake that is read on the host, or meets a tensor of another device, raises.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


FREE: Final = _names(
    "alias as_strided detach empty empty_like empty_strided expand lift_fresh new_empty permute select slice split"
    " split_with_sizes squeeze t transpose unbind unsqueeze view _unsafe_view device"
)
"""Operations that launch nothing: views, and memory that is not filled."""
WAITING: Final = _names("_local_scalar_dense is_nonzero item nonzero unique _unique2 masked_select equal")
"""Operations that wait for a number or a shape."""
UNORDERED: Final = _names(
    "index_add index_add_ scatter_add scatter_add_ scatter_reduce scatter_reduce_ put_ histc bincount kthvalue median"
    " index_reduce_ _embedding_bag_backward _embedding_bag_dense_backward embedding_dense_backward"
    " _embedding_bag_per_sample_weights_backward grid_sampler_2d_backward nll_loss2d_forward _cdist_backward"
    " index_select_backward repeat_interleave_backward"
)
"""Operations that `torch.use_deterministic_algorithms` names for CUDA, whatever they are given."""


class Audit(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the operations that launch something, and lists those that a captured step may not have."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.launches: Counter[str] = Counter()
        self.wrong: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name, kwargs = func.overloadpacket.__name__, kwargs or {}
        if name not in FREE:
            self.launches[name] += 1
        if name in WAITING or name in UNORDERED or _unordered_here(name, args, kwargs):
            self.wrong.append(str(func))
        result = func(*args, **kwargs)
        given = [x.device.type for x in (*args, *kwargs.values()) if isinstance(x, Tensor)]
        made = [
            x.device.type for x in (result if isinstance(result, (list, tuple)) else [result]) if isinstance(x, Tensor)
        ]
        if "cuda" in given and "cpu" in made:
            self.wrong.append(f"{func} leaves the device")
        if "cpu" in given:
            self.wrong.append(f"{func} of a tensor on the CPU")
        return result


def _unordered_here(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether an operation sums in any order only as it is called here."""
    if name in ("index_put_", "index_put", "_index_put_impl_"):
        return bool(kwargs.get("accumulate", args[3] if len(args) > 3 else False))
    if name in ("cumsum", "cumsum_", "cumprod"):
        return bool(args[0].is_floating_point())
    return False


class _WithoutDevice(TorchFunctionMode):
    """Goes around what asks for the device, which is not there: x[i, a:b, None, ...] and copies."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is Tensor.copy_:
            with torch._C._AutoDispatchBelowAutograd():
                return torch.ops.aten.copy_.default(*args)
        if func is Tensor.__getitem__:
            return _item(*args)
        return func(*args, **(kwargs or {}))


def _item(x: Tensor, index: Any) -> Tensor:
    """x[index] by views."""
    index = index if isinstance(index, tuple) else (index,)
    if Ellipsis in index:
        at = index.index(Ellipsis)
        missing = x.ndim - sum(i is not None and i is not Ellipsis for i in index)
        index = (*index[:at], *[slice(None)] * missing, *index[at + 1 :])
    dim = 0
    for i in index:
        if i is None:
            x, dim = x.unsqueeze(dim), dim + 1
        elif isinstance(i, int):
            x = x.select(dim, i)
        else:
            assert isinstance(i, slice), "an index of numbers on the device"
            x, dim = torch.ops.aten.slice(x, dim, i.start, i.stop, i.step or 1), dim + 1
    return x


@contextmanager
def on_fake_cuda() -> Iterator[torch.device]:
    """Within it tensors are fakes, and the device given is one of CUDA."""
    with FakeTensorMode(allow_non_fake_inputs=False), _WithoutDevice():
        yield torch.device("cuda")


def audited(step: Callable[[], object]) -> Audit:
    """What `step` does."""
    audit = Audit()
    with audit:
        step()
    return audit
