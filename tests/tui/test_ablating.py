"""Surgery on the screen: a ghost beside the intact model, made so, and the data changed live."""

from __future__ import annotations

import pytest

from grokterm.picture import Picture
from grokterm.surgery import Ablation
from grokterm.tui.views.ablation import AblationView
from grokterm.wire.messages import Go
from tests.tui.conftest import NewRun
from tests.tui.watching import TINY, Watching, watch

SOLVED = TINY.changed(
    {"arch": "one-hot", "width": 21, "activation": "quadratic", "init": "closed-form", "lr": 1e-4, "log_every": 5}
)


def ghost(seen: Watching) -> AblationView:
    view = seen.views.view
    assert isinstance(view, AblationView)
    return view


def shown(seen: Watching) -> Picture | None:
    return seen.app.state.now.get("ablation")


async def drawn(seen: Watching, ablation: Ablation) -> None:
    """Waits until the ghost without these parts is on the screen."""
    await seen.until(
        lambda: (
            (p := seen.app.state.now.get("ablation")) is not None and p.request.ablation == ablation and bool(p.arrays)
        ),
        f"the ghost of {ablation}",
    )


async def test_a_ghost_is_shown_and_then_made_so(new_run: NewRun) -> None:
    folder = new_run(SOLVED)
    async with watch(folder) as seen:
        await seen.trains()
        await seen.press("k")
        await seen.shows("27 Ablation", "intact", "x out or back", "train", "test", "frequencies: k = 1")
        await seen.press("e")
        keys = ghost(seen).ablation.frequencies
        assert len(keys) == 3
        await drawn(seen, Ablation(keys))
        await seen.shows(f"without k = {', '.join(map(str, keys))}", "−")
        await seen.press("o")
        await drawn(seen, Ablation(keys, only=True))
        await seen.press("backspace", "M")
        await seen.shows("nothing is taken out")
        assert seen.changes() == []
        await seen.press("x", "right", "x", "left", "x")
        assert ghost(seen).ablation == Ablation((2,))
        await seen.press("M")
        await seen.shows("M again takes k = 2 out of the model that trains")
        assert seen.changes() == []
        await seen.press("M")
        [change] = await seen.until(seen.changes, "a change")
        assert change.ablation == Ablation((2,))
        assert change.words == "taken out: k = 2"
        assert ghost(seen).ablation == Ablation()
        await seen.until(lambda: seen.app.link.history.changes, "the change in the viewer")


async def test_neurons_and_heads_are_chosen_where_there_are_some(new_run: NewRun) -> None:
    folder = new_run(TINY.changed({"arch": "transformer"}))
    async with watch(folder) as seen:
        await seen.trains()
        await seen.press("k")
        await drawn(seen, Ablation())
        await seen.press("up")
        await seen.shows("heads: head 0 of block 0")
        await seen.press("x")
        await drawn(seen, Ablation(heads=(0,)))
        await seen.press("up", "right", "x")
        await drawn(seen, Ablation(heads=(0,), neurons=(1,)))
        await seen.shows("neuron 1 of 32, from 0, taken out", "1 of 32 neurons, head 0")
        await seen.press("up")
        await seen.shows("neurons by frequency: ")
        await seen.press("escape")
        assert seen.views.view is None
        assert seen.changes() == []


async def test_a_ghost_of_the_past_cannot_be_made_so(new_run: NewRun) -> None:
    folder = new_run(SOLVED)
    async with watch(folder) as seen:
        await seen.trains()
        await seen.until(lambda: len(seen.app.link.history) > 3, "four records")
        await seen.press("k")
        await drawn(seen, Ablation())
        await seen.press("left_square_bracket", "x")
        moment = seen.app.state.moment
        assert moment is not None
        await drawn(seen, Ablation((1,)))
        await seen.until(lambda: (p := shown(seen)) is not None and p.step == moment.step, "that step")
        await seen.press("M", "M")
        await seen.shows("this is a step of the past")
        assert seen.changes() == []


@pytest.mark.parametrize("size", [(80, 24), (56, 16), (200, 60)])
async def test_the_ghost_at_this_size(new_run: NewRun, size: tuple[int, int]) -> None:
    async with watch(new_run(SOLVED), size) as seen:
        await seen.trains()
        await seen.press("k")
        await seen.shows("intact", "M make it so")


async def test_the_split_follows_the_change_and_the_step_that_is_looked_at(new_run: NewRun) -> None:
    folder = new_run(TINY.changed({"log_every": 1}))
    async with watch(folder) as seen:
        await seen.trains()
        await seen.until(lambda: len(seen.app.link.history) > 3, "four records")
        await seen.paused()
        seen.app.pending_changes.want({"train_fraction": 0.2, "corrupt": 0.5})
        [change] = await seen.until(seen.changes, "a change")

        def split() -> tuple[int, int]:
            task = seen.app.state.now["task"]
            return int(task.trained.sum()), int((task.given != task.label).sum())

        await seen.until(lambda: split() == (24, 12), "the new split")
        assert "20 % of 121 pairs, 50 % wrong" in seen.header
        await seen.app.link.order(Go(0, steps=3))
        await seen.until(lambda: seen.app.state.newest >= change.step + 3, "three steps")
        await seen.until(lambda: len(seen.app.link.history) > change.step + 2, "their records")
        await seen.press("home")
        await seen.until(lambda: split() == (60, 0), "the split of the beginning")
        await seen.press("enter")
        await seen.until(lambda: split() == (24, 12), "the present split")
