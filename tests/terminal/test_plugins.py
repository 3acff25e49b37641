"""A run with a plugin from the command to the shell and back: refused without it, opened with its hash."""

from __future__ import annotations

from pathlib import Path

from grokterm.runs.folder import find_run
from grokterm.runs.process import trainer_alive
from tests.own import sha256, write_examples
from tests.terminal.conftest import Grokterm


def test_a_run_is_attached_with_its_plugin_alone(grokterm: Grokterm, folders: Path, tmp_path: Path) -> None:
    path = write_examples(tmp_path)["rmsprop.py"]
    terminal = grokterm("--plugin", str(path), "--optimizer", "rmsprop", "--rms-decay", "0.5")
    terminal.shows("● training", "step [1-9]", "RMSprop lr")
    terminal.press("q")
    assert terminal.ends() == 0
    refused = grokterm("attach", "1", tiny=False)
    assert refused.ends() == 2
    words = " ".join(refused.text.split())
    assert words.startswith(
        "grokterm: 0001-add11-mlp was made with the plugin rmsprop.py, which is not executed unasked"
    )
    assert "Traceback" not in words
    assert not trainer_alive(find_run("1", folders))
    for allowed in (("--allow-plugin", sha256(path)[:12]), ("--plugin", str(path))):
        again = grokterm("attach", "1", *allowed, tiny=False)
        again.shows("RMSprop lr", "started again at step")
        again.press("q")
        assert again.ends() == 0
