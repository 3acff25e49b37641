"""Making a change in an engine: the same whether it is made first, followed or repeated."""

from __future__ import annotations

from grokterm.analysis.ablation import ablated
from grokterm.lab.engine import Engine
from grokterm.runs.changes import Plan


def apply_change(engine: Engine, plan: Plan, keep: bool) -> None:
    """Sets what is planned, builds the model anew where that needs it, then takes the parts out of it.

    `keep` carries embedding and read-out into a rebuilt model. Raises ConfigError.
    """
    if plan.rebuilds:
        engine.rebuild(plan.config, keep)
    else:
        engine.set(plan.config)
    if plan.ablation is not None:
        engine.load_parameters(ablated(engine.config, engine.parameters, plan.ablation))
