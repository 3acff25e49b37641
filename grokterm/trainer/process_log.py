"""What the log says of the process that trains: when it started, paused and ended, and on what it trains."""

from __future__ import annotations

import os
import time

from grokterm.config import Value
from grokterm.lab.circumstances import circumstances
from grokterm.lab.engine import Engine
from grokterm.lab.models import Model
from grokterm.trainer.session import TrainingSession
from grokterm.wire.records import Session, SessionName


class ProcessLog:
    """Writes the Session records of one trainer."""

    def __init__(self, session: TrainingSession, remark: str) -> None:
        """`remark` is what there is to say about steps on this machine's CPU."""
        self.last: SessionName = "started"
        """The last one that says whether it trains."""
        self._session = session
        self._remark = remark
        self._strategy = ""
        """What was last said of who takes the steps."""

    def started(self, words: str) -> None:
        """Logs that this process trains now, and on what."""
        engine = self._session.engine
        self._strategy = _strategy_words(engine)
        words += f", on {engine.device} with {engine.precision} products{self._strategy}"
        if engine.device.type == "cpu" and self._remark:
            words += f"; {self._remark}"
        self.write("started", words, circumstances(engine) | {"pid": os.getpid()})

    def note_strategy(self) -> None:
        """Logs who takes the steps from here on, where that is new."""
        words = _strategy_words(self._session.engine)
        if words != self._strategy:
            self._strategy = words
            self.write("noted", f"steps are taken{words or ' in torch'}")

    def write(self, name: SessionName, words: str, about: dict[str, Value] | None = None) -> Session:
        """Logs what the process did, and gives the record."""
        record = Session(self._session.step, name, words, time.time(), about or {})
        self._session.run_log.write_session(record)
        if name != "noted":
            self.last = name
        return record


def _strategy_words(engine: Engine) -> str:
    """Whether the kernels take the steps, and why they do not where they know the layers of the model."""
    if engine.strategy.name == "kernels":
        return " by kernels"
    model = engine.network
    if not isinstance(model, Model):
        return ""
    why = engine.objective.parts.why_not_by_kernels or model.why_not_by_kernels
    return f" in torch, for {why}" if why and model.layers_have_kernel(engine.parameters) else ""
