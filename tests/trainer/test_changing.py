"""Settings changed while a run trains: what acts, what rebuilds the model, what is refused."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator

import numpy as np
import psutil
import pytest

from grokterm.runs.checkpoints import list_checkpoints, parse_name, read_info
from grokterm.wire.messages import Pause
from tests.needs import only_on_linux
from tests.trainer.running import Running, change, wait_for

NewRun = Callable[..., Running]


def test_a_change_acts_and_is_logged_with_its_words(new_run: NewRun) -> None:
    run = new_run(weight_decay=0).start()
    run.reaches(50)
    answer = run.command(change("anna@box", weight_decay=500, lr=2e-3))
    assert answer.ok
    assert answer.words == "learning rate 5e-3 → 2e-3, weight decay 0 → 500"
    run.reaches(answer.step + 200)
    run.terminate()
    history = run.history()
    [logged] = history.changes
    assert (logged.step, logged.words, logged.by, logged.rebuilt) == (answer.step, answer.words, "anna@box", False)
    assert history.config.weight_decay == 500
    step, norm = history.column("step"), history.column("sum_squared_weights")
    assert norm[step >= answer.step + 100].max() < 0.5 * norm[step <= answer.step].min()


def test_a_change_is_followed_by_a_checkpoint_with_the_new_configuration(new_run: NewRun) -> None:
    run = new_run().start()
    answer = run.command(change(beta1=0.8))
    found = wait_for(lambda: [path for path in list_checkpoints(run.folder.checkpoint_folder) if "change" in path.name])
    mark = read_info(found[0])
    assert (mark.step, mark.changes, mark.config["beta1"]) == (answer.step, 1, 0.8)


def test_the_model_is_rebuilt_while_it_trains(new_run: NewRun) -> None:
    run = new_run().start()
    run.reaches(30)
    answer = run.command(change(arch="transformer", width=32))
    assert answer.ok
    run.reaches(answer.step + 50)
    run.terminate()
    history = run.history()
    assert history.config.arch == "transformer"
    assert history.changes[0].rebuilt
    assert np.all(np.diff(history.column("step")) == 10)
    written = list_checkpoints(run.folder.checkpoint_folder)
    reasons = [parse_name(path)[2] for path in written]
    change_at = reasons.index("change")
    # A state that an event had kept already is not written twice.
    assert reasons[change_at - 1] in ("before_change", "memorized")
    before, after = (read_info(written[at]) for at in (change_at - 1, change_at))
    assert (before.step, before.config["arch"]) == (answer.step, "mlp")
    assert (after.step, after.config["arch"]) == (answer.step, "transformer")


@only_on_linux
def test_a_model_that_does_not_fit_leaves_the_old_one_in_its_place(new_run: NewRun) -> None:
    run = new_run().start()
    before = run.reaches(30)
    unlimited = resource.prlimit(run.pid, resource.RLIMIT_AS)
    now = int(psutil.Process(run.pid).memory_info().vms)
    resource.prlimit(run.pid, resource.RLIMIT_AS, (now + 50 * 2**20, unlimited[1]))
    refused = run.command(change(width=65536, depth=3))
    assert not refused.ok
    assert "cannot be built" in refused.words
    assert "\n" not in refused.words
    resource.prlimit(run.pid, resource.RLIMIT_AS, unlimited)
    run.reaches(before.step + 50)
    run.terminate()
    assert run.history().changes == []


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"p": 11}, "needs a new run"),
        ({"seed": 1}, "needs a new run"),
        ({"lr": -1}, "--lr"),
        ({"lr": float("nan")}, "--lr"),
        ({"colour": "red"}, "unknown setting 'colour'"),
        ({"arch": "lstm"}, "unknown"),
        ({"heads": 1}, "does nothing in mlp"),
        ({"until": 1}, "is behind"),
        ({"arch": "transformer", "heads": 3}, "does not divide"),
    ],
)
def test_what_cannot_be_changed_is_refused_with_a_reason(
    paused_run: Running, values: dict[str, int | float | str], words: str
) -> None:
    answer = paused_run.command(change(**values))
    assert not answer.ok
    assert words in answer.words
    assert "\n" not in answer.words
    assert paused_run.history().changes == []


@pytest.fixture(scope="module")
def paused_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    run = Running(tmp_path_factory.mktemp("home")).start()
    run.reaches(20)
    run.command(Pause(0))
    yield run
    run.clean_up()
