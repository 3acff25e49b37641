"""The tour as somebody takes it: the chapter they are in, its run, and what they have found out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from grokterm.errors import GroktermError
from grokterm.runs.folder import RunFolder, create_run, list_runs, runs_home
from grokterm.runs.process import start_trainer, stop_trainer, trainer_alive
from grokterm.tour.chapter import Chapter
from grokterm.tour.place import Place, read_place, write_place
from grokterm.view_options import ViewOptions

FOLDER: Final = "tour"
"""The folder of its runs within the home of all runs."""
_STOPPING: Final = 20.0
"""Seconds that the trainer of another chapter is given to end."""


class Tour:
    """Chapters, numbered from 1, and the place in them, which is kept in a file whenever it changes."""

    def __init__(self, home: Path, chapters: Sequence[Chapter], again: bool = False) -> None:
        """The tour of a home of runs, in a folder of its own there; from the first chapter if it is begun `again`.

        Raises RunFolderError.
        """
        self.home = runs_home(home / FOLDER)
        self.chapters = tuple(chapters)
        self.remark = ""
        """What has to be said at first; empty where there is nothing."""
        if again:
            self.place = Place()
            write_place(self.home, self.place)
        else:
            self.place, self.remark = read_place(self.home, len(self.chapters))

    @property
    def number(self) -> int:
        """That of the present chapter."""
        return self.place.chapter

    @property
    def chapter(self) -> Chapter:
        """The present chapter."""
        return self.chapters[self.number - 1]

    @property
    def answer(self) -> str:
        """What came out in the present chapter; empty while it is not done."""
        return self.place.answers.get(self.number, "")

    def open(self, number: int, view: ViewOptions) -> RunFolder:
        """Goes to a chapter: its run trains, where it stood or from the beginning. Raises GroktermError."""
        folder = self._known(number)
        if folder is None:
            folder = create_run(self.chapters[number - 1].config(), view, self.home)
        if not trainer_alive(folder):
            start_trainer(folder)
        self._keep(chapter=number, runs=self.place.runs | {number: folder.id})
        return folder

    def stop_others(self, folder: RunFolder) -> None:
        """Ends the trainers of all other runs of the tour, each after a checkpoint."""
        for other in list_runs(self.home):
            if other != folder and trainer_alive(other):
                with suppress(GroktermError):  # one that cannot be stopped is in nobody's way but the processor's
                    stop_trainer(other, _STOPPING)

    def follow(self, folder: RunFolder) -> None:
        """Takes a run that was made from the chapter's, as by a restart or a fork, for the chapter's own.

        Raises RunFolderError.
        """
        if folder.path.parent == self.home and self.place.runs.get(self.number) != folder.id:
            self._keep(runs=self.place.runs | {self.number: folder.id})

    def answered(self, words: str) -> None:
        """Keeps what came out in the present chapter; raises RunFolderError."""
        self._keep(answers=self.place.answers | {self.number: words})

    def _known(self, number: int) -> RunFolder | None:
        """The run of a chapter, if it is there and can be read."""
        name = self.place.runs.get(number)
        folder = next((run for run in list_runs(self.home) if run.id == name), None)
        with suppress(GroktermError):
            if folder is not None:
                folder.config()
                return folder
        return None

    def _keep(self, **changed: object) -> None:
        place = msgspec.structs.replace(self.place, **changed)
        if place != self.place:
            self.place = place
            write_place(self.home, place)
