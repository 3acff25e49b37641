"""Pane 4: Fourier norms of the first layer or embedding."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from textual.content import Content
from textual.strip import Strip

from grokterm.picture import Picture
from grokterm.surgery import component_labels, key_words
from grokterm.tui.drawing.bars import draw_bars, full_height
from grokterm.tui.drawing.cells import row
from grokterm.tui.drawing.scales import Floats
from grokterm.tui.panes.picture_pane import PicturePane
from grokterm.tui.run.state import RunState

OWN_PEAKS: Final = "share of each weight vector's variance, by distance from its own peak"
"""What bars of one-hot inputs are."""
LINE_FROM: Final = 5
"""Lines of the pane from which one of them is for words."""


class FourierPane(PicturePane):
    """A bar for each frequency k = 1 … (p − 1)/2, or representation of a group; key ones lit and named."""

    number = 4
    title = "Fourier"
    name = "spectrum"
    sides_from = 44

    def live_texts(self, state: RunState) -> Sequence[Content]:
        """The key frequencies, an estimate, and how many of the neurons' weight vectors follow one frequency alone."""
        spectrum = self.picture(state)
        if spectrum is None or not spectrum.arrays:
            return []
        share, found = _single(spectrum), spectrum.arrays["keys"].tolist()
        name, labels = key_words(state.config.op, found)
        alone = f"{100 * share:.0f} % of weight vectors follow one frequency" if math.isfinite(share) else ""
        if not found:
            none = Content.styled(f"no {name} yet", "$muted")
            several = [f"no {name} · {alone}", alone] if alone else []
            return [*(Content.styled(words, "$muted") for words in several), none]
        apart = "  " if component_labels(state.config.op) else " "
        lit = Content.styled(apart.join(labels), state.palette.markup("key"))
        named = Content.assemble((f"{name} ", "$muted"), lit)
        longest = [Content.assemble((f"{alone} · ", "$muted"), named)] if alone else []
        return [*longest, named, Content.assemble(("key ", "$muted"), lit), lit]

    def draw_picture(self, state: RunState, picture: Picture, width: int, height: int) -> Sequence[Strip]:
        """Bars, those of before and now to one scale; of one-hot inputs each vector's own, for theirs stay level."""
        sides = [side for side in (self.picture(state), self.before(state)) if side is not None and side.arrays]
        top = max(full_height(_bars(side)[0]) for side in sides)
        bars, keys, names = _bars(picture)
        words, palette = OWN_PEAKS if picture.arrays["own_peaks"].size else "", state.palette
        room = height >= LINE_FROM and width >= len(words) > 0
        drawn = draw_bars(bars, keys, width, height - room, state.view.graph, palette, top, names)
        return [*drawn, row([(words.center(width), palette.style("muted"))], width)] if room else drawn


def _bars(spectrum: Picture) -> tuple[Floats, list[int], Sequence[str]]:
    """What the bars show, which of them are lit, and their names."""
    own_peaks = spectrum.arrays["own_peaks"].astype(np.float64)
    if not own_peaks.size:
        norms = spectrum.arrays["norms"].astype(np.float64)
        return norms, spectrum.arrays["keys"].tolist(), spectrum.names.get("components", ())
    middle, last = own_peaks.size // 2, own_peaks.size - 1
    ends = {0: f"k − {middle}", middle: "own peak", last: f"k + {last - middle}"}
    return own_peaks, [middle + 1], [ends.get(i, "") for i in range(own_peaks.size)]


def _single(spectrum: Picture) -> float:
    """Share of the weight vectors that follow one frequency alone, 0 to 1; NaN where there are none."""
    return float(spectrum.arrays["single"][0])
