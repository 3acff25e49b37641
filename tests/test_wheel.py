"""The wheel, installed in a fresh environment: everything that the program reads is in it, and it trains."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from importlib.metadata import PathDistribution
from importlib.util import find_spec
from pathlib import Path
from sysconfig import get_path
from typing import Final
from zipfile import ZipFile

import pytest

import grokterm
from tests.needs import BUILDER, need
from tests.patience import PATIENCE

ROOT: Final = Path(__file__).parents[1]
ASKED: Final = """
import json
from pathlib import Path
import grokterm
from grokterm.guide import page_names, read_page
from grokterm.kernels.build import FOLDER
from grokterm.tui.theme import load_themes
print(json.dumps({
    "place": str(Path(grokterm.__file__).parent),
    "themes": sorted(load_themes()),
    "pages": {name: read_page(name).text for name in page_names()},
    "sources": {path.name: path.read_text() for path in FOLDER.glob("*.[ch]")},
}))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages of an environment in which the wheel lies, and not the checkout."""
    need(find_spec("hatchling"), BUILDER)
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "built")]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    venv.create(folder / "fresh", symlinks=True)
    packages = next((folder / "fresh" / "lib").glob("python*/site-packages"))
    # What grokterm needs comes from here; a .pth among those packages, that of the checkout, is not read again.
    (packages / "needed.pth").write_text(f"{get_path('purelib')}\n{get_path('platlib')}\n")
    (wheel,) = (folder / "built").glob("grokterm-*-py3-none-any.whl")
    with ZipFile(wheel) as file:
        file.extractall(packages)
    return packages


def run(packages: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs the fresh environment's Python."""
    python = packages.parents[2] / "bin" / "python"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run([python, *arguments], env=environment, capture_output=True, text=True, timeout=PATIENCE)


def test_themes_pages_and_sources_in_c_are_read_from_the_wheel(installed: Path) -> None:
    done = run(installed, "-c", ASKED)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert Path(found["place"]).samefile(installed / "grokterm")
    assert found["themes"] == sorted(path.stem for path in (ROOT / "themes").glob("*.toml"))
    pages = {path.stem for path in (ROOT / "grokterm" / "guide" / "pages").glob("*.md")}
    assert found["pages"].keys() == pages
    assert all(text.startswith("# ") for text in found["pages"].values())
    sources = (ROOT / "grokterm" / "kernels").glob("*.[ch]")
    assert found["sources"] == {path.name: path.read_text(encoding="utf-8") for path in sources}


def test_every_file_of_the_package_is_in_the_wheel(installed: Path) -> None:
    package = ROOT / "grokterm"
    files = {path.relative_to(package): path for path in package.rglob("*") if path.is_file()}
    for name, path in files.items():
        if "__pycache__" not in name.parts:
            assert (installed / "grokterm" / name).read_bytes() == path.read_bytes()


def test_it_says_what_it_is(installed: Path) -> None:
    about = PathDistribution(installed / f"grokterm-{grokterm.__version__}.dist-info")
    assert about.metadata["Version"] == grokterm.__version__
    assert about.metadata["License-Expression"] == "Apache-2.0"
    assert [(entry.name, entry.value) for entry in about.entry_points] == [("grokterm", "grokterm.cli:main")]
    (licence,) = (path for path in about.files or () if path.name == "LICENSE")
    assert (installed / licence).read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_a_run_is_trained(installed: Path, folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROKTERM_KERNELS", "0")
    trained = run(installed, "-m", "grokterm", "train", "--p", "5", "--width", "8", "--until", "20", "--json")
    assert trained.returncode == 0, trained.stderr
    assert json.loads(trained.stdout.splitlines()[-1])["step"] == 20
    assert len(list(folders.glob("*/log.jsonl"))) == 1
