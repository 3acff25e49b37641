"""The log: whole lines or nothing, whatever happens to writer and file."""

from __future__ import annotations

import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokterm.config import Value
from grokterm.errors import RunFolderError
from grokterm.runs.log import LogReader, LogWriter, read_tail
from grokterm.wire.records import (
    Change,
    Event,
    Progress,
    Record,
    Scalars,
    Session,
    Spectrum,
    Structure,
    decode_record,
    encode_record,
)
from tests.patience import PATIENCE

numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
steps = st.integers(0, 2**53)
scalars = st.builds(
    Scalars, step=steps, seconds=st.floats(0, 1e9), train_loss=numbers, test_loss=numbers,
    train_accuracy=st.floats(0, 1), test_accuracy=st.floats(0, 1), sum_squared_weights=numbers, gradient_norm=numbers,
    embedding_gini=numbers, key_frequencies=st.none() | st.lists(steps).map(tuple),
    squared_weights=st.dictionaries(st.text(max_size=8), numbers),
)  # fmt: skip
values = st.dictionaries(st.text(max_size=8), st.integers(-(2**53), 2**53) | st.text(max_size=8) | st.floats(-1e9, 1e9))
records = st.one_of(
    scalars,
    st.builds(Change, step=steps, values=values, old=values, words=st.text(), by=st.text(), time=st.floats(0, 1e10)),
    st.builds(Event, step=steps, words=st.text()),
    st.builds(Progress, step=steps, restricted_loss=numbers, consensus_p_value=numbers),
    st.builds(Spectrum, step=steps, norms=st.lists(numbers, max_size=4).map(tuple)),
    st.builds(Structure, step=steps, circularity=numbers),
    st.builds(Session, step=steps, words=st.text(), time=st.floats(0, 1e10), about=values),
)


def test_record_by_record(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    writer, reader = LogWriter(path), LogReader(path)
    assert reader.read() == []
    made: list[Record] = [Event(1, "memorized", "line\nbreak\r\u2028 and é"), Event(2, "grokked", "")]
    for record in made:
        writer.append(record)
        assert reader.read() == [record]
        assert reader.read() == []
    assert LogReader(path).read() == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_long_log_is_read_in_portions(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    writer, reader = LogWriter(path), LogReader(path)
    made: list[Record] = [Event(step, "grokked", "x" * (step % 2000)) for step in range(1000)]
    writer.append(*made)
    portions = list(reader.batches())
    assert len(portions) >= 3
    assert max(sum(len(encode_record(record)) for record in portion) for portion in portions) < 2**19
    assert [record for portion in portions for record in portion] == made
    assert list(reader.batches()) == []
    # Left in the middle, it goes on behind what was taken.
    other = LogReader(path)
    first = next(other.batches())
    assert first + other.read() == made
    assert other.line == len(made)


def test_there_is_no_log_yet(tmp_path: Path) -> None:
    assert LogReader(tmp_path / "log.jsonl").read() == []
    assert read_tail(tmp_path / "log.jsonl", 100) == []


@given(st.lists(records, max_size=8), st.data())
def test_a_log_that_is_cut_anywhere_gives_its_whole_lines_and_goes_on(made: list[Record], data: st.DataObject) -> None:
    content = b"".join(map(encode_record, made))
    cut = data.draw(st.integers(0, len(content)))
    whole = content[:cut].count(b"\n")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.jsonl"
        path.write_bytes(content[:cut])
        reader = LogReader(path)
        assert reader.read() == made[:whole]
        writer = LogWriter(path)
        for record in made[whole:]:
            writer.append(record)
        writer.close()
        assert reader.read() == made[whole:]
        assert path.read_bytes() == content


@given(st.lists(records, max_size=20), st.integers(0, 3000))
def test_the_tail_is_the_last_whole_lines(made: list[Record], size: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.jsonl"
        path.write_bytes(b"".join(map(encode_record, made)) + b'{"kind":')
        tail = read_tail(path, size)
        assert tail == made[len(made) - len(tail) :]
        assert read_tail(path, path.stat().st_size) == made


@given(records)
def test_a_record_is_one_line_and_comes_back(record: Record) -> None:
    line = encode_record(record)
    assert line.count(b"\n") == 1
    assert decode_record(line) == record


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"\xff", b'{"kind":"scalars","step":"one"}', b'{"kind":"poem"}', b"[" * 5000]
)
def test_a_damaged_line_is_told_by_its_number(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(encode_record(Event(1, "memorized", "")) + line + b"\n" + encode_record(Event(2, "grokked", "")))
    with pytest.raises(RunFolderError, match=r"line 2 of .*log.jsonl is damaged") as error:
        LogReader(path).read()
    assert "\n" not in str(error.value)
    assert len(read_tail(path, 10**6)) == 2


def test_a_log_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").mkdir()
    with pytest.raises(RunFolderError):
        LogWriter(tmp_path / "log.jsonl")
    with pytest.raises(RunFolderError):
        LogReader(tmp_path / "log.jsonl").read()


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from grokterm.config import Value
from grokterm.errors import RunFolderError
from grokterm.runs.log import LogWriter
from grokterm.wire.records import Event
writer = LogWriter(Path(sys.argv[1]))
writer.append(Event(1, "memorized", "whole"))
resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY))
for _ in range(2):
    try:
        writer.append(Event(2, "grokked", 100 * "x"))
    except RunFolderError as error:
        print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
writer.append(Event(3, "grokked", "after"))
"""


def test_a_line_that_does_not_fit_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path)], capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.stdout.count("cannot be written") == 2, done.stderr
    assert LogReader(path).read() == [Event(1, "memorized", "whole"), Event(3, "grokked", "after")]


@pytest.mark.parametrize(
    ("written", "read"), [("mlp", "one-hot"), ("embed-mlp", "mlp"), ("transformer", "transformer")]
)
def test_a_change_of_before_names_the_architecture_of_now(written: str, read: str) -> None:
    values: dict[str, Value] = {"arch": written, "lr": 0.1}
    words = "architecture {} → {}, learning rate 0.2 → 0.1"
    now = Change(5, values, {"arch": "mlp", "lr": 0.2}, True, False, words.format("mlp", written), format=1)
    assert decode_record(encode_record(now)) == now
    old = b'{"kind":"change","step":5,"values":{"arch":"%s","lr":0.1},' % written.encode()
    told = words.format("mlp", written).encode()
    old += b'"old":{"arch":"mlp","lr":0.2},"rebuilt":true,"keep":false,"words":"%s"}' % told
    found = decode_record(old)
    assert isinstance(found, Change)
    assert found.values == {"arch": read, "lr": 0.1}
    assert found.old == {"arch": "one-hot", "lr": 0.2}
    assert found.words == words.format("one-hot", read)
    assert decode_record(encode_record(found)) == found
