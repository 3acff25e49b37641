"""The view of ablation: the model without some of its parts, beside the intact one."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import ClassVar, Final, Literal

import numpy as np
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.strip import Strip

from grokterm.picture import Picture, PictureRequest
from grokterm.surgery import (
    INTACT,
    Ablation,
    component_labels,
    frequency_count,
    head_count,
    neuron_count,
)
from grokterm.tui.drawing.cells import row
from grokterm.tui.drawing.ghost import HEAD, draw_ghost, draw_states
from grokterm.tui.drawing.message import draw_message
from grokterm.tui.drawing.parts import Part, draw_parts
from grokterm.tui.run.state import RunState
from grokterm.tui.views.ablation_choices import Choice, frequency_choice, group_choices
from grokterm.tui.views.view import ViewPane

Kind = Literal["frequencies", "groups", "neurons", "heads"]
KINDS: Final[dict[Kind, str]] = {
    "frequencies": "frequencies",
    "groups": "neurons by frequency",
    "neurons": "neurons by number",
    "heads": "heads",
}
"""What can be taken out, as a person reads it."""
_KEYS: Final = (
    "←→ choose · ↑↓ {next} · x out or back · o all but these · e key ones · ⌫ all back · M make it so",
    "←→ ↑↓ choose · x out or back · o only · e key ones · ⌫ back · M make it so",
    "←→ ↑↓ x · o only · e key · ⌫ back · M make it so",
)
"""What keys do, at length and shorter."""


class AblationView(ViewPane):
    """The tables of the intact model and of the ghost, and what is taken out of that."""

    name = "ablation"
    summary = "the model without frequencies, neurons or heads"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "take_out", show=False),
        Binding("o", "only", show=False),
        Binding("e", "key_ones", show=False),
        Binding("backspace,delete", "put_back", show=False),
        Binding("M", "make_it_so", show=False),
    ]

    class MakeItSo(Message):
        """What is taken out of the ghost is to be taken out of the model that trains."""

        def __init__(self, ablation: Ablation) -> None:
            super().__init__()
            self.ablation = ablation

    class Told(Message):
        """Something to say to the person."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    def __init__(self) -> None:
        super().__init__()
        self.ablation = INTACT
        self.kind: Kind = "frequencies"
        self.at: dict[Kind, int] = dict.fromkeys(KINDS, 0)
        """Where the cursor stands among the parts of each kind."""
        self._sure: Ablation | None = None
        """What M would make so if it were pressed again."""
        self._tables: tuple[Hashable, list[Strip]] = (None, [])

    def request(self) -> PictureRequest:
        """The picture without what is taken out, with the neurons' frequencies where they are chosen by those."""
        return PictureRequest(self.name, {"neurons": 1} if self.kind == "groups" else {}, self.ablation)

    def watched(self, state: RunState) -> Hashable:
        """The picture, what is taken out, and the cursor."""
        return self.picture(state), self.ablation, self.kind, self.at[self.kind], state.config

    def live_texts(self, state: RunState) -> Sequence[Content]:
        """What is taken out."""
        words = Content.styled(self.ablation.words(state.config), "bold $accent")
        return [Content.assemble(("without ", "$muted"), words), words] if self.ablation.parts else []

    def draw(self, state: RunState, width: int, height: int) -> Sequence[Strip]:
        """The picture; where it is not defined, why, over what can be put back."""
        picture = self.picture(state)
        if picture is not None and not picture.arrays and self.ablation.parts and height > 2:
            return [*draw_message(picture.summary, width, height - 1, state.palette), self._key_line(state, width)]
        return super().draw(state, width, height)

    def draw_picture(self, state: RunState, picture: Picture, width: int, height: int) -> Sequence[Strip]:
        """Both tables with their numbers; below them the parts, the one under the cursor in words, and the keys."""
        foot = self._foot(state, picture, width)[: max(height - HEAD - 2, 0)]
        tall = height - len(foot)
        key = (picture, width, tall, state.palette, state.view.graph)
        if self._tables[0] != key:
            drawn = picture.request.ablation
            without = f"without {drawn.words(state.config)}" if drawn.parts else "nothing is left out"
            states, scores = picture.arrays["states"], picture.arrays["scores"]
            titles = (f"intact{_sample(state, picture)}", without)
            strips = draw_ghost(states, scores, titles, width, tall, state.view.graph, state.palette)
            self._tables = (key, strips)
        return [*self._tables[1], *foot]

    def action_choose(self, keys: str, stride: int) -> None:
        """Moves the cursor among the parts, or goes to another kind of them."""
        if self.state is None:
            return
        if keys == "up down":
            kinds = self._kinds(self.state)
            at = kinds.index(self.kind) if self.kind in kinds else 0
            self.kind = kinds[(at + (1 if stride > 0 else -1)) % len(kinds)]
        else:
            count = max(1, len(self._choices(self.state)))
            self.at[self.kind] = (self.at[self.kind] + stride) % count
        self._changed()

    def action_take_out(self) -> None:
        """Takes the part under the cursor out of the ghost, or puts it back."""
        choices = self._choices(self.state) if self.state else []
        if choices:
            at = min(self.at[self.kind], len(choices) - 1)
            self._toggle(choices[at].numbers)

    def action_only(self) -> None:
        """Takes out all frequencies but those chosen, or those again."""
        if self.state and frequency_count(self.state.config):
            self.ablation = replace(self.ablation, only=not self.ablation.only)
            self._changed()

    def action_key_ones(self) -> None:
        """Chooses the key frequencies, or the neurons that follow them."""
        picture = self.picture(self.state) if self.state else None
        keys = picture.arrays.get("keys", ()) if picture else ()
        if self.kind == "frequencies":
            self.ablation = replace(self.ablation, frequencies=tuple(sorted(int(k) for k in keys)))
        elif self.kind == "groups" and picture and "groups" in picture.arrays:
            found = np.flatnonzero(np.isin(picture.arrays["groups"], keys))
            self.ablation = replace(self.ablation, neurons=tuple(found.tolist()))
        self._changed()

    def action_put_back(self) -> None:
        """Puts everything back."""
        self.ablation = INTACT
        self._changed()

    def action_make_it_so(self) -> None:
        """Asks for the same in the model that trains, once it is pressed again."""
        if self.state is None or not self.ablation.parts:
            self.post_message(self.Told("nothing is taken out: x takes out what is under the cursor"))
        elif self.state.moment:
            self.post_message(self.Told("this is a step of the past: enter returns to live, or f forks here"))
        elif self._sure != self.ablation:
            self._sure = self.ablation
            words = self.ablation.words(self.state.config)
            self.post_message(self.Told(f"M again takes {words} out of the model that trains"))
        else:
            self.post_message(self.MakeItSo(self.ablation))
            self.action_put_back()

    def _toggle(self, numbers: tuple[int, ...]) -> None:
        old = self.ablation
        if self.kind == "frequencies":
            self.ablation = replace(old, frequencies=_toggled(old.frequencies, numbers))
        elif self.kind == "heads":
            self.ablation = replace(old, heads=_toggled(old.heads, numbers))
        else:
            self.ablation = replace(old, neurons=_toggled(old.neurons, numbers))
        self._changed()

    def _changed(self) -> None:
        if self._sure != self.ablation:
            self._sure = None
        self.redraw()
        self.post_message(self.Chosen())

    def _kinds(self, state: RunState) -> list[Kind]:
        """The kinds of parts that the model has."""
        config = state.config
        parts = bool(frequency_count(config))
        waves = parts and not component_labels(config.op)
        has = {"frequencies": parts, "groups": waves, "neurons": True, "heads": bool(head_count(config))}
        return [kind for kind in KINDS if has[kind]]

    def _choices(self, state: RunState) -> list[Choice]:
        """What the cursor goes through."""
        picture, config, ablation = self.picture(state), state.config, self.ablation
        if self.kind not in self._kinds(state):
            self.kind = self._kinds(state)[0]
        if picture is None or not picture.arrays:
            return []
        keys = {int(k) for k in picture.arrays.get("keys", ())}
        match self.kind:
            case "frequencies":
                return [
                    frequency_choice(config.op, k, float(norm), (k in ablation.frequencies) != ablation.only, k in keys)
                    for k, norm in enumerate(picture.arrays.get("norms", ()), 1)
                ]
            case "groups":
                return group_choices(picture, ablation, keys)
            case "neurons":
                out = set(ablation.neurons)
                return [
                    Choice(Part(f"{n:,}", 0.0, n in out), (n,), f"neuron {n:,} of {neuron_count(config):,}, from 0")
                    for n in range(neuron_count(config))
                ]
            case "heads":
                return [
                    Choice(
                        Part(str(h), float(norm), h in ablation.heads),
                        (h,),
                        f"head {h % config.heads} of block {h // config.heads}: norm of what it writes {norm:.3g}",
                    )
                    for h, norm in enumerate(picture.arrays.get("heads", ()))
                ]

    def _foot(self, state: RunState, picture: Picture, width: int) -> list[Strip]:
        """A legend, the parts in two lines, the one under the cursor, and the keys."""
        graph, palette = state.view.graph, state.palette
        choices = self._choices(state)
        at = min(self.at[self.kind], max(len(choices) - 1, 0))
        muted, text = palette.style("muted"), palette.style("text")
        if choices:
            strips = draw_parts([choice.part for choice in choices], at, width, graph, palette)
            out = ", taken out" if choices[at].part.out else ""
            words = row([(f"{KINDS[self.kind]}: ", muted), (choices[at].words + out, text)], width)
        else:
            strips = [Strip.blank(width), Strip.blank(width)]
            words = row([(f"{KINDS[self.kind]}: waiting for the model", muted)], width)
        return [draw_states(width, graph, palette), *strips, words, self._key_line(state, width)]

    def _key_line(self, state: RunState, width: int) -> Strip:
        kinds = self._kinds(state)
        following = KINDS[kinds[(kinds.index(self.kind) + 1) % len(kinds)]] if self.kind in kinds else ""
        written = [keys.format(next=following) for keys in _KEYS]
        if state.view.graph == "ascii":
            written = [_in_ascii(keys) for keys in written]
        keys = next((keys for keys in written if len(keys) <= width), written[-1])
        return row([(keys, state.palette.style("muted"))], width)


def _sample(state: RunState, picture: Picture) -> str:
    """How many pairs stand for all, where there are too many."""
    shown, every = picture.arrays["states"][0].size, state.config.p**2
    return f", over {shown:,} of {every:,} pairs" if shown < every else ""


def _in_ascii(keys: str) -> str:
    for glyph, word in (("←→ ↑↓", "arrows"), ("←→", "left/right"), ("↑↓", "up/down"), ("⌫", "backspace"), (" ·", ";")):
        keys = keys.replace(glyph, word)
    return keys


def _toggled(old: tuple[int, ...], numbers: tuple[int, ...]) -> tuple[int, ...]:
    """The numbers with some more, or without those where all of them are there."""
    if set(numbers) <= set(old):
        return tuple(n for n in old if n not in set(numbers))
    return tuple(sorted({*old, *numbers}))


VIEWS: Final = (AblationView,)
