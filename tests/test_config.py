from __future__ import annotations

import math
import tomllib
from contextlib import suppress
from typing import Any

import pytest
import tomli_w
from hypothesis import assume, given
from hypothesis import strategies as st

from grokterm.config import Config, choices, docs, field_type, parse, settings
from grokterm.config.consistency import train_count
from grokterm.config.setting import check
from grokterm.errors import ConfigError
from grokterm.spelling import option_name
from grokterm.tasks.arithmetic import is_prime
from grokterm.tasks.operations import defined_count, rule_of
from grokterm.tasks.rules import OPERATIONS
from grokterm.view_options import ViewOptions

NUMBERS = [name for name in settings() if field_type(name) in (int, float) or name in ("batch_size", "until", "pace")]


def whole(name: str) -> bool:
    return field_type(name) is int or name in ("batch_size", "until")


@st.composite
def configs(draw: st.DrawFn) -> Config:
    """Configurations that can be, with every setting drawn from its own limits."""
    values: dict[str, Any] = {}
    for name, setting in settings().items():
        words, low, high = choices(name), max(setting.ge, setting.gt), min(setting.le, setting.lt)
        numbers: st.SearchStrategy[Any] = (
            st.integers(int(low), int(high))
            if whole(name)
            else st.floats(low, high, exclude_min=low == setting.gt, exclude_max=high == setting.lt)
        )
        if name == "device":
            values[name] = draw(st.sampled_from(["auto", "cpu", "cuda", "cuda:3", "mps"]))
        elif name == "op":
            values[name] = draw(st.sampled_from([*OPERATIONS, "a^2 + 3ab", "a / b if b odd else a - b", "min"]))
        elif words:
            values[name] = draw(st.sampled_from(words) | numbers if name in NUMBERS else st.sampled_from(words))
        else:
            values[name] = draw(numbers)
    if values["init"] == "closed-form":
        values |= {"arch": "one-hot", "depth": 1, "activation": "quadratic", "layer_norm": "none"}
        values |= {"op": draw(st.sampled_from(["add", "subtract"])), "width": max(values["width"], 8)}
    if rule_of(values["op"]).divides:
        values["p"] = draw(st.sampled_from([5, 97, 113, 1999]))
    values["heads"] = draw(st.sampled_from([h for h in range(1, 65) if values["d_model"] % h == 0]))
    try:
        return Config(**values)
    except ConfigError:
        assume(False)
        raise


def test_every_field_tells_what_it_is_and_its_limits() -> None:
    words = docs()
    assert list(words) == list(settings())
    for name, text in words.items():
        setting = settings()[name]
        assert text.endswith("."), name
        for limit in (setting.ge, setting.le):
            if name in ("p", "width", "d_model", "heads", "depth", "lr", "weight_decay"):
                assert f"{limit:,g}" in text, name
    assert list(settings(ViewOptions)) == ["theme", "color", "graph", "fps", "narrator"]


def test_the_defaults_are_a_run_that_can_be() -> None:
    config = Config()
    assert (config.p, config.op, config.arch, config.train_fraction) == (97, "add", "mlp", 0.5)
    assert train_count(config.p, config.op, config.train_fraction) == 4704
    assert defined_count("divide", 97) == 97 * 96


@pytest.mark.parametrize("name", settings())
def test_each_default_is_one_that_the_setting_may_hold(name: str) -> None:
    default = getattr(Config(), name)
    check(name, field_type(name), settings()[name], default)
    assert parse(name, str(default)) == default


@given(configs())
def test_round_trips_through_dictionary_toml_and_text(config: Config) -> None:
    assert Config().changed(config.as_dict()) == config
    assert Config().changed(tomllib.loads(tomli_w.dumps(config.as_dict()))) == config
    assert {name: parse(name, str(value)) for name, value in config.as_dict().items()} == config.as_dict()


@pytest.mark.parametrize("name", NUMBERS)
def test_each_number_keeps_its_limits(name: str) -> None:
    setting = settings()[name]
    base = Config(p=5)
    good: list[float] = []
    bad: list[float] = [math.nan, math.inf, -math.inf]
    if setting.ge > -math.inf:
        good.append(setting.ge)
        bad.append(setting.ge - 1)
    else:
        bad += [setting.gt, setting.gt - 1]
    if setting.le < math.inf:
        good.append(setting.le)
        bad.append(setting.le + 1 if whole(name) else setting.le * 1.001)
    else:
        bad.append(setting.lt)
    for value in good:
        number = int(value) if whole(name) else value
        parse(name, str(number))
        if name not in ("p", "heads"):
            assert getattr(base.changed({name: number}), name) == number
    for value in bad:
        with pytest.raises(ConfigError, match=option_name(name)):
            base.changed({name: value})
        with pytest.raises(ConfigError, match=option_name(name)):
            parse(name, str(value))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"p": 2}, "--p must be a whole number from 3 to 1,999, not 2"),
        ({"p": 97.0}, "--p must be a whole number from 3 to 1,999, not 97"),
        ({"p": True}, "--p must be a whole number from 3 to 1,999, not True"),
        ({"p": 91, "op": "divide"}, "divide needs a prime p, and 91 is not: 89 and 97 are near"),
        ({"p": 4, "op": "divide"}, "divide needs a prime p, and 4 is not: 3 and 5 are near"),
        ({"op": "substract"}, "did you mean subtract?"),
        ({"arch": "transfomer"}, "did you mean transformer?"),
        ({"arch": 3}, "unknown arch '3': choose mlp, one-hot, residual-mlp, transformer"),
        ({"arch": "transformer", "heads": 3}, "--heads 3 does not divide --d-model 128: choose heads from 1, 2, 4"),
        ({"train_fraction": 0.0}, "--train-fraction must be a number above 0 and below 1, not 0"),
        ({"train_fraction": 1e-5}, "leaves no train pair"),
        ({"p": 3, "op": "divide", "train_fraction": 0.1}, "leaves no train pair"),
        ({"lr": -0.001}, "--lr must be a number from 0 to 10, not -0.001"),
        ({"beta1": 1.0}, "--beta1 must be a number from 0 to below 1, not 1"),
        ({"epsilon": 0.0}, "--epsilon must be a number above 0 and up to 1, not 0"),
        ({"weight_decay": "much"}, "--weight-decay must be a number from 0 to 1,000, not much"),
        ({"until": "groked"}, "--until must be memorized, grokked, forever, or a whole number"),
        ({"batch_size": 0}, "--batch-size must be full, or a whole number from 1"),
        ({"device": "gpu"}, "unknown device 'gpu': choose auto, cpu, cuda, cuda:N, mps"),
        ({"wieght_decay": 1}, "did you mean weight_decay?"),
    ],
)
def test_what_cannot_be_says_why_and_what_can(values: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Config().changed(values)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_heads_matter_only_to_the_transformer() -> None:
    assert Config(arch="one-hot", heads=3).heads == 3


def test_a_fraction_just_inside_leaves_one_pair_on_either_side() -> None:
    for train_fraction, pairs in ((1 / 9 + 1e-9, 1), (8 / 9 + 1e-9, 8)):
        config = Config(p=3, train_fraction=train_fraction)
        assert train_count(config.p, config.op, config.train_fraction) == pairs


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("p", " 1,999 ", 1999),
        ("p", "1_0", 10),
        ("p", "1e2", 100),
        ("lr", "3e-3", 0.003),
        ("lr", "1", 1.0),
        ("until", "2,000", 2000),
        ("until", "1e4", 10_000),
        ("until", "grokked", "grokked"),
        ("batch_size", "full", "full"),
        ("batch_size", "512", 512),
        ("pace", "max", "max"),
        ("pace", "2.5", 2.5),
        ("layer_norm", "none", "none"),
        ("device", "cuda:1", "cuda:1"),
    ],
)
def test_parsing(name: str, text: str, value: object) -> None:
    read = parse(name, text)
    assert read == value
    assert type(read) is type(value)


@given(st.sampled_from(list(settings())), st.text(max_size=12))
def test_any_text_is_read_or_refused_with_words(name: str, text: str) -> None:
    with suppress(ConfigError):
        value = parse(name, text)
        assert value in choices(name) or name in ("device", "op") or isinstance(value, int | float)


@pytest.mark.parametrize("text", ["1e999", "9" * 5000, "9" * 400 + "e1", "0x10", "", "1.5", "--", "1e-3"])
def test_what_is_no_whole_number_is_refused_briefly(text: str) -> None:
    with pytest.raises(ConfigError, match="--seed must be a whole number from 0 to 9,223,372,036") as caught:
        parse("seed", text)
    assert len(str(caught.value)) < 200


def test_primes() -> None:
    assert [n for n in range(30) if is_prime(n)] == [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]


def test_a_new_run_begins_with_what_its_architecture_does() -> None:
    assert Config.starting() == Config(d_model=20, lr=1e-2, epsilon=2e-4)
    assert Config.starting({"lr": 3e-3}) == Config(d_model=20, lr=3e-3, epsilon=2e-4)
    assert Config.starting({"arch": "transformer"}) == Config(arch="transformer")
    for others in ({"loss": "mse"}, {"optimizer": "adam"}):
        assert Config.starting(others) == Config(d_model=20).changed(others)
    assert Config.starting({"task": "parity"}) == Config(task="parity", arch="one-hot")
    assert Config.starting({"task": "parity", "arch": "mlp"}).arch == "mlp"


def test_what_stands_at_its_beginning_follows_the_architecture_and_what_was_set_stays() -> None:
    assert Config.starting().following("one-hot") == {"arch": "one-hot", "d_model": 128, "lr": 5e-3, "epsilon": 1e-8}
    assert Config.starting({"lr": 3e-3, "d_model": 8}).following("one-hot") == {"arch": "one-hot", "epsilon": 1e-8}
    assert Config.starting({"optimizer": "sgd"}).following("one-hot") == {"arch": "one-hot", "d_model": 128}
    assert Config(arch="one-hot", loss="mse").following("mlp") == {"arch": "mlp", "d_model": 20}
    assert Config.starting({"arch": "one-hot"}).following("transformer") == {"arch": "transformer"}
    assert Config.starting().following("mlp") == {"arch": "mlp"}


def test_architectures_of_older_files_have_other_names_now() -> None:
    young = Config(arch="mlp").as_dict()
    assert Config.written(young).arch == "mlp"
    old = {name: value for name, value in young.items() if name != "attention_rate"}
    assert Config.written(old).arch == "one-hot"
    assert Config.written(old | {"arch": "embed-mlp"}).arch == "mlp"
    assert Config.written({"p": 31}).arch == "one-hot"
    assert parse("arch", " embed-mlp") == "mlp"


def test_a_transformer_of_older_files_reads_three_tokens() -> None:
    young = Config(arch="transformer", sequence="eos-a-op-b-equals").as_dict()
    assert Config.written(young).as_dict() == young
    old = {name: value for name, value in young.items() if name != "sequence"}
    assert Config.written(old).sequence_tokens == ("a", "b", "=")
    assert Config.written(young | {"arch": "mlp"}).sequence_tokens == ("a", "b", "=")
