"""Measures in the log: at which steps they are taken, what they say, and that the log alone restores what they need."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pytest
import tomli_w

from grokterm.analysis.key_frequencies import KeyFrequencies
from grokterm.analysis.measures import gini
from grokterm.analysis.spectrum import feature_count, spectrum
from grokterm.config import Config
from grokterm.replay.replayer import Replayer
from grokterm.runs.folder import RunFolder, create_run, runs_home
from grokterm.runs.history import PROGRESS, STRUCTURE, History
from grokterm.runs.log import LogReader
from grokterm.trainer.opening import open_run
from grokterm.trainer.session import TrainingSession
from grokterm.training.recording import STRUCTURE_EVERY
from grokterm.training.trackers import Trackers
from grokterm.view_options import ViewOptions
from grokterm.wire.records import (
    Change,
    Event,
    Progress,
    Record,
    Scalars,
    Spectrum,
    Structure,
    TrainingRecord,
    encode_record,
)
from tests.measured import measured
from tests.trainer.running import TINY

GROKKING = TINY.changed(
    {"arch": "one-hot", "p": 23, "width": 64, "activation": "quadratic", "lr": 0.03, "train_fraction": 0.8}
    | {"measure_every": 20}
)
"""A run that groks within 150 steps."""


def session_of(folder: RunFolder, to: int) -> TrainingSession:
    """A run trained in this process to a step."""
    session = open_run(folder).session
    session.begin()
    while session.step < to or session.run_log.replaying:
        session.advance(max(1, to - session.step))
    return session


def trained(to: int, config: Config = GROKKING) -> tuple[TrainingSession, list[Record]]:
    folder = create_run(config, ViewOptions(), runs_home())
    return session_of(folder, to), LogReader(folder.log_path).read()


def of(kind: type[Any], records: Sequence[Record]) -> list[Any]:
    return [record for record in records if isinstance(record, kind)]


def test_measures_come_at_their_steps_and_at_events() -> None:
    _, records = trained(200, GROKKING.changed({"log_every": 15}))
    events = {event.step for event in of(Event, records)}
    assert {record.step for record in of(Progress, records)} == {*range(0, 201, 20), *events}
    assert {record.step for record in of(Scalars, records)} == {*range(0, 201, 15), *range(0, 201, 20), *events}
    assert [record.step for record in of(Spectrum, records)] == [record.step for record in of(Progress, records)]
    grokked = {event.step for event in of(Event, records) if event.name == "grokked"}
    assert grokked
    assert {record.step for record in of(Structure, records)} == {*range(0, 201, STRUCTURE_EVERY * 20), *grokked}


def test_what_is_taken_to_the_goal_is_measured_there() -> None:
    _, records = trained(33, GROKKING.changed({"until": 33}))
    assert of(Progress, records)[-1].step == 33


def test_none_are_taken_with_0() -> None:
    _, records = trained(100, GROKKING.changed({"measure_every": 0}))
    assert {type(record) for record in records} == {Scalars, Event}


def test_they_tell_of_the_circuit() -> None:
    _, records = trained(400)
    first, last = of(Progress, records)[0], of(Progress, records)[-1]
    assert first.basis == "residues"
    assert first.consensus_loss == pytest.approx(math.log(23), rel=0.2)
    assert last.consensus_loss < 0.1 * first.consensus_loss
    assert last.consensus_p_value == 0.001 < first.consensus_p_value
    assert len(of(Spectrum, records)[-1].norms) == 11
    gauged = [record for record in of(Structure, records) if record.distance_irrelevance is not None]
    accuracy = {record.step: record.test_accuracy for record in of(Scalars, records)}
    assert gauged
    assert all(accuracy[record.step] > 0.9 for record in gauged)
    assert all(record.explained_neurons is not None for record in of(Structure, records))


def test_every_record_tells_of_the_weights() -> None:
    session, records = trained(400)
    made, engine = of(Scalars, records), session.engine
    assert all(set(record.squared_weights) == {"W_a", "W_b", "W_out"} for record in made)
    assert all(sum(record.squared_weights.values()) < record.sum_squared_weights for record in made)
    assert made[0].embedding_gini < 0.2
    assert made[0].key_frequencies == ()
    assert made[-1].read_out_gini > made[0].read_out_gini
    norms, _, _ = spectrum(engine.model, engine.parameters, GROKKING)
    assert made[-1].embedding_gini == pytest.approx(float(gini(norms)), rel=1e-4)
    estimate = KeyFrequencies(feature_count(GROKKING))
    assert made[-1].key_frequencies == estimate.update(norms)


@pytest.mark.parametrize("op", ["x2+y2", "multiply"])
def test_what_is_not_defined_is_left_out(op: str) -> None:
    _, records = trained(40, TINY.changed({"p": 9, "op": op, "measure_every": 20}))
    found = of(Progress, records)
    assert {record.basis for record in found} == {"none"}
    assert all(getattr(record, name) is None for record in found for name in PROGRESS if name != "softmax_collapse")
    assert not of(Spectrum, records)
    history = History(Config())
    history.add(records)
    assert history.basis == "none"
    assert np.isnan(history.progress("restricted_loss")[1]).all()


@pytest.mark.parametrize("arch", ["one-hot", "mlp", "transformer"])
@pytest.mark.parametrize(("p", "op"), [(3, "add"), (5, "divide"), (5, "subtract"), (7, "x2+xy+y2")])
def test_small_tasks_are_measured_too(arch: str, p: int, op: str) -> None:
    _, records = trained(2, TINY.changed({"arch": arch, "p": p, "op": op, "measure_every": 1, "train_fraction": 0.6}))
    assert len(of(Progress, records)) == 3


def test_a_line_of_measures_is_short() -> None:
    _, records = trained(1, Config(arch="transformer", device="cpu", measure_every=1, width=64))
    with_keys = msgspec.structs.replace(
        of(Scalars, records)[-1], step=1_000_000, seconds=12345.6789, key_frequencies=(11, 24, 31, 40, 47)
    )
    assert len(encode_record(with_keys)) < 520
    full = msgspec.structs.replace(
        of(Progress, records)[-1],
        step=1_000_000,
        **dict.fromkeys(PROGRESS, 0.12346),
    )
    assert len(encode_record(full)) < 400
    assert len(encode_record(of(Spectrum, records)[-1])) < 400


def test_the_log_alone_restores_where_a_run_stands() -> None:
    session, records = trained(300)
    again = Trackers(GROKKING)
    training = [record for record in records if isinstance(record, TrainingRecord)]
    made = [event for record in training for event in again.update(record)]
    assert made == of(Event, records)
    assert {"circuit_formation", "grokked"} <= {event.name for event in made}
    assert again.keys == session.run_log.trackers.keys
    assert again.circuit.phase == session.run_log.trackers.circuit.phase
    again.update(Change(300, {"arch": "mlp"}, {}, True, False, ""))
    assert (again.keys, again.circuit.phase, again.phases.phase) == ((), "memorization", "memorizing")


def test_a_run_of_before_goes_on_as_it_was() -> None:
    session, records = trained(60, GROKKING.changed({"measure_every": 0}))
    session.save("stopped")
    (folder,) = (RunFolder(path) for path in runs_home().iterdir() if path.is_dir())
    written = tomllib.loads(folder.config_path.read_text())
    del written["measure_every"]
    folder.config_path.write_text(tomli_w.dumps(written))
    assert folder.config().measure_every == 0
    session = session_of(folder, 100)
    assert session.run_log.differs_at is None
    assert not of(Progress, LogReader(folder.log_path).read()[len(records) :])
    assert Replayer(folder).run(lambda _: None).agrees
    session.change({"measure_every": 20}, False, "")
    while session.step < 130:
        session.advance(10)
    assert [record.step for record in of(Progress, LogReader(folder.log_path).read())] == [120]


def test_the_history_holds_them_as_columns() -> None:
    _, records = trained(200)
    history = History(GROKKING)
    for record in records:
        history.add([record])
    made = of(Progress, records)
    for name in PROGRESS:
        steps, values = history.progress(name)
        expected = [math.nan if (value := getattr(record, name)) is None else value for record in made]
        assert np.array_equal(steps, [record.step for record in made])
        assert np.array_equal(values, expected, equal_nan=True)
    assert [*history.structure(STRUCTURE[0])[0]] == [record.step for record in of(Structure, records)]
    assert history.matrices == ("W_a", "W_b", "W_out")
    assert history.spectra.rows.shape == (len(made), 11)
    logged = of(Scalars, records)
    assert [*history.squared_weights("W_out")[1]] == [record.squared_weights["W_out"] for record in logged]
    assert history.key_frequencies[0] == (0, logged[0].key_frequencies)
    assert history.key_frequencies[-1][1] == logged[-1].key_frequencies
    assert history.circuit_phase in ("circuit_formation", "clean_up")
    assert history.circuit_steps["circuit_formation"] > 0
    assert "of its peak" in history.circuit_words


def test_an_estimate_of_the_key_frequencies_holds_until_the_next_one() -> None:
    trackers = Trackers(GROKKING)
    assert (trackers.keys, trackers.keys_at(0)) == ((), ())
    for step, keys in ((0, ()), (10, (5,)), (20, (5,)), (30, (9, 5))):
        trackers.update(measured(step, key_frequencies=keys))
    trackers.update(measured(40))  # measures were turned off
    assert [trackers.keys_at(step) for step in (0, 9, 10, 29, 30, 99)] == [(), (), (5,), (5,), (9, 5), (9, 5)]
    trackers.update(Change(40, {"arch": "mlp"}, {}, True, False, ""))
    assert trackers.keys == ()
    assert [trackers.keys_at(step) for step in (40, 41)] == [(9, 5), ()]
