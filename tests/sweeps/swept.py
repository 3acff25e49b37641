"""Sweeps of which no run was trained: their records and curves are made up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from msgspec import structs

from grokterm.sweeps.axes import read_axes
from grokterm.sweeps.cells import CellsWriter
from grokterm.sweeps.curves import COLUMNS, CurveWriter
from grokterm.sweeps.folder import SweepFolder, create_sweep
from grokterm.sweeps.phases import phase_of
from grokterm.sweeps.plan import Plan, PlannedRun
from grokterm.sweeps.table import SweepTable
from grokterm.wire.swept import SweptRun

if TYPE_CHECKING:
    from grokterm.sweeps.curves import Curve

Steps = Callable[[PlannedRun], float | None]
"""The step at which a run groks; None for never."""


def plan_of(*over: str, seeds: int = 1, **given: Any) -> Plan:
    """A plan for p 7, with these axes."""
    return Plan({"p": 7, "max_steps": 20_000, **given}, read_axes(over), seeds)


def ended(plan: Plan, run: PlannedRun, grokked: float | None, **changed: Any) -> SweptRun:
    """The record of a run that learned at step 100 and grokked at a step, or never within the budget."""
    step = None if grokked is None or grokked > plan.base.max_steps else round(grokked)
    record: dict[str, Any] = {
        "run": run.number,
        "cell": run.cell.number,
        "seed": run.seed,
        "values": {**run.cell.values, "seed": run.seed},
        "state": "finished",
        "step": plan.base.max_steps if step is None else step,
        "learned_step": 100,
        "grokked_step_90": step,
        "grokked_step_95": step,
        "grokked_step_99": step,
        "train_accuracy": 1.0,
        "test_accuracy": 0.1 if step is None else 1.0,
        "embedding_gini": 0.25,
        "phase": phase_of(100, step),
    }
    return SweptRun(**(record | changed))


def failed(plan: Plan, run: PlannedRun) -> SweptRun:
    """The record of a run whose loss was no number at step 50."""
    return SweptRun(
        run=run.number,
        cell=run.cell.number,
        seed=run.seed,
        values={**run.cell.values, "seed": run.seed},
        state="failed",
        reason="the loss is no number",
        step=50,
    )


def table_of(plan: Plan, runs: Iterable[SweptRun]) -> SweepTable:
    """A table of these runs."""
    table = SweepTable(plan)
    table.add(runs)
    return table


def table_by(plan: Plan, steps: Steps) -> SweepTable:
    """A table in which every run of a plan has ended."""
    return table_of(plan, (ended(plan, run, steps(run)) for run in plan.runs()))


def folder_by(home: Path, plan: Plan, steps: Steps) -> SweepFolder:
    """A sweep on disk, in which every run has ended and has a curve of three points."""
    folder = create_sweep(plan, home)
    cells, curves = CellsWriter(folder.cells_path), CurveWriter(folder.curves_path, 0)
    records = [ended(plan, run, steps(run)) for run in plan.runs()]
    places = curves.append(*map(_curve, records))
    cells.append(*(structs.replace(record, curve=place) for record, place in zip(records, places, strict=True)))
    cells.close()
    curves.close()
    return folder


def _curve(record: SweptRun) -> Curve:
    """Three points: the first step, the middle and the last."""
    curve = np.zeros((len(COLUMNS), 3), dtype=np.float32)
    curve[0] = (0, record.step // 2, record.step)
    curve[COLUMNS.index("test_accuracy")] = (0, 0.1, record.test_accuracy or 0)
    return curve
