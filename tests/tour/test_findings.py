"""What each chapter is answered by, and what it says: of histories that no trainer wrote."""

from __future__ import annotations

import pytest

from grokterm.runs.history import History
from grokterm.tour.chapter import Chapter, Seen
from grokterm.tour.chapters import CHAPTERS
from grokterm.wire.records import Event
from tests.tour.made import changed, grokked, memorized, scalars

FIRST, DECAY, TABLE, FREQUENCIES, CLOCKS, ABLATION, UNGROK, CONTROL = CHAPTERS


def run(chapter: Chapter) -> History:
    return grokked(chapter.config())


def test_the_first_says_when_it_knew_its_pairs_and_when_all() -> None:
    assert FIRST.answer(Seen(memorized(FIRST.config()))) == ""
    assert FIRST.answer(Seen(run(FIRST))) == (
        "It grokked: train accuracy passed 99 % at step 200, test accuracy reached 99 % at step 900."
    )


def test_weight_decay_has_to_be_raised_before_it_groks() -> None:
    assert DECAY.answer(Seen(run(DECAY))) == ""
    raised = memorized(DECAY.config(), changed(250, weight_decay=0.001), changed(260, weight_decay=1.024))
    assert DECAY.answer(Seen(raised)) == ""
    raised.add([scalars(1200, 1.0, 0.99), Event(1200, "grokked", "")])
    assert DECAY.answer(Seen(raised)) == (
        "It makes it grok: without it, test accuracy was 1.2 % at step 250; with it, test accuracy reached 99 % at "
        "step 1,200."
    )
    assert DECAY.answer(Seen(grokked(DECAY.config(), changed(950, weight_decay=1.0)))) == ""


@pytest.mark.parametrize(("moment", "test"), [(200, "1.2 %"), (399, "10.0 %"), (400, "15.0 %")])
def test_the_past_is_one_in_which_it_knew_its_pairs_and_few_others(moment: int, test: str) -> None:
    said = TABLE.answer(Seen(run(TABLE), moment))
    assert said.startswith(f"At step {moment} train accuracy is 100.0 % and test accuracy {test}: ")


@pytest.mark.parametrize("moment", [None, 100, 199, 500, 800, 900])
def test_other_steps_of_the_past_answer_nothing(moment: int | None) -> None:
    assert TABLE.answer(Seen(run(TABLE), moment)) == ""


def test_there_is_no_past_to_look_back_to_before_it_has_grokked() -> None:
    assert TABLE.answer(Seen(memorized(TABLE.config()), 200)) == ""


def test_frequencies_are_named_with_when_they_came() -> None:
    assert FREQUENCIES.answer(Seen(run(FREQUENCIES))) == ""
    assert FREQUENCIES.answer(Seen(memorized(FREQUENCIES.config()), view="waterfall")) == ""
    assert FREQUENCIES.answer(Seen(run(FREQUENCIES), view="waterfall")) == (
        "The key frequencies k = 7, 15 stand out of 26. The first were there at step 300, before test accuracy passed "
        "90 % at step 800."
    )
    late = grokked(FREQUENCIES.config(), first_keys=900)
    assert "step 900, not before test accuracy passed 90 % at step 800" in FREQUENCIES.answer(
        Seen(late, view="spectrum")
    )
    none = grokked(FREQUENCIES.config(), first_keys=5000)
    assert FREQUENCIES.answer(Seen(none, view="waterfall")) == ""


def test_clocks_are_looked_at_when_waves_have_had_time_to_form() -> None:
    late = scalars(1300, 1.0, 1.0)
    assert CLOCKS.answer(Seen(memorized(CLOCKS.config(), late), view="clocks")) == ""
    assert CLOCKS.answer(Seen(grokked(CLOCKS.config(), scalars(1299, 1.0, 1.0)), view="clocks")) == ""
    assert CLOCKS.answer(Seen(grokked(CLOCKS.config(), late), view="circles")) == ""
    assert CLOCKS.answer(Seen(grokked(CLOCKS.config(), late), view="clocks")).startswith("They do: ")


def test_ablation_is_said_with_the_accuracy_that_is_left() -> None:
    history = run(ABLATION)
    assert ABLATION.answer(Seen(history, view="ablation")) == ""
    assert ABLATION.answer(Seen(history, view="ablation", without="k = 7, 15")) == ""
    assert ABLATION.answer(Seen(memorized(ABLATION.config()), view="ablation", without="k = 7", ghost=0.02)) == ""
    assert ABLATION.answer(Seen(history, view="ablation", without="k = 7, 15", ghost=0.021)) == (
        "Without k = 7, 15, test accuracy was 2.1 %; intact it was 99.5 %."
    )


def test_it_forgets_where_the_training_set_is_cut_after_it_grokked() -> None:
    cut = changed(1000, train_fraction=0.1)
    assert UNGROK.answer(Seen(run(UNGROK))) == ""
    assert UNGROK.answer(Seen(grokked(UNGROK.config(), cut))) == ""
    assert UNGROK.answer(Seen(grokked(UNGROK.config(), cut, scalars(1100, 1.0, 0.3)))) == ""
    assert UNGROK.answer(Seen(grokked(UNGROK.config(), cut, scalars(1200, 1.0, 0.29)))) == (
        "It can: at step 1,000 test accuracy was 99.5 %, and at step 1,200, with 10.0 % of the pairs, it is 29.0 %."
    )
    less = changed(1000, train_fraction=0.5)
    assert UNGROK.answer(Seen(grokked(UNGROK.config(), less, scalars(1200, 1.0, 0.2)))) == ""
    early = memorized(UNGROK.config(), changed(150, train_fraction=0.1), scalars(1200, 1.0, 0.2))
    assert UNGROK.answer(Seen(early)) == ""


def test_nothing_is_claimed_of_random_labels_but_what_the_log_holds() -> None:
    config = CONTROL.config()
    long = memorized(config, scalars(2000, 1.0, 0.029))
    assert CONTROL.answer(Seen(long)) == ""
    assert CONTROL.answer(Seen(memorized(config, scalars(1990, 1.0, 0.029)), view="forecast")) == ""
    assert CONTROL.answer(Seen(long, view="forecast")) == (
        "At step 2,000 train accuracy is 100.0 % and test accuracy 2.9 %. Nothing is claimed of such a run, for there "
        "is no rule to find."
    )
    rule = memorized(config, changed(300, corrupt=0.0), scalars(2000, 1.0, 0.029))
    assert CONTROL.answer(Seen(rule, view="forecast")) == ""
    generalizes = memorized(config, Event(1500, "generalizing", ""), scalars(2000, 1.0, 0.4))
    assert CONTROL.answer(Seen(generalizes, view="forecast")) == ""
