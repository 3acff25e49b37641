"""Architectures by name: what each is, how its size is written, and which settings it reads."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

Architecture = Literal["mlp", "one-hot", "residual-mlp", "transformer"]
OLD_NAMES: Final[Mapping[str, Architecture]] = {"mlp": "one-hot", "embed-mlp": "mlp"}
"""What architectures are called in files of runs that are older than `attention_rate`, and their names now."""


class Part(NamedTuple):
    """Parameters that a rebuilt model may carry over together."""

    parameters: tuple[str, ...]
    size: str
    """The setting that gives their size, beside p and the classes."""


class AnyInputs(NamedTuple):
    """The model of an architecture for tasks of other than two inputs."""

    words: str
    """As `ArchitectureSpec.words`; `inputs` are the tokens of an example."""
    uses: frozenset[str] = frozenset()
    """Which of the architecture's settings it reads."""


class ArchitectureSpec(NamedTuple):
    """What is known of an architecture without torch; `words`, `size` and `short` name settings in braces."""

    brief: str
    """What it is, for the help of `--arch`."""
    words: str
    """What it is with its sizes, for the chooser; `outputs` are its classes."""
    size: str
    """Its size behind its name."""
    short: str
    """The same where there is little room."""
    embedding: Part
    """What residues are looked up in."""
    read_out: Part
    """What the logits are read by; its parameters have a column for each class."""
    uses: frozenset[str] = frozenset()
    """The settings that it reads and not every other does; with `heads` it has attention."""
    layers: str = "hidden layers"
    """What `depth` counts."""
    one_hot: bool = False
    """Whether residues are one-hot vectors: the columns of its embedding are then neurons of a first layer."""
    begins_with: Mapping[str, int | float | str] = MappingProxyType({})
    """Settings of a new run that names none, where they are not the fields' own."""
    closed_form: bool = False
    """Whether it has initial weights that solve a sum of angles."""
    ties_read_out: bool = False
    """Whether it is the read-out that `tied` takes from the embedding."""
    any_inputs: AnyInputs | None = None
    """Its model for tasks of other than two inputs, where there is one."""

    @property
    def transferable(self) -> tuple[str, ...]:
        """The parameters of embedding and read-out."""
        return self.embedding.parameters + self.read_out.parameters

    @property
    def embedding_words(self) -> str:
        """What people call its embedding."""
        return "first layer" if self.one_hot else "embedding"


ARCHITECTURES: Final[dict[Architecture, ArchitectureSpec]] = {
    "mlp": ArchitectureSpec(
        brief="two embeddings → width → p",
        words="two embeddings of {d_model} → {width} neurons → {outputs} logits",
        size="{d_model} → {width}",
        short="{width}",
        embedding=Part(("E_a", "E_b"), "d_model"),
        read_out=Part(("W_out", "b_out"), "width"),
        uses=frozenset({"d_model", "bias", "tied"}),
        any_inputs=AnyInputs(
            "{inputs} embeddings of {d_model} → {width} neurons → {outputs} logits", frozenset({"d_model"})
        ),
        begins_with={"d_model": 20, "lr": 1e-2, "epsilon": 2e-4},
    ),
    "one-hot": ArchitectureSpec(
        brief="one-hot pair → width → p",
        words="one-hot a and b → {width} neurons → {outputs} logits",
        size="{width}",
        short="{width}",
        embedding=Part(("W_a", "W_b"), "width"),
        read_out=Part(("W_out", "b_out"), "width"),
        uses=frozenset({"bias"}),
        one_hot=True,
        closed_form=True,
        any_inputs=AnyInputs("{inputs} inputs → {width} neurons → {outputs} logits"),
    ),
    "residual-mlp": ArchitectureSpec(
        brief="the sum of two embeddings, MLPs added to it",
        words="sum of two embeddings of {d_model}, + {depth} × mlp of {width} → {outputs} logits",
        size="{d_model} + {depth} × {width}",
        short="{width}",
        embedding=Part(("E_a", "E_b"), "d_model"),
        read_out=Part(("W_U", "b_U"), "d_model"),
        uses=frozenset({"d_model", "bias"}),
        layers="residual blocks",
    ),
    "transformer": ArchitectureSpec(
        brief="transformer",
        words="{sequence} in {d_model} dimensions, {heads} heads, mlp of {width}, read at =",
        size="{d_model}, {heads} heads, mlp {width}",
        short="{d_model}",
        embedding=Part(("W_E", "W_pos"), "d_model"),
        read_out=Part(("W_U", "b_U"), "d_model"),
        uses=frozenset({"d_model", "heads", "bias", "tied", "positional", "sequence", "causal", "attention_rate"}),
        ties_read_out=True,
        layers="blocks",
        any_inputs=AnyInputs(
            "{inputs} tokens = in {d_model} dimensions, {heads} heads, mlp of {width}, read at =",
            frozenset({"d_model", "heads"}),
        ),
    ),
}


def renamed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Settings out of an older file, with the architecture that is meant by its name then."""
    return {name: OLD_NAMES.get(value, value) if name == "arch" else value for name, value in values.items()}


def users(setting: str) -> list[str]:
    """The architectures that read a setting which not every one does; none where all do."""
    return [name for name, spec in ARCHITECTURES.items() if setting in spec.uses]


def idle_in(setting: str, arch: Architecture) -> str:
    """Why a setting does nothing in an architecture, in words; empty where it does something."""
    readers = users(setting)
    if not readers or arch in readers:
        return ""
    return f"does nothing in {arch}: only {' or '.join(readers)} has it"


def brief_words() -> str:
    """Every architecture in a few words."""
    *others, last = [spec.brief for spec in ARCHITECTURES.values()]
    return "; ".join([*others, f"or {last}"])


def layer_words() -> str:
    """What `depth` counts, and in which architectures."""
    kinds: dict[str, list[str]] = {}
    for name, spec in ARCHITECTURES.items():
        kinds.setdefault(spec.layers, []).append(name)
    return " or ".join(f"{kind} ({', '.join(names)})" for kind, names in kinds.items())
