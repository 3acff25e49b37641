"""What is told of a run in words and tables: its story, milestones, changes and configuration."""

from __future__ import annotations

import time
from typing import Final

from grokterm.config import Value, label, settings
from grokterm.milestones import MILESTONES
from grokterm.number_format import percent, spelled
from grokterm.report.markup import Markup, joined, table, tag
from grokterm.runs.emergence import emergence
from grokterm.runs.history import History
from grokterm.surgery import key_words
from grokterm.tui.run.narrator import sentences
from grokterm.version import __version__

_SECONDS_OF_DAY: Final = "%Y-%m-%d %H:%M UTC"


def story(history: History) -> Markup:
    """What the narrator tells, and the changes that were made, in the order of the steps."""
    told = [(sentence.step, 1, sentence.color, sentence.words) for sentence in sentences(history)]
    made = [(change.step, 0, "mark", f"changed: {change.words}") for change in history.changes]
    lines = sorted([*told, *made], key=lambda line: line[:2])
    if not lines:
        return tag("p", "Nothing has happened yet that there is a sentence for.", class_="undefined")
    return tag("ol", *(_line(step, color, words) for step, _, color, words in lines), class_="story")


def milestones(history: History) -> Markup:
    """Every milestone with its step, and the estimates of the key frequencies."""
    found = emergence(history)
    rows = [(each.happened, _step(history.milestones[each.step_name])) for each in MILESTONES]
    rows.append(("steps from memorization to grokking", _step(found.delay)))
    rows.append(("test accuracy bends most at", _step(found.acceleration_step)))
    if found.generalization_gap is not None:
        rows.append(("train − test accuracy at the end", f"{100 * found.generalization_gap:.1f} %"))
    parts = [tag("div", tag("h3", "By accuracy"), table(("milestone", "step"), rows, (1,)))]
    if history.key_frequencies:
        estimates = [
            (f"{step:,}", ", ".join(key_words(history.config.op, keys)[1]) or "none")
            for step, keys in history.key_frequencies
        ]
        what = key_words(history.config.op, (1, 2))[0]
        title = tag("h3", f"{what[:1].upper()}{what[1:]}, as estimated")
        parts.append(tag("div", title, table(("from step", what), estimates)))
    return tag("div", *parts, class_="charts")


def tiles(history: History) -> list[tuple[str, str]]:
    """The numbers that matter most, each with what it is."""
    found = emergence(history)
    last = history.last
    shown = [("memorized at step", found.memorized_step), ("grokked at step", found.grokked_step_99)]
    numbers = [(_step(step), words) for words, step in shown]
    if found.delay is not None:
        numbers.append((f"{found.delay:,}", "steps between them"))
    if last is not None:
        numbers.append((percent(last.test_accuracy), f"test accuracy at step {last.step:,}"))
    keys = history.key_frequencies[-1][1] if history.key_frequencies else ()
    what, labels = key_words(history.config.op, keys)
    if labels:
        numbers.append((", ".join(labels[:6]) + (" …" if len(labels) > 6 else ""), what))
    return numbers


def configuration(history: History) -> Markup:
    """All settings by their groups, those that were changed marked; and the changes, one by one."""
    first, now = history.first_config.as_dict(), history.config.as_dict()
    groups: dict[str, list[Markup]] = {}
    for name, known in settings().items():
        if known.group != "Screen":
            groups.setdefault(known.group, []).append(_setting(name, first[name], now[name]))
    listed = [
        tag("section", tag("h3", group), tag("table", tag("tbody", *rows))) for group, rows in groups.items() if rows
    ]
    parts = [tag("div", *listed, class_="settings")]
    if history.changes:
        rows = [(f"{change.step:,}", change.words, change.by) for change in history.changes]
        parts = [tag("h3", "Changes"), table(("step", "what", "by"), rows, (0,)), tag("h3", "Settings"), *parts]
    return joined([*parts, tag("h3", "Sessions"), _sessions(history)])


def _sessions(history: History) -> Markup:
    """What its trainers did."""
    rows = [
        (f"{session.step:,}", session.words, time.strftime(_SECONDS_OF_DAY, time.gmtime(session.time)))
        for session in history.sessions
    ]
    return (
        table(("step", "what", "when"), rows, (0,)) if rows else tag("p", "No session is logged.", class_="undefined")
    )


def foot(named: str) -> str:
    """The last line of a page."""
    return f"{named}, by grokterm {__version__}. All numbers are in this file; nothing is loaded from elsewhere."


def _line(step: int, color: str, words: str) -> Markup:
    at = tag("span", f"{step:,}", class_="at")
    return tag("li", at, tag("span", tag("span", words), class_=f"what c-{color.replace('_', '-')}"))


def _setting(name: str, first: Value, now: Value) -> Markup:
    value = spelled(now) if first == now else f"{spelled(first)} → {spelled(now)}"
    return tag("tr", tag("td", label(name)), tag("td", value or "–"), class_="changed" if first != now else None)


def _step(step: int | None) -> str:
    return "not yet" if step is None else f"{step:,}"
