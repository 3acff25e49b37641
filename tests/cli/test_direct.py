from __future__ import annotations

import itertools
from functools import cache

import pytest

from grokterm.cli.commands import build, watch
from grokterm.cli.direct import screen_options
from grokterm.cli.options import Option, folder_option, run_options, view_options
from grokterm.config import Config
from grokterm.view_options import ViewOptions

OPTIONS = [*run_options().values(), folder_option(), *view_options().values()]


whole = cache(build)


def bound(words: list[str]) -> dict[str, str]:
    """The options as cyclopts reads them."""
    command, found, _ = whole().parse_args(words, print_error=False, exit_on_error=False)
    assert command is watch
    assert not found.args
    return {name: value for name, value in found.kwargs.items() if value is not None}


def some_value(option: Option) -> str:
    """A value of the option as it is written."""
    if option.choices:
        return option.choices[-1]
    return str(getattr(Config(), option.name, None) or getattr(ViewOptions(), option.name, None) or "somewhere")


def spellings(option: Option) -> list[str]:
    return [option.spelling, *("--" + alias for alias in option.aliases)]


def written(spelling: str, value: str, joined: bool) -> list[str]:
    return [f"{spelling}={value}"] if joined else [spelling, value]


@cache
def all_bound(rank: int, joined: bool) -> dict[str, str]:
    """The options that have so many spellings, written so and all at once, as cyclopts reads them."""
    having = [(spellings(option)[rank], some_value(option)) for option in OPTIONS if len(spellings(option)) > rank]
    return bound([word for pair in having for word in written(*pair, joined)])


@pytest.mark.parametrize("joined", [False, True])
def test_every_option_is_read_as_cyclopts_reads_it(joined: bool) -> None:
    for option in OPTIONS:
        value = some_value(option)
        for rank, spelling in enumerate(spellings(option)):
            assert screen_options(written(spelling, value, joined)) == {option.name: value}
            assert all_bound(rank, joined)[option.name] == value
            assert all_bound(rank, joined).keys() == {one.name for one in OPTIONS if len(spellings(one)) > rank}


def test_all_of_them_together_and_presets() -> None:
    words = list(itertools.chain.from_iterable((option.spelling, some_value(option)) for option in OPTIONS))
    assert screen_options(words) == bound(words)
    words = ["--preset", "nanda", "--p=31", "--wd", "2"]
    assert screen_options(words) == bound(words) == {"preset": "nanda", "p": "31", "weight_decay": "2"}
    assert screen_options([]) == {}


@pytest.mark.parametrize(
    "words",
    [
        ["--help"], ["--version"], ["train"], ["attach", "3"], ["--p"], ["--p", ""], ["--p="], ["--p", "--lr"],
        ["--p", "7", "--p", "11"], ["--p", "7", "11"], ["--wd", "1", "--weight-decay", "2"], ["--lr", "-1"],
        ["--weight_decay", "1"], ["-p", "7"], ["--preset", "nada"], ["--unknown", "1"], ["--", "--p", "7"],
    ],
)  # fmt: skip
def test_whatever_else_is_said_is_left_to_cyclopts(words: list[str]) -> None:
    assert screen_options(words) is None
