"""Which figures of a run are made: names of views, and steps."""

from __future__ import annotations

from typing import Final

from grokterm.errors import ConfigError
from grokterm.guide import number_of, read_page, view_pages
from grokterm.runs.checkpoints import list_checkpoints, parse_name
from grokterm.runs.folder import RunFolder
from grokterm.spelling import unknown

BESIDE: Final = {
    "accuracy": ("Accuracy", "Accuracy of the training and the test pairs over the steps"),
    "loss": ("Loss", "Loss of the training and the test pairs over the steps"),
    "table": ("The table of all pairs", "Which pairs the model answers right, and which of them it was trained on"),
    "bars": ("Bars", "Norm of each frequency, or of a parity of each coordinate, in the first model and now"),
}
"""What there is beside the views, each with its title and a sentence."""
LAST: Final = "last"
"""The newest checkpoint."""


def all_names() -> tuple[str, ...]:
    """The names of all figures, in their order."""
    return (*BESIDE, *(name for kept in view_pages().values() for name in kept))


def chosen_names(words: str | None) -> tuple[str, ...]:
    """The figures that are named, or numbered as in the guide; all by default; raises ConfigError."""
    if words is None:
        return all_names()
    numbered = {str(number_of(name)): name for name in all_names() if number_of(name)}
    found = []
    for word in words.split(","):
        name = word.strip().lower().replace("-", "_")
        name = numbered.get(name, name)
        if name not in all_names():
            raise ConfigError(unknown("view", word.strip(), list(all_names())))
        found.append(name)
    return tuple(dict.fromkeys(found))


def chosen_steps(words: str | None, folder: RunFolder) -> tuple[int, ...]:
    """The steps that are named, rising: the newest checkpoint by default; raises ConfigError."""
    newest = max((parse_name(path)[0] for path in list_checkpoints(folder.checkpoint_folder)), default=0)
    found = set()
    for word in (words if words is not None else LAST).split(","):
        plain = word.strip().replace("_", "")
        if plain == LAST:
            found.add(newest)
        elif plain.isdecimal() and plain.isascii() and len(plain) <= 15:
            found.add(int(plain))
        else:
            raise ConfigError(
                f"--steps takes steps and {LAST}, as 0,500,{LAST}, and {word.strip() or 'nothing'!r} is none"
            )
    return tuple(sorted(found))


def title_of(name: str) -> str:
    """What a figure is called."""
    return BESIDE[name][0] if name in BESIDE else read_page(name).title


def sentence_of(name: str) -> str:
    """What it shows, as its page of the guide says it first."""
    return f"{BESIDE[name][1] if name in BESIDE else read_page(name).summary}."
