from __future__ import annotations

from itertools import combinations

import pytest

from grokterm.tui.watch.places import TABLE, enlarged, places, table_size

SIZES = [(56, 16), (80, 24), (80, 50), (99, 60), (100, 30), (120, 40), (160, 24), (160, 50), (200, 60), (300, 100)]


@pytest.mark.parametrize("size", SIZES)
def test_every_pane_has_a_place_and_none_overlap(size: tuple[int, int]) -> None:
    width, height = size
    for found in (places(width, height, p) for p in (3, 13, 97, 113, 499, 1999)):
        assert sorted(number for page in found.pages for number in page) == [1, 2, 3, 4, 5, 6]
        for page in found.pages:
            regions = list(page.values())
            top = 3 if found.tabs else 2
            assert sum(region.area for region in regions) == width * (height - top - 1)
            assert all(not a.overlaps(b) for a, b in combinations(regions, 2))
            assert all(r.x >= 0 and r.right <= width and r.y >= top and r.bottom < height for r in regions)
            assert all(r.width >= 20 and r.height >= 3 for r in regions)


@pytest.mark.parametrize("size", [(20, 5), (40, 12), (55, 60), (200, 15), (1, 1)])
def test_a_small_screen_shows_a_status(size: tuple[int, int]) -> None:
    assert places(*size, 97).kind == "status"


def test_the_first_screen_shows_all_together_at_120_by_40() -> None:
    assert places(120, 40, 97).kind == "together"
    assert len(places(120, 40, 97).pages) == 1


def test_tabs_at_80_by_24() -> None:
    found = places(80, 24, 97)
    assert found.kind == "pages"
    assert found.tabs
    assert found.page_of(TABLE) != found.page_of(1)


def test_a_large_screen_shows_each_pair_of_97() -> None:
    region = places(200, 60, 97).pages[0][TABLE]
    wide, high = table_size(97, 1)
    assert region.width >= wide
    assert region.height >= high


def test_an_enlarged_pane_takes_the_whole_body() -> None:
    assert list(enlarged(120, 40, 4).pages[0].items()) == [
        (4, places(120, 40, 97).pages[0][1].__class__(0, 2, 120, 37))
    ]
