from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE

LIBRARY = {
    "__init__.py": "print('loads'); from late import part; number = 7; load = 'its own'",
    "part.py": "import late; word = 'part'",
}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    (tmp_path / "late").mkdir()
    for name, text in LIBRARY.items():
        (tmp_path / "late" / name).write_text(text)
    (tmp_path / "broken.py").write_text("raise OSError('of no use')")
    return tmp_path


def printed(library: Path, code: str) -> list[str]:
    """What a process prints that runs the code with `late` and `broken` put off."""
    code = (
        f"import sys; sys.path.insert(0, {str(library)!r})\nfrom grokterm.loading import load_now, import_lazily\n"
        + code
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, check=True)
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import late; print('imported')", ["imported"]),
        ("import late; print(late.number, late.number)", ["loads", "7 7"]),
        ("from late import number; print(number)", ["loads", "7"]),
        ("import late.part; print(late.part.word)", ["loads", "part"]),
        ("import late; print(hasattr(late, 'nothing'), type(late).__name__)", ["loads", "False module"]),
        ("load_now('late'); load_now('late'); load_now('json')", ["loads"]),
        ("import late; late.number; import_lazily('late'); print(late.number)", ["loads", "7"]),
    ],
)
def test_a_module_loads_when_something_of_it_is_asked_for(library: Path, code: str, expected: list[str]) -> None:
    assert printed(library, "import_lazily('late')\n" + code) == expected


def test_it_loads_once_however_many_ask_at_once(library: Path) -> None:
    # It is not loaded before all have asked.
    (library / "late" / "part.py").write_text("import __main__\n__main__.asking.wait(60)")
    code = """
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
import_lazily('late')
import late
asking, begun = Event(), Barrier(4, lambda: asking.set())
def ask(_):
    begun.wait(60)
    return late.number
with ThreadPoolExecutor(4) as threads:
    print(*threads.map(ask, range(4)))
"""
    assert printed(library, code) == ["loads", "7 7 7 7"]


def test_what_is_not_there_or_broken_fails_as_ever(library: Path) -> None:
    code = """
import_lazily('not_there')
import_lazily('broken')
import broken
for attempt in range(2):
    try:
        broken.number
    except OSError as error:
        print(error)
try:
    import not_there
except ModuleNotFoundError as error:
    print(error)
"""
    assert printed(library, code) == ["of no use", "of no use", "No module named 'not_there'"]
