"""The narrator: a sentence when something happens, read from the log alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import msgspec
import pytest

from grokterm.config import Config
from grokterm.runs.history import History
from grokterm.sentences import Sentence
from grokterm.troubles import TROUBLES
from grokterm.tui.panes.events import happenings_of
from grokterm.tui.run.moment import moment_of
from grokterm.tui.run.narrator import newest, sentences
from grokterm.tui.run.state import RunState
from grokterm.tui.text.circuit_phases import circuit_line, extra_lines, narration
from grokterm.tui.theme import find_theme
from grokterm.view_options import ViewOptions
from grokterm.wire.records import Change, Event, Progress, Record, Scalars, Session
from tests.measured import measured

TEST = {0: 0.01, 100: 0.01, 200: 0.02, 300: 0.02, 400: 0.3, 500: 1.0}


def scalars(step: int, test: float, loss: float = 0.1, squares: float = 100.0) -> Scalars:
    return measured(
        step,
        step / 100,
        train_loss=loss,
        test_loss=3.0,
        train_accuracy=1.0,
        test_accuracy=test,
        sum_squared_weights=squares,
    )


def keyed(step: int, *keys: int) -> Scalars:
    return msgspec.structs.replace(scalars(step, 0.0), key_frequencies=keys)


def progress(step: int, restricted: float | None = 4.0, excluded: float | None = 4.0, **more: float) -> Progress:
    return Progress(step, restricted_test_loss=restricted, excluded_loss=excluded, **more)  # type: ignore[arg-type]


def formed(step: int) -> Event:
    """A circuit is claimed from here on."""
    return Event(step, "circuit_formation", "circuit formation: consensus loss 2.2 is 48 % of ln p, test loss 9")


def besides(records: Sequence[Record]) -> list[tuple[int, str]]:
    """What is told but for the events themselves."""
    return [(step, words) for step, words in told(records) if "ln p, test loss" not in words]


def told(records: Sequence[Record]) -> list[tuple[int, str]]:
    history = History(Config())
    history.add(records)
    return [(sentence.step, sentence.words) for sentence in sentences(history)]


def course(*measures: Progress) -> list[Record]:
    return [*(scalars(step, test) for step, test in TEST.items()), *measures]


def test_key_frequencies_that_know_the_answers_on_the_plateau_are_told_of() -> None:
    measured = course(progress(0, None, None), progress(100, 1.0), progress(200, 0.45), progress(300, 0.1))
    words = (
        "restricted loss of test pairs is a tenth of ln p while test accuracy is still 2 %: "
        "the key frequencies alone know the answers"
    )
    assert besides([*measured, formed(100)]) == [(200, words)]
    assert besides([*measured, formed(250)])[0][0] == 300
    assert besides([*course(progress(0), progress(500, 0.1)), formed(100)]) == []
    assert besides(course(progress(0, None), progress(200, None))) == []


def test_an_excluded_loss_that_rises() -> None:
    losses = course(*(progress(100 * i, 4.0, loss) for i, loss in enumerate((4.0, 0.5, 0.4, 0.55, 0.9))))
    words = "excluded loss rose from 0.4 to 0.9: training pairs are answered by the circuit now"
    assert besides([*losses, formed(300)]) == [(400, words)]


@pytest.mark.parametrize("lost", [False, True])
def test_nothing_is_said_of_a_circuit_that_is_not_claimed(lost: bool) -> None:
    """Memory uses every frequency: in a table learned by heart these losses move alike."""
    losses = course(*(progress(100 * i, 0.01, loss) for i, loss in enumerate((4.0, 0.5, 0.4, 0.55, 0.9))))
    events = [formed(10), Event(50, "memorization", "memorization again: consensus loss 4.4 is 96 % of ln p")]
    assert [words for _, words in told([*losses, *(events if lost else [])]) if "answer" in words] == []


def test_key_frequencies_are_told_of_once() -> None:
    estimates = [keyed(100), keyed(200, 9, 3), keyed(300, 9, 3, 4)]
    assert told(estimates) == [(200, "key frequencies k = 3, 9 stand out: an estimate that may change")]
    many = told([keyed(0, *range(1, 10))])
    assert many[0][1].startswith("key frequencies k = 1, 2, 3, 4, 5, 6 and 3 more stand out")
    assert told([keyed(0, 15)])[0][1].startswith("key frequency k = 15 stands out")


def test_weights_that_shrink_after_memorization() -> None:
    squares = {0: 200.0, 100: 100.0, 200: 130.0, 300: 120.0, 400: 104.0, 500: 20.0}
    records: list[Record] = [scalars(step, 0.0, squares=s) for step, s in squares.items()]
    assert told(records) == []
    found = told([*records, Event(100, "memorized", "memorized: train accuracy passed 99 %")])
    assert found == [
        (100, "train accuracy passed 99 %, test accuracy is 0 %: memorized by heart"),
        (400, "Σθ² fell by 20 % from its peak: weight decay clears away what is not needed"),
    ]


def test_events_of_the_log_are_told_with_their_numbers() -> None:
    words = "clean-up: test loss 1.6 is 18 % of its peak, Σθ² 23,600 is 94 % of its peak"
    found = told([*course(), Event(400, "clean_up", words), Event(500, "grokked", "grokked: …")])
    assert found == [
        (400, "test loss 1.6 is 18 % of its peak, Σθ² 23,600 is 94 % of its peak: memory is cleaned up"),
        (500, "test accuracy reached 99 %: grokked"),
    ]


def test_softmax_collapse() -> None:
    found = told(course(progress(100, softmax_collapse=0.4), progress(200, softmax_collapse=0.62)))
    assert found[-1] == (
        200,
        "the softmax of 62 % of the training pairs is exactly 1: as sure as the float can tell (softmax collapse)",
    )


def test_a_loss_spike_is_told_of_and_those_soon_after_are_not() -> None:
    losses = [0.001] * 30
    losses[5] = losses[15] = losses[18] = 1.0
    found = told([scalars(10 * i, 0.0, loss) for i, loss in enumerate(losses)])
    assert found == []  # the tenth before it was a spike already
    losses[5] = math.nan
    losses = [0.001] * 20 + [1.0] + [0.001] * 20 + [1.0] + [0.001] * 60 + [2.0]
    found = told([scalars(10 * i, 0.0, loss) for i, loss in enumerate(losses)])
    assert found == [
        (200, "train loss rose more than 10-fold to 1: a loss spike (slingshot)"),
        (1020, "train loss rose more than 10-fold to 2: a loss spike (slingshot)"),
    ]


def test_another_loss_is_no_spike() -> None:
    records: list[Record] = [scalars(10 * i, 0.0, 0.001) for i in range(20)]
    change = Change(190, {"loss": "hinge"}, {"loss": "cross-entropy"}, rebuilt=False, keep=False, words="…")
    assert told([*records, change, *(scalars(10 * i, 0.0, 0.9) for i in range(20, 60))]) == []


def test_a_rebuilt_model_is_told_of_by_itself() -> None:
    rebuilt = Change(250, {"arch": "transformer"}, {"arch": "one-hot"}, True, False, "")
    records = course(progress(0), progress(200, 1.0), progress(300, 0.3), progress(400, 0.02))
    steps = [step for step, _ in besides([*records, formed(100), rebuilt])]
    assert steps == []
    again = Event(350, "circuit_formation", "circuit formation: consensus loss 2.2 is 48 % of ln p, test loss 9")
    assert [step for step, _ in besides([*records, formed(100), rebuilt, again])] == [400]


def test_what_was_said_stays_said() -> None:
    measures = [progress(100 * i, 4.0 / 3**i, 0.2 + 0.3 * i, softmax_collapse=0.2 * i) for i in range(6)]
    records: list[Record] = sorted([*course(*measures), formed(150)], key=lambda record: record.step)
    for end in range(len(records)):
        shorter = told(records[:end])
        assert told(records)[: len(shorter)] == shorter


def world(records: Sequence[Record], **view: str) -> RunState:
    history = History(Config())
    history.add(records)
    return RunState("0001", history, ViewOptions(**view), find_theme("dusk").palette)  # type: ignore[arg-type]


@pytest.mark.parametrize("width", [20, 40, 60, 80, 120, 200])
def test_the_lines_fit(width: int) -> None:
    shown = world([*course(progress(0), progress(200, 0.3)), formed(200)])
    for line in (circuit_line(shown, width), narration(shown, width)):
        assert line.cell_length <= width
        assert line.plain.strip()
    if width == 120:
        assert "memorization ▸ circuit formation 200 ▸ clean-up" in circuit_line(shown, width).plain
        assert circuit_line(shown, width).plain.rstrip().endswith("consensus loss 2.2 is 48 % of ln p, test loss 9")
        assert narration(shown, width).plain.startswith(" step 200: restricted loss of test pairs is a tenth of ln p")


def test_the_lines_follow_the_cursor_into_the_past() -> None:
    shown = world([*course(progress(0), progress(200, 0.3)), formed(200), Event(500, "grokked", "grokked")])
    assert "step 500" in narration(shown, 100).plain
    shown.moment = moment_of(shown.history, 3)
    assert "step 200" in narration(shown, 100).plain
    shown.moment = moment_of(shown.history, 1)
    assert narration(shown, 100).plain == ""


def test_what_is_not_measured_is_said() -> None:
    assert "not measured" in circuit_line(world([]), 80).plain
    assert "no invertible basis" in circuit_line(world([Progress(0, basis="none")]), 80).plain


def test_low_screens_keep_their_lines() -> None:
    assert [extra_lines(height, True) for height in (24, 31, 32, 35, 36, 60)] == [0, 0, 1, 1, 2, 2]
    assert extra_lines(60, False) == 1


def test_the_events_pane_tells_what_the_log_does_not() -> None:
    shown = world(
        [*course(progress(0), progress(200, 0.3)), formed(200), Event(500, "grokked", "grokked: test accuracy")]
    )
    steps = [(happening.step, happening.words) for happening in happenings_of(shown.history)]
    assert [step for step, _ in steps] == [500, 200, 200]
    assert steps[0][1] == "grokked: test accuracy"
    assert [h.step for h in happenings_of(shown.history, narrated=False)] == [500, 200]


def test_nothing_is_told_of_nothing() -> None:
    assert newest(History(Config())) is None
    assert replace(Sentence(1, "a", "b", "text"), what="c").words == "c: b"


@pytest.mark.parametrize("name", ["softmax_collapse", "slingshot", "runaway_norm"])
def test_the_narrator_tells_what_the_watchman_told_and_what_one_can_do(name: str) -> None:
    trouble = TROUBLES[name]
    event = Event(500, name, trouble.words("7"))  # type: ignore[arg-type]
    assert told([scalars(400, 0.1), event]) == [(500, f"{trouble.sentence.format(number='7')}: {trouble.advice}")]
    history = History(Config())
    history.add([scalars(400, 0.1), event])
    (happening,) = happenings_of(history)
    assert (happening.step, happening.words) == (500, trouble.words("7"))


def test_trouble_of_the_machine_stands_among_the_events() -> None:
    history = History(Config())
    history.add([Session(300, "noted", TROUBLES["slower"].words("3.0"), 0.0, {"trouble": "slower"})])
    (happening,) = happenings_of(history)
    assert (happening.step, happening.words) == (300, TROUBLES["slower"].words("3.0"))
