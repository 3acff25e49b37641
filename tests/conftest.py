"""Every test has folders of its own, and one thread a process: three workers share two cores, and wait much."""

from __future__ import annotations

import gc
import importlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from grokterm.runs.devices import describe_devices
from tests.commands import forked_from
from tests.needs import told
from tests.nursery import Nursery, launched_by

gc.disable()  # while tests and what they test are loaded

# No deadline: the processor is shared with trainers and other workers.
settings.register_profile("same", deadline=None, derandomize=True, max_examples=32)
settings.register_profile("search", deadline=None, max_examples=2_000)  # HYPOTHESIS_PROFILE=search looks for more
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
os.environ["OMP_NUM_THREADS"] = "1"
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # so a shell starts what is to run in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)
os.environ.pop("NO_COLOR", None)
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # hundreds of processes would compile every module anew
sys.dont_write_bytecode = False


_numbers = count()
_shared: list[Nursery] = []
"""The processes, with torch and with the screens in them, of which programs of all workers are forks."""


def pytest_configure(config: pytest.Config) -> None:
    """Starts them where there are workers, while these collect their tests."""
    if sys.platform == "linux" and config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        _shared[:] = [Nursery(), Nursery("screens")]


def pytest_configure_node(node: Any) -> None:
    """Tells a worker where they are."""
    node.workerinput["nurseries"] = [nursery.line().address for nursery in _shared]


def pytest_unconfigure() -> None:
    """Ends them."""
    for nursery in _shared:
        nursery.__exit__(None, None, None)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Where all tests run, each worker compiles modules of its own first, assertions and all, and others find them."""
    given = getattr(session.config, "workerinput", None)
    if given is None or session.config.args != session.config.getini("testpaths"):
        return
    modules = sorted(Path(__file__).parent.rglob("test_*.py"))
    for path in modules[int(given["workerid"].removeprefix("gw")) :: given["workercount"]]:
        with suppress(Exception):  # which collecting them tells
            importlib.import_module(".".join(path.relative_to(session.config.rootpath).with_suffix("").parts))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those marked so come first, in their order."""
    items.sort(key=lambda item: item.get_closest_marker("first") is None)


def pytest_collection_finish() -> None:
    """What is loaded by now stays, and need not be looked through for garbage; nor what tests make every moment.

    Screens make objects by the ten thousand: a fifth of the processor's time would go into looking through them.
    """
    gc.freeze()
    gc.set_threshold(100_000, 20, 10)
    gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests need that were skipped, by kind."""
    skipped = [report.longrepr[2] for report in terminalreporter.getreports("skipped")]
    if skipped:
        terminalreporter.write_line(told(reason.removeprefix("Skipped: ") for reason in skipped))


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for this test, as pytest makes one, in a third of the time."""
    name = re.sub(r"\W", "_", request.node.name)[:30]
    path = tmp_path_factory.getbasetemp() / f"{name}{next(_numbers)}"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture(autouse=True)
def folders(tmp_path: Path) -> Iterator[Path]:
    """A home for runs, an empty config folder and a place to stand, for this test and the processes it starts.

    What a test changes in this process for good is taken back. One fixture, since each takes its time of each test.
    """
    home = tmp_path / "home"
    places = {"GROKTERM_HOME": str(home), "XDG_CONFIG_HOME": str(tmp_path / "config")}
    stood, were, had_kernels = os.getcwd(), {name: os.environ.get(name) for name in places}, _has_kernels()
    os.environ.update(places)
    os.chdir(tmp_path)
    yield home
    os.chdir(stood)
    for name, was in were.items():
        if was is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = was
    _take_back(had_kernels)


@pytest.fixture
def home(folders: Path) -> Path:
    """That home for runs, which is there."""
    folders.mkdir(exist_ok=True)
    return folders


@pytest.fixture(scope="session")
def nurseries(pytestconfig: pytest.Config) -> Iterator[tuple[Nursery, Nursery]]:
    """Processes with torch and with the screens in them: those that all workers have, or this worker's own."""
    given = getattr(pytestconfig, "workerinput", {}).get("nurseries") or ["", ""]
    with Nursery("torch", given[0]) as torch, Nursery("screens", given[1]) as screens:
        yield torch, screens


@pytest.fixture(scope="session")
def nursery(nurseries: tuple[Nursery, Nursery]) -> Nursery:
    """A process with torch in it, of which programs that need it are forks."""
    return nurseries[0]


@pytest.fixture(autouse=True, scope="session")
def _programs_begin_at_once(nurseries: tuple[Nursery, Nursery]) -> Iterator[None]:
    """Loading torch or the screen takes longer than most tests do; `start_afresh` starts a trainer that loads it."""
    if sys.platform != "linux":
        with launched_by(subprocess):
            yield
        return
    torch, screens = nurseries
    with launched_by(torch), forked_from(screens, torch):
        yield


@pytest.fixture(scope="session")
def devices_described() -> dict[str, Any]:
    """What the doctor is told of this machine by a process that loads torch."""
    return describe_devices()


@pytest.fixture
def devices_known(devices_described: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The doctor has asked before: it takes seconds, for what most of its tests do not look at."""
    monkeypatch.setattr("grokterm.cli.checks.describe_devices", lambda: devices_described)


def _take_back(had_kernels: bool) -> None:
    """What notebooks, a sweep's workers and engines that are made in this process change for good.

    Kernels that were loaded are none again, and subnormal numbers are no longer flushed to zero.
    """
    if (work := sys.modules.get("grokterm.sweeper.work")) is not None:
        work._make_ready.cache_clear()
    if _has_kernels() and not had_kernels:
        sys.modules["grokterm.lab.native"].load(None)
    devices = sys.modules.get("grokterm.lab.devices")
    if devices is not None and devices.prepare.cache_info().currsize:
        devices.torch.set_flush_denormal(False)
        devices.prepare.cache_clear()


def _has_kernels() -> bool:
    native = sys.modules.get("grokterm.lab.native")
    return native is not None and bool(native.loaded())
