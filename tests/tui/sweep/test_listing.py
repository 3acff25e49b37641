from __future__ import annotations

import pytest

from grokterm.errors import ConfigError
from grokterm.sweeps.plan import Plan
from grokterm.sweeps.table import SweepTable
from grokterm.tui.sweep.export import table_text
from grokterm.tui.sweep.listing import Listing
from grokterm.tui.sweep.sheet import columns_seen, draw_sheet_of
from grokterm.tui.theme import find_theme
from tests.sweeps.swept import ended, failed, plan_of, table_by, table_of
from tests.tui.drawing.seeing import fills, texts

OVER = ("wd=0.1,1,10", "frac=0.3,0.6")


def made(plan: Plan, table: SweepTable) -> Listing:
    listing = Listing(plan)
    listing.update(table, ())
    return listing


@pytest.fixture
def listing() -> Listing:
    """Two seeds; steps to grok fall with weight decay, and 0.1 at 0.3 never groks."""
    plan = plan_of(*OVER, seeds=2)
    return made(plan, table_by(plan, lambda run: None if run.cell.number == 0 else 4000 / (run.cell.point[0] + 1)))


def values(listing: Listing) -> list[tuple[object, ...]]:
    return [tuple(entry.settings.values()) for entry in listing.lines()]


def test_a_line_a_cell_in_the_order_of_the_plan(listing: Listing) -> None:
    assert values(listing) == [(0.1, 0.3), (0.1, 0.6), (1.0, 0.3), (1.0, 0.6), (10.0, 0.3), (10.0, 0.6)]


def test_conditions_leave_lines_out(listing: Listing) -> None:
    listing.filter("wd>=1 and phase==grokking")
    assert values(listing) == [(1.0, 0.3), (1.0, 0.6), (10.0, 0.3), (10.0, 0.6)]
    listing.filter("share<1 or steps<1500")
    assert values(listing) == [(0.1, 0.3), (10.0, 0.3), (10.0, 0.6)]
    listing.filter("lr==0.01 and test>0.5 and p==7")
    assert len(values(listing)) == 5
    listing.filter("  ")
    assert len(values(listing)) == 6


def test_a_condition_that_cannot_be_read_names_the_place_and_changes_nothing(listing: Listing) -> None:
    listing.filter("wd>1")
    with pytest.raises(ConfigError, match=r"at character 15: here should be a comparison"):
        listing.filter("wd>1 and phase")
    assert len(values(listing)) == 2


def test_columns_sort_and_what_is_missing_comes_last(listing: Listing) -> None:
    titles = [field.title for field in listing.fields()]
    while listing.sorted_by != titles.index("steps"):
        listing.sort()
    assert values(listing)[0] == (10.0, 0.3)
    assert values(listing)[-1] == (0.1, 0.3)
    listing.turn()
    assert values(listing)[0] == (0.1, 0.3)
    while listing.sorted_by >= 0:
        listing.sort()
    listing.turn()
    assert values(listing)[0] == (0.1, 0.3)
    plan = plan_of("wd=1,2,3")
    some = made(plan, table_of(plan, [ended(plan, plan.run(1), 900)]))
    for _ in range(4):
        some.sort()
    assert some.fields()[some.sorted_by].title == "steps"
    some.turn()
    assert values(some)[0] == (2.0,)


def test_groups_pool_over_one_axis(listing: Listing) -> None:
    plan = listing.plan
    table = table_by(plan, lambda run: 1000 * (1 + run.cell.point[1]))
    listing.group(table, ())
    assert listing.group_words == "pooled over wd"
    assert values(listing) == [(0.3,), (0.6,)]
    first = listing.lines()[0]
    assert (first.tile.runs, first.given["steps"]) == (6, 1000)
    listing.filter("wd>1")
    assert values(listing) == []
    listing.filter("")
    listing.group(table, ())
    assert values(listing) == [(0.1,), (1.0,), (10.0,)]
    listing.group(table, ())
    assert len(values(listing)) == 6


def test_ratios_are_to_the_baseline(listing: Listing) -> None:
    listing.mark_baseline(listing.lines()[1])
    fields = {field.title: field for field in listing.fields()}
    assert [fields["× steps"].text(entry) for entry in listing.lines()] == ["–", "1.00", "0.50", "0.50", "0.33", "0.33"]
    assert fields["Δ test"].text(listing.lines()[0]) == "-90.0"
    listing.mark_baseline(listing.lines()[1])
    assert "× steps" not in [field.title for field in listing.fields()]


def test_lines_of_cells_that_changed_alone_are_summed_up() -> None:
    plan = plan_of("wd=1,2", seeds=1)
    table = table_of(plan, [])
    listing = made(plan, table)
    other = listing.lines()[1]
    table.add([failed(plan, plan.run(0))])
    listing.update(table, (), {0})
    assert listing.lines()[0].given["state"] == "failed"
    assert listing.lines()[1] is other


@pytest.mark.parametrize("graph", ["braille", "ascii"])
def test_the_drawing_has_headings_a_lit_line_and_the_baseline(listing: Listing, graph: str) -> None:
    listing.mark_baseline(listing.lines()[1])
    lines, key = listing.lines(), listing.lines()[2].key
    for size in ((1, 1), (20, 4), (90, 8)):
        strips = draw_sheet_of(
            lines, listing.fields(), 0, key, listing.baseline, 0, True, *size, graph, find_theme("mono").palette  # type: ignore[arg-type]
        )  # fmt: skip
        assert fills(strips, *size)
    said = texts(strips)
    assert said[0].split()[:4] == ["wd↓" if graph == "braille" else "wdv", "frac", "phase", "99"]
    assert said[2].startswith("◆" if graph == "braille" else "*")
    assert [segment.style.reverse for segment in strips[3] if segment.style] == [True]


def test_the_table_is_written_whole(listing: Listing) -> None:
    listing.filter("wd==0.1")
    rows = table_text(listing).splitlines()
    assert rows[0] == (
        "weight_decay,train_fraction,phase,steps,share,test_accuracy,gini,grokked,ended,failed,runs,state,reason"
    )
    assert rows[1:] == [
        "0.1,0.3,memorization,inf,0.0,0.1,0.25,0,2,0,2,ended,",
        "0.1,0.6,grokking,4000.0,1.0,1.0,0.25,2,2,0,2,ended,",
    ]


def test_why_a_cell_failed_is_written_and_asked_for() -> None:
    plan = plan_of("wd=1,2", seeds=1)
    listing = made(plan, table_of(plan, [failed(plan, plan.run(0)), ended(plan, plan.run(1), 900)]))
    assert [row.rpartition(",")[2] for row in table_text(listing).splitlines()] == [
        "reason",
        "the loss is no number",
        "",
    ]
    listing.filter("reason=='the loss is no number'")
    assert values(listing) == [(1.0,)]


def test_a_baseline_leaves_the_lines_sorted_by_their_column(listing: Listing) -> None:
    while listing.fields()[listing.sorted_by].title != "gini":
        listing.sort()
    listing.mark_baseline(listing.lines()[1])
    assert listing.fields()[listing.sorted_by].title == "gini"
    while listing.fields()[listing.sorted_by].title != "× steps":
        listing.sort()
    listing.mark_baseline(listing.baseline_entry)
    assert listing.sorted_by == -1


def test_columns_without_room_are_not_sorted_by(listing: Listing) -> None:
    seen = columns_seen(listing.lines(), listing.fields(), -1, 30)
    assert len(seen) == 3
    titles = []
    for _ in range(4):
        listing.sort(len(seen))
        titles.append(listing.sorted_as)
    assert titles == ["wd", "frac", "phase", ""]


def test_an_unknown_name_is_told_with_those_that_are_asked_for_most_first(listing: Listing) -> None:
    with pytest.raises(ConfigError, match=r"unknown name 'stepz'; did you mean steps\? choose phase, steps, share"):
        listing.filter("stepz>1")
    with pytest.raises(ConfigError, match=r"phase is one of .*, not groking; did you mean grokking\?"):
        listing.filter("phase==groking")
