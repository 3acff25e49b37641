"""A run whose optimizer, filter, loss, penalties and architecture were changed is repeated and resumed bit for bit."""

from __future__ import annotations

from pathlib import Path

from grokterm.runs.checkpoints import REGULAR
from grokterm.trainer.opening import open_run
from tests.replay.test_replay import GROKKING, begun, replayed, run_folder

CHANGES: dict[int, dict[str, int | float | str]] = {
    20: {"optimizer": "muon", "filter": "grokfast-ema"},
    31: {"loss": "mse", "dropout": 0.2},
    45: {"norm_clamp": 1.2, "decay_to": "init", "temperature": 0.5},
    58: {"arch": "transformer", "width": 24},
    70: {"optimizer": "sgd", "filter": "grokfast-ma", "ma_window": 8, "norm_clamp": 0.0},
    84: {"jacobian": 0.01, "dropout": 0.0, "loss": "stablemax"},
    88: {"attention_rate": 0.4},
    91: {"tied": "on", "bias": "all", "positional": "sinusoidal", "causal": "off", "init_scale": 0.7, "depth": 2},
    94: {"attention_rate": 0.0},
    96: {"tied": "off", "positional": "learned", "bias": "off", "sequence": "eos-a-op-b-equals"},
}


def test_a_run_with_every_kind_of_change_is_repeated(tmp_path: Path) -> None:
    home = tmp_path
    session = begun(home)
    for stop in [*CHANGES, 100]:
        while session.step < stop:
            session.advance(stop - session.step)
        session.save(REGULAR)
        if stop in CHANGES:
            session.after_change(session.change(CHANGES[stop], keep=True, by="somebody"))
    report = replayed(run_folder(home))
    assert report.agrees, report
    assert report.checkpoints.compared > len(CHANGES)
    opened = open_run(run_folder(home)).session
    assert opened.step == 100
    assert opened.config == GROKKING.changed({name: v for values in CHANGES.values() for name, v in values.items()})
    state, again = session.engine, opened.engine
    for engine in (state, again):
        engine.advance(5)
    assert state.measure() == again.measure()
