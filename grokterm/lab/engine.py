"""The engine: a task, a model and an optimizer, trained step by step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor

from grokterm.config import Config
from grokterm.errors import ConfigError
from grokterm.lab import devices
from grokterm.lab.batches import Batches
from grokterm.lab.cuda_graphs import StepBatch
from grokterm.lab.engine_checks import check_changes, check_memory, check_state
from grokterm.lab.engine_state import named_tensors, unchanged_on_failure
from grokterm.lab.examples import Examples
from grokterm.lab.measuring import measures_of
from grokterm.lab.models import Model, Network, Parameters, build_any
from grokterm.lab.models.layout import Layout
from grokterm.lab.objective import Objective, Parts
from grokterm.lab.optimizers import Chain, Hyperparameters, Known, Optimizer, implementation_for
from grokterm.lab.precision import DTYPES, product_for
from grokterm.lab.seeds import generator
from grokterm.lab.strategies import Strategy, choose_strategy, finite_check
from grokterm.lab.tasks import Task
from grokterm.lab.tuples import make_data
from grokterm.measures import Measures

CHUNK_FLOATS: Final = {"cpu": 1 << 22, "cuda": 1 << 27, "mps": 1 << 25}
"""Largest tensor over pairs that a pass holds, in floats, by kind of device: 16 MiB on the CPU."""
STEPS_PER_CHECK: Final = {"cpu": 1, "cuda": 256, "mps": 1}
"""Steps between two checks that they are finite, by kind of device: on CUDA a check waits for the device."""


class Engine:
    """One run: `advance` trains, `measure` reads; the same config, device and threads give the same bits."""

    config: Config
    network: Network
    objective: Objective
    _optimizer: Optimizer
    _initial: Tensor | None
    """The first layer as the model was built with it, once it is asked for."""

    def __init__(self, config: Config) -> None:
        """Build the task and fresh parameters of `config`; raises ConfigError for a device that is not there."""
        devices.prepare()
        check_memory(config)
        self.device, self.precision = devices.resolve(config)
        self.step = 0
        """Updates applied so far, over all models of the run."""
        self.finite = True
        """Whether the last step asked for could be applied."""
        self._set_task(config)
        self._gradient_norm: float | None = None
        self._build(config)

    @property
    def task(self) -> Task:
        """The table of pairs; raises ConfigError where the task is none."""
        if not isinstance(self.data, Task):
            raise ConfigError(f"{self.config.task_words} has no table of pairs")
        return self.data

    @property
    def model(self) -> Model:
        """The model of pairs; raises ConfigError where the task has none."""
        if not isinstance(self.network, Model):
            raise ConfigError(f"{self.config.task_words} has no table of pairs")
        return self.network

    def advance(self, steps: int) -> int:
        """Take up to `steps` optimizer steps and say how many; stops before one that is not finite."""
        taken, limit = 0, STEPS_PER_CHECK[self.device.type]
        while taken < steps:
            count = min(steps - taken, limit)
            with self.strategy.threads():
                self.finite = self._advance_by(count)
            if self.finite:
                taken += count
            elif limit == 1:
                break
            else:
                limit = 1  # one by one up to the one that is not
        return taken

    def measure(self) -> Measures:
        """Losses, accuracies and sums of squares of the present parameters over all train and test examples."""
        with self.strategy.threads():
            scores = self.strategy.scores(self._train, self._test)
            change = self._weight_change() if self.config.of_points else None
            counts = len(self._train), len(self._test)
            return measures_of(scores, counts, self.parameters, self._gradient_norm, change)

    def top_classes(self, a: int, b: int, count: int) -> list[tuple[int, float]]:
        """The `count` likeliest classes of one pair with their probabilities; raises ConfigError outside 0 … p − 1."""
        p = self.task.p
        if not (0 <= a < p and 0 <= b < p):
            raise ConfigError(f"a and b must be from 0 to {p - 1}, not {a} and {b}")
        pair = torch.tensor([[a], [b]], device=self.device)
        best = self._logits(pair[0], pair[1])[0].softmax(-1).topk(min(count, p))
        return list(zip(best.indices.tolist(), best.values.tolist(), strict=True))

    def apply_settings(self, config: Config) -> None:
        """Take settings that act at once, from the next step on; raises ConfigError when others differ.

        Weights stay. Another optimizer or filter begins with a state of its own, an optimizer with warm-up too. Nothing
        is changed where a plugin fails to make one.
        """
        check_changes(self.config, config, "at once")
        check_memory(config)
        with unchanged_on_failure(self):
            self._apply(config)

    def _apply(self, config: Config) -> None:
        self._change_task(config)
        before, self.config = self.config, config
        if before.attention_rate != config.attention_rate:
            self.network = build_any(config, product_for(self.precision))
            self._choose_strategy()
        same_rule = before.optimizer == config.optimizer
        if same_rule and Chain.of(before) == Chain.of(config):
            self._optimizer.update(config)
        else:
            optimizer = self._new_optimizer()
            optimizer.take_over(self._optimizer)
            self._optimizer = optimizer
            self._choose_step_batch()
        if Parts.of(before) == Parts.of(config):
            self.objective.update(config)
        else:
            self.objective = Objective(config, self.device)
            self._choose_strategy()

    def rebuild(self, config: Config, keep: bool) -> None:
        """Go on with a new model, optimizer and warm-up, seeded by seed and step; the step stays.

        With `keep`, embedding and output layer are carried over where names and shapes agree, unless the weights are to
        be those of the closed form. Raises ConfigError when a setting that starts a new run differs, RuntimeError or
        MemoryError where there is no room for the new model; nothing is changed then.
        """
        check_changes(self.config, config, "at once", "rebuilds the model")
        check_memory(config)
        with unchanged_on_failure(self):
            self._rebuild(config, keep)

    def _rebuild(self, config: Config, keep: bool) -> None:
        self._change_task(config)
        kept = keep and config.init == "random"
        before = self.network.complete(self.parameters)
        held = {name: before[name] for name in self.network.ends if name in before} if kept else {}
        self._build(config)
        for name in self.network.transferable:
            if name in held and held[name].shape == self.parameters[name].shape:
                self.parameters[name].copy_(held[name])

    def state_dict(self) -> dict[str, Tensor]:
        """All that the next steps depend on, as copies on the CPU: steps from it give the same bits.

        `built_at` is there where the model's first step does not follow from the optimizer's count.
        """
        numbers = {
            "step": self.step,
            "batches.epoch": self._batches.epoch,
            "batches.position": self._batches.position,
        }
        if self._built_at != self._step_of_first_update():
            numbers["built_at"] = self._built_at
        norm = math.nan if self._gradient_norm is None else self._gradient_norm
        tensors = self._tensors() | {name: torch.tensor(number) for name, number in numbers.items()}
        tensors["gradient_norm"] = torch.tensor(norm, dtype=torch.float64)
        return {name: tensor.detach().cpu().clone() for name, tensor in tensors.items()}

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Load what `state_dict` gave; raises ConfigError when names, shapes or precision do not fit."""
        check_state(self.state_dict(), state)
        given_start = state.get("built_at")
        for name, tensor in self._tensors().items():
            tensor.copy_(state[name])
        self._optimizer.invalidate_plan()
        self.step = int(state["step"])
        self._batches.epoch = int(state["batches.epoch"])
        self._batches.position = int(state["batches.position"])
        self._built_at = self._step_of_first_update() if given_start is None else int(given_start)
        self._know_start()
        self._initial = None
        norm = float(state["gradient_norm"])
        self._gradient_norm = None if math.isnan(norm) else norm
        self.finite = True

    def rewind(self, state: Mapping[str, Tensor]) -> None:
        """Take model and optimizer of a state of before again; steps, and the order of batches, are counted on.

        Raises ConfigError where the state is of another model.
        """
        step, place = self.step, (self._batches.epoch, self._batches.position)
        self.load_state_dict(state)
        self.step, (self._batches.epoch, self._batches.position) = step, place

    def load_parameters(self, parameters: Mapping[str, Tensor]) -> None:
        """Copy parameters of the same names and shapes; optimizer and warm-up stay as they are."""
        for name, tensor in self.parameters.items():
            tensor.copy_(parameters[name])

    def _change_task(self, config: Config) -> None:
        """Change the training set or labels, beginning a new epoch, where those of `config` differ."""
        split, before = ((each.train_fraction, each.train_size, each.corrupt) for each in (config, self.config))
        if split == before:
            return
        epoch = self._batches.epoch + (self._batches.position > 0)
        self._set_task(config)
        self._batches.epoch = epoch

    def _set_task(self, config: Config) -> None:
        self.data = make_data(config).to(self.device)
        self._batches = Batches(self.data, config.seed)
        self._train, self._test = self._batches.all, self.data.examples(self.data.test)

    def _build(self, config: Config) -> None:
        """A fresh model and optimizer for the present step."""
        self.config = config
        self.network = build_any(config, product_for(self.precision))
        self._layout = Layout(self.network.shapes())
        self._built_at = self.step
        self._initial = None
        self._flat = self._start()
        self.parameters: Parameters = self._layout.unflatten(self._flat)
        self._optimizer = self._new_optimizer()
        self._gradient_norm = None
        self._chunk_size = max(1, CHUNK_FLOATS[self.device.type] // self.network.floats_per_example)
        self.objective = Objective(config, self.device)
        self._choose_strategy()

    def _choose_strategy(self) -> None:
        """The strategy of the present objective."""
        given = (self._layout, self._flat, self._chunk_size, self.objective)
        self.strategy: Strategy = choose_strategy(self.network, *given)
        self._choose_step_batch()

    def _choose_step_batch(self) -> None:
        """Batches of steps of the present strategy and optimizer, where the device has them."""
        many = STEPS_PER_CHECK[self.device.type] > 1
        self._step_batch = StepBatch(self.strategy, self._optimizer) if many else None

    def _new_optimizer(self) -> Optimizer:
        """The optimizer of the present configuration, at its beginning."""
        config, chain = self.config, Chain.of(self.config)
        known = Known(self._layout, self.network.hidden_matrices, self._start() if chain.needs_start else None)
        hyper = Hyperparameters.of(config, self.device)
        return Optimizer(config.optimizer, self._flat, hyper, implementation_for(self.device), chain, known)

    def _start(self) -> Tensor:
        """The parameters, flat, that seed and step gave the model when it was built, made anew."""
        fresh = self.network.start(generator(self.config.seed, "parameters", self._built_at))
        return self._layout.flatten(fresh).to(self.device, DTYPES[self.precision])

    def _weight_change(self) -> float:
        """Σ|θ − θ₀| of the first layer, θ₀ what the model was built with."""
        name = self.network.first_layer
        if self._initial is None:
            self._initial = self._layout.unflatten(self._start())[name].clone()
        return float((self.parameters[name] - self._initial).abs().sum(dtype=torch.float64))

    def _know_start(self) -> None:
        """Have the optimizer know the start of another model, whose state was loaded."""
        if Chain.of(self.config).needs_start:
            optimizer = self._new_optimizer()
            optimizer.take_over(self._optimizer)
            self._optimizer = optimizer
            self._choose_step_batch()

    def _step_of_first_update(self) -> int:
        """The step at which the model was built, if its optimizer was not changed since."""
        return self.step - int(self._optimizer.count)

    def _advance_by(self, count: int) -> bool:
        """Take steps, or leave everything as it is and return False where one would not be finite."""
        position = (self._batches.epoch, self._batches.position)
        self.objective.begin(self.step)
        batches = (self._batches.next(self.config.batch_size) for _ in range(count))
        numbers = self._step_batch.run(batches) if self._step_batch is not None else self._take_one(next(batches))
        if numbers is None:
            self._batches.epoch, self._batches.position = position
            return False
        self._gradient_norm = math.sqrt(numbers[1])
        self.step += count
        return True

    def _take_one(self, examples: Examples) -> list[float] | None:
        """Take a step and give its loss, Σg² and Σθ², or None and no step where they are not finite."""
        loss, gradient = self.strategy.loss_and_gradient(examples)
        numbers: list[float] = finite_check(loss, gradient, self._flat).tolist()
        if not all(map(math.isfinite, numbers)):
            return None
        self._optimizer.prepare()
        self._optimizer.step(self._flat, gradient)
        return numbers

    def _logits(self, a: Tensor, b: Tensor) -> Tensor:
        return self.model.residue_logits(self.parameters, a, b)

    def _tensors(self) -> dict[str, Tensor]:
        """The tensors of the state by name, as views."""
        return named_tensors(self.parameters, self._optimizer.state_dict(), self._layout, self._flat.shape)
