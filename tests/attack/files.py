"""Mutants of every file of a run folder: no command hangs or breaks, nothing outside changes, other runs stay."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import stat
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from grokterm.runs.folder import RunFolder, create_run
from grokterm.view_options import ViewOptions
from tests.attack.mutants import mutate
from tests.trainer.running import TINY

SECONDS: Final = 30.0
"""What a command may take at most; one that waits for a pipe takes for ever."""
ABSENT: Final = ("trainer.json", "trainer.part", "trainer.log", "viewer.log", "config.toml.part", "socket")
"""What a run folder without a trainer need not have."""
_GOAL: Final = 60


def attack_files(chance: random.Random, deadline: float) -> Iterator[str]:
    """A mutant each time, and every command on it."""
    with tempfile.TemporaryDirectory() as work:
        base = Path(work).resolve()
        model = _model(base / "model")
        while time.monotonic() < deadline:
            yield _attack_once(model, base / "scene", chance)


def _model(home: Path) -> Path:
    """The folder of a run with checkpoints that has a way to go."""
    from grokterm.trainer.opening import open_run

    home.mkdir()
    session = open_run(create_run(TINY.changed({"until": _GOAL}), ViewOptions(), home)).session
    session.begin()
    for stop in (20, 40):
        while session.step < stop:
            session.advance(stop - session.step)
        session.save("regular" if stop == 20 else "stopped")
    session.run_log.flush()
    return RunFolder(next(path for path in home.iterdir() if path.is_dir())).path


def _attack_once(model: Path, scene: Path, chance: random.Random) -> str:
    """The fault that a mutant brought out, in a sentence; empty where there was none."""
    home, outside = scene / "home", scene / "outside"
    run, other = home / model.name, home / "0002-add7-mlp"
    try:
        for path in (run, other):
            shutil.copytree(model, path)
        _furnish(outside, model)
        places = sorted(path for path in run.rglob("*")) + [run / name for name in ABSENT]
        places.append(next((run / "checkpoints").iterdir()).with_suffix(".part"))
        told = mutate(chance.choice(places), outside, chance)
        before = _contents(outside) | _contents(other)
        for name, command in _commands(home, run).items():
            fault = _carry_out(command, scene / "printed")
            changed = {path for path, was in (_contents(outside) | _contents(other)).items() if before.get(path) != was}
            if changed or len(before) != len(_contents(outside) | _contents(other)):
                fault = fault or f"changed outside the run: {sorted(changed)[:3]}"
            if fault:
                return f"{told}, {name}: {fault}"
        return _missing(home, other.name, scene / "printed", told)
    finally:
        _end(scene)


def _furnish(outside: Path, model: Path) -> None:
    """What must stay as it is: texts without a newline at their end, and names that a run has too."""
    folder = outside / "folder"
    shutil.copytree(model / "checkpoints", folder)
    next(folder.iterdir()).with_suffix(".part").write_text("half written by somebody else")
    (folder / "config.toml").write_text("of another program")
    (outside / "word.txt").write_text("without any end of line")
    (outside / "letter.txt").write_text("Dear reader,\nthis line has no end")


def _commands(home: Path, run: Path) -> dict[str, Callable[[], int]]:
    """What a person does with a run folder, and what a trainer does."""
    from grokterm import open_run
    from grokterm.cli import main
    from grokterm.replay.__main__ import main as replay
    from grokterm.runs.fork import fork_run
    from grokterm.trainer.__main__ import main as train

    def read() -> int:
        open_run(run).at(10).measures()
        return 0

    def fork() -> int:
        made = fork_run(RunFolder(run), home, 20)
        shutil.rmtree(made.folder.path)
        return 0

    own = ["--runs", str(home)]
    return {
        "runs": lambda: main(["runs", *own]),
        "runs --json": lambda: main(["runs", "--json", *own]),
        "stop": lambda: main(["stop", "1", *own]),
        "open_run": read,
        "fork": fork,
        "replay": lambda: replay([str(run)]),
        "the trainer": lambda: train([str(run), "--idle", "0"]),
        "train --resume, at its goal": lambda: main(["train", "--resume", "1", "--until", "5", *own]),
        "runs again": lambda: main(["runs", *own]),
        "rm": lambda: main(["rm", "1", "--yes", *own]),
    }


def _carry_out(command: Callable[[], int], printed: Path) -> str:
    """What went wrong with a command in a process of its own; empty where nothing did."""
    pid = os.fork()
    if pid == 0:
        _become(command, printed)
    deadline = time.monotonic() + SECONDS
    while os.waitpid(pid, os.WNOHANG) == (0, 0):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return f"hangs: {_words(printed)}"
        time.sleep(0.005)
    words = _words(printed)
    return words if "Traceback" in words else ""


def _become(command: Callable[[], int], printed: Path) -> None:
    """The child's part: does the command, with everything printed into a file, and ends."""
    from grokterm.errors import GroktermError

    status = 70
    try:
        os.setsid()
        file = os.open(printed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        for number in (1, 2):
            os.dup2(file, number)
        sys.stdout = os.fdopen(1, "w", closefd=False)
        sys.stderr = os.fdopen(2, "w", closefd=False)
        status = command()
    except GroktermError as error:
        print(error)
        status = error.exit_status
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _missing(home: Path, name: str, printed: Path, told: str) -> str:
    """Whether another run is still listed, with all that there is to say of it."""
    from grokterm.cli import main

    fault = _carry_out(lambda: main(["runs", "--json", "--runs", str(home)]), printed)
    if fault:
        return f"{told}: {fault}"
    listed = {run["id"]: run for run in json.loads(printed.read_text())}
    return "" if listed.get(name, {}).get("step") == 40 else f"{told}: {name} is no longer listed"


def _words(printed: Path) -> str:
    return printed.read_text(errors="replace")[-3000:] if printed.exists() else ""


def _contents(folder: Path) -> dict[Path, tuple[int, bytes]]:
    """Kind, rights and content of everything in a folder; nothing is followed."""
    found: dict[Path, tuple[int, bytes]] = {}
    for path in folder.rglob("*"):
        mode = path.lstat().st_mode
        found[path] = (mode, path.read_bytes() if stat.S_ISREG(mode) and path.lstat().st_size < 10**7 else b"")
    return found


def _end(scene: Path) -> None:
    """Removes a scene, whatever rights are missing in it."""
    for path in [scene, *scene.rglob("*")]:
        if stat.S_ISDIR(path.lstat().st_mode):
            path.chmod(0o700)
    shutil.rmtree(scene)
