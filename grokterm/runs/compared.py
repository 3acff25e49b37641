"""Several runs side by side: what each has come to, and in which settings they differ; nothing is written."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from grokterm.config import Value, label, settings
from grokterm.errors import ConfigError, RunFolderError
from grokterm.milestones import GROKKED
from grokterm.number_format import spelled
from grokterm.runs.family import TreeRow, tree
from grokterm.runs.folder import Parent, RunFolder
from grokterm.runs.history import History
from grokterm.runs.log import LogReader

MAX_RUNS: Final = 6
"""Runs that can be compared at once."""
LETTERS: Final = "ABCDEF"
_NO_DIFFERENCE: Final = ("seed", "until", "max_steps", "pace", "on_trouble")
"""Settings in which runs that are folded together may differ."""


class ComparedRun:
    """One of the runs: its log, followed for as long as it is looked at; its trainer is left alone."""

    def __init__(self, row: TreeRow, letter: str) -> None:
        """Reads the configuration; raises RunFolderError."""
        self.folder = row.folder
        self.letter = letter
        self.stem = row.stem
        self.fork: Parent | None = row.fork
        self.history = History(row.folder.config(), "float32")
        self.trouble = ""
        """Why its log cannot be followed; empty while it can."""
        self._reader = LogReader(row.folder.log_path)

    @property
    def has_grokked_as_asked(self) -> bool:
        """Whether it trains until it groks, and has: what it would do later is what it does now."""
        last = self.history.last
        return last is not None and self.history.config.until == "grokked" and GROKKED.reached(last.test_accuracy)

    def read(self) -> None:
        """Takes what is new in the log."""
        if self.trouble:
            return
        try:
            for batch in self._reader.batches():
                self.history.add(batch)
        except (RunFolderError, ConfigError) as error:
            self.trouble = str(error)


@dataclass(frozen=True, slots=True)
class Difference:
    """A setting in which runs differ, and what it is in each."""

    name: str
    texts: tuple[str, ...]
    """One a run; `1 → 3` where it was changed on the way."""


def check_count(count: int) -> None:
    """Makes sure that so many runs can be compared; raises RunFolderError."""
    if not 2 <= count <= MAX_RUNS:
        raise RunFolderError(f"2 to {MAX_RUNS} runs can be compared at once, not {count}")


def compare(folders: Sequence[RunFolder]) -> list[ComparedRun]:
    """The runs with letters, forks behind the runs they come from; raises RunFolderError naming what is wrong."""
    paths = [folder.path.resolve() for folder in folders]
    for folder, path in zip(folders, paths, strict=True):
        if paths.count(path) > 1:
            raise RunFolderError(f"{folder.id} is named twice: name each run once")
    check_count(len(folders))
    return [ComparedRun(row, letter) for row, letter in zip(tree(folders), LETTERS, strict=False)]


def differences(runs: Sequence[ComparedRun]) -> list[Difference]:
    """The settings that are not the same in all runs, from the first step to the last; pace and goals come last."""
    configs = [(run.history.first_config.as_dict(), run.history.config.as_dict()) for run in runs]
    found = []
    for name in sorted(settings(), key=lambda name: settings()[name].group == "Run"):
        values = [_first_and_now(first[name], now[name]) for first, now in configs]
        if any(value != values[0] for value in values):
            found.append(Difference(label(name), tuple(" → ".join(map(spelled, value)) for value in values)))
    return found


def seed_groups(runs: Sequence[ComparedRun]) -> list[list[int]]:
    """The runs by their places, those that differ by their seed alone together; a fork goes with no other run.

    Where they stop and how fast they train does not make runs differ.
    """
    groups: dict[Hashable, list[int]] = {}
    for at, run in enumerate(runs):
        history = run.history
        settings_of = (_but_seed(config.as_dict()) for config in (history.first_config, history.config))
        changes = (
            (change.step, _but_seed(change.values), change.keep, repr(change.ablation), repr(change.rewind))
            for change in history.changes
        )
        made = tuple(change for change in changes if change[1] or change[3] != repr(None))
        groups.setdefault((at if run.fork else None, *settings_of, made), []).append(at)
    return list(groups.values())


def _but_seed(values: Mapping[str, Value]) -> tuple[tuple[str, Value], ...]:
    return tuple(sorted((name, value) for name, value in values.items() if name not in _NO_DIFFERENCE))


def _first_and_now(first: Value, now: Value) -> list[Value]:
    """A setting in the beginning, and now where that is another."""
    return [first] if first == now else [first, now]
