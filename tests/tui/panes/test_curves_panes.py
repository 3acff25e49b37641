from __future__ import annotations

import pytest

from grokterm.config import Value
from grokterm.runs.history import History
from grokterm.surgery import Ablation
from grokterm.tui.panes import AccuracyPane, LossPane
from grokterm.tui.panes.curves import marks_of
from grokterm.tui.run.moment import moment_of
from grokterm.wire.records import Change, Event, Record
from tests.forecast.toy import course, history, use_toy
from tests.tui.panes.worlds import PaneApp, change, grokking, lines, make_world, scalars, top_line

BEFORE: dict[str, Value] = {"weight_decay": 1.0, "arch": "mlp", "pace": "max", "lr": 1e-3, "corrupt": 0.0}


def set_to(step: int, **values: Value) -> Change:
    return change(step, "…", values, {name: BEFORE[name] for name in values})


def history_of(*records: Record) -> History:
    return make_world(records).history


async def test_accuracy_is_drawn_with_live_values_and_marks() -> None:
    pane = AccuracyPane()
    app = PaneApp(make_world(grokking(2000)), pane, size=(80, 12))
    async with app.run_test(size=(80, 12)):
        app.show()
        text = "\n".join(lines(pane))
        assert "train 100.0" in text
        assert "test 26.9" in text
        assert "┊ wd 1 → 2" in text
        assert top_line(pane).startswith("╭─ 1 Accuracy ─")


async def test_logarithmic_axes_are_said_in_the_border() -> None:
    pane = LossPane()
    world = make_world(grokking(2000))
    app = PaneApp(world, pane, size=(80, 12))
    async with app.run_test(size=(80, 12)):
        app.show()
        assert top_line(pane).endswith("─ log y ─╮")
        before = lines(pane)
        world.log_x, world.log_y = True, False
        app.show()
        assert top_line(pane).endswith("─ log x ─╮")
        assert lines(pane) != before
        assert "10 " in lines(pane)[-1]


async def test_sparklines_where_there_is_no_room() -> None:
    pane = AccuracyPane()
    app = PaneApp(make_world(grokking(2000)), pane, size=(30, 4))
    async with app.run_test(size=(80, 12)):
        app.show()
        assert [line.split()[0] for line in lines(pane)] == ["train", "test"]
        assert lines(pane)[1].endswith("26.9")


async def test_an_empty_run_waits() -> None:
    pane = LossPane()
    app = PaneApp(make_world(), pane, size=(40, 8))
    async with app.run_test(size=(80, 12)):
        app.show()
        assert "waiting for the first steps" in "\n".join(lines(pane))


async def test_a_loss_that_is_not_finite_leaves_the_rest() -> None:
    records = [scalars(step, 0.5, 0.1, None if step > 50 else 3.0) for step in range(0, 100, 10)]
    pane = LossPane()
    app = PaneApp(make_world(records), pane, size=(60, 10))
    async with app.run_test(size=(80, 12)):
        app.show()
        assert "test ?" in "\n".join(lines(pane))


def test_a_loss_in_another_unit_says_which() -> None:
    new: dict[str, Value] = {"loss": "mse", "temperature": 2.0}
    other = change(5, "…", new, {"loss": "cross-entropy", "temperature": 1.0})
    told = [[text.plain for text in LossPane().live_texts(make_world(r))] for r in ([scalars(0, 0, 0)], [other])]
    assert told == [["log y"], ["MSE, squared error · temperature 2 · log y"]]


def test_quick_changes_of_one_setting_are_one_mark() -> None:
    first, second = set_to(500, weight_decay=2.0), set_to(510, weight_decay=4.0)
    marks = marks_of(history_of(scalars(1000, 1, 0), first, second, set_to(600, weight_decay=8.0)))
    assert [(m.step, m.words, m.color) for m in marks] == [(500, "wd 1 → 4", "mark"), (600, "wd 1 → 8", "mark")]

    marks = marks_of(history_of(scalars(1000, 1, 0), first, set_to(512, weight_decay=1.0)))
    assert [(m.step, m.words) for m in marks] == [(500, "wd back to 1")]


def test_marks_for_every_change_and_the_milestones() -> None:
    changes = set_to(10, arch="transformer"), set_to(300, lr=2e-3, weight_decay=0.0), set_to(400, pace=50.0)
    events = [
        Event(step=150, name="memorized", words="…"),
        Event(step=700, name="grokked_90", words="…"),
        Event(step=800, name="grokked", words="…"),
    ]
    marks = marks_of(history_of(scalars(1000, 1, 0), *changes, *events))
    assert [(m.step, m.words, m.color) for m in marks] == [
        (10, "mlp → transformer", "mark"),
        (300, "lr 1e-3 → 2e-3, wd 1 → 0", "mark"),
        (400, "pace max → 50", "milestone"),
        (150, "memorized", "milestone"),
        (800, "grokked", "milestone"),
    ]


def test_surgery_has_a_mark() -> None:
    cut = Change(500, {}, {}, rebuilt=False, keep=False, words="taken out: k = 5", ablation=Ablation((5,)))
    marks = marks_of(history_of(scalars(1000, 1, 0), cut, set_to(900, corrupt=0.5)))
    assert [(m.step, m.words, m.color) for m in marks] == [
        (500, "taken out", "mark"),
        (900, "wrong labels 0 → 0.5", "mark"),
    ]


@pytest.mark.parametrize(
    ("loss", "text"),
    [(4.57491, "4.575"), (0.01234, "0.012"), (3.3e-4, "3.3e-4"), (0, "0.000"), (12.34, "12.3"), (4e7, "4.0e+07")],
)
def test_live_losses_are_short(loss: float, text: str) -> None:
    assert LossPane().live_value(loss) == text


@pytest.mark.parametrize(("share", "text"), [(1.0, "100.0"), (0.99999, "99.9"), (0.342, "34.2"), (0, "0.0")])
def test_live_accuracies_are_never_rounded_up_to_all(share: float, text: str) -> None:
    assert AccuracyPane().live_value(share) == text


async def drawn_with_forecast(pane: AccuracyPane | LossPane, at: int | None = None, **values: Value) -> list[str]:
    world = make_world(())
    world.history = history(course(2000), **values)
    world.moment = None if at is None else moment_of(world.history, at // 10)
    app = PaneApp(world, pane, size=(100, 12))
    async with app.run_test(size=(100, 12)):
        app.show()
        return lines(pane)


async def test_the_forecast_is_a_band_on_accuracy_and_both_step_axes_reach_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use_toy(monkeypatch)
    accuracy, loss = await drawn_with_forecast(AccuracyPane()), await drawn_with_forecast(LossPane())
    assert any("≈2,900" in line for line in accuracy)
    assert "▒" in "".join(accuracy)
    assert not set("░▒") & set("".join(loss))
    assert accuracy[-1].split()[-2:] == loss[-1].split()[-2:] == ["3k", "steps"]


async def test_an_interval_far_ahead_is_an_arrow_and_the_axis_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    use_toy(monkeypatch)
    far = await drawn_with_forecast(AccuracyPane(), weight_decay=0.5)
    assert any("≈4,800 ▸" in line for line in far)
    assert far[-1].split()[-2:] == ["2k", "steps"]
    assert not set("░▒") & set("".join(far))


async def test_what_is_not_expected_has_no_band(monkeypatch: pytest.MonkeyPatch) -> None:
    use_toy(monkeypatch)
    never = await drawn_with_forecast(AccuracyPane(), weight_decay=0.0)
    assert not set("░▒▸≈") & set("".join(never))


async def test_in_the_past_the_band_is_that_of_then(monkeypatch: pytest.MonkeyPatch) -> None:
    use_toy(monkeypatch)
    then = await drawn_with_forecast(AccuracyPane(), at=640)
    assert any("≈1,500" in line for line in then)
    assert then[-2].split()[-2:] == ["2k", "steps"]
