"""`grokterm sweep`: plans many runs, has them trained, and shows how they stand."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TextIO

from grokterm.cli.options import Values
from grokterm.cli.sanitize import sanitize, sanitize_json
from grokterm.cli.usage import UsageError
from grokterm.config import settings
from grokterm.config.plugins import plugin_arguments
from grokterm.errors import ConfigError
from grokterm.number_format import size
from grokterm.runs.folder import home_path, runs_home
from grokterm.runs.plugins import check_plugins
from grokterm.runs.process import start_process, trainer_alive
from grokterm.spelling import option_name
from grokterm.sweeps.axes import Axis, read_axes
from grokterm.sweeps.cells import read_state
from grokterm.sweeps.dask_address import check_dask
from grokterm.sweeps.folder import SweepFolder, create_sweep, find_sweep, list_sweeps
from grokterm.sweeps.plan import Plan, shown
from grokterm.wire.swept import SweepState

MODULE: Final = "grokterm.sweeper"
"""The process that trains a sweep."""
_CURVE_BYTES: Final = 5_600
_RECORD_BYTES: Final = 900
"""Bytes that a run takes at most in curves.f32 and in cells.jsonl, about."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a command line asks of a sweep."""

    over: Sequence[str] = ()
    zipped: Sequence[str] = ()
    where: str | None = None
    seeds: int | None = None
    again: str | None = None
    workers: int | None = None
    dask: str | None = None
    dry_run: bool = False
    detach: bool = False
    as_json: bool = False

    @property
    def plans(self) -> bool:
        """Whether it asks for a plan."""
        return bool(self.over or self.zipped or self.where is not None or self.seeds or self.again)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for but how it is printed."""
        return not (self.plans or self.dry_run or self.detach or self.workers or self.dask)


def begin(asked: Asked, defaults: Values, given: Values) -> int:
    """Makes a sweep and has it trained; raises GroktermError before anything was made."""
    values = defaults | given
    plan = plan_of(asked, defaults, given, values)
    plan.check()
    out = sys.stderr if asked.as_json else sys.stdout
    if asked.dry_run:
        _print(described(plan), out)
        return 0
    watched, arguments = _is_watched(asked), worker_arguments(asked)
    if watched:
        from grokterm.cli.sweep_screen import check_screen

        check_screen(values)
    folder = create_sweep(plan, runs_home(values.get("runs")))
    _print([f"sweep {folder.id}", *described(plan)], out)
    start_process(folder.process_folder, MODULE, [*arguments, *plugin_arguments()])
    return shown_or_followed(folder, plan, asked, values, watched)


def go_on(name: str, asked: Asked, values: Values) -> int:
    """Goes on with a sweep: no run that has a record is trained again; raises GroktermError."""
    folder = find_sweep(name, home_path(values.get("runs")))
    plan, watched = folder.plan(), _is_watched(asked)
    check_plugins(folder.path, folder.plugins())
    if watched:
        from grokterm.cli.sweep_screen import check_screen

        check_screen(values)
    if not trainer_alive(folder.process_folder):
        start_process(folder.process_folder, MODULE, [*worker_arguments(asked), *plugin_arguments()])
    return shown_or_followed(folder, plan, asked, values, watched)


def shown_or_followed(folder: SweepFolder, plan: Plan, asked: Asked, values: Values, watched: bool) -> int:
    """Watches a sweep that trains, leaves it to itself, or follows it to its end; the exit status."""
    if watched:
        from grokterm.cli.sweep_screen import watch

        return watch(folder, plan, values)
    if asked.detach:
        from grokterm.cli.watch import runs_option

        attach = f"grokterm attach {folder.short_id}{runs_option(values)}"
        print(sanitize(f"{folder.id} trains; watch it with: {attach}"))
        return 0
    from grokterm.cli.sweep_progress import follow

    return follow(folder, asked.as_json)


def plan_of(asked: Asked, defaults: Values, given: Values, values: Values) -> Plan:
    """The plan that is asked for, on top of that of an older sweep where one is named; raises GroktermError."""
    axes = read_axes(asked.over, asked.zipped)
    own = {name: value for name, value in given.items() if name in settings()}
    if asked.again is None:
        swept = {name for axis in axes for name in axis.names}
        base = {
            name: value
            for name, value in defaults.items()
            if name in settings() and name not in ("until", "pace") and name not in swept
        }
        return Plan({**base, **_checked(own, axes)}, axes, asked.seeds or 1, asked.where or "")
    sweep = find_sweep(asked.again, home_path(values.get("runs")))
    old = sweep.plan()
    new = {name for axis in axes for name in axis.names} | own.keys()
    for axis in old.axes:
        if new & {*axis.names} and not new >= {*axis.names}:
            together = " and ".join(axis.names)
            raise ConfigError(f"{together} go together in {sweep.id}: give them all anew, or none")
    kept = tuple(axis for axis in old.axes if not new & {*axis.names})
    where = old.where if asked.where is None else asked.where
    return Plan({**old.given, **_checked(own, axes)}, (*kept, *axes), asked.seeds or old.seeds, where)


def described(plan: Plan) -> list[str]:
    """A plan in lines of words: its axes, how many runs, and the room that they take at most."""
    cells, seeds, runs = _count(len(plan.cells), "cell"), _count(plan.seeds, "seed"), _count(plan.run_count, "run")
    lines = [f"{cells} × {seeds} = {runs}{plan.words and f' of {plan.words}'}"]
    for axis in plan.axes:
        points = [shown(dict(zip(axis.names, point, strict=True))) for point in axis.values]
        lines.append("  over " + "; ".join(points if len(points) <= 12 else [*points[:6], "…", *points[-5:]]))
    budget = plan.base
    until = "" if budget.until == "forever" else f"until {budget.until}, "
    room = size(plan.run_count * (_CURVE_BYTES + _RECORD_BYTES))
    lines.append(f"  {until}{budget.max_steps:,} steps at most each; up to {room} on the disk")
    return lines


def show_list(values: Values, as_json: bool) -> int:
    """Lists the sweeps, newest last, and says how one is begun."""
    home = home_path(values.get("runs"))
    found = [(folder, read_state(folder), trainer_alive(folder.process_folder)) for folder in list_sweeps(home)]
    if as_json:
        print(sanitize_json([_listed(*one) for one in found]))
        return 0
    for folder, state, alive in found:
        how = "not begun" if state is None else f"{state.finished:,} of {state.total:,} runs, {standing(state, alive)}"
        print(sanitize(f"{folder.id}  {how}"))
    print("begin one with grokterm sweep --over wd=0.1,0.3,1,3 --over frac=0.3:0.7:5 --seeds 3")
    return 0


def standing(state: SweepState, alive: bool) -> str:
    """How a sweep stands, in a word: what was running and has no coordinator was interrupted."""
    return "interrupted" if state.state == "running" and not alive else state.state


def _listed(folder: SweepFolder, state: SweepState | None, alive: bool) -> dict[str, object]:
    counted = {"runs": state.finished, "failed": state.failed, "total": state.total} if state else {}
    how = standing(state, alive) if state else "not begun"
    return {"sweep": folder.id, "folder": str(folder.path), "state": how, **counted}


def worker_arguments(asked: Asked) -> list[str]:
    """The arguments of the coordinator for the workers that are asked for; raises GroktermError."""
    if asked.dask is None:
        return [] if asked.workers is None else ["--workers", str(asked.workers)]
    if asked.workers is not None:
        raise UsageError("--workers are processes of this machine and --dask has others: give one of them")
    check_dask(asked.dask)
    return ["--dask", asked.dask]


def whole(option: str, text: str | None, most: int) -> int | None:
    """The whole number from 1 on that an option gives, if it was given; raises ConfigError."""
    if text is None:
        return None
    plain = text.strip().replace(",", "")
    if not (plain.isdecimal() and plain.isascii() and 1 <= int(plain[:12]) <= most):
        raise ConfigError(f"{option} must be a whole number from 1 to {most:,}, not {text or 'nothing'}")
    return int(plain)


def _checked(own: Values, axes: Sequence[Axis]) -> Values:
    """The settings of the command line; raises ConfigError where an axis takes one as well."""
    for name in (name for axis in axes for name in axis.names):
        if name in own:
            raise ConfigError(f"{option_name(name)} is given, and --over takes it too: leave one out")
    return own


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _print(lines: Sequence[str], out: TextIO) -> None:
    for line in lines:
        print(sanitize(line), file=out)
    out.flush()


def _is_watched(asked: Asked) -> bool:
    if asked.detach and asked.as_json:
        raise UsageError("--detach and --json exclude each other: give one of them")
    return not (asked.detach or asked.as_json) and sys.stdout.isatty() and sys.stdin.isatty()
