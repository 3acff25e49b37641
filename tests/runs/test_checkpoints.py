"""Checkpoints: what is saved is loaded bit for bit, what is damaged is refused, and old ones make room."""

from __future__ import annotations

import pickle
import random
import stat
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st

from grokterm.config import Config
from grokterm.errors import RunFolderError
from grokterm.runs.checkpoints import (
    CheckpointInfo,
    Tensors,
    checkpoint_path,
    config_hash,
    list_checkpoints,
    load_checkpoint,
    parse_name,
    quarantine,
    read_info,
    save_checkpoint,
)
from grokterm.runs.retention import REGULAR_LIMIT, checkpoint_budget, thin

TENSORS: Tensors = {
    "parameters.w": np.arange(12, dtype=np.float32).reshape(3, 4),
    "parameters.odd": np.array([[np.nan, -0.0, np.inf]]),
    "optimizer.step": np.array(7),
    "batches.order": np.arange(6).reshape(2, 3).T,
    "none": np.empty((0, 3), dtype=np.uint8),
}


def mark(step: int = 10, reason: str = "regular", changes: int = 0, config: Config | None = None) -> CheckpointInfo:
    values = (config or Config()).as_dict()
    return CheckpointInfo(step, changes, 3, 1.5, reason, "memorizing", values, config_hash(values))


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    written = mark(config=Config(batch_size=64, lr=3e-3, until="grokked"))
    path = save_checkpoint(tmp_path / "checkpoints", written, TENSORS)
    found, tensors = load_checkpoint(path)
    assert found == written == read_info(path)
    assert found.to_config() == Config(batch_size=64, lr=3e-3, until="grokked")
    assert tensors.keys() == TENSORS.keys()
    for name, array in TENSORS.items():
        assert (tensors[name].dtype, tensors[name].shape) == (array.dtype, array.shape)
        assert tensors[name].tobytes() == array.tobytes()
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_any_other_program_reads_the_tensors(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, mark(), TENSORS)
    assert np.array_equal(safetensors.numpy.load_file(path)["parameters.w"], TENSORS["parameters.w"])


def test_checkpoints_stand_in_the_order_of_the_run(tmp_path: Path) -> None:
    wanted = [(9, 0, "regular"), (10, 0, "grokked"), (10, 0, "before_change"), (10, 1, "change"), (200, 1, "regular")]
    for step, changes, reason in random.Random(0).sample(wanted, len(wanted)):
        save_checkpoint(tmp_path, mark(step, reason, changes), {})
    (tmp_path / "000000000900-000-regular.part").touch()
    (tmp_path / "notes.txt").touch()
    assert [parse_name(path) for path in list_checkpoints(tmp_path)] == wanted
    newest = list_checkpoints(tmp_path)[-1]
    assert newest == checkpoint_path(tmp_path, mark(200, "regular", 1))
    assert quarantine(newest).exists()
    assert list_checkpoints(tmp_path)[-1] == checkpoint_path(tmp_path, mark(10, "change", 1))
    assert list_checkpoints(tmp_path / "nowhere") == []


def test_flipped_bits_and_cuts_are_noticed(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, mark(), TENSORS)
    whole, chance = path.read_bytes(), random.Random(0)
    for _ in range(300):
        content = bytearray(whole)
        place = chance.randrange(len(content))
        if chance.random() < 0.7:
            content[place] ^= 1 << chance.randrange(8)
        else:
            del content[place:]
        path.write_bytes(content)
        with pytest.raises(RunFolderError) as error:
            load_checkpoint(path)
        assert path.name in str(error.value)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff" * 100,
        pickle.dumps({"a": 1}),
        (2**62).to_bytes(8, "little") + b"{}",
        (4).to_bytes(8, "little") + b"null",
        safetensors.numpy.save({}),
        safetensors.numpy.save({}, {"grokterm": "{}", "digest": ""}),
        safetensors.numpy.save({}, {"grokterm": "[" * 9000, "digest": ""}),
    ],
    ids=["empty", "bytes", "pickle", "long header", "no object", "no mark", "empty mark", "deep mark"],
)
def test_what_is_no_checkpoint_is_refused(tmp_path: Path, content: bytes) -> None:
    path = checkpoint_path(tmp_path, mark())
    path.write_bytes(content)
    for read in (load_checkpoint, read_info):
        with pytest.raises(RunFolderError):
            read(path)
    with pytest.raises(RunFolderError):
        load_checkpoint(tmp_path / "nothing.safetensors")


def test_a_checkpoint_of_a_newer_version(tmp_path: Path) -> None:
    path = save_checkpoint(tmp_path, msgspec.structs.replace(mark(), format=99, version="9.0"), TENSORS)
    with pytest.raises(RunFolderError, match=r"newer grokterm \(9\.0\)"):
        load_checkpoint(path)


def test_a_checkpoint_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").touch()
    with pytest.raises(RunFolderError, match="cannot be written"):
        save_checkpoint(tmp_path / "checkpoints", mark(), TENSORS)


def fill(folder: Path, reasons: list[str]) -> int:
    """A file in the place of a checkpoint at every tenth step; bytes of each."""
    for i, reason in enumerate(reasons):
        checkpoint_path(folder, mark(10 * i, reason)).write_bytes(bytes(100))
    return 100


def test_thinning_keeps_events_and_the_newest_and_spreads_the_rest(tmp_path: Path) -> None:
    reasons = ["regular"] * 40
    reasons[7] = "memorized"
    reasons[23] = "change"
    size = fill(tmp_path, reasons)
    removed = thin(tmp_path, 12 * size)
    left = [parse_name(path)[0] for path in list_checkpoints(tmp_path)]
    assert {70, 230, 390} <= set(left)
    assert len(left) == 11
    assert len(removed) == 29
    assert max(after - before for before, after in pairwise(left)) <= 80


def test_where_events_alone_are_too_many_the_oldest_go_first(tmp_path: Path) -> None:
    size = fill(tmp_path, ["change"] * 10)
    thin(tmp_path, 4 * size)
    assert [parse_name(path)[0] for path in list_checkpoints(tmp_path)] == [70, 80, 90]
    thin(tmp_path, 0)
    assert [parse_name(path)[0] for path in list_checkpoints(tmp_path)] == [90]
    assert thin(tmp_path / "nowhere", 0) == []


@given(st.lists(st.sampled_from(["regular", "regular", "grokked"]), min_size=1, max_size=25), st.integers(2, 30))
def test_thinning_leaves_room_for_one_more(
    tmp_path_factory: pytest.TempPathFactory, reasons: list[str], most: int
) -> None:
    folder = tmp_path_factory.mktemp("checkpoints")
    size = fill(folder, reasons)
    newest = list_checkpoints(folder)[-1]
    thin(folder, most * size)
    left = list_checkpoints(folder)
    assert newest in left
    assert len(left) <= max(1, most - 1)
    kept = [parse_name(path)[2] for path in left]
    assert "regular" not in kept[:-1] or kept.count("grokked") == reasons.count("grokked")


def test_small_checkpoints_are_not_kept_without_end(tmp_path: Path) -> None:
    for step in range(REGULAR_LIMIT + 20):
        checkpoint_path(tmp_path, mark(step)).touch()
    thin(tmp_path, 10**8)
    assert len(list_checkpoints(tmp_path)) == REGULAR_LIMIT + 1


def test_the_log_takes_room_from_the_checkpoints_but_not_all(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_bytes(bytes(600))
    assert checkpoint_budget(tmp_path, 1000) == 400
    (tmp_path / "log.jsonl").write_bytes(bytes(5000))
    assert checkpoint_budget(tmp_path, 1000) == 250
