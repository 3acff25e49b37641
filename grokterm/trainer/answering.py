"""Who answers requests for the model: that of now, and those of the past, from the same checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from grokterm.trainer.opening import OpenedRun
from grokterm.trainer.past_model import PastModel
from grokterm.trainer.past_requests import PastRequests
from grokterm.trainer.pictures import PictureMaker
from grokterm.trainer.present_requests import PresentRequests
from grokterm.trainer.server import Server
from grokterm.training.checkpoint_series import CheckpointSeries
from grokterm.wire.messages import Status


class Answering(NamedTuple):
    """Who answers."""

    present: PresentRequests
    past: PastRequests
    past_model: PastModel


def answering(
    opened: OpenedRun, server: Server, status: Callable[[], Status], stop_requested: Callable[[], bool]
) -> Answering:
    """Those of a run that was opened."""
    past_model = PastModel(opened.folder, opened.session.run_log.index)
    series, trackers = CheckpointSeries(opened.folder), opened.session.run_log.trackers
    maker = PictureMaker(series, keys=lambda _: trackers.keys)
    present = PresentRequests(server, opened.session, maker, status, stop_requested)
    of_past = partial(PictureMaker, series, present.model_at_step, trackers.keys_at)
    return Answering(present, PastRequests(past_model, server.send, status, of_past), past_model)
