"""The commands for scripts: what the keys of the screen do, and how a run stands."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from grokterm.cli import option_groups as groups
from grokterm.cli.defaults import read_defaults
from grokterm.cli.options import read
from grokterm.cli.parameters import PLUGINS, AsJson, Follow, Keep, OneRun, Timeout, WaitUntil, with_options

SettingWords = Annotated[str, Parameter(name="SETTING=VALUE", help="Settings with their values, such as wd=3 lr=1e-3.")]
StepCount = Annotated[str, Parameter(name="N", help="Steps to take.")]


@with_options(groups.folder, plugins=PLUGINS)
def set_settings(
    run: OneRun, /, *changes: SettingWords, keep: Keep = False, as_json: AsJson = False, **given: str | None
) -> int:
    """Change settings of a run that trains, between two of its steps, as the keys do."""
    from grokterm.cli.steering import change

    return change(run, changes, keep, read_defaults() | read(given), as_json)


@with_options(groups.folder)
def pause(run: OneRun, /, *, as_json: AsJson = False, **given: str | None) -> int:
    """Pause a run that trains."""
    from grokterm.cli.steering import pause

    return pause(run, read_defaults() | read(given), as_json)


@with_options(groups.folder)
def go(run: OneRun, /, *, as_json: AsJson = False, **given: str | None) -> int:
    """Have a paused run train on."""
    from grokterm.cli.steering import go

    return go(run, read_defaults() | read(given), as_json)


@with_options(groups.folder)
def step(run: OneRun, count: StepCount, /, *, as_json: AsJson = False, **given: str | None) -> int:
    """Have a run take N steps and pause, and wait for it.

    Exit status 0: it has taken them; 3: it ended or was paused before.
    """
    from grokterm.cli.steering import step

    return step(run, count, read_defaults() | read(given), as_json)


@with_options(groups.folder, plugins=PLUGINS)
def status(run: OneRun, /, *, as_json: AsJson = False, **given: str | None) -> int:
    """Tell how a run stands."""
    from grokterm.cli.following import status

    return status(run, read_defaults() | read(given), as_json)


@with_options(groups.folder, plugins=PLUGINS)
def events(run: OneRun, /, *, follow: Follow = False, as_json: AsJson = False, **given: str | None) -> int:
    """Tell what happened in a run: changes, milestones, phases, troubles, and what its trainer did."""
    from grokterm.cli.following import events

    return events(run, follow, read_defaults() | read(given), as_json)


@with_options(groups.folder, plugins=PLUGINS)
def wait(
    run: OneRun,
    /,
    *,
    until: WaitUntil = None,
    timeout: Timeout = None,
    as_json: AsJson = False,
    **given: str | None,
) -> int:
    """Wait until a run has come somewhere, or has ended.

    Exit status 0: it is there; 3: it ended before; 124: the time was over.
    """
    from grokterm.cli.following import wait

    return wait(run, until, timeout, read_defaults() | read(given), as_json)
