"""Each rule of the watchman: records that make it tell, and records that leave it silent."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from grokterm.config import Config
from grokterm.guide import read_page
from grokterm.runs.retention import FOLDER_LIMIT
from grokterm.trainer.machine_watch import DISK_EVERY, WINDOW, DiskWatch, StepWatch
from grokterm.training.trackers import Trackers
from grokterm.training.watchman import Watchman
from grokterm.troubles import BEFORE_SPIKE, MOST_REWINDS, SPIKES_WITHIN, TABLE, TRAINING_TROUBLES, TROUBLES, Hysteresis
from grokterm.wire.records import Change, Event, Progress, Rewind, Scalars, TrainingRecord, decode_record, encode_record
from tests.measured import measured

EVERY = 10


def scalars(
    step: int, test: float = 0.0, loss: float = 1e-3, squares: float = 100.0, train: float = 1.0, seconds: float = 0.0
) -> Scalars:
    return measured(
        step,
        seconds,
        train_loss=loss,
        test_loss=3.0,
        train_accuracy=train,
        test_accuracy=test,
        sum_squared_weights=squares,
    )


def told(records: Sequence[TrainingRecord], watching: str = "tell") -> list[tuple[int, str]]:
    """Steps and names of what follows from records."""
    trackers = Trackers(Config(on_trouble=watching))  # type: ignore[arg-type]
    events = [event for record in records for event in trackers.update(record)]
    return [(event.step, event.name) for event in events if event.name in TRAINING_TROUBLES]


def softmax(shares: Sequence[float], test: float = 0.1) -> Iterator[TrainingRecord]:
    for at, share in enumerate(shares, 1):
        yield scalars(100 * at, test)
        yield Progress(100 * at, softmax_collapse=share)


def spikes(at: Sequence[int], grows: float = 1.02, loss: float = 0.5, last: int = 4000) -> Iterator[Scalars]:
    """A memorized run whose loss spikes at some steps, and whose Σθ² then grows by a factor."""
    squares = 100.0
    for step in range(0, last + 1, EVERY):
        squares *= grows if step - EVERY in at else 1.0
        yield scalars(step, loss=loss if step in at else 1e-3, squares=squares)


def growing(factors: Sequence[float], train: float = 1.0) -> Iterator[Scalars]:
    for at, factor in enumerate(factors):
        yield scalars(EVERY * at, squares=100 * factor, train=train)


SAID: dict[str, tuple[Sequence[TrainingRecord], list[int]]] = {
    "softmax_collapse": (list(softmax([0.5, 0.9, 0.95, 1.0, 1.0, 1.0, 1.0])), [600]),
    "slingshot": (list(spikes([1000, 1500, 2000])), [2010]),
    "runaway_norm": (list(growing([1, 1, 2, 11, 12, 13, 14])), [50]),
    "collapsed": ([scalars(EVERY, 0.99), scalars(2 * EVERY, 0.89)], [20]),
}
SILENT: dict[str, Sequence[Sequence[TrainingRecord]]] = {
    "softmax_collapse": [
        list(softmax([0.9, 0.95, 1.0, 1.0, 0.89, 1.0, 1.0, 1.0, 1.0])),
        list(softmax([1.0] * 9, test=0.95)),
        list(softmax([0.89] * 9)),
    ],
    "slingshot": [
        list(spikes([1000, 2000])),
        list(spikes([100, 1500, 3200])),
        list(spikes([1000, 1500, 2000], grows=1.005)),
        list(spikes([1000, 1500, 2000], loss=9e-3)),
        [msgspec.structs.replace(one, train_accuracy=0.9) for one in spikes([1000, 1500, 2000])],
        list(spikes([500 + n * (SPIKES_WITHIN // 2) for n in range(6)], last=9000)),
    ],
    "runaway_norm": [
        list(growing([1, 1, 9.9, 9.9, 9.9, 9.9])),
        list(growing([1, 1, 11, 12, 9, 11, 12, 9])),
        list(growing([1, 50, 900, 999, 999, 999], train=0.5)),
    ],
    "collapsed": [[scalars(EVERY, 0.98), scalars(2 * EVERY, 0.5)], [scalars(EVERY, 0.99), scalars(2 * EVERY, 0.9)]],
}


@pytest.mark.parametrize("name", SAID)
def test_a_rule_tells(name: str) -> None:
    records, steps = SAID[name]
    assert told(records) == [(step, name) for step in steps]


@pytest.mark.parametrize(("name", "at"), [(name, at) for name, cases in SILENT.items() for at in range(len(cases))])
def test_a_rule_is_silent(name: str, at: int) -> None:
    assert told(SILENT[name][at]) == []


def test_a_norm_that_grows_a_thousandfold_before_anything_is_memorized_runs_away() -> None:
    assert told(list(growing([1, 50, 1000, 2000, 4000, 8000], train=0.1))) == [(40, "runaway_norm")]


def test_every_rule_of_training_is_tested_here_and_the_loss_that_is_not_finite_with_the_trainer() -> None:
    assert {*SAID} == {*SILENT} == {*TRAINING_TROUBLES} - {"not_finite"}


@pytest.mark.parametrize("name", ["softmax_collapse", "slingshot", "runaway_norm"])
def test_who_asked_for_no_watchman_has_none(name: str) -> None:
    assert told(SAID[name][0], "off") == []


def test_the_sentence_says_what_happened_and_what_one_can_do() -> None:
    watchman = Watchman(True)
    (event,) = [event for record in SAID["slingshot"][0] for event in watchman.update(record)]
    assert event.words == (
        "slingshots: train loss spiked 3 times within 3,000 steps, and Σθ² grew each time; "
        "raise epsilon tenfold, or lower the learning rate"
    )
    assert decode_record(encode_record(event)) == event


def test_every_row_of_the_table_has_a_rule_a_source_a_sentence_and_a_remedy() -> None:
    assert len(TROUBLES) == len(TABLE)
    for trouble in TABLE:
        assert all((trouble.title, trouble.rule, trouble.source, trouble.sentence, trouble.advice))
        assert trouble.words("7").count("; ") == 1
        assert trouble.words("7") == f"{trouble.title}: {trouble.sentence.replace('{number}', '7')}; {trouble.advice}"


def test_what_was_told_is_told_again_only_after_it_was_over() -> None:
    rule = Hysteresis(TROUBLES["runaway_norm"])  # three times at 10, over at 5
    numbers = [10, 10, 10, 20, 20, 20, 6, 10, 10, 10, 5, 5, 5, 10, 10, 9, 10, 10, 10]
    assert [at for at, number in enumerate(numbers) if rule.update(number)] == [2, 18]
    assert not rule.update(None)
    assert not rule.update(math.nan)


def test_feeding_the_log_again_tells_the_same() -> None:
    records, _ = SAID["slingshot"]
    again = [decode_record(encode_record(record)) for record in records]
    slow = [msgspec.structs.replace(one, seconds=1e6) for one in again if isinstance(one, Scalars)]
    assert told(slow) == told(records)


def rewound(step: int, to: int) -> Change:
    return Change(step, {"lr": 0.1}, {"lr": 0.2}, False, False, "", rewind=Rewind(to, 0))


def test_a_rewind_begins_all_rules_anew_and_is_counted_for_the_present_model() -> None:
    first = list(spikes([1000, 1500]))
    later = [msgspec.structs.replace(one, step=one.step + 2000) for one in spikes([400])]
    assert told([*first[:160], *later]) == [(2410, "slingshot")]
    assert told([*first[:160], rewound(1595, 1000), *later]) == []
    watchman = Watchman(True)
    for _ in range(MOST_REWINDS):
        watchman.update(rewound(10, 0))
    assert watchman.rewinds == MOST_REWINDS
    watchman.update(Change(20, {"width": 8}, {"width": 16}, True, False, ""))
    assert watchman.rewinds == 0


def test_good_are_steps_between_records_whose_accuracies_are_near_the_best() -> None:
    watchman = Watchman(True)
    for step, test in ((0, 0.0), (10, 0.5), (20, 0.49), (30, 0.47), (40, 0.6), (50, 0.99), (60, 0.985), (70, 0.99)):
        watchman.update(scalars(step, test))
    good = [step for step in range(0, 71, 5) if watchman.is_good(step)]
    assert good == [0, 5, 10, 15, 20, 40, 45, 50, 70]
    assert not watchman.is_good(75)


def test_a_spike_is_no_good_step_and_neither_is_one_that_brings_trouble() -> None:
    watchman = Watchman(True)
    for record in spikes([1000, 1500, 2000], last=2010):
        watchman.update(record)
    assert [step for step in range(1960, 2020, 10) if watchman.is_good(step)] == [1960, 1970, 1980, 1990]


def test_the_watchman_can_be_called_in_and_sent_away() -> None:
    def asked(step: int, value: str) -> Change:
        return Change(step, {"on_trouble": value}, {}, False, False, "")

    records, _ = SAID["runaway_norm"]
    assert told([asked(0, "off"), *records]) == []
    assert told([asked(0, "pause"), *records], "off") == [(50, "runaway_norm")]


def test_runs_that_knew_no_watchman_have_none() -> None:
    old = {name: value for name, value in Config().as_dict().items() if name != "on_trouble"}
    assert Config.written(old).on_trouble == "off"
    assert Config().on_trouble == "tell"
    assert Config.written(Config().as_dict()).on_trouble == "tell"


def steps_told(seconds: Sequence[float]) -> list[int]:
    """In which windows it is told that steps take so long."""
    watch = StepWatch()
    return [at for at, one in enumerate(seconds) if watch.add(round(WINDOW / one) + 1, WINDOW + one)]


@pytest.mark.parametrize(
    ("seconds", "windows"),
    [
        ([0.01, 0.01, 0.021, 0.021, 0.021, 0.021, 0.021], [4]),
        ([0.01, 0.01, 0.03, 0.03, 0.01, 0.03, 0.03, 0.01], []),
        ([0.01, 0.019, 0.019, 0.019, 0.019, 0.019], []),
        ([0.03, 0.03, 0.01, 0.01], []),
    ],
)
def test_steps_that_take_twice_as_long_for_three_windows_are_told_of(
    seconds: Sequence[float], windows: list[int]
) -> None:
    assert steps_told(seconds) == windows


def test_slower_is_told_with_how_much_and_begins_anew_with_another_model() -> None:
    watch = StepWatch()
    found = [one for n in (1000, 250, 250, 250) for one in watch.add(n, WINDOW)]
    assert found == [("slower", TROUBLES["slower"].words("4.0"))]
    watch.restart()
    assert not [one for _ in range(9) for one in watch.add(100, WINDOW)]


def test_a_disk_with_less_room_than_a_run_may_need_is_told_of(folders: Path) -> None:
    watch = DiskWatch(folders)
    free = [3 * FOLDER_LIMIT, FOLDER_LIMIT + 1, FOLDER_LIMIT, FOLDER_LIMIT // 2, FOLDER_LIMIT + 1, FOLDER_LIMIT - 1]
    assert [bool(watch.judge(n)) for n in free] == [False, False, True, False, False, False]
    assert not watch.judge(2 * FOLDER_LIMIT)
    ((name, words),) = watch.judge(50 * 10**6)
    assert (name, words) == ("disk", TROUBLES["disk"].words("50 MB"))


def test_the_disk_is_looked_at_now_and_then(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Path] = []
    real = shutil.disk_usage

    def disk_usage(path: Path) -> object:
        looked.append(path)
        return real(path)

    monkeypatch.setattr("shutil.disk_usage", disk_usage)
    watch = DiskWatch(folders)
    for now in (0.0, 1.0, DISK_EVERY - 1, DISK_EVERY, DISK_EVERY + 1):
        watch.look(now)
    assert looked == [folders, folders]


def test_before_a_spike_there_are_records_to_compare_it_with() -> None:
    assert told([*list(spikes([20, 40, 60]))[: BEFORE_SPIKE - 1]]) == []
    assert Event(1, "slingshot", "") == decode_record(encode_record(Event(1, "slingshot", "")))


def test_the_guide_has_every_rule_and_every_sentence() -> None:
    page = read_page("watchman").text
    for trouble in TABLE:
        assert f"- {trouble.words('N')}.\n" in page
        numbers = [f"{n:g}" for n in (trouble.told_at, trouble.over_at, trouble.times)]
        cells = ["", "", ""] if trouble.name == "not_finite" else numbers
        row = " | ".join((trouble.title, trouble.rule, *cells, trouble.source))
        assert f"| {row} |\n" in page
