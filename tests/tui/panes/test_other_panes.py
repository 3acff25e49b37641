from __future__ import annotations

import asyncio
import time

import numpy as np
import pytest
from textual.widgets import Input

from grokterm.tui.panes import EventsPane, FourierPane, TryPane
from grokterm.tui.panes.events import happenings_of
from grokterm.wire.messages import Prediction, Status
from grokterm.wire.records import Event, Session
from tests.patience import PATIENCE
from tests.tui.panes.worlds import (
    PaneApp,
    change,
    grokking,
    lines,
    make_world,
    picture_of,
    scalars,
    show,
    spectrum_of,
    top_line,
)


async def test_fourier_bars_name_the_key_frequencies() -> None:
    world = make_world(grokking(100))
    norms = np.full(48, 0.1, np.float32)
    norms[[4, 30]] = [1.0, 0.8]
    show(world, spectrum_of(100, norms, (5, 31)))
    pane = FourierPane()
    app = PaneApp(world, pane, size=(60, 8))
    async with app.run_test(size=(80, 20)):
        app.show()
        assert top_line(pane).endswith("─ key frequencies 5 31 ─╮")
        assert lines(pane)[-1].split() == ["1", "5", "31", "48"]
        assert lines(pane)[0].count("█") == 1
        show(world, spectrum_of(110, norms, ()))
        app.show()
        assert "no key frequencies yet" in top_line(pane)


async def test_fourier_of_one_hot_inputs_lines_weight_vectors_up_on_their_own_peaks() -> None:
    world = make_world(grokking(100))
    shares = np.full(48, 0.01)
    shares[24] = 0.53
    show(world, spectrum_of(100, np.ones(48), (), 0.3, own_peaks=shares.tolist()))
    pane = FourierPane()
    app = PaneApp(world, pane, size=(80, 9))
    async with app.run_test(size=(80, 20)):
        app.show()
        seen = lines(pane)
        assert "30 % of weight vectors follow one frequency" in top_line(pane)
        assert seen[-1].strip() == "share of each weight vector's variance, by distance from its own peak"
        assert seen[-2].split() == ["k", "−", "24", "own", "peak", "k", "+", "23"]
        assert seen[0].index("█") == seen[0].rindex("█")


async def test_fourier_says_why_there_are_no_bars() -> None:
    world = make_world(grokking(100))
    pane = FourierPane()
    app = PaneApp(world, pane, size=(60, 8))
    async with app.run_test(size=(80, 20)):
        app.show()
        assert "waiting for the model" in "\n".join(lines(pane))
        show(world, picture_of("spectrum", {}, 1, "not [b]defined[/b] for a² + b²"))
        app.show()
        assert "not [b]defined[/b] for a² + b²" in "\n".join(lines(pane))


@pytest.mark.parametrize("typed", ["14 83", "14+83", " 14 , 83 ", "14·83"])
async def test_a_question_is_asked(typed: str) -> None:
    pane = TryPane()
    app = PaneApp(make_world(grokking(100)), pane, size=(50, 7))
    async with app.run_test(size=(80, 20)) as pilot:
        app.show()
        assert "a and b, 0 to 96, then enter" in lines(pane)[0]
        field = pane.query_one(Input)
        field.focus()
        field.value = typed
        await pilot.press("enter")
        assert app.asked == [(14, 83)]
        assert "asking …" in lines(pane)[0]


@pytest.mark.parametrize("typed", ["", "14", "1483", "14 97", "1 2 3", "99999999999 1", "+"])
async def test_what_cannot_be_asked_gets_a_hint(typed: str) -> None:
    pane = TryPane()
    app = PaneApp(make_world(grokking(100)), pane, size=(50, 7))
    async with app.run_test(size=(80, 20)) as pilot:
        app.show()
        field = pane.query_one(Input)
        field.focus()
        field.value = typed
        await pilot.press("enter")
        assert app.asked == []
        assert "two numbers from 0 to 96" in lines(pane)[0]
        await pilot.press("1")
        assert "two numbers" not in lines(pane)[0]


async def test_the_first_three_answers_are_shown() -> None:
    pane = TryPane()
    app = PaneApp(make_world(grokking(100)), pane, size=(50, 7))
    async with app.run_test(size=(80, 20)) as pilot:
        app.show()
        pane.query_one(Input).focus()
        await pilot.press(*"14 83", "enter")
        other = Prediction(1, 100, 1, 1, ((2, 1.0),), 2, True)
        pane.show_prediction(other)
        assert "asking" in lines(pane)[0]
        pane.show_prediction(Prediction(1, 100, 14, 83, ((14, 0.6), (0, 0.3), (96, 0.1)), 0, False))
        found = lines(pane)
        assert found[0].endswith("right: 0 · unseen · step 100")
        assert [line.split()[0] for line in found[1:4]] == ["14", "✓", "96"]
        assert [line.split()[-2] for line in found[1:4]] == ["60.0", "30.0", "10.0"]


async def test_one_row_shows_the_best_answer_in_the_border() -> None:
    pane = TryPane()
    app = PaneApp(make_world(grokking(100)), pane, size=(50, 3))
    async with app.run_test(size=(80, 20)) as pilot:
        app.show()
        pane.query_one(Input).focus()
        await pilot.press(*"1 1", "enter")
        pane.show_prediction(Prediction(1, 100, 1, 1, ((2, 0.876),), 2, True))
        assert top_line(pane).endswith("─ 2 ✓ 88 % ─╮")


async def test_the_question_is_asked_again_while_the_model_trains() -> None:
    world = make_world(grokking(100))
    pane = TryPane()
    app = PaneApp(world, pane, size=(50, 7))
    async with app.run_test(size=(80, 20)) as pilot:
        app.show()
        pane.query_one(Input).focus()
        await pilot.press(*"1 1", "enter")
        pane.show_prediction(Prediction(1, 100, 1, 1, ((3, 0.5),), 2, True))
        app.show()
        world.status = Status(200, "training", 1.0, 100.0, "max", "cpu", "float32")
        deadline = time.monotonic() + PATIENCE
        while len(app.asked) < 2 and time.monotonic() < deadline:
            app.show()
            await asyncio.sleep(0.02)
        assert app.asked == [(1, 1), (1, 1)]
        assert "3" in lines(pane)[1]
        pane.show_prediction(Prediction(2, 200, 1, 1, ((2, 0.9),), 2, True))
        assert lines(pane)[1].split()[:2] == ["✓", "2"]


def test_events_are_told_newest_first() -> None:
    history = make_world(
        [
            Session(step=0, name="started", words="started", time=0.0),
            scalars(0, 0, 0),
            change(640, "learning rate", {"lr": 2e-3}, {"lr": 1e-3}),
            Event(step=1210, name="generalizing", words="generalizing"),
            Event(step=1210, name="not_finite", words="not finite"),
            Session(step=1210, name="paused", words="paused", time=1.0),
        ]
    ).history
    assert [(h.step, h.words, h.color) for h in happenings_of(history)] == [
        (1210, "not finite", "error"),
        (1210, "generalizing", "generalizing"),
        (1210, "paused", "muted"),
        (640, "learning rate", "mark"),
        (0, "started", "muted"),
    ]


async def test_events_scroll() -> None:
    events = [Event(step=step, name="memorized", words=f"event {step}") for step in range(1, 31)]
    pane = EventsPane()
    app = PaneApp(make_world(events), pane, size=(40, 10))
    async with app.run_test(size=(80, 20)) as pilot:
        app.show()
        assert lines(pane)[0].strip() == "30  event 30"
        pane.focus()
        await pilot.press("down", "pagedown")
        assert lines(pane)[0].strip() == "22  event 22"
        assert "newer ↑" in top_line(pane)
        await pilot.press("end")
        assert lines(pane)[-1].strip() == "1  event 1"
        await pilot.press("home")
        assert pane.first == 0
        app.state.history.add([Event(step=99, name="grokked", words="[b]event[/b] 99")])
        app.show()
        assert lines(pane)[0].strip() == "99  [b]event[/b] 99"
        await pilot.press("end")
        assert pane.first
        app.state = make_world(events)
        app.state.run_id = "8"
        app.show()
        assert lines(pane)[0].strip() == "30  event 30"


async def test_nothing_has_happened() -> None:
    pane = EventsPane()
    app = PaneApp(make_world(), pane, size=(40, 6))
    async with app.run_test(size=(80, 20)) as pilot:
        app.show()
        assert "nothing has happened yet" in "\n".join(lines(pane))
        pane.focus()
        await pilot.press("down", "end", "pageup")
