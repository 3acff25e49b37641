"""Optimizers and gradient filters by name, what each is, and which settings it reads."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Optimizer = Literal["adamw", "adam", "sgd", "muon", "lion", "signsgd"]
Filter = Literal["none", "grokfast-ema", "grokfast-ma", "orthograd"]
DecayTo = Literal["zero", "init"]


class Described(NamedTuple):
    """One choice: how papers write it, what it does, and the settings that it reads and not every other does."""

    title: str
    words: str
    uses: frozenset[str] = frozenset()


_ADAM: Final = frozenset({"beta1", "beta2", "epsilon"})
OPTIMIZERS: Final[dict[Optimizer, Described]] = {
    "adamw": Described("AdamW", "Adam's step, decay apart from it: θ ← θ(1 − lr·decay)", _ADAM),
    "adam": Described("Adam", "Adam's step on the gradient plus decay·θ (coupled L2)", _ADAM),
    "sgd": Described(
        "SGD", "the gradient plus decay·θ (coupled L2), with momentum", frozenset({"momentum", "nesterov"})
    ),
    "muon": Described(
        "Muon",
        "orthogonal momentum for hidden matrices, AdamW for the rest",
        _ADAM | {"momentum", "muon_lr"},
    ),
    "lion": Described("Lion", "the sign of an interpolated momentum; decay apart", frozenset({"beta1", "beta2"})),
    "signsgd": Described("signSGD", "the sign of the gradient; decay apart"),
}
FILTERS: Final[dict[Filter, Described]] = {
    "none": Described("no filter", "the gradient as it is"),
    "grokfast-ema": Described(
        "Grokfast-EMA", "adds λ times a running mean of the gradients", frozenset({"ema_alpha", "ema_lambda"})
    ),
    "grokfast-ma": Described(
        "Grokfast-MA", "adds λ times the mean of the last gradients", frozenset({"ma_window", "ma_lambda"})
    ),
    "orthograd": Described("⊥Grad", "takes out the part along the weights, keeps the norm"),
}


def idle_setting(name: str, optimizer: Optimizer, filter: Filter) -> str:
    """Why a setting does nothing with an optimizer and a filter, in words; empty where it does something."""
    for chosen, described in ((OPTIMIZERS[optimizer], OPTIMIZERS), (FILTERS[filter], FILTERS)):
        readers = [key for key, one in described.items() if name in one.uses]
        if readers and name not in chosen.uses:
            *others, last = readers
            names = f"{', '.join(others)} and {last} read it" if others else f"{last} reads it"
            return f"does nothing with {chosen.title}: only {names}"
    return ""
