from __future__ import annotations

import subprocess
import sys

import pytest

from grokterm.config import Config, Value
from grokterm.runs.history import History
from grokterm.tui.panes.compact import status_strips
from grokterm.tui.run.moment import moment_of
from grokterm.tui.run.state import RunState
from grokterm.tui.text import header, phases
from grokterm.tui.text.footer import footer_keys
from grokterm.tui.theme import find_theme
from grokterm.view_options import ViewOptions
from grokterm.wire.messages import Status
from grokterm.wire.records import Event, Record, Scalars
from tests.forecast.toy import course, history, use_toy
from tests.measured import measured

DUSK = find_theme("dusk").palette


def scalars(step: int, test: float) -> Scalars:
    return measured(
        step, 3.0, train_loss=0.1, test_loss=0.2, train_accuracy=1.0, test_accuracy=test, sum_squared_weights=3.0
    )


def world(*records: Record, config: Config | None = None) -> RunState:
    history = History(config or Config(arch="one-hot"))
    history.add(records)
    made = RunState("0001-add97-mlp", history, ViewOptions(), find_theme("dusk").palette)
    made.status = Status(1421, "training", 7.2, 212.0, 120.0, "cpu", "bfloat16")
    return made


GENERALIZING = (scalars(1420, 0.342), Event(1210, "generalizing", "words"))


def test_the_header_says_what_the_run_is() -> None:
    line = header.header(world(*GENERALIZING), "training", {}, 130).plain
    for part in (
        "a + b mod 97",
        "one-hot 512",
        "AdamW lr 5e-3 wd 1",
        "50 % of 9,409 pairs",
        "seed 0",
        "cpu bfloat16",
        "● training",
    ):
        assert part in line


def test_a_change_shows_before_it_is_confirmed() -> None:
    line = header.header(world(), "training", {"weight_decay": 2.0}, 130).plain
    assert "wd 1 → 2 …" in line


def test_no_line_is_longer_than_the_screen() -> None:
    seen = world(*GENERALIZING, config=Config(arch="transformer", op="x2+xy+y2+x", p=1999))
    pages = [[1, 2], [3, 5, 6], [4]]
    for width in range(8, 220):
        for line in (
            header.header(seen, "trainer gone", {"lr": 0.002}, width),
            header.phase_line(seen, width),
            header.tabs(pages, 1, seen.palette, width),
            footer_keys("training", seen.palette, width),
        ):
            assert line.cell_length <= width


def test_keys_of_training_are_not_offered_for_weights_that_are_only_looked_at() -> None:
    trained, looked_at = (footer_keys("paused", DUSK, 400, trained=trained).plain for trained in (True, False))
    training = (
        "space go on",
        ". step",
        "w W",
        "l L",
        "a arch",
        "o opt",
        "c change",
        "< >",
        "F fore",
        "f fork",
        "R race",
    )
    looking = ("v views", "k ablate", "t try", "[ ]", "C compare", "q quit")
    assert [words for words in (*training, *looking) if words not in trained] == []
    assert [words for words in training if words in looked_at] == []
    assert [words for words in looking if words not in looked_at] == []


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 160, 200])
def test_no_word_of_a_line_is_cut(width: int) -> None:
    seen = world(*GENERALIZING)
    whole = set(header.phase_line(seen, 400).plain.replace("━", " ").replace("─", " ").split())
    short = {"mem", "gen", "grok", "▸", "1,421"}
    shown = header.phase_line(seen, width).plain.replace("━", " ").replace("─", " ").replace("▸", " ").split()
    assert set(shown) <= whole | short
    assert "34.2" in shown


def test_the_phases_with_the_steps_at_which_they_began() -> None:
    line = header.phase_line(world(*GENERALIZING), 120).plain
    assert "Memorizing 0" in line
    assert "Generalizing 1,210" in line
    assert "Grokked " in line
    assert "step 1,421" in line
    collapsed = (*GENERALIZING, Event(5000, "grokked", ""), Event(6000, "collapsed", ""))
    line = header.phase_line(world(*collapsed), 160).plain
    assert "Grokked 5,000" in line
    assert "Collapsed 6,000" in line


def test_only_the_present_phase_is_lit() -> None:
    seen = world(*GENERALIZING)
    content = header.phases(seen.history, seen.palette, 0)
    bold = [content.plain[s.start : s.end] for s in content.spans if "bold" in str(s.style)]
    assert bold == ["Generalizing 1,210"]


@pytest.mark.parametrize(
    ("phase", "test", "share"), [("memorizing", 0.05, 0.25), ("generalizing", 0.595, 0.5), ("grokked", 1.0, 1.0)]
)
def test_the_line_of_a_phase_fills_up(phase: str, test: float, share: float) -> None:
    history = world(scalars(10, test)).history
    history.phase = phase
    assert header.progress(history) == pytest.approx(share, abs=0.01)


def test_the_words_on_phases_say_every_threshold_and_which_one_the_label_uses() -> None:
    told = phases.phase_words()
    assert all(f"{100 * t:.0f}%" in told for t in (0.1, 0.2, 0.9))
    assert "train accuracy > 99 %" in told
    assert "test accuracy > 90 % (Brenndoerfer) and ≥ 95 % (Tveit); the label and the delay use ≥ 99 %" in told


@pytest.mark.parametrize("size", [(1, 1), (20, 5), (30, 8), (40, 11), (55, 40)])
@pytest.mark.parametrize("records", [(), GENERALIZING], ids=["empty", "generalizing"])
def test_the_status_fits(size: tuple[int, int], records: tuple[Record, ...]) -> None:
    strips = status_strips(world(*records), "training", {}, *size)
    assert len(strips) <= size[1]
    assert all(strip.cell_length <= size[0] for strip in strips)


def test_a_status_of_40_by_12_says_what_matters() -> None:
    text = "\n".join(strip.text for strip in status_strips(world(*GENERALIZING), "training", {}, 40, 11))
    for part in (
        "a + b mod 97",
        "● training",
        "step 1,421",
        "Generalizing" if "Generalizing" in text else "gen",
        "34.2 %",
    ):
        assert part in text


def forecasting(monkeypatch: pytest.MonkeyPatch, *records: Record, last: int = 1040, **values: Value) -> RunState:
    """A run with a forecast by the toy, after its last record."""
    use_toy(monkeypatch)
    state = RunState("0001-add23-mlp", history(records or course(last), **values), ViewOptions(), DUSK)
    state.status = Status(last, "training", 7.2, 212.0, 120.0, "cpu", "float32")
    return state


@pytest.mark.parametrize(
    ("width", "words"),
    [(180, "groks at about 1,900 (1,800–2,000), 80 %"), (120, "groks at about 1,900"), (80, "≈1,900"), (46, "")],
)
def test_the_forecast_gives_way_where_there_is_no_room(monkeypatch: pytest.MonkeyPatch, width: int, words: str) -> None:
    seen = header.phase_line(forecasting(monkeypatch), width).plain
    assert f"   {words}   " in seen
    assert "test 10.0 %" in seen
    assert ("1,900" in seen) == bool(words)


def test_that_it_will_not_grok_is_said_too(monkeypatch: pytest.MonkeyPatch) -> None:
    never = forecasting(monkeypatch, weight_decay=0.0)
    assert "   not expected to grok (none of the library's runs without weight decay has)   " in (
        header.phase_line(never, 180).plain
    )
    assert "   not expected to grok   " in header.phase_line(never, 120).plain
    assert "   not expected   " in header.phase_line(never, 90).plain
    unlikely = forecasting(monkeypatch, corrupt=0.3)
    assert "   not within 40,000 steps (100 %)   " in header.phase_line(unlikely, 180).plain
    assert "not by 40,000" in header.phase_line(unlikely, 90).plain


def test_the_forecast_is_that_of_the_step_that_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    state = forecasting(monkeypatch, *course(2000, grokked=1800))
    assert "about" not in header.phase_line(state, 200).plain
    for step, words in ((90, ""), (140, "about 990"), (1250, "about 2,100"), (1800, "")):
        state.moment = moment_of(state.history, step // 10)
        assert (words or "step") in header.phase_line(state, 200).plain
        assert ("about" in header.phase_line(state, 200).plain) == bool(words)


def test_the_room_of_forecasts_is_not_loaded_before_a_run_has_memorized() -> None:
    code = """
import sys
from grokterm.config import Config
from grokterm.runs.history import History
from grokterm.tui.run.forecasts import forecast_shown
assert forecast_shown(History(Config()), None) is None
assert not any(name in sys.modules for name in ("grokterm.forecast.forecast", "grokterm.forecast.course"))
"""
    subprocess.run([sys.executable, "-c", code], check=True)
