"""A report as a reader of its file sees it: its data, and its elements."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from grokterm.report.data import unpacked

ENDLESS: Final = {"meta", "input", "br"}


class Elements(HTMLParser):
    """Every element with its attributes, and all text by the element in which it stands; fails where ends are wrong."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in ENDLESS:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self._open[-1] if self._open else "", data))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of all elements of a kind."""
        return [attributes for name, attributes in self.found if name == tag]

    @property
    def words(self) -> str:
        """All that is to be read."""
        return " ".join(text for tag, text in self.texts if tag not in ("script", "style"))


def data_of(content: bytes) -> dict[str, Any]:
    """What charts, maps and the slider are drawn from."""
    page = content.decode()
    begin = '<script type="application/json" id="data">'
    found: dict[str, Any] = json.loads(page.partition(begin)[2].partition("</script>")[0])
    return found


def array(data: dict[str, Any], name: str) -> npt.NDArray[Any]:
    """An array of the data."""
    return unpacked(data["arrays"][name])


def lines_of(data: dict[str, Any]) -> dict[str, tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]:
    """Steps and values of every curve by its name, the first of each name."""
    found: dict[str, tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]] = {}
    for chart in data["charts"].values():
        for line in chart.get("lines", ()):
            x, y = (array(data, line[side]).astype(np.float64) for side in ("x", "y"))
            found.setdefault(line["name"], (x, y))
    return found
