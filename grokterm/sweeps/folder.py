"""The sweep folder: where a sweep lives, beside the runs, how it is made and found."""

from __future__ import annotations

import os
import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import tomli_w

from grokterm import durable
from grokterm.config import Value
from grokterm.config.plugins import LOADED
from grokterm.errors import ConfigError, RunFolderError, reason_of
from grokterm.real_files import is_there, reading
from grokterm.runs.folder import RunFolder
from grokterm.runs.naming import task_name
from grokterm.runs.numbered import is_typed, make_numbered, names_in, typed_name
from grokterm.runs.plugins import RunPlugin, copy_plugins, decode_plugins, load_plugins
from grokterm.sweeps.axes import Axis, check_axes
from grokterm.sweeps.plan import Plan, short_name
from grokterm.version import __version__

_LETTER: Final = "s"
"""With which names begin."""
FORMAT: Final = 1
"""Version of the layout, written to sweep.toml; a greater one is refused."""
_LIMIT: Final = 2**22
"""Bytes of sweep.toml that are read."""


@dataclass(frozen=True, slots=True)
class SweepFolder:
    """One sweep on disk, by its path; nothing is read until it is asked for."""

    path: Path

    @property
    def id(self) -> str:
        """The sweep's name, unique among its neighbours: s0003-add31-mlp-wd."""
        return self.path.name

    @property
    def short_id(self) -> str:
        """What a person types for it: s3."""
        return typed_name(self.id, _LETTER)

    @property
    def plan_path(self) -> Path:
        """sweep.toml: what it trains."""
        return self.path / "sweep.toml"

    @property
    def cells_path(self) -> Path:
        """cells.jsonl: one record a run that has ended."""
        return self.path / "cells.jsonl"

    @property
    def curves_path(self) -> Path:
        """curves.f32: the curves of these runs."""
        return self.path / "curves.f32"

    @property
    def state_path(self) -> Path:
        """state.json: how it stands."""
        return self.path / "state.json"

    @property
    def process_folder(self) -> RunFolder:
        """The same folder as that of a process: its coordinator is found and stopped as a trainer is."""
        return RunFolder(self.path)

    @property
    def is_sweep(self) -> bool:
        """Whether there is a sweep.toml, whatever that is."""
        return is_there(self.plan_path)

    def plan(self) -> Plan:
        """What it trains, with its plugins loaded; raises RunFolderError."""
        written = _read(self)
        about = {name: value for name, value in written.items() if name not in ("base", "about", "plugins")}
        load_plugins(self.path, self._plugins(written))
        try:
            read = msgspec.convert(about, _Written)
            axes = tuple(Axis(axis.names, axis.values) for axis in read.axes)
            check_axes(axes)
            plan = Plan(read.given, axes, read.seeds, read.where)
            base = plan.base.as_dict()
        except (ConfigError, msgspec.ValidationError) as error:
            raise RunFolderError(f"{self.plan_path} describes no sweep: {error}") from None
        was = written.get("base")
        if not isinstance(was, dict) or any(base.get(name) != value for name, value in was.items()):
            made_by = f"{written['about'].get('version')!s:.20}"
            raise RunFolderError(
                f"{self.plan_path} was planned with other defaults, by grokterm {made_by}: "
                "go on with that version, or plan it anew"
            )
        return plan

    def plugins(self) -> tuple[RunPlugin, ...]:
        """The plugins that it was planned with, of which none is loaded; raises RunFolderError."""
        return self._plugins(_read(self))

    def _plugins(self, written: dict[str, Any]) -> tuple[RunPlugin, ...]:
        try:
            return decode_plugins(written.get("plugins", []))
        except (ValueError, msgspec.ValidationError) as error:
            raise RunFolderError(f"the [plugins] table of {self.plan_path} cannot be used: {error}") from None


class _WrittenAxis(msgspec.Struct, frozen=True):
    names: tuple[str, ...]
    values: tuple[tuple[int | float | str, ...], ...]


class _Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The plan as sweep.toml has it."""

    seeds: int
    where: str
    axes: tuple[_WrittenAxis, ...]
    given: dict[str, int | float | str]


def create_sweep(plan: Plan, home: Path) -> SweepFolder:
    """A new sweep folder, of mode 0700, with sweep.toml and plugins; raises RunFolderError, and leaves nothing then."""
    folder: SweepFolder | None = None
    try:
        folder = _new_folder(plan, home)
        written = _written(plan) | ({"plugins": copy_plugins(folder.path)} if LOADED else {})
        durable.write(folder.plan_path, tomli_w.dumps(written).encode(), folder.path / "sweep.toml.part")
        durable.sync_folder(home)
    except BaseException as error:
        if folder is not None:
            shutil.rmtree(folder.path, ignore_errors=True)
        if isinstance(error, OSError):
            raise RunFolderError(f"no sweep can be made in {home}: {reason_of(error)}") from None
        raise
    return folder


def list_sweeps(home: Path) -> list[SweepFolder]:
    """The sweeps in `home`, oldest first, damaged ones too; none where it is not there. Raises RunFolderError."""
    return [folder for name in names_in(home, _LETTER) if (folder := SweepFolder(home / name)).is_sweep]


def find_sweep(name: str, home: Path) -> SweepFolder:
    """The sweep that is meant by an id, s3, 3, a unique prefix, `last`, or a path; raises RunFolderError."""
    if os.sep in name or name in (".", ".."):
        folder = SweepFolder(Path(name).expanduser().absolute())
        if not folder.is_sweep:
            raise RunFolderError(f"{name} is no sweep: it has no sweep.toml")
        return folder
    sweeps = list_sweeps(home)
    if not sweeps:
        raise RunFolderError(f"there is no sweep in {home} yet")
    if name == "last":
        return sweeps[-1]
    number = name.removeprefix("s")
    exact = [sweep for sweep in sweeps if sweep.id == name]
    numbered = [sweep for sweep in sweeps if number.isdecimal() and _number_of(sweep) == number.lstrip("0")]
    near = exact or numbered or [sweep for sweep in sweeps if name and sweep.id.startswith(name)]
    if len(near) == 1:
        return near[0]
    if near:
        shown = ", ".join(sweep.id for sweep in near[-5:])
        raise RunFolderError(f"{name!r} fits {len(near)} sweeps: choose one of {'… ' if len(near) > 5 else ''}{shown}")
    raise RunFolderError(f"there is no sweep {name!r} in {home}: the last one is {sweeps[-1].id}")


def _number_of(folder: SweepFolder) -> str:
    return folder.id[1:].split("-")[0].lstrip("0")


def names_sweep(name: str, home: Path) -> bool:
    """Whether a name is meant for a sweep and not for a run: s3, an id, or a path with a sweep.toml."""
    if os.sep in name:
        return SweepFolder(Path(name).expanduser().absolute()).is_sweep
    return is_typed(name, _LETTER)


def _new_folder(plan: Plan, home: Path) -> SweepFolder:
    """A folder with the next free number; raises OSError."""
    base, swept = plan.base, [short_name(name) for axis in plan.axes for name in axis.names]
    task = [] if plan.words == "" else [task_name(base)]
    arch = [] if "arch" in swept else [base.arch]
    words = "-".join([*task, *arch, *swept])[:60].strip("-")
    return SweepFolder(make_numbered(home, _LETTER, words))


def _written(plan: Plan) -> dict[str, Any]:
    base: dict[str, Value] = plan.base.as_dict()
    axes = [{"names": list(axis.names), "values": [list(point) for point in axis.values]} for axis in plan.axes]
    about = {"format": FORMAT, "version": __version__}
    return {
        "seeds": plan.seeds, "where": plan.where, "axes": axes,
        "given": dict(plan.given), "base": base, "about": about,
    }  # fmt: skip


def _read(folder: SweepFolder) -> dict[str, Any]:
    path = folder.plan_path
    try:
        with reading(path) as file:
            written = tomllib.loads(file.read(_LIMIT).decode())
    except FileNotFoundError:
        raise RunFolderError(f"{folder.path} is no sweep: it has no sweep.toml") from None
    except OSError as error:
        raise RunFolderError(f"{path} cannot be read: {reason_of(error)}") from None
    except (ValueError, RecursionError) as error:
        raise RunFolderError(f"{path} cannot be read: {error}") from None
    about = written.get("about", {})
    made_by = about.get("format") if isinstance(about, dict) else None
    if not isinstance(made_by, int) or made_by < 1:
        raise RunFolderError(f"{path} cannot be read: its [about] table has no valid format")
    if made_by > FORMAT:
        raise RunFolderError(
            f"{folder.id} was made by a newer grokterm (sweep format {made_by}; this one reads up to {FORMAT}): "
            "upgrade grokterm to open it"
        )
    return written
