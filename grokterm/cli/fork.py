"""`grokterm fork`: a new run from a step of another one, on the screen or beside it."""

from __future__ import annotations

import sys

from grokterm.cli.notify import pass_on_notify
from grokterm.cli.options import Values, view
from grokterm.cli.sanitize import sanitize
from grokterm.cli.terminal import check_terminal
from grokterm.cli.watch import prepare, runs_option, show
from grokterm.config import settings
from grokterm.runs.folder import find_run, name_of, runs_home
from grokterm.runs.process import start_trainer
from grokterm.user_name import user_name


def fork(name: str, step: int | None, keep: bool, detach: bool, defaults: Values, given: Values) -> int:
    """Forks a run and watches the fork, or leaves it to itself; raises GroktermError before anything was made."""
    if not detach:
        check_terminal()
    values = defaults | given
    home = runs_home(values.get("runs"))
    parent = find_run(name, home)
    parent.config()
    options = view(given, parent.view())
    prepare(options)
    # Numpy, which copying needs, takes a while to load: not before all that is quickly checked.
    from grokterm.runs.fork import fork_run

    changes = {name: value for name, value in given.items() if name in settings()}
    made = fork_run(parent, home, step, changes, keep, user_name())
    for complaint in made.complaints:
        print(f"grokterm: {sanitize(complaint)}; left behind", file=sys.stderr)
    pass_on_notify(values)
    start_trainer(made.folder)
    if not detach:
        return show(made.folder, options, values)
    attach = f"grokterm attach {name_of(made.folder)}{runs_option(values)}"
    print(sanitize(f"{made.folder.id} trains, {made.words}; watch it with: {attach}"))
    return 0
