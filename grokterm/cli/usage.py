"""Errors of usage: what is wrong with a command line, in one sentence."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from cyclopts import (
    CycloptsError,
    MissingArgumentError,
    RepeatArgumentError,
    UnknownOptionError,
)

from grokterm.errors import GroktermError
from grokterm.spelling import is_shared_run, unknown


class UsageError(GroktermError):
    """A command line that cannot be read."""


def explain(error: CycloptsError, words: Sequence[str], commands: Sequence[str]) -> str:
    """One sentence for what cyclopts found wrong with `words`, with the nearest name where one was unknown."""
    command = next((word for word in words[:1] if word in commands), "")
    also = f"see grokterm {command} --help" if command else "see grokterm --help"
    match error:
        case UnknownOptionError():
            given = (error.token.keyword or error.token.value).partition("=")[0]
            known = [name for argument in error.argument_collection for name in argument.names]
            near = difflib.get_close_matches(given, known, n=1, cutoff=0.5)
            return f"unknown option {given!r}: {f'did you mean {near[0]}, or ' if near else ''}{also}"
        case MissingArgumentError():
            if _name(error).lstrip("-") == "RUN":
                return f"{command} needs a run: {also}"
            return f"{_name(error)} needs a value: {also}"
        case RepeatArgumentError():
            return f"{error.token.keyword or 'an option'} is given twice: once is enough"
    unused = (error.unused_tokens or [""])[0]
    if unused and not command and is_shared_run(words[0]):
        return f"grokterm takes a shared run alone, and not {unused[:40]!r} beside it: {also}"
    if unused and not command:
        return unknown("command", unused, list(commands))
    if unused:
        return f"{command} does not take {unused!r}: {also}"
    words = " ".join(str(error).split()).rstrip(".").replace(". ", "; ")
    return f"{words[:1].lower()}{words[1:]}: {also}"


def _name(error: MissingArgumentError) -> str:
    return error.keyword or (error.argument.name if error.argument else "an option")
