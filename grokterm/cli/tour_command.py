"""The command `tour` and its options."""

from __future__ import annotations

from grokterm.cli import option_groups as groups
from grokterm.cli.defaults import read_defaults
from grokterm.cli.options import read
from grokterm.cli.parameters import TourAgain, TourChapter, with_options


@with_options(groups.folder, groups.notify, groups.screen)
def tour(chapter: TourChapter = None, /, *, again: TourAgain = False, **given: str | None) -> int:
    """Take the tour for newcomers: eight short chapters, each a live run with a question; it goes on where it was left.

    Its runs are in the folder tour beside yours. q stops the trainer and leaves, d leaves and lets it train on.
    """
    from grokterm.cli.tour import tour

    return tour(chapter, again, read_defaults() | read(given))
