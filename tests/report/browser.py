"""A Chromium without a screen, driven over its pipe: what a page says, and what it does when somebody points at it."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.needs import CHROMIUM, need
from tests.patience import PATIENCE

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_OPTIONS: Final = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
    *("--no-default-browser-check", "--disable-extensions", "--remote-debugging-pipe", "--window-size=1280,900"),
)
_ENDS: Final = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); os.execv(sys.argv[3], sys.argv[3:])"
)
"""Gives the browser its two ends of the pipe as 3 and 4."""
_KEYS: Final = {"ArrowLeft": 37, "ArrowRight": 39}


class Page:
    """One page of the browser."""

    def __init__(self, asks: int, answers: int) -> None:
        self._asks, self._answers = asks, answers
        self._number, self._session, self._buffer, self._loads = 0, "", b"", 0
        self.complaints: list[str] = []
        """Errors of the console and of scripts, and what a policy refused."""
        self.loaded: list[str] = []
        """The addresses that were asked for."""
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Runtime", "Log", "Network", "Page"):
            self._ask(f"{domain}.enable")
        still = {"name": "prefers-reduced-motion", "value": "reduce"}  # so that nothing is on its way somewhere
        self._ask("Emulation.setEmulatedMedia", features=[still])

    def open(self, path: Path) -> None:
        """Opens a file, and waits until it is drawn."""
        self._loads = 0
        self._ask("Page.navigate", url=path.as_uri())
        while not self._loads:
            self._note(self._next())
        self.wait("document.documentElement.dataset.ready === '1'")

    def wait(self, condition: str) -> None:
        """Waits until an expression is true."""
        deadline = time.monotonic() + PATIENCE
        while not self.value(condition):
            assert time.monotonic() < deadline, f"{condition}: {self.complaints}"

    def value(self, expression: str) -> Any:
        """What an expression comes to in the page."""
        found = self._ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def press(self, key: str) -> None:
        """Presses a key."""
        for kind in ("rawKeyDown", "keyUp"):
            self._ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=_KEYS[key])

    def mouse(self, kind: str, x: float, y: float) -> None:
        """Moves the mouse, or presses or releases its button."""
        button = "none" if kind == "mouseMoved" else "left"
        self._ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, clickCount=1, pointerType="mouse")

    def touch(self, kind: str, *places: tuple[float, float]) -> None:
        """Puts fingers on the page, moves them, or lifts all of them."""
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        self._ask("Input.dispatchTouchEvent", type=kind, touchPoints=points)

    def narrow(self, width: int, height: int) -> None:
        """Gives the page the size of a phone."""
        self._ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=2, mobile=True)
        self._ask("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=2)

    def middle(self, selector: str) -> tuple[float, float]:
        """Where the middle of an element is, after scrolling to it."""
        found = self.value(
            f"(() => {{ const one = document.querySelector({json.dumps(selector)}); "
            "one.scrollIntoView({ block: 'center', behavior: 'instant' }); const box = one.getBoundingClientRect(); "
            "return [box.left + box.width / 2, box.top + box.height / 2]; })()"
        )
        return float(found[0]), float(found[1])

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._asks, json.dumps(message).encode() + b"\0")
        while True:
            reply = self._next()
            if reply.get("id") == self._number:
                assert "error" not in reply, reply
                found: dict[str, Any] = reply["result"]
                return found
            self._note(reply)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            assert select.select([self._answers], [], [], PATIENCE)[0], "the browser says nothing"
            block = os.read(self._answers, 2**20)
            assert block, "the browser has ended"
            self._buffer += block
        body, _, self._buffer = self._buffer.partition(b"\0")
        found: dict[str, Any] = json.loads(body)
        return found

    def _note(self, event: dict[str, Any]) -> None:
        told = event.get("params", {})
        match event.get("method"):
            case "Page.loadEventFired":
                self._loads += 1
            case "Runtime.exceptionThrown":
                self.complaints.append(str(told["exceptionDetails"]))
            case "Runtime.consoleAPICalled":
                self.complaints.append(str(told["args"]))
            case "Log.entryAdded":
                self.complaints.append(str(told["entry"]["text"]))
            case "Network.requestWillBeSent":
                self.loaded.append(str(told["request"]["url"]))


@contextmanager
def chromium(folder: Path) -> Iterator[Page]:
    """A browser with a profile in a folder, and a page of it; skips where there is none."""
    program = next((found for name in _NAMES if (found := shutil.which(name))), None)
    need(program, CHROMIUM)
    assert program is not None
    (hears, asks), (answers, tells) = os.pipe(), os.pipe()
    command = [sys.executable, "-c", _ENDS, str(hears), str(tells), program, *_OPTIONS, f"--user-data-dir={folder}"]
    null = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=null, stdout=null, stderr=null, pass_fds=(hears, tells)) as process:
        os.close(hears)
        os.close(tells)
        try:
            yield Page(asks, answers)
        finally:
            process.kill()
            os.close(asks)
            os.close(answers)
