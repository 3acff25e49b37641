"""Tags and notes of runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from grokterm.errors import ConfigError, RunFolderError
from grokterm.runs.folder import RunFolder
from grokterm.runs.notes import MOST_TAGS, Notes, change_notes, read_notes
from grokterm.runs.removal import remove_run
from grokterm.runs.summary import summarize
from tests.patience import PATIENCE
from tests.runs.logged import logged


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return logged(tmp_path)


def test_what_is_written_is_read_and_found_in_the_summary(run: RunFolder) -> None:
    assert read_notes(run) == Notes()
    change_notes(run, lambda notes: notes.tagged(["odd", "good", "odd"]))
    change_notes(run, lambda notes: notes.noted("  the seed\n of the   lottery "))
    assert read_notes(run) == Notes(("odd", "good"), "the seed of the lottery")
    assert run.notes_path.stat().st_mode & 0o777 == 0o600
    summary = summarize(run)
    assert (summary.tags, summary.note, summary.state) == (("odd", "good"), "the seed of the lottery", "stopped")


def test_config_and_log_stay_as_they_are_and_the_run_as_old_as_it_was(run: RunFolder) -> None:
    for path in run.path.iterdir():
        os.utime(path, (1e9, 1e9))
    before = {path.name: path.read_bytes() for path in run.path.iterdir() if path.is_file()}
    assert summarize(run).when == 1e9
    change_notes(run, lambda notes: notes.tagged(["odd"]))
    after = {path.name: path.read_bytes() for path in run.path.iterdir() if path.is_file()}
    assert after.pop("notes.json")
    assert after == before
    assert summarize(run).when == 1e9


def test_the_file_goes_when_nothing_is_left_in_it(run: RunFolder) -> None:
    change_notes(run, lambda notes: notes.tagged(["odd"]).noted("why"))
    change_notes(run, lambda notes: notes.untagged(["odd"]))
    assert read_notes(run) == Notes((), "why")
    change_notes(run, lambda notes: notes.noted(""))
    assert not run.notes_path.exists()


def test_a_run_is_removed_with_its_notes(run: RunFolder) -> None:
    change_notes(run, lambda notes: notes.tagged(["odd"]))
    (run.path / "notes.json.part").write_bytes(b"{")
    remove_run(run)
    assert not run.path.exists()


@pytest.mark.parametrize("word", ["", "two words", "a,b", "x" * 41, "\x1b[31m", "a\u2028b", "\udc80"])
def test_what_is_no_tag_is_refused_in_one_sentence(word: str) -> None:
    with pytest.raises(ConfigError, match="a tag is a word of 1 to 40 characters") as caught:
        Notes().tagged([word])
    assert str(caught.value).isprintable()


def test_limits_are_said() -> None:
    full = Notes().tagged(map(str, range(MOST_TAGS)))
    assert full.tagged(["0"]) == full
    with pytest.raises(ConfigError, match="20 tags at most, and these are 21"):
        full.tagged(["one-more"])
    with pytest.raises(ConfigError, match="1,000 characters at most, not 1,001"):
        Notes().noted("x" * 1001)
    with pytest.raises(ConfigError, match="control character"):
        Notes().noted("\x1b]0;title\x07")
    with pytest.raises(ConfigError, match="has no tag 'b': it has a"):
        Notes(("a",)).untagged(["b"])


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"tags": 1}', b"\xff", b"[" * 70_000])
def test_a_damaged_file_is_named_and_kept_and_no_damage_to_the_run(run: RunFolder, content: bytes) -> None:
    run.notes_path.write_bytes(content)
    with pytest.raises(RunFolderError, match=r"notes\.json cannot be read"):
        change_notes(run, lambda notes: notes.tagged(["odd"]))
    assert run.notes_path.read_bytes() == content
    assert (summarize(run).state, summarize(run).tags) == ("stopped", ())


def test_a_link_or_a_pipe_in_its_place_is_refused(run: RunFolder, tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_bytes(b'{"tags": ["mine"]}')
    run.notes_path.symlink_to(target)
    with pytest.raises(RunFolderError, match="it is a link"):
        change_notes(run, lambda notes: notes.tagged(["odd"]))
    assert target.read_bytes() == b'{"tags": ["mine"]}'
    run.notes_path.unlink()
    os.mkfifo(run.notes_path)
    with pytest.raises(RunFolderError, match="it is a pipe"):
        read_notes(run)


def test_no_tag_is_lost_when_many_write_at_once(run: RunFolder) -> None:
    code = (
        "import sys; from pathlib import Path; from grokterm.runs.folder import RunFolder;"
        "from grokterm.runs.notes import change_notes;"
        "[change_notes(RunFolder(Path(sys.argv[1])), lambda notes: notes.tagged([f'{sys.argv[2]}{i}'])) for i in '012']"
    )
    writers = [subprocess.Popen([sys.executable, "-c", code, str(run.path), name]) for name in "abcd"]
    assert [writer.wait(PATIENCE) for writer in writers] == [0] * 4
    assert sorted(read_notes(run).tags) == [f"{name}{i}" for name in "abcd" for i in "012"]
