"""The one-line parts of the screen: header, phase line, tabs and footer, each written for the width there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from textual.content import Content

from grokterm.config import Config, Value
from grokterm.errors import ConfigError
from grokterm.milestones import GROKKED, phase_accuracies
from grokterm.runs.history import History
from grokterm.tui.run.forecasts import forecast_shown
from grokterm.tui.run.moment import Moment
from grokterm.tui.run.state import RunState
from grokterm.tui.run.trainer_link import ShownState
from grokterm.tui.text import formats
from grokterm.tui.text.fitting import Part, between, fit, fitted, joined
from grokterm.tui.text.timeline import notice, slider
from grokterm.tui.theme import Palette
from grokterm.wire.records import Scalars

STATES: Final[Mapping[ShownState, tuple[str, str]]] = {
    "starting": ("◌", "muted"),
    "training": ("●", "correct"),
    "paused": ("‖", "warning"),
    "finished": ("■", "accent"),
    "diverged": ("✕", "error"),
    "stopping": ("◌", "muted"),
    "not answering": ("◌", "warning"),
    "trainer gone": ("○", "error"),
}
"""Glyph and colour of each state."""

PHASES: Final = (
    ("memorizing", "Memorizing", "mem"),
    ("generalizing", "Generalizing", "gen"),
    ("grokked", "Grokked", "grok"),
)
"""The phases in order: name, as written, and short."""
COLLAPSED: Final = ("collapsed", "Collapsed", "coll")

TITLES: Final = {1: "Accuracy", 2: "Loss", 3: "Table", 4: "Fourier", 5: "Try it", 6: "Events"}
"""What the panes are called, by number."""


def state_mark(state: ShownState, palette: Palette) -> Content:
    """The state with its glyph: ● training."""
    glyph, name = STATES[state]
    return Content.styled(f"{glyph} {state}", palette.markup(name))


def header(state: RunState, shown: ShownState, wished: Mapping[str, Value], width: int) -> Content:
    """Task, model, optimizer, split, seed and device at the left, the state at the right."""
    palette, config, moment = state.palette, state.config, state.moment
    right = state_mark(shown, palette)
    muted, text = palette.markup("muted"), palette.markup("text")
    long, short, word = formats.model(_as_wished(config, wished))
    model = f"bold {palette.markup('accent')}" if _rebuilt(wished, config) else text
    pairs, share = formats.split(config)
    machine = _machine(state)
    parts = [
        Part.of(("grokterm", 95), style=f"bold {palette.markup('accent')}"),
        Part.of((formats.task(config), 2), style=f"bold {text}"),
        Part.of((long, 70), (short, 60), (word, 3), style=model),
        Part.of((rates(config, wished, palette, long=True), 75), (rates(config, wished, palette, long=False), 30)),
        Part.of((pairs, 80), (share, 50), style=muted),
        Part.of((f"seed {config.seed}", 65), style=muted),
        Part.of((" ".join(machine), 90), (machine[0], 85), style=muted),
    ]
    room = max(0, width - right.cell_length - 4)
    if moment:
        at = fit([notice(state, moment, 1)], room, Content(""))
        right, room = Content.assemble(at, "  ", right), max(0, room - at.cell_length - 3)
    left = fit(parts, room, Content.styled(" · ", palette.markup("border")))
    return _padded(between(left, right, width - 2))


def phase_line(state: RunState, width: int) -> Content:
    """The phases with the steps at which they began; at the right step, rate, time and accuracies.

    In the past a slider has the place of the phases, and the numbers are those of the step that is looked at.
    """
    if state.moment:
        return _moment_line(state, state.moment, width)
    palette, status, last, step = state.palette, state.status, state.history.last, state.newest
    muted, text = palette.markup("muted"), palette.markup("text")
    bars = [(phases(state.history, palette, n), 80 - n) for n in (8, 6, 4, 3, 2)]
    parts = [
        Part.of(*bars, *((phases(state.history, palette, n), rank) for n, rank in ((0, 45), (-1, 12), (-2, 5)))),
        Part.of((f"step {step:,}", 20), (formats.count(step), 10), style=text),
        Part.of((formats.rate(status.steps_per_second) if status else "", 50), style=muted),
        Part.of((formats.clock(status.seconds) if status else "", 60), style=muted),
    ]
    parts += accuracies(last, palette) if last else []
    *shown, forecast = fitted([*parts, forecast_part(state)], width - 2, 3)
    numbers = joined(shown[1:4], Content.styled(" · ", palette.markup("border")))
    left = joined([shown[0], forecast], Content("   "))
    return _padded(between(left, joined([numbers, *shown[4:]], Content("   ")), width - 2))


def accuracies(of: Scalars | Moment, palette: Palette) -> list[Part]:
    """Train and test accuracy."""
    return [
        Part.of((f"{name} {formats.percent(share)}", rank), style=f"bold {palette.markup(name)}")
        for name, share, rank in (("train", of.train_accuracy, 8), ("test", of.test_accuracy, 1))
    ]


def forecast_part(state: RunState) -> Part:
    """When it is expected to grok, by the forecast that stands; nothing where there is none."""
    forecast = forecast_shown(state.history, state.moment)
    if forecast is None:
        return Part(())
    style = state.palette.markup("grokked" if forecast.groks else "muted")
    return Part.of((forecast.words, 65), (forecast.short, 48), (forecast.sign, 15), style=style)


def _moment_line(state: RunState, moment: Moment, width: int) -> Content:
    """The slider, and beside it the numbers of the moment."""
    palette = state.palette
    parts = [
        Part.of((f"step {moment.step:,}", 20), (formats.count(moment.step), 10), style=palette.markup("text")),
        Part.of((formats.clock(moment.seconds), 60), style=palette.markup("muted")),
        forecast_part(state),
        *accuracies(moment, palette),
    ]
    numbers = fit(parts, max(0, width * 2 // 3), Content("   "))
    return _padded(between(slider(state, moment, width - 5 - numbers.cell_length), numbers, width - 2))


def phases(history: History, palette: Palette, bar: int) -> Content:
    """The phase line proper.

    `bar` is the length of its lines; 0 writes names alone, -1 only the present one at length, -2 all short.
    """
    chain = (*PHASES, *([COLLAPSED] if history.phase == "collapsed" else []))
    present = next(i for i, (name, *_) in enumerate(chain) if name == history.phase)
    began = tuple(history.phase_steps.get(name) if i <= present else None for i, (name, *_) in enumerate(chain))
    return _phases(chain, present, began, palette, bar, round(bar * progress(history)) if bar > 0 else 0)


@lru_cache(maxsize=64)
def _phases(
    chain: tuple[tuple[str, str, str], ...],
    present: int,
    steps: tuple[int | None, ...],
    palette: Palette,
    bar: int,
    filled: int,
) -> Content:
    """Those of a chain and the steps at which they began; every drawing asks for all lengths, which seldom change."""
    border, pieces = palette.markup("border"), list[Content]()
    for i, ((name, long, short), began) in enumerate(zip(chain, steps, strict=True)):
        reached = i <= present
        color = palette.markup(name) if reached else border
        style = f"bold {color}" if i == present else color if reached else palette.markup("muted")
        label = long if bar >= 0 or (bar == -1 and i == present) else short
        label += f" {began:,}" if began is not None else ""
        if i:
            pieces.append(Content.styled("▸" if bar > 0 else " ▸ ", border))
        if bar <= 0:
            pieces.append(Content.styled(label, style))
            continue
        done = bar if i < present else filled if i == present else 0
        before = ("━" if reached else "─") * bar
        pieces.append(Content.assemble((f"{before} ", color), (label, style), (f" {'━' * done}", color)))
        pieces.append(Content.styled("─" * (bar - done), border))
    return Content.assemble(*pieces)


def progress(history: History) -> float:
    """How far the test accuracy is from the start of the present phase to that of the next, 0 to 1."""
    chance = history.config.chance
    above, _ = phase_accuracies(chance)
    reach = {"memorizing": (chance, above), "generalizing": (above, GROKKED.accuracy)}
    low, high = reach.get(history.phase, (0.0, 0.0))
    if history.last is None or high <= low:
        return 1.0 if history.last else 0.0
    return min(1.0, max(0.0, (history.last.test_accuracy - low) / (high - low)))


def tabs(
    pages: Sequence[Sequence[int]], present: int, palette: Palette, width: int, titles: Mapping[int, str] = TITLES
) -> Content:
    """The pages, each with the numbers and titles of its panes; the present one lit."""
    written: list[Part] = []
    for i, numbers in enumerate(pages):
        style = f"bold {palette.markup('accent')}" if i == present else palette.markup("muted")
        long = "  ".join(f"{n} {titles[n]}" for n in sorted(numbers))
        short = " ".join(str(n) for n in sorted(numbers))
        written.append(Part.of((long, 5 if i == present else 9), (short, 1), style=style))
    return _padded(fit(written, width - 2, Content.styled(" │ ", palette.markup("border"))))


def rates(config: Config, wished: Mapping[str, Value], palette: Palette, long: bool) -> Content:
    """`AdamW lr 1e-3 wd 1`; a value on its way reads `wd 1 → 2 …`."""
    pieces: list[tuple[str, str]] = [(f"{formats.optimizer(config)} ", palette.markup("muted"))] if long else []
    for name, short in (("lr", "lr"), ("weight_decay", "wd")):
        old, new = getattr(config, name), wished.get(name)
        pieces.append((f"{short} ", palette.markup("muted")))
        if new is None or new == old:
            pieces.append((f"{formats.spelled(old)} ", palette.markup("text")))
        else:
            pieces.append((f"{formats.spelled(old)} → {formats.spelled(new)} … ", f"bold {palette.markup('accent')}"))
    return Content.assemble(*pieces).rstrip()


def _as_wished(config: Config, wished: Mapping[str, Value]) -> Config:
    """The run as it will be; as it is where another viewer has made that impossible meanwhile."""
    try:
        return config.changed(wished) if wished else config
    except ConfigError:
        return config


def _rebuilt(wished: Mapping[str, Value], config: Config) -> bool:
    shapes = ("arch", "width", "d_model", "heads", "depth", "activation", "layer_norm", "classes")
    return any(name in wished and wished[name] != getattr(config, name) for name in shapes)


def _machine(state: RunState) -> tuple[str, ...]:
    config, status = state.history.config, state.status
    if status:
        return status.device, status.precision
    return (config.device,) if config.precision == "auto" else (config.device, config.precision)


def _padded(content: Content) -> Content:
    return Content.assemble(" ", content)
