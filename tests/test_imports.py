"""The viewer and the command line paint before torch could load: they must never import it."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tests.needs import LINTER, need
from tests.patience import PATIENCE

HEAVY = ("torch", "plotext", "grokterm.lab", "grokterm.training", "grokterm.trainer", "grokterm.analysis")
EXTRAS = ("matplotlib", "pyarrow", "tensorboard", "wandb", "transformer_lens", "google")
NOT_FOR_OPTIONS = (*HEAVY, "numpy", "textual", "rich", "grokterm.tui")


IN_TURN = (
    ("import grokterm", NOT_FOR_OPTIONS),
    ("import grokterm.cli", NOT_FOR_OPTIONS),
    ("from grokterm.cli.commands import build; build().parse_args(['--p', '97'])", NOT_FOR_OPTIONS),
    ("import grokterm.cli.watch", NOT_FOR_OPTIONS),
    ("import grokterm.runs.folder, grokterm.runs.process", (*HEAVY, "numpy")),
    ("import grokterm.cli.open", (*HEAVY, "numpy", "textual", "rich")),
    ("import grokterm; grokterm.open_sweep", (*HEAVY, "pandas", "pyarrow", "textual", "rich")),
    ("import grokterm.export.formats, grokterm.export.layouts", (*HEAVY, *EXTRAS, "textual", "rich")),
    ("from grokterm.cli import main; main(['export', '--help'])", (*HEAVY, *EXTRAS, "textual")),
    ("from grokterm.cli import main; main(['open', '--help'])", (*HEAVY, "textual")),
    ("from grokterm.cli import main; main(['share', '--help'])", (*HEAVY, *EXTRAS, "textual")),
    ("from grokterm.cli import main; main(['report', '--help'])", (*HEAVY, "textual", "grokterm.report")),
    (
        "from grokterm.cli import main; main(['figures', '--help'])",
        (*HEAVY, *EXTRAS, "textual", "grokterm.figures"),
    ),
    ("from grokterm.cli import main; main(['guide', 'circles'])", (*HEAVY, "textual", "grokterm.tui")),
    ("from grokterm.cli import main; main(['plot', '--help'])", (*HEAVY, "textual", "grokterm.chart")),
    ("import grokterm.cli.train", (*HEAVY, "grokterm.chart")),
    ("import grokterm.cli.plot", (*HEAVY, "textual")),
    ("from grokterm.cli import main; main(['--help'])", HEAVY),
    ("from grokterm.cli import main; main(['runs'])", HEAVY),
    ("from grokterm.cli import checks, main; checks.describe_devices = DEVICES.copy; main(['doctor'])", HEAVY),
    ("import grokterm; grokterm.open_run", HEAVY),
    ("import grokterm.report.run_report, grokterm.report.sweep_report", HEAVY),
    ("import grokterm.figures.run_figures", HEAVY),
)
"""What is run, each after those above it, and what it may not load: the later, the less."""


@cache
def loaded_by(codes: tuple[str, ...]) -> dict[str, set[str]]:
    """Modules that a fresh interpreter has after each of some pieces of code, run one after another."""
    mark = "the modules: "
    code = "\n".join(f"{code}\nimport sys; print({mark!r} + ' '.join(sys.modules))" for code in codes)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE)
    told = [line.removeprefix(mark) for line in done.stdout.splitlines() if line.startswith(mark)]
    return {code: set(modules.split()) for code, modules in zip(codes, told, strict=True)}


def heavy(code: str, codes: tuple[str, ...], forbidden: tuple[str, ...]) -> set[str]:
    """What one of them has loaded of what it may not."""
    modules = loaded_by(codes)[code]
    return {module for module in modules if any(module == name or module.startswith(name + ".") for name in forbidden)}


def test_nothing_heavy_is_imported(devices_described: dict[str, Any]) -> None:
    known = f"DEVICES = {devices_described!r}"  # which a process of its own tells, that has torch
    codes = (known, *(code for code, _ in IN_TURN))
    found = {code: heavy(code, codes, forbidden) for code, forbidden in IN_TURN}
    assert {code: modules for code, modules in found.items() if modules} == {}


def test_the_screen_imports_nothing_that_is_not_on_it() -> None:
    others = ("grokterm.chart", "grokterm.report", "grokterm.figures", "grokterm.export", "grokterm.runs.share")
    code = "import grokterm.tui.app"
    assert not heavy(code, (code,), (*HEAVY, *EXTRAS, *others))


def test_who_may_import_whom() -> None:
    need(find_spec("importlinter"), LINTER)
    code = "from importlinter.cli import lint_imports; import sys; sys.exit(lint_imports(no_cache=True))"
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_no_module_is_in_a_circle() -> None:
    """Beside those among siblings, which the linter finds: not those through a package's own module either."""
    need(find_spec("importlinter"), LINTER)
    import grimp

    graph = grimp.build_graph("grokterm")
    TopologicalSorter({module: graph.find_modules_directly_imported_by(module) for module in graph.modules}).prepare()
