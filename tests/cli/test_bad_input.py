from __future__ import annotations

from pathlib import Path

import pytest

from grokterm.cli import main
from grokterm.cli.commands import COMMANDS
from tests.cli.terminals import on_terminal
from tests.commands import run_command
from tests.needs import only_without_root

TRAIN = [
    ("--op divide --p 91", "divide needs a prime p, and 91 is not: 89 and 97 are near"),
    ("--p 2", "--p must be a whole number from 3 to 1,999, not 2"),
    ("--p 2000", "--p must be a whole number from 3 to 1,999, not 2000"),
    ("--p ninety", "--p must be a whole number from 3 to 1,999, not ninety"),
    ("--frac 0", "--train-fraction must be a number above 0 and below 1, not 0"),
    ("--train-fraction .00001", "leaves no train pair"),
    ("--train-fraction .5 --frac .6", "--frac is given twice"),
    ("--p 3 --frac .05", "leaves no train pair among the 9 pairs"),
    ("--arch transfromer", "did you mean transformer?"),
    ("--op substract", "did you mean subtract?"),
    ("--op s5 --p 31", "--op s5 has 120 elements, so that --p is 120 and not 31: leave it out"),
    ("--op s9", "--op 's9' names no group: choose s3 to s5"),
    ("--arch transformer --heads 3", "--heads 3 does not divide --d-model 128"),
    ("--lr -1", "--lr must be a number from 0 to 10, not -1"),
    ("--lr nan", "--lr must be a number from 0 to 10, not nan"),
    ("--wd inf", "--weight-decay must be a number from 0 to 1,000, not inf"),
    ("--device gpu", "unknown device 'gpu'"),
    ("--until groked", "--until must be memorized, grokked, forever, or a whole number"),
    ("--on-trouble panic", "unknown on_trouble 'panic': choose tell, pause, rewind, off"),
    ("--notify=", "--notify must be bell, osc9 or a command, not nothing"),
    ("--until 0", "--until must be memorized, grokked, forever, or a whole number"),
    ("--until", "--until needs a value: see grokterm train --help"),
    ("--widht 3", "unknown option '--widht': did you mean --width, or see grokterm train --help"),
    ("--pace 3", "unknown option '--pace'"),
    ("now", "train does not take 'now': see grokterm train --help"),
    ("--p=97 --p=53", "--p is given twice"),
]

OTHERS = [
    (
        "trian",
        f"unknown command 'trian': choose {', '.join(COMMANDS)}; did you mean train?",
    ),
    ("-p 97", "unknown option '-p'"),
    ("--color blue", "unknown color 'blue': choose auto, truecolor, 256, 16, none"),
    ("--graph dots", "unknown graph 'dots': choose braille, block, ascii"),
    ("--fps 0", "--fps must be a number from 1 to 60, not 0"),
    ("--fps fast", "--fps must be a number from 1 to 60, not fast"),
    ("--pace 0", "--pace must be max, or a number above 0"),
    ("--p 97", "use grokterm train, which needs no terminal"),
    ("attach", "use grokterm train, which needs no terminal"),
    ("runs --xyz", "unknown option '--xyz': see grokterm runs --help"),
    ("stop 99", "there is no run"),
    ("fork last", "use grokterm train, which needs no terminal"),
    ("fork last --detach", "there is no run"),
    ("fork --at 3", "fork needs a run: see grokterm fork --help"),
    ("fork 1 2", "fork does not take '2': see grokterm fork --help"),
    ("fork 1 --at -1", "--at must be a step, 0 or above, not -1"),
    ("fork 1 --at soon", "--at must be a step, 0 or above, not soon"),
    ("fork 1 --wd much", "--weight-decay must be a number from 0 to 1,000, not much"),
    ("resume", "resume needs a run: see grokterm resume --help"),
    ("resume last", "use grokterm train, which needs no terminal"),
    ("replay", "replay needs a run: see grokterm replay --help"),
    ("replay last --to 1.5", "--to must be a step, 0 or above, not 1.5"),
    ("replay last", "there is no run"),
    ("train --resume 3", "there is no run"),
    ("train --resume", "--resume needs a value: see grokterm train --help"),
    ("plot", "plot needs a run: see grokterm plot --help"),
    ("plot loss", "plot needs a run: see grokterm plot --help"),
    ("plot last", "there is no run"),
    ("plot 1 2 los", "unknown measure 'los': choose loss, accuracy, gini, restricted, norm, spectrum, seconds, "),
    ("plot 1 gradient-nrm", "did you mean gradient_norm?"),
    ("plot 1 step", "unknown measure 'step'"),
    ("plot 1 loss accuracy", "plot draws one measure at a time, not loss, accuracy"),
    ("plot 1 --log-z", "unknown option '--log-z': did you mean --log-y, or see grokterm plot --help"),
    ("plot 1 --graph dots", "unknown graph 'dots': choose braille, block, ascii"),
    ("rm", "rm needs a run: see grokterm rm --help"),
    ("rm last --yes", "there is no run"),
    ("rm /dev --yes", "/dev is no run: it has no config.toml"),
    ("stop last --all", "a run and --all exclude each other"),
    ("runs --runs /dev/null/runs", "the run folder /dev/null/runs cannot be read: not a directory"),
    ("train --runs /dev/null/runs", "the run folder /dev/null/runs cannot be made"),
]


def refused(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence on standard error, status 2, and nothing else."""
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("grokterm: ")
    assert words in printed.err
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize(("line", "words"), TRAIN, ids=[line for line, _ in TRAIN])
def test_train_refuses(line: str, words: str, capsys: pytest.CaptureFixture[str], folders: Path) -> None:
    refused(["train", *line.split()], words, capsys)
    assert not folders.exists()


@pytest.mark.parametrize(("line", "words"), TRAIN, ids=[line for line, _ in TRAIN])
def test_the_screen_refuses_the_same(line: str, words: str, capsys: pytest.CaptureFixture[str], folders: Path) -> None:
    if line in ("now", "--pace 3"):
        return
    refused(line.split(), words.replace("grokterm train --help", "grokterm --help"), capsys)
    assert not folders.exists()


@pytest.mark.parametrize(("line", "words"), OTHERS, ids=[line for line, _ in OTHERS])
def test_commands_refuse(line: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    refused(line.split(), words, capsys)


def test_control_characters_are_never_printed(capsys: pytest.CaptureFixture[str]) -> None:
    refused(["train", "--p", "\x1b[31m9\x07\nx"], "not \\x1b[31m9\\x07 x", capsys)
    refused(["\x1b]0;title\x07"], "\\x1b", capsys)


def test_a_device_that_is_not_there_names_those_that_are(capsys: pytest.CaptureFixture[str], folders: Path) -> None:
    refused(["train", "--device", "cuda:99"], "device cuda:99 is not on this machine: choose auto or ", capsys)
    assert not folders.exists()


@pytest.mark.parametrize(
    "line", ["train", "train --resume last", "attach", "fork last", "replay last", "bench", "resume 1"]
)
def test_kernels_that_there_are_not(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folders: Path
) -> None:
    monkeypatch.setenv("GROKTERM_KERNELS", "avx51")
    refused(
        line.split(), "unknown GROKTERM_KERNELS 'avx51': choose 0, avx512, avx2, portable; did you mean avx512?", capsys
    )
    assert not folders.exists()


@only_without_root
def test_a_run_folder_that_is_not_writable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = tmp_path / "locked"
    home.mkdir(mode=0o500)
    refused(["train", "--runs", str(home)], f"the run folder {home} is not writable", capsys)


def test_a_run_folder_that_cannot_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    refused(["train", "--runs", str(tmp_path / "file")], "choose another with --runs", capsys)


def test_a_process_ends_with_the_sentence_alone() -> None:
    done = run_command("--op", "ad")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("grokterm: unknown op 'ad': choose add, ")
    assert done.stderr.endswith("did you mean add?\n")
    done = run_command("--op", "a^2 + 3$b")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("grokterm: --op 'a^2 + 3$b' is no formula: '$' means nothing here, at character 8\n")
    assert done.stderr.split("\n")[1:] == ["  a^2 + 3$b", "         ^", ""]


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (["--theme", "dusq"], {}, "unknown theme 'dusq': choose dusk, "),
        (["--device", "mps:7"], {}, "unknown device 'mps:7'"),
        (["attach", "3"], {}, "there is no run"),
        (["attach"], {}, "there is no run yet: start one with grokterm"),
        ([], {"TERM": "dumb"}, "TERM is dumb: use grokterm train, which needs no terminal"),
    ],
    ids=["theme", "device", "no such run", "no run at all", "dumb terminal"],
)
def test_what_the_screen_refuses_on_a_terminal(
    arguments: list[str], environment: dict[str, str], words: str, folders: Path
) -> None:
    status, printed = on_terminal(arguments, environment)
    assert status == 2
    assert printed.startswith("grokterm: ")
    assert words in printed
    assert printed.count("\n") == 1
    assert not folders.exists() or not any(path.is_dir() for path in folders.iterdir())
