"""The run folder of a model that was opened: its measures at every step, and a checkpoint there."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import torch

from grokterm.analysis.measured_model import logits_of_pairs
from grokterm.analysis.pairs import cached_logits
from grokterm.config import Config
from grokterm.errors import WeightsError
from grokterm.lab.engine import Engine
from grokterm.number_format import percent
from grokterm.opening.model import Model
from grokterm.opening.report import Measured, Message, Opened
from grokterm.opening.weights import Tensors
from grokterm.runs.checkpoints import OPENED, CheckpointInfo, config_hash, save_checkpoint
from grokterm.runs.folder import RunFolder, new_folder, write_config
from grokterm.runs.log import LogWriter
from grokterm.runs.opened import OpenedWeights
from grokterm.tasks.arithmetic import is_prime
from grokterm.tasks.operations import answer_table
from grokterm.tasks.rules import OPERATIONS
from grokterm.training.recording import make_records
from grokterm.training.trackers import Trackers
from grokterm.view_options import ViewOptions
from grokterm.wire.records import Event, Scalars, Session, SessionName, TrainingRecord

BYTES: Final = 512 * 2**20
"""Most that the checkpoints of a run hold together."""
_DOUBTFUL: Final = 0.5
"""Accuracy below which it is asked whether this is the task."""


def evenly_kept(states: Sequence[tuple[int, Tensors]], most: int = BYTES) -> list[tuple[int, Tensors]]:
    """So many of the states, evenly over the run and with the first and the last, as `most` bytes hold."""
    size = sum(tensor.numel() * tensor.element_size() for tensor in states[-1][1].values())
    count = max(2, most // size)
    if len(states) <= count:
        return list(states)
    return [states[round(i * (len(states) - 1) / (count - 1))] for i in range(count)]


def make_run(model: Model, source: str, home: Path, view: ViewOptions, tell: Callable[[Message], None]) -> Opened:
    """Measures a model at all of its steps and writes it as a run, whole or not at all; raises GroktermError."""
    engine, states = Engine(model.config), evenly_kept(model.states)
    weights = OpenedWeights(source, model.layout)
    with new_folder(model.config, home) as folder:
        writer = _Writer(folder, model.config)
        writer.session(states[0][0], "started", f"opened from {source}: {model.layout}")
        for done, (step, parameters) in enumerate(states, 1):
            engine.load_parameters(parameters)
            engine.step = step
            last = writer.record(engine)
            tell(Measured(done, len(states)))
        writer.session(states[-1][0], "finished", f"opened from {source}: it is looked at, and not trained")
        writer.close()
        write_config(folder, model.config, view, {"opened": asdict(weights)})
    return _report(folder, engine, last, model.knows_split, len(model.states) - len(states))


class _Writer:
    """Writes log and checkpoints of a run that was not trained here."""

    def __init__(self, folder: RunFolder, config: Config) -> None:
        self._folder = folder
        self._log = LogWriter(folder.log_path)
        self._trackers = Trackers(config)
        self._records = 0

    def record(self, engine: Engine) -> Scalars:
        """The records of an engine's model, and its checkpoint."""
        scalars, _ = make_records(engine, 0.0, self._trackers, self._write, complete=True)
        if scalars.train_loss is None:
            raise WeightsError(f"the loss is not finite at step {engine.step:,}: these weights answer nothing")
        self._log.sync()
        config = engine.config.as_dict()
        info = CheckpointInfo(
            step=engine.step,
            changes=0,
            records=self._records,
            seconds=0.0,
            reason=OPENED,
            phase=self._trackers.phases.phase,
            config=config,
            config_hash=config_hash(config),
        )
        state = engine.state_dict()
        kept = {name: tensor.numpy() for name, tensor in state.items() if name.startswith("parameters.")}
        save_checkpoint(self._folder.checkpoint_folder, info, kept | {"step": state["step"].numpy()})
        return scalars

    def session(self, step: int, name: SessionName, words: str) -> None:
        """Logs what was done."""
        self._log.append(Session(step, name, words, time.time()))

    def close(self) -> None:
        """Brings the log to the disk."""
        self._log.sync()
        self._log.close()

    def _write(self, record: TrainingRecord) -> list[Event]:
        self._log.append(record)
        self._records += 1
        events = self._trackers.update(record)
        for event in events:
            self._write(event)
        return events


def _report(folder: RunFolder, engine: Engine, last: Scalars, knows_split: bool, left_out: int) -> Opened:
    """What was made, with remarks on what a person may have missed."""
    config, labels, train = engine.config, engine.data.labels, engine.data.train_mask
    of_train, of_all = int(train.sum()), int((labels >= 0).sum())
    accuracy = (last.train_accuracy * of_train + last.test_accuracy * (of_all - of_train)) / of_all
    own = f"grokterm's own, --train-fraction {config.train_fraction:g} --seed {config.seed}"
    remarks = [] if knows_split else [f"the split into train and test is {own}: weights do not say theirs"]
    if left_out:
        remarks.append(f"{left_out:,} steps between were left out, to keep the run folder small")
    if accuracy < _DOUBTFUL and config.of_pairs:
        remarks.append(f"it answers {percent(accuracy)} of {config.task_words}{_better(engine, accuracy)}")
    return Opened(
        run=folder.id,
        folder=str(folder.path),
        model=f"{config.task_words}, {config.arch}",
        train_accuracy=last.train_accuracy,
        test_accuracy=last.test_accuracy,
        accuracy=accuracy,
        remarks=tuple(remarks),
    )


def _better(engine: Engine, accuracy: float) -> str:
    """Which operation with a name fits better, in words; else what else may be wrong."""
    p = engine.config.p
    logits_fn = cached_logits(lambda a, b: engine.model.residue_logits(engine.parameters, a, b), p, engine.device)
    answers = logits_of_pairs(logits_fn, p, engine.device).argmax(-1).cpu()
    found: list[tuple[float, str]] = []
    for op in OPERATIONS:
        if op == "divide" and not is_prime(p):
            continue
        table = torch.tensor(answer_table(op, p))
        defined = table >= 0
        found.append((float((answers == table)[defined].float().mean()), op))
    share, best = max(found)
    if share > max(_DOUBTFUL, accuracy):
        return f", and {percent(share)} with --op {best}"
    return ": another --op or --activation may be meant, or it has not learned it"
