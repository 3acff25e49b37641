"""The command `sweep` and its options."""

from __future__ import annotations

from grokterm.cli import option_groups as groups
from grokterm.cli.defaults import read_defaults
from grokterm.cli.options import combined, read
from grokterm.cli.parameters import (
    PLUGINS,
    Again,
    AsJson,
    DaskAddress,
    DetachSweep,
    DryRun,
    OpenCell,
    Over,
    Preset,
    ResumeSweep,
    Seeds,
    Where,
    WorkerCount,
    Zip,
    with_options,
)
from grokterm.cli.usage import UsageError
from grokterm.config import settings
from grokterm.presets import preset_values
from grokterm.sweeps.plan import BUDGET, MOST_RUNS


@with_options(groups.swept, groups.folder, groups.screen, defaults=lambda: BUDGET, plugins=PLUGINS)
def sweep(
    *,
    over: Over = None,
    zipped: Zip = None,
    where: Where = None,
    seeds: Seeds = None,
    again: Again = None,
    preset: Preset = None,
    resume: ResumeSweep = None,
    opened: OpenCell = None,
    workers: WorkerCount = None,
    dask: DaskAddress = None,
    dry_run: DryRun = False,
    detach: DetachSweep = False,
    as_json: AsJson = False,
    **given: str | None,
) -> int:
    """Train many runs, over settings and seeds, and watch what comes out; list the sweeps where nothing is given.

    Exit status 0: every run has ended; 1: the sweep came to no end.
    """
    from grokterm.cli import sweep as sweeps

    asked = sweeps.Asked(
        over or (), zipped or (), where, sweeps.whole("--seeds", seeds, MOST_RUNS), again,
        sweeps.whole("--workers", workers, 1024), dask, dry_run, detach, as_json,
    )  # fmt: skip
    values = read(given)
    settled = asked.plans or preset is not None or any(name in settings() for name in values)
    if opened is not None:
        from grokterm.cli.sweep_cell import open_cell

        if settled or not sweeps.Asked(as_json=as_json) == asked:
            raise UsageError("--open trains a cell as it was planned: give nothing beside it but how it is shown")
        return open_cell(opened, read_defaults() | values, as_json)
    if resume is not None:
        if settled or dry_run:
            raise UsageError("--resume goes on with a sweep as it was planned: give no settings beside it")
        return sweeps.go_on(resume, asked, read_defaults() | values)
    if asked.is_empty and preset is None and not values.keys() - {"runs"}:
        return sweeps.show_list(read_defaults() | values, as_json)
    if not asked.plans:
        raise UsageError("nothing is swept: give --over SETTING=VALUES or --seeds N")
    if again is not None and preset is not None:
        raise UsageError("--again and --preset exclude each other: give one of them")
    return sweeps.begin(asked, combined(read_defaults(), preset_values(preset)), values)
