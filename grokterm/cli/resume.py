"""`grokterm train --resume`: goes on with a run without a screen."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from grokterm.cli.goal import reached
from grokterm.cli.notify import pass_on_notify, teller
from grokterm.cli.options import Values, view
from grokterm.cli.plugins import check_given
from grokterm.cli.progress import progress_to
from grokterm.cli.requests import send_request, wait_until_caught_up
from grokterm.cli.sanitize import sanitize
from grokterm.cli.train import (
    LIMIT_CAME_FIRST,
    TrainingError,
    check_end,
    draw_at_end,
    follow,
    print_place,
    print_result,
    stopping_when_interrupted,
)
from grokterm.config import Value, settings
from grokterm.errors import TrainerError
from grokterm.runs.changes import plan_change, with_followers
from grokterm.runs.folder import RunFolder, find_run, home_path
from grokterm.runs.goals import goal_of
from grokterm.runs.history import History
from grokterm.runs.log import LogReader
from grokterm.runs.opened import check_trained_here
from grokterm.runs.process import start_trainer, stop_trainer, trainer_alive
from grokterm.user_name import user_name
from grokterm.wire.messages import Change, Go


def resume_training(name: str, defaults: Values, given: Values, as_json: bool) -> int:
    """Goes on with a run to its target or step limit, with the settings that are given; raises GroktermError.

    Where the run is there already, nothing is done: a script may ask again and again.
    """
    folder = find_run(name, home_path((defaults | given).get("runs")))
    check_given(folder)
    check_trained_here(folder, "they are looked at, and not trained")
    history, reader = History(folder.config()), LogReader(folder.log_path)
    records = reader.read()
    history.add(records)
    out = sys.stderr if as_json else sys.stdout
    values: dict[str, Value] = {key: value for key, value in given.items() if key in settings()}
    until, limit = values.get("until", history.config.until), values.get("max_steps", history.config.max_steps)
    there = reached(history, until)
    if there or (history.last is not None and history.last.step >= int(limit)):
        why = "target" if there else "step limit"
        print(sanitize(f"{folder.id} is at its {why} already: nothing to do"), file=out)
        return print_result(folder, history, as_json, 0 if there else LIMIT_CAME_FIRST)
    wanted = with_followers(history.config, values | {"pace": "max"})
    plan = plan_change(history.config, history.last.step if history.last else 0, wanted)
    changes = [plan.values] if plan.values else []
    if not goal_of(records).open and "until" not in plan.values:
        changes = [{"until": "forever"}, {**plan.values, "until": until}]  # so that the goal ends training again
    pass_on_notify(defaults | given)
    with stopping_when_interrupted(folder), progress_to(out, folder.id) as line:
        with _started(folder):
            for change in changes:
                send_request(folder, Change(0, change, by=user_name()))
            send_request(folder, Go(0))
        if as_json:
            print_place(folder)
        end = follow(folder, history, reader, line, teller(out, folder, defaults | given))
    check_end(folder, end, history)
    draw_at_end(out, folder, history, view(defaults))
    return print_result(folder, history, as_json)


@contextmanager
def _started(folder: RunFolder) -> Iterator[None]:
    """A trainer that is ready for requests; one that was started for them ends where it refuses one."""
    alive = trainer_alive(folder)
    if not alive:
        start_trainer(folder, paused=True)
    try:
        wait_until_caught_up(folder)
        yield
    except TrainerError as error:
        if not alive:
            stop_trainer(folder)
        raise TrainingError(f"{folder.id} does not go on: {error}") from None
