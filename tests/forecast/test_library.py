"""The library: which runs it has, that the held-out ones are others, and what is kept of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from grokterm.errors import RunFolderError
from grokterm.forecast import __main__ as making
from grokterm.forecast.forecast import why_silent
from grokterm.forecast.library import HELD_OUT, LIBRARY, Shape, read, sampled, save, trained
from grokterm.sweeper.workers import LocalWorkers
from tests.forecast.runs import drawn, made


def test_the_seed_decides_the_runs() -> None:
    assert sampled(LIBRARY, 30, 1) == sampled(LIBRARY, 30, 1)
    assert sampled(LIBRARY, 30, 1) != sampled(LIBRARY, 30, 2)


def test_what_is_held_out_has_other_moduli_and_sizes() -> None:
    assert not {shape.values["p"] for shape in LIBRARY} & {shape.values["p"] for shape in HELD_OUT}
    assert not {(s.values["arch"], s.values["width"], s.values.get("d_model")) for s in LIBRARY} & {
        (s.values["arch"], s.values["width"], s.values.get("d_model")) for s in HELD_OUT[:2]
    }


def test_of_all_of_them_there_are_forecasts() -> None:
    assert {why_silent(config) for config in (*sampled(LIBRARY, 300, 1), *sampled(HELD_OUT, 100, 2))} == {""}


def test_half_of_the_runs_are_drawn_widely() -> None:
    configs = sampled(LIBRARY, 1400, 1)
    none, random = (
        sum(found) / 1400 for found in ([c.weight_decay == 0 for c in configs], [c.corrupt > 0 for c in configs])
    )
    assert 0.03 < none < 0.07
    assert 0.03 < random < 0.07
    assert {config.op for config in configs} == {"add", "subtract", "multiply", "divide"}


def test_runs_that_are_trained_are_kept_and_read(tmp_path: Path) -> None:
    configs = sampled([Shape({"arch": "one-hot", "p": 7, "width": 32}, 200)], 3, 1)
    workers, said = LocalWorkers(1), list[str]()
    runs = list(trained(configs, workers, said.append))
    workers.close(at_once=True)
    assert sorted(str(run.config) for run in runs) == sorted(map(str, configs))
    assert said[-1] == "3 of 3 runs"
    save(runs, tmp_path / "runs.npz")
    for one, other in zip(read(tmp_path / "runs.npz"), runs, strict=True):
        assert (one.config, one.memorized_step, one.last_step) == (other.config, other.memorized_step, other.last_step)
        assert np.array_equal(one.curve, other.curve, equal_nan=True)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04torn", b"\x80\x04pickled"])
def test_what_is_no_library_is_told_of(tmp_path: Path, content: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "runs.npz"
    path.write_bytes(content)
    with pytest.raises(RunFolderError, match="is no library of runs"):
        read(path)
    assert making.main(["--from", str(path), "--out", str(tmp_path / "out.npz")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "out.npz").exists()


def test_the_table_is_made_anew_from_kept_runs(tmp_path: Path) -> None:
    save([*drawn(4), made(200, 900)], tmp_path / "runs.npz")
    assert making.main(["--from", str(tmp_path / "runs.npz"), "--out", str(tmp_path / "out.npz")]) == 0
    with np.load(tmp_path / "out.npz") as found, np.load(making.TABLE) as ours:
        assert sorted(found.files) == sorted(ours.files)
