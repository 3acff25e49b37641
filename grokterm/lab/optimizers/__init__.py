"""Optimizers: filters, a rule, decay and a constraint, one after another."""

from __future__ import annotations

from grokterm.lab.optimizers.chain import PLAN_STEPS, Chain, Implementation, Known, Optimizer, implementation_for
from grokterm.lab.optimizers.hyperparameters import Hyperparameters

__all__ = ["PLAN_STEPS", "Chain", "Hyperparameters", "Implementation", "Known", "Optimizer", "implementation_for"]
