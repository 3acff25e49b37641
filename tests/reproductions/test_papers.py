"""Every reproduction: its studies can be trained, its claims read what they train, and its preset is there."""

from __future__ import annotations

from typing import Any

import pytest

from grokterm.config import Config
from grokterm.milestones import MILESTONES
from grokterm.presets import PRESETS
from grokterm.reproductions.claims import Scale
from grokterm.reproductions.evidence import RunLog, SweepLog
from grokterm.reproductions.registry import reproduction, reproductions
from grokterm.reproductions.studies import Bisected, Forked, Swept, Trained
from grokterm.runs.history import History
from grokterm.wire.swept import SweptRun

NAMES = list(reproductions())
SCALES = [Scale(quick=True, seeds=2), Scale(quick=False, seeds=2)]
WANTED = {
    "nanda", "replication", "chapter", "playground", "kitouni", "power", "pizza", "clock", "gromov", "omnigrok",
    "ungrok", "edge", "grokfast", "muon", "s5", "parity", "head-count", "systematic", "controls",
}  # fmt: skip


def test_each_is_the_preset_of_its_name() -> None:
    assert set(NAMES) == WANTED
    assert set(NAMES) <= set(PRESETS)


@pytest.mark.parametrize("scale", SCALES, ids=["quick", "full"])
@pytest.mark.parametrize("name", NAMES)
def test_every_study_can_be_trained(name: str, scale: Scale) -> None:
    studies = reproduction(name).studies(scale)
    known = [study.name for study in studies]
    assert len(set(known)) == len(known)
    for study in studies:
        match study:
            case Trained():
                config = study.config(1, {"device": "cpu"})
                assert config.seed == int(study.given.get("seed", 0)) + 1
                assert config.until != "forever"
            case Forked() | Bisected():
                assert study.parent in known[: known.index(study.name)]
                values = dict(study.changed) if isinstance(study, Forked) else {study.setting: study.low}
                parent = next(one for one in studies if one.name == study.parent)
                assert isinstance(parent, Trained)
                parent.config(0, {}).changed(values)
            case Swept():
                study.plan(scale.seeds, {"device": "cpu"}).check()


class Imagined:
    """Evidence of runs that all came to the same, in which every study that is asked for must be one."""

    def __init__(self, name: str, scale: Scale) -> None:
        self._studies = {study.name: study for study in reproduction(name).studies(scale)}
        self._scale = scale

    def runs(self, study: str) -> list[RunLog]:
        assert isinstance(self._studies[study], Trained | Forked)
        return [RunLog(History(Config(p=11)))] * self._scale.seeds

    def brackets(self, study: Bisected) -> list[tuple[float, float]]:
        assert self._studies[study.name] == study
        return [(study.low, study.high)] * self._scale.seeds

    def sweep(self, study: str) -> SweepLog:
        swept = self._studies[study]
        assert isinstance(swept, Swept)
        plan = swept.plan(self._scale.seeds, {})
        came: dict[str, Any] = {milestone.step_name: 100 for milestone in MILESTONES}
        runs = (
            SweptRun(
                run=one.number, cell=one.cell.number, seed=one.seed, values={}, state="finished", step=100, **came
            )
            for one in plan.runs()
        )  # fmt: skip
        return SweepLog(tuple((dict(plan.cells[run.cell].values), run) for run in runs))


@pytest.mark.parametrize("scale", SCALES, ids=["quick", "full"])
@pytest.mark.parametrize("name", NAMES)
def test_every_claim_reads_what_is_trained(name: str, scale: Scale) -> None:
    claims = reproduction(name).claims(scale)
    assert claims
    assert len({claim.words for claim in claims}) == len(claims)
    for claim in claims:
        figures = list(claim.figures(Imagined(name, scale)))
        assert figures
        claim.rule.verdict(figures)
        assert claim.source
        assert claim.published
        assert claim.rule.words(claim.unit).startswith("PASS ")
