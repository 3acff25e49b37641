"""Reads strips as a person would."""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip


def texts(strips: Sequence[Strip]) -> list[str]:
    """The strips' text, blanks at the end left out."""
    return [strip.text.rstrip() for strip in strips]


def fills(strips: Sequence[Strip], width: int, height: int) -> bool:
    """Whether there are `height` strips, each of exactly `width` cells by its text and by its own word."""
    return len(strips) == height and all(
        strip.cell_length == width == len(strip.text) == sum(segment.cell_length for segment in strip)
        for strip in strips
    )


def colors(strip: Strip, backgrounds: bool = False) -> list[str | None]:
    """The colour of each cell."""
    found: list[str | None] = []
    for text, style, _ in strip:
        color = None if style is None else (style.bgcolor if backgrounds else style.color)
        found += [None if color is None else color.name] * len(text)
    return found
