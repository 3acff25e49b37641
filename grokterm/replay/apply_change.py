"""Applying a change to an engine: the same in training, following and replay."""

from __future__ import annotations

from grokterm.analysis.ablation import ablated
from grokterm.lab.engine import Engine
from grokterm.runs.changes import Plan


def apply_change(engine: Engine, plan: Plan, keep: bool) -> None:
    """Applies the settings, rebuilds the model where they need it, then ablates the parts.

    `keep` carries embedding and output layer over into a rebuilt model. Raises ConfigError.
    """
    if plan.rebuilds:
        engine.rebuild(plan.config, keep)
    else:
        engine.apply_settings(plan.config)
    if plan.ablation is not None:
        engine.load_parameters(ablated(engine.config, engine.parameters, plan.ablation))
