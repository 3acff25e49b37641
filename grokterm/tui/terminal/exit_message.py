"""How a viewer was left, and what its shell then says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grokterm.runs.folder import RunFolder, name_of
from grokterm.runs.process import trainer_alive

Left = Literal["detached", "quit", "terminated", "hung up", "crashed", "lost"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a viewer was left, and on which run."""

    left: Left
    folder: RunFolder
    details: str = ""
    """What failed and where the details are, after a crash; why the run folder is no longer there."""
    compared: tuple[RunFolder, ...] = ()
    """The runs that were compared when it was left."""
    back: str = ""
    """The command that comes back, where that is not the one of the run."""

    @property
    def exit_status(self) -> int:
        """What the command ends with.

        0 where the person left, 1 after a crash, 2 where the folder is lost, 128 + N after signal N.
        """
        return {"crashed": 1, "lost": 2, "hung up": 129, "terminated": 143}.get(self.left, 0)

    def words(self) -> str:
        """One line for the shell: what goes on, and how to come back."""
        run, number = self.folder.id, name_of(self.folder)
        if self.compared and self.left == "detached":
            training = sum(map(trainer_alive, self.compared))
            told = f"{training} of {len(self.compared)} runs have a trainer" if training else "nothing was changed"
            return f"{told}; compare again with: grokterm attach {' '.join(map(name_of, self.compared))}"
        back = f"come back with: {self.back or f'grokterm attach {number}'}"
        if self.left == "crashed":
            return f"the viewer failed: {self.details}; {back}"
        if self.left == "lost":
            return self.details
        alive = trainer_alive(self.folder)
        if self.left == "quit":
            return f"{run} {'still writes its last checkpoint' if alive else 'is stopped'}; {back}"
        return f"{run} {'trains on' if alive else 'is kept'}; {back}"
