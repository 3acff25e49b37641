"""The commands and their options, read and explained by cyclopts; each imports what it needs when it runs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, get_args

from cyclopts import App, CycloptsError, Group, Parameter

from grokterm.cli.defaults import read_defaults
from grokterm.cli.options import Option, folder_option, read, run_options, shown, step_number, view_options
from grokterm.cli.sentences import CommandLineError, sentence
from grokterm.config import settings
from grokterm.errors import ConfigError
from grokterm.kernels.instruction_sets import limit
from grokterm.presets import PRESETS, preset_values
from grokterm.setting import Group as GroupName
from grokterm.spelling import unknown
from grokterm.version import __version__

TRAIN_DEFAULTS: Final = {"until": "grokked", "max_steps": 100_000}
"""Where `grokterm train` differs from the screen; its pace is always max."""

_ABOUT = "Watch a network grok, live, in this terminal, and change it while it trains."
_EPILOGUE = (
    "Every option is also a key of config.toml in your config folder (grokterm doctor says where), "
    "which sets your own defaults."
)
_RUN: Final = tuple(run_options().values())
_SCREEN: Final = tuple(view_options().values())
_CHART: Final = tuple(view_options()[name] for name in ("color", "graph"))
_FOLDER: Final = folder_option()
_RUN_WORDS: Final = "A run's id, its number, a unique beginning, last, or a path."
_PARENTS: Final = dict.fromkeys(settings(), "the parent's")
_FIXED: Final = frozenset(name for name, setting in settings().items() if setting.acts == "starts a new run")
"""Settings that a fork has from its parent: read, to be refused with a reason, and left out of the help."""
_GROUPS: Final = {name: Group(name, sort_key=i) for i, name in enumerate(get_args(GroupName))}


def _flag(name: str, words: str) -> Parameter:
    return Parameter(name=name, negative="", help=words, group=_GROUPS["Run"], show_default=False)


def _text_option(name: str, metavar: str, words: str, default: str = "") -> Parameter:
    return Parameter(
        name=name,
        help=words,
        group=_GROUPS["Run"],
        metavar=metavar,
        show_default=(lambda _: default) if default else False,
        converter=_text,
        allow_leading_hyphen=True,
    )


def _text(_: Any, tokens: Any) -> str:
    return str(tokens[0].value)


def _preset(_: Any, tokens: Any) -> str:
    name = str(tokens[0].value)
    if name not in PRESETS:
        raise ConfigError(unknown("preset", name, list(PRESETS)))
    return name


PageName = Annotated[str | None, Parameter(name="PAGE", help="A page by its name, or by the number of its view.")]
RunName = Annotated[str | None, Parameter(name="RUN", help=_RUN_WORDS)]
OneRun = Annotated[str, Parameter(name="RUN", help=_RUN_WORDS)]
AsJson = Annotated[bool, _flag("--json", "Print JSON on standard output, all else on standard error.")]
RunsAndMeasure = Annotated[
    str,
    Parameter(
        name="RUN",
        help=f"{_RUN_WORDS} The last word may be what is drawn: accuracy, loss, or any other measure of the log by its "
        "name there, such as gradient_norm.",
    ),
]
LogX = Annotated[bool, _flag("--log-x", "Make the axis of steps logarithmic.")]
LogY = Annotated[bool, _flag("--log-y", "Make the axis of values logarithmic.")]
Every = Annotated[bool, _flag("--all", "Stop every run that trains.")]
Keep = Annotated[bool, _flag("--keep", "Carry embedding and read-out over into a new model, where they fit.")]
Detach = Annotated[bool, _flag("--detach", "Let the fork train without a screen.")]
Yes = Annotated[bool, _flag("--yes", "Do not ask.")]
At = Annotated[str | None, _text_option("--at", "STEP", "Step from which the fork goes on.", "the parent's last one")]
To = Annotated[str | None, _text_option("--to", "STEP", "Step up to which it is repeated.", "the run's last one")]
Resume = Annotated[
    str | None, _text_option("--resume", "RUN", "Go on with a run, which keeps every setting that is not given.")
]
Preset = Annotated[
    str | None,
    Parameter(
        name="--preset",
        help="; ".join(f"{name}: {preset.words}" for name, preset in PRESETS.items()) + ".",
        group=_GROUPS["Run"],
        metavar="NAME",
        show_default=False,
        converter=_preset,
        allow_leading_hyphen=True,
    ),
]
Quick = Annotated[bool, _flag("--quick", "Measure less, and less surely: two minutes.")]
Device = Annotated[
    str, _text_option("--device", "DEVICE", "Device that trains: auto, cpu, cuda, cuda:N or mps.", "auto")
]
Precision = Annotated[
    str, _text_option("--precision", "PRECISION", "Matrix products: auto, float32, bfloat16 or float64.", "auto")
]
Only = Annotated[str | None, _text_option("--only", "NAME", "Rows that begin so: st, step/mlp, limit, grok, viewer …")]
Command = Callable[..., int]


def _taking(
    *options: Option, defaults: Mapping[str, Any] = MappingProxyType({}), hidden: frozenset[str] = frozenset()
) -> Callable[[Command], Command]:
    """Spells out the options of a command in its signature, from which cyclopts reads them and makes the help."""

    def spell_out(command: Command) -> Command:
        own = [p for p in inspect.signature(command).parameters.values() if p.kind is not p.VAR_KEYWORD]
        more = [_parameter(option, defaults, option.name not in hidden) for option in options]
        command.__signature__ = inspect.Signature(own + more)  # type: ignore[attr-defined]
        return command

    return spell_out


def _parameter(option: Option, defaults: Mapping[str, Any], seen: bool) -> inspect.Parameter:
    default = shown(defaults[option.name]) if option.name in defaults else option.default
    about = Parameter(
        name=option.spelling,
        alias=["--" + alias for alias in option.aliases],
        help=option.words,
        group=_GROUPS[option.group],
        metavar=option.metavar,
        show_default=default,
        show=seen,
        # Text is read by `options.read`, so that every value that cannot be gets one sentence that says why.
        converter=_text,
        allow_leading_hyphen=True,
    )
    kind: Any = Literal[option.choices] if option.choices else str
    return inspect.Parameter(
        option.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, about]
    )


@_taking(*_RUN, _FOLDER, *_SCREEN)
def watch(*, preset: Preset = None, **given: str | None) -> int:
    """Start a run and watch it on this terminal."""
    from grokterm.cli.watch import begin

    return begin(preset, **given)


@_taking(*(option for option in _RUN if option.name != "pace"), _FOLDER, defaults=TRAIN_DEFAULTS)
def train(*, resume: Resume = None, preset: Preset = None, as_json: AsJson = False, **given: str | None) -> int:
    """Start a run, or go on with one, and follow it without a screen, always at full speed.

    Exit status 0: target reached; 3: step limit reached first; 1: training failed; 4: output was lost.
    """
    from grokterm.cli.going_on import go_on
    from grokterm.cli.train import start

    if resume is not None:
        return go_on(resume, read_defaults(), preset_values(preset) | read(given), as_json)
    own = {name: value for name, value in (read_defaults() | preset_values(preset)).items() if name != "pace"}
    return start(TRAIN_DEFAULTS | own | read(given) | {"pace": "max"}, as_json)


@_taking(_FOLDER, *_SCREEN)
def attach(*run: OneRun, **given: str | None) -> int:
    """Come back to a run, the newest one that trains when none is named, or compare two to six runs.

    A run without a trainer opens paused where it had come to; space goes on. Comparing starts no trainer.
    """
    from grokterm.cli.watch import come_back, compare

    if len(run) > 1:
        return compare(run, read_defaults(), read(given))
    return come_back(run[0] if run else None, read_defaults(), read(given))


@_taking(_FOLDER, *_SCREEN)
def resume(run: OneRun, /, **given: str | None) -> int:
    """Come back to a run and go on training it, beyond its goal if that is reached."""
    from grokterm.cli.watch import come_back

    return come_back(run, read_defaults(), read(given), go_on=True)


@_taking(*_RUN, _FOLDER, *_SCREEN, defaults=_PARENTS, hidden=_FIXED)
def fork(run: OneRun, /, *, at: At = None, keep: Keep = False, detach: Detach = False, **given: str | None) -> int:
    """Make a new run from any step of another one, with changes, and watch it.

    Without changes it does what its parent did, bit for bit.
    """
    from grokterm.cli.forking import fork

    return fork(run, step_number("--at", at), keep, detach, read_defaults(), read(given))


@_taking(_FOLDER)
def replay(run: OneRun, /, *, to: To = None, as_json: AsJson = False, **given: str | None) -> int:
    """Train a run again from its configuration and changes, and compare it with what was written, bit by bit.

    Exit status 0: everything agrees; 1: something differs; 2: it cannot be repeated.
    """
    from grokterm.cli.replaying import replay

    return replay(run, step_number("--to", to), as_json, read_defaults() | read(given))


@_taking(_FOLDER)
def runs(*, as_json: AsJson = False, **given: str | None) -> int:
    """List the runs, newest last."""
    from grokterm.cli.listing import show

    return show(read_defaults() | read(given), as_json)


@_taking(_FOLDER, *_CHART)
def plot(*words: RunsAndMeasure, log_x: LogX = False, log_y: LogY = False, **given: str | None) -> int:
    """Draw a measure of up to six runs over their steps, as a chart that stays in the scrollback.

    Plain text where the output is no terminal.
    """
    from grokterm.cli.plot import plot

    return plot(words, log_x, log_y, read_defaults() | read(given))


@_taking(_FOLDER)
def stop(run: RunName = None, /, *, every: Every = False, **given: str | None) -> int:
    """Stop a run after a checkpoint: the only one that trains when none is named."""
    from grokterm.cli.stopping import stop

    return stop(run, every, read_defaults() | read(given))


@_taking(_FOLDER)
def rm(*run: OneRun, yes: Yes = False, **given: str | None) -> int:
    """Remove runs for good, after a question."""
    from grokterm.cli.removing import remove

    return remove(run, yes, read_defaults() | read(given))


@_taking(_FOLDER)
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
    "train": (train, "[OPTIONS]"),
    "attach": (attach, "[RUN...] [OPTIONS]"),
    "resume": (resume, "RUN [OPTIONS]"),
    "fork": (fork, "RUN [--at STEP] [OPTIONS]"),
    "replay": (replay, "RUN [--to STEP] [OPTIONS]"),
    "runs": (runs, "[OPTIONS]"),
    "plot": (plot, "RUN... [MEASURE] [OPTIONS]"),
    "stop": (stop, "[RUN] [OPTIONS]"),
    "rm": (rm, "RUN... [OPTIONS]"),
    "bench": (bench, "[OPTIONS]"),
    "guide": (guide, "[PAGE]"),
    "doctor": (doctor, "[OPTIONS]"),
}
"""Every command by name, in the order of the help, and how its arguments are written."""


def run(words: list[str]) -> int:
    """Runs the command in `words` and returns its exit status; raises GroktermError."""
    app = build()
    try:
        command, bound, _ = app.parse_args(words, print_error=False, exit_on_error=False)
    except CycloptsError as error:
        raise CommandLineError(sentence(error, words, tuple(COMMANDS))) from None
    if command in (train, attach, resume, fork, replay, bench):
        limit()  # a trainer that cannot read it would leave a run of no steps
    return command(*bound.args, **bound.kwargs) or 0


def build() -> App:
    """The command line as cyclopts knows it."""
    app = App(
        name="grokterm",
        help=_ABOUT,
        help_epilogue=_EPILOGUE,
        help_format="plaintext",
        usage="Usage: grokterm [OPTIONS]\n       grokterm COMMAND [OPTIONS]",
        version=__version__,
        result_action="return_value",
    )
    app.default(watch)
    for name, (command, arguments) in COMMANDS.items():
        app.command(command, usage=f"Usage: grokterm {name} {arguments}")
    app.register_install_completion_command(help="Install completion for this shell (zsh, bash, fish, powershell).")
    return app
