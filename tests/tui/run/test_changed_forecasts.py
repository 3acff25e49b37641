"""What a change makes of the forecast is told once, and stays said."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from grokterm.runs.history import History
from grokterm.tui.run.changed_forecasts import forecasts_of_changes
from grokterm.tui.run.narrator import newest
from grokterm.tui.run.narrator import sentences as narrated
from grokterm.wire.records import Change, Record, Rewind
from tests.forecast.toy import change, course, history, use_toy

MORE = change(550, {"weight_decay": 2.0}, {"weight_decay": 1.0})


@pytest.fixture(autouse=True)
def _by_the_toy(monkeypatch: pytest.MonkeyPatch) -> None:
    use_toy(monkeypatch)


def told(run: History) -> list[tuple[int, str]]:
    return [(sentence.step, sentence.words) for sentence in forecasts_of_changes(run)]


def changed(*changes: Change, last: int = 1000, grokked: int | None = None) -> list[Record]:
    """A run with changes, each after all that was logged up to its step, as a trainer writes them."""
    records = [(record.step, 0, at, record) for at, record in enumerate(course(last, grokked))]
    made: list[tuple[int, int, int, Record]] = [(c.step, 1, at, c) for at, c in enumerate(changes)]
    return [record for *_, record in sorted([*records, *made], key=lambda one: one[:3])]


def test_a_change_is_told_of_at_once_with_what_is_expected_now() -> None:
    assert told(history(changed(MORE, last=550))) == [(550, "with wd 2 instead of 1: about 830")]
    assert told(history(changed(MORE))) == [(550, "with wd 2 instead of 1: about 830")]


def test_several_settings_are_one_sentence_and_never_is_said() -> None:
    both = change(
        600, {"weight_decay": 0.0, "lr": 0.002, "pace": 50.0}, {"weight_decay": 1.0, "lr": 0.01, "pace": 20.0}
    )
    assert told(history(changed(both))) == [(600, "with wd 0 and lr 2e-3 instead of 1 and 0.01: not expected to grok")]
    data = change(700, {"train_fraction": 0.3}, {"train_fraction": 0.5})
    assert told(history(changed(data))) == [(700, "with fraction 0.3 instead of 0.5: about 1,600")]


def test_before_memorization_it_waits_for_that_and_the_last_of_several_is_told() -> None:
    early = [
        change(20, {"weight_decay": 2.0}, {"weight_decay": 1.0}),
        change(50, {"weight_decay": 0.5}, {"weight_decay": 2.0}),
    ]
    run = history(changed(*early, last=100))
    assert told(run) == []
    run.add(changed(last=110)[-1:])
    assert told(run) == [(100, "with wd 0.5 instead of 2: about 2,900")]


def test_it_is_silent_where_there_is_no_forecast_and_of_what_it_does_not_depend_on() -> None:
    assert told(history(changed(change(500, {"pace": 50.0}, {"pace": 20.0})))) == []
    assert told(history(changed(change(500, {"lr": 0.01}, {"lr": 0.01})))) == []
    assert told(history(changed(msgspec.structs.replace(MORE, rebuilt=True)))) == []
    assert told(history(changed(msgspec.structs.replace(MORE, rewind=Rewind(100, 0))))) == []
    assert told(history(changed(change(950, {"lr": 0.02}, {"lr": 0.01}), grokked=900))) == []
    assert told(history(changed(MORE), loss="mse")) == []
    assert told(history(changed(change(50, {"lr": 0.02}, {"lr": 0.01}), last=90))) == []


CHANGES = [
    change(30, {"weight_decay": 2.0}, {"weight_decay": 1.0}),
    change(100, {"weight_decay": 0.5}, {"weight_decay": 2.0}),
    change(300, {"lr": 0.02}, {"lr": 0.01}),
    change(305, {"lr": 0.04}, {"lr": 0.02}),
    change(400, {"width": 256}, {"width": 128}, rebuilt=True),
    change(400, {"weight_decay": 1.0}, {"weight_decay": 0.5}),
]


@pytest.mark.parametrize("changes", [CHANGES[:4], CHANGES, CHANGES[2:]])
def test_a_longer_log_only_adds_to_what_was_said(changes: Sequence[Change]) -> None:
    records = changed(*changes, grokked=900)
    run, before = history([]), list[tuple[int, str]]()
    for record in records:
        run.add([record])
        now = told(run)
        assert [one for one in before if one not in now] == []
        before = now
    assert before == told(history(records))
    assert len(before) >= 2


def test_the_narrator_says_it_among_the_rest() -> None:
    run = history(changed(MORE))
    assert [s.words for s in narrated(run)][-1] == "with wd 2 instead of 1: about 830"
    said = newest(run, 549)
    assert said is not None
    assert said.words.endswith("memorized by heart")
