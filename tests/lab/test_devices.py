"""Which device and precision a configuration gets, and the program that tells about them."""

from __future__ import annotations

import json

import pytest
import torch

from grokterm.config import Config
from grokterm.errors import ConfigError
from grokterm.lab import devices
from tests.launching import completed
from tests.needs import NO_MPS, need
from tests.nursery import start_program
from tests.patience import PATIENCE


def test_auto_takes_a_device_that_is_there() -> None:
    device, precision = devices.resolve(Config())
    assert str(device) in devices.available()
    assert precision == ("bfloat16" if devices.has_fast_bfloat16(device) else "float32")


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float64"])
def test_a_precision_that_is_asked_for_is_used(precision: str) -> None:
    assert devices.resolve(Config(device="cpu", precision=precision)) == (torch.device("cpu"), precision)  # type: ignore[arg-type]


@pytest.mark.parametrize("device", ["mps", "cuda:999"])
def test_a_device_that_is_not_there_names_those_that_are(device: str) -> None:
    if device in devices.available():
        need(False, NO_MPS)
    with pytest.raises(ConfigError, match=rf"^device {device} is not on this machine: choose auto or .*cpu"):
        devices.resolve(Config(device=device))


def test_the_program_describes_the_machine_as_json() -> None:
    with start_program("grokterm.lab.devices", "cpu") as program:
        told = json.loads(completed(program, PATIENCE).stdout)
    assert told["torch"] == torch.__version__
    assert "cpu" in told["devices"]
    assert told["precision"] in ("float32", "bfloat16")
    assert told["threads"] >= 1


@pytest.mark.parametrize(("device", "words"), [("cuda:999", "choose auto or"), ("gpu", "unknown device")])
def test_the_program_refuses_a_device_with_one_sentence(
    device: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, told = devices.main([device]), capsys.readouterr()
    assert (status, told.out) == (2, "")
    assert words in told.err
    assert len(told.err.splitlines()) == 1
