"""What the log says of the process that trains: when it started, paused and ended, and on what it trains."""

from __future__ import annotations

import os
import time

from grokterm.config import Value
from grokterm.lab.circumstances import circumstances
from grokterm.lab.engine import Engine
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

    def started(self, words: str) -> None:
        """Logs that this process trains now, and on what."""
        engine = self._session.engine
        words += f", on {engine.device} with {engine.precision} products{_strategy_words(engine)}"
        if engine.device.type == "cpu" and self._remark:
            words += f"; {self._remark}"
        self.write("started", words, circumstances(engine) | {"pid": os.getpid()})

    def write(self, name: SessionName, words: str, about: dict[str, Value] | None = None) -> None:
        """Logs what the process did."""
        self._session.run_log.write_session(Session(self._session.step, name, words, time.time(), about or {}))
        if name != "noted":
            self.last = name


def _strategy_words(engine: Engine) -> str:
    """Whether the kernels take the steps, and why they do not where only the classes are in their way."""
    if engine.strategy.name == "kernels":
        return " by kernels"
    return (
        " in torch, for the kernels know p classes alone" if engine.model.layers_have_kernel(engine.parameters) else ""
    )
