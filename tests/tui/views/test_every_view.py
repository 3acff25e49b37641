"""What holds for every view: it draws whatever model, step and screen there is, or says in words why not."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache

import msgspec
import numpy as np
import pytest
import torch

from grokterm.analysis.model_at_step import ModelAtStep
from grokterm.analysis.pictures import PICTURES, make_picture
from grokterm.config import Config, choices
from grokterm.guide import GROUPS
from grokterm.lab.models import build
from grokterm.lab.tasks import make_task
from grokterm.picture import Picture
from grokterm.runs.history import History
from grokterm.tui.run.state import RunState
from grokterm.tui.theme import find_theme
from grokterm.tui.views.catalogue import views
from grokterm.tui.views.view import ViewPane
from grokterm.view_options import Graph, ViewOptions
from grokterm.wire.messages import Status
from grokterm.wire.records import Progress, Record, Scalars, Spectrum
from tests.tui.drawing.seeing import fills
from tests.tui.panes.worlds import grokking

SIZES = [(78, 22), (118, 38), (198, 58)]
"""What borders leave of 80×24, 120×40 and 200×60."""
SMALL = [(1, 1), (7, 2), (24, 6), (38, 10), (59, 3)]
FEW = [SIZES[0], SIZES[-1], SMALL[2]]
"""For models that differ in what there is to draw, which the sizes between do not add to."""
LOOKS: list[tuple[str, Graph]] = [("dusk", "braille"), ("ansi", "block"), ("mono", "ascii")]
"""Colours all there, 16 and none."""
SANE_SECONDS = 5.0
"""Of the processor: no view may take as long to draw as this, whatever else the machine does."""
ARCHITECTURES = choices("arch")
Pictures = dict[int, tuple[Picture | None, Picture | None]]
"""What views draw by their numbers: the picture of now and of an earlier step."""
OF_THE_LOG: Pictures = {number: (None, None) for number, view in views().items() if not view.pictured}
"""The views that draw the log alone, which knows nothing of weights."""
STATES = ("fresh", "one wave", "NaN")


def small(arch: str, p: int, op: str = "add", **values: float | str) -> Config:
    return Config(**{"p": p, "op": op, "arch": arch, "width": 24, "d_model": 8, "heads": 2, **values})  # type: ignore[arg-type]


def parameters_of(config: Config, state: str) -> dict[str, torch.Tensor]:
    """Fresh weights; a first layer of one wave; or weights of which one is NaN."""
    found = build(config).init(torch.Generator().manual_seed(3))
    if state == "one wave":
        angle = 2 * math.pi * torch.arange(config.p) / config.p
        for name in ("W_a", "W_b") if config.arch == "one-hot" else ("E_a", "E_b", "W_E"):
            if name in found:
                waves = torch.stack([angle.cos(), angle.sin()], -1) @ torch.ones(2, found[name].shape[-1]).triu()
                found[name][: config.p] = waves
    if state == "NaN":
        for value in found.values():
            value.flatten()[0] = math.nan
    return found


def subject_of(config: Config, state: str) -> ModelAtStep:
    task = make_task(config)
    train = torch.zeros(config.p**2, dtype=torch.bool)
    train[task.train] = True
    subject = ModelAtStep(
        step=700,
        config=config,
        parameters=parameters_of(config, state),
        labels=task.labels,
        train=train.view(config.p, config.p),
        estimate=lambda norms: (1,) if state == "one wave" else (),
    )
    first = replace(subject, step=0, parameters=parameters_of(config, "fresh"), present=subject)
    return replace(subject, earlier=lambda: [first, replace(first, step=350)])


def picture_of(view: ViewPane, subject: ModelAtStep) -> Picture | None:
    """The picture that a view asks for, as the trainer would send it."""
    request = view.request()
    if request is None:
        return None
    made = make_picture(request, subject)
    arrays = {n: a.astype(np.float32) if a.dtype.kind == "f" else a for n, a in made.arrays.items()}
    return msgspec.structs.replace(made, arrays=arrays)


def _with_ginis(record: Record, value: float | None) -> Record:
    if not isinstance(record, Scalars):
        return record
    return msgspec.structs.replace(record, embedding_gini=value, read_out_gini=value, key_frequencies=(1,))


def records(p: int, broken: bool) -> list[Record]:
    """A log with measures and spectra, or one of NaN."""
    value = None if broken else 0.5
    return [
        *(_with_ginis(record, value) for record in grokking(700)),
        *(
            Progress(step=step, restricted_loss=value, excluded_loss=value, consensus_loss=value)
            for step in range(0, 700, 50)
        ),
        *(Spectrum(step=step, norms=(value,) * (p // 2)) for step in range(0, 700, 50)),
    ]


def world_of(config: Config, broken: bool, theme: str = "dusk", graph: Graph = "braille") -> RunState:
    history = History(config)
    history.add(records(config.p, broken))
    world = RunState("7", history, ViewOptions(graph=graph, theme=theme), find_theme(theme).palette)
    world.status = Status(700, "training", 1.0, 100.0, "max", "cpu", "float32")
    return world


@cache
def pictures_of(config: Config, state: str) -> Pictures:
    """The picture of now and of an earlier step of every view that draws one."""
    now = subject_of(config, state)
    before = now.earlier()[0]
    return {
        number: (picture_of(made, now), picture_of(made, before) if made.compares else None)
        for number, view in views().items()
        if view.pictured
        for made in [view()]
    }


def drawn(
    view: type[ViewPane], world: RunState, seen: Picture | None, before: Picture | None, size: tuple[int, int]
) -> str:
    """Draws, checks that the room is filled, and gives the text."""
    pane = view()
    pane.state = world
    world.now, world.before = ({one.name: one} if one else {} for one in (seen, before))
    begun = time.thread_time()
    strips = pane.draw(world, *size)
    assert time.thread_time() - begun < SANE_SECONDS
    assert fills(strips, *size), f"{view.name} at {size}"
    pane.live_texts(world)
    return "\n".join(strip.text for strip in strips)


def models() -> Iterator[tuple[Config, str]]:
    for arch in ARCHITECTURES:
        for state in STATES:
            yield small(arch, 5), state
        yield small(arch, 97), "one wave"


def variants() -> Iterator[tuple[Config, str]]:
    yield small("transformer", 7, depth=2, layer_norm="pre"), "fresh"
    yield small("mlp", 7, depth=3, layer_norm="post"), "NaN"
    yield small("one-hot", 11, "multiply"), "fresh"
    yield small("one-hot", 13, "divide"), "one wave"
    yield small("transformer", 11, "x3+xy"), "fresh"
    for rate in (0.0, 0.4):
        yield small("transformer", 7, attention_rate=rate), "fresh"
    for name, value in (("causal", "off"), ("bias", "off"), ("bias", "all"), ("tied", "on"), ("positional", "none")):
        yield small("transformer", 7, depth=2, **{name: value}), "fresh"
    yield small("transformer", 7, depth=2, sequence="eos-a-op-b-equals"), "fresh"
    yield small("transformer", 5, sequence="eos-a-op-b-equals", attention_rate=0.4, causal="off"), "NaN"
    yield small("transformer", 7, depth=8, positional="sinusoidal", tied="on", classes="p+1", bias="off"), "NaN"
    yield small("mlp", 7, depth=8, tied="on", bias="off"), "fresh"
    yield small("residual-mlp", 7, depth=8, bias="off", layer_norm="pre"), "fresh"
    yield small("one-hot", 7, bias="off"), "one wave"


def logs() -> Iterator[tuple[Config, str]]:
    """Models whose logs differ in what there is to draw, each architecture among them."""
    yield small("mlp", 5), "fresh"
    yield small("residual-mlp", 5), "NaN"
    yield small("transformer", 97), "one wave"
    yield small("one-hot", 97), "NaN"
    yield small("one-hot", 11, "multiply"), "fresh"
    yield small("transformer", 11, "x3+xy"), "fresh"


def named(x: Config | str) -> str:
    """A model or its state in the name of a test."""
    return x if isinstance(x, str) else f"{x.arch}-{x.p}"


@pytest.mark.parametrize(("config", "state"), list(models()), ids=named)
def test_every_view_draws_every_architecture_at_every_size(config: Config, state: str) -> None:
    # Every size goes with each architecture and with each state, if not with all pairs of them.
    all_sizes = config.p == 97 or (ARCHITECTURES.index(config.arch) + STATES.index(state)) % 2 == 0
    draw_all(config, state, [*SIZES, *SMALL] if all_sizes else FEW, pictures_of(config, state))


@pytest.mark.parametrize(("config", "state"), list(variants()), ids=named)
def test_every_view_draws_every_kind_of_model(config: Config, state: str) -> None:
    draw_all(config, state, FEW, pictures_of(config, state))


@pytest.mark.parametrize(("config", "state"), list(logs()), ids=named)
def test_every_view_of_the_log_draws_it_at_every_size(config: Config, state: str) -> None:
    draw_all(config, state, [*SIZES, *SMALL], OF_THE_LOG)


def draw_all(config: Config, state: str, sizes: Sequence[tuple[int, int]], pictures: Pictures) -> None:
    """Views of a model at some sizes: where there is room, none is empty."""
    world = world_of(config, state == "NaN")
    for number, (seen, before) in pictures.items():
        for size in sizes:
            text = drawn(views()[number], world, seen, before, size)
            if size in SIZES:
                assert text.strip(), f"{views()[number].name} is empty at {size}"


@pytest.mark.parametrize(("theme", "graph"), LOOKS)
@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_every_view_in_every_kind_of_colour_and_glyph(arch: str, theme: str, graph: Graph) -> None:
    config = small(arch, 97)
    world = world_of(config, False, theme, graph)
    for number, (seen, before) in {**pictures_of(config, "one wave"), **OF_THE_LOG}.items():
        text = drawn(views()[number], world, seen, before, SIZES[1])
        if graph == "ascii":
            strange = set(text) - set(map(chr, range(32, 127))) - set("\n→·…−²Σθ°×≥▸")
            assert not strange, f"{views()[number].name} draws {strange}"


def test_every_view_of_a_large_modulus() -> None:
    """The embedding of 499 residues and a ghost; what else needs all pairs of them is drawn by hand, not here."""
    config = small("one-hot", 499)
    world, now = world_of(config, False), subject_of(config, "one wave")
    for view in views().values():
        if view.name in ("spectrum", "waves", "circles", "components", "variance", "ablation") or not view.pictured:
            seen = picture_of(view(), now)
            for size in SIZES:
                text = drawn(view, world, seen, None, size)
                assert text.strip()
                assert view.name != "ablation" or "intact, over 62,500 of 249,001 pairs" in text


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_pictures_are_small(arch: str) -> None:
    for number, (seen, _) in pictures_of(small(arch, 97), "one wave").items():
        if seen is not None:
            assert sum(a.nbytes for a in seen.arrays.values()) <= 460_000, views()[number].name


def test_an_undefined_view_says_why() -> None:
    no_angles = pictures_of(small("transformer", 11, "x3+xy"), "fresh")
    for number in (5, 7, 8, 9, 12):
        seen = no_angles[number][0]
        assert seen is not None
        assert not seen.arrays
        assert seen.summary.startswith("no invertible basis: no order of residues makes a³ + ab a sum")
    for number in (10, 11):
        seen = pictures_of(small("one-hot", 97), "one wave")[number][0]
        assert seen is not None
        assert not seen.arrays
        assert "only a transformer has attention" in seen.summary
        assert "only a transformer" in drawn(
            views()[number], world_of(small("one-hot", 97), False), seen, None, SIZES[0]
        )


@pytest.mark.parametrize(("rate", "whole"), [(1.0, "100 %"), (0.4, "220 %"), (0.0, "300 %")])
def test_a_map_of_attention_says_what_all_three_add_up_to(rate: float, whole: str) -> None:
    config = small("transformer", 7, attention_rate=rate)
    seen = pictures_of(config, "fresh")[11][0]
    assert seen is not None
    assert np.allclose(seen.arrays["maps"].sum(0), 3 - 2 * rate)
    text = drawn(views()[11], world_of(config, False), seen, None, SIZES[1])
    assert f"the three add up to {whole}" in text


def test_views_of_attention_name_the_tokens_of_the_sequence() -> None:
    config = small("transformer", 7, depth=2, sequence="eos-a-op-b-equals")
    patterns, maps = (pictures_of(config, "fresh")[number][0] for number in (10, 11))
    assert patterns is not None
    assert maps is not None
    tokens = ("eos", "a", "op", "b", "=")
    assert patterns.names["tokens"] == maps.names["tokens"] == tokens
    world = world_of(config, False)
    text = drawn(views()[10], world, patterns, None, (160, 40))
    assert all(f"to {token}" in text for token in tokens)
    assert [line.split()[0] for line in text.splitlines() if line[2:5].strip() in tokens][:5] == list(tokens)
    means = {token: f"{100 * mean:.0f} %" for token, mean in zip(tokens, maps.arrays["means"], strict=True)}
    narrow = drawn(views()[11], world, maps, None, (140, 30))
    assert f'"=" to a: {means["a"]} on average' in narrow
    assert f'"=" to b: {means["b"]} on average' in narrow
    rest = ", ".join(f"{token}: {means[token]}" for token in ("eos", "op", "="))
    assert f'"=" to {rest} on average; the five add up to 100 %' in narrow
    wide = drawn(views()[11], world, maps, None, (160, 40))
    assert all(f'"=" to {token}: {share} on average' in wide for token, share in means.items())


def test_views_without_a_picture_yet_wait() -> None:
    world = world_of(small("one-hot", 5), False)
    for view in views().values():
        for size in (*SIZES, *SMALL):
            drawn(view, world, None, None, size)
    world.history = History(small("one-hot", 5))
    for view in views().values():
        drawn(view, world, None, None, SIZES[0])


def test_each_has_its_number_its_picture_and_its_words() -> None:
    for number, view in views().items():
        assert view.number == number
        assert view.group in GROUPS
        assert view.title
        assert 0 < len(view.summary) <= 50  # a line of the list on 80 columns
        assert not view.pictured or view.name in PICTURES
    assert len({view.name for view in views().values()}) == len(views())
