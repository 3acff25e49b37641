"""`grokterm share` prints a run as a line; `grokterm LINE` and `grokterm train LINE` train what is in one."""

from __future__ import annotations

import os
import sys
from typing import Final

from grokterm.cli.options import Values
from grokterm.cli.plugins import check_given
from grokterm.cli.sanitize import sanitize
from grokterm.cli.usage import UsageError
from grokterm.config import Config, label, settings
from grokterm.number_format import counted, spelled
from grokterm.runs.changes import plan_change
from grokterm.runs.folder import find_run, home_path
from grokterm.runs.share import OWN_OF_THE_TRAINER, Share, read_line, write_line
from grokterm.runs.sharing import OUTCOME, outcome_of, share_of
from grokterm.spelling import option_name

DIFFERS: Final = 1
"""Exit status where the parameters are not those of the shared run, in the same circumstances."""
_FREE: Final = ("Run", "Machine", "Screen")
"""Groups of settings that may be given beside a line."""
_SAID: Final = ("task", "op", "p", "arch")
"""Settings that the first line of a description says."""


def share(name: str, values: Values) -> int:
    """Prints a run, up to its newest checkpoint, as a line; raises GroktermError."""
    folder = find_run(name, home_path(values.get("runs")))
    check_given(folder)
    shared, left_out = share_of(folder)
    line = write_line(shared)
    if read_line(line) != shared:
        raise UsageError(f"{folder.id} cannot be shared: its configuration is none that a new run can have")
    if left_out:
        words = f"{counted(left_out, 'later change')} left out, after its newest checkpoint at step {shared.step:,}"
        print(sanitize(words), file=sys.stderr)
    print(line)
    return 0


def watch_line(line: str, preset: str | None, defaults: Values, given: Values) -> int:
    """Trains what is in a line and watches it; raises GroktermError before anything was started."""
    from grokterm.cli.watch import start_run

    shared = read_line(line)
    config = _config(shared, preset, defaults, given)
    return start_run(config, defaults | given, line.strip(), _threads(shared, config))


def train_line(line: str, preset: str | None, defaults: Values, given: Values, as_json: bool, dry_run: bool) -> int:
    """Trains what is in a line, to the step up to which it is shared by default; raises GroktermError.

    Exit status as `grokterm train`, and 1 where other parameters came out in the same circumstances.
    """
    shared = read_line(line)
    config = _config(shared, preset, {}, given)
    if dry_run:
        print_plan(config, shared, as_json)
        return 0
    from grokterm.cli.train import print_result, trained

    goal = {"until": given.get("until", max(shared.step, 1)), "pace": "max"}
    folder, history = trained(config.changed(goal), defaults | given, as_json, line.strip(), _threads(shared, config))
    outcome = outcome_of(history.sessions)
    told = {"shared_step": shared.step, "shared": outcome and outcome.about[OUTCOME], "shared_words": ""}
    told |= {"shared_words": outcome.words} if outcome else {}
    status = DIFFERS if told["shared"] == "differs" else None
    return print_result(folder, history, as_json, status, told)


def print_plan(config: Config, shared: Share | None, as_json: bool) -> None:
    """Prints with which settings a run would train, and what is shared of it."""
    print(*map(sanitize, _described(config, shared)), sep="\n", file=sys.stderr if as_json else sys.stdout)


def _described(config: Config, shared: Share | None) -> list[str]:
    """A configuration, and what is shared of a run with it, in lines of words."""
    start = Config.starting({"task": config.task, "arch": config.arch}).as_dict()
    own = {name: value for name, value in config.as_dict().items() if value != start[name] and name not in _SAID}
    lines = [f"{config.task_words}, {config.arch}"]
    lines += [f"  {label(name)} {spelled(value)}" for name, value in own.items()]
    if shared is None:
        return lines
    present = shared.config
    for step, change in zip(shared.steps, shared.changes, strict=True):
        plan = plan_change(present, step, change.values, change.ablation, change.rewind)
        lines.append(f"step {step:,}: {plan.words}")
        present = plan.config
    milestones = {"memorized": shared.memorized, "grokked": shared.grokked}
    reached = [f"{name} at step {step:,}" for name, step in milestones.items() if step is not None]
    lines.append(f"step {shared.step:,}: {', '.join([*reached, f'parameters have the digest {shared.digest.hex()}'])}")
    if (on := shared.circumstances) is not None:
        lines.append(f"trained on {on.device} with {on.precision} products, {counted(on.threads, 'thread')}")
    return lines


def _config(shared: Share, preset: str | None, defaults: Values, given: Values) -> Config:
    """The configuration of a shared run: what no step depends on is as it is wanted here; raises UsageError."""
    if preset is not None:
        raise UsageError("a shared run has settings of its own: leave --preset out")
    for name in given:
        if name in settings() and settings()[name].group not in _FREE:
            raise UsageError(
                f"a shared run has a {label(name)} of its own: leave {option_name(name)} out, or fork the run with it"
            )
    wanted = {name: value for name, value in defaults.items() if name in OWN_OF_THE_TRAINER}
    for name in ("device", "precision"):
        if name in defaults and getattr(shared.config, name) == "auto":
            wanted[name] = defaults[name]
    return shared.config.changed(wanted | {name: value for name, value in given.items() if name in settings()})


def _threads(shared: Share, config: Config) -> int | None:
    """The threads on which the shared run was trained, if they are there; None for as many as there are."""
    on = shared.circumstances
    if on is None or on.device != "cpu" or config.device not in ("auto", "cpu"):
        return None
    return on.threads if 1 <= on.threads <= (os.cpu_count() or 1) else None
