"""The model's first answers to a pair, with their probabilities."""

from __future__ import annotations

from collections.abc import Callable

from textual.strip import Strip

from grokterm.tui.drawing.cells import PLAIN, row
from grokterm.tui.drawing.pair import ASCII_TICKS, TICKS
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph
from grokterm.wire.messages import Prediction

_PARTS = " ▏▎▍▌▋▊▉█"
_NUMBERS = 8
"""Cells of a probability: 100.0 %, and a blank before it."""


Name = Callable[[int], str]
"""What inputs and answers are called."""


def draw_answers(
    prediction: Prediction, width: int, height: int, graph: Graph, palette: Palette, name: Name = str
) -> list[Strip]:
    """A strip for each answer, at most `height`, best first: mark, answer, bar and probability."""
    ticks = ASCII_TICKS if graph == "ascii" else TICKS
    answers = prediction.answers[: max(height, 0)]
    digits = max((len(name(answer)) for answer, _ in answers), default=1)
    bar = max(min(width - digits - _NUMBERS - 5, 40), 0)
    strips = []
    for answer, probability in answers:
        right = prediction.right == answer
        tick, color = ticks[True] if right else (" ", "muted")
        parts = [
            (f" {tick:<2} ", palette.style("grokked")),
            (f"{name(answer):>{digits}} ", palette.style(color if right else "text")),
            (_bar(probability, bar, graph), palette.style(color if right else "bar")),
            (f"{100 * probability:>{_NUMBERS - 2}.1f} %", palette.style("text" if probability >= 0.5 else "muted")),
        ]
        strips.append(row(parts, width))
    return strips


def answer_words(prediction: Prediction, width: int, graph: Graph, palette: Palette, name: Name = str) -> Strip:
    """One strip: the right answer, whether the pair was trained on, and the step of the model."""
    seen = "trained on" if prediction.trained else "never seen in training"
    right = "not defined" if prediction.right is None else f"right: {name(prediction.right)}"
    short = "trained on" if prediction.trained else "unseen"
    step = f"step {prediction.step:,}"
    for words in (f"{right} · {seen} · {step}", f"{right} · {short} · {step}", f"{right} · {short}", right):
        if len(words) <= width:
            break
    if graph == "ascii":
        words = words.replace("·", "-")
    return row([(words, palette.style("muted"))], width)


def best_answer(prediction: Prediction, graph: Graph, palette: Palette, name: Name = str) -> list[tuple[str, str]]:
    """The first answer in short, as words and the palette's meaning that colours them."""
    if not prediction.answers:
        return []
    answer, probability = prediction.answers[0]
    tick, color = (ASCII_TICKS if graph == "ascii" else TICKS)[answer == prediction.right]
    return [(f"{name(answer)} {tick}", color), (f" {100 * probability:.0f} %", "muted")]


def blank(width: int) -> Strip:
    """An empty strip of `width` cells."""
    return row([("", PLAIN)], width)


def _bar(share: float, width: int, graph: Graph) -> str:
    share = min(max(share, 0.0), 1.0) if share == share else 0.0
    if graph == "ascii":
        return ("=" * round(share * width)).ljust(width)
    eighths = round(share * width * 8)
    full, part = divmod(eighths, 8)
    return ("█" * full + (_PARTS[part] if part else "")).ljust(width)[:width]
