"""Making a change: the same in training, in walking through a log and in replay."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor

from grokterm.analysis.ablation import ablated
from grokterm.errors import ConfigError, RunFolderError, first_line
from grokterm.lab.engine import Engine
from grokterm.plugins.loading import place_in_plugin
from grokterm.runs.changes import Plan, plan_change
from grokterm.wire.records import Change, Rewind

State = Mapping[str, Tensor]
"""What `Engine.state_dict` gives."""
StateAt = Callable[[Rewind], State]
"""Gives the state of a place of the run; raises RunFolderError, ConfigError."""


def apply_change(engine: Engine, plan: Plan, keep: bool, state_at: StateAt) -> None:
    """Takes a state of before again, applies the settings, rebuilds the model where they need it, ablates the parts.

    `keep` carries embedding and output layer over into a rebuilt model. Raises ConfigError, also where there is no room
    for the new model, or a plugin fails to make what is asked for; the engine is as it was then.
    """
    if plan.rewind is not None:
        engine.rewind(state_at(plan.rewind))
    try:
        if plan.rebuilds:
            engine.rebuild(plan.config, keep)
        else:
            engine.apply_settings(plan.config)
    except Exception as error:
        if place := place_in_plugin(error):
            words = f"the plugin failed in {place}: {type(error).__name__}: {first_line(error)}"
        elif plan.rebuilds and isinstance(error, (RuntimeError, MemoryError)):
            words = f"this model cannot be built here: {first_line(error)}"
        else:
            raise
        raise ConfigError(words) from None
    if plan.ablation is not None:
        engine.load_parameters(ablated(engine.config, engine.parameters, plan.ablation))


def repeat_change(engine: Engine, change: Change, state_at: StateAt) -> Plan:
    """Makes a change of the log at the engine's step; raises RunFolderError where it cannot be made."""
    try:
        plan = plan_change(engine.config, engine.step, change.values, change.ablation, change.rewind)
        apply_change(engine, plan, change.keep, state_at)
    except ConfigError as error:
        raise RunFolderError(f"the log's change at step {change.step:,} cannot be made: {error}") from None
    return plan
