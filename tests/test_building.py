"""Compiling the kernels: what is said where they cannot be had, by the doctor and in the log."""

from __future__ import annotations

import hashlib
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from grokterm.cli import main
from grokterm.config import Config
from grokterm.errors import ConfigError
from grokterm.kernels import build as building
from grokterm.kernels.build import NO_COMPILER, Built, build, build_or_explain, products
from grokterm.kernels.digest import digest
from grokterm.kernels.instruction_sets import LIMITS, SETS, instruction_set
from grokterm.lab import native
from grokterm.lab.circumstances import circumstances
from grokterm.lab.engine import Engine
from tests.needs import COMPILER, WHEEL, library, need

only_with_a_compiler = pytest.mark.usefixtures("_with_a_compiler")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, devices_known: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, and kernels that are not turned off."""
    monkeypatch.delenv("GROKTERM_KERNELS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "grokterm"


@pytest.fixture
def _with_a_compiler() -> None:
    need(shutil.which("cc") or shutil.which("gcc"), COMPILER)


def compiler(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Path:
    """A compiler that does what a shell script says."""
    path = folder / "cc"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    monkeypatch.setenv("CC", str(path))
    return path


def compile_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves out what takes the compiler most of its time."""
    monkeypatch.setattr(building, "FLAGS", (*(flag for flag in building.FLAGS if flag != "-O3"), "-O0"))


def doctor(capsys: pytest.CaptureFixture[str], status: int = 0) -> str:
    """What the doctor says about the kernels, ending with such a status."""
    assert main(["doctor"]) == status
    lines = capsys.readouterr().out.splitlines()
    at = next(i for i, line in enumerate(lines) if " kernels " in line)
    return "\n".join(lines[at : at + 2])


def test_a_compiler_that_fails_is_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = compiler(tmp_path, monkeypatch, "echo In file; echo 'pairs.c:1: error: no such thing' >&2; exit 1")
    assert build_or_explain(tmp_path) == Built(None, f"{path} failed: pairs.c:1: error: no such thing")
    assert build(tmp_path) is None
    assert f"none: {path} failed: pairs.c:1: error: no such thing; torch takes all steps" in doctor(capsys, 1)
    path = compiler(tmp_path, monkeypatch, "exit 3")
    assert build_or_explain(tmp_path) == Built(None, f"{path} failed: exit status 3")
    assert list(tmp_path.glob("kernels-*")) == []


def test_a_compiler_that_takes_too_long_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "_TIMEOUT", 0.1)
    path = compiler(tmp_path, monkeypatch, "exec sleep 60")
    assert build_or_explain(tmp_path) == Built(None, f"{path} took longer than 0 seconds")


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiler(tmp_path, monkeypatch, "exit 0")
    (tmp_path / "file").write_text("")
    assert build_or_explain(tmp_path / "file").reason == f"they cannot be compiled in {tmp_path / 'file'}: File exists"


def test_without_a_compiler_one_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CC", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(building, "find_spec", lambda name: None)
    assert build_or_explain(tmp_path) == Built(None, NO_COMPILER)
    said = doctor(capsys)
    assert "none: there is no C compiler; torch takes all steps" in said
    assert "install gcc or clang, or pip install 'grokterm[compiler]'" in said


def test_the_compiler_in_a_wheel_serves_where_there_is_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need(find_spec("ziglang"), WHEEL)
    monkeypatch.setenv("CC", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", str(tmp_path))
    built = build(tmp_path)
    assert built is not None
    assert "float32" in products(built)


def test_kernels_that_are_turned_off_are_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GROKTERM_KERNELS", "0")
    assert "none: turned off by GROKTERM_KERNELS=0; torch takes all steps" in doctor(capsys)


def test_a_limit_that_there_is_not_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("GROKTERM_KERNELS", "AVX-512")
    with pytest.raises(ConfigError, match="unknown GROKTERM_KERNELS 'AVX-512': choose 0, avx512, avx2, portable"):
        build()
    assert main(["doctor"]) == 1
    assert "unknown GROKTERM_KERNELS 'AVX-512': choose 0, avx512, avx2, portable" in capsys.readouterr().out


@pytest.mark.parametrize("kept_to", LIMITS)
def test_kernels_can_be_kept_to_an_instruction_set(
    kept_to: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    compile_quickly(monkeypatch)
    monkeypatch.setenv("GROKTERM_KERNELS", kept_to)
    limited = library()
    assert products(limited) == ("float32",)
    assert instruction_set().name in (kept_to, "neon", *LIMITS[LIMITS.index(kept_to) :])
    assert f"kernels-{instruction_set().name}-" in limited.name
    assert f"compiled with {instruction_set().name} for float32 ({limited}" in doctor(capsys)


def test_a_file_that_is_no_library_has_no_products(tmp_path: Path) -> None:
    (tmp_path / "kernels.so").write_bytes(b"not a library")
    assert products(tmp_path / "kernels.so") == ()


def with_version(folder: Path, monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    """This machine's compiler, which gives itself out for another version."""
    real = shutil.which("cc") or shutil.which("gcc")
    script = f'case "$1" in --version) echo "cc {version}";; *) echo "$@" >>{folder / "asked"}; exec {real} "$@";; esac'
    compiler(folder, monkeypatch, script)


@only_with_a_compiler
def test_an_upgraded_compiler_compiles_them_anew_and_the_same_one_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_quickly(monkeypatch)
    monkeypatch.setenv("GROKTERM_KERNELS", "portable")
    with_version(tmp_path, monkeypatch, "12.2.0")
    first = build(tmp_path)
    assert first is not None
    assert build(tmp_path) == first
    with_version(tmp_path, monkeypatch, "12.2.1")
    second = build(tmp_path)
    assert second not in (None, first)
    assert len((tmp_path / "asked").read_text().splitlines()) == 2
    assert second is not None
    assert digest(second) == digest(first)  # the same compiler in truth: the same bits
    second.write_bytes(second.read_bytes() + b"\0")
    assert digest(second) != digest(first)


@only_with_a_compiler
def test_flags_and_source_are_in_the_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = shutil.which("cc") or shutil.which("gcc")
    assert real is not None
    names = [building._name([real], instruction_set())]
    monkeypatch.setattr(building, "FLAGS", (*building.FLAGS, "-g"))
    names.append(building._name([real], instruction_set()))
    names.append(building._name([real], SETS[-1]._replace(flags=("-O0",))))
    monkeypatch.setattr(building, "features", lambda: frozenset({"none"}))
    names.append(building._name([real], instruction_set()))
    copy = tmp_path / "kernels"
    shutil.copytree(building.FOLDER, copy)
    (copy / "step.h").write_text((copy / "step.h").read_text() + "\n")
    monkeypatch.setattr(building, "FOLDER", copy)
    names.append(building._name([real], instruction_set()))
    assert len(set(names)) == 5


@only_with_a_compiler
def test_log_and_doctor_tell_the_digest_of_the_library(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compile_quickly(monkeypatch)
    library = build()
    assert library is not None
    found = hashlib.blake2b(library.read_bytes(), digest_size=8).hexdigest()
    assert f", digest {found}" in doctor(capsys)
    native.load(None)
    engine = Engine(Config(p=11, width=32))
    assert circumstances(engine)["kernels_digest"] == "none"
    try:
        assert native.load(library)
        assert circumstances(engine)["kernels_digest"] == found
    finally:
        native.load(None)
    assert circumstances(engine)["kernels_digest"] == "none"
