"""The viewer and the command line paint before torch could load: they must never import it."""

from __future__ import annotations

import subprocess
import sys
from graphlib import TopologicalSorter
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.needs import LINTER, need
from tests.patience import PATIENCE

HEAVY = ("torch", "plotext", "grokterm.lab", "grokterm.training", "grokterm.trainer", "grokterm.analysis")
EXTRAS = ("matplotlib", "pyarrow", "tensorboard", "wandb", "transformer_lens", "google")
NOT_FOR_OPTIONS = (*HEAVY, "numpy", "textual", "rich", "grokterm.tui")


def loaded(code: str) -> set[str]:
    """Modules that a fresh interpreter has after running `code`."""
    code += "\nimport sys; print('\\n' + ' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE)
    return set(done.stdout.strip().splitlines()[-1].split())


@pytest.mark.parametrize(
    ("code", "forbidden"),
    [
        ("import grokterm.cli", NOT_FOR_OPTIONS),
        ("import grokterm", NOT_FOR_OPTIONS),
        ("import grokterm; grokterm.open_run", HEAVY),
        ("import grokterm; grokterm.open_sweep", (*HEAVY, "pandas", "pyarrow", "textual", "rich")),
        ("from grokterm.cli.commands import build; build().parse_args(['--p', '97'])", NOT_FOR_OPTIONS),
        ("import grokterm.cli.watch", NOT_FOR_OPTIONS),
        ("from grokterm.cli import main; main(['--help'])", HEAVY),
        ("from grokterm.cli import main; main(['runs'])", HEAVY),
        ("from grokterm.cli import main; main(['doctor'])", HEAVY),
        ("from grokterm.cli import main; main(['guide', 'circles'])", (*HEAVY, "textual", "grokterm.tui")),
        ("import grokterm.cli.train", (*HEAVY, "grokterm.chart")),
        ("from grokterm.cli import main; main(['export', '--help'])", (*HEAVY, *EXTRAS, "textual")),
        ("from grokterm.cli import main; main(['open', '--help'])", (*HEAVY, "textual")),
        ("import grokterm.cli.open", (*HEAVY, "numpy", "textual", "rich")),
        ("from grokterm.cli import main; main(['share', '--help'])", (*HEAVY, *EXTRAS, "textual")),
        ("import grokterm.export.formats, grokterm.export.layouts", (*HEAVY, *EXTRAS, "textual", "rich")),
        ("from grokterm.cli import main; main(['report', '--help'])", (*HEAVY, "textual", "grokterm.report")),
        ("import grokterm.report.run_report, grokterm.report.sweep_report", HEAVY),
        (
            "from grokterm.cli import main; main(['figures', '--help'])",
            (*HEAVY, *EXTRAS, "textual", "grokterm.figures"),
        ),
        ("import grokterm.figures.run_figures", HEAVY),
        ("import grokterm.tui.app", ("grokterm.report", "grokterm.figures", *EXTRAS)),
        ("import grokterm.tui.app", ("grokterm.export", "grokterm.runs.share", *EXTRAS)),
        ("from grokterm.cli import main; main(['plot', '--help'])", (*HEAVY, "textual", "grokterm.chart")),
        ("import grokterm.cli.plot", (*HEAVY, "textual")),
        ("import grokterm.tui.app", (*HEAVY, "grokterm.chart")),
        ("import grokterm.runs.folder, grokterm.runs.process", (*HEAVY, "numpy")),
    ],
)
def test_nothing_heavy_is_imported(code: str, forbidden: tuple[str, ...]) -> None:
    found = {m for m in loaded(code) if any(m == name or m.startswith(name + ".") for name in forbidden)}
    assert not found


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
