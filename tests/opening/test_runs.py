"""Weights that were opened as runs: what is written, what is answered about them, and that they are never trained."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
import torch

import grokterm
from grokterm.config import Config
from grokterm.errors import RunFolderError
from grokterm.export.formats import FORMATS
from grokterm.lab.engine import Engine
from grokterm.opening.__main__ import main
from grokterm.opening.making import evenly_kept
from grokterm.runs.checkpoints import OPENED, list_checkpoints, parse_name
from grokterm.runs.folder import RunFolder, list_runs
from grokterm.runs.fork import fork_run
from grokterm.runs.log import LogReader
from grokterm.runs.opened import opened_weights
from grokterm.wire.messages import Go, Look, Pictures, Predict, Prediction
from grokterm.wire.records import Event, Progress, Scalars, Session, Spectrum, Structure
from tests.cli.terminals import run_here
from tests.export.conftest import _recorded, run
from tests.nursery import start_program
from tests.opening.conftest import newest_logits
from tests.opening.plain import drawn, nanda_shapes
from tests.patience import PATIENCE
from tests.trainer.running import TINY, Running, change
from tests.tui.watching import watch

__all__ = ["_recorded", "run"]

SMALL = TINY.changed({"arch": "transformer", "p": 7, "classes": "p+1", "lr": 0.01, "train_fraction": 0.7})
STEPS = [0, 20, 45]


def in_paper(engine: Engine) -> dict[str, torch.Tensor]:
    """The parameters of a small transformer as the paper's code saves them."""
    w, heads, d = engine.parameters, engine.config.heads, engine.config.d_model
    found = {"embed.W_E": w["W_E"].T, "pos_embed.W_pos": w["W_pos"], "unembed.W_U": w["W_U"]}
    found |= {f"blocks.0.attn.W_{name}": w[f"0.W_{name}"].T.reshape(heads, -1, d) for name in "KQV"}
    found |= {"blocks.0.attn.W_O": w["0.W_O"].T, "blocks.0.attn.mask": torch.ones(3, 3).tril()}
    found |= {f"blocks.0.mlp.{name}": w[f"0.{name}"].mT for name in ("W_in", "W_out")}
    found |= {f"blocks.0.mlp.{name}": w[f"0.{name}"] for name in ("b_in", "b_out")}
    return {name: tensor.clone() for name, tensor in found.items()}


class Series:
    """A saved run of the paper's kind, opened, beside the engine's own measures at its steps."""

    def __init__(self, home: Path, path: Path) -> None:
        engine, states = Engine(SMALL), []
        self.measures, self.parameters = [], []
        for step in STEPS:
            engine.advance(step - engine.step)
            states.append(in_paper(engine))
            self.measures.append(engine.measure())
            self.parameters.append({name: tensor.numpy().copy() for name, tensor in engine.parameters.items()})
        torch.save({"state_dicts": states, "epochs": STEPS, "train_losses": [0.1]}, path)
        settings = {"train_fraction": 0.7, "precision": "float32", "device": "cpu"}
        assert main([str(path), "--home", str(home), "--settings", json.dumps(settings)]) == 0
        (self.folder,) = list_runs(home)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Series, Path]:
    place = tmp_path_factory.mktemp("series")
    return Series(place / "home", place / "full_run.pth"), place / "home"


@pytest.fixture
def series(made: tuple[Series, Path], folders: Path) -> Series:
    """The series, with a copy of its folder in this test's home."""
    held, home = made
    shutil.copytree(home, folders)
    copy = Series.__new__(Series)
    copy.measures, copy.parameters, copy.folder = held.measures, held.parameters, RunFolder(folders / held.folder.id)
    return copy


def test_a_saved_run_becomes_a_run_with_all_measures_at_its_steps(series: Series) -> None:
    records = LogReader(series.folder.log_path).read()
    scalars = [record for record in records if isinstance(record, Scalars)]
    assert [record.step for record in scalars] == STEPS
    for record, expected in zip(scalars, series.measures, strict=True):
        for name in ("train_loss", "test_loss", "train_accuracy", "test_accuracy", "sum_squared_weights"):
            assert getattr(record, name) == pytest.approx(getattr(expected, name), rel=1e-5), (record.step, name)
    for kind in (Progress, Spectrum, Structure):
        assert [record.step for record in records if isinstance(record, kind)] == STEPS
    assert [record.step for record in records if isinstance(record, Event) and record.name == "memorized"] == [
        step for step, found in zip(STEPS, series.measures, strict=True) if found.train_accuracy > 0.99
    ][:1]
    first, *_, last = records
    assert isinstance(first, Session)
    assert first.words == "opened from full_run.pth: the Transformer of Nanda et al.'s code"
    assert isinstance(last, Session)
    assert (last.name, last.step) == ("finished", 45)
    assert [parse_name(path) for path in list_checkpoints(series.folder.checkpoint_folder)] == [
        (step, 0, OPENED) for step in STEPS
    ]


def test_a_notebook_has_its_steps_and_no_others(series: Series) -> None:
    opened = grokterm.open_run("last")
    assert opened.checkpoints == STEPS
    for step in (45, 0, 20):
        snapshot = opened.at(step)
        for name, array in series.parameters[STEPS.index(step)].items():
            assert np.array_equal(snapshot.parameters[name], array), (step, name)
    with pytest.raises(RunFolderError, match="weights that were opened: `checkpoints` are its steps"):
        opened.at(21)


async def test_the_screen_offers_no_keys_of_training(series: Series) -> None:
    async with watch(series.folder, size=(200, 60)) as seen:
        await seen.until(lambda: "v views" in seen.footer, "the keys")
        assert "pause" not in seen.footer
        assert "w W" not in seen.footer


def test_a_trainer_shows_every_step_and_trains_none(series: Series) -> None:
    """Pictures, time travel and answers are those of the weights; changes are refused; files stay as they are."""
    files = {path.name: path.read_bytes() for path in list_checkpoints(series.folder.checkpoint_folder)}
    running = Running.__new__(Running)
    running.folder, running.pid = series.folder, 0
    running.start(paused=True)
    try:
        for request in (Go(0), Go(0, 5), change(weight_decay=2.0), change(arch="mlp"), change(pace=3.0)):
            answer = running.command(request)
            assert not answer.ok
            assert answer.words.endswith("opened from full_run.pth: they are looked at, and not trained")
        assert (running.status().state, running.status().step) == ("finished", 45)
        for step in (20, 0, None):
            reply = running.ask(Predict(0, 3, 5, at=step))
            assert isinstance(reply, Prediction)
            engine = Engine(series.folder.config())
            at = STEPS.index(45 if step is None else step)
            engine.load_parameters({name: torch.from_numpy(each) for name, each in series.parameters[at].items()})
            assert reply.answers[0][0] == engine.top_classes(3, 5, 1)[0][0]
        refused = running.command(Predict(0, 3, 5, at=21))
        assert "those of step 21 are not there" in refused.words
        assert isinstance(running.ask(Look(0, at=20)), Pictures)
        running.terminate()
    finally:
        running.clean_up()
    assert {path.name: path.read_bytes() for path in list_checkpoints(series.folder.checkpoint_folder)} == files
    assert running.sessions()[-1] in ("started", "finished")


@pytest.mark.parametrize(
    "command",
    [("train", "--resume", "last"), ("replay", "last"), ("share", "last")],
    ids=lambda command: command[0],
)
def test_what_needs_training_is_refused(command: tuple[str, ...], series: Series) -> None:
    done = run_here(*command)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{series.folder.id} holds weights that were opened from full_run.pth: " in done.stderr
    with pytest.raises(RunFolderError, match="cannot be trained on, in a fork either"):
        fork_run(series.folder, series.folder.path.parent)
    assert list_runs(series.folder.path.parent) == [series.folder]


def test_weights_that_are_damaged_are_not_made_again(series: Series) -> None:
    list_checkpoints(series.folder.checkpoint_folder)[-1].write_bytes(b"")
    opened = grokterm.open_run("last")
    with pytest.raises(RunFolderError, match="those of step 45 are not there"):
        opened.at(45)


@pytest.mark.parametrize("to", ["safetensors", "npz", "nanda", "transformer-lens"])
def test_what_is_exported_comes_back(to: str, run: RunFolder, tmp_path: Path) -> None:
    path = tmp_path / "weights"
    FORMATS[to].write(run, path, None, "")
    assert main([str(path), "--home", str(tmp_path / "other")]) == 0
    (folder,) = list_runs(tmp_path / "other")
    before, after = newest_logits(run), newest_logits(folder)
    assert after[1].p == before[1].p == 11
    np.testing.assert_allclose(after[0][:, :11], before[0][:, :11], rtol=0, atol=1e-5)
    opened, trained = grokterm.open_run(folder.path), grokterm.open_run(run.path)
    assert (opened.last_step, opened.config.train_fraction) == (120, 0.8)
    assert opened.history["test_accuracy"][-1] == trained.history["test_accuracy"][-1]
    FORMATS["safetensors"].write(folder, tmp_path / "again", None, "")


def test_the_command_says_what_is_what(tmp_path: Path, folders: Path) -> None:
    torch.save(drawn(nanda_shapes(7, 8, 2, 12)), tmp_path / "a\x1b[31m.pt")
    done = run_here("open", "a\x1b[31m.pt", "--p", "7", "--step", "1,200", "--frac", ".4")
    assert done.returncode == 0, done.stderr
    first, *lines = done.stdout.splitlines()
    assert first == "a\\x1b[31m.pt: the Transformer of Nanda et al.'s code, step 1,200"
    assert lines[0] == "  embed.W_E [8, 8]             W_E, transposed"
    assert lines[6] == "  blocks.0.attn.mask [3, 3]    left out: the causal mask"
    assert lines[12].startswith("a + b mod 7, transformer: train ")
    assert "--train-fraction 0.4 --seed 0: weights do not say theirs" in lines[13]
    assert lines[14].startswith("  it answers ")
    assert lines[15] == "0001-add7-transformer holds them: grokterm attach 1"
    (folder,) = list_runs(folders)
    assert opened_weights(folder) is not None
    assert "\x1b" not in done.stdout
    (listed,) = json.loads(run_here("runs", "--json").stdout)
    assert (listed["state"], listed["step"]) == ("finished", 1200)


def test_which_operation_is_meant_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A closed-form solution of a − b answers few sums, and all differences."""
    config = {
        "arch": "one-hot",
        "p": 11,
        "width": 64,
        "activation": "quadratic",
        "init": "closed-form",
        "op": "subtract",
    }
    engine = Engine(Config.starting({**config, "device": "cpu", "precision": "float32"}))
    w = engine.parameters
    torch.save({"W_a": w["W_a"], "W_b": w["W_b"], "W_out": w["W_out"]}, tmp_path / "w.pt")
    asked = {"activation": "quadratic", "device": "cpu"}
    assert main(["w.pt", "--home", "h", "--settings", json.dumps(asked)]) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert said["remarks"][-1] == "it answers 9.1 % of a + b mod 11, and 100.0 % with --op subtract"
    assert main(["w.pt", "--home", "h", "--settings", json.dumps(asked | {"op": "subtract"})]) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (said["accuracy"], len(said["remarks"])) == (1.0, 1)


def test_nothing_is_left_behind_where_it_is_refused(tmp_path: Path, folders: Path) -> None:
    w = drawn(nanda_shapes(7, 8, 2, 12))
    for name in ("unembed.W_U", "blocks.0.mlp.W_in"):
        w[name] *= 1e30  # finite, with logits that are not
    torch.save(w, "w.pt")
    done = run_here("open", "w.pt")
    assert done.returncode == 2
    assert done.stderr == "grokterm: the loss is not finite at step 0: these weights answer nothing\n"
    assert not [path for path in folders.iterdir() if path.name != ".lock"]


def test_a_missing_file_is_told(folders: Path) -> None:
    done = run_here("open", "nowhere.pt")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("nowhere.pt cannot be read: no such file or directory\n")
    assert not folders.exists()
    assert run_here("open").stderr == "grokterm: open needs a file of weights: safetensors, npz, .pt or .pth\n"


def test_nothing_is_left_behind_by_a_process_that_is_ended(tmp_path: Path, folders: Path) -> None:
    w = drawn(nanda_shapes(97, 32, 2, 12))
    torch.save({"state_dicts": [w] * 400, "epochs": list(range(400))}, "w.pt")
    with start_program("grokterm.opening", "w.pt", "--home", str(folders)) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if b'"measured"' in line:
                assert len(list(folders.glob("0001-*"))) == 1
                process.terminate()
                break
        assert process.wait(PATIENCE) == 128 + signal.SIGTERM
    assert not list(folders.glob("0001-*"))


def test_what_is_too_much_is_kept_evenly() -> None:
    states = [(step, {"a": torch.zeros(25)}) for step in range(0, 1000, 10)]
    kept = [step for step, _ in evenly_kept(states, 500)]
    assert kept == [0, 250, 500, 740, 990]
    assert evenly_kept(states, 10_000) == states
    assert [step for step, _ in evenly_kept(states, 1)] == [0, 990]


def test_options_are_checked_first(folders: Path) -> None:
    done = run_here("open", "w.pt", "--p", "2")
    assert done.returncode == 2
    assert "--p must be a whole number from 3 to 1,999" in done.stderr
    done = run_here("open", "w.pt", "--arch", "mlp")
    assert (done.returncode, "--arch" in done.stderr) == (2, True)
    assert not folders.exists()
