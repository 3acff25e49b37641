"""One model at one step, with what its pictures are computed from, each part when it is first used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from torch import Tensor

from grokterm.analysis.activations import Parameters
from grokterm.analysis.angles import Angles, angles_of
from grokterm.analysis.cancellation import check_cancelled
from grokterm.analysis.fourier import NO_BASIS, basis_of
from grokterm.analysis.harmonics import harmonics_of
from grokterm.analysis.pairs import LogitsFn
from grokterm.analysis.spectrum import spectrum
from grokterm.config import Config
from grokterm.lab.models import Model, Network, build, build_any
from grokterm.surgery import INTACT, Ablation, key_words
from grokterm.tasks.operations import rule_of

STRONGEST: Final = 3
"""Frequencies that stand in for key frequencies as long as there are none."""


class UndefinedError(Exception):
    """A picture makes no sense for a model or an operation; the message says why."""


def _no_models() -> Sequence[ModelAtStep]:
    return ()


@dataclass(frozen=True, eq=False, kw_only=True)
class ModelAtStep:
    """A model, its task and its place in the run."""

    step: int
    config: Config
    parameters: Parameters
    labels: Tensor
    """int64 [p, p], −1 where the operation is not defined; [m] of all m tuples where the task is not of pairs."""
    train: Tensor
    """bool, of the same shape."""
    estimate: Callable[[Tensor], tuple[int, ...]] = lambda norms: ()
    """The key frequencies, largest norm first, from Fourier norms (`key_frequencies.KeyFrequencies`)."""
    present: ModelAtStep | None = None
    """The model of now, where this is one of the past."""
    noisy_labels: Tensor | None = None
    """The labels trained on, int64 of the same shape, where some are wrong; None where all are right."""
    ablation: Ablation = INTACT
    """The parts of the model that a picture leaves out."""
    trained_as: Network | None = None
    """The model's functions with the products in which it trains; None for those of `network`."""
    earlier: Callable[[], Sequence[ModelAtStep]] = _no_models
    """The same model at a few steps before this one, in order, as far as they are kept."""

    tokens: Tensor | None = None
    """[m, k] of all m tuples where the task is not of pairs."""

    @cached_property
    def network(self) -> Model:
        """The model's pure functions, in float32 and without kernels where not loaded; raises UndefinedError.

        It is that of a task of pairs.
        """
        if not self.config.of_pairs:
            raise UndefinedError(no_pairs(self.config))
        return build(self.config)

    @cached_property
    def any_network(self) -> Network:
        """The same of any task."""
        return build_any(self.config)

    @cached_property
    def logits_fn(self) -> LogitsFn:
        """Logits [m, p] of pairs a, b (int64 [m])."""
        return self.logits_fn_with(self.parameters)

    @property
    def trained_logits_fn(self) -> LogitsFn:
        """The same with the products in which the model trains."""
        return self.logits_fn_with(self.parameters, self.trained_as if isinstance(self.trained_as, Model) else None)

    def logits_fn_with(self, parameters: Parameters, network: Model | None = None) -> LogitsFn:
        """The same for other parameters, or by the functions of another network."""
        copied, network = dict(parameters), network or self.network

        def logits_fn(a: Tensor, b: Tensor) -> Tensor:
            check_cancelled()
            return network.residue_logits(copied, a, b)

        return logits_fn

    @cached_property
    def angles(self) -> Angles:
        """How the operation adds angles; raises UndefinedError where it does not."""
        found = None if self.config.of_points else angles_of(self.config.op, self.config.p)
        if found is None:
            raise UndefinedError(_no_frequencies(self.config))
        return found

    @cached_property
    def harmonics(self) -> Angles:
        """The same, or the group in which the operation multiplies; raises UndefinedError where it does neither."""
        return harmonics_of(self.config.op, self.config.p) or self.angles

    @cached_property
    def _spectrum(self) -> tuple[Tensor, str, str]:
        return spectrum(self.any_network, self.parameters, self.config)

    @property
    def norms_words(self) -> str:
        """What the norms are taken from."""
        return self._spectrum[2]

    @cached_property
    def norms(self) -> Tensor:
        """Fourier norms of the embedding or first layer [frequencies]; raises UndefinedError without a basis."""
        norms, basis, _ = self._spectrum
        if basis == "none":
            raise UndefinedError(_no_frequencies(self.config))
        return norms

    @cached_property
    def key_frequencies(self) -> tuple[int, ...]:
        """The estimate, largest norm first; none without a basis."""
        try:
            return self.estimate(self.norms)
        except UndefinedError:
            return ()

    @cached_property
    def frequencies(self) -> tuple[int, ...]:
        """The key frequencies of now or, as long as there are none, those of the largest norms; largest first."""
        if self._keys:
            return self._keys
        if self.present is not None:
            return self.present.frequencies
        order = self.norms.nan_to_num().argsort(descending=True, stable=True)
        return tuple(int(k) + 1 for k in order[:STRONGEST])

    @property
    def frequency_words(self) -> str:
        """What `frequencies` are: key frequencies, or the strongest as long as there are none."""
        keys, _ = key_words(self.config.op, ())
        return keys if self._keys else f"no {keys} yet: the strongest"

    @property
    def _keys(self) -> tuple[int, ...]:
        """Those of the present model first, so that a model of the past is compared with it."""
        return (self.present.key_frequencies if self.present else ()) or self.key_frequencies


def no_pairs(config: Config) -> str:
    """Why there is no picture of pairs."""
    return f"not defined for {config.task_words}: it needs the table of an operation on two inputs"


def _no_frequencies(config: Config) -> str:
    """Why a task has no Fourier basis."""
    if config.of_points:
        return f"not defined for {config.task_words}: it has no residues, and so no frequencies"
    if rule_of(config.op).order:
        return f"{rule_of(config.op).shown} has no angles"
    why = basis_of(config.op, config.p)[1].removeprefix(NO_BASIS).removeprefix(": ")
    reason = f": {why}" if why else ""
    return f"{NO_BASIS}: no order of residues makes {rule_of(config.op).shown} a sum of their angles{reason}"
