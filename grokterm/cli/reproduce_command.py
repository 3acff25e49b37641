"""The command `reproduce` and its options."""

from __future__ import annotations

from grokterm.cli import option_groups as groups
from grokterm.cli.defaults import read_defaults
from grokterm.cli.options import read
from grokterm.cli.parameters import (
    AgainReproduction,
    AllReproductions,
    AsJson,
    Device,
    Precision,
    QuickReproduction,
    ReproductionName,
    ReproductionSeeds,
    ResumeReproduction,
    WorkerCount,
    with_options,
)


@with_options(groups.folder)
def reproduce(
    name: ReproductionName = None,
    /,
    *,
    quick: QuickReproduction = False,
    every: AllReproductions = False,
    seeds: ReproductionSeeds = None,
    again: AgainReproduction = None,
    resume: ResumeReproduction = None,
    workers: WorkerCount = None,
    device: Device = "auto",
    precision: Precision = "auto",
    as_json: AsJson = False,
    **given: str | None,
) -> int:
    """Train what a paper claims and hold it to rules said beforehand; list what there is where nothing is named.

    Exit status 0: every row has a verdict, also where it is FAIL; 1: a repetition came out differently.
    """
    from grokterm.cli import reproduce as reproductions
    from grokterm.cli.sweep import whole

    asked = reproductions.Asked(
        quick, every, whole("--seeds", seeds, 1000), whole("--workers", workers, 1024), again, resume,
        str(device), str(precision), as_json,
    )  # fmt: skip
    return reproductions.reproduce(name, asked, read_defaults() | read(given))
