"""`grokterm share`, and what a line is to the other commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grokterm.config import Config
from grokterm.runs.folder import RunFolder, list_runs
from grokterm.runs.share import SharedChange, read_line, write_line
from grokterm.runs.sharing import share_of
from tests.cli.terminals import run_here
from tests.own import sha256, write_examples
from tests.runs.shares import shared
from tests.terminal.conftest import Grokterm

SMALL = ("--p", "11", "--width", "32", "--log-every", "5", "--device", "cpu", "--precision", "float32")


def trained(*options: str) -> str:
    """The line of a run of 40 steps."""
    assert run_here("train", *SMALL, *options, "--until", "40").returncode == 0
    done = run_here("share", "last", *(("--allow-plugin", options[-1]) if "--allow-plugin" in options else ()))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
    return done.stdout.strip()


def refused(*arguments: str) -> str:
    done = run_here(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("grokterm: ")
    assert done.stderr.count("\n") == 1
    return done.stderr.removeprefix("grokterm: ").strip()


def newest(home: Path) -> RunFolder:
    return list_runs(home)[-1]


def test_a_line_is_trained_to_its_step_and_agrees(folders: Path) -> None:
    line = trained("--seed", "3", "--wd", "2")
    first = newest(folders)
    done = run_here("train", line, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    digest = read_line(line).digest.hex()
    words = f"the parameters at step 40 are those of the shared run, bit for bit (digest {digest})"
    assert (told["step"], told["seed"], told["shared_step"], told["shared"]) == (40, 3, 40, "agrees")
    assert told["shared_words"] == words
    assert f"step 40: {words}\n" in done.stderr
    assert share_of(newest(folders))[0].digest == share_of(first)[0].digest
    assert run_here("share", "last").stdout.strip() == line
    assert run_here("replay", "last").returncode == 0


def test_what_came_out_differently_ends_with_status_1() -> None:
    line = trained()
    other = write_line(shared(read_line(line).config, step=40, circumstances=read_line(line).circumstances))
    done = run_here("train", other)
    assert done.returncode == 1
    assert "although device, threads, precision and versions are the same" in done.stdout
    unlike = write_line(shared(read_line(line).config, step=40))
    done = run_here("train", unlike, "--json")
    assert (done.returncode, json.loads(done.stdout.splitlines()[-1])["shared"]) == (0, "unlike")


def test_another_goal_ends_it_before_anything_is_compared() -> None:
    done = run_here("train", trained(), "--until", "20", "--json")
    told = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, told["step"], told["shared"], told["shared_words"]) == (0, 20, None, "")
    assert run_here("train", trained(), "--max-steps", "20").returncode == 3


def test_a_dry_run_says_what_is_in_a_line(folders: Path) -> None:
    config = Config.starting({"p": 11, "weight_decay": 0.5, "train_fraction": 0.3})
    changes = (SharedChange(30, {"lr": 0.001}), SharedChange(5, {"width": 64}))
    line = write_line(shared(config, changes, step=1200, memorized=140, grokked=1100))
    done = run_here("train", line, "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "a + b mod 11, mlp",
        "  train fraction 0.3",
        "  weight decay 0.5",
        "step 30: learning rate 0.01 → 1e-3",
        "step 35: width 512 → 64",
        "step 1,200: memorized at step 140, grokked at step 1,100, parameters have the digest c8c9cacbcccdcecf",
        "trained on cuda:0 with bfloat16 products, 16 threads",
    ]
    assert run_here("train", "--p", "31", "--wd", "3", "--dry-run").stdout.splitlines()[:2] == [
        "a + b mod 31, mlp",
        "  weight decay 3",
    ]
    assert not folders.exists()


def test_own_defaults_leave_a_shared_run_as_it_is(tmp_path: Path, folders: Path) -> None:
    line = trained()
    path = tmp_path / "config" / "grokterm" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text('weight_decay = 3\nuntil = 10\nlog_every = 7\ntheme = "dusk"\n')
    done = run_here("train", line, "--json")
    assert (done.returncode, json.loads(done.stdout.splitlines()[-1])["shared"]) == (0, "agrees")
    assert newest(folders).config().weight_decay == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("train", "LINE", "--wd", "3"),
            "a shared run has a weight decay of its own: leave --weight-decay out, or fork",
        ),
        (("LINE", "--p", "31"), "a shared run has a p of its own: leave --p out, or fork the run with it"),
        (("train", "LINE", "--preset", "nanda"), "a shared run has settings of its own: leave --preset out"),
        (("train", "LINE", "--resume", "1"), "a shared run and --resume exclude each other"),
        (("train", "--resume", "1", "--dry-run"), "--dry-run and --resume exclude each other"),
        (("train", "LINE"[:2]), "train does not take 'LI': see grokterm train --help"),
        (("LINEx",), "the line is torn or altered: copy it whole, in one piece"),
        (("train", "LINEx"), "the line is torn or altered: copy it whole, in one piece"),
        (("grok7:abc",), "the line was made by a newer grokterm (grok7): upgrade grokterm to read it"),
        (("train", "LINE", "--device", "cuda:99"), "device cuda:99 is not on this machine"),
        (("LINE", "LINE"), "grokterm takes a shared run alone, and not"),
        (("LINE",), "use grokterm train, which needs no terminal"),
        (("share", "7"), "there is no run"),
        (("share",), "share needs a run: see grokterm share --help"),
        (("share", "1", "2"), "share does not take '2': see grokterm share --help"),
    ],
)
def test_what_is_refused(arguments: tuple[str, ...], words: str, folders: Path) -> None:
    line = write_line(shared(Config.starting({"p": 11})))
    assert words in refused(*(word.replace("LINE", line) for word in arguments))
    assert not folders.exists() or not list_runs(folders)


def test_plugins_are_named_and_never_carried(tmp_path: Path, folders: Path) -> None:
    path = write_examples(tmp_path)["capped.py"]
    own = ("--plugin", str(path))
    assert run_here("train", *SMALL, *own, "--op", "capped-sum", "--until", "20").returncode == 0
    assert "give --allow-plugin" in refused("share", "last")
    done = run_here("share", "last", "--allow-plugin", sha256(path))
    assert done.returncode == 0, done.stderr
    line = done.stdout.strip()
    said = refused("train", line)
    assert said.endswith(f"its SHA-256 begins with {sha256(path)[:12]}: give --plugin and that file")
    done = run_here("train", line, *own, "--json")
    assert (done.returncode, json.loads(done.stdout.splitlines()[-1])["shared"]) == (0, "agrees")


def test_the_screen_follows_a_line(grokterm: Grokterm, folders: Path) -> None:
    line = trained()
    terminal = grokterm(line, "--pace", "max", tiny=False)
    terminal.shows("the parameters at step 40", "bit for bit")
    terminal.press("q")
    assert terminal.ends() == 0
    assert newest(folders).id == "0002-add11-mlp"
