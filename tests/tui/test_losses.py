"""What the screen says of runs whose loss makes no probabilities of logits."""

from __future__ import annotations

from grokterm.guide import number_of
from tests.tui.conftest import NewRun
from tests.tui.watching import watch


async def test_no_phase_of_a_circuit_is_named_for_mse(new_run: NewRun) -> None:
    async with watch(new_run(loss="mse", measure_every=10)) as seen:
        await seen.trains()
        await seen.until(lambda: seen.app.state.history.basis, "measures")
        await seen.shows("circuit: not defined for MSE")
        await seen.press("v", *str(number_of("progress")), "enter")
        await seen.shows("no progress measures: they are cross-entropies")
