"""What can be loaded, and the one sentence for what cannot."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from grokterm.config import Config, choices, docs, label, parse, settings
from grokterm.config.architectures import ARCHITECTURES
from grokterm.config.losses import LOSSES
from grokterm.config.optimizers import FILTERS, OPTIMIZERS
from grokterm.config.plugins import loaded
from grokterm.errors import ConfigError
from grokterm.plugins.items import PluginError
from grokterm.plugins.loading import allow, is_allowed, load, load_file, unload_all
from grokterm.plugins.registry import items
from grokterm.tasks.operations import answer_table, describe
from tests.own import NAMES, sha256, write
from tests.patience import PATIENCE

HEAD = "from grokterm import plugins\n"
OPERATION = '\n@plugins.operation("{}", shown="?")\ndef an_operation(a, b, p):\n    return {}\n'
OPTIMIZER = '\n@plugins.optimizer("{}", title="T", words="W", settings={})\ndef an_optimizer():\n    pass\n'


def test_what_the_guide_registers_is_there_by_its_name(examples: dict[str, Path]) -> None:
    before = Config().as_dict()
    for path in examples.values():
        load_file(path)
    assert "bilinear" in choices("arch")
    assert choices("optimizer")[-1] == "rmsprop"
    assert (choices("filter")[-1], choices("loss")[-1]) == ("clipped", "focal")
    assert [item.name for item in items("measure")] == ["largest_weight"]
    assert describe("capped-sum", 7) == "min(a + b, p − 1) mod 7"
    assert answer_table("capped-sum", 5).tolist() == [[min(a + b, 4) for b in range(5)] for a in range(5)]
    config = Config().changed({"optimizer": "rmsprop", "rms_decay": 0.5, "loss": "focal", "op": "capped-sum"})
    assert config.as_dict() == Config().as_dict() | {
        "optimizer": "rmsprop",
        "rms_decay": 0.5,
        "loss": "focal",
        "op": "capped-sum",
    }
    assert Config().as_dict() == before | {"rms_decay": 0.98, "clip_at": 1.0, "focal_gamma": 2.0}
    assert getattr(config, "rms_decay") == 0.5  # noqa: B009 mypy knows no such attribute
    assert hash(config) != hash(Config())
    with pytest.raises(AttributeError, match="a Config has no 'nothing'"):
        getattr(config, "nothing")  # noqa: B009


def test_its_numbers_have_limits_words_and_a_place(examples: dict[str, Path]) -> None:
    load_file(examples["rmsprop.py"])
    load_file(examples["own.py"])
    names = list(settings())
    assert names.index("rms_decay") - 1 == names.index("batch_size")  # the last of training
    assert settings()["rms_decay"].group == "Training"
    assert settings()["focal_gamma"].group == "Loss"
    assert docs()["rms_decay"] == "Decay of rmsprop, from 0 to below 1."
    assert docs()["optimizer"].endswith(" Of plugins: rmsprop: g/√v, v a mean of g².")
    assert label("rms_decay") == "rms decay"
    assert parse("rms_decay", "0.25") == 0.25
    with pytest.raises(ConfigError, match="--rms-decay must be a number from 0 to below 1, not 1"):
        parse("rms_decay", "1")
    with pytest.raises(ConfigError, match=r"unknown optimizer 'rmsprob': .*did you mean rmsprop"):
        parse("optimizer", "rmsprob")


def test_nothing_of_a_plugin_is_left_when_it_is_unloaded(examples: dict[str, Path]) -> None:
    before = (settings(), dict(ARCHITECTURES), dict(OPTIMIZERS), dict(FILTERS), dict(LOSSES), Config())
    for path in examples.values():
        load_file(path)
    unload_all()
    assert (settings(), ARCHITECTURES, OPTIMIZERS, FILTERS, LOSSES, Config()) == before
    with pytest.raises(ConfigError, match=r"unknown|none of the inputs"):
        describe("capped-sum", 7)


def test_a_file_is_executed_once_whatever_its_name(examples: dict[str, Path], tmp_path: Path) -> None:
    load_file(examples["capped.py"])
    load_file(write(tmp_path / "another.py", examples["capped.py"].read_text()))
    assert [plugin.sha256 for plugin in loaded()] == [sha256(examples["capped.py"])]
    assert loaded()[0].source == examples["capped.py"].read_bytes()


def own_number(name: str, arguments: str) -> str:
    """A plugin with an optimizer that has a number."""
    return HEAD + OPTIMIZER.format("own", f'{{"{name}": plugins.Number(words="", {arguments})}}')


def own_architecture(change: str) -> str:
    """A plugin with the architecture of one-hot, of which the description has one change."""
    spec = "ARCHITECTURES['one-hot']"
    head = "from grokterm.config.architectures import ARCHITECTURES\n" + HEAD
    return head + f"\n@plugins.architecture('own', {spec}._replace({change}))\ndef own():\n    pass\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1\n", "the plugin lab.py (SHA-256 {}) registers nothing"),
        ("x = (\n", "the plugin cannot be loaded: lab.py, line 1: SyntaxError: '(' was never closed"),
        ("x = 1\ny = x / 0\n", "the plugin cannot be loaded: lab.py, line 2: ZeroDivisionError: division by zero"),
        ("import sys\n\nsys.exit(3)\n", "the plugin cannot be loaded: lab.py, line 3: SystemExit: 3"),
        ("import nothing_of_this_name\n", "lab.py, line 1: ModuleNotFoundError: No module named"),
        (HEAD + OPERATION.format("add", "a"), "lab.py, line 3: the operation add: the name 'add' is taken"),
        (HEAD + OPERATION.format("s5", "a"), "the name 's5' is taken"),
        (HEAD + OPERATION.format("ab", "a"), "the name 'ab' is taken"),
        (HEAD + OPERATION.format("Twice", "a"), "lab.py, line 3: 'Twice' is no name for an operation: choose up to 24"),
        (HEAD + OPERATION.format("x\\x1b[31m", "a"), "is no name for an operation"),
        (HEAD + OPTIMIZER.format("muon", "{}"), "the optimizer muon: the name 'muon' is taken"),
        (own_number("lr", "default=1, ge=0, le=2"), "lab.py, line 3: the optimizer own: the name 'lr' of a setting"),
        (own_number("frac", "default=1, ge=0, le=2"), "the name 'frac' of a setting is taken"),
        (own_number("theme", "default=1, ge=0, le=2"), "the name 'theme' of a setting is taken"),
        (own_number("changed", "default=1, ge=0, le=2"), "the name 'changed' of a setting is taken"),
        (own_number("allow_plugin", "default=1, ge=0, le=2"), "the name 'allow_plugin' of a setting is taken"),
        (own_number("R-x", "default=1, ge=0, le=2"), "'R-x' is no name for a setting"),
        (own_number("r", "default=1, ge=0"), "lab.py, line 3: a number needs limits at both ends"),
        (own_number("r", "default=3, ge=0, le=2"), "the default 3 is outside of its own limits"),
        (own_number("r", "default='3', ge=0, le=2"), "the default of a number must be one, not '3'"),
        (own_number("r", "default=1, label='\\x1b[2J', ge=0, le=2"), "a number has words that are no line of text"),
        (HEAD + OPTIMIZER.format("own", "{}, uses=['lear']"), "it uses 'lear', which is no setting"),
        (own_number("r", "default=1, ge=0, le=2").replace("plugins.Number(", "dict("), "be a plugins.Number"),
        (HEAD + OPERATION.format("own", "a").replace("?\"", "?\", inputs=2.0"), "has 2 to 12 inputs, not 2.0"),
        (HEAD + OPERATION.format("own", "a").replace("?\"", "?\", inputs=13"), "has 2 to 12 inputs, not 13"),
        (own_architecture("brief='\\x1b[2J'"), "the architecture own has words that are no line of text"),
        (own_architecture("words='two\\nlines'"), "the architecture own: it has words that are no line of text"),
        (HEAD + '\n@plugins.measure("test_loss", words="")\ndef f(model):\n    return 1\n',
         "the name 'test_loss' is taken"),
    ],
)  # fmt: skip
def test_a_plugin_that_cannot_be_is_told_of_in_a_sentence(tmp_path: Path, text: str, words: str) -> None:
    path = write(tmp_path / "lab.py", text)
    before = settings()
    with pytest.raises(PluginError) as refused:
        load_file(path)
    assert words.format(sha256(path)[:12]) in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "\x1b" not in str(refused.value)
    assert (settings(), loaded()) == (before, ())


def test_of_two_things_of_which_one_cannot_be_none_is_registered(tmp_path: Path) -> None:
    text = HEAD + OPERATION.format("mine", "a") + OPERATION.format("add", "a").replace("an_op", "another_op")
    with pytest.raises(PluginError, match="'add' is taken"):
        load_file(write(tmp_path / "lab.py", text))
    assert items("operation") == []
    load_file(write(tmp_path / "lab.py", HEAD + OPERATION.format("mine", "a")))
    with pytest.raises(PluginError, match=r"line 3: the operation mine: the name 'mine' is taken"):
        load_file(write(tmp_path / "lab.py", HEAD + OPERATION.format("mine", "b")))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            "a * 1.0",
            r"the operation mine (lab.py, line 3) must give whole numbers in the shape of a, not float64 [7, 7]",
        ),
        ("a[:3]", "not int64 [3, 7]"),
        ("a + b", "must answer from 0 to 6, or −1 for a pair without an answer, and it answers from 0 to 12"),
        ("a - 2", "it answers from -2 to 4"),
        ("a + b[:3]", "the operation mine (lab.py, line 3) fails for p 7: "),
        ("a.wrong", "fails for p 7: AttributeError"),
        ("a * 0 - 1", "it answers from -1 to -1"),
    ],
)
def test_an_operation_that_answers_wrongly_is_refused_before_a_run_is_made(
    tmp_path: Path, answer: str, words: str
) -> None:
    load_file(write(tmp_path / "lab.py", HEAD + OPERATION.format("mine", answer)))
    with pytest.raises(ConfigError, match=re.escape(words)):
        Config(op="mine", p=7)


def test_torch_is_not_loaded_by_what_a_plugin_does_when_it_is_read(tmp_path: Path, examples: dict[str, Path]) -> None:
    lazy = "; ".join(f"load('{path}')" for path in examples.values())
    early = write(tmp_path / "early.py", HEAD + "\nimport torch\n")
    code = f"from grokterm.plugins.loading import load; {lazy}; import sys; assert 'torch' not in sys.modules\n"
    code += (
        f"try:\n    load('{early}')\nexcept Exception as error:\n    print(error)\nassert 'torch' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("the plugin cannot be loaded: early.py, line 3: ModuleNotFoundError: import of torch")
    assert "import it inside of the functions that need it" in done.stdout


def test_the_examples_are_as_long_as_the_guide_says(examples: dict[str, Path]) -> None:
    """One file each: no operation, optimizer or architecture needs another one."""
    lengths = [len(examples[name].read_text().splitlines()) for name in NAMES[:3]]
    assert [length <= limit for length, limit in zip(lengths, (5, 20, 60), strict=True)] == [True] * 3


@pytest.mark.parametrize("given", ["", "0123456789a", "g" * 64, "0" * 65, "my_lab.py", "0123 456789abcdef"])
def test_what_is_no_hash_is_refused(given: str) -> None:
    with pytest.raises(PluginError, match="--allow-plugin must be the SHA-256 of a plugin's file, or its first 12"):
        allow(given)


def test_twelve_digits_or_more_allow_a_plugin() -> None:
    digits = "0123456789abcdef" * 4
    allow(digits[:12].upper())
    assert is_allowed(digits)
    assert not is_allowed("1" + digits[1:])
    assert not is_allowed(digits[:11] + "0" + digits[12:])


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=r"the plugin .*nothing\.py cannot be read: no such file or directory"):
        load(str(tmp_path / "nothing.py"))
    (tmp_path / "folder.py").mkdir()
    with pytest.raises(PluginError, match="it is a folder, not a file"):
        load(str(tmp_path / "folder.py"))
    with pytest.raises(PluginError, match="needs a name of up to 40 letters, digits and _"):
        load(str(write(tmp_path / "my lab.py", "")))
    with pytest.raises(PluginError, match="is larger than 1,048,576 bytes"):
        load(str(write(tmp_path / "large.py", "#" * 2**21)))
    with pytest.raises(
        PluginError, match=r"no plugin 'mine' is installed; a file is given by its path, as \./my_lab\.py"
    ):
        load("mine")
    (tmp_path / "link.py").symlink_to(write(tmp_path / "real.py", HEAD + OPERATION.format("mine", "a")))
    load(str(tmp_path / "link.py"))
    assert [item.name for item in items("operation")] == ["mine"]
