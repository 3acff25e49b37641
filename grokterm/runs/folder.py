"""The run folder: where a run lives, how it is made, found and listed."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
import platformdirs
import tomli_w

from grokterm import durable
from grokterm.config import Config, settings
from grokterm.config.plugins import FOLDER as PLUGIN_FOLDER
from grokterm.config.plugins import LOADED
from grokterm.errors import ConfigError, RunFolderError, reason_of
from grokterm.real_files import FILE, FOLDER, is_there, kind_of, open_file
from grokterm.runs.naming import task_name
from grokterm.runs.numbered import names_in, next_number
from grokterm.runs.written import FOLDER_FORMAT, read_written
from grokterm.version import __version__
from grokterm.view_options import ViewOptions

if TYPE_CHECKING:
    from grokterm.runs.plugins import RunPlugin

NOTES_FILE: Final = "notes.json"
PARTIAL_FILES: Final = ("trainer.part", "config.toml.part", "log.jsonl.part", f"{NOTES_FILE}.part")
"""What a process that died while writing may leave in a run folder."""
_TABLES = ("view", "about", "parent", "share", "plugins", "opened")
_NAME_LENGTH = 60
_ELSEWHERE = "choose another with --runs"


@dataclass(frozen=True, slots=True)
class Parent:
    """The run from which another one was forked."""

    run: str
    """Its id."""
    path: str
    """Where its folder was."""
    step: int
    """After how many steps the fork begins."""


@dataclass(frozen=True, slots=True)
class RunFolder:
    """One run on disk, by its path; nothing is read until it is asked for."""

    path: Path

    @property
    def id(self) -> str:
        """The run's name, unique among its neighbours: 0007-add97-mlp."""
        return self.path.name

    @property
    def config_path(self) -> Path:
        """config.toml: the run's first configuration and how it is shown."""
        return self.path / "config.toml"

    @property
    def log_path(self) -> Path:
        """log.jsonl: one record a line."""
        return self.path / "log.jsonl"

    @property
    def trainer_log_path(self) -> Path:
        """trainer.log: what the trainer process printed."""
        return self.path / "trainer.log"

    @property
    def trainer_path(self) -> Path:
        """trainer.json: pid, start time and socket of the present trainer."""
        return self.path / "trainer.json"

    @property
    def checkpoint_folder(self) -> Path:
        """The folder of the checkpoints."""
        return self.path / "checkpoints"

    @property
    def plugin_folder(self) -> Path:
        """The folder of the copies of plugins, where it was made with some."""
        return self.path / PLUGIN_FOLDER

    @property
    def viewer_log_path(self) -> Path:
        """viewer.log: the details of a viewer's failure."""
        return self.path / "viewer.log"

    @property
    def notes_path(self) -> Path:
        """notes.json: tags and a note, where somebody wrote any."""
        return self.path / NOTES_FILE

    @property
    def is_run(self) -> bool:
        """Whether there is a config.toml, whatever that is."""
        return is_there(self.config_path)

    def check(self) -> None:
        """Makes sure that files are files and folders are folders; raises RunFolderError naming what is not.

        Who gives a run folder to somebody else could otherwise have a trainer write elsewhere, or wait for ever.
        """
        files = (self.config_path, self.log_path, self.trainer_path, self.trainer_log_path, self.viewer_log_path)
        wanted = dict.fromkeys((*files, *(self.path / name for name in PARTIAL_FILES)), FILE)
        for path, kind in (wanted | dict.fromkeys((self.checkpoint_folder, self.plugin_folder), FOLDER)).items():
            if (found := kind_of(path)) not in (None, kind):
                raise RunFolderError(f"{path} cannot be used: it is {found}, not {kind}")

    def config(self) -> Config:
        """The run's first configuration, with its plugins loaded; raises RunFolderError, also where `check` does."""
        self.check()
        written = self._read()
        if plugins := self._plugins(written):
            from grokterm.runs.plugins import load_plugins

            load_plugins(self.path, plugins)
        try:
            return Config.written({name: value for name, value in written.items() if name not in _TABLES})
        except ConfigError as error:
            raise RunFolderError(f"{self.config_path} describes no run: {error}") from None

    def names(self) -> tuple[str, str]:
        """Task and architecture as its config.toml names them, true or not; raises RunFolderError."""
        self.check()
        written = self._read()
        task, op, p, arch = (str(written.get(name, ""))[:_NAME_LENGTH] for name in ("task", "op", "p", "arch"))
        return (f"{op} mod {p}" if task == "table" else task), arch

    def plugins(self) -> tuple[RunPlugin, ...]:
        """The plugins that it was made with, of which none is loaded; raises RunFolderError."""
        self.check()
        return self._plugins(self._read())

    def _plugins(self, written: dict[str, Any]) -> tuple[RunPlugin, ...]:
        if "plugins" not in written:
            return ()
        from grokterm.runs.plugins import decode_plugins

        try:
            return decode_plugins(written["plugins"])
        except (msgspec.ValidationError, ValueError) as error:
            raise RunFolderError(f"the [plugins] table of {self.config_path} cannot be used: {error}") from None

    def view(self) -> ViewOptions:
        """How the run is shown; raises RunFolderError."""
        try:
            return msgspec.convert(self._read().get("view", {}), ViewOptions)
        except msgspec.ValidationError as error:
            raise RunFolderError(f"the [view] table of {self.config_path} cannot be used: {error}") from None

    def parent(self) -> Parent | None:
        """The run from which this one was forked, if it was; raises RunFolderError."""
        written = self._read().get("parent")
        try:
            return None if written is None else msgspec.convert(written, Parent)
        except msgspec.ValidationError as error:
            raise RunFolderError(f"the [parent] table of {self.config_path} cannot be used: {error}") from None

    def _read(self) -> dict[str, Any]:
        return read_written(self.path, self.config_path)


def runs_home(given: Path | None = None) -> Path:
    """The folder of all runs: `given`, else $GROKTERM_HOME, else the user's data folder; made if it is not there.

    Raises RunFolderError where it cannot be made or written to.
    """
    home = home_path(given)
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise RunFolderError(f"the run folder {home} cannot be made: {reason_of(error)}; {_ELSEWHERE}") from None
    if not os.access(home, os.W_OK | os.X_OK):
        raise RunFolderError(f"the run folder {home} is not writable: {_ELSEWHERE}")
    return home


def home_path(given: Path | None = None) -> Path:
    """Where the folder of all runs is, or would be; nothing is made."""
    home = given or Path(os.environ.get("GROKTERM_HOME") or platformdirs.user_data_dir("grokterm"))
    return home.expanduser().absolute()


def create_run(config: Config, view: ViewOptions, home: Path, line: str = "") -> RunFolder:
    """A new run folder with its config.toml, numbered one above the highest in `home`; raises RunFolderError.

    `line` is the shared run that it follows. It is brought to the disk when it begins to train, since a screen waits
    for this: until then there is nothing in it that could be lost.
    """
    with new_folder(config, home, sync=False) as folder:
        write_config(folder, config, view, {"share": {"line": line}} if line else {}, sync=False)
    return folder


@contextmanager
def new_folder(config: Config, home: Path, sync: bool = True) -> Iterator[RunFolder]:
    """A new folder to be filled, named after `config`; removed again where that fails; raises RunFolderError.

    It is no run before it has its config.toml, which is therefore written last.
    """
    task = task_name(config)
    folder: RunFolder | None = None
    try:
        with _locked(home):
            path = home / f"{next_number(home):04d}-{task}-{config.arch}"
            path.mkdir(mode=0o700)
            folder = RunFolder(path)
        folder.checkpoint_folder.mkdir(mode=0o700)
        yield folder
        if sync:
            durable.sync_folder(home)
    except BaseException as error:
        if folder is not None:
            shutil.rmtree(folder.path, ignore_errors=True)
        if isinstance(error, OSError):
            raise RunFolderError(f"no run can be made in {home}: {reason_of(error)}; {_ELSEWHERE}") from None
        raise


def list_runs(home: Path) -> list[RunFolder]:
    """The runs in `home`, oldest first, damaged ones too, none where it is not there; raises RunFolderError."""
    return [folder for name in names_in(home) if (folder := RunFolder(home / name)).is_run]


def find_run(name: str, home: Path) -> RunFolder:
    """The run that is meant by an id, its number, a unique prefix, `last`, or a path; raises RunFolderError."""
    if os.sep in name or name in (".", ".."):
        folder = RunFolder(Path(name).expanduser().absolute())
        if not folder.is_run:
            raise RunFolderError(f"{name} is no run: it has no config.toml")
        return folder
    runs = list_runs(home)
    if not runs:
        raise RunFolderError(f"there is no run in {home} yet")
    if name == "last":
        return runs[-1]
    exact = [run for run in runs if run.id == name]
    numbered = [run for run in runs if name.isdecimal() and int(run.id.split("-")[0]) == int(name)]
    near = exact or numbered or [run for run in runs if name and run.id.startswith(name)]
    if len(near) == 1:
        return near[0]
    if near:
        shown = ", ".join(run.id for run in near[-5:])
        raise RunFolderError(f"{name!r} fits {len(near)} runs: choose one of {'… ' if len(near) > 5 else ''}{shown}")
    raise RunFolderError(f"there is no run {name!r} in {home}: the last one is {runs[-1].id}")


def name_of(folder: RunFolder) -> str:
    """What a person types for a run: its number, or its id where that has none."""
    return folder.id.split("-")[0].lstrip("0") or folder.id


def write_config(
    folder: RunFolder, config: Config, view: ViewOptions, origin: Mapping[str, Any], sync: bool = True
) -> None:
    """Writes copies of plugins and config.toml, whole or not at all, which makes the folder a run; raises OSError.

    `origin` is the table `parent` or `share` of a run that was made from another one, or `opened` of others' weights.
    """
    values = {name: getattr(config, name) for name in settings()}
    tables: dict[str, Any] = {"view": asdict(view), "about": {"format": FOLDER_FORMAT, "version": __version__}}
    if LOADED:
        from grokterm.runs.plugins import copy_plugins

        tables["plugins"] = copy_plugins(folder.path)
    written = tomli_w.dumps({**values, **tables, **origin}).encode()
    durable.write(folder.config_path, written, folder.path / "config.toml.part", sync=sync)


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    """Keeps two new runs from taking one number; where the file system knows no locks, mkdir alone decides."""
    lock = open_file(home / ".lock", os.O_RDWR | os.O_CREAT)
    try:
        with suppress(OSError):
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
