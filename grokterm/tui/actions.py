"""Every key and what it does: bindings, footer, help, command palette and README's key table come from here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from textual.binding import Binding

Where = Literal["the trainer", "the screen", "the run", "the sweep"]
Group = Literal[
    "Training", "Model and settings", "What is shown", "Time travel", "Runs", "Diagram", "Cells", "Screen", "Sweep"
]


@dataclass(frozen=True, slots=True)
class Action:
    """One key: what it is called, what it does and where it acts."""

    id: str
    key: str
    """The key as a person reads it: a character, `space`, `ctrl+p`."""
    name: str
    """One or two words, for the footer."""
    words: str
    """What it does, without a full stop."""
    where: Where
    group: Group
    call: str = ""
    """The method of the screen, with arguments, where it is not called like the id."""
    rank: int = 0
    """Footer: 1 stays longest where there is little room; 0 is never there."""
    bound: str = ""
    """The keys as Textual names them, where they are not the one read."""
    footer_key: str = ""
    """The keys shown in the footer, where two actions share a place there."""

    @property
    def method(self) -> str:
        """The action string that Textual runs."""
        return self.call or self.id


ACTIONS: Final = (
    Action("pause", "space", "pause", "Pause or go on; start the trainer again where it is gone",
           "the trainer", "Training", rank=1),
    Action("one_step", ".", "step", "Take one step and pause", "the trainer", "Training", rank=14),
    Action("slower", "<", "pace", "Fewer steps a second", "the trainer", "Training",
           call="pace(-1)", rank=8, footer_key="< >"),
    Action("faster", ">", "faster", "More steps a second, up to as many as the machine can", "the trainer", "Training",
           call="pace(1)"),
    Action("decay_up", "W", "decay up", "Double the weight decay", "the trainer", "Model and settings",
           call="scale('weight_decay', 1)"),
    Action("decay_down", "w", "decay", "Halve the weight decay, down to 0", "the trainer", "Model and settings",
           call="scale('weight_decay', -1)", rank=3, footer_key="w W"),
    Action("rate_up", "L", "rate up", "Double the learning rate", "the trainer", "Model and settings",
           call="scale('lr', 1)"),
    Action("rate_down", "l", "rate", "Halve the learning rate, down to 0", "the trainer", "Model and settings",
           call="scale('lr', -1)", rank=6, footer_key="l L"),
    Action("architecture", "a", "architecture", "Choose another architecture; says what each choice keeps",
           "the trainer", "Model and settings", rank=7),
    Action("optimizer", "o", "optimizer", "Choose another optimizer or gradient filter; the weights stay",
           "the trainer", "Model and settings", rank=16),
    Action("change", "c", "change", "Change anything: at once, with a rebuilt model, or in a new run",
           "the trainer", "Model and settings", rank=5),
    Action("try_it", "t", "try", "Type a and b and see the model's answers", "the trainer", "What is shown", rank=9),
    Action("views", "v", "views", "Choose a view of the model: circles, clocks, spectra, …", "the screen",
           "What is shown", rank=3),
    Action("forecast", "F", "forecast", "See when it is expected to grok, and what changes would do",
           "the screen", "What is shown", rank=11),
    Action("next_view", "n", "next view", "The next view; arrows choose in it, esc closes it", "the screen",
           "What is shown", call="next_view(1)"),
    Action("previous_view", "N", "view before", "The view before", "the screen", "What is shown",
           call="next_view(-1)"),
    Action("ablate", "k", "ablate", "See the model without frequencies, neurons or heads",
           "the trainer", "What is shown", rank=12),
    Action("mark", "m", "mark", "Compare with this step: before and now stand side by side", "the screen",
           "What is shown"),
    Action("next_pane", "tab", "panes", "Go to the next pane", "the screen", "What is shown", call="next_pane(1)"),
    Action("previous_pane", "shift+tab", "panes", "Go to the pane before", "the screen", "What is shown",
           call="next_pane(-1)"),
    Action("go_to_pane", "1–9", "panes", "Go to a pane by its number", "the screen", "What is shown",
           bound=",".join("123456789"), rank=13),
    Action("enlarge", "z", "enlarge", "Enlarge the pane, or put it back", "the screen", "What is shown", rank=10),
    Action("log_y", "y", "log y", "Logarithmic loss axis on or off", "the screen", "What is shown",
           rank=16, footer_key="x y"),
    Action("log_x", "x", "log x", "Logarithmic step axis on or off", "the screen", "What is shown"),
    Action("narrator", "S", "narrator", "Let the narrator speak or be silent", "the screen", "What is shown"),
    Action("machine", "M", "machine", "Show what the machine does: GPU, processor, memory, rates", "the screen",
           "What is shown"),
    Action("next_theme", "T", "theme", "The next theme", "the screen", "What is shown", rank=15),
    Action("screenshot", "s", "screenshot", "Save a screenshot (SVG)", "the screen", "What is shown", rank=12),
    Action("help", "?", "help", "All keys and the phases; in a view, its page of the guide", "the screen",
           "What is shown", rank=4),
    Action("palette", "ctrl+p", "palette", "Find any of these by name", "the screen", "What is shown"),
    Action("earlier", "[", "earlier", "Go back: table, bars and answers as they were at a logged step",
           "the trainer", "Time travel", call="travel(-1)", rank=9, footer_key="[ ]"),
    Action("later", "]", "later", "Go on through the logged steps, up to the newest",
           "the trainer", "Time travel", call="travel(1)"),
    Action("far_earlier", "{", "far back", "Go back ten times as far", "the trainer", "Time travel",
           call="travel(-10)"),
    Action("far_later", "}", "far on", "Go on ten times as far", "the trainer", "Time travel", call="travel(10)"),
    Action("first_step", "home", "first step", "Go to the first step, unless the pane uses the key itself",
           "the trainer", "Time travel"),
    Action("newest_step", "end", "newest step", "Go to the newest step logged", "the trainer", "Time travel"),
    Action("live", "enter", "live", "Return to live; press esc first in the table or a field",
           "the screen", "Time travel"),
    Action("fork", "f", "fork", "Fork here: a new run with changes, from the cursor or from now",
           "the run", "Runs", rank=11),
    Action("branches", "b", "branches", "Go to another branch: the run's parent, siblings and forks",
           "the run", "Runs", rank=14),
    Action("compare", "C", "compare", "Compare up to six runs on the same axes", "the screen", "Runs", rank=13),
    Action("race", "R", "race", "Race optimizers side by side, as forks or as new runs",
           "the run", "Runs", rank=15),
    Action("notes", "#", "notes", "Tag the run, and write a note about it", "the run", "Runs"),
    Action("restart", "r", "restart", "A new run with the next seed; this one stops after a checkpoint",
           "the run", "Runs", rank=11),
    Action("detach", "d", "detach", "Leave the screen; the trainer goes on", "the run", "Runs", rank=2),
    Action("quit", "q", "quit", "Stop the trainer after a checkpoint and leave", "the run", "Runs", rank=1),
)  # fmt: skip

FOOTER_ORDER: Final = (
    "pause", "one_step", "decay_down", "rate_down", "architecture", "optimizer", "change", "slower", "earlier",
    "try_it", "views", "forecast", "ablate", "enlarge", "go_to_pane", "log_y", "next_theme", "screenshot", "fork",
    "branches", "compare", "race", "restart", "help", "detach", "quit",
)  # fmt: skip

OF_TRAINED: Final = frozenset({
    "pause", "one_step", "decay_down", "rate_down", "architecture", "optimizer", "change", "slower", "forecast", "fork",
    "race", "restart",
})  # fmt: skip
"""Those that the footer leaves out for weights that others trained, which are only looked at."""


def action(name: str) -> Action:
    """The action with an id."""
    return next(a for a in ACTIONS if a.id == name)


def bindings(actions: Sequence[Action] = ACTIONS) -> list[Binding]:
    """Textual's bindings for every action; each has the action's id."""
    found: list[Binding] = []
    for a in actions:
        if a.id == "go_to_pane":
            found += [Binding(k, f"go_to_pane({k})", a.words, show=False, id=f"{a.id}_{k}") for k in a.bound.split(",")]
        else:
            found.append(Binding(a.bound or a.key, a.method, a.words, show=False, id=a.id, key_display=a.key))
    return found


def groups(actions: Sequence[Action] = ACTIONS) -> dict[str, list[Action]]:
    """The actions under the heading that help and README show them under."""
    found: dict[str, list[Action]] = {}
    for a in actions:
        found.setdefault(a.group, []).append(a)
    return found
