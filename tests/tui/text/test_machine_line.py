"""The line of the machine: what it says, what it leaves out first, and what is not known."""

from __future__ import annotations

import pytest

from grokterm.machine import GpuSample, MachineSample
from grokterm.tui.text.machine_line import machine_line
from grokterm.tui.theme import find_theme

DUSK = find_theme("dusk").palette
GPU = GpuSample(0.87, 2_000_000_000, 140_000_000_000, 312.4, 61.0)


@pytest.mark.parametrize(
    ("sample", "words"),
    [
        (None, "machine: looking"),
        (
            MachineSample(1.94, 312_000_000),
            "trainer 1.9 cores, 312 MB · 812/s, 79.6 % of its best · 12 KB/s to the terminal",
        ),
        (MachineSample(None, None), "trainer n/a, n/a · 812/s, 79.6 % of its best · 12 KB/s to the terminal"),
        (
            MachineSample(0.5, 1_000_000_000, GPU),
            "GPU 87 %, 2.0 GB of 140 GB, 312 W, 61 °C · trainer 0.5 cores, 1.0 GB · 812/s, 79.6 % of its best · "
            "12 KB/s to the terminal",
        ),
        (
            MachineSample(0.5, 1_000_000_000, GpuSample(None, None, None, None, None)),
            "GPU n/a, n/a, n/a, n/a · trainer 0.5 cores, 1.0 GB · 812/s, 79.6 % of its best · 12 KB/s to the terminal",
        ),
        (
            MachineSample(0.5, 1_000_000_000, None, "GPU n/a: pip install grokterm[gpu]"),
            "GPU n/a: pip install grokterm[gpu] · trainer 0.5 cores, 1.0 GB · 812/s, 79.6 % of its best · "
            "12 KB/s to the terminal",
        ),
    ],
)  # fmt: skip
def test_it_says_what_was_seen(sample: MachineSample | None, words: str) -> None:
    assert machine_line(sample, 812, 1020, 12_000, DUSK, 200).plain.strip() == words


@pytest.mark.parametrize("width", [1, 10, 20, 40, 60, 80, 120, 200])
def test_it_fits(width: int) -> None:
    sample = MachineSample(0.5, 1_000_000_000, GPU)
    assert machine_line(sample, 812, 1020, None, DUSK, width).cell_length <= width


def test_a_rate_that_is_not_there_leaves_the_best() -> None:
    assert "best 1,020/s" in machine_line(MachineSample(0.0, 1), 0, 1020, None, DUSK, 200).plain
