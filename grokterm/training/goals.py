"""Whether measures reach the goal of a run."""

from __future__ import annotations

from grokterm.config import Config
from grokterm.measures import Measures
from grokterm.milestones import GROKKED, MEMORIZED


def goal_reached(config: Config, step: int, last: Measures) -> str:
    """The goal that the measures of a step reach, as a sentence; empty where they do not."""
    trained = step > 0  # what nothing was trained for is no milestone
    if trained and config.until == "grokked" and GROKKED.reached(last.test_accuracy):
        return f"grokked at step {step:,}"
    if trained and config.until == "memorized" and MEMORIZED.reached(last.train_accuracy):
        return f"memorized at step {step:,}"
    if isinstance(config.until, int) and step >= config.until:
        return f"step {step:,} reached"
    if step >= config.max_steps:
        return f"step limit of {config.max_steps:,} reached"
    return ""
