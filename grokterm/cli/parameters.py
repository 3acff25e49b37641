"""The arguments and options of the commands, as cyclopts reads and explains them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, get_args

from cyclopts import Group, Parameter

from grokterm.cli.options import Option, shown
from grokterm.config.setting import Group as GroupName
from grokterm.errors import ConfigError
from grokterm.presets import PRESETS
from grokterm.spelling import option_name, unknown

_RUN_WORDS: Final = "A run's id, its number, a unique beginning, last, or a path."
_GROUPS: Final = {name: Group(name, sort_key=i) for i, name in enumerate(get_args(GroupName))}


def _flag(name: str, words: str) -> Parameter:
    return Parameter(name=name, negative="", help=words, group=_GROUPS["Run"], show_default=False)


def text_option(name: str, metavar: str, words: str, default: str = "") -> Parameter:
    """An option with a value in words, of which `default` says what it is otherwise."""
    return Parameter(
        name=name,
        help=words,
        group=_GROUPS["Run"],
        metavar=metavar,
        show_default=(lambda _: default) if default else False,
        converter=_text,
        allow_leading_hyphen=True,
    )


def _texts(name: str, metavar: str, words: str) -> Parameter:
    return Parameter(
        name=name,
        help=words,
        group=_GROUPS["Run"],
        metavar=metavar,
        show_default=False,
        negative_iterable="",
        allow_leading_hyphen=True,
    )


def _repeatable(name: str, metavar: str, words: str) -> inspect.Parameter:
    about = Parameter(
        name=option_name(name),
        help=words,
        group=_GROUPS["Run"],
        metavar=metavar,
        show_default=False,
        negative_iterable="",
    )
    kind: Any = Annotated[list[str] | None, about]
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)


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
RunOrSweep = Annotated[str, Parameter(name="RUN", help=f"{_RUN_WORDS} A sweep or a reproduction too, as s3 or r3.")]
AsJson = Annotated[bool, _flag("--json", "Print JSON on standard output, all else on standard error.")]
RunsAndMeasure = Annotated[
    str,
    Parameter(
        name="RUN",
        help=f"{_RUN_WORDS} The last word may be what is drawn: accuracy, loss, gini, restricted, norm, spectrum, or "
        "any other measure of the log by its name there, such as gradient_norm.",
    ),
]
LogX = Annotated[bool, _flag("--log-x", "Make the axis of steps logarithmic.")]
LogY = Annotated[bool, _flag("--log-y", "Make the axis of values logarithmic.")]
ChartSize = Annotated[
    str | None, text_option("--size", "COLUMNSxROWS", "The chart with title and legend.", "as wide as the terminal")
]
Ascii = Annotated[bool, _flag("--ascii", "Draw it with letters, as --graph ascii does.")]
AllRuns = Annotated[bool, _flag("--all", "Stop every run that trains.")]
Keep = Annotated[bool, _flag("--keep", "Carry embedding and read-out over into a new model, where they fit.")]
Detach = Annotated[bool, _flag("--detach", "Let the fork train without a screen.")]
Yes = Annotated[bool, _flag("--yes", "Do not ask.")]
At = Annotated[str | None, text_option("--at", "STEP", "Step from which the fork goes on.", "the parent's last one")]
To = Annotated[str | None, text_option("--to", "STEP", "Step up to which it is repeated.", "the run's last one")]
Resume = Annotated[
    str | None, text_option("--resume", "RUN", "Go on with a run, which keeps every setting that is not given.")
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
Over = Annotated[
    list[str] | None,
    _texts(
        "--over",
        "SETTING=VALUES",
        "A setting and its values: wd=0.1,0.3,1, or a range, frac=0.2:0.8:7 or lr=1e-4:1e-2:log:5. May be given again.",
    ),
]
Zip = Annotated[
    list[str] | None,
    _texts(
        "--zip", "SETTING,SETTING", "Settings of --over whose values go together, such as lr,wd. May be given again."
    ),
]
Where = Annotated[
    str | None,
    text_option("--where", "CONDITION", "Train only the cells where this holds, such as 'wd>0.1 or lr<1e-2'."),
]
Seeds = Annotated[str | None, text_option("--seeds", "N", "Seeds of each cell, from --seed on.", "1")]
Again = Annotated[
    str | None,
    text_option("--again", "SWEEP", "Plan it as an older sweep was, but for what is given beside it."),
]
ResumeSweep = Annotated[
    str | None, text_option("--resume", "SWEEP", "Go on with a sweep: no run that has ended is trained again.")
]
OpenCell = Annotated[
    tuple[str, str] | None,
    _texts("--open", "SWEEP CELL", "Train a cell of a sweep, 12, or 12/3 for its seed 3, as a run with every view."),
]
DaskAddress = Annotated[
    str | None,
    text_option("--dask", "ADDRESS", "Train on the workers of a Dask scheduler, tcp://HOST:PORT or local:N."),
]
WorkerCount = Annotated[
    str | None,
    text_option("--workers", "N", "Processes that train, each on one thread.", "one a GPU, or one a core"),
]
DryRun = Annotated[bool, _flag("--dry-run", "Print the plan, and train nothing.")]
WeightFile = Annotated[str, Parameter(name="FILE", help="A file of weights: safetensors, npz, .pt or .pth.")]
MapFile = Annotated[
    str | None,
    text_option("--map", "FILE", "TOML that says which tensor is which, for a layout that is not known."),
]
OfStep = Annotated[
    str | None, text_option("--step", "STEP", "Step of the weights, where their file does not say it.", "0")
]
Line = Annotated[
    str | None, Parameter(name="LINE", help="A run as grokterm share prints it: it is trained with all its changes.")
]
DetachSweep = Annotated[bool, _flag("--detach", "Let the sweep train without a screen.")]
WhereRun = Annotated[
    str | None,
    text_option(
        "--where",
        "CONDITION",
        "Only runs for which it holds, such as 'wd>1 and phase==grokked': of settings, run, step, phase, "
        "train_accuracy, test_accuracy, state, when, size, note, and milestones such as grokked_step_99.",
    ),
]
Tagged = Annotated[list[str] | None, _texts("--tag", "TAG", "Only runs with this tag. May be given again.")]
Sort = Annotated[
    str | None, text_option("--sort", "COLUMN", "Sort by one of these names; -COLUMN: the greatest first.")
]
RunColumns = Annotated[
    str | None, text_option("--columns", "NAMES", "List these alone, such as run,test_accuracy,wd,grokked_step_99.")
]
TagWords = Annotated[str, Parameter(name="WORDS", help="Tags, each a word.")]
Remove = Annotated[bool, _flag("--remove", "Take these tags away.")]
Follow = Annotated[bool, _flag("--follow", "Go on until the run ends.")]
WaitUntil = Annotated[
    str | None,
    text_option("--until", "WHERE", "A step, memorized or grokked.", "the run's own end"),
]
Timeout = Annotated[str | None, text_option("--timeout", "SECONDS", "Wait so long at most.", "for ever")]
NoteText = Annotated[str, Parameter(name="TEXT", help="The note, which takes the old one's place; '' removes it.")]
TourChapter = Annotated[str | None, Parameter(name="CHAPTER", help="A chapter by its number, 1 to 8.")]
TourAgain = Annotated[bool, _flag("--again", "Begin anew; the runs of before stay.")]
ReproductionName = Annotated[
    str | None,
    Parameter(
        name="NAME", help="A preset of which there is a reproduction, or one that was made: r3, to print its table."
    ),
]
QuickReproduction = Annotated[
    bool, _flag("--quick", "Smaller moduli, shorter runs and fewer seeds: minutes on two cores; the rules are scaled.")
]
AllReproductions = Annotated[bool, _flag("--all", "Make every reproduction, one after another.")]
ReproductionSeeds = Annotated[str | None, text_option("--seeds", "N", "Seeds of each run.", "3 with --quick, else 5")]
AgainReproduction = Annotated[
    str | None, text_option("--again", "NAME", "Train the runs of one that was made again, and compare bit for bit.")
]
ResumeReproduction = Annotated[
    str | None, text_option("--resume", "NAME", "Go on with one that was interrupted: what has ended is kept.")
]
Quick = Annotated[bool, _flag("--quick", "Measure less, and less surely: two minutes.")]
Device = Annotated[
    str, text_option("--device", "DEVICE", "Device that trains: auto, cpu, cuda, cuda:N or mps.", "auto")
]
Precision = Annotated[
    str, text_option("--precision", "PRECISION", "Matrix products: auto, float32, bfloat16 or float64.", "auto")
]
Only = Annotated[str | None, text_option("--only", "NAME", "Rows that begin so: st, step/mlp, limit, grok, viewer …")]
_PLUGIN_PARAMETERS: Final = {
    "plugin": _repeatable(
        "plugin",
        "FILE",
        "Load a Python file of yours, or what is installed under a name: operations, optimizers, architectures and "
        "more (grokterm guide plugins). May be given again.",
    ),
    "allow_plugin": _repeatable(
        "allow_plugin", "HASH", "Execute the plugin with this SHA-256, or 12 digits of it, from a run folder."
    ),
}
NEW_PLUGINS: Final = ("plugin",)
"""The options of plugins for a new run. Plugins are loaded before a command is read."""
PLUGINS: Final = tuple(_PLUGIN_PARAMETERS)
"""Those for a run that is there."""
Command = Callable[..., int]


_spelled_out_later: Final[dict[Command, Callable[[], None]]] = {}


def spell_out(*commands: Command) -> None:
    """Gives these commands the options that there are now: plugins add some."""
    for command in commands:
        if command in _spelled_out_later:
            _spelled_out_later[command]()


def with_options(
    *options: Callable[[], Iterable[Option]],
    defaults: Callable[[], Mapping[str, Any]] = dict,
    hidden: frozenset[str] = frozenset(),
    plugins: Sequence[str] = (),
) -> Callable[[Command], Command]:
    """Has `spell_out` write the options into a command's signature, from which cyclopts reads and explains them."""

    def add_options(command: Command) -> Command:
        own = [p for p in inspect.signature(command).parameters.values() if p.kind is not p.VAR_KEYWORD]

        def give() -> None:
            known, present = defaults(), [option for some in options for option in some()]
            more = [_parameter(option, known, option.name not in hidden) for option in present]
            more += [_PLUGIN_PARAMETERS[name] for name in plugins]
            command.__signature__ = inspect.Signature(own + more)  # type: ignore[attr-defined]

        _spelled_out_later[command] = give
        return command

    return add_options


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
