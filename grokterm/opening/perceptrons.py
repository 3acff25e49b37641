"""MLPs as notebooks have them: embeddings or one-hot vectors, nn.Linear or matrices, with biases or none.

What a tensor is follows from the shapes, which chain: input, hidden layers of one width, p classes. Of several that
come in question their names decide, in the order of their letters and numbers, those of a read-out last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations, product
from typing import Final, NamedTuple

from torch import Tensor

from grokterm.config import Value
from grokterm.errors import WeightsError
from grokterm.opening.taking import Converted, Hints, Taker
from grokterm.opening.weights import Tensors

NAME: Final = "an MLP of embeddings or one-hot vectors"
_EMBEDDING: Final = re.compile(r"(?<!un)emb|wte|lookup|(^|\.)E(_|$)", re.IGNORECASE)
_LAST: Final = re.compile(r"(^|[._])(out|output|head|unembed|decoder|readout|final|last|W_U|fc_out|classifier)", re.I)
_MOST_LAYERS: Final = 9


class _Layer(NamedTuple):
    """A matrix, and which way round it is multiplied with."""

    name: str
    transposed: bool
    """Whether it is [output, input], as nn.Linear has it."""
    inputs: int
    outputs: int


class _Chain(NamedTuple):
    """Layers whose shapes fit one another."""

    p: int
    way: str
    """What the first layer reads: both one-hot vectors, or embeddings, side by side, or their sum, or one each."""
    first: tuple[_Layer, ...]
    rest: tuple[_Layer, ...]


def fits(tensors: Mapping[str, Tensor]) -> bool:
    """Whether there are matrices and vectors alone, two to ten matrices."""
    matrices = [tensor for tensor in tensors.values() if tensor.ndim == 2]
    return 2 <= len(matrices) <= _MOST_LAYERS + 2 and all(tensor.ndim in (1, 2) for tensor in tensors.values())


def convert(taker: Taker, hints: Hints) -> Converted:
    """Its weights as ours; raises WeightsError with the shapes where they do not chain."""
    matrices = {name: tensor for name, tensor in taker.left.items() if tensor.ndim == 2}
    embeddings = sorted((name for name in matrices if _EMBEDDING.search(name)), key=_order)
    names = sorted(matrices.keys() - set(embeddings), key=_order)
    chain = _chain(matrices, embeddings, names, hints)
    found = _embedded(taker, embeddings, chain) | _first(taker, chain)
    for number, layer in enumerate(chain.rest, 2):
        name = "W_out" if number == len(chain.rest) + 1 else f"W_{number}"
        found[name] = _matrix(taker, layer, name)
    biased = any(tensor.ndim == 1 for tensor in taker.left.values())
    found |= _biases(taker, chain)
    values: dict[str, Value] = {
        "arch": "mlp" if embeddings else "one-hot",
        "p": chain.p,
        "width": chain.first[0].outputs,
        "depth": len(chain.rest),
        "layer_norm": "none",
        "classes": "p" if chain.rest[-1].outputs == chain.p else "p+1",
    }
    values |= {} if biased else {"bias": "off"}
    if embeddings:
        values |= {"d_model": found["E_a"].shape[1], "tied": "on" if len(embeddings) == 1 else "off"}
    return Converted(values, found)


def _order(name: str) -> tuple[bool, list[tuple[int, str]]]:
    """By letters and numbers, those of a read-out last."""
    parts = [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d{1,9})", name)]
    return bool(_LAST.search(name)), parts


def _chain(matrices: Mapping[str, Tensor], embeddings: Sequence[str], names: Sequence[str], hints: Hints) -> _Chain:
    """The one way in which the shapes chain; raises WeightsError where there is none, or more than one."""
    seen = ", ".join(f"{name} {list(matrices[name].shape)}" for name in (*embeddings, *names))
    expected = "two one-hot vectors or embeddings → hidden layers of one width → p classes"
    if len(embeddings) > 2 or not 2 <= len(names) <= _MOST_LAYERS:
        raise WeightsError(f"these matrices are no {expected}: {seen}")
    orders = [tuple(names)] if len(names) > 5 else [tuple(names), *permutations(names)]
    sizes = [matrices[name].shape for name in embeddings]
    p = hints.asked.get("p")
    for order, alike in product(orders, (False, True, None)):
        ways = [layers for layers in _ways(matrices, order) if alike is None or _all_bare(layers, alike)]
        found = list(dict.fromkeys(chain for layers in ways for chain in _chains(layers, sizes, p)))
        if found:
            break  # names decide where shapes allow it, and all matrices are one way round where they can be
    if not found:
        raise WeightsError(f"the shapes do not chain, {expected}: {seen}; a --map file says what is what")
    if len(found) > 1:
        raise WeightsError(f"the shapes chain in {len(found)} ways: a --map file says what is what: {seen}")
    return found[0]


def _all_bare(layers: Sequence[_Layer], transposed: bool) -> bool:
    """Whether all that are not nn.Linear's are this way round."""
    return all(layer.transposed == transposed for layer in layers if not layer.name.endswith("weight"))


def _ways(matrices: Mapping[str, Tensor], order: Sequence[str]) -> Iterator[tuple[_Layer, ...]]:
    """The layers in this order with every way round that they may have: one where they are weights of nn.Linear."""
    if not order:
        yield ()
        return
    name, (rows, columns) = order[0], matrices[order[0]].shape
    ways = [_Layer(name, True, columns, rows)]
    if not name.endswith("weight"):
        ways.append(_Layer(name, False, rows, columns))
    for rest in _ways(matrices, order[1:]):
        for way in ways:
            yield (way, *rest)


def _chains(layers: Sequence[_Layer], sizes: Sequence[Sequence[int]], asked: object) -> Iterator[_Chain]:
    """How the layers chain behind embeddings of these sizes, [rows, dimensions] each."""
    for count in (1, 2):
        first, rest = tuple(layers[:count]), tuple(layers[count:])
        if not rest or any(layer.outputs != first[0].outputs for layer in first):
            continue
        width, classes = first[0].outputs, rest[-1].outputs
        hidden = all((layer.inputs, layer.outputs) == (width, width) for layer in rest[:-1])
        if not hidden or rest[-1].inputs != width:
            continue
        for p in (classes, classes - 1):
            if asked not in (None, p) or p < 3:
                continue
            way = _way([layer.inputs for layer in first], sizes, p)
            if way:
                yield _Chain(p, way, first, rest)


def _way(inputs: Sequence[int], sizes: Sequence[Sequence[int]], p: int) -> str:
    """What first layers of these inputs read; empty where that is nothing that is known."""
    features = p
    if sizes:
        if any(list(size) != [p, sizes[0][1]] for size in sizes):
            return ""
        features = sizes[0][1]
    if len(inputs) == 2:
        return "one each" if list(inputs) == [features, features] else ""
    if inputs[0] == 2 * features:
        return "side by side"
    return "sum" if inputs[0] == features and sizes else ""


def _embedded(taker: Taker, embeddings: Sequence[str], chain: _Chain) -> Tensors:
    ours = ["E_a of both"] if len(embeddings) == 1 else ["E_a", "E_b"]
    return {role[:3]: taker.take(name, role, chain.p, None) for name, role in zip(embeddings, ours, strict=False)}


def _first(taker: Taker, chain: _Chain) -> Tensors:
    if chain.way == "one each":
        return {ours: _matrix(taker, layer, ours) for ours, layer in zip(("W_a", "W_b"), chain.first, strict=True)}
    (layer,) = chain.first
    if chain.way == "sum":
        both = _matrix(taker, layer, "W_a and W_b alike")
        return {"W_a": both, "W_b": both.clone()}
    of_a, of_b = _matrix(taker, layer, "W_a above W_b").chunk(2)
    return {"W_a": of_a, "W_b": of_b}


def _matrix(taker: Taker, layer: _Layer, ours: str) -> Tensor:
    how = ", transposed" if layer.transposed else ""
    tensor = taker.take(layer.name, f"{ours}{how}", None, None)
    return tensor.T if layer.transposed else tensor


def _biases(taker: Taker, chain: _Chain) -> Tensors:
    """The vectors as biases: by the names of their layers where these are nn.Linear's, else in their order."""
    count, width = len(chain.rest), chain.first[0].outputs
    wanted = {f"b_{number}": width for number in range(1, count + 1)} | {"b_out": chain.rest[-1].outputs}
    layers = dict(zip(list(wanted)[1:], chain.rest, strict=True))
    found: Tensors = {}
    for layer in chain.first:
        name = _bias_name(layer)
        if name in taker.left:
            bias = taker.take(name, "b_1", width)
            found["b_1"] = found["b_1"] + bias if "b_1" in found else bias
    for ours, layer in layers.items():
        if (name := _bias_name(layer)) in taker.left:
            found[ours] = taker.take(name, ours, wanted[ours])
    left = sorted((name for name, tensor in taker.left.items() if tensor.ndim == 1), key=_order)
    open_places = [ours for ours in wanted if ours not in found]
    if left and len(left) == len(open_places) and not any(name.endswith("weight") for name in left):
        found |= {ours: taker.take(name, ours, wanted[ours]) for name, ours in zip(left, open_places, strict=True)}
    return found


def _bias_name(layer: _Layer) -> str:
    return f"{layer.name.removesuffix('weight')}bias" if layer.name.endswith("weight") else ""
