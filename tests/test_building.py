"""Compiling the kernels: what is said where they cannot be had, by the doctor and in the log."""

from __future__ import annotations

from pathlib import Path

import pytest

from grokterm.cli import main
from grokterm.kernels import build as building
from grokterm.kernels.build import NO_COMPILER, Built, build, build_or_say, products

HERE = bool(building._sources())
only_where_they_run = pytest.mark.skipif(not HERE, reason="no kernels for this processor")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and kernels that are not turned off."""
    monkeypatch.delenv("GROKTERM_KERNELS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "grokterm"


def compiler(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """A compiler that does what a shell script says."""
    path = folder / "cc"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    monkeypatch.setenv("CC", str(path))
    return path


def doctor(capsys: pytest.CaptureFixture[str]) -> str:
    """What the doctor says about the kernels."""
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    at = next(i for i, line in enumerate(lines) if " kernels " in line)
    return "\n".join(lines[at : at + 2])


@only_where_they_run
def test_a_compiler_that_fails_is_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = compiler(tmp_path, monkeypatch, "echo In file; echo 'pairs.c:1: error: no such thing' >&2; exit 1")
    assert build_or_say(tmp_path) == Built(None, f"{path} failed: pairs.c:1: error: no such thing")
    assert build(tmp_path) is None
    assert f"none: {path} failed: pairs.c:1: error: no such thing; torch takes all steps" in doctor(capsys)
    path = compiler(tmp_path, monkeypatch, "exit 3")
    assert build_or_say(tmp_path) == Built(None, f"{path} failed: exit status 3")
    assert list(tmp_path.glob("kernels-*")) == []


@only_where_they_run
def test_a_compiler_that_takes_too_long_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "_PATIENCE", 0.1)
    path = compiler(tmp_path, monkeypatch, "exec sleep 60")
    assert build_or_say(tmp_path) == Built(None, f"{path} took longer than 0 seconds")


@only_where_they_run
def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiler(tmp_path, monkeypatch, "exit 0")
    (tmp_path / "file").write_text("")
    assert build_or_say(tmp_path / "file").why_not == f"they cannot be compiled in {tmp_path / 'file'}: File exists"


@only_where_they_run
def test_without_a_compiler_one_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CC", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert build_or_say(tmp_path) == Built(None, NO_COMPILER)
    said = doctor(capsys)
    assert "none: there is no C compiler; torch takes all steps" in said
    assert "install one" in said


def test_kernels_that_are_turned_off_are_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GROKTERM_KERNELS", "0")
    assert "none: turned off by GROKTERM_KERNELS=0; torch takes all steps" in doctor(capsys)


def test_a_file_that_is_no_library_has_no_products(tmp_path: Path) -> None:
    (tmp_path / "kernels.so").write_bytes(b"not a library")
    assert products(tmp_path / "kernels.so") == ()
