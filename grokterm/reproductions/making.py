"""Making a reproduction: training its studies, holding its claims to their rules, and repeating one bit for bit."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from grokterm.reproductions.claims import Claim, Reproduction, Scale
from grokterm.reproductions.evidence import Evidence
from grokterm.reproductions.folder import KeptRun, Reproduced, ReproductionFolder, Row
from grokterm.reproductions.logs import FolderEvidence
from grokterm.reproductions.rules import shown_all
from grokterm.reproductions.studies import Swept
from grokterm.reproductions.training import Studio
from grokterm.runs.history import read_history
from grokterm.runs.share import read_line
from grokterm.runs.sharing import OUTCOME, outcome_of
from grokterm.sweeps.cells import CellsReader
from grokterm.version import __version__

INFINITE: Final = 1e308
"""What stands for an infinite figure in reproduction.json, as JSON has none."""


@dataclass(frozen=True, slots=True)
class Power:
    """On what a reproduction trains."""

    workers: int
    threads: int | None
    machine: str
    """Its processor, and how many cores were used, in words."""
    device: str = "auto"
    precision: str = "auto"


@dataclass(frozen=True, slots=True)
class Repetition:
    """What came of training a reproduction again."""

    runs: int
    same: int
    """Those with the same parameters, bit for bit."""
    others: tuple[str, ...]
    """Of those that differ, what is known of it, in words."""


def begun(reproduction: Reproduction, quick: bool, seeds: int | None, power: Power) -> Reproduced:
    """What stands in the folder of a new reproduction."""
    usual = reproduction.quick_seeds if quick else reproduction.full_seeds
    return Reproduced(
        preset=reproduction.preset, quick=quick, seeds=seeds or usual, version=__version__, machine=power.machine,
        begun=time.time(), device=power.device, precision=power.precision,
    )  # fmt: skip


def make(
    reproduction: Reproduction, folder: ReproductionFolder, power: Power, say: Callable[[str], None]
) -> Reproduced:
    """Trains what is still to be trained, and judges; raises GroktermError, and can then be gone on with."""
    about = folder.read()
    if not (about.runs or about.sweeps):  # its folder may have waited for others
        about = replace(about, begun=time.time())
    scale = Scale(about.quick, about.seeds)
    studio = Studio(folder, about, power.workers, power.threads, say)
    try:
        for study in reproduction.studies(scale):
            studio.train(study)
    except BaseException:
        studio.stop()
        raise
    judged = rows(reproduction, scale, FolderEvidence(folder, studio.about))
    done = replace(studio.about, ended=about.ended or time.time(), rows=judged)
    folder.write(done)
    return done


def rows(reproduction: Reproduction, scale: Scale, evidence: Evidence) -> tuple[Row, ...]:
    """Each claim with its figures and verdict; raises RunFolderError where a log cannot be read."""
    return tuple(row_of(claim, list(claim.figures(evidence))) for claim in reproduction.claims(scale))


def row_of(claim: Claim, figures: list[float]) -> Row:
    """A claim with its figures and verdict."""
    return Row(
        words=claim.words, source=claim.source, published=claim.published, unit=claim.unit,
        ours=tuple(None if math.isnan(one) else max(-INFINITE, min(one, INFINITE)) for one in figures),
        shown=shown_all(figures, claim.unit), rule=claim.rule.words(claim.unit), verdict=claim.rule.verdict(figures),
        note=claim.note,
    )  # fmt: skip


def repeat(
    reproduction: Reproduction, old: ReproductionFolder, home: ReproductionFolder, power: Power,
    say: Callable[[str], None],
) -> Repetition:  # fmt: skip
    """Trains the runs and sweeps of a reproduction again, as its folder holds them, and compares bit for bit.

    Raises GroktermError.
    """
    about = old.read()
    studio = Studio(home, home.read(), power.workers, power.threads, say)
    lines = [(KeptRun(kept.study, kept.seed, "", kept.line), read_line(kept.line)) for kept in about.runs if kept.line]
    try:
        studio.follow(
            [(kept, shared.config.changed({"until": max(shared.step, 1), "pace": "max"})) for kept, shared in lines]
        )
        for study in reproduction.studies(Scale(about.quick, about.seeds)):
            if isinstance(study, Swept):
                studio.sweep_by_plan(study, old)
    except BaseException:
        studio.stop()
        raise
    done = replace(studio.about, ended=time.time())
    home.write(done)
    return compared(old, about, home, done)


def compared(old: ReproductionFolder, was: Reproduced, new: ReproductionFolder, now: Reproduced) -> Repetition:
    """Whether the runs of one reproduction have the parameters of those of another, whose lines they followed."""
    others: list[str] = []
    count = 0
    for kept in now.runs:
        count += 1
        outcome = outcome_of(read_history(new.run(kept)).sessions)
        if outcome is None or outcome.about[OUTCOME] != "agrees":
            others.append(f"{kept.study}, seed {kept.seed}: {outcome.words if outcome else 'nothing was compared'}")
    for study in now.sweeps:
        first, second = (
            {run.run: run.digest for run in CellsReader(folder.sweep(study, about).cells_path).read()}
            for folder, about in ((old, was), (new, now))
        )
        count += len(first)
        others += [f"{study}, run {run}: other parameters" for run in first if first[run] != second.get(run)]
    return Repetition(count, count - len(others), tuple(others))
