"""Conditions against what Python says of the same words."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as some

from grokterm.errors import ConfigError
from grokterm.sweeps.conditions import NUMBER, WORD, Given, Kind, read_condition
from grokterm.sweeps.plan import kinds_of_settings, spellings_of_settings

KNOWN = {"wd": "weight_decay", "weight_decay": "weight_decay", "lr": "lr", "phase": "phase", "step": "step"}
VALUES: dict[str, Given] = {"weight_decay": 1.0, "lr": 0.01, "phase": "grokking", "step": None}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("wd>0.5", True),
        ("wd > 1", False),
        ("weight-decay>=1", True),
        ("wd=1 and lr<2e-2", True),
        ("wd==2 or phase == grokking", True),
        ("not (wd==2 or phase==grokking)", False),
        ("not wd==2 and phase==grokking", True),
        ("wd==2 or wd==3 and lr==0.01", False),
        ("lr<wd", True),
        ("lr<-1", False),
        ("phase!='memorization'", True),
        ("phase==wd", False),
        ("phase>a", False),
        ("wd==one", False),
        ("wd!=one", True),
        ("step>3", False),
        ("not step>3", True),
        ("step!=3", True),
        ("step==3", False),
        ("wd>1_000", False),
    ],
)
def test_a_condition_holds_or_not(text: str, holds: bool) -> None:
    assert read_condition(text, KNOWN)(VALUES) is holds


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "at character 1: here should be a name, such as wd>1 and phase==grokking"),
        ("wd", "at character 3: here should be a comparison: ==, !=, <, <=, > or >="),
        ("wd 3", "at character 4: here should be a comparison"),
        ("wd>", "at character 4: here should be a number, a word or a name"),
        ("wd>1 phase==x", "at character 6: here should be and, or, or the end"),
        ("(wd>1", "at character 6: here should be )"),
        ("wd>1)", "at character 5: here should be and, or, or the end"),
        ("1<wd", "at character 1: here should be a name"),
        ("wdd>1", "at character 1: unknown name 'wdd'; did you mean wd? choose weight_decay, lr, phase, step"),
        ("wd>1 and", "at character 9: here should be a name"),
        ("phase=='x", "cannot be read at character 8"),
        ("(" * 60 + "wd>1" + ")" * 60, "one parenthesis or not too many"),
        ("wd>1 or " * 80 + "wd>1", "the condition has 644 characters: 500 are the most"),
    ],
)
def test_what_is_no_condition_gets_one_sentence_with_the_place(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(words)):
        read_condition(text, KNOWN)


@given(some.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ConfigError):
        read_condition(text, KNOWN)(VALUES)


_terms = some.builds(
    "{} {} {}".format,
    some.sampled_from(["wd", "lr"]),
    some.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
    some.sampled_from(["0.01", "1", "1e-3", "-2", "lr", "wd"]),
)
_conditions = some.recursive(
    _terms,
    lambda inner: some.one_of(
        some.builds("({} and {})".format, inner, inner),
        some.builds("({} or {})".format, inner, inner),
        some.builds("not {}".format, inner),
    ),
    max_leaves=8,
)


@given(_conditions)
def test_python_says_the_same(text: str) -> None:
    assert read_condition(text, KNOWN)(VALUES) is eval(text, {"wd": 1.0, "lr": 0.01})


KINDS = {
    "weight_decay": NUMBER,
    "lr": NUMBER,
    "step": WORD,
    "phase": Kind(("grokking", "confusion")),
}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("phase==groking", "phase is one of grokking, confusion, not groking; did you mean grokking?"),
        ("wd>abc", "character 4: weight_decay is a number, not abc"),
        ("lr==0.1 or phase>3", "character 18: phase is a word: == and != compare it, not >"),
        ("phase!=3", "phase is one of grokking, confusion, not the number 3"),
        ("phase==wd", "phase is one of grokking, confusion, not the number wd"),
        ("wd=='1'", "weight_decay is a number, not 1"),
        ("step==3", "step is a word, not the number 3"),
        ("step<abc", "step is a word: == and != compare it, not <"),
    ],
)
def test_a_comparison_that_can_never_hold_is_refused(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(words)):
        read_condition(text, KNOWN, KINDS)


@pytest.mark.parametrize("text", ["phase==grokking", "wd<lr", "step==abc", "step==phase", "phase!='confusion'"])
def test_a_comparison_that_may_hold_is_read(text: str) -> None:
    read_condition(text, KNOWN, KINDS)


def test_a_word_that_the_left_side_may_be_is_no_name() -> None:
    condition = read_condition("decay_to==init", spellings_of_settings(), kinds_of_settings())
    assert condition.names == {"decay_to"}
    assert condition({"decay_to": "init", "init": 0.5})
    assert read_condition("until==grokked or until>5", spellings_of_settings(), kinds_of_settings())({"until": 7})
