"""Which forecast stands at a step: made of what the log held then, and of the settings of then."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from grokterm.errors import ConfigError
from grokterm.forecast import course as room
from grokterm.forecast import forecast
from grokterm.forecast.course import MOST_PAST, past, standing
from grokterm.forecast.features import NAMES
from grokterm.forecast.forecast import MOST_RECORDS, WIDER, Forecast, Silence
from grokterm.forecast.hazards import Hazards
from grokterm.forecast.sources import SOURCES
from grokterm.wire.records import Event, Record
from tests.forecast.toy import change, course, history, use_toy
from tests.measured import measured


@pytest.fixture(autouse=True)
def _by_the_toy(monkeypatch: pytest.MonkeyPatch) -> None:
    use_toy(monkeypatch)


def made(found: Forecast | Silence) -> tuple[int, int, int, int]:
    assert isinstance(found, Forecast)
    return found.step, round(found.low), round(found.median), round(found.high)


def test_the_one_of_now_is_made_at_the_last_set_of_measures() -> None:
    assert made(standing(history(course(1040)))) == (1000, 1000 + 813, 1000 + 891, 1000 + 977)
    assert made(standing(history(course(1040)), 390))[0] == 300
    assert made(standing(history(course(1040)), 400))[0] == 400


def test_it_is_silent_before_memorization_and_from_grokking_on() -> None:
    run = history(course(1000, grokked=870))
    assert standing(run, 90) == Silence("it has not memorized the training pairs yet")
    assert made(standing(run, 100))[0] == 100
    assert made(standing(run, 860))[0] == 800
    assert standing(run, 870) == standing(run) == Silence("it has grokked")


def test_a_change_makes_it_anew_and_the_past_keeps_what_stood() -> None:
    before = course(550)
    run = history([*before, change(550, {"weight_decay": 2.0}, {"weight_decay": 1.0}), *course(800)[len(before) :]])
    assert made(standing(run, 549))[0::2] == (500, 500 + 891)
    assert made(standing(run, 550))[0::2] == (500, 500 + 891)
    assert made(standing(run, 560))[0::2] == (550, 550 + 282)
    assert made(standing(run))[0::2] == (800, 800 + 282)
    stopped = history(list(course(550)))
    assert made(standing(stopped))[0] == 500
    stopped.add([change(550, {"weight_decay": 0.5}, {"weight_decay": 1.0})])
    assert made(standing(stopped))[0::2] == (550, 550 + 2818)


def test_the_interval_of_a_change_is_wider_and_that_of_what_a_run_memorized_with_is_not() -> None:
    run = history([*course(550), change(550, {"weight_decay": 2.0}, {"weight_decay": 1.0})])
    found, plain = standing(run), standing(history(course(550)), given={"seed": 1})
    assert isinstance(found, Forecast)
    assert isinstance(plain, Forecast)
    low, high = (math.log(end - 550) - math.log(found.median - 550) for end in (found.low, found.high))
    plain_low, plain_high = (math.log(end - 500) - math.log(plain.median - 500) for end in (plain.low, plain.high))
    assert low == pytest.approx(WIDER * plain_low, rel=0.02)
    assert high == pytest.approx(WIDER * plain_high, rel=0.02)
    back = standing(run, given={"weight_decay": 1.0})
    assert isinstance(back, Forecast)
    assert math.log(back.high - 550) - math.log(back.median - 550) == pytest.approx(plain_high, rel=0.02)
    late = course(550)[len(course(90)) :]
    early = standing(history([*course(90), change(90, {"weight_decay": 2.0}, {"weight_decay": 1.0}), *late]))
    assert isinstance(early, Forecast)
    assert math.log(early.high - 500) - math.log(early.median - 500) == pytest.approx(plain_high, rel=0.02)


def test_at_the_step_of_a_rebuild_the_model_of_before_stands() -> None:
    wider = change(500, {"width": 256}, {"width": 128}, rebuilt=True)
    records: list[Record] = [*course(500), wider]
    run = history(records)
    assert made(standing(run, 500))[0] == 500
    assert standing(run) == Silence("it has not memorized the training pairs yet")


def test_what_was_reached_at_the_step_of_a_rebuild_is_not_the_new_models() -> None:
    wider = change(500, {"width": 256}, {"width": 128}, rebuilt=True)
    more = [measured(step, embedding_gini=0.3) for step in range(510, 800, 10)]
    run = history([*course(500, grokked=500), wider, *more, Event(700, "memorized", "")])
    assert standing(run, 500) == Silence("it has grokked")
    assert made(standing(run))[0] == 700


def test_other_settings_make_another_one_and_impossible_ones_are_refused() -> None:
    run = history(course(1000))
    assert made(standing(run, None, {"weight_decay": 2.0}))[2] == 1000 + 282
    never = standing(run, None, {"weight_decay": 0.0})
    assert isinstance(never, Forecast)
    assert never.words == "not expected to grok (none of the library's runs without weight decay has)"
    with pytest.raises(ConfigError):
        standing(run, None, {"train_fraction": 0.0})


def test_a_longer_log_says_the_same_of_the_past() -> None:
    short, long = history(course(700)), history(course(3000, grokked=2500))
    for step in range(0, 701, 10):
        assert standing(short, step) == standing(long, step)


def test_past_ones_are_evenly_spaced_few_and_go_from_memorization_to_grokking() -> None:
    assert past(history(course(90))) == []
    assert [f.step for f in past(history(course(400)))] == [100, 200, 300, 400]
    assert [f.step for f in past(history(course(1000, grokked=450)))] == [100, 200, 300, 400]
    long = [f.step for f in past(history(course(100_100, every=50)))]
    assert MOST_PAST / 2 < len(long) <= MOST_PAST
    assert long[-1] == 100_100
    apart = {after - before for before, after in pairwise(long[:-1])}
    assert apart == {1600}


def test_each_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []

    def counted(*arguments: object) -> Forecast | Silence:
        asked.append(arguments[-1])  # type: ignore[arg-type]
        return forecast.forecast_of(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(room, "forecast_of", counted)
    run = history(course(1000))
    for _ in range(3):
        past(run)
        standing(run)
    assert asked == list(range(100, 1001, 100))
    run.add(course(1040)[-4:])
    assert made(standing(run))[0] == 1000
    assert len(asked) == 10


def test_a_long_run_is_looked_at_as_a_curve_of_the_library_is() -> None:
    few, many = history(course(8_000)), history(course(8_000, every=1))
    assert len(many) > MOST_RECORDS > len(few)
    assert made(standing(few)) == made(standing(many))


def test_numbers_that_cannot_be_read_are_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Hazards:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(forecast, "fitted", missing)
    found = standing(history(course(1000)))
    assert found == Silence("its numbers cannot be read: no such file or directory")


def test_people_are_told_of_every_feature() -> None:
    assert sorted(name for names in SOURCES.values() for name in names) == sorted(NAMES)


def test_without_measures_it_says_that_they_are_off() -> None:
    records = [r for r in course(500) if not isinstance(r, Event)]
    bare = [measured(r.step) for r in records if r.step % 10 == 0]
    run = history([*bare, Event(100, "memorized", "")], measure_every=0)
    assert standing(run) == Silence("measures are off")
