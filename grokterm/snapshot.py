"""One model of a run in a notebook: its logits, its measures, and what every view draws, as numpy arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from grokterm.config import Config
from grokterm.errors import ConfigError
from grokterm.milestones import GAUGED_ACCURACY
from grokterm.picture import Picture, PictureRequest
from grokterm.surgery import INTACT, Ablation

if TYPE_CHECKING:
    from torch import Tensor

    from grokterm.analysis.model_at_step import ModelAtStep
    from grokterm.lab.models import Network, Parameters


@dataclass(frozen=True, repr=False, eq=False)
class Snapshot:
    """A model at one step of a run; every view is a method by its name: `circles()`, `clocks(page=2)`.

    Keyword arguments are what is chosen in the view, counted from 0. `present`, another snapshot, is the model to
    compare with, where a view draws one of the past on the axes or at the key frequencies of a later one. `without`,
    a `grokterm.surgery.Ablation`, is what `ablation()` takes out.
    """

    step: int
    config: Config
    labels: npt.NDArray[np.int64]
    """The right answers [p, p] indexed [a, b], or [m] of all m `tokens`; −1 where the operation is not defined."""
    train: npt.NDArray[np.bool_]
    """What is trained on, of the same shape."""
    parameters: dict[str, npt.NDArray[Any]]
    """Copies of the parameters by name."""
    _model: Network
    _tensors: Parameters
    _seen: Tensor
    """What the model was ever trained on, bool as `train`."""
    tokens: npt.NDArray[np.int16] | None = None
    """The inputs [m, k] of a task of other than two; of a parity 0 stands for 1 and 1 for −1."""
    _keys: tuple[int, ...] = ()
    """The last estimate of the key frequencies before this step."""
    _earlier: Callable[[ModelAtStep], Sequence[ModelAtStep]] = field(default=lambda _: ())
    """The same model at a few steps before."""

    def __repr__(self) -> str:
        return f"<model at step {self.step:,}: {', '.join(f'{k} {v.shape}' for k, v in self.parameters.items())}>"

    def __getattr__(self, name: str) -> Callable[..., Picture]:
        """The picture of a view, as a method; raises AttributeError where no view has the name."""
        if not name.startswith("_"):
            from grokterm.analysis.pictures import PICTURES

            if name in PICTURES:
                return partial(self._draw, name)
            raise AttributeError(f"a model has no {name!r}, and its pictures are {', '.join(PICTURES)}")
        raise AttributeError(name)

    def __dir__(self) -> list[str]:
        from grokterm.analysis.pictures import PICTURES

        return [*super().__dir__(), *PICTURES]

    def logits(self) -> npt.NDArray[np.float32]:
        """The logits of every pair, float32 [p, p, p] indexed [a, b, class]; or of all tokens, [m, class]."""
        if self.tokens is not None:
            return np.concatenate(list(self._parts(self.tokens)))
        p = self.config.p
        found = np.empty((p, p, p), dtype=np.float32)
        for a in range(p):
            found[a] = self._row(a)
        return found

    def predictions(self) -> npt.NDArray[np.int64]:
        """The class of the largest logit for every pair, [p, p] indexed [a, b], or for all tokens, [m]."""
        if self.tokens is not None:
            return np.concatenate([logits.argmax(-1) for logits in self._parts(self.tokens)])
        return np.stack([self._row(a).argmax(-1) for a in range(self.config.p)])

    @property
    def key_frequencies(self) -> tuple[int, ...]:
        """The estimate, largest norm first."""
        return self._model_at_step.key_frequencies

    def measures(self) -> dict[str, float | None]:
        """Gini coefficients, progress measures, those of structure and of plugins, by their names in the run.

        None where one is not defined; the gauges of clock and pizza only where test accuracy is above .9. Raises
        ConfigError where the task is not of pairs.
        """
        if not self.config.of_pairs:
            raise ConfigError(f"the measures need the table of two inputs, and {self.config.task_words} has none")
        import torch
        from msgspec.structs import asdict

        from grokterm.analysis.measured_model import MeasuredModel, logits_of_pairs, plugin_measures
        from grokterm.analysis.pairs import cached_logits
        from grokterm.analysis.progress import gini_coefficients, progress, structure
        from grokterm.analysis.spectrum import spectrum

        here, device = self._model_at_step, self._device
        with torch.no_grad():
            logits_fn = cached_logits(self._logits_of_pairs, self.config.p, device)
        tested = ~self.train & (self.labels >= 0)
        gauges = bool((self.predictions() == self.labels)[tested].mean() > GAUGED_ACCURACY)
        norms = spectrum(self._model, self._tensors, self.config)[0]
        ginis = gini_coefficients(self.config, self._tensors, norms)
        all_logits = partial(logits_of_pairs, logits_fn, self.config.p, device)
        own = MeasuredModel(self.step, self.config, self._tensors, here.labels, here.train, all_logits)
        return {
            **dict(zip(("embedding_gini", "read_out_gini"), ginis, strict=True)),
            **asdict(progress(self.config, logits_fn, here.train, self._seen, here.key_frequencies)),
            **asdict(structure(self.config, self._tensors, logits_fn, here.labels, gauges)),
            **plugin_measures(own),
        }

    @property
    def _device(self) -> Any:
        return next(iter(self._tensors.values())).device

    @cached_property
    def _model_at_step(self) -> ModelAtStep:
        """The model as pictures see it."""
        import torch

        from grokterm.analysis.key_frequencies import KeyFrequencies
        from grokterm.analysis.model_at_step import ModelAtStep
        from grokterm.analysis.spectrum import feature_count

        return ModelAtStep(
            step=self.step,
            config=self.config,
            parameters=self._tensors,
            labels=torch.from_numpy(self.labels).to(self._device),
            train=torch.from_numpy(self.train).to(self._device),
            tokens=None if self.tokens is None else torch.from_numpy(self.tokens).to(self._device),
            estimate=KeyFrequencies(feature_count(self.config), self._keys).update,
        )

    def _draw(
        self, view: str, /, *, present: Snapshot | None = None, without: Ablation = INTACT, **chosen: int
    ) -> Picture:
        """What a view draws; raises ConfigError for something to choose that it does not have."""
        from dataclasses import replace

        from grokterm.analysis.pictures import make_picture

        here = self._model_at_step
        seen = replace(
            here,
            present=present._model_at_step if present is not None else None,
            earlier=lambda: self._earlier(here),
        )
        choices = _RecordedChoices(chosen)
        made = make_picture(PictureRequest(view, choices, without), seen)
        unknown = [name for name in chosen if name not in choices.names]
        if made.arrays and unknown:
            there = f"it has {', '.join(sorted(choices.names))}" if choices.names else "it has nothing to choose"
            raise ConfigError(f"{view} has no {unknown[0]!r} to choose: {there}")
        return made

    def _row(self, a: int) -> npt.NDArray[np.float32]:
        """Logits [p, p] of the pairs (a, 0), (a, 1) …"""
        import torch

        second = torch.arange(self.config.p, device=self._device)
        with torch.no_grad():
            logits = self._logits_of_pairs(torch.full_like(second, a), second)
        return _array(logits.float())

    def _logits_of_pairs(self, a: Tensor, b: Tensor) -> Tensor:
        from grokterm.lab.models import Model

        assert isinstance(self._model, Model)
        return self._model.residue_logits(self._tensors, a, b)

    def _parts(self, tokens: npt.NDArray[np.int16]) -> Iterator[npt.NDArray[np.float32]]:
        """Logits [n, answers] of the tokens, a part at a time."""
        import torch

        from grokterm.analysis.pairs import CHUNK
        from grokterm.lab.tuples import Tuples

        most = max(1, CHUNK // self._model.floats_per_example)
        for start in range(0, len(tokens), most):
            part = torch.from_numpy(tokens[start : start + most]).to(self._device).long()
            with torch.no_grad():
                logits = self._model.logits_of(self._tensors, Tuples(part, part[:, 0], part[:, 0]))
            yield _array(logits[:, : self.config.shape.answers].float())


class _RecordedChoices(dict[str, int]):
    """Choices that remember which of them a picture asks for."""

    def __init__(self, chosen: Mapping[str, int]) -> None:
        super().__init__(chosen)
        self.names: set[str] = set()

    def get(self, name: str, default: Any = None, /) -> Any:
        """The choice, or `default`."""
        self.names.add(name)
        return super().get(name, default)


def _array(tensor: Tensor) -> npt.NDArray[Any]:
    found: npt.NDArray[Any] = tensor.detach().cpu().numpy()
    return found
