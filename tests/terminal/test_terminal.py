"""What a person sees and does, from the command to the shell."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from grokterm.runs.checkpoints import list_checkpoints
from grokterm.runs.folder import RunFolder, find_run
from grokterm.runs.log import LogReader
from grokterm.runs.process import trainer_alive
from grokterm.wire.records import Change
from tests.terminal.conftest import Attach, Grokterm
from tests.terminal.storm import storm
from tests.terminal.terminal import Terminal


def changes(folder: RunFolder) -> list[Change]:
    return [record for record in LogReader(folder.log_path).read() if isinstance(record, Change)]


def test_a_command_shows_steps_changes_and_leaves_the_terminal_as_it_was(grokterm: Grokterm, folders: Path) -> None:
    terminal = grokterm(afresh=True)
    terminal.shows("a \\+ b mod 11 · mlp 8 → 32", "1 Accuracy", "3 Table", "6 Events")
    assert terminal.modes[1049]
    terminal.shows("● training", "step [1-9]")
    folder = find_run("last", folders)
    terminal.press("W")
    terminal.shows("wd 2", "weight decay 1 → 2")
    assert [change.values for change in changes(folder)] == [{"weight_decay": 2.0}]
    terminal.press("q")
    assert terminal.ends() == 0
    assert terminal.restored
    assert "grokterm attach 1" in terminal.text
    assert not trainer_alive(folder)
    assert list_checkpoints(folder.checkpoint_folder)


def test_another_architecture_mid_run(attach_own: Attach) -> None:
    terminal, folder = attach_own()
    terminal.press("a")
    terminal.shows("Architecture", "transformer")
    terminal.press("down", "down", "down", "enter")
    terminal.shows("transformer 8, 2 heads", "architecture mlp → transformer")
    change = changes(folder)[-1]
    assert change.rebuilt
    before = int(re.findall(r"step ([\d,]+)", terminal.text)[0].replace(",", ""))
    terminal.until(
        lambda: int(re.findall(r"step ([\d,]+)", terminal.text)[0].replace(",", "")) > before,
        "steps of the transformer",
    )


def test_a_detached_run_trains_on_and_is_found_again(grokterm: Grokterm, folders: Path) -> None:
    terminal = grokterm()
    terminal.shows("● training", "step [1-9]")
    terminal.press("d")
    assert terminal.ends() == 0
    assert terminal.restored
    assert "trains on; come back with: grokterm attach 1" in terminal.text
    assert trainer_alive(find_run("last", folders))
    again = grokterm("attach", tiny=False)
    again.shows("● training", "step [1-9]")
    again.press("q")
    assert again.ends() == 0
    assert not trainer_alive(find_run("last", folders))


DIRECT, NUMBERED, NAMED = (
    rb"\x1b\[[\d;]*[34]8;2;",
    rb"\x1b\[[\d;]*[34]8;5;",
    rb"\x1b\[(?:\d+;)*(?:3|4|9|10)[0-7](?:;\d+)*m",
)


@pytest.mark.parametrize(
    ("environment", "options", "codes"),
    [
        ({"NO_COLOR": "1"}, (), (DIRECT, NUMBERED, NAMED)),
        ({"COLORTERM": "", "TERM": "xterm"}, (), (DIRECT, NUMBERED)),
        ({"COLORTERM": "", "TERM": "vt100"}, (), (DIRECT, NUMBERED)),
        ({"COLORTERM": ""}, (), (DIRECT,)),
        ({}, ("--color", "16"), (DIRECT, NUMBERED)),
        ({}, ("--color", "none"), (DIRECT, NUMBERED, NAMED)),
    ],
    ids=["NO_COLOR", "16 colours", "vt100", "256 colours", "asked for 16", "asked for none"],
)
def test_no_more_colours_than_the_terminal_has(
    grokterm: Grokterm, training: Path, environment: dict[str, str], options: tuple[str, ...], codes: tuple[bytes, ...]
) -> None:
    terminal = grokterm("attach", "1", "--runs", str(training), *options, tiny=False, environment=environment)
    terminal.shows("● training", "1 Accuracy", "step [1-9]")
    assert not [found[0] for code in codes if (found := re.search(code, terminal.output))]
    terminal.press("d")
    assert terminal.ends() == 0
    assert terminal.restored


def test_a_storm_of_resizes_and_keys(attach_own: Attach) -> None:
    terminal, _ = attach_own()
    for count in range(16):
        terminal.resize(20 + 37 * count % 180, 5 + 13 * count % 60)
        terminal.press("tab", "z", "T" if count % 10 == 0 else "x")
        terminal.paste("pasted text q d 14 + 3 \x07 \t ü 網\n" * 3)
        terminal.pump()
    terminal.press("\x1b[99999999999u", "\x1b[<0;9999;9999M", "\x1b[48;1;1;1;1t", "\x1bO\x1b[")
    terminal.resize(120, 40)
    terminal.shows("● training", "d detach")
    terminal.until(lambda: leaves(terminal), "the end")
    assert terminal.ends() == 0
    assert terminal.restored, (terminal.modes, bytes(terminal.output[-400:]))


def test_a_storm_in_dialogs_down_to_one_cell(attach_own: Attach) -> None:
    terminal, _ = attach_own()
    done = storm(terminal, random.Random(6), rounds=6)
    assert not terminal.ended, done[-1]
    terminal.resize(120, 40)
    terminal.until(lambda: leaves(terminal), "the end")
    assert terminal.ends() == 0
    assert terminal.left_on == []


def leaves(terminal: Terminal) -> bool:
    """Closes what is open and leaves, a key at a time: an escape and a letter in one go are another key.

    None is pressed once the terminal is being given back: it would be echoed into what is written then.
    """
    for key in ("esc", "d"):
        if not (terminal.ended or terminal.echoes):
            terminal.press(key)
            terminal.pump(0.3)
    return terminal.ended


def test_a_size_that_nobody_asked_for_is_not_believed(attach_own: Attach) -> None:
    terminal, _ = attach_own()
    terminal.press("\x1b[48;1;1;1;1t", "space")
    terminal.shows("paused", "d detach")


def test_small_terminals_show_a_status(grokterm: Grokterm, training: Path) -> None:
    terminal = grokterm("attach", "1", "--runs", str(training), size=(40, 12), tiny=False)
    terminal.shows("a \\+ b mod 11", "● training", "step [1-9]", "train", "test", "q quit")
    terminal.resize(80, 24)
    terminal.shows("1 Accuracy", "3 Table")


def test_a_lying_environment_does_not_decide_the_size(grokterm: Grokterm, training: Path) -> None:
    environment = {"COLUMNS": "200", "LINES": "9"}
    terminal = grokterm("attach", "1", "--runs", str(training), size=(100, 34), tiny=False, environment=environment)
    terminal.shows("● training", "1 Accuracy", "6 Events", "q quit")
    assert terminal.screen.display[33].startswith(" space pause")
    terminal.resize(120, 40)
    terminal.until(lambda: terminal.screen.display[39].startswith(" space pause"), "the new size")


def test_a_terminal_shows_a_notification_of_what_happens(grokterm: Grokterm) -> None:
    solved = ("--arch", "one-hot", "--activation", "quadratic", "--init", "closed-form", "--p", "11", "--width", "32")
    # Afresh, as it is read of what happens from then on: a trainer with torch in it is there before the screen.
    terminal = grokterm(*solved, "--lr", "1e-4", "--device", "cpu", "--notify", "osc9", tiny=False, afresh=True)
    told = re.compile(rb"\x1b\]9;0001-add11-one-hot, step 10: grokked: test accuracy reached 99 %\a")
    terminal.until(lambda: told.search(terminal.output), "a notification")
    terminal.press("q")
    assert terminal.ends() == 0
    assert terminal.restored
