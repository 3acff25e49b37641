"""Pane 4: Fourier norms of the first layer or embedding."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Final

import numpy as np
from textual.content import Content
from textual.strip import Strip

from grokterm.tui.drawing.bars import draw_bars
from grokterm.tui.drawing.cells import row
from grokterm.tui.drawing.message import draw_message
from grokterm.tui.panes.pane import Pane
from grokterm.tui.world import Spectrum, World

PICKED: Final = 0.03
"""Share of the weight vectors that follow one frequency from which it is said that neurons pick frequencies.

In runs that only memorize (random labels, no weight decay, a fifth of the pairs) it stays at .01 and below.
"""
LINE_FROM: Final = 5
"""Lines of the pane from which one of them is for words."""


class FourierPane(Pane):
    """A bar for each frequency k = 1 … (p − 1)/2; key frequencies lit and named."""

    number = 4
    title = "Fourier"
    frames = ("spectrum",)

    def watched(self, world: World) -> Hashable:
        """The last spectrum."""
        return world.spectrum

    def step_shown(self, world: World) -> int | None:
        """The step of the spectrum, where that or what is looked at is of the past."""
        spectrum = world.spectrum
        return spectrum.step if spectrum and (spectrum.past or world.moment) else None

    def live_texts(self, world: World) -> Sequence[Content]:
        """The key frequencies, an estimate, and how many of the neurons' weight vectors follow one frequency alone."""
        spectrum = world.spectrum
        if spectrum is None or spectrum.basis == "none":
            return []
        share = spectrum.single_frequency_share
        alone = ""
        if share is not None and math.isfinite(share):
            alone = f"{100 * share:.0f} % of weight vectors follow one frequency"
        if not spectrum.key_frequencies:
            none = Content.styled("no key frequencies yet", "$muted")
            several = [f"no key frequencies · {alone}", alone] if alone else []
            return [*(Content.styled(words, "$muted") for words in several), none]
        name = "key frequency" if len(spectrum.key_frequencies) == 1 else "key frequencies"
        keys = " ".join(str(k) for k in sorted(spectrum.key_frequencies))
        lit = Content.styled(keys, world.palette.markup("key"))
        named = Content.assemble((f"{name} ", "$muted"), lit)
        longest = [Content.assemble((f"{alone} · ", "$muted"), named)] if alone else []
        return [*longest, named, Content.assemble(("key ", "$muted"), lit), lit]

    def draw(self, world: World, width: int, height: int) -> Sequence[Strip]:
        """Bars, or why there are none."""
        spectrum, palette = world.spectrum, world.palette
        if spectrum is None:
            return draw_message("waiting for the model", width, height, palette)
        if spectrum.basis == "none" or not spectrum.norms.size:
            return draw_message(spectrum.words, width, height, palette)
        norms, keys = spectrum.norms.astype(np.float64), spectrum.key_frequencies
        words = _why_level(spectrum)
        if not words or height < LINE_FROM or width < len(words):
            return draw_bars(norms, keys, width, height, world.view.graph, palette)
        bars = draw_bars(norms, keys, width, height - 1, world.view.graph, palette)
        return [*bars, row([(words.center(width), palette.style("muted"))], width)]


def _why_level(spectrum: Spectrum) -> str:
    """What happens where all bars stay level; empty where they do not, or while nothing happens yet."""
    share = spectrum.single_frequency_share
    if spectrum.key_frequencies or share is None or not share >= PICKED:
        return ""
    return "level bars: neurons pick a frequency each, and none is shared by all"
