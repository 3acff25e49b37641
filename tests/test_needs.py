"""What the suite says of tests that are skipped, and what it does not skip."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from grokterm.kernels import build as building
from grokterm.kernels.instruction_sets import VARIABLE
from tests import needs

TESTS = Path(__file__).parent
ALLOWED = (TESTS / "needs.py", TESTS / "lab" / "cuda.py", Path(__file__))


@pytest.fixture(autouse=True)
def _empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_skipped_tests_are_told_in_one_line_by_kind() -> None:
    assert needs.told([needs.CUDA] * 22 + [needs.NO_ROOT] * 2) == "skipped: 22 need CUDA, 2 a user who is not root"
    assert needs.told([needs.LINTER]) == "skipped: 1 needs import-linter"


def test_tests_are_skipped_for_no_other_reasons() -> None:
    skips = re.compile(r"\b(skip|skipif|importorskip|xfail)\b\(")
    assert [file for file in TESTS.rglob("*.py") if file not in ALLOWED and skips.search(file.read_text())] == []


def test_a_kernel_that_does_not_compile_is_a_failure_with_what_the_compiler_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "FLAGS", (*building.FLAGS, "-O0"))
    needs.library()  # a machine on which kernels compile
    copy = tmp_path / "kernels"
    shutil.copytree(building.FOLDER, copy)
    broken = copy / "pairs.c"
    broken.write_text(f"{broken.read_text()}\nint f(void) {{ return nothing_of_this_name; }}\n")
    monkeypatch.setattr(building, "FOLDER", copy)
    with pytest.raises(pytest.fail.Exception, match=rf"failed: {re.escape(str(broken))}:\d+:\d+: error: .*nothing_of"):
        needs.library()


def test_without_a_compiler_tests_of_kernels_are_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(building, "find_spec", lambda name: None)
    with pytest.raises(pytest.skip.Exception, match=f"^{needs.COMPILER}$"):
        needs.library()
    monkeypatch.setenv(VARIABLE, "0")
    with pytest.raises(pytest.skip.Exception, match=f"^{needs.KERNELS}$"):
        needs.library()
