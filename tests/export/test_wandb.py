"""An offline run of wandb, read record by record as `wandb sync` reads it."""

from __future__ import annotations

import json
import struct
import sys
import zlib
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from grokterm.export.formats import FORMATS
from grokterm.export.run_table import RunTable
from grokterm.runs.folder import RunFolder
from grokterm.runs.history import read_history
from tests.needs import WANDB, need

_BLOCK = 32768


def records(path: Path) -> Iterator[Any]:
    """The records of a file of wandb: LevelDB's log format behind seven bytes."""
    messages = import_module("wandb.proto.wandb_internal_pb2")
    content = path.read_bytes()
    assert content[:4] == b":W&B"
    at, whole = 7, b""
    while at < len(content):
        if _BLOCK - at % _BLOCK < 7:
            at += _BLOCK - at % _BLOCK
            continue
        check, length, kind = struct.unpack("<IHB", content[at : at + 7])
        part = content[at + 7 : at + 7 + length]
        assert zlib.crc32(part, zlib.crc32(bytes([kind]))) == check
        at, whole = at + 7 + length, whole + part
        if kind in (1, 4):
            yield messages.Record.FromString(whole)
            whole = b""


@pytest.fixture
def written(run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    need(find_spec("wandb"), WANDB)
    monkeypatch.setenv("HOME", str(tmp_path))
    FORMATS["wandb-offline"].write(run, tmp_path / "offline", None, "")
    (path,) = (tmp_path / "offline").iterdir()
    return path


def test_every_number_is_in_it_at_its_step(written: Path, run: RunFolder) -> None:
    table, seen = RunTable(read_history(run)), {}
    found = list(records(written))
    for record in found:
        if record.WhichOneof("record_type") == "history":
            row = {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in record.history.item}
            own = {name: value for name, value in row.items() if not name.startswith("_")}
            seen[record.history.step.num or row["_step"]] = own
    assert seen == {step: table.numbers(row) for row, step in enumerate(table.steps.tolist())}
    (begun,) = [record.run for record in found if record.WhichOneof("record_type") == "run"]
    config = {item.key or item.nested_key[0]: json.loads(item.value_json) for item in begun.config.update}
    assert {name: config[name] for name in ("p", "arch", "lr")} == {"p": 11, "arch": "mlp", "lr": 0.02}
    assert (begun.display_name, begun.project) == (run.id, "grokterm")


def test_nothing_of_this_machine_is_in_it(written: Path, tmp_path: Path) -> None:
    content = written.read_bytes()
    assert all(word.encode() not in content for word in (str(Path.cwd()), str(tmp_path), sys.prefix))
    begun = [record.run for record in records(written) if record.WhichOneof("record_type") == "run"]
    assert [(one.host, one.git.commit) for one in begun] == [("", "")]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".off")] == []
