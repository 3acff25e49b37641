"""Runs and their forks as a tree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from grokterm.errors import RunFolderError
from grokterm.runs.folder import Parent, RunFolder, list_runs


@dataclass(frozen=True, slots=True)
class TreeRow:
    """A run in a tree of runs."""

    folder: RunFolder
    stem: str
    """What is drawn before its name: nothing, or branches that end in ├─ or └─."""
    fork: Parent | None
    """Where it was forked, if it was, whether or not that run is in the tree."""


def tree(folders: Sequence[RunFolder]) -> list[TreeRow]:
    """The runs, each below the nearest run it descends from; forks of one run in the order of their steps."""
    forks = {folder.path: _fork_of(folder) for folder in folders}
    above = {folder.path: _nearest(folder, forks) for folder in folders}
    below: dict[Path | None, list[RunFolder]] = {}
    for folder in folders:
        below.setdefault(above[folder.path], []).append(folder)

    def order(folder: RunFolder) -> tuple[int, str]:
        fork = forks[folder.path]
        return (fork.step if fork and above[folder.path] else 0), folder.id

    def rows(root: RunFolder, stem: str, before: str) -> Iterator[TreeRow]:
        yield TreeRow(root, stem, forks[root.path])
        children = sorted(below.get(root.path, []), key=order)
        for child in children:
            last = child is children[-1]
            yield from rows(child, before + ("└─ " if last else "├─ "), before + ("   " if last else "│  "))

    found = [row for root in sorted(below.get(None, []), key=order) for row in rows(root, "", "")]
    # Folders that name each other as parents hang on no root.
    placed = {row.folder.path for row in found}
    return found + [TreeRow(folder, "", forks[folder.path]) for folder in folders if folder.path not in placed]


def family(folder: RunFolder) -> list[RunFolder]:
    """The runs that a run shares a beginning with, itself too: where it comes from, and all forks of that.

    Raises RunFolderError when its neighbours cannot be listed.
    """
    found = {run.path: run for run in [folder, *list_runs(folder.path.parent)]}
    parents = {path: parent for path, run in found.items() if (parent := parent_of(run)) is not None}
    found |= {parent.path: parent for parent in parents.values()}
    relatives, grown = {_root(folder.path, parents)}, True
    while grown:
        more = {path for path, parent in parents.items() if parent.path in relatives} - relatives
        relatives |= more
        grown = bool(more)
    return [run for path, run in sorted(found.items()) if path in relatives]


def parent_of(folder: RunFolder) -> RunFolder | None:
    """The run from which one was forked, if it is still there: beside it, or where it was then."""
    fork = _fork_of(folder)
    if fork is None:
        return None
    places = [folder.path.parent / fork.run, Path(fork.path)]
    there = [place for place in places if place.name == fork.run and RunFolder(place).is_run]
    return next((RunFolder(place) for place in there if place != folder.path), None)


def _fork_of(folder: RunFolder) -> Parent | None:
    with suppress(RunFolderError):
        return folder.parent()
    return None


def _nearest(folder: RunFolder, among: dict[Path, Parent | None]) -> Path | None:
    """The nearest ancestor of a run that is among others."""
    seen = {folder.path}
    present = parent_of(folder)
    while present is not None and present.path not in seen:
        if present.path in among:
            return present.path
        seen.add(present.path)
        present = parent_of(present)
    return None


def _root(path: Path, parents: dict[Path, RunFolder]) -> Path:
    seen = {path}
    while path in parents and parents[path].path not in seen:
        path = parents[path].path
        seen.add(path)
    return path
