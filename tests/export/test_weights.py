"""Parameters of checkpoints in other programs' formats, against the checkpoints and the models themselves."""

from __future__ import annotations

import json
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from torch import Tensor

from grokterm.config import Config
from grokterm.errors import ConfigError, RunFolderError
from grokterm.export import layouts
from grokterm.export.formats import FORMATS
from grokterm.export.weights import Weights
from grokterm.lab.engine import Engine
from grokterm.runs.checkpoints import CheckpointInfo, config_hash, list_checkpoints, load_checkpoint, parse_name
from grokterm.runs.folder import RunFolder
from tests.lab.predictions import predictions
from tests.needs import TRANSFORMER_LENS, need
from tests.reference.paper import Network

SMALL = {
    "arch": "transformer",
    "p": 11,
    "d_model": 16,
    "width": 40,
    "heads": 2,
    "device": "cpu",
    "precision": "float32",
}
"""A transformer of few parameters."""


def saved(folder: RunFolder, step: int) -> dict[str, np.ndarray[Any, Any]]:
    """The parameters of the last checkpoint of a step."""
    path = [path for path in list_checkpoints(folder.checkpoint_folder) if parse_name(path)[0] == step][-1]
    return {
        name.removeprefix("parameters."): array
        for name, array in load_checkpoint(path)[1].items()
        if name.startswith("parameters.")
    }


def opened(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    with safe_open(path, "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118


@pytest.mark.parametrize(("step", "which"), [(None, 120), (60, 60), (90, 90)])
def test_safetensors_and_npz_hold_the_parameters(step: int | None, which: int, run: RunFolder, tmp_path: Path) -> None:
    expected = saved(run, which)
    assert ("0.W_Q" in expected) == (which >= 90)
    words = FORMATS["safetensors"].write(run, tmp_path / "a", step, "")
    assert words == f"{len(expected)} tensors of step {which}"
    tensors, about = opened(tmp_path / "a")
    assert tensors.keys() == expected.keys()
    for name, array in expected.items():
        assert torch.equal(tensors[name], torch.from_numpy(array))
    assert (about["run"], about["step"]) == (run.id, str(which))
    assert json.loads(about["config"])["arch"] == ("transformer" if which >= 90 else "mlp")
    FORMATS["npz"].write(run, tmp_path / "b", step, "")
    with np.load(tmp_path / "b", allow_pickle=False) as arrays:
        assert json.loads(str(arrays["metadata"]))["step"] == str(which)
        assert set(arrays.files) == expected.keys() | {"metadata"}
        for name, array in expected.items():
            assert np.array_equal(arrays[name], array)


def test_a_step_without_a_checkpoint_is_told_with_the_nearest(run: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match=r"has no checkpoint at step 77: the nearest are .*60, .*90"):
        FORMATS["npz"].write(run, tmp_path / "a", 77, "")
    for path in list_checkpoints(run.checkpoint_folder):
        path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(RunFolderError, match="has no checkpoint that can be read: there are no weights to export"):
        FORMATS["npz"].write(run, tmp_path / "a", None, "")
    with pytest.raises(RunFolderError, match="has no checkpoint of step 60 that can be read"):
        FORMATS["npz"].write(run, tmp_path / "a", 60, "")
    assert not list(tmp_path.glob("*a*"))


def model(**values: object) -> tuple[Engine, Weights]:
    """A transformer after a few steps, and its weights as a checkpoint has them."""
    engine = Engine(Config.starting({**SMALL, **values}))
    engine.advance(3)
    config = engine.config.as_dict()
    info = CheckpointInfo(3, 0, 1, 0.0, "regular", "memorizing", config, config_hash(config))
    return engine, Weights("0001", info, {name: tensor.numpy() for name, tensor in engine.parameters.items()})


def all_logits(engine: Engine) -> Tensor:
    """Logits [p², classes] of all pairs, in float32."""
    pairs = torch.arange(engine.config.p**2)
    with torch.no_grad():
        logits: Tensor = engine.model.logits(engine.parameters, pairs // engine.config.p, pairs % engine.config.p)
    return logits


def tokens(config: Config) -> Tensor:
    """The tokens [p², positions] of all pairs: residues, then "=", "eos" and "op"."""
    pairs, p = torch.arange(config.p**2), config.p
    known = {"a": pairs // p, "b": pairs % p}
    constant = {"=": p, "eos": p + 1, "op": p + 2}
    return torch.stack(
        [known[t] if t in known else torch.full_like(pairs, constant[t]) for t in config.sequence_tokens], 1
    )


def transformer_lens() -> Any:
    """The package, in a version that has HookedTransformer."""
    need(find_spec("transformer_lens"), TRANSFORMER_LENS)
    lens = import_module("transformer_lens")
    try:
        need(lens.HookedTransformer, TRANSFORMER_LENS)
    except ImportError:
        need(False, TRANSFORMER_LENS)
    return lens


CASES: list[dict[str, object]] = [
    {},
    {"depth": 2, "layer_norm": "pre", "activation": "gelu"},
    {"depth": 2, "causal": "off", "bias": "all"},
    {"classes": "p+1", "bias": "off"},
    {"tied": "on", "positional": "sinusoidal"},
    {"positional": "none", "sequence": "eos-a-op-b-equals", "depth": 2},
]


@pytest.mark.parametrize("values", CASES, ids=lambda values: " ".join(map(str, values.values())) or "plain")
def test_a_hooked_transformer_gives_the_same_logits(values: dict[str, object]) -> None:
    lens = transformer_lens()
    engine, weights = model(**values)
    arrays, config = layouts.transformer_lens(weights)
    made = lens.HookedTransformer(lens.HookedTransformerConfig.from_dict(json.loads(json.dumps(config))))
    missing, unknown = made.load_state_dict({n: torch.tensor(a) for n, a in arrays.items()}, strict=False)
    assert unknown == []
    assert all(name.endswith(("attn.mask", "attn.IGNORE")) for name in missing)
    with torch.no_grad():
        logits = made(tokens(engine.config))[:, -1]
    torch.testing.assert_close(logits, all_logits(engine), rtol=0, atol=1e-5)


@pytest.mark.parametrize("values", CASES, ids=lambda values: " ".join(map(str, values.values())) or "plain")
def test_the_layout_of_transformer_lens_is_that_model(values: dict[str, object]) -> None:
    """Against its equations, written down plainly, to the last digits."""
    engine, weights = model(**values, precision="float64")
    arrays, config = layouts.transformer_lens(weights)
    w = {name: torch.tensor(array) for name, array in arrays.items()}
    assert all(tensor.dtype == torch.float64 for tensor in w.values())

    def norm(x: Tensor, name: str) -> Tensor:
        if config["normalization_type"] is None:
            return x
        x = x - x.mean(-1, keepdim=True)
        x = x / (x.square().mean(-1, keepdim=True) + 1e-5).sqrt()
        return x * w[f"{name}.w"] + w[f"{name}.b"]

    x = w["embed.W_E"][tokens(engine.config)] + w["pos_embed.W_pos"]
    act = {"relu": torch.relu, "gelu": torch.nn.functional.gelu}[config["act_fn"]]
    for block in range(config["n_layers"]):
        of = {n.removeprefix(f"blocks.{block}."): t for n, t in w.items() if n.startswith(f"blocks.{block}.")}
        y = norm(x, f"blocks.{block}.ln1")
        q, k, v = (torch.einsum("ntd,hde->nhte", y, of[f"attn.W_{c}"]) + of[f"attn.b_{c}"][:, None] for c in "QKV")
        scores = q @ k.mT / config["d_head"] ** 0.5
        if config["attention_dir"] == "causal":
            scores = scores.masked_fill(torch.ones_like(scores).triu(1) > 0, -torch.inf)
        x = x + torch.einsum("nhte,hed->ntd", scores.softmax(-1) @ v, of["attn.W_O"]) + of["attn.b_O"]
        y = norm(x, f"blocks.{block}.ln2")
        x = x + act(y @ of["mlp.W_in"] + of["mlp.b_in"]) @ of["mlp.W_out"] + of["mlp.b_out"]
    logits = (norm(x, "ln_final") @ w["unembed.W_U"] + w["unembed.b_U"])[:, -1]
    torch.testing.assert_close(logits, all_logits(engine), rtol=0, atol=1e-12)


@pytest.mark.parametrize("values", [{}, {"classes": "p+1"}, {"tied": "on"}])
def test_the_papers_code_gives_the_same_logits(values: dict[str, object]) -> None:
    engine, weights = model(**values, precision="float64")
    arrays, config = layouts.nanda(weights)
    names = {name: name.rpartition(".")[2] for name in arrays if not name.endswith("mask")}
    network = Network({short: torch.tensor(arrays[name]) for name, short in names.items()})
    logits = network.logits(tokens(engine.config)).detach()
    torch.testing.assert_close(logits[:, : engine.config.class_count], all_logits(engine), rtol=0, atol=1e-12)
    assert logits.shape[1] == engine.config.p + 1 == config["d_vocab"]
    assert {name: array.shape for name, array in arrays.items() if name.startswith("blocks")} == {
        **{f"blocks.0.attn.W_{name}": (2, 8, 16) for name in "KQV"},
        "blocks.0.attn.W_O": (16, 16),
        "blocks.0.attn.mask": (3, 3),
        "blocks.0.mlp.W_in": (40, 16),
        "blocks.0.mlp.b_in": (40,),
        "blocks.0.mlp.W_out": (16, 40),
        "blocks.0.mlp.b_out": (16,),
    }


@pytest.mark.parametrize("to", ["transformer-lens", "nanda"])
def test_layouts_come_with_their_configuration(to: str, run: RunFolder, tmp_path: Path) -> None:
    FORMATS[to].write(run, tmp_path / "a", None, "")
    tensors, about = opened(tmp_path / "a")
    config = json.loads(about[to.replace("-", "_")])
    assert about["layout"] == to
    assert config["d_mlp"] == 24
    assert tensors["pos_embed.W_pos"].shape == (3, config["d_model"])


@pytest.mark.parametrize(
    ("layout", "values", "words"),
    [
        (
            "transformer_lens",
            {"layer_norm": "post"},
            "no transformer with layer_norm post, but with none or pre",
        ),
        ("transformer_lens", {"activation": "quadratic"}, "no transformer with activation quadratic"),
        ("transformer_lens", {"attention_rate": 0.5}, "no attention rate other than 1, and here it is 0.5"),
        ("transformer_lens", {"arch": "mlp"}, "has transformers of pairs, and this run is mlp on a [+] b mod 11"),
        (
            "transformer_lens",
            {"task": "sum"},
            "of pairs, and this run is transformer on a [+] b [+] c",
        ),
        ("nanda", {"causal": "off"}, "the paper's code has no transformer with causal off, but with on"),
        ("nanda", {"sequence": "eos-a-op-b-equals"}, "no transformer with sequence eos-a-op-b-equals"),
        ("nanda", {"layer_norm": "pre"}, "no transformer with layer_norm pre"),
        ("nanda", {"bias": "all"}, "no transformer with bias all"),
    ],
)
def test_what_has_no_such_layout_is_refused(layout: str, values: dict[str, object], words: str) -> None:
    config = Config.starting({**SMALL, **values}).as_dict()
    info = CheckpointInfo(0, 0, 1, 0.0, "regular", "memorizing", config, config_hash(config))
    with pytest.raises(ConfigError, match=words) as refused:
        getattr(layouts, layout)(Weights("0001", info, {}))
    assert "export it as safetensors or npz" in str(refused.value)


def test_predictions_are_those_of_the_model() -> None:
    """The logits that layouts are compared with are what the model answers by."""
    engine, _ = model()
    assert torch.equal(all_logits(engine).argmax(-1), predictions(engine)[0].flatten())
