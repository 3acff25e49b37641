"""A day of training in miniature."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.patience import PATIENCE
from tests.tui.a_day import SPIKE, STEPS


def test_a_million_steps_fit_into_a_viewer_and_keep_their_spike(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.tui.a_day", str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["records"] == STEPS // 10
    assert seen["log"] < 60 * 10**6
    # The plot is 85 cells wide and shows 0 to 1,000,000 steps.
    assert "*" in seen["top"]
    begins, ends = seen["top"].index("+") + 1, seen["top"].rindex(". ") + 1
    assert abs(seen["top"].index("*") - (begins + (ends - begins) * SPIKE / STEPS)) <= 1
    # 100,000 records of 13 numbers and 20,000 of 10 are about 7 MB as columns with room to grow.
    assert seen["sizes"][-1] < seen["sizes"][0] + 10 * 2**20
