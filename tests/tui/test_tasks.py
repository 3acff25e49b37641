"""Runs of other than two inputs on the screen: what there is, and a sentence for what there is not."""

from __future__ import annotations

from functools import partial

import pytest
from textual.widgets import Input

from grokterm.config import Value
from grokterm.guide import number_of
from grokterm.tui.panes.table import TablePane
from grokterm.tui.views.catalogue import views
from tests.tui.conftest import NewRun
from tests.tui.watching import Watching, watch

PARITY: dict[str, Value] = {"task": "parity", "n": 12, "k": 2, "train_size": 100, "loss": "hinge"}
TASKS: dict[str, dict[str, Value]] = {
    "parity": PARITY,
    "sum": {"task": "sum", "p": 5, "arch": "transformer"},
    "formula": {"op": "a^2 + bc", "p": 5, "arch": "mlp"},
}


async def test_the_board_of_a_parity_shows_its_coordinates(new_run: NewRun) -> None:
    async with watch(new_run(**PARITY)) as seen:
        await seen.trains()
        await seen.until(lambda: "coordinates" in seen.app.state.now, "the bars")
        assert "parity of 2 of 12" in seen.header
        assert "100 points" in seen.header
        secret = seen.app.state.now["coordinates"].secret.tolist()
        await seen.shows("3 Coordinates", " ".join(map(str, secret)))
        await seen.shows("asks about two inputs, and parity")
        await seen.shows("it has no residues, and so no", "circuit: not defined for parity of 2 of 12")
        await seen.press("t")
        assert "asks about two inputs, and parity of 2 of 12 has 12" in seen.footer
        assert not seen.screen.query_one(Input).display
        await seen.press("5", "v")
        await seen.shows("arrows or number, enter")


async def test_the_board_of_a_sum_shows_a_slice_of_its_table(new_run: NewRun) -> None:
    async with watch(new_run(**TASKS["sum"])) as seen:
        await seen.trains()
        pane = seen.screen.pane_control.panes[3]
        assert isinstance(pane, TablePane)
        await seen.until(lambda: "table" in seen.app.state.now and pane.lattice, "the table")
        await seen.shows("a + b + c mod 5", "3 Table, c = 0", "50 % of 125 triples")
        pane.focus()
        await seen.press("right", "down")
        assert pane.cursor == (1, 1)


def has_picture(seen: Watching, name: str) -> bool:
    return name in seen.app.state.now


@pytest.mark.parametrize(("task", "size"), [*((task, (120, 40)) for task in TASKS), ("parity", (80, 24))])
async def test_every_view_draws_or_says_a_sentence(new_run: NewRun, task: str, size: tuple[int, int]) -> None:
    async with watch(new_run(**TASKS[task], measure_every=10), size) as seen:
        await seen.trains()
        for number, view in views().items():
            seen.views.open(number)
            await seen.shows(view.title)
            if view.pictured:
                await seen.until(partial(has_picture, seen, view.name), view.name)
                picture = seen.app.state.now[view.name]
                assert picture.arrays or "not defined" in picture.summary or "no invertible basis" in picture.summary


async def test_architectures_are_told_by_their_inputs(new_run: NewRun) -> None:
    async with watch(new_run(**PARITY)) as seen:
        await seen.trains()
        await seen.press("a")
        await seen.shows("12 inputs → 32 neurons → 2 logits", "12 embeddings of 8 →", "12 tokens = in 8 dimensions")
        await seen.press("down", "down")
        await seen.shows("takes two inputs", "--arch residual-mlp takes two inputs, and this task has 12")


async def test_hidden_progress_stands_among_the_measures(new_run: NewRun) -> None:
    async with watch(new_run(**PARITY)) as seen:
        await seen.trains()
        await seen.press("v", *str(number_of("progress")), "enter")
        await seen.shows("hidden progress", "weight change, L1 of the first layer")
