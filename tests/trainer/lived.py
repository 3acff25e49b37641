"""A run that was lived through, with what its model was at every step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from torch import Tensor

from grokterm.config import Value
from grokterm.lab.engine import Engine
from grokterm.runs.checkpoints import REGULAR
from grokterm.trainer.opening import open_run
from grokterm.trainer.past_model import PastModel
from grokterm.trainer.session import TrainingSession
from tests.lab.predictions import predictions
from tests.trainer.running import TINY, Running

NewRun = Callable[..., Running]
Bits = dict[str, bytes]
LAST = 150
SMALL = TINY.changed({"p": 11, "width": 24, "train_fraction": 0.6, "lr": 0.01, "max_steps": 10_000})
Changes = dict[int, list[dict[str, Value]]]
CHANGES: Changes = {
    0: [{"lr": 0.02}],
    33: [{"weight_decay": 3.0}, {"beta2": 0.9}],
    70: [{"arch": "transformer"}, {"lr": 3e-3}],
    95: [{"batch_size": 16, "log_every": 7}],
    120: [{"arch": "mlp", "width": 32}],
}


def bits(engine: Engine) -> Bits:
    """What a model is and what it answers."""
    classes, probabilities = predictions(engine)
    return {name: raw(tensor) for name, tensor in {**engine.state_dict(), "p": classes, "q": probabilities}.items()}


def raw(tensor: Tensor) -> bytes:
    return tensor.numpy().tobytes()


@dataclass
class Lived:
    """A run in this process, and what its model was after every step."""

    session: TrainingSession
    bits: list[Bits] = field(default_factory=list)

    @classmethod
    def through(cls, run: Running, changes: Changes, last: int = LAST) -> Lived:
        session = open_run(run.folder).session
        session.begin()
        lived = cls(session)
        while True:
            lived.bits.append(bits(session.engine))
            if session.step == last:
                return lived
            for values in changes.get(session.step, []):
                session.after_change(session.change(values, keep=True, by=""))
            if session.step % 40 == 3:
                session.save(REGULAR)
            session.advance(1)

    def past(self, run: Running, **limits: int) -> PastModel:
        return PastModel(run.folder, self.session.run_log.index, **limits)


def arrive(past: PastModel, step: int, seconds: float = 0.0) -> Bits:
    """Goes there in the smallest slices."""
    for _ in range(10_000):
        engine = past.advance_to(step, seconds)
        if engine is not None:
            assert engine.step == step
            return bits(engine)
    raise AssertionError(f"step {step} was not reached")
