"""One line of parts, each with shorter spellings: nothing wraps and no word is cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content


@dataclass(frozen=True, slots=True)
class Spelling:
    """One way to write a part; of all spellings on a line, the one with the highest `leaves` gives way first."""

    content: Content
    leaves: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """What stands on a line, from its longest spelling to its shortest; after the last it is left out."""

    spellings: tuple[Spelling, ...]

    @classmethod
    def of(cls, *spellings: tuple[str | Content, int], style: str = "") -> Part:
        """A part from texts and the rank at which each gives way."""
        return cls(tuple(Spelling(t if isinstance(t, Content) else Content.styled(t, style), n) for t, n in spellings))


def fitted(parts: Sequence[Part], width: int, gap: int) -> list[Content]:
    """One spelling of each part, empty where it is left out, so that with gaps they take at most `width` cells."""
    at, width = [0] * len(parts), max(0, width)
    while True:
        shown = [
            p.spellings[i].content if i < len(p.spellings) else Content("") for p, i in zip(parts, at, strict=True)
        ]
        lengths = [content.cell_length for content in shown if content.cell_length]
        if sum(lengths) + gap * max(0, len(lengths) - 1) <= width:
            return shown
        leaving = max(
            (i for i, part in enumerate(parts) if at[i] < len(part.spellings)),
            key=lambda i: parts[i].spellings[at[i]].leaves,
        )
        at[leaving] += 1


def fit(parts: Sequence[Part], width: int, gap: Content) -> Content:
    """The parts in one line of at most `width` cells with `gap` between them; empty where not even one fits."""
    return joined(fitted(parts, width, gap.cell_length), gap)


def joined(contents: Sequence[Content], gap: Content) -> Content:
    """What is not empty, with `gap` between."""
    shown = [content for content in contents if content.cell_length]
    # Content.join counts the cells of its gap once too often when they were counted before.
    return Content.assemble(*(piece for content in shown for piece in (gap, content)))[gap.cell_length :]


def between(left: Content, right: Content, width: int) -> Content:
    """`left` at the left and `right` at the right end of a line of `width` cells."""
    space = width - left.cell_length - right.cell_length
    return Content.assemble(left, " " * space, right) if space >= 0 else left
