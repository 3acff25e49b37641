"""A run as one line: it comes out of it as it went in, and no other one does."""

from __future__ import annotations

import base64
import hashlib
import math
import zlib
from pathlib import Path
from typing import get_args

import hypothesis
import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from grokterm.config import Config, Value, choices, field_type, settings
from grokterm.errors import ConfigError, GroktermError, PluginNeededError
from grokterm.plugins.loading import load_file
from grokterm.runs.changes import plan_change
from grokterm.runs.circumstances import Circumstances, differences
from grokterm.runs.share import (
    DICTIONARY,
    OWN_OF_THE_TRAINER,
    Share,
    SharedChange,
    ShareError,
    read_line,
    write_line,
)
from grokterm.surgery import Ablation
from grokterm.wire.records import Rewind
from tests.own import unloading, write_examples
from tests.runs.shares import DIGEST, HERE, shared

TEN: list[tuple[int, dict[str, Value]]] = [
    (1240, {"lr": 0.0025}),
    (333, {"weight_decay": 2.0}),
    (900, {"lr": 0.00125, "weight_decay": 0.3}),
    (1000, {"train_fraction": 0.45}),
    (250, {"optimizer": "muon", "muon_lr": 0.05}),
    (12003, {"filter": "grokfast-ema", "ema_lambda": 3.0}),
    (3210, {"loss": "stablemax"}),
    (40, {"batch_size": 2048}),
    (980, {"arch": "transformer", "width": 256, "d_model": 64}),
    (1111, {"lr": 0.003, "log_every": 25}),
]
FREE = [name for name, known in settings().items() if name not in (*OWN_OF_THE_TRAINER, "op", "p", "task")]
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ :.é"


def ten_changes() -> Share:
    changes = tuple(SharedChange(steps, values) for steps, values in TEN)
    config = Config.starting({"p": 113, "seed": 123456789, "weight_decay": 0.7, "train_fraction": 0.3})
    return shared(config, changes, memorized=140, grokked=25_600)


def value_of(name: str) -> st.SearchStrategy[Value]:
    """Any value of a setting by itself."""
    hint, known = field_type(name), settings()[name]
    words = choices(name)
    found: list[st.SearchStrategy[Value]] = [st.sampled_from(words)] if words else []
    if name == "device":
        return st.sampled_from(["auto", "cpu", "cuda", "cuda:3", "mps"])
    if int in (hint, *get_args(hint)):
        found.append(st.integers(int(known.ge), int(known.le)))
    if float in (hint, *get_args(hint)):
        low, high = max(known.ge, known.gt), min(known.le, known.lt)
        found.append(st.floats(low, high, exclude_min=math.isfinite(known.gt), exclude_max=math.isfinite(known.lt)))
    return st.one_of(found)


@st.composite
def any_values(draw: st.DrawFn, names: list[str], most: int) -> dict[str, Value]:
    chosen = draw(st.lists(st.sampled_from(names), max_size=most, unique=True))
    return {name: draw(value_of(name)) for name in chosen}


@st.composite
def any_share(draw: st.DrawFn) -> Share:
    tasks: list[dict[str, Value]] = [
        {},
        {"op": "a^2 + 3ab"},
        {"op": "s5"},
        {"op": "subtract", "p": 31},
        {"task": "parity", "n": 50},
    ]
    try:
        config = Config.starting(draw(st.sampled_from(tasks)) | draw(any_values(FREE, 8)))
    except ConfigError:
        assume(False)
    changeable = [name for name in FREE if settings()[name].acts != "starts a new run"]
    changes, present, step = [], config, 0
    for _ in range(draw(st.integers(0, 10))):
        steps, values = draw(st.integers(0, 5000)), draw(any_values(changeable, 2))
        try:
            plan = plan_change(present, step + steps, values)
        except ConfigError:
            continue
        if plan.changes:
            changes.append(SharedChange(steps, plan.values, draw(st.booleans()) and plan.rebuilds))
            present, step = plan.config, step + steps
    circumstances = draw(st.sampled_from([HERE, None]))
    milestones = draw(st.tuples(*[st.none() | st.integers(0, 10**6)] * 2))
    digest = draw(st.binary(min_size=8, max_size=8))
    return Share(config, tuple(changes), step + draw(st.integers(0, 10**6)), digest, circumstances, *milestones)


def sealed(written: object, digest: bytes = DIGEST) -> str:
    """A line around any content, as somebody may make it by hand."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=DICTIONARY)
    body = digest + compressor.compress(msgspec.json.encode(written)) + compressor.flush()
    return "grok1:" + base64.urlsafe_b64encode(zlib.crc32(body).to_bytes(4, "big") + body).decode().rstrip("=")


def refusal(line: str) -> str:
    """The one sentence with which a line is refused."""
    with pytest.raises(GroktermError) as refused:
        read_line(line)
    assert "\n" not in str(refused.value)
    assert refused.value.exit_status == 2
    return str(refused.value)


@hypothesis.settings(max_examples=50)
@given(any_share())
def test_what_goes_in_comes_out(share: Share) -> None:
    found = read_line(write_line(share))
    assert found == share
    assert found.config.as_dict() == share.config.as_dict()
    floats = [name for name, value in share.config.as_dict().items() if isinstance(value, float)]
    assert all(isinstance(getattr(found.config, name), float) for name in floats)


@given(st.data())
def test_any_altered_character_is_refused(data: st.DataObject) -> None:
    line = write_line(ten_changes())
    at = data.draw(st.integers(0, len(line) - 1))
    letter = data.draw(st.sampled_from(ALPHABET).filter(lambda letter: letter != line[at]))
    refusal(line[:at] + letter + line[at + 1 :])


def test_every_character_of_a_short_line_is_of_account() -> None:
    line = write_line(shared())
    for at in range(len(line)):
        for letter in (*ALPHABET[at % 16 :: 16], *"-_=+/ "):
            if letter != line[at]:
                refusal(line[:at] + letter + line[at + 1 :])


def test_a_torn_line_is_refused() -> None:
    line = write_line(ten_changes())
    for length in range(len("grok1:"), len(line)):
        assert refusal(line[:length]) == "the line is torn or altered: copy it whole, in one piece"
    assert "torn or altered" in refusal(line + "A")
    assert read_line(f"  {line}\n") == ten_changes()


def test_ten_changes_fit_into_300_characters() -> None:
    line = write_line(ten_changes())
    assert len(line) <= 300
    assert len(write_line(shared())) < 80
    exact = tuple(SharedChange(1000 + at, {"lr": 0.0012345 * (at + 1) / 7}) for at in range(10))
    assert len(write_line(shared(changes=exact))) <= 300  # numbers of 17 digits


def test_a_line_of_before_is_the_run_that_it_was() -> None:
    """Where this fails, what a new run begins with has changed: lines of before need their format's own defaults."""
    line = (
        "grok1:tk6jksjJysvMzc7PbZQ5EsMgDEXvklqFVozPwlCk8S189wglGTRgSqT5Wvi8Fl-BSOChhl9-ZYhFrRz1hE3ruKE1Yk2ayHZ3aCKy1eYRODEnE9"
        "uuKiOPEJ9n19BnWzz1x0E2SmQSI0oyxIqa7ISoLEzT9wloI6brCzFqjbHqhMMCxh8l2ApMSBSN3vykbfjKk0fGIjsIjkW0ifIJcXLBt1z06kDemBdA7B8"
    )
    assert read_line(line) == ten_changes()
    assert hashlib.sha256(DICTIONARY).hexdigest()[:16] == "cd42120202d70088"


def test_a_newer_format_is_refused() -> None:
    line = write_line(shared())
    assert refusal(line.replace("grok1:", "grok2:")) == (
        "the line was made by a newer grokterm (grok2): upgrade grokterm to read it"
    )
    assert "torn or altered" in refusal(line.replace("grok1:", "grok0:"))
    assert "torn or altered" in refusal(line.replace("grok1:", "grok01:"))
    assert refusal("grok1") == "a shared run begins with grok1:, and this line does not"


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ([{}, [[-1, {"lr": 1e-3}]], 30], "steps that no run has"),
        ([{}, [], 10**13], "steps that no run has"),
        ([{}, [[31, {"lr": 1e-3}]], 30], "a change after the step up to which it is shared"),
        ([{}, [[3, {"pace": 1}]], 30], "settings that it leaves to whoever trains it"),
        ([{}, [[3, {"lr": 0.01}]], 30], "a change at step 3 that changes nothing"),
        ([{}, [[3, {"lr": "[red]fast"}]], 30], "--lr must be a number"),
        ([{}, [[3, {"p": 31}]], 30], "cannot change while a run trains"),
        ([{}, [[3, {}, 0, None, None, 7]], 30], ""),
        ([{}, [[3, {"lr": 1e-3}, "yes"]], 30], "a change that cannot be read"),
        ([{}, [["3", {"lr": 1e-3}]], 30], "a change that cannot be read"),
        ([{}, [[5, {"lr": 1e-3}], [2, {}, False, None, {"step": 6, "changes": 0}]], 30], "goes back to step 6"),
        ([{}, [[5, {"lr": 1e-3}], [2, {}, False, None, {"step": 8, "changes": 1}]], 30], "goes back to step 8"),
        ([{}, [[5, {}, False, None, {"step": 0, "changes": -1}]], 30], "goes back to step 0"),
        ([{}, [[5, {}, False, {"frequencies": [99]}]], 30], "there is no frequency 99"),
        ([{"op": "\x1b[31mred"}, [], 30], "no formula"),
        ([{"wings": 2}, [], 30], "unknown setting 'wings'"),
        ([{"lr": True}, [], 30], "torn or altered"),
        ([{}, [], 30, ["cpu", "float32", "two", ""]], "torn or altered"),
        ([{}, [], 30, None, None, None, ["[link=x]"]], "names a plugin that can be none"),
        ({}, "torn or altered"),
    ],
)
def test_what_no_run_can_be_is_refused(written: object, words: str) -> None:
    assert words in refusal(sealed(written))


def test_what_unfolds_without_end_is_refused() -> None:
    assert "torn or altered" in refusal(sealed([{"op": "a" * 10**7}, [], 30]))
    assert "torn or altered" in refusal("grok1:" + "A" * 10**6)
    with pytest.raises(ShareError, match="cannot be shared: its line would have"):
        write_line(shared(changes=tuple(SharedChange(1, {"lr": at / 7e6}) for at in range(1, 12_000))))


def test_surgery_and_going_back_are_carried() -> None:
    changes = (
        SharedChange(100, {"lr": 0.002}),
        SharedChange(20, {}, ablation=Ablation((5, 12), True, tuple(range(40)), ())),
        SharedChange(0, {"epsilon": 1e-3}, rewind=Rewind(100, 1)),
    )
    share = shared(changes=changes)
    assert read_line(write_line(share)) == share
    assert share.steps == (100, 120, 120)


def test_plugins_are_asked_for_by_their_hash(tmp_path: Path) -> None:
    with unloading():
        path = write_examples(tmp_path)["capped.py"]
        load_file(path)
        own = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        share = shared(Config.starting({"op": "capped-sum"}), plugins=(own,))
        line = write_line(share)
        assert read_line(line) == share
    assert refusal(line) == (
        f"the shared run was made with a plugin that a line does not hold, its SHA-256 begins with {own}: "
        "give --plugin and that file"
    )
    with pytest.raises(PluginNeededError, match=r"with the plugin my-lab of lab 1\.0: give --plugin my-lab"):
        read_line(write_line(shared(plugins=("lab 1.0 my-lab",))))


def test_circumstances_differ_in_words() -> None:
    assert differences(HERE, HERE) == ()
    other = Circumstances("cpu", "bfloat16", 2, "0000")
    assert differences(HERE, other) == (
        "device (cuda:0 then, cpu now)",
        "threads (16 then, 2 now)",
        "kernels, versions or machine",
    )
