"""What the screen of a sweep says of pooled, failed and missing runs, and what it keeps."""

from __future__ import annotations

from pathlib import Path

from grokterm.tui.sweep.app import Kept, SweepApp
from grokterm.view_options import ViewOptions
from tests.sweeps.swept import failed, plan_of
from tests.tui.sweep.showing import Filling, showing


async def test_lines_that_are_held_out_are_passed_over(tmp_path: Path) -> None:
    plan = plan_of("wd=0.1,1", "frac=0.3,0.5", "lr=1e-3,1e-2,1e-1", seeds=1)
    async with showing(Filling(tmp_path, plan).end_all(), (160, 50)) as seen:
        await seen.press("]", "3")
        await seen.shows("2 wd 0.1, frac 0.3, lr 1e-3")
        await seen.press("down")
        await seen.shows("2 wd 0.1, frac 0.5, lr 1e-3")
        await seen.press("end")
        await seen.shows("2 wd 1, frac 0.5, lr 1e-3")
        await seen.press("down", "up")
        await seen.shows("2 wd 1, frac 0.3, lr 1e-3")
        await seen.press("home")
        await seen.shows("2 wd 0.1, frac 0.3, lr 1e-3")


async def test_the_band_of_a_pooled_tile_is_of_all_its_runs(tmp_path: Path) -> None:
    plan = plan_of("wd=0.1,1", "frac=0.3,0.5", f"lr={','.join(f'{n}e-4' for n in range(1, 11))}", seeds=8)
    async with showing(Filling(tmp_path, plan).end_all(), (200, 60)) as seen:
        await seen.shows("80 runs, 60 drawn · median, 10–90 %")
        drawn = seen.app.shown.curves_here()
        assert (drawn.bands.runs, len(drawn.curves)) == (80, 60)


async def test_why_runs_failed_stands_in_the_line_of_the_cell_and_above_its_curves(tmp_path: Path) -> None:
    sweep = Filling(tmp_path)
    sweep.end(0)
    sweep.write(failed(sweep.plan, sweep.plan.run(1)))
    async with showing(sweep.folder, (200, 60)) as seen:
        await seen.shows("1 failed: the loss is no number · log steps", "1 failed: the loss is no number · 0 grokked")


async def test_a_baseline_that_never_groks_is_told(tmp_path: Path) -> None:
    async with showing(Filling(tmp_path).end_all(), (120, 40)) as seen:
        await seen.press("3", "b")
        await seen.shows("the marked line never groks: there are no ratios of steps to it")


async def test_a_sweep_of_seeds_alone_has_no_marginal_and_its_legend(tmp_path: Path) -> None:
    async with showing(Filling(tmp_path, plan_of(seeds=3)).folder, (80, 24)) as seen:
        await seen.shows("waiting", "running", " C  comprehension", "at 90 %")
        await seen.press("4")
        await seen.shows("this sweep has no axis: its runs differ by the seed alone")


async def test_what_is_swept_is_not_told_as_the_base_has_it(tmp_path: Path) -> None:
    plan = plan_of("p=5,7", "arch=mlp,one-hot")
    async with showing(Filling(tmp_path, plan).folder, (200, 60)) as seen:
        await seen.shows("p 2 × arch 2")
        head = seen.text().splitlines()[0]
        assert "mod" not in head
        assert "mlp" not in head


async def test_it_is_looked_at_as_before_it_was_left(tmp_path: Path) -> None:
    plan = plan_of("wd=0.1,1", "frac=0.3,0.5,0.7", "lr=1e-3,1e-2", seeds=1)
    folder = Filling(tmp_path, plan).end_all()
    async with showing(folder, (160, 50)) as seen:
        await seen.press("right", "]", "c", "T", "s", "s", "b", "slash", *"frac>0.4", "enter")
        await seen.shows("frac>0.4", "lr 1e-3")
        kept = Kept(seen.app.shown, seen.app.theme)
    app = SweepApp(folder, ViewOptions(color="truecolor"), "", kept)
    one, other = app.shown, kept.view
    assert app.theme == kept.theme != "dusk"
    assert (one.look, one.cursor, one.chosen) == (other.look, other.cursor, other.chosen)
    assert [entry.key for entry in one.listing.lines()] == [entry.key for entry in other.listing.lines()]
    assert (one.listing.sorted_as, one.listing.baseline) == (other.listing.sorted_as, other.listing.baseline)
