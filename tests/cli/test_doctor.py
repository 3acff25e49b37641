from __future__ import annotations

import os
import platform
import re
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import torch

import grokterm
from grokterm.cli import main
from grokterm.cli.checks import Check, terminal_checks
from grokterm.cli.defaults import config_folder
from grokterm.kernels.build import build_or_explain
from tests.cli.terminals import on_terminal


def terminal(**environment: str) -> dict[str, Check]:
    return {check.name: check for check in terminal_checks(environment)}


def test_all_is_well_here(
    folders: Path,
    devices_described: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("TMUX", "STY", "SSH_TTY", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    said = {"TERM": "vt220", "COLORTERM": "24bit", "LC_ALL": "de_DE.UTF-8", "COLUMNS": "91", "LINES": "33"}
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    assert main(["doctor"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"grokterm {grokterm.__version__}\n")
    found = dict(re.findall(r"^  (?:✓|!) (.{13}) (.+)$", printed, re.MULTILINE))
    found = {name.rstrip(): value for name, value in found.items()}
    for name in ("textual", "rich", "plotext", "numpy", "msgspec", "safetensors", "psutil", "cyclopts", "tomli-w"):
        assert found[name] == version(name)
    assert found["torch"] == torch.__version__
    assert found["python"] == f"{platform.python_version()} at {sys.executable}"
    assert "cpu" in found["devices"].split("; auto takes")[0].split(", ")
    threads, of, processors, _ = found["threads"].split()
    assert (of, int(processors)) == ("of", os.cpu_count())
    assert 1 <= int(threads) <= int(processors)
    assert found["precision"] == f"auto takes {devices_described['precision']} for matrix products"
    assert found["CPU features"].startswith(f"{devices_described['cpu']}, ")
    assert found["run folder"] == f"{folders} (0 runs, 0 training)"
    assert re.fullmatch(r"[\d.,]+ [MGT]B", found["free space"])
    assert found["your defaults"] == f"none set ({config_folder() / 'config.toml'})"
    shipped = {path.stem for path in (Path(__file__).parents[2] / "themes").glob("*.toml")}
    assert set(found["themes"].partition(" (")[0].split(", ")) == shipped
    assert found["multiplexer"] == "none"
    assert found["connection"] == "local"
    assert found["size"] == "91×33"
    assert found["kind"] == "TERM vt220, COLORTERM 24bit"
    assert found["colours"] == "truecolor"
    assert found["locale"].startswith("LC_ALL=de_DE.UTF-8; ")
    built = build_or_explain()
    assert (str(built.library) if built.library else built.reason) in found["kernels"]
    assert printed.endswith("grokterm can run here.\n")


@pytest.mark.usefixtures("devices_known")
def test_what_is_missing_is_named_with_its_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = config_folder() / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text("weight = 1")
    (tmp_path / "file").write_text("")
    assert main(["doctor", "--runs", str(tmp_path / "file")]) == 1
    printed = capsys.readouterr().out
    assert "unknown key 'weight'" in printed
    assert f"→ mend it or move it away: {path}" in printed
    assert "→ make it writable, or choose another with --runs" in printed
    assert printed.endswith("2 things are missing.\n")


def test_on_a_terminal_it_can_be_drawn_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    status, printed = on_terminal(["doctor"])
    assert status == 0
    assert "this terminal can show it" in printed
    assert "120×40" in printed


def test_colours_are_told_as_the_screen_will_use_them() -> None:
    assert terminal(TERM="xterm-256color", COLORTERM="truecolor")["colours"] == Check("colours", "truecolor")
    limited = terminal(TERM="xterm-256color")["colours"]
    assert (limited.found, limited.verdict) == ("256", "note")
    assert "COLORTERM=truecolor" in limited.advice
    assert terminal(TERM="xterm", NO_COLOR="1")["colours"].found.startswith("none")


def test_multiplexers_and_ssh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert terminal()["multiplexer"].found == "none"
    assert "terminal-features" in terminal(TMUX="/tmp/tmux,1,0")["multiplexer"].advice
    tmux = tmp_path / "tmux"
    tmux.write_text("#!/bin/sh\necho 256,RGB,title\n")
    tmux.chmod(0o700)
    assert terminal(TMUX="/tmp/tmux,1,0")["multiplexer"] == Check("multiplexer", "tmux, which passes truecolor")
    assert terminal(STY="1.tty")["multiplexer"].advice == "give --color 256"
    assert terminal(SSH_TTY="/dev/pts/1")["connection"].found.startswith("ssh")
    assert terminal()["connection"].found == "local"
