"""How figures look: sizes in inches, type, the colours of a theme, and the scales of maps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import matplotlib
import numpy as np
from matplotlib.colors import Colormap, LinearSegmentedColormap, ListedColormap, to_rgb
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from grokterm.drawn.parts import PAIR_STATES, Scale
from grokterm.errors import ConfigError
from grokterm.tui.theme import Theme, find_theme, load_themes, palette_names

COLUMN: Final = 3.3
"""Width of a figure that fills a column of a paper."""
WIDE: Final = 6.9
"""Width of one across both columns."""
POINTS: Final = 72.0
TITLE: Final = 8.0
"""Size in points of the title of a figure …"""
NAME: Final = 7.0
"""… of a panel …"""
TEXT: Final = 6.0
"""… of what stands at axes and in legends …"""
SMALL: Final = 5.0
"""… and of the names of points."""
LINE_HEIGHT: Final = 1.3
THIN: Final = 0.5
_FONT: Final = "DejaVu Sans"  # comes with matplotlib, and has every sign that views use
_WHITE: Final = "#ffffff"
_INSTEAD: Final = "�"
_KEY_AT: Final = 0.7
"""Where a rising scale reaches the key colour, of its whole length; beyond, it goes on to that of text."""
_SHADES: Final = 256


@dataclass(frozen=True, slots=True)
class Style:
    """The colours of a theme; light ones lie on white, as a page does."""

    theme: str
    colors: Mapping[str, str]

    def color(self, name: str) -> str:
        """The colour of a meaning, #rrggbb."""
        return self.colors[name]

    def scale(self, scale: Scale) -> Colormap:
        """The colours of a map."""
        back, text = self.color("surface"), self.color("text")
        match scale:
            case "signed":
                shades = [(0.0, self.color("train")), (0.5, back), (1.0, self.color("test"))]
            case "states":
                return ListedColormap([self.color(name) for name, _ in PAIR_STATES], name=scale)
            case "cyclic":
                turns = np.linspace(0, 2 * np.pi, _SHADES)[:, None] - [0.0, 2.094, 4.189]
                return ListedColormap(((138 + 66 * np.cos(turns)) / 255).tolist(), name=scale)
            case _:
                end = _mixed(self.color("key"), text, 0.5)
                shades = [(0.0, back), (_KEY_AT, self.color("key")), (1.0, end)]
        return LinearSegmentedColormap.from_list(scale, shades, N=_SHADES)


def find_style(name: str) -> Style:
    """The style of a theme; raises ThemeError for an unknown one, ConfigError for one of a terminal's own colours."""
    theme = find_theme(name)
    if theme.palette.depth != "truecolor":
        whole = [each for each, found in load_themes().items() if found.palette.depth == "truecolor"]
        raise ConfigError(f"the theme {name} takes its colours from a terminal: figures need one of {', '.join(whole)}")
    return Style(name, _colors(theme))


def _colors(theme: Theme) -> dict[str, str]:
    palette = theme.palette
    text = palette.css("text")
    found = {name: palette.css(name) if palette.css(name)[:1] == "#" else text for name in palette_names()}
    if not theme.dark:
        found["background"] = _WHITE
        found["surface"] = _mixed(found["surface"], _WHITE, 0.5)
    return found


def _mixed(one: str, other: str, share: float) -> str:
    """A colour so far on the way from one to the other."""
    mixed = (1 - share) * np.array(to_rgb(one)) + share * np.array(to_rgb(other))
    return "#" + "".join(f"{round(255 * part):02x}" for part in mixed)


@contextmanager
def drawing(style: Style) -> Iterator[None]:
    """Has matplotlib draw in this style, whatever its own settings on this machine are."""
    text, muted = style.color("text"), style.color("muted")
    own = {
        "font.family": [_FONT],
        "font.size": TEXT,
        "text.color": text,
        "text.parse_math": False,
        "text.usetex": False,
        "axes.edgecolor": muted,
        "axes.facecolor": "none",
        "axes.labelcolor": text,
        "axes.labelpad": 2.0,
        "axes.labelsize": TEXT,
        "axes.linewidth": THIN,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.unicode_minus": True,
        "figure.facecolor": style.color("background"),
        "grid.color": style.color("border"),
        "grid.linewidth": 0.3,
        "image.interpolation": "nearest",
        "lines.linewidth": 0.9,
        "lines.solid_capstyle": "round",
        "savefig.facecolor": "auto",
        "pdf.fonttype": 42,
        "svg.fonttype": "path",
        "svg.hashsalt": "grokterm",
        **{f"{side}tick.{name}": value for side in "xy" for name, value in _ticks(muted, text).items()},
    }
    settings: Any = matplotlib.rcParams  # their names differ from one version to the next
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        settings.update(own)
        yield


def _ticks(color: str, label: str) -> dict[str, object]:
    return {
        "color": color,
        "labelcolor": label,
        "labelsize": TEXT,
        "major.size": 2.0,
        "major.width": THIN,
        "major.pad": 2.0,
        "minor.size": 0.0,
    }


def plain(words: str) -> str:
    """Words on one line, in which control characters are shown as �."""
    return "".join(each if each.isprintable() else _INSTEAD for each in words)


@cache
def width_of(words: str, size: float, bold: bool = False) -> float:
    """How wide words are, in inches."""
    font = FontProperties(family=_FONT, size=size, weight="bold" if bold else "normal")
    return float(text_to_path.get_text_width_height_descent(words, font, ismath=False)[0]) / POINTS


def height_of(size: float, lines: int = 1) -> float:
    """How high lines of text are, in inches."""
    return lines * size * LINE_HEIGHT / POINTS


def wrapped(words: str, size: float, width: float, bold: bool = False) -> list[str]:
    """Words as lines that are not wider than `width`, in inches, but for single words that are."""
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width_of(longer, size, bold) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines if words.strip() else []
