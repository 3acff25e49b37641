from __future__ import annotations

import pytest

from grokterm.config import Config, parse, settings
from grokterm.tui.text import formats


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.0, "0"), (1e-3, "1e-3"), (2.5e-4, "2.5e-4"), (0.03, "0.03"), (1.0, "1"), (120.0, "120"), (20000.0, "20,000")],
)
def test_numbers_are_short(value: float, written: str) -> None:
    assert formats.number(value) == written


def test_every_operation_has_a_formula() -> None:
    assert formats.task(Config(op="s5")) == "ab in S₅"
    assert formats.task(Config(op="x2+xy+y2", p=53)) == "a² + ab + b² mod 53"


@pytest.mark.parametrize(
    ("config", "long", "word"),
    [
        (Config(arch="one-hot"), "one-hot 512", "one-hot"),
        (Config(arch="mlp", depth=2), "mlp 128 → 512 × 2", "mlp"),
        (
            Config(arch="transformer", layer_norm="pre", activation="gelu"),
            "transformer 128, 4 heads, mlp 512 gelu pre-norm",
            "transformer",
        ),
        (Config(arch="one-hot", classes="p+1"), "one-hot 512 p+1 classes", "one-hot"),
    ],
)
def test_the_model_is_written_with_its_size(config: Config, long: str, word: str) -> None:
    assert formats.model(config)[0] == long
    assert formats.model(config)[2] == word


@pytest.mark.parametrize(
    ("share", "written"), [(0.0, "0.0 %"), (0.9999, "99.9 %"), (1.0, "100.0 %"), (0.342, "34.2 %")]
)
def test_only_all_is_100_percent(share: float, written: str) -> None:
    assert formats.percent(share) == written


@pytest.mark.parametrize(("seconds", "written"), [(7.9, "0:07"), (61, "1:01"), (3723, "1:02:03")])
def test_clock(seconds: float, written: str) -> None:
    assert formats.clock(seconds) == written


def test_what_the_form_shows_is_read_back_without_loss() -> None:
    config = Config(lr=0.0012345678, weight_decay=0.1 + 0.2, pace="max", batch_size="full")
    for name in settings():
        value = getattr(config, name)
        assert parse(name, formats.typed(value)) == value
