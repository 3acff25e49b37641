"""`grokterm reproduce`: trains what a paper claims, and prints claim, published figure, ours and verdict."""

from __future__ import annotations

import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn, TextIO

from grokterm.cli.options import Values
from grokterm.cli.sanitize import sanitize, sanitize_json
from grokterm.cli.usage import UsageError
from grokterm.number_format import age, clock, counted
from grokterm.processor import cores, processor_name
from grokterm.reproductions.claims import Reproduction
from grokterm.reproductions.folder import (
    Reproduced,
    ReproductionFolder,
    Row,
    check_seeds,
    create_reproduction,
    find_reproduction,
    list_reproductions,
    names_reproduction,
)
from grokterm.reproductions.making import Power, begun, make, repeat
from grokterm.reproductions.registry import reproduction, reproductions
from grokterm.reproductions.rules import VERDICTS
from grokterm.runs.devices import check_device
from grokterm.runs.folder import home_path, runs_home

if TYPE_CHECKING:
    from rich.table import Table

TERMINATED: Final = 128 + signal.SIGTERM
DIFFERS: Final = 1
"""Exit status where a repetition has other parameters."""
_UNLIMITED: Final = 200
"""Columns of an output that is no terminal."""
_VERDICT: Final = 4
_STYLES: Final = {"PASS": "bold green", "NEAR": "bold yellow", "FAIL": "bold red"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a command line asks for, beside the name."""

    quick: bool = False
    every: bool = False
    seeds: int | None = None
    workers: int | None = None
    again: str | None = None
    resume: str | None = None
    device: str = "auto"
    precision: str = "auto"
    as_json: bool = False

    @property
    def out(self) -> TextIO:
        """Where words go."""
        return sys.stderr if self.as_json else sys.stdout


def reproduce(name: str | None, asked: Asked, values: Values) -> int:
    """Lists, shows, makes, goes on with or repeats reproductions; the exit status. Raises GroktermError."""
    chosen = [name is not None, asked.every, asked.again is not None, asked.resume is not None]
    if sum(chosen) > 1:
        raise UsageError("a name, --all, --again and --resume exclude each other: give one of them")
    home = home_path(values.get("runs"))
    if asked.again is not None:
        return _repeat(find_reproduction(asked.again, home), asked, values)
    if asked.resume is not None:
        folder = find_reproduction(asked.resume, home)
        about = folder.read()
        return _made([(reproduction(about.preset), folder)], asked)
    if asked.every:
        return _make_all(list(reproductions().values()), asked, values)
    if name is None:
        return _show_list(home_path(values.get("runs")), asked)
    if names_reproduction(name, home):
        return _show(find_reproduction(name, home), asked)
    return _make_all([reproduction(name)], asked, values)


def _make_all(wanted: Sequence[Reproduction], asked: Asked, values: Values) -> int:
    if asked.seeds is not None:
        check_seeds(asked.seeds)
    check_device(asked.device)
    power, home = _power(asked), runs_home(values.get("runs"))
    return _made(
        [(one, create_reproduction(begun(one, asked.quick, asked.seeds, power), home)) for one in wanted], asked
    )


def _made(wanted: Sequence[tuple[Reproduction, ReproductionFolder]], asked: Asked) -> int:
    """Makes them one after another, and prints the table of each and what came of all."""
    done: list[Reproduced] = []
    for one, folder in wanted:
        about = folder.read()
        power = _power(asked, about)
        _tell(asked, f"{folder.id}: {one.words}, {counted(about.seeds, 'seed')}; kept in {folder.path}")
        with _going_on(asked, folder):
            done.append(make(one, folder, power, _sayer(asked, folder.short_id)))
        _print_table(done[-1].rows, asked)
        _tell(asked, _came_of(done[-1]))
        if asked.as_json:
            print(
                sanitize_json({"reproduction": folder.id, "folder": str(folder.path), **_plain(done[-1])}), flush=True
            )
    if len(done) > 1:
        _tell(asked, f"all: {_verdicts([row for about in done for row in about.rows])}")
    return 0


def _repeat(old: ReproductionFolder, asked: Asked, values: Values) -> int:
    about = old.read()
    one, power, home = reproduction(about.preset), _power(asked, about), runs_home(values.get("runs"))
    new = create_reproduction(begun(one, about.quick, about.seeds, power), home)
    _tell(asked, f"{new.id} trains what is in {old.id} again; kept in {new.path}")
    came = repeat(one, old, new, power, _sayer(asked, new.short_id))
    for words in came.others:
        _tell(asked, f"  {words}")
    _tell(asked, f"{came.same:,} of {came.runs:,} runs have the same parameters, bit for bit")
    if asked.as_json:
        print(sanitize_json({"reproduction": new.id, "of": old.id, "runs": came.runs, "same": came.same}), flush=True)
    return 0 if came.same == came.runs else DIFFERS


def _show(folder: ReproductionFolder, asked: Asked) -> int:
    about = folder.read()
    if asked.as_json:
        print(sanitize_json({"reproduction": folder.id, "folder": str(folder.path), **_plain(about)}))
        return 0
    _tell(asked, f"{folder.id}: {'quick' if about.quick else 'full'}, {counted(about.seeds, 'seed')}, {about.machine}")
    if about.ended is None:
        _tell(asked, f"it is not finished: grokterm reproduce --resume {folder.short_id} goes on")
        return 0
    _print_table(about.rows, asked)
    _tell(asked, _came_of(about))
    return 0


def _show_list(home: Path, asked: Asked) -> int:
    newest: dict[str, tuple[ReproductionFolder, Reproduced]] = {}
    for folder in list_reproductions(home):
        about = folder.read()
        if about.rows:
            newest[about.preset] = (folder, about)
    if asked.as_json:
        listed = [
            {
                "preset": one.preset,
                "words": one.words,
                "source": one.source,
                "last": newest[one.preset][0].id if one.preset in newest else None,
            }
            for one in reproductions().values()
        ]
        print(sanitize_json(listed))
        return 0
    wide = max(len(name) for name in reproductions())
    for one in reproductions().values():
        _tell(asked, f"{one.preset:{wide}}  {one.words}")
        if one.preset in newest:
            folder, about = newest[one.preset]
            when = age(about.ended or about.begun)
            scale = "quick" if about.quick else "full"
            _tell(asked, f"{'':{wide}}  {folder.short_id}, {scale}, {when}: {_verdicts(about.rows)}")
    _tell(asked, "train one with grokterm reproduce nanda --quick, all with --all --quick; grokterm guide reproduce")
    return 0


@contextmanager
def _going_on(asked: Asked, folder: ReproductionFolder) -> Iterator[None]:
    """Says how to go on where it is interrupted, by SIGTERM too; what trains has been stopped then."""

    def terminate(*_: object) -> NoReturn:
        raise SystemExit(TERMINATED)

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        _tell(asked, f"interrupted: grokterm reproduce --resume {folder.short_id} goes on")
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def _power(asked: Asked, about: Reproduced | None = None) -> Power:
    """On what is trained: one run a core, or on another device one at a time."""
    device = asked.device if about is None else about.device
    one_a_core = device in ("auto", "cpu")
    workers = asked.workers or (cores() if one_a_core else 1)
    machine = f"{processor_name()}, {counted(cores(), 'core')}" + ("" if one_a_core else f", {device}")
    precision = asked.precision if about is None else about.precision
    return Power(workers, 1 if one_a_core else None, machine, device, precision)


def _sayer(asked: Asked, name: str) -> Callable[[str], None]:
    return lambda words: _tell(asked, f"  {name} {words}")


def _tell(asked: Asked, words: str) -> None:
    print(sanitize(words), file=asked.out, flush=True)


def _came_of(about: Reproduced) -> str:
    took = "" if about.ended is None else f" in {clock(about.ended - about.begun)}"
    return f"{about.preset}: {_verdicts(about.rows)}{took}"


def _verdicts(rows: Sequence[Row]) -> str:
    found = Counter(row.verdict for row in rows)
    return ", ".join(f"{found[verdict]} {verdict}" for verdict in VERDICTS if found[verdict]) or "nothing to judge"


def _plain(about: Reproduced) -> dict[str, object]:
    import msgspec

    plain: dict[str, object] = msgspec.to_builtins(about)
    return plain


def _print_table(rows: Sequence[Row], asked: Asked) -> None:
    from rich.console import Console

    console = Console(file=asked.out, highlight=False, width=None if asked.out.isatty() else _UNLIMITED)
    console.print(table(rows))


def table(rows: Sequence[Row]) -> Table:
    """Claim with its source, the published figure, ours, the rule and the verdict."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(
        box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold", expand=True, padding=(0, 2, 1, 0)
    )
    made.add_column("claim", ratio=5)
    for title in ("published", "ours", "rule"):
        made.add_column(title, ratio=2)
    made.add_column("", no_wrap=True, width=_VERDICT)
    for row in rows:
        claim = Text.assemble(sanitize(row.words), "\n", (sanitize(row.source), "dim"))
        if row.note:
            claim.append(f"\n{sanitize(row.note)}", "dim italic")
        texts = [Text(sanitize(text)) for text in (row.published, row.shown, row.rule)]
        made.add_row(claim, *texts, Text(row.verdict, _STYLES[row.verdict]))
    return made
