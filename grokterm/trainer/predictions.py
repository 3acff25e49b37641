"""A model's answers to one question."""

from __future__ import annotations

from grokterm.config import Config
from grokterm.errors import TrainerError
from grokterm.lab.engine import Engine
from grokterm.wire.messages import Predict, Prediction


def check_question(request: Predict, config: Config) -> None:
    """Refuses a pair that is not in the table, or too many answers, with a TrainerError."""
    p = config.p
    if not config.of_pairs:
        raise TrainerError(f"a question is a pair of inputs, and {config.task_words} takes {config.shape.inputs}")
    if not (0 <= request.a < p and 0 <= request.b < p):
        raise TrainerError(f"a and b must be from 0 to {p - 1}, not {request.a} and {request.b}")
    if not 1 <= request.count <= p:
        raise TrainerError(f"the number of answers must be from 1 to {p}, not {request.count}")


def predict(request: Predict, engine: Engine) -> Prediction:
    """The engine's most probable answers; raises TrainerError on a question that cannot be asked."""
    check_question(request, engine.config)
    a, b, p = request.a, request.b, engine.task.p
    label = int(engine.task.labels[a, b])
    return Prediction(
        id=request.id,
        step=engine.step,
        a=a,
        b=b,
        answers=tuple(engine.top_classes(a, b, request.count)),
        right=label if label >= 0 else None,
        trained=bool((engine.task.train == a * p + b).any()),
    )
