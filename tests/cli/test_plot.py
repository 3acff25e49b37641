"""`grokterm plot`, piped and on a terminal, and the chart at the end of a training."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grokterm.cli import main
from grokterm.config import Config
from grokterm.runs.folder import create_run, list_runs
from grokterm.view_options import ViewOptions
from grokterm.wire.records import Progress, Session, Spectrum
from tests.cli.terminals import on_terminal
from tests.commands import run_command
from tests.measured import measured
from tests.runs.logged import append, logged
from tests.test_imports import loaded_by

SMALL = ["--p", "11", "--width", "32", "--log-every", "5", "--until", "60"]


@pytest.fixture
def home(folders: Path) -> Path:
    """Three runs of other seeds, to steps 100, 200 and 300."""
    folders.mkdir()
    for seed in range(3):
        logged(folders, 100 * (seed + 1), [Progress(10 * seed, restricted_loss=2.5)], seed=seed)
    return folders


def plot(*arguments: str, **environment: str) -> list[str]:
    """The lines of `grokterm plot` where its output is a pipe."""
    done = run_command("plot", *arguments, **environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    return done.stdout.rstrip("\n").split("\n")


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["plot", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    return printed.err.removeprefix("grokterm: ").rstrip("\n")


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """The lines of `grokterm plot` in this process."""
    assert main(["plot", *arguments]) == 0
    return capsys.readouterr().out.rstrip("\n").split("\n")


def test_a_pipe_gets_plain_text_as_wide_as_80_columns(home: Path) -> None:
    lines = plot("last")
    assert lines[0] == "accuracy over steps  0003-add11-mlp: a + b mod 11, mlp"
    assert lines[-1] == "  A test 10.0 %  a train 100.0 %"
    assert lines[-2].split() == ["0", "50", "100", "150", "200", "250", "300"]
    assert [line.split("┤")[0].strip() for line in lines if "┤" in line] == ["100 %", "75 %", "50 %", "25 %", "0 %"]
    assert max(map(len, lines)) == 80
    assert "a" in lines[1]
    assert max(map(len, plot("1", COLUMNS="100"))) == 100


def test_several_runs_stand_in_the_legend_with_what_differs(home: Path) -> None:
    lines = plot("3", "1", "2", "test-loss", "--log-y", "--log-x")
    assert lines[0] == "test_loss over steps"
    assert lines[-3:] == [
        "  0001-add11-mlp  A 0.819  seed 0",
        "  0002-add11-mlp  B 0.67   seed 1",
        "  0003-add11-mlp  C 0.549  seed 2",
    ]
    assert lines[-4].split() == ["10", "20", "50", "100", "200"]
    assert {"A", "B", "C"} <= set("".join(lines[1:-4]))


def test_a_measure_that_one_run_has_is_drawn_and_the_others_are_named(home: Path) -> None:
    append(list_runs(home)[1], [Progress(100, restricted_loss=0.25)])
    create_run(Config(p=11), ViewOptions(), home)
    lines = plot("2", "4", "restricted_loss")
    assert lines[-2:] == ["  0002-add11-mlp  A 0.25        seed 1", "  0004-add11-mlp  B not logged  seed 0"]


def test_a_terminal_gets_colors_and_its_width(home: Path) -> None:
    status, printed = on_terminal(["plot", "1", "2"])
    assert status == 0
    assert "\x1b[34m" in printed
    assert "\x1b[2;34m" in printed
    assert "\x1b[33m" in printed
    assert "━\x1b[0m test" in printed
    assert len(printed.split("\r\n")[-5]) == 120


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [(["1"], {"NO_COLOR": "1"}), (["1", "--color", "none"], {}), (["1"], {"TERM": "dumb"})],
    ids=["NO_COLOR", "--color none", "dumb"],
)
def test_a_terminal_without_colors_gets_no_escape_codes(
    home: Path, arguments: list[str], environment: dict[str, str]
) -> None:
    status, printed = on_terminal(["plot", *arguments], environment)
    assert status == 0
    assert "\x1b" not in printed
    assert "A test 10.0 %" in printed


def test_the_color_of_the_config_file_and_of_the_command_line(home: Path, tmp_path: Path) -> None:
    (tmp_path / "config" / "grokterm").mkdir(parents=True)
    (tmp_path / "config" / "grokterm" / "config.toml").write_text('color = "none"\ngraph = "ascii"\n')
    assert "\x1b" not in on_terminal(["plot", "1"])[1]
    printed = on_terminal(["plot", "1", "--color", "16"], {"NO_COLOR": "1"})[1]
    assert "\x1b[33m" in printed
    assert "".join(plot("1")).isascii()


def test_a_narrow_terminal_cuts_it_off(home: Path) -> None:
    assert max(map(len, on_terminal(["plot", "1"], {"COLUMNS": "16", "NO_COLOR": "1"})[1].split("\r\n"))) == 16


def test_where_braille_cannot_be_written_there_is_ascii(home: Path) -> None:
    lines = plot("1", PYTHONIOENCODING="ascii")
    assert "".join(lines).isascii()
    assert "100 %+" in lines[1]


@pytest.mark.parametrize(
    ("word", "last"),
    [
        ("gini", "  ━ last 0.375"),
        ("norm", "  ━ last 1.02e+03"),
        ("restricted", "  A restricted 2.5  a test 1"),
    ],
)
def test_short_words_stand_for_columns(word: str, last: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    newest = measured(110, embedding_gini=0.375, sum_squared_weights=1024.0)
    append(list_runs(home)[0], [newest, Progress(110, restricted_test_loss=2.5)])
    lines = printed(capsys, "1", word)
    assert lines[0] == f"{word} over steps  0001-add11-mlp: a + b mod 11, mlp"
    assert lines[-1] == last
    column = {"gini": "embedding_gini", "norm": "sum_squared_weights"}.get(word)
    if column:
        assert printed(capsys, "1", column)[1:] == lines[1:]


def test_a_spectrum_is_bars_over_frequencies(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = list_runs(home)
    append(runs[0], [Spectrum(90, (9.0,) * 5), Spectrum(100, (1.0, 4.0, 2.0, None, 0.0))])
    lines = printed(capsys, "1", "spectrum", "--graph", "block", "--size", "80x14")
    assert lines[0] == "last spectrum  0001-add11-mlp: a + b mod 11, mlp"
    assert lines[-1] == "  ━ largest k 2 4 at step 100"
    assert lines[-2].split() == ["0", "1", "2", "3", "4", "5"], lines
    # As high as the norm: 4 is the whole axis, 2 half of it, and what is no number or 0 has none.
    heights = [sum("█" in line[at : at + 3] for line in lines[1:-3]) for at in bar_places(lines[-2])]
    assert heights[1] > heights[2] > heights[0] > heights[3]
    assert heights[2] == pytest.approx(heights[1] / 2, abs=1)
    append(runs[1], [Spectrum(100, (3.0, 1.0, 1.0, 1.0, 1.0))])
    both = printed(capsys, "1", "2", "spectrum", "--size", "60x14")
    assert both[0] == "last spectrum"
    assert {"A", "B"} <= set("".join(both[1:-3]))
    assert both[-2:] == [
        "  0001-add11-mlp  A largest k 2 4 at step 100  seed 0",
        "  0002-add11-mlp  B largest k 1 3 at step 100  seed 1",
    ]


def bar_places(axis: str) -> list[int]:
    """Columns around the numbers 1 … 5 below an axis."""
    return [axis.index(str(k)) - 1 for k in range(1, 6)]


@pytest.mark.parametrize("size", ["24x10", "100X25", "300x40"])
def test_a_chart_is_as_large_as_it_is_given(size: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    columns, rows = (int(number) for number in size.lower().split("x"))
    lines = printed(capsys, "3", "loss", "--size", size)
    assert rows * 0.7 <= len(lines) <= rows
    assert max(map(len, lines[1:-1])) == columns


def test_ascii_has_no_other_signs(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    append(list_runs(home)[0], [Spectrum(100, (1.0, 4.0, 2.0))])
    for words in (["1"], ["1", "2", "loss"], ["1", "spectrum"]):
        assert printed(capsys, *words, "--ascii") == printed(capsys, *words, "--graph", "ascii")
        assert "".join(printed(capsys, *words, "--ascii")).isascii()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("1 --size 100", "--size must be COLUMNSxROWS from 24x10 to 500x200, such as 100x25, not 100"),
        ("1 2 --size 24x10", "--size must be COLUMNSxROWS from 24x11 to 500x200, such as 100x25, not 24x10"),
        ("1 --size ½x¾", "--size must be COLUMNSxROWS from 24x10 to 500x200, such as 100x25, not ½x¾"),
        ("1 spectrum --log-x", "a spectrum is drawn over frequencies, not over steps: leave out --log-x"),
        ("1 spectrum", "no spectrum is logged in 0001-add11-mlp: it is not measured there, or not defined"),
        ("1 --ascii --graph block", "--ascii is --graph ascii: leave out --graph block, or --ascii"),
        ("1 gini norm", "plot draws one measure at a time, not gini, norm"),
        ("1 ginni", "unknown measure 'ginni'"),
    ],
)
def test_what_is_refused(line: str, sentence: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, *line.split()).startswith(sentence)


def test_one_record_and_none(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    create_run(Config(p=11), ViewOptions(), home)
    assert refused(capsys, "4") == "nothing is logged yet in 0004-add11-mlp: plot it when it has trained"
    append(list_runs(home)[3], [Session(0, "started", "", 0.0)])
    assert refused(capsys, "last", "loss") == "nothing is logged yet in 0004-add11-mlp: plot it when it has trained"
    lines = plot("3", "restricted_loss")
    assert sum(line.count("●") for line in lines) == 1
    assert lines[-1] == "  ━ last 2.5"


def test_what_cannot_be_drawn_is_one_sentence(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "1", "2", "circularity") == (
        "no circularity is logged in 0001-add11-mlp, 0002-add11-mlp: it is not measured there, or not defined"
    )
    assert refused(capsys, "1", "restricted_loss", "--log-x") == (
        "no step above 0 has a restricted_loss in 0001-add11-mlp: leave out --log-x"
    )
    append(list_runs(home)[0], [Progress(100, softmax_collapse=0.0)])
    assert refused(capsys, "1", "softmax_collapse", "--log-y") == (
        "no softmax_collapse above 0 is logged in 0001-add11-mlp: leave out --log-y"
    )
    assert refused(capsys, "1", "1") == "0001-add11-mlp is named twice: name each run once"
    assert refused(capsys, *"1231231") == "2 to 6 runs can be compared at once, not 7"
    assert refused(capsys, "9").startswith("there is no run '9' in ")
    list_runs(home)[1].log_path.write_text("{}\n")
    assert refused(capsys, "1", "2").startswith("line 1 of ")


def test_a_name_that_is_no_text_for_a_terminal_is_shown_as_escapes(home: Path) -> None:
    run = list_runs(home)[0]
    run.path.rename(evil := home / "0001-\x1b[31m")
    assert r"0001-\x1b[31m: a + b" in plot(str(evil))[0]


def test_plotext_is_loaded_and_nothing_of_the_screen_or_the_lab(home: Path) -> None:
    code = "from grokterm.cli import main; main(['plot', '1'])"
    modules = loaded_by((code,))[code]
    assert "plotext" in modules
    assert not modules & {"torch", "textual", "grokterm.lab", "grokterm.trainer"}


def test_a_training_ends_with_a_chart_of_60_by_12_on_a_terminal() -> None:
    status, printed = on_terminal(["train", *SMALL])
    assert status == 0
    chart = printed[printed.index("accuracy over steps") :].rstrip().split("\r\n")
    assert len(chart) == 12
    assert "━" in chart[0]
    assert " test " in chart[0]
    assert chart[-1].split() == ["0", "20", "40", "60"]
    assert len(chart[-2]) == 60


def test_a_training_that_goes_on_ends_with_one_too(folders: Path) -> None:
    folders.mkdir()
    create_run(Config(p=11, width=32, log_every=5), ViewOptions(), folders)
    status, printed = on_terminal(["train", "--resume", "last", "--until", "60"])
    assert (status, printed.count("accuracy over steps")) == (0, 1)


def test_with_json_the_chart_is_on_standard_error(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w+b") as out:
        status, printed = on_terminal(["train", *SMALL, "--json"], out=out)
    assert status == 0
    assert "accuracy over steps" in printed
    _, line = (tmp_path / "out").read_text().splitlines()
    assert json.loads(line)["step"] == 60
