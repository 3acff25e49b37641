"""`grokterm open` as cyclopts reads it."""

from __future__ import annotations

from typing import Final

from grokterm.cli import option_groups as groups
from grokterm.cli.defaults import read_defaults
from grokterm.cli.options import read, step_number
from grokterm.cli.parameters import AsJson, MapFile, OfStep, WeightFile, with_options

_READ_OFF: Final = dict.fromkeys(
    ("p", "d_model", "width", "depth", "classes", "bias", "tied", "positional", "sequence"), "read off the shapes"
)


@with_options(groups.opened, groups.folder, defaults=lambda: _READ_OFF)
def open_weights(
    *file: WeightFile, wanted: MapFile = None, step: OfStep = None, as_json: AsJson = False, **given: str | None
) -> int:
    """Make a run of others' weights, to look at with every view; no code in their files is run.

    safetensors, npz, .pt and .pth; of several files each holds a step.
    """
    from grokterm.cli.open import open_files

    asked = read(given)
    return open_files(file, wanted, step_number("--step", step), as_json, read_defaults(), asked)
