"""The story of grokking as the log of one run tells it (Nanda et al. 2023, arXiv:2301.05217, section 5)."""

from __future__ import annotations

import fcntl
import math
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import pytest
import torch
from torch import Tensor

from grokterm.analysis.ablation import score
from grokterm.analysis.angles import angles_of
from grokterm.analysis.measures import angle_means
from grokterm.analysis.pairs import cached_logits
from grokterm.config import Config
from grokterm.kernels.build import build
from grokterm.lab import native
from grokterm.lab.engine import Engine
from grokterm.runs.checkpoints import REGULAR, list_checkpoints, load_checkpoint, parse_name
from grokterm.runs.columns import Floats
from grokterm.runs.emergence import acceleration
from grokterm.runs.folder import RunFolder, create_run, list_runs
from grokterm.runs.history import History
from grokterm.runs.log import LogReader
from grokterm.trainer.opening import open_run
from grokterm.trainer.session import TrainingSession
from grokterm.tui.run.narrator import sentences
from grokterm.view_options import ViewOptions
from grokterm.wire.records import Scalars, decode_record
from tests.once import shared_folder
from tests.reference.ablated_logits import without_frequencies

LAST: Final = 1800
CONFIG: Final = Config(
    p=47,
    arch="transformer",
    device="cpu",
    precision="float32",
    width=256,
    d_model=64,
    pace="max",
    until=LAST,
    measure_every=50,
)
"""`grokterm --arch transformer --p 47 --width 256 --d-model 64 --measure-every 50 --until 1800`: with a plateau."""
STAGES: Final = range(LAST // 10, LAST + 1, LAST // 10)
"""Steps at which the ten stages of the recording end, each with a checkpoint."""


class Recording:
    """The run that all tests of this session share, as a trainer trains it, and what went wrong on its way."""

    def __init__(self, top: Path) -> None:
        self._top = top
        self._outcomes = top / "outcomes.json"

    @property
    def folder(self) -> RunFolder:
        """The run."""
        return next(iter(list_runs(self._top)), None) or create_run(CONFIG, ViewOptions(), self._top)

    def to(self, stage: int) -> str:
        """Brings the run to the end of a stage, if no worker has yet; what went wrong in that stage, if anything."""
        threads = torch.get_num_threads()
        with (self._top / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            outcomes = self._known()
            if stage not in outcomes:
                torch.set_num_threads(1)
                native.load(build())
                try:
                    self._record(stage, outcomes)
                finally:
                    native.load(None)
                    torch.set_num_threads(threads)
                    torch.set_flush_denormal(False)
            return outcomes[stage]

    def _known(self) -> dict[int, str]:
        """What went wrong in each stage that is recorded."""
        if not self._outcomes.exists():
            return {}
        return msgspec.json.decode(self._outcomes.read_bytes(), type=dict[int, str])

    def _record(self, last: int, outcomes: dict[int, str]) -> None:
        """Records stages, each by a session of its own; behind a fault all others by the one that met it.

        After that the log may lack a record, which one that opens the run anew would repeat.
        """
        fault = ""
        for stage in (stage for stage in STAGES if stage not in outcomes):
            if not fault:
                if stage > last:
                    break
                session = open_run(self.folder).session
                session.begin()
            outcomes[stage] = _train(session, stage)
            fault = fault or outcomes[stage]
            self._outcomes.write_bytes(msgspec.json.encode(outcomes))


def _train(session: TrainingSession, stage: int) -> str:
    """Trains to the end of a stage and keeps a checkpoint; what went wrong, if anything."""
    fault = ""
    while session.step < stage:
        before = session.step
        try:
            session.advance(stage - before)
        except Exception:
            fault = fault or traceback.format_exc()
            if session.step == before:
                return fault
    if not session.save(REGULAR) or session.trouble:
        fault = fault or session.trouble or "no checkpoint"
    if session.run_log.differs_at is not None:
        fault = fault or f"the log differs at record {session.run_log.differs_at}"
    return fault


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """The run, recorded as far as somebody has needed it."""
    return Recording(shared_folder(tmp_path_factory, "story"))


@dataclass(frozen=True)
class Story:
    """What is left of a run: its log, and its last model."""

    history: History
    engine: Engine

    def at(self, steps: Floats, name: str) -> Floats:
        """One number of the log at steps at which measures were taken."""
        found = self.history.column(name)[np.searchsorted(self.history.column("step"), steps)]
        return np.asarray(found)

    @property
    def grokked(self) -> int:
        """The step at which test accuracy reached 99 %."""
        step = self.history.milestones["grokked_step_99"]
        assert step is not None
        return step


@pytest.fixture(scope="session")
def story(recording: Recording) -> Story:
    """The whole run."""
    recording.to(LAST)
    history = History(CONFIG)
    history.add(LogReader(recording.folder.log_path).read())
    info, tensors = load_checkpoint(list_checkpoints(recording.folder.checkpoint_folder)[-1])
    engine = Engine(info.to_config())
    engine.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in tensors.items()})
    return Story(history, engine)


@pytest.mark.first
@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_is_recorded_whole(recording: Recording, stage: int) -> None:
    assert recording.to(stage) == ""
    begin = stage - STAGES.step
    logged = [decode_record(line) for line in recording.folder.log_path.read_bytes().splitlines()]
    steps = [record.step for record in logged if isinstance(record, Scalars) and begin < record.step <= stage]
    assert steps == list(range(begin + CONFIG.log_every, stage + 1, CONFIG.log_every))
    kept = [path for path in list_checkpoints(recording.folder.checkpoint_folder) if parse_name(path)[0] == stage]
    info, tensors = load_checkpoint(kept[-1])  # a regular one, or that of an event there
    assert info.step == stage
    assert all(np.isfinite(tensor).all() for tensor in tensors.values())


def test_restricted_loss_of_test_pairs_falls_below_a_tenth_of_ln_p_before_test_accuracy_passes_half(
    story: Story,
) -> None:
    steps, restricted = story.history.progress("restricted_test_loss")
    passed = int((story.at(steps, "test_accuracy") > 0.5).argmax())
    assert passed > 0
    assert np.nanmin(restricted[:passed]) < 0.1 * math.log(47)


def test_excluded_loss_rises(story: Story) -> None:
    _, excluded = story.history.progress("excluded_loss")
    known = excluded[np.isfinite(excluded)]
    assert 0 < len(known) < len(excluded)  # no frequency is key at first
    lowest = int(known.argmin())
    assert known[lowest:].max() > 2 * known[lowest]
    assert known[-1] > 1.5 * known[lowest]


@pytest.mark.parametrize("name", ["embedding_gini", "read_out_gini"])
def test_gini_rises_from_under_a_fifth_to_over_three_fifths(story: Story, name: str) -> None:
    gini = story.history.column(name)
    assert gini[0] < 0.2
    assert gini[-1] > 0.6


def test_cosines_of_the_key_frequencies_are_left(story: Story) -> None:
    assert story.history.progress("variance_share")[1][-1] > 0.9


def test_the_key_frequencies_found_at_the_end_were_in_the_estimate_before_grokking(story: Story) -> None:
    last = set(story.history.key_frequencies[-1][1])
    before = [set(keys) for step, keys in story.history.key_frequencies if step < story.grokked]
    assert last
    assert last <= before[-1]


def test_a_grokked_model_is_not_thrown_back(story: Story) -> None:
    steps, losses = story.history.column("step"), story.history.column("train_loss")
    assert losses[steps > story.grokked].max() < 0.01
    assert losses[-1] < 1e-6


def test_ablating_a_key_frequency_lowers_test_accuracy_and_any_other_by_less_than_a_point(story: Story) -> None:
    engine, p, angles = story.engine, CONFIG.p, angles_of(CONFIG.op, CONFIG.p)
    assert angles is not None

    def logits(a: Tensor, b: Tensor) -> Tensor:
        return engine.model.logits(engine.parameters, a, b)

    with torch.no_grad():
        answer = cached_logits(logits, p, engine.device)
        mean = angle_means(answer, angles).mean
        train = torch.zeros(p * p, dtype=torch.bool)
        train[engine.task.train] = True

        def without(*keys: int) -> float:
            ablated = without_frequencies(answer, mean, angles, list(keys))
            return float(score(ablated, engine.task.labels, train.view(p, p)).test_accuracy)

        whole, keys = without(), story.history.key_frequencies[-1][1]
        assert whole > 0.99
        # How much one of them is worth depends on how many there are, and rounding decides which.
        assert max(whole - without(k) for k in keys) > 0.05
        assert without(*keys) < 0.5
        others = set(range(1, p // 2 + 1)) - set(keys)
        assert others
        assert all(abs(without(k) - whole) < 0.01 for k in others)


def test_the_phases_of_the_circuit_come_in_their_order(story: Story) -> None:
    events = [event for event in story.history.events if event.name in ("circuit_formation", "clean_up")]
    assert [event.name for event in events] == ["circuit_formation", "clean_up"]
    assert events[0].step < events[1].step < story.grokked
    assert story.history.circuit_phase == "clean_up"


def test_test_accuracy_bends_most_where_the_plateau_ends(story: Story) -> None:
    bend, milestones = acceleration(story.history), story.history.milestones
    assert bend is not None
    assert bend.window <= LAST / 20
    assert 2 * (milestones["memorized_step"] or 0) < bend.step < (milestones["grokked_step_90"] or 0)


def test_the_gauges_tell_of_the_grokked_model_alone(story: Story) -> None:
    steps, symmetricity = story.history.structure("gradient_symmetricity")
    assert np.array_equal(np.isfinite(symmetricity), story.at(steps, "test_accuracy") > 0.9)
    _, explained = story.history.structure("explained_neurons")
    assert explained[0] < 0.05
    assert explained[-1] > 0.4


def test_the_narrator_tells_the_story(story: Story) -> None:
    told = [sentence.meaning for sentence in sentences(story.history)]
    order = ["a circuit begins to form", "training pairs are answered by the circuit now", "grokked"]
    assert [meaning for meaning in told if meaning in order] == order
    assert "memorized by heart" in told
