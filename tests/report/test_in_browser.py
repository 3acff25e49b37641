"""The report in a real browser: it opens without a word in the console, and does what it says."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from grokterm.report.run_report import Report
from grokterm.report.sweep_report import sweep_report
from grokterm.runs.folder import RunFolder
from grokterm.runs.history import read_history
from tests.report.browser import Page, chromium
from tests.report.read import array, data_of
from tests.sweeps.swept import folder_by, plan_of


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("profile")) as page:
        yield page


@pytest.fixture(scope="module")
def page(browser: Page, report: Report, tmp_path_factory: pytest.TempPathFactory) -> Page:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_bytes(report.content)
    browser.open(path)
    return browser


def test_it_opens_without_errors_and_loads_nothing(page: Page) -> None:
    assert page.complaints == []
    assert [address.partition(":")[0] for address in page.loaded] == ["file"]
    assert page.value("document.documentElement.dataset.failed === undefined")
    figures = "[data-chart], [data-heat], [data-steps]"
    assert page.value(f"document.querySelectorAll('{figures}').length") > 60
    assert page.value(f"[...document.querySelectorAll('{figures}')].every((one) => one.dataset.ready === '1')")


def test_what_is_drawn_is_what_was_packed(page: Page, report: Report) -> None:
    """Every array of every kind, unpacked by the browser, has the sum that it has here."""
    data = data_of(report.content)
    sums = page.value(
        "(async () => { const held = JSON.parse(document.getElementById('data').textContent).arrays;"
        "const types = { f32: Float32Array, f64: Float64Array, i32: Int32Array, u8: Uint8Array, u16: Uint16Array,"
        "bits: Uint8Array };"
        "const found = {}; for (const [name, { type, data }] of Object.entries(held)) {"
        "const bytes = Uint8Array.from(atob(data), (each) => each.charCodeAt(0));"
        "const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));"
        "const values = new types[type](await new Response(stream).arrayBuffer());"
        "const total = [...values].filter(Number.isFinite).reduce((sum, each) => sum + each, 0);"
        "found[name] = [values.length, total]; }"
        "return found; })()"
    )
    assert sums.keys() == data["arrays"].keys()
    for name, (length, total) in sums.items():
        values = array(data, name)
        if values.dtype == np.bool_:
            values = np.packbits(values)
        assert length == values.size
        assert total == pytest.approx(
            float(np.nansum(np.where(np.isfinite(values), values, 0.0), dtype=np.float64)), rel=1e-9
        )


def test_the_slider_goes_through_the_kept_steps(page: Page, report: Report) -> None:
    steps = "document.querySelector('[data-steps]').dataset"
    told = {one["step"]: one for one in data_of(report.content)["steps"]["steps"]}
    page.value("document.querySelector('[data-part=slider]').focus()")
    seen = {}
    for step in reversed(report.kept_steps):
        page.wait(f"{steps}.step === '{step}'")
        seen[step] = page.value(f"[{steps}.drawn, document.querySelector('[data-part=counts]').textContent]")
        assert page.value(f"Number({steps}.right)") == told[step]["right"]
        page.press("ArrowLeft")
    assert all(words == told[step]["words"] for step, (_, words) in seen.items())
    pictures = {step: drawn for step, (drawn, _) in seen.items()}
    for one, other in pairwise(report.kept_steps):
        assert (pictures[one] == pictures[other]) == (told[one]["bits"] == told[other]["bits"])
    assert pictures[0] != pictures[30]
    grid = "document.querySelector('[data-part=grid]')"
    assert page.value(f"[{grid}.width, {grid}.height]") == [11, 11]
    page.value("location.hash = 'step=91'")
    page.wait(f"{steps}.step === '90'")


def test_the_table_says_what_is_under_the_pointer(page: Page) -> None:
    page.mouse("mouseMoved", *page.middle("[data-part=grid]"))
    told = page.value("document.querySelector('[data-part=told]').textContent")
    assert told.startswith("a 5, b 5: the answer 10, ")


def test_a_chart_tells_values_and_zooms_with_the_others(page: Page, recorded: RunFolder) -> None:
    history, chart = read_history(recorded), "document.querySelector('#training').parentElement.querySelector('.chart')"
    x, y = page.middle("#training ~ .chart canvas")
    page.mouse("mouseMoved", x, y)
    page.wait(f"{chart}.dataset.at !== ''")
    step = int(page.value(f"{chart}.dataset.at"))
    at = history.column("step").tolist().index(step)
    shown = page.value(f"{chart}.querySelector('.legend b').textContent")
    assert shown == f"{100 * history.column('train_accuracy')[at]:.1f} %"
    whole = page.value(f"[{chart}.dataset.from, {chart}.dataset.to].map(Number)")
    assert whole == [0, 120]
    page.mouse("mousePressed", x, y)
    page.mouse("mouseMoved", x + 100, y)
    page.mouse("mouseReleased", x + 100, y)
    zoomed = (
        "[...document.querySelectorAll('.chart')].filter((one) => one.dataset.from > 20).map((one) => one.dataset.to)"
    )
    page.wait(f"{zoomed}.length > 5")
    assert len(set(page.value(zoomed))) == 1
    page.value(f"{chart}.querySelector('[aria-label=\"Show everything\"]').click()")
    page.wait(f"{chart}.dataset.to === '120'")


def test_its_colours_are_light_or_dark(page: Page) -> None:
    back = "getComputedStyle(document.body).backgroundColor"
    seen = []
    for _ in range(2):
        page.value("document.getElementById('theme').click()")
        seen.append(page.value(back))
    assert sorted(seen) == ["rgb(22, 24, 35)", "rgb(248, 246, 240)"]
    assert page.complaints == []


def test_nothing_is_wider_than_a_phone(page: Page) -> None:
    page.narrow(390, 844)
    page.wait("innerWidth === 390")
    assert page.value("document.documentElement.scrollWidth") == 390
    assert page.complaints == []


def test_two_fingers_zoom(page: Page) -> None:
    page.narrow(390, 844)
    page.wait("innerWidth === 390")
    chart = "document.querySelector('#training').parentElement.querySelector('.chart')"
    x, y = page.middle("#training ~ .chart canvas")
    page.touch("touchStart", (x - 40, y), (x + 40, y))
    page.touch("touchMove", (x - 80, y), (x + 80, y))
    page.touch("touchEnd")
    page.wait(f"{chart}.dataset.to < 100")
    low, high = page.value(f"[{chart}.dataset.from, {chart}.dataset.to].map(Number)")
    assert high - low == pytest.approx(60, abs=8)  # half of what was seen, as the fingers went twice as far apart
    page.value(f"{chart}.querySelector('[aria-label=\"Show everything\"]').click()")
    page.wait(f"{chart}.dataset.to === '120'")
    assert page.complaints == []


def test_a_sweep_opens_too_and_is_no_wider_than_a_phone(browser: Page, home: Path) -> None:
    folder = folder_by(home, plan_of("wd=0.1,1,2,4", "lr=1e-3,1e-2", seeds=2), lambda run: 900)
    path = home / "sweep.html"
    path.write_bytes(sweep_report(folder)[0])
    browser.narrow(390, 844)
    browser.open(path)
    assert browser.value("document.querySelectorAll('.chart[data-ready=\"1\"]').length") >= 5
    assert browser.value("document.documentElement.scrollWidth") == 390
    legend = "document.querySelector('.legend.apart')"
    assert browser.value(f"{legend}.scrollWidth <= {legend}.clientWidth")
    assert browser.complaints == []
