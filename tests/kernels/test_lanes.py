"""The kernels in every instruction set that can be run here, against sums in double and against each other."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from grokterm.kernels import build as building
from grokterm.kernels.instruction_sets import SETS, features, fits
from tests import needs

HARNESS = Path(__file__).parent / "harness.c"
NAMES = ("avx512", "avx2", "neon", "portable")
ROUNDING = 1e-5
"""Of the norm of a gradient: float32 has 6e-8 a number, and sums over hundreds of them."""

SOONER = ("-O1",)
"""Compiled in half the time; bits do not depend on it."""


class Case(NamedTuple):
    error: float
    digest: str


@cache
def version(compiler: tuple[str, ...]) -> str:
    """What a compiler is, whatever it is called."""
    told = subprocess.run([*compiler, "--version"], check=True, capture_output=True, text=True).stdout
    return told.partition(" ")[2]


def results(name: str, folder: Path, other: str = "", *flags: str) -> dict[str, Case]:
    """What the harness says of an instruction set; skips where it can be neither run nor emulated."""
    ours = building.find_compiler()
    chosen = (other,) if other and not (ours and version((other,)) == version(ours)) else ours
    return _results(name, folder, chosen, flags)


@cache
def _results(name: str, folder: Path, compiler: tuple[str, ...], more: tuple[str, ...]) -> dict[str, Case]:
    wanted = next(found for found in SETS if found.name == name)
    static: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    if not fits(wanted, features()):
        crossed, emulator = shutil.which("aarch64-linux-gnu-gcc"), shutil.which("qemu-aarch64")
        needs.need(name == "neon" and crossed and emulator, needs.INSTRUCTIONS)
        compiler, static, run = (str(crossed),), ("-static",), (str(emulator),)
    needs.need(compiler, needs.COMPILER)
    program = folder / "-".join((name, Path(compiler[0]).name, *more))
    flags = [flag for flag in (*building.FLAGS, *wanted.flags, *static, *more) if flag not in ("-shared", "-fPIC")]
    sources = [str(HARNESS), str(building.FOLDER / "team.c"), f"-I{building.FOLDER}"]
    subprocess.run([*compiler, *flags, *sources, "-o", str(program), "-lm"], check=True, capture_output=True)
    return told(subprocess.run([*run, str(program)], check=True, capture_output=True, text=True).stdout.splitlines())


def told(lines: Sequence[str]) -> dict[str, Case]:
    split = [line.split() for line in lines]
    return {name: Case(float(error), digest) for name, error, digest in split}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("harness")


@pytest.mark.parametrize("name", NAMES)
def test_steps_are_those_of_sums_in_double(name: str, folder: Path) -> None:
    check(results(name, folder, "", *how(name)))


def how(name: str) -> tuple[str, ...]:
    """Flags for an instruction set: none more for the one that is taken here, and for one that is emulated."""
    here = next(chosen.name for chosen in SETS if chosen.name in NAMES and fits(chosen, features()))
    return () if name in (here, "neon") else SOONER


def check(found: dict[str, Case]) -> None:
    assert len(found) == 36
    assert {case: result for case, result in found.items() if not result.error < ROUNDING} == {}


def test_so_are_those_of_transformers_too_large_for_terms(folder: Path) -> None:
    name = "avx2" if platform.machine() in ("x86_64", "AMD64") else "neon"
    found = results(name, folder, "", "-DMOST_TERMS=0", *SOONER)
    check(found)
    assert {case for case in found if found[case] != results(name, folder)[case]} == {
        case for case in found if "-k0-" not in case
    }


@pytest.mark.parametrize("name", ["avx512", "neon"])
def test_instruction_sets_with_fma_give_the_same_bits(name: str, folder: Path) -> None:
    least = "avx2" if platform.machine() in ("x86_64", "AMD64") else "neon"
    assert results(name, folder, "", *how(name)) == results(least, folder, "", *how(least))


@pytest.mark.parametrize("other", ["gcc", "clang"])
def test_compilers_give_the_same_bits(other: str, folder: Path) -> None:
    needs.need(shutil.which(other), needs.OTHER_COMPILER)
    name = "avx2" if platform.machine() in ("x86_64", "AMD64") else "neon"
    assert results(name, folder, other) == results(name, folder)
