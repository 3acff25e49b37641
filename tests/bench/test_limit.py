"""The processor's peak, and the operations of a step that are held against it."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest

from grokterm.bench.budget import LeftOutError
from grokterm.bench.limit import Peak, operations
from grokterm.bench.steps import matrix_products, product_sizes
from grokterm.config import Config
from grokterm.kernels.build import NO_COMPILER, build_peak
from grokterm.lab.engine import Engine
from tests.lab.examples import ARCHITECTURES
from tests.needs import AMX, COMPILER, need


def loops(folder: Path) -> ctypes.CDLL:
    built = build_peak(folder)
    need(built.reason != NO_COMPILER, COMPILER)
    assert built.library is not None, built.reason
    library = ctypes.CDLL(str(built.library))
    for name in ("measure_peak", "measure_tile_peak"):
        if hasattr(library, name):
            getattr(library, name).argtypes, getattr(library, name).restype = (ctypes.c_int64,), ctypes.c_double
    return library


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_operations_are_those_of_the_products_forward_and_backward(arch: str) -> None:
    engine = Engine(
        Config(p=7, width=32, d_model=16, heads=2, device="cpu", precision="float32").changed({"arch": arch})
    )
    by_operands = sum(2 * x.shape[0] * x.shape[1] * w.shape[1] for x, w in matrix_products(engine))
    assert operations(product_sizes(engine)) == by_operands


def test_operations_of_one_product_by_hand() -> None:
    assert operations([(2, 3, 5)]) == 3 * 2 * 30


def test_the_loop_counts_a_multiply_add_of_every_lane_as_two(tmp_path: Path) -> None:
    library = loops(tmp_path)
    once = library.measure_peak(1)
    assert once in (2 * 12 * lanes for lanes in (16, 8, 4))
    assert library.measure_peak(1000) == 1000 * once


def test_the_loop_of_tiles_counts_their_products(tmp_path: Path) -> None:
    library = loops(tmp_path)
    need(hasattr(library, "measure_tile_peak") and library.measure_tile_peak(1), AMX)
    assert library.measure_tile_peak(10) == 10 * 4 * 2 * 16 * 16 * 32


def test_every_thread_counts(tmp_path: Path) -> None:
    once = loops(tmp_path).measure_peak(1)
    peak = Peak("float32", 3, tmp_path)
    try:
        each = peak.operations / 3
        assert each >= once
        assert each % once == 0
        peak.run()
        assert peak.operations == 3 * each
    finally:
        peak.close()


def test_without_a_compiler_and_without_a_loop_there_is_no_peak(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loops(tmp_path)
    with pytest.raises(LeftOutError, match="no loop that measures the peak of products in float64"):
        Peak("float64", 1, tmp_path)
    monkeypatch.setenv("CC", str(tmp_path / "nothing"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LeftOutError, match=f"^the processor's peak was not measured: {NO_COMPILER}$"):
        Peak("float32", 1, tmp_path)
