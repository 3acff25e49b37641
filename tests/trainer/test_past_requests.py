"""Requests for models of the past: the newest of each viewer, in a share of the time."""

from __future__ import annotations

import shutil
import weakref
from pathlib import Path

from grokterm.runs.folder import RunFolder
from grokterm.trainer.past_model import PastModel
from grokterm.trainer.past_requests import PastRequest, PastRequests
from grokterm.trainer.pictures import PictureMaker
from grokterm.trainer.server import Connection
from grokterm.training.checkpoint_series import CheckpointSeries
from grokterm.wire.messages import Answer, Look, Pictures, Predict, Prediction, Reply, Status
from tests.trainer.conftest import NewConnection
from tests.trainer.lived import CHANGES, LAST, SMALL, Lived, NewRun
from tests.trainer.running import wait_for
from tests.wanted import wanted


class Desk:
    """PastRequests on their own, with what they sent."""

    def __init__(self, past: PastModel, patience: float = 1000.0) -> None:
        self.sent: list[tuple[Connection, Reply]] = []
        status = Status(LAST, "training", 1.0, 100.0, "max", "cpu", "float32")
        self.visits = PastRequests(
            past,
            lambda connection, reply: self.sent.append((connection, reply)),
            lambda: status,
            lambda: PictureMaker(CheckpointSeries(RunFolder(Path("nowhere")))),
            patience,
        )

    def ask(self, connection: Connection, request: Look | Predict) -> None:
        assert request.at is not None
        self.visits.add(PastRequest(connection, request, request.at))

    def answer(self, count: int) -> list[tuple[Connection, Reply]]:
        """Works until so many replies were sent."""
        wait_for(lambda: len(self.sent) >= count or self.works(), f"{count} replies")
        return self.sent

    def works(self) -> bool:
        """A slice of work; never enough."""
        self.visits.work(training=False)
        return False


def test_the_newest_request_of_each_viewer_wins(new_run: NewRun, new_connection: NewConnection) -> None:
    run = new_run(SMALL)
    lived = Lived.through(run, CHANGES)
    desk = Desk(lived.past(run))
    one, two = new_connection(), new_connection()
    desk.ask(one, Look(1, wanted("table"), 100))
    desk.ask(two, Look(1, wanted("table"), 90))
    desk.ask(one, Predict(2, 3, 4, at=100))
    desk.ask(one, Predict(3, 3, 4, at=130))
    [(_, look), (_, asked)] = desk.sent
    assert (look.id, isinstance(look, Pictures) and look.pictures, asked.id) == (1, (), 2)
    assert isinstance(asked, Answer)
    assert (asked.ok, asked.words) == (False, "overtaken by a request for step 130")
    desk.ask(one, Look(4, wanted("table", "spectrum"), 130))
    assert len(desk.sent) == 2
    views = desk.answer(5)[2:]
    assert [(connection is one, reply.id) for connection, reply in views] == [(False, 1), (True, 3), (True, 4)]
    assert isinstance(views[0][1], Pictures)
    assert [picture.step for picture in views[0][1].pictures] == [90]
    assert isinstance(views[1][1], Prediction)
    assert views[1][1].step == 130
    assert desk.visits.reached is None


def test_training_keeps_its_share_of_the_time(new_run: NewRun, new_connection: NewConnection) -> None:
    run = new_run(SMALL)
    lived = Lived.through(run, {})
    desk = Desk(lived.past(run))
    desk.ask(new_connection(), Look(1, wanted("table"), LAST - 1))
    assert desk.visits.wait(training=True) == 0
    desk.visits.work(training=True)
    desk.ask(new_connection(), Look(1, wanted("table"), 2))
    assert desk.visits.wait(training=True) > 0
    assert desk.visits.wait(training=False) == 0


def test_a_model_nobody_asks_for_is_given_up(new_run: NewRun, new_connection: NewConnection) -> None:
    run = new_run(SMALL)
    past = Lived.through(run, {}).past(run)
    desk = Desk(past, patience=0.05)
    desk.ask(new_connection(), Look(1, wanted("table"), 77))
    desk.answer(1)
    engine = past.advance_to(77, 0.0)
    assert engine is not None
    reference = weakref.ref(engine)
    del engine
    wait_for(lambda: past.step is None or desk.works(), "an empty past")
    assert reference() is None
    assert desk.visits.wait(training=False) == float("inf")


def test_a_way_that_cannot_be_gone_is_told(new_run: NewRun, new_connection: NewConnection) -> None:
    run = new_run(SMALL)
    past = Lived.through(run, {}).past(run)
    shutil.rmtree(run.folder.checkpoint_folder)
    run.folder.config_path.unlink()
    desk = Desk(past)
    desk.ask(new_connection(), Look(6, wanted("table"), 77))
    [(_, answer)] = desk.answer(1)
    assert isinstance(answer, Answer)
    assert not answer.ok
    assert answer.words.startswith("the model of step 77 cannot be made again: ")
