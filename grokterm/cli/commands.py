"""The commands and their options, read and explained by cyclopts; each imports what it needs when it runs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, get_args

from cyclopts import App, CycloptsError, Group, Parameter

from grokterm import __version__
from grokterm.cli.defaults import read_defaults
from grokterm.cli.options import Option, folder_option, read, run_options, shown, view_options
from grokterm.cli.sentences import CommandLineError, sentence
from grokterm.config import Group as GroupName

TRAIN_DEFAULTS: Final = {"until": "grokked", "max_steps": 100_000}
"""Where `grokterm train` differs from the screen; its pace is always max."""

COMMANDS: Final = ("train", "attach", "runs", "stop", "doctor")

_ABOUT = "Watch a network grok, live, in this terminal, and change it while it trains."
_EPILOGUE = (
    "Every option is also a key of config.toml in your config folder (grokterm doctor says where), "
    "which sets your own defaults."
)
_RUN: Final = tuple(run_options().values())
_SCREEN: Final = tuple(view_options().values())
_FOLDER: Final = folder_option()
_GROUPS: Final = {name: Group(name, sort_key=i) for i, name in enumerate((*get_args(GroupName), "Screen"))}


def _flag(name: str, words: str) -> Parameter:
    return Parameter(name=name, negative="", help=words, group=_GROUPS["Run"], show_default=False)


RunName = Annotated[
    str | None, Parameter(name="RUN", help="A run's id, its number, a unique beginning, last, or a path.")
]
AsJson = Annotated[bool, _flag("--json", "Print JSON on standard output, all else on standard error.")]
Every = Annotated[bool, _flag("--all", "Stop every run that trains.")]
Command = Callable[..., int]


def _taking(*options: Option, defaults: Mapping[str, Any] = MappingProxyType({})) -> Callable[[Command], Command]:
    """Spells out the options of a command in its signature, from which cyclopts reads them and makes the help."""

    def spell_out(command: Command) -> Command:
        own = [p for p in inspect.signature(command).parameters.values() if p.kind is not p.VAR_KEYWORD]
        more = [_parameter(option, defaults) for option in options]
        command.__signature__ = inspect.Signature(own + more)  # type: ignore[attr-defined]
        return command

    return spell_out


def _parameter(option: Option, defaults: Mapping[str, Any]) -> inspect.Parameter:
    default = shown(defaults[option.name]) if option.name in defaults else option.default
    about = Parameter(
        name=option.spelling,
        alias=["--" + alias for alias in option.aliases],
        help=option.words,
        group=_GROUPS[option.group],
        metavar=option.metavar,
        show_default=default,
        # Text is read by `options.read`, so that every value that cannot be gets one sentence that says why.
        converter=_text,
        allow_leading_hyphen=True,
    )
    kind: Any = Literal[option.choices] if option.choices else str
    return inspect.Parameter(
        option.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, about]
    )


def _text(_: Any, tokens: Any) -> str:
    return str(tokens[0].value)


@_taking(*_RUN, _FOLDER, *_SCREEN)
def watch(**given: str | None) -> int:
    """Start a run and watch it on this terminal."""
    from grokterm.cli.watch import start

    return start(read_defaults() | read(given))


@_taking(*(option for option in _RUN if option.name != "pace"), _FOLDER, defaults=TRAIN_DEFAULTS)
def train(*, as_json: AsJson = False, **given: str | None) -> int:
    """Start a run and follow it without a screen, always at full speed.

    Exit status 0: target reached; 3: step limit reached first; 1: training failed.
    """
    from grokterm.cli.train import start

    own = {name: value for name, value in read_defaults().items() if name != "pace"}
    return start(TRAIN_DEFAULTS | own | read(given) | {"pace": "max"}, as_json)


@_taking(_FOLDER, *_SCREEN)
def attach(run: RunName = None, **given: str | None) -> int:
    """Come back to a run that trains: the newest one when none is named."""
    from grokterm.cli.watch import come_back

    return come_back(run, read_defaults(), read(given))


@_taking(_FOLDER)
def runs(*, as_json: AsJson = False, **given: str | None) -> int:
    """List the runs, newest last."""
    from grokterm.cli.listing import show

    return show(read_defaults() | read(given), as_json)


@_taking(_FOLDER)
def stop(run: RunName = None, *, every: Every = False, **given: str | None) -> int:
    """Stop a run after a checkpoint: the only one that trains when none is named."""
    from grokterm.cli.stopping import stop

    return stop(run, every, read_defaults() | read(given))


@_taking(_FOLDER)
def doctor(**given: str | None) -> int:
    """Tell what decides how grokterm looks and runs here, what is missing, and how to mend it."""
    from grokterm.cli.doctor import examine

    return examine(read(given))


def run(words: list[str]) -> int:
    """Runs the command in `words` and returns its exit status; raises GroktermError."""
    app = build()
    try:
        command, bound, _ = app.parse_args(words, print_error=False, exit_on_error=False)
    except CycloptsError as error:
        raise CommandLineError(sentence(error, words, COMMANDS)) from None
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
    app.command(train, usage="Usage: grokterm train [OPTIONS]")
    app.command(attach, usage="Usage: grokterm attach [RUN] [OPTIONS]")
    app.command(runs, usage="Usage: grokterm runs [OPTIONS]")
    app.command(stop, usage="Usage: grokterm stop [RUN] [OPTIONS]")
    app.command(doctor, usage="Usage: grokterm doctor [OPTIONS]")
    app.register_install_completion_command(help="Install completion for this shell (zsh, bash, fish, powershell).")
    return app
