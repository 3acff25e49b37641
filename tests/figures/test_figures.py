"""Figures show the numbers of the log and of the models, as files that open."""

from __future__ import annotations

import math
import re
import struct
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.axes import Axes
from matplotlib.axis import Axis, Tick
from matplotlib.collections import PathCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from grokterm.drawn.parts import Chart, Line, Look, Mark, Words
from grokterm.errors import RunFolderError
from grokterm.figures.chosen import all_names, title_of
from grokterm.figures.layout import has_drawing
from grokterm.figures.run_figures import Drawing, drawings, figure, run_figures, written
from grokterm.figures.style import COLUMN, WIDE, find_style
from grokterm.notebook import Run
from grokterm.runs.folder import RunFolder, create_run
from grokterm.runs.history import read_history
from grokterm.runs.measured import measured
from grokterm.view_options import ViewOptions
from tests.trainer.running import TINY

PAPER = find_style("paper")
SVG = "{http://www.w3.org/2000/svg}"
Numbers = npt.NDArray[np.float64]


def quiet(words: str) -> None:
    """Nobody has to be told."""


Drawn = dict[tuple[str, int | None], Drawing]


@pytest.fixture(scope="session")
def drawn(recorded: RunFolder) -> Drawn:
    """All figures of the MLP at step 60, and of the transformer at step 120."""
    found = drawings(recorded, read_history(recorded), all_names(), [60, 120], quiet)
    return {(each.name, each.step): each for each in found}


def curves(made: Figure) -> dict[str, tuple[Numbers, Numbers]]:
    lines = [line for axes in made.axes for line in axes.lines]
    return {str(line.get_label()): (np.asarray(line.get_xdata()), np.asarray(line.get_ydata())) for line in lines}


def maps(made: Figure) -> list[npt.NDArray[np.float64]]:
    found = [image.get_array() for axes in made.axes for image in axes.images]
    return [np.ma.filled(each, np.nan) for each in found if each is not None]


def heights(axes: Axes) -> list[float]:
    return [bar.get_height() for bar in axes.patches if isinstance(bar, Rectangle)]


def texts_of(made: Figure) -> list[Text]:
    """All texts, of the numbers at axes those that are drawn."""
    found = [*made.texts]
    for axes in made.axes:
        ticks = [
            tick.label1 if tick.label1.get_visible() else tick.label2 for axis in sides(axes) for tick in drawn_at(axis)
        ]
        found += [*axes.texts, *(axis.label for axis in sides(axes)), *ticks]
    return found


def sides(axes: Axes) -> list[Axis]:
    return [axes.xaxis, axes.yaxis] if axes.axison and axes.name != "3d" else []


def drawn_at(axis: Axis) -> list[Tick]:
    return list(axis._update_ticks())  # type: ignore[attr-defined]  # those out of sight are left out


def test_every_figure_is_there_or_says_why_not(drawn: Drawn) -> None:
    assert {name for name, _ in drawn} == set(all_names())
    missing = {name: each.parts for (name, step), each in drawn.items() if step != 60 and not has_drawing(each.parts)}
    assert missing.keys() <= {"circles", "waves", "restricted", "forecast", "probes"}
    assert all(part.words for parts in missing.values() for part in parts if isinstance(part, Words))


@pytest.mark.parametrize("name", ["training", "matrices", "table", "components", "correct_logit"])
def test_an_svg_is_valid_and_has_its_title_and_its_letters(name: str, drawn: Drawn) -> None:
    each = next(found for (one, step), found in drawn.items() if one == name and step != 60)
    root = ElementTree.fromstring(written(figure(each, PAPER), title_of(name), PAPER, "svg"))
    assert root.tag == f"{SVG}svg"
    assert root.findtext(f"{SVG}title") == title_of(name)
    # Letters are shapes, so that they are the same wherever it is shown.
    assert root.findall(f".//{SVG}text") == []
    assert len(root.findall(f".//{SVG}use")) > len(title_of(name))


def test_a_pdf_embeds_its_fonts_and_is_the_same_each_time(drawn: Drawn) -> None:
    once, again = (written(figure(drawn["loss", None], PAPER), "Loss", PAPER, "pdf") for _ in range(2))
    assert once == again
    assert once.startswith(b"%PDF-")
    assert once.count(b"/FontFile2") == len(set(re.findall(rb"/FontName /(\S+)", once))) == 2
    assert b"/Type3" not in once


@pytest.mark.parametrize(("name", "width"), [("table", COLUMN), ("restricted", WIDE)])
def test_a_png_has_300_dots_an_inch(name: str, width: float, drawn: Drawn) -> None:
    each = next(found for (one, _), found in drawn.items() if one == name)
    content = written(figure(each, PAPER), "T", PAPER, "png")
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">I", content[16:20])[0] == round(300 * width)


def test_curves_have_the_numbers_of_the_log(recorded: RunFolder, drawn: Drawn) -> None:
    history = read_history(recorded)
    shown = {
        ("accuracy", "train accuracy"): "train_accuracy",
        ("loss", "test loss"): "test_loss",
        ("progress", "Gini of the embedding"): "embedding_gini",
        ("progress", "sum of squared weights"): "sum_squared_weights",
    }
    for (name, label), column in shown.items():
        steps, values = curves(figure(drawn[name, None], PAPER))[label]
        wanted = measured(history, column)
        np.testing.assert_array_equal(steps, wanted[0])
        np.testing.assert_array_equal(values, wanted[1])
    (rows,) = maps(figure(drawn["waterfall", None], PAPER))
    np.testing.assert_array_equal(rows, history.spectra.rows.T[::-1])


@pytest.mark.parametrize("step", [60, 120])
def test_maps_and_bars_have_the_numbers_of_the_model(step: int, recorded: RunFolder, drawn: Drawn) -> None:
    model, norms = Run(recorded).at(step), Run(recorded).at(step).spectrum().norms
    (states,) = maps(figure(drawn["table", step], PAPER))
    right, trained = model.predictions() == model.labels, model.train
    np.testing.assert_array_equal(states, (np.where(right, 1, 2) + 3 * trained).T)
    (axes,) = figure(drawn["spectrum", step], PAPER).axes
    np.testing.assert_allclose(heights(axes), norms, rtol=1e-6)
    first, now = figure(drawn["bars", step], PAPER).axes
    np.testing.assert_allclose(heights(now), norms, rtol=1e-6)
    wanted = Run(recorded).at(0).spectrum().norms
    np.testing.assert_allclose(heights(first), wanted, rtol=1e-6)
    logits = maps(figure(drawn["correct_logit", step], PAPER))[0]
    np.testing.assert_allclose(logits, model.correct_logit().values.T, rtol=1e-6)


def test_points_are_those_of_the_model(recorded: RunFolder, drawn: Drawn) -> None:
    (axes,) = figure(drawn["components", 120], PAPER).axes
    (points,) = [each for each in axes.collections if isinstance(each, PathCollection)]
    np.testing.assert_allclose(np.asarray(points.get_offsets()), Run(recorded).at(120).components().points, rtol=1e-6)
    assert {text.get_text() for text in axes.texts} <= {str(residue) for residue in range(11)}
    low, high = axes.get_xlim()
    assert all(low < x < high for x, _ in np.asarray(points.get_offsets()))


def test_what_shows_all_steps_is_drawn_once(drawn: Drawn) -> None:
    assert [step for name, step in drawn if name == "losses"] == [None]
    assert [step for name, step in drawn if name == "table"] == [60, 120]


@pytest.mark.parametrize("part", range(4))
def test_texts_do_not_lie_on_each_other(part: int, drawn: Drawn) -> None:
    shown = [each for each in drawn.values() if has_drawing(each.parts)]
    for each in shown[part::4]:
        made = figure(each, PAPER)
        made.draw_without_rendering()
        width, height = made.get_size_inches()
        assert width in (COLUMN, WIDE)
        assert height < 9.5, each.name  # a page
        boxes = [(text.get_text(), text.get_window_extent()) for text in texts_of(made) if text.get_text()]
        for at, (words, box) in enumerate(boxes):
            assert box.x0 >= -1, (each.name, words)
            assert box.x1 <= made.bbox.x1 + 1, (each.name, words)
            assert not [other for other, room in boxes[:at] if _overlap(box, room)], (each.name, words)


def _overlap(one: object, other: object) -> bool:
    """Whether two boxes have more than a hair in common."""
    a, b = ((box.x0 + 1, box.x1 - 1, box.y0 + 1.5, box.y1 - 1.5) for box in (one, other))  # type: ignore[attr-defined]
    return bool(a[0] < b[1] and b[0] < a[1] and a[2] < b[3] and b[2] < a[3])


def test_a_parity_has_its_coordinates(parity: RunFolder) -> None:
    found = run_figures(parity, ["accuracy", "bars", "progress", "circles", "table"], [20], PAPER, "png", quiet)
    assert [each.file for each in found.made] == ["accuracy.png", "bars.png", "progress.png"]
    assert found.undefined.keys() == {"circles", "table"}
    assert "parity" in found.undefined["circles"]


def test_where_nothing_can_be_drawn_there_is_a_sentence(parity: RunFolder) -> None:
    with pytest.raises(
        RunFolderError, match=f"^no figure of {parity.id} can be drawn: circles: not defined for parity"
    ):
        run_figures(parity, ["circles"], [20], PAPER, "svg", quiet)
    with pytest.raises(RunFolderError, match=f"^{parity.id} has steps 0 to 20, and 21 is none of them$"):
        run_figures(parity, ["bars"], [21], PAPER, "svg", quiet)


def test_a_run_of_no_steps_has_figures_of_its_first_model(tmp_path: Path) -> None:
    folder = create_run(TINY, ViewOptions(), tmp_path)
    found = run_figures(
        folder, ["accuracy", "phases", "emergence", "waterfall", "table", "spectrum"], [0], PAPER, "png", quiet
    )
    assert {(each.name, each.step) for each in found.made} == {("table", 0), ("spectrum", 0)}
    assert found.undefined.keys() == {"accuracy", "phases", "emergence", "waterfall"}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("values", [[math.nan, math.inf, 1.0], [0.0, -1.0, 0.0], [1e300, 1e-300, 5.0], [2.0]])
@pytest.mark.parametrize("look", [Look(), Look(log_y=True), Look(percent=True), Look(log_x=True)])
def test_odd_numbers_are_drawn_without_a_word(values: list[float], look: Look) -> None:
    steps = np.arange(float(len(values)))
    chart = Chart("Odd", [Line("odd", "test", steps, np.array(values))], [Mark(0, "here")], look=look)
    content = written(figure(Drawing("accuracy", None, [chart]), PAPER), "T", PAPER, "svg")
    assert ElementTree.fromstring(content).tag == f"{SVG}svg"


def test_a_theme_gives_its_colours(drawn: Drawn) -> None:
    dusk = find_style("dusk")
    made = figure(drawn["accuracy", None], dusk)
    assert to_hex(made.get_facecolor()) == dusk.color("background")
    assert {line.get_color() for line in made.axes[0].lines} >= {dusk.color("train"), dusk.color("test")}
    assert to_hex(figure(drawn["accuracy", None], PAPER).get_facecolor()) == "#ffffff"


def test_settings_of_this_machine_do_not_matter(drawn: Drawn) -> None:
    def drawn_now() -> bytes:
        return written(figure(drawn["accuracy", None], PAPER), "T", PAPER, "svg")

    wanted = drawn_now()
    with matplotlib.rc_context({"font.size": 30, "axes.facecolor": "red", "svg.fonttype": "none", "text.usetex": True}):
        assert drawn_now() == wanted
        assert matplotlib.rcParams["font.size"] == 30
