"""A thousand damaged run folders: each is read or refused with one sentence, and no other file is touched."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

import grokterm
from grokterm.cli import main
from grokterm.errors import GroktermError
from grokterm.runs.checkpoints import REGULAR, list_checkpoints, load_checkpoint, read_info
from grokterm.runs.folder import RunFolder, create_run, find_run, list_runs
from grokterm.runs.fork import fork_run
from grokterm.runs.history import History
from grokterm.runs.log import LogReader, read_tail
from grokterm.runs.log_index import last_step
from grokterm.runs.process import recorded_trainer, trainer_alive
from grokterm.runs.removal import check_removable
from grokterm.runs.summary import summarize
from grokterm.trainer.opening import open_run
from grokterm.view_options import ViewOptions
from tests.by_kernels import steps_by_kernels
from tests.cli.terminals import on_terminal
from tests.trainer.running import TINY

__all__ = ["steps_by_kernels"]

PARTS: Final = 5
MUTATIONS: Final = 200
"""Damaged folders in each part: a thousand in all."""
TREACHEROUS: Final = [
    *(b"", b"\x00", b"\n", b"\r\n", b"\xff\xfe", b'"', b"{", b"[" * 3000, b"}", b"-", b"9" * 400, b"1e999", b"null"),
    *(b"NaN", b"true", b"../../outside", b"\xed\xa0\x80", b"\x1b[2J", b"cos\nsystem\n(S'touch outside'\ntR."),
    *(b"\x80\x04\x95", b"-1", b"18446744073709551616", b"[[]]", b"format = 2\n", b'kind":"change"', b"step"),
]
"""Bytes that readers stumble over."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a good run with a change, checkpoints, and what a trainer leaves."""
    home = tmp_path_factory.mktemp("model")
    folder = create_run(TINY.changed({"log_every": 5}), ViewOptions(), home)
    session = open_run(folder).session
    session.begin()
    for stop in (20, 40):
        while session.step < stop:
            session.advance(stop - session.step)
        session.save(REGULAR)
        session.change({"weight_decay": 1.0 + stop}, keep=False, by="")
    folder.trainer_path.write_text('{"pid":1,"start_time":0.5,"socket":"/nowhere/socket"}')
    folder.trainer_log_path.write_text("its last words\n")
    return folder.path


def mutate(content: bytes, chance: random.Random) -> bytes:
    """The content with one to three damages, near its beginning more often than not."""
    data = bytearray(content)
    for _ in range(chance.randrange(1, 4)):
        near = min(len(data), chance.choice((64, 600, len(data))))
        at = chance.randrange(near + 1)
        match chance.randrange(7):
            case 0 if data:
                data[min(at, len(data) - 1)] ^= 1 << chance.randrange(8)
            case 1:
                del data[at:]
            case 2:
                del data[at : at + chance.randrange(1, 200)]
            case 3:
                data[at:at] = chance.randbytes(chance.randrange(1, 40))
            case 4:
                data[at:at] = chance.choice(TREACHEROUS)
            case 5:
                data[at : at + chance.randrange(1, 12)] = chance.choice(TREACHEROUS)
            case _:
                lines = bytes(data).splitlines(keepends=True)
                chance.shuffle(lines)
                data = bytearray(b"".join(lines))
    return bytes(data)


def readers(home: Path) -> list[Callable[[], object]]:
    """Everything that reads a run folder without training it."""
    folder = find_run("1", home)

    def history() -> object:
        found = History(folder.config())
        found.add(LogReader(folder.log_path).read())
        return found

    def reach() -> object:
        return last_step(folder, LogReader(folder.log_path).read())

    paths = list_checkpoints(folder.checkpoint_folder)
    return [
        *(folder.config, folder.view, folder.parent, history, reach),
        *(lambda: summarize(folder), lambda: list_runs(home), lambda: read_tail(folder.log_path, 4096)),
        *(lambda: trainer_alive(folder), lambda: recorded_trainer(folder), lambda: check_removable(folder)),
        *(lambda path=path: load_checkpoint(path) for path in paths),
        *(lambda path=path: read_info(path).to_config() for path in paths),
        lambda: grokterm.open_run("1", runs=home).history,
    ]


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("part", range(PARTS))
def test_a_damaged_run_is_read_or_refused_in_a_sentence(model: Path, tmp_path: Path, part: int) -> None:
    outside, forks = tmp_path / "outside", tmp_path / "forks"
    outside.write_text("untouched")
    home = tmp_path / "damaged"
    home.mkdir()
    shutil.copytree(model, home / model.name)
    files = [path.relative_to(model) for path in contents(model)]
    good, refused = contents(home), 0
    for seed in range(part * MUTATIONS, (part + 1) * MUTATIONS):
        chance = random.Random(seed)
        target = home / model.name / chance.choice(files)
        damaged = mutate(good[target], chance)
        target.write_bytes(damaged)
        reading = readers(home)
        if seed % 8 == 0:  # making folders takes longest
            forks.mkdir()
            reading.append(lambda: fork_run(find_run("1", home), forks, 20, {"weight_decay": 3.0}))
        for read in reading:
            try:
                read()
            except GroktermError as error:
                refused += bool(str(error).strip())
            except Exception as error:
                raise AssertionError(f"seed {seed}, {target.name}: {type(error).__name__}: {error}") from error
        assert contents(home) == {**good, target: damaged}, (seed, target.name)
        shutil.rmtree(forks, ignore_errors=True)
        target.write_bytes(good[target])
    assert refused > MUTATIONS
    assert sorted(path.name for path in tmp_path.iterdir()) == ["damaged", "outside"]
    assert outside.read_text() == "untouched"


def test_the_model_of_a_step_comes_from_the_newest_good_checkpoint(model: Path, tmp_path: Path) -> None:
    home = tmp_path / "damaged"
    shutil.copytree(model, home / model.name)
    exact = {step: grokterm.open_run(model).at(step).parameters for step in (33, 40)}
    paths = list_checkpoints(RunFolder(home / model.name).checkpoint_folder)
    for seed in range(16):
        path, step = ((paths[0], 33), (paths[1], 40))[seed % 2]
        content = path.read_bytes()
        path.write_bytes(mutate(content, random.Random(seed)))
        assert path.read_bytes() != content
        with pytest.warns(UserWarning, match=f"the checkpoint {path} cannot be used"):
            found = grokterm.open_run("1", runs=home).at(step).parameters
        assert all(found[name].tobytes() == array.tobytes() for name, array in exact[step].items())
        path.write_bytes(content)


FAULTS: Final[dict[str, tuple[Callable[[RunFolder], object], str]]] = {
    "no config": (lambda run: run.config_path.unlink(), "is no run"),
    "config of a newer version": (
        lambda run: run.config_path.write_text(run.config_path.read_text().replace("format = 1", "format = 2")),
        "was made by a newer grokterm (run folder format 2; this one reads up to 1): upgrade grokterm to open it",
    ),
    "config that is none": (lambda run: run.config_path.write_text("p = "), "config.toml cannot be read"),
    "config that no run can have": (
        lambda run: run.config_path.write_text(run.config_path.read_text().replace("p = 7", "p = 1")),
        "config.toml describes no run: --p must be a whole number from 3 to 1,999, not 1",
    ),
    "damaged line": (lambda run: run.log_path.write_bytes(b"what\n"), "line 1 of"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("command", ["fork {} --detach", "replay {}", "train --resume {}", "open_run", "list"])
def test_every_command_refuses_with_the_same_sentence(
    model: Path, folders: Path, capsys: pytest.CaptureFixture[str], fault: str, command: str
) -> None:
    shutil.copytree(model, folders / model.name)
    run = RunFolder(folders / model.name)
    damage, words = FAULTS[fault]
    damage(run)
    before = contents(folders)
    if command == "open_run":
        with pytest.raises(GroktermError) as error:
            grokterm.open_run(run.path)
        said = str(error.value)
    elif command == "list":
        if fault in ("no config", "damaged line"):
            return  # not listed; read only from its end on
        assert main(["runs"]) == 0
        said = capsys.readouterr().out
    else:
        assert main(command.format(run.path).split()) == 2
        printed = capsys.readouterr()
        assert (printed.out, printed.err.count("\n")) == ("", 1)
        said = printed.err
    assert words in said
    assert {path: data for path, data in contents(folders).items() if path.name != ".lock"} == before


def test_a_torn_last_line_and_an_empty_log_are_no_faults(model: Path, folders: Path) -> None:
    shutil.copytree(model, folders / model.name)
    run = RunFolder(folders / model.name)
    whole = grokterm.open_run("1")
    run.log_path.write_bytes(run.log_path.read_bytes() + b'{"kind":"scalars","step":4')
    torn = grokterm.open_run("1")
    assert torn.history["step"].tolist() == whole.history["step"].tolist()
    assert fork_run(run, folders).step == whole.last_step
    run.log_path.write_bytes(b"")
    assert grokterm.open_run("1").last_step == 0
    assert summarize(run).state == "died"


@pytest.mark.parametrize("fault", FAULTS)
def test_the_screen_refuses_with_the_same_sentence(model: Path, folders: Path, fault: str) -> None:
    shutil.copytree(model, folders / model.name)
    run = RunFolder(folders / model.name)
    damage, words = FAULTS[fault]
    damage(run)
    status, printed = on_terminal(["attach", str(run.path)])
    assert status == 2
    assert words in printed
    assert printed.count("\n") == 1
    assert not trainer_alive(run)
