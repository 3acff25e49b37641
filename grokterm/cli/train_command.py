"""`grokterm train` as cyclopts reads it."""

from __future__ import annotations

from typing import Final

from grokterm.cli import option_groups as groups
from grokterm.cli.defaults import read_defaults
from grokterm.cli.options import combined, configuration, read
from grokterm.cli.parameters import PLUGINS, AsJson, DryRun, Line, Preset, Resume, with_options
from grokterm.cli.usage import UsageError
from grokterm.presets import preset_values
from grokterm.spelling import is_shared_run

TRAIN_DEFAULTS: Final = {"until": "grokked", "max_steps": 100_000}
"""Where `grokterm train` differs from the screen; its pace is always max."""


@with_options(groups.run_at_full_speed, groups.folder, groups.notify, defaults=lambda: TRAIN_DEFAULTS, plugins=PLUGINS)
def train(
    line: Line = None,
    /,
    *,
    resume: Resume = None,
    preset: Preset = None,
    as_json: AsJson = False,
    dry_run: DryRun = False,
    **given: str | None,
) -> int:
    """Start a run, a shared one too, or go on with one, and follow it without a screen, always at full speed.

    Exit status 0: target reached; 3: step limit reached first; 1: training failed, or a shared run came out differently
    in the same circumstances; 4: output was lost.
    """
    from grokterm.cli.resume import resume_training
    from grokterm.cli.train import start

    if line is not None and not is_shared_run(line):
        raise UsageError(f"train does not take {line!r}: see grokterm train --help")
    if resume is not None and (line is not None or dry_run):
        raise UsageError(f"{'a shared run' if line is not None else '--dry-run'} and --resume exclude each other")
    if line is not None:
        from grokterm.cli.share import train_line

        return train_line(line, preset, read_defaults(), read(given), as_json, dry_run)
    if resume is not None:
        return resume_training(resume, read_defaults(), preset_values(preset) | read(given), as_json)
    own = {name: value for name, value in combined(read_defaults(), preset_values(preset)).items() if name != "pace"}
    values = combined(TRAIN_DEFAULTS | own, read(given)) | {"pace": "max"}
    if not dry_run:
        return start(values, as_json)
    from grokterm.cli.share import print_plan

    print_plan(configuration(values), None, as_json)
    return 0
