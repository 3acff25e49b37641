"""The options that commands share, by group."""

from __future__ import annotations

from collections.abc import Iterable

from grokterm.cli.options import Option, folder_option, notify_option, run_options, view_options


def run() -> Iterable[Option]:
    """All settings of a run."""
    return run_options().values()


def run_at_full_speed() -> Iterable[Option]:
    """The same without the pace."""
    return [option for option in run() if option.name != "pace"]


def swept() -> Iterable[Option]:
    """Those of them that the runs of a sweep have."""
    return [option for option in run_at_full_speed() if option.name != "on_trouble"]


def opened() -> Iterable[Option]:
    """Those of them that weights do not always say: of the task, the model, the loss, training and the machine."""
    idle = ("arch", "init", "init_scale")
    return [option for option in run_options().values() if option.group not in ("Run",) and option.name not in idle]


def screen() -> Iterable[Option]:
    """How the screen is drawn."""
    return view_options().values()


def chart() -> Iterable[Option]:
    """What of it a chart in the scrollback reads."""
    return [view_options()[name] for name in ("color", "graph")]


def folder() -> Iterable[Option]:
    """Where the runs are."""
    return [folder_option()]


def notify() -> Iterable[Option]:
    """Who is told what happens."""
    return [notify_option()]
