"""Pages of the guide about reproductions, written from the newest scoreboard: one each, and the scoreboard."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from grokterm.config import Config, label
from grokterm.errors import RunFolderError, reason_of
from grokterm.number_format import clock, counted, spelled
from grokterm.presets import PRESETS
from grokterm.reproductions.claims import Reproduction
from grokterm.reproductions.folder import Reproduced, Row
from grokterm.reproductions.registry import reproductions
from grokterm.reproductions.rules import VERDICTS

SCOREBOARD: Final = Path(__file__).with_name("scoreboard.json")
"""The newest quick reproduction of each preset, without its runs."""
TELLING: Final = (
    ("nanda", 2),
    ("nanda", 8),
    ("chapter", 1),
    ("kitouni", 0),
    ("power", 7),
    ("pizza", 1),
    ("clock", 1),
    ("gromov", 0),
    ("ungrok", 1),
    ("controls", 2),
)
"""The ten rows that README shows: a reproduction, and which of its claims."""
_LEFT_OUT: Final = ("task", "pace", "until", "max_steps", "log_every", "measure_every")


def page_name(preset: str) -> str:
    """Of the page about a reproduction."""
    return f"reproduce_{preset.replace('-', '_')}"


def read_scoreboard() -> dict[str, Reproduced]:
    """What is on the scoreboard by preset; raises RunFolderError where a damaged installation lacks it."""
    try:
        made = msgspec.json.decode(SCOREBOARD.read_bytes(), type=tuple[Reproduced, ...])
    except (OSError, msgspec.MsgspecError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else str(error)
        raise RunFolderError(f"{SCOREBOARD} cannot be read: {reason}") from None
    return {one.preset: one for one in made}


def pages(board: Mapping[str, Reproduced]) -> dict[str, str]:
    """The Markdown of every page by its name."""
    found = {page_name(one.preset): page(one, board.get(one.preset)) for one in reproductions().values()}
    return {**found, "scoreboard": scoreboard(board)}


def page(one: Reproduction, made: Reproduced | None) -> str:
    """Set-up, claims, figures and why they differ."""
    parts = [
        f"# {_capital(one.preset)}\n",
        f"{_capital(one.words)}: a reproduction that checks itself.\n",
        f"```\ngrokterm --preset {one.preset}\ngrokterm reproduce {one.preset} --quick\n```\n",
        f"Source: {one.source}.\n",
        f"## Set-up\n\n{_set_up(one.preset)}\n",
        "## Claims and figures\n",
    ]
    if made is None:
        parts.append("It is not on the scoreboard yet.\n")
    else:
        parts += [f"{_circumstances(made)}.\n", *(_row(row) for row in made.rows)]
    parts.append(f"## Why they differ\n\n{one.why}\n")
    parts.append("[The scoreboard](scoreboard.md) has all of them; [how it is done](reproduce.md).\n")
    return "\n".join(parts)


def scoreboard(board: Mapping[str, Reproduced]) -> str:
    """All verdicts, with date, machine and version."""
    rows = [row for made in board.values() for row in made.rows]
    first = next(iter(board.values()))
    when = time.strftime("%Y-%m-%d", time.gmtime(max(made.ended or made.begun for made in board.values())))
    seconds = sum((made.ended or made.begun) - made.begun for made in board.values())
    share = 100 * sum(row.verdict == "PASS" for row in rows) / len(rows)
    count = f"{_verdicts(rows)} of {len(rows)}"
    table = [f"| [{made.preset}]({page_name(made.preset)}.md) | {_counts(made.rows)} |" for made in board.values()]
    failed = [f"- {made.preset}: {_line(row)}" for made in board.values() for row in made.rows if row.verdict == "FAIL"]
    return "\n".join(
        [
            "# Scoreboard\n",
            f"What came of them with `--quick`, one after another: {count}, {share:.0f} % PASS.\n",
            f"{when}, grokterm {first.version}, {first.machine}, {clock(seconds)} in all.\n",
            "| reproduction | PASS, NEAR, FAIL |\n|---|---|",
            *table,
            "\n## What failed\n",
            *(failed or ["Nothing."]),
            "\nEach is explained on its own page. No rule was changed after its figure was known; [how it is "
            "done](reproduce.md).\n",
        ]
    )


def telling(board: Mapping[str, Reproduced]) -> str:
    """The table of README."""
    lines = ["| claim | published | ours | |", "|---|---|---|---|"]
    for preset, at in TELLING:
        row = board[preset].rows[at]
        lines.append(f"| {preset}: {row.words} | {row.published} | {row.shown} | {row.verdict} |")
    return "\n".join(lines) + "\n"


def _set_up(preset: str) -> str:
    start = Config.starting({})
    config = Config.starting(PRESETS[preset].values)
    own = {name: value for name, value in config.as_dict().items() if value != start.as_dict()[name]}
    said = ", ".join(f"{label(name)} {spelled(value)}" for name, value in own.items() if name not in _LEFT_OUT)
    return f"The task is {config.task_words}. Beside what a run begins with: {said}."


def _row(row: Row) -> str:
    note = f" ({row.note})" if row.note else ""
    return (
        f"- **{row.verdict}** {row.words}{note}. Published: {row.published} ({row.source}). "
        f"Ours: {row.shown}. Rule: {row.rule}.\n"
    )


def _line(row: Row) -> str:
    return f"{row.words}: published {row.published}, ours {row.shown}"


def _circumstances(made: Reproduced) -> str:
    scale = "`--quick`" if made.quick else "in full"
    return f"{scale}, {counted(made.seeds, 'seed')}, {made.machine}, {clock((made.ended or made.begun) - made.begun)}"


def _counts(rows: Sequence[Row]) -> str:
    found = Counter(row.verdict for row in rows)
    return ", ".join(str(found[verdict]) for verdict in VERDICTS)


def _verdicts(rows: Sequence[Row]) -> str:
    found = Counter(row.verdict for row in rows)
    return ", ".join(f"{found[verdict]} {verdict}" for verdict in VERDICTS if found[verdict])


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
