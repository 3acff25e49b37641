"""Every sentence of the table is said where its rule holds, and is not where it just fails to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import msgspec
import numpy as np
import pytest

from grokterm.config import Config, Value
from grokterm.forecast import forecast
from grokterm.forecast.course import standing
from grokterm.forecast.features import MEASURES, features
from grokterm.forecast.forecast import Silence
from grokterm.forecast.hazards import Hazards
from grokterm.guide import read_page
from grokterm.runs.history import History
from grokterm.runs.retention import FOLDER_LIMIT
from grokterm.sentences import TABLE, Saying, Who
from grokterm.trainer.machine_watch import WINDOW, DiskWatch, StepWatch
from grokterm.trainer.session import NOT_FINITE
from grokterm.training.trackers import Trackers
from grokterm.troubles import TROUBLES
from grokterm.tui.run.narrator import sentences
from grokterm.wire.records import Event, Progress, Record, Scalars, Session
from tests.forecast.toy import change, course, toy, use_toy
from tests.measured import measured
from tests.training.test_watchman import SAID as TROUBLED
from tests.training.test_watchman import SILENT as HEALTHY

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

LN_P = 3.1355
"""Of p 23."""


def at(step: int, **measures: Any) -> Scalars:
    return measured(step, **({"train_accuracy": 1.0, "train_loss": 1e-3, "test_loss": 3.0} | measures))


def answering(*accuracies: float) -> list[Record]:
    return [at(100 * n, test_accuracy=accuracy) for n, accuracy in enumerate(accuracies)]


def circuit(*measures: tuple[float, float, float]) -> list[Record]:
    """Sets of measures by consensus loss over ln p, test loss and Σθ²."""
    return [
        record
        for n, (consensus, loss, squares) in enumerate(measures)
        for record in (
            at(100 * n, test_loss=loss, sum_squared_weights=squares),
            Progress(100 * n, consensus_loss=consensus * LN_P, consensus_p_value=0.001),
        )
    ]


def claimed(*measures: Progress) -> list[Record]:
    """Measures from step 100 on, after a circuit was claimed at step 0."""
    later = [record for one in measures for record in (at(one.step, test_accuracy=0.3), one)]
    return [*circuit((0.4, 3.0, 1.0)), *later]


def squares(*values: float) -> list[Record]:
    return [at(100 * n, sum_squared_weights=value) for n, value in enumerate(values)]


def losses(*values: float) -> list[Record]:
    return [at(10 * n, train_loss=value) for n, value in enumerate(values)]


NARRATED: dict[str, tuple[Sequence[Record], Sequence[Record]]] = {
    "memorized": ([at(0), at(100, train_accuracy=0.991)], [at(0), at(100, train_accuracy=0.99)]),
    "generalizing": (answering(0.1, 0.21), answering(0.1, 0.2)),
    "memorizing": (answering(0.0, 0.21, 0.09), answering(0.0, 0.21, 0.1)),
    "grokked": (answering(0.5, 0.99), answering(0.5, 0.989)),
    "collapsed": (answering(0.5, 0.99, 0.89), answering(0.5, 0.99, 0.9)),
    "not_finite": ([at(0), Event(0, "not_finite", NOT_FINITE)], [at(0, train_loss=1e30)]),
    "circuit_formation": (circuit((0.9, 3, 1), (0.49, 3, 1)), circuit((0.9, 3, 1), (0.51, 3, 1))),
    "clean_up": (circuit((0.4, 3, 1), (0.4, 1.4, 0.94)), circuit((0.4, 3, 1), (0.4, 1.4, 0.96), (0.4, 1.6, 0.9))),
    "memorization": (circuit((0.4, 3, 1), (0.76, 3, 1)), circuit((0.4, 3, 1), (0.74, 3, 1))),
    "restricted": (
        claimed(Progress(100, restricted_test_loss=0.09 * LN_P)),
        [
            *claimed(Progress(100, restricted_test_loss=0.11 * LN_P)),
            *(at(200, test_accuracy=0.51), Progress(200, restricted_test_loss=0.0)),
        ],
    ),
    "excluded": (
        claimed(Progress(100, excluded_loss=0.2), Progress(200, excluded_loss=0.4)),
        claimed(
            *(Progress(100, excluded_loss=0.2), Progress(200, excluded_loss=0.39)),
            *(Progress(300, excluded_loss=0.01), Progress(400, excluded_loss=0.1)),
        ),
    ),
    "keys": ([msgspec.structs.replace(at(0), key_frequencies=(3, 9))], [at(0)]),
    "weights": (squares(300, 200, 160), squares(300, 200, 161)),
    "softmax": ([at(0), Progress(0, softmax_collapse=0.5)], [at(0), Progress(0, softmax_collapse=0.49)]),
    "spike": (losses(*[1e-3] * 10, 0.011), losses(*[1e-3] * 10, 0.0099, *[2e-3] * 10, 0.019)),
}
FORECASTED: dict[str, tuple[dict[str, Value], Sequence[Record], Sequence[Record]]] = {
    "groks": ({}, course(1000), course(1000, grokked=900)),
    "never": ({"corrupt": 0.3}, course(1000), course(90)),
    "undecayed": ({"weight_decay": 0.0}, course(1000), course(90)),
    "random": ({"corrupt": 1.0}, course(1000), course(90)),
    "changed": (
        {},
        [*course(500), change(500, {"weight_decay": 2.0}, {"weight_decay": 1.0})],
        [*course(500), change(500, {"pace": 5.0}, {"pace": 20.0})],
    ),
    "grokked": ({}, course(1000, grokked=1000), course(990)),
    "unmemorized": ({}, course(90), course(100)),
    "few": ({}, [at(0), at(10), Event(10, "memorized", "")], course(100)),
    "unmeasured": ({"measure_every": 0}, [*(at(10 * n) for n in range(9)), Event(50, "memorized", "")], course(1000)),
}
UNLIKE: dict[str, dict[str, Value]] = {
    "task": {"op": "a^2+b"},
    "architecture": {"arch": "residual-mlp"},
    "setting": {"loss": "mse"},
}


def log(records: Sequence[Record], **values: Value) -> History:
    """The history of records and of the events that follow from them."""
    config = Config.starting({"p": 23, "weight_decay": 1.0, **values})
    trackers, history = Trackers(config), History(config)
    for record in records:
        known = [] if isinstance(record, (Event, Session)) else trackers.update(record)
        history.add([record, *known])
    return history


def is_said(row: Saying, said: Sequence[str]) -> bool:
    """Whether one of these is the sentence, whatever stands in its braces."""
    pattern = re.sub(r"\\\{\w+\\\}", ".+", re.escape(row.pattern))
    return any(re.fullmatch(pattern, words) for words in said)


def narrated(records: Sequence[Record]) -> list[str]:
    return [sentence.words for sentence in sentences(log(records))]


def forecasted(records: Sequence[Record], **values: Value) -> list[str]:
    """What the forecast says now, and what was said of changes."""
    history = History(Config.starting({"p": 23, "weight_decay": 1.0, **values}))
    history.add(records)
    found = standing(history)
    now = found.reason if isinstance(found, Silence) else found.words
    return [now, *(sentence.words for sentence in sentences(history))]


@pytest.fixture(autouse=True)
def _by_the_toy(monkeypatch: pytest.MonkeyPatch) -> None:
    use_toy(monkeypatch)


@pytest.mark.parametrize("name", NARRATED)
def test_the_narrator_says_it_and_stays_silent(name: str) -> None:
    said, silent = NARRATED[name]
    assert is_said(row("narrator", name), narrated(said))
    assert not is_said(row("narrator", name), narrated(silent))


@pytest.mark.parametrize("name", FORECASTED)
def test_the_forecast_says_it_and_stays_silent(name: str) -> None:
    values, said, silent = FORECASTED[name]
    assert is_said(row("forecast", name), forecasted(said, **values))
    assert not is_said(row("forecast", name), forecasted(silent))


@pytest.mark.parametrize("name", UNLIKE)
def test_the_forecast_says_what_the_library_lacks(name: str) -> None:
    assert is_said(row("forecast", name), forecasted(course(1000), **UNLIKE[name]))
    assert not is_said(row("forecast", name), forecasted(course(1000)))


def test_the_forecast_says_that_no_run_is_like_it(monkeypatch: pytest.MonkeyPatch) -> None:
    far = toy()
    largest = float(np.abs(features_of(course(1000))).max())
    for reach, silent in ((largest * 1.01, True), (largest * 0.99, False)):
        monkeypatch.setattr(forecast, "fitted", lambda reach=reach: replace(far, far=reach))
        assert is_said(row("forecast", "unlike"), forecasted(course(1000))) != silent


def features_of(records: Sequence[Record]) -> Floats:
    """What a forecast looks at; mean and spread of the toy are 0 and 1."""
    history = History(Config.starting({"p": 23, "weight_decay": 1.0}))
    history.add(records)
    found = features(history.config, 100, {name: history.column(name) for name in ("step", *MEASURES)})
    assert found is not None
    return found


def test_the_forecast_says_that_its_numbers_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged() -> Hazards:
        raise OSError(5, "Input/output error")

    assert not is_said(row("forecast", "unreadable"), forecasted(course(1000)))
    monkeypatch.setattr(forecast, "fitted", damaged)
    assert is_said(row("forecast", "unreadable"), forecasted(course(1000)))


@pytest.mark.parametrize("name", TROUBLED)
def test_the_watchman_says_it_and_stays_silent(name: str) -> None:
    """Of a collapse it says what happened; what one can do it says where it acts."""
    records, _ = TROUBLED[name]
    trouble = TROUBLES[name]
    part = row("watchman", name) if name != "collapsed" else happened(name)
    assert is_said(part, [event.words for event in log(records).events])
    for healthy in HEALTHY[name]:
        assert not [event for event in log(healthy).events if event.words.startswith(f"{trouble.title}: ")]


def happened(name: str) -> Saying:
    """A sentence of the watchman without what one can do."""
    whole = row("watchman", name)
    return replace(whole, what=whole.what.partition("; ")[0])


def test_the_watchman_says_that_the_loss_is_not_finite() -> None:
    """Of which a trainer makes the event, see the tests of its faults."""
    trouble = TROUBLES["not_finite"]
    assert f"{trouble.sentence}: {trouble.advice}" == NOT_FINITE
    assert row("watchman", "not_finite").what == trouble.words("")


def test_the_watchman_says_that_steps_take_longer_and_that_the_disk_fills_up(tmp_path: Path) -> None:
    def slower(*seconds: float) -> list[str]:
        watch = StepWatch()
        return [words for one in seconds for _, words in watch.add(round(WINDOW / one) + 1, WINDOW + one)]

    assert is_said(row("watchman", "slower"), slower(0.01, 0.01, 0.021, 0.021, 0.021))
    assert slower(0.01, 0.01, 0.019, 0.019, 0.019) == []
    assert is_said(row("watchman", "disk"), [words for _, words in DiskWatch(tmp_path).judge(FOLDER_LIMIT)])
    assert DiskWatch(tmp_path).judge(FOLDER_LIMIT + 1_000_000) == []


def test_every_row_of_the_table_is_tested_here() -> None:
    tested = [("narrator", name) for name in NARRATED]
    tested += [("forecast", name) for name in (*FORECASTED, *UNLIKE, "unlike", "unreadable")]
    tested += [("watchman", name) for name in (*TROUBLED, "not_finite", "slower", "disk")]
    assert sorted(tested) == sorted((one.who, one.name) for one in TABLE)
    assert all(one.rule and one.what for one in TABLE)


def test_the_page_of_the_guide_is_the_table() -> None:
    def spelled(words: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda found: found[1].upper(), words)

    page = read_page("sentences").text
    for who in get_args(Who):
        chapter = page.partition(f"## The {who}\n")[2].partition("\n## ")[0]
        rows = [line for line in chapter.splitlines() if line.startswith("| ")]
        assert rows[1:] == [f"| {spelled(one.pattern)} | {one.rule} |" for one in TABLE if one.who == who]


def row(who: str, name: str) -> Saying:
    return next(one for one in TABLE if (one.who, one.name) == (who, name))
