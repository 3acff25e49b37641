"""Whether a run that was trained in a sweep comes out the same as a full run."""

from __future__ import annotations

from grokterm.milestones import MILESTONES
from grokterm.runs.history import History
from grokterm.wire.records import Event
from grokterm.wire.swept import SweptRun


def compared(swept: SweptRun, history: History) -> str:
    """In a sentence, whether a full run of the same configuration does what it did in the sweep.

    Both losses are compared in every digit at the last step of the sweep: what differs by a bit differs there.
    """
    if swept.state == "failed":
        diverged = (event for event in history.events if isinstance(event, Event) and event.name == "not_finite")
        ended = next(diverged, None)
        if ended is not None and ended.step == swept.step:
            return f"the same as in the sweep, where it failed too: {swept.reason}"
        return f"otherwise than in the sweep, where it failed: {swept.reason}"
    steps = history.column("step")
    at = int(steps.searchsorted(swept.step))
    if at >= len(steps) or steps[at] != swept.step:
        return f"not compared: in the sweep this run took {swept.step:,} steps"
    losses = [float(history.column(name)[at]) for name in ("train_loss", "test_loss")]
    if losses == [swept.train_loss, swept.test_loss]:
        return f"the same as in the sweep: at step {swept.step:,} both losses agree in every digit"
    differing = [
        f"{milestone.event.replace('_', ' ')} at {_step(own)}, there {_step(other)}"
        for milestone in MILESTONES
        if (own := history.milestones[milestone.step_name]) != (other := getattr(swept, milestone.step_name))
    ]
    how = f"in the sweep its steps were computed by {swept.strategy} on {swept.device} in {swept.precision}"
    if not differing:
        return f"its milestones are those of the sweep, and its losses differ by rounding: {how}"
    return f"otherwise than in the sweep: {'; '.join(differing)}; {how}"


def _step(step: int | None) -> str:
    return "no step" if step is None else f"step {step:,}"
