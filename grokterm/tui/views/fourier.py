"""Views of the frequencies in a model: spectrum, waterfall, logits, neurons, waves."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final

import numpy as np
from textual.content import Content
from textual.strip import Strip

from grokterm.picture import Picture
from grokterm.surgery import component_labels, key_words
from grokterm.tasks.operations import rule_of
from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.heat import draw_scale, largest
from grokterm.tui.drawing.matrix import Axis, draw_matrix
from grokterm.tui.drawing.message import draw_message
from grokterm.tui.drawing.spectrum import draw_spectrum
from grokterm.tui.drawing.waterfall import draw_waterfall
from grokterm.tui.drawing.waves import draw_waves
from grokterm.tui.run.state import RunState
from grokterm.tui.theme import Palette
from grokterm.tui.views.view import Chooser, ViewPane

_SIDE: Final = 26
"""Cells of the list beside a picture, with the gap to it."""
_SIDE_FROM: Final = 76
"""Width from which there is such a list."""


class SpectrumView(ViewPane):
    """The Fourier norms of the embedding or first layer, with what makes a frequency key."""

    name = "spectrum"
    summary = "how strong each frequency is in the embedding"

    def live_texts(self, state: RunState) -> Sequence[Content]:
        """The key frequencies, and what the norms are taken from."""
        picture = self.picture(state)
        if picture is None or not picture.arrays:
            return []
        keys = picture.arrays["keys"].tolist()
        name, labels = key_words(state.config.op, keys)
        words = Content.styled(picture.summary, "$muted")
        if not keys:
            return [Content.assemble(words, (f"; no {name} yet", "$muted")), words]
        apart = "  " if component_labels(state.config.op) else " "
        lit = Content.styled(apart.join(labels), state.palette.markup("key"))
        named = Content.assemble(("key ", "$muted"), lit)
        return [Content.assemble(words, ("; ", "$muted"), named), named]

    def draw_picture(self, state: RunState, picture: Picture, width: int, height: int) -> Sequence[Strip]:
        """Bars with the background and the threshold as lines across."""
        levels = [
            ("key from", float(picture.arrays["threshold"][0]), "key"),
            ("background (median)", float(picture.arrays["background"][0]), "muted"),
        ]
        norms, keys = picture.arrays["norms"].astype(np.float64), picture.arrays["keys"].tolist()
        names = picture.names.get("components", ())
        return draw_spectrum(norms, keys, levels, width, height, state.view.graph, state.palette, names)


class WaterfallView(ViewPane):
    """The spectrum over time, from the log."""

    name = "waterfall"
    summary = "the spectrum over training: frequency against step"
    pictured = False

    def watched(self, state: RunState) -> Hashable:
        """The spectra of the log, the axis, and the step that is looked at."""
        return len(state.history.spectra.steps), state.log_x, state.moment and state.moment.step

    def live_texts(self, state: RunState) -> Sequence[Content]:
        """What the rows are."""
        return [Content.styled("norm of each frequency, a column a step", "$muted")]

    def draw(self, state: RunState, width: int, height: int) -> Sequence[Strip]:
        """A picture, or why there is none."""
        history, config = state.history, state.config
        spectra = history.spectra
        if not len(spectra.steps):
            words = "waiting for the first spectrum"
            if config.of_points:
                words = f"no spectrum: {config.task_words} has no residues, and so no frequencies"
            elif history.basis == "none" or (config.task == "table" and not config.of_pairs):
                words = (
                    f"no invertible basis: no order of residues makes {rule_of(config.op).shown} a sum of their angles"
                )
            elif len(history) and not config.measure_every:
                words = "this run logs no spectra: measure_every is 0"
            return draw_message(words, width, height, state.palette)
        at = state.moment.step if state.moment else None
        keys = [k for step, k in history.key_frequencies if at is None or step <= at][-1:]
        return draw_waterfall(
            spectra.steps.astype(np.float64),
            spectra.rows.astype(np.float64),
            keys[0] if keys else (),
            state.log_x,
            width,
            height,
            state.view.graph,
            state.palette,
            at,
        )


class LogitSpectrumView(ViewPane):
    """The two-dimensional spectrum of the logits."""

    name = "logit_spectrum"
    summary = "which frequencies of a and b make up the logits"

    def draw_picture(self, state: RunState, picture: Picture, width: int, height: int) -> Sequence[Strip]:
        """A map over pairs of frequencies, and the strongest pairs beside it."""
        norms, highest = picture.arrays["norms"].astype(np.float64), int(picture.arrays["highest"][0])
        keys, side = picture.arrays["keys"].tolist(), _SIDE if width >= _SIDE_FROM else 0
        graph, palette, top = state.view.graph, state.palette, largest(norms)
        strips = draw_matrix(
            norms, width - side, height - 1, graph, palette,
            down=Axis("a: k", 0, highest, keys), across=Axis("b: k", 0, highest, keys),
            title="norm of the logits at each pair of frequencies", top=top, pooling="peak", square=True,
        )  # fmt: skip
        if side:
            rows = [
                (f"{i:>4} {j:>5}  {100 * share:5.1f} %", "key" if i == j and i in keys else "text")
                for (i, j), share in zip(picture.arrays["strongest"], picture.arrays["share"], strict=True)
                if share >= 0.0005
            ]
            listed = _listed("  of a  of b  variance", rows, side, height - 1, palette)
            strips = [Strip.join([line, beside]) for line, beside in zip(strips, listed, strict=True)]
        return [*strips, draw_scale(top, width, graph, palette)]


class NeuronSpectrumView(ViewPane):
    """The spectra of the neurons, sorted by their frequency."""

    name = "neuron_spectrum"
    summary = "which frequency each neuron follows"
    choosers = (
        Chooser("layer", "up down", lambda state, picture: state.config.depth, lambda state, picture, at: str(at + 1)),
    )

    def draw_picture(self, state: RunState, picture: Picture, width: int, height: int) -> Sequence[Strip]:
        """Frequencies up, neurons across, and how many follow each key frequency beside it."""
        shares, groups = picture.arrays["shares"].astype(np.float64) / 255, picture.arrays["groups"]
        total, count = int(picture.arrays["total"][0]), shares.shape[1]
        side = _SIDE if width >= _SIDE_FROM else 0
        graph, palette = state.view.graph, state.palette
        marks = [int(k) for k, _ in groups]
        strips = draw_matrix(
            shares.T[::-1], width - side, height - 1, graph, palette,
            down=Axis("k", count, 1, marks), across=Axis("neuron", 1, total),
            title="share of a neuron's variance at frequency k", top=1.0, pooling="peak",
        )  # fmt: skip
        if side:
            rows = [(f"{k:>5}  {size:>7,}", "key") for k, size in groups]
            rows.append((f" none  {total - int(groups[:, 1].sum()):>7,}", "muted"))
            listed = _listed("    k  neurons", rows, side, height - 1, palette)
            strips = [Strip.join([line, beside]) for line, beside in zip(strips, listed, strict=True)]
        return [*strips, draw_scale(1.0, width, graph, palette)]


class WavesView(ViewPane):
    """The cosine and sine parts of the embedding at each key frequency."""

    name = "waves"
    summary = "cosine and sine of each frequency in the embedding"

    def draw_picture(self, state: RunState, picture: Picture, width: int, height: int) -> Sequence[Strip]:
        """Norms, angles and coefficients."""
        return draw_waves(
            picture.arrays["frequencies"].tolist(),
            picture.arrays["norms"].astype(np.float64),
            picture.arrays["between"].astype(np.float64),
            picture.arrays["coefficients"].astype(np.float64),
            int(picture.arrays["features"][0]),
            width,
            height,
            state.view.graph,
            state.palette,
        )


def _listed(head: str, rows: Sequence[tuple[str, str]], width: int, height: int, palette: Palette) -> list[Strip]:
    """A list beside a picture, each line with the meaning that colours it."""
    cells = Cells(width, height)
    cells.put(2, 0, head, palette.style("muted"))
    for y, (text, color) in enumerate(rows, start=1):
        cells.put(2, y, text, palette.style(color))
    return cells.strips()


VIEWS: Final = (SpectrumView, WaterfallView, LogitSpectrumView, NeuronSpectrumView, WavesView)
