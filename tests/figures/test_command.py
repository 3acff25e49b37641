"""`grokterm figures`: what it writes, what it refuses, and that nothing is left behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from grokterm.runs.folder import RunFolder
from tests.cli.terminals import run_here
from tests.cli.test_export import refused
from tests.patience import PATIENCE


def test_it_says_where_and_which(run: RunFolder, tmp_path: Path) -> None:
    done = run_here("figures", "last", "--views", "accuracy,table", "--steps", "60,last", "--to", "svg")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / f"{run.id}-figures"
    assert sorted(path.name for path in folder.iterdir()) == [
        *("accuracy.svg", "captions.md", "table-120.svg", "table-60.svg")
    ]
    assert all(path.stat().st_mode & 0o077 == 0 for path in [folder, *folder.iterdir()])
    assert done.stdout.startswith(f"{folder.name}: 3 figures, ")
    written = (folder / "captions.md").read_text(encoding="utf-8")
    assert "**Figure 2: The table of all pairs.** Which pairs the model answers right" in written
    assert f"Run {run.id}, step 60: a + b mod 11 · transformer" in written
    assert refused("figures", "last") == f"{folder} is there already: choose another name with --out"


def test_json_has_every_figure_and_what_is_not_defined(run: RunFolder, tmp_path: Path) -> None:
    done = run_here("figures", "last", "--views", "loss,attention", "--steps", "60", "--out", "f", "--json")
    told = json.loads(done.stdout)
    assert told["run"] == run.id
    assert told["path"] == "f"
    (figure,) = told["figures"]
    assert (figure["name"], figure["step"], figure["file"], figure["title"]) == ("loss", None, "loss.pdf", "Loss")
    assert figure["caption"].startswith("Loss of the training and the test pairs over the steps. ")
    assert f"Run {run.id}: a + b mod 11 · transformer · " in figure["caption"]
    assert told["undefined"].keys() == {"attention"}
    assert (tmp_path / "f" / "loss.pdf").read_bytes().startswith(b"%PDF")


def test_a_name_that_is_markup_stays_a_name(run: RunFolder, tmp_path: Path) -> None:
    run.path.rename(evil := run.path.with_name("0001-*x*<b>$y$_\x1b[31m"))
    done = run_here("figures", str(evil), "--views", "accuracy", "--out", "f")
    assert done.returncode == 0, done.stderr
    assert r"0001-\*x\*\<b\>\$y\$\_�\[31m" in (tmp_path / "f" / "captions.md").read_text(encoding="utf-8")
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("figures", "figures needs a run: see grokterm figures --help"),
        ("figures 7", "there is no run '7'"),
        ("figures last --views circle", "did you mean circles?"),
        ("figures last --views", "--views needs a value: see grokterm figures --help"),
        ("figures last --steps 1,x", "--steps takes steps and last, as 0,500,last, and 'x' is none"),
        ("figures last --views table --steps 121", "has steps 0 to 120, and 121 is none of them"),
        ("figures last --to gif", "unknown format 'gif': choose pdf, svg, png"),
        ("figures last --theme mono", "the theme mono takes its colours from a terminal: figures need one of "),
        ("figures last --views loss --out nowhere/x", "nowhere/x cannot be written: no such file or directory"),
        ("figures last --step 60", "unknown option '--step': did you mean --steps, or "),
    ],
)
def test_what_is_refused(line: str, words: str, run: RunFolder, tmp_path: Path) -> None:
    assert words in refused(*line.split())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


def test_a_damaged_run_leaves_nothing(run: RunFolder, tmp_path: Path) -> None:
    with run.log_path.open("a") as log:
        log.write("{torn\n")
    assert "is damaged" in refused("figures", "last")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


def test_without_matplotlib_there_is_a_sentence() -> None:
    code = (
        "import sys; sys.modules['matplotlib'] = None; from grokterm.cli import main; sys.exit(main(['figures', '1']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == ("grokterm: figures need matplotlib, which is not installed: pip install grokterm[figures]\n")
