"""The commands and their options, read and explained by cyclopts; each imports what it needs when it runs."""

from __future__ import annotations

from typing import Final

from cyclopts import App, CycloptsError

from grokterm.cli import option_groups as groups
from grokterm.cli.defaults import read_defaults
from grokterm.cli.open_command import open_weights
from grokterm.cli.options import read, step_number
from grokterm.cli.out_commands import export, figures, plot, record, report, share
from grokterm.cli.parameters import (
    NEW_PLUGINS,
    PLUGINS,
    AllRuns,
    AsJson,
    At,
    Command,
    Detach,
    Device,
    Keep,
    Line,
    NoteText,
    OneRun,
    Only,
    PageName,
    Precision,
    Preset,
    Quick,
    Remove,
    RunColumns,
    RunName,
    Sort,
    Tagged,
    TagWords,
    To,
    WhereRun,
    Yes,
    spell_out,
    with_options,
)
from grokterm.cli.reproduce_command import reproduce
from grokterm.cli.script_commands import events, go, pause, set_settings, status, step, wait
from grokterm.cli.sweep_command import sweep
from grokterm.cli.tour_command import tour
from grokterm.cli.train_command import train
from grokterm.cli.usage import UsageError, explain
from grokterm.config import settings
from grokterm.kernels.instruction_sets import limit
from grokterm.spelling import is_shared_run, unknown
from grokterm.version import __version__

_ABOUT = "Watch a network grok, live, in this terminal, and change it while it trains."
_EPILOGUE = (
    "Every setting is also a key of config.toml in your config folder (grokterm doctor says where), "
    "which sets your own defaults."
)


def _parents() -> dict[str, str]:
    return dict.fromkeys(settings(), "the parent's")


_FIXED: Final = frozenset(name for name, setting in settings().items() if setting.acts == "starts a new run")
"""Settings that a fork has from its parent: read, to be refused with a reason, and left out of the help."""


@with_options(groups.run, groups.folder, groups.notify, groups.screen, plugins=NEW_PLUGINS)
def watch(line: Line = None, /, *, preset: Preset = None, **given: str | None) -> int:
    """Start a run and watch it on this terminal."""
    if line is not None:
        from grokterm.cli.share import watch_line

        return watch_line(line, preset, read_defaults(), read(given))
    from grokterm.cli.watch import begin

    return begin(preset, **given)


@with_options(groups.folder, groups.notify, groups.screen, plugins=PLUGINS)
def attach(*run: OneRun, **given: str | None) -> int:
    """Come back to a run, the newest one that trains when none is named, or a sweep, or compare two to six runs.

    A run without a trainer opens paused where it had come to; space goes on. Comparing starts no trainer.
    """
    from grokterm.cli.watch import attach, compare
    from grokterm.runs.folder import home_path
    from grokterm.sweeps.folder import names_sweep

    values = read_defaults() | read(given)
    if any(names_sweep(name, home_path(values.get("runs"))) for name in run):
        if len(run) > 1:
            raise UsageError("sweeps are watched one at a time: name one")
        from grokterm.cli.sweep_screen import attach_sweep

        return attach_sweep(run[0], values)
    if len(run) > 1:
        return compare(run, read_defaults(), read(given))
    return attach(run[0] if run else None, read_defaults(), read(given))


@with_options(groups.folder, groups.notify, groups.screen, plugins=PLUGINS)
def resume(run: OneRun, /, **given: str | None) -> int:
    """Come back to a run and go on training it, beyond its goal if that is reached."""
    from grokterm.cli.watch import attach

    return attach(run, read_defaults(), read(given), go_on=True)


@with_options(
    groups.run, groups.folder, groups.notify, groups.screen, defaults=_parents, hidden=_FIXED, plugins=PLUGINS
)
def fork(run: OneRun, /, *, at: At = None, keep: Keep = False, detach: Detach = False, **given: str | None) -> int:
    """Make a new run from any step of another one, with changes, and watch it.

    Without changes it does what its parent did, bit for bit.
    """
    from grokterm.cli.fork import fork

    return fork(run, step_number("--at", at), keep, detach, read_defaults(), read(given))


@with_options(groups.folder, plugins=PLUGINS)
def replay(run: OneRun, /, *, to: To = None, as_json: AsJson = False, **given: str | None) -> int:
    """Train a run again from its configuration and changes, and compare it with what was written, bit by bit.

    Exit status 0: everything agrees; 1: something differs; 2: it cannot be repeated.
    """
    from grokterm.cli.replay import replay

    return replay(run, step_number("--to", to), as_json, read_defaults() | read(given))


@with_options(groups.folder, plugins=PLUGINS)
def runs(
    *,
    where: WhereRun = None,
    tagged: Tagged = None,
    sort: Sort = None,
    columns: RunColumns = None,
    as_json: AsJson = False,
    **given: str | None,
) -> int:
    """List the runs, newest last: all, or those that fit."""
    from grokterm.cli.runs import show
    from grokterm.cli.selection import Selection

    return show(read_defaults() | read(given), as_json, Selection(where, tagged or (), sort, columns))


@with_options(groups.folder)
def tag(run: OneRun, /, *words: TagWords, remove: Remove = False, **given: str | None) -> int:
    """Give a run tags, or take them away; without WORDS, print those that it has."""
    from grokterm.cli.notes import tag

    return tag(run, words, remove, read_defaults() | read(given))


@with_options(groups.folder)
def note(run: OneRun, /, *text: NoteText, **given: str | None) -> int:
    """Write a note about a run; without TEXT, print it."""
    from grokterm.cli.notes import note

    return note(run, text, read_defaults() | read(given))


@with_options(groups.folder)
def stop(run: RunName = None, /, *, all_runs: AllRuns = False, **given: str | None) -> int:
    """Stop a run after a checkpoint: the only one that trains when none is named."""
    from grokterm.cli.stop import stop

    return stop(run, all_runs, read_defaults() | read(given))


@with_options(groups.folder)
def rm(*run: OneRun, yes: Yes = False, **given: str | None) -> int:
    """Remove runs for good, after a question."""
    from grokterm.cli.rm import remove

    return remove(run, yes, read_defaults() | read(given))


@with_options(groups.folder)
def doctor(**given: str | None) -> int:
    """Tell what decides how grokterm looks and runs here, what is missing, and how to mend it."""
    from grokterm.cli.doctor import examine

    return examine(read(given))


def bench(
    *,
    quick: Quick = False,
    as_json: AsJson = False,
    device: Device = "auto",
    precision: Precision = "auto",
    only: Only = None,
) -> int:
    """Measure how fast grokterm trains here, beside a plain loop."""
    from grokterm.cli.bench import measure

    return measure(quick, as_json, device, precision, only)


def guide(page: PageName = None, /) -> int:
    """Print a page of the guide: what a view shows, what is normal, what is wrong; without PAGE, all their names."""
    from grokterm.cli.guide import show

    return show(page)


COMMANDS: Final[dict[str, tuple[Command, str]]] = {
    "tour": (tour, "[CHAPTER] [--again] [OPTIONS]"),
    "train": (train, "[LINE] [OPTIONS]"),
    "attach": (attach, "[RUN...] [OPTIONS]"),
    "resume": (resume, "RUN [OPTIONS]"),
    "sweep": (sweep, "[--over SETTING=VALUES]... [--seeds N] [OPTIONS]"),
    "reproduce": (reproduce, "[NAME] [--quick] [OPTIONS]"),
    "fork": (fork, "RUN [--at STEP] [OPTIONS]"),
    "replay": (replay, "RUN [--to STEP] [OPTIONS]"),
    "share": (share, "RUN [OPTIONS]"),
    "export": (export, "RUN --to FORMAT [OPTIONS]"),
    "record": (record, "RUN [OPTIONS]"),
    "report": (report, "RUN [OPTIONS]"),
    "figures": (figures, "RUN [--views NAMES] [--steps STEPS] [OPTIONS]"),
    "open": (open_weights, "FILE... [--map FILE] [OPTIONS]"),
    "runs": (runs, "[OPTIONS]"),
    "plot": (plot, "RUN... [MEASURE] [OPTIONS]"),
    "tag": (tag, "RUN [WORDS...] [OPTIONS]"),
    "note": (note, "RUN [TEXT...] [OPTIONS]"),
    "set": (set_settings, "RUN SETTING=VALUE... [OPTIONS]"),
    "pause": (pause, "RUN [OPTIONS]"),
    "go": (go, "RUN [OPTIONS]"),
    "step": (step, "RUN N [OPTIONS]"),
    "status": (status, "RUN [OPTIONS]"),
    "events": (events, "RUN [--follow] [OPTIONS]"),
    "wait": (wait, "RUN [--until WHERE] [--timeout SECONDS] [OPTIONS]"),
    "stop": (stop, "[RUN] [OPTIONS]"),
    "rm": (rm, "RUN... [OPTIONS]"),
    "bench": (bench, "[OPTIONS]"),
    "guide": (guide, "[PAGE]"),
    "doctor": (doctor, "[OPTIONS]"),
}
"""Every command by name, in the order of the help, and how its arguments are written."""


def run(words: list[str]) -> int:
    """Runs the command in `words` and returns its exit status; raises GroktermError."""
    if words and not words[0].startswith("-") and words[0] not in COMMANDS and not is_shared_run(words[0]):
        raise UsageError(unknown("command", words[0], list(COMMANDS)))
    app = build(words[0] if words and words[0] in COMMANDS else None)
    try:
        command, bound, _ = app.parse_args(words, print_error=False, exit_on_error=False)
    except CycloptsError as error:
        raise UsageError(explain(error, words, tuple(COMMANDS))) from None
    if command in (train, attach, resume, tour, fork, sweep, reproduce, replay, bench):
        limit()  # a trainer that cannot read it would leave a run of no steps
    given = {name: value for name, value in bound.kwargs.items() if name not in PLUGINS}
    return command(*bound.args, **given) or 0


def build(only: str | None = None) -> App:
    """The command line as cyclopts knows it, or that of one command: all of them take longer than most do."""
    chosen = COMMANDS if only is None else {only: COMMANDS[only]}
    spell_out(*([watch] if only is None else []), *(command for command, _ in chosen.values()))
    app = App(
        name="grokterm",
        help=_ABOUT,
        help_epilogue=_EPILOGUE,
        help_format="plaintext",
        usage="Usage: grokterm [OPTIONS]\n       grokterm LINE [OPTIONS]\n       grokterm COMMAND [OPTIONS]",
        version=__version__,
        result_action="return_value",
    )
    if only is None:
        app.default(watch)
    for name, (command, arguments) in chosen.items():
        app.command(command, name=name, usage=f"Usage: grokterm {name} {arguments}")
    if only is None:
        app.register_install_completion_command(help="Install completion for this shell (zsh, bash, fish, powershell).")
    return app
