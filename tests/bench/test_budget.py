"""How the time of `grokterm bench --quick` is shared out."""

from __future__ import annotations

import itertools

import pytest

from grokterm.bench.__main__ import FAMILIES
from grokterm.bench.budget import LEAST, OVERDRAFT, TOO_LITTLE, Budget, LeftOutError, share


class Clock:
    """A clock that stands still but for what is done."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def work(self, seconds: float) -> None:
        self.now += seconds


def counted(budget: Budget, clock: Clock, seconds: float, part: float = 1.0) -> int:
    count = 0
    for repetition in budget.repetitions(7, part):
        assert repetition == count
        clock.work(seconds)
        count += 1
    return count


def test_rows_share_the_time_by_their_weights() -> None:
    assert share(["step/one-hot", "cuda/one-hot", "floor/one-hot"], 14.0) == pytest.approx(8)
    assert share(["step/nanda", "start", "cuda/one-hot"], 16.0) == pytest.approx(8)
    assert share(["replicas"], 3.0) == 3.0
    left = 100.0
    for names in (list(FAMILIES)[at:] for at in range(len(FAMILIES))):
        left -= share(names, left)
    assert left == pytest.approx(0)


@pytest.mark.parametrize(
    ("seconds", "count"), [(0.5, 7), (1.4, 7), (1.5, 6), (2.0, 5), (3.3, 3), (4.0, 3), (OVERDRAFT * 10 / LEAST, 3)]
)
def test_as_many_repetitions_as_fit_but_enough_for_a_median(seconds: float, count: int) -> None:
    clock = Clock()
    budget = Budget(20.0, clock)
    budget.open(["cuda/one-hot", "cuda/nanda"])
    assert counted(budget, clock, seconds) == count


def test_a_row_for_which_there_is_no_time_is_left_out_after_one_repetition() -> None:
    clock = Clock()
    budget = Budget(20.0, clock)
    budget.open(["cuda/one-hot", "cuda/nanda"])
    with pytest.raises(LeftOutError, match=r"^one repetition takes 7 s, and there are 13 s for 2 more$"):
        counted(budget, clock, 7.0)
    assert clock.now == 1007.0


def test_the_last_row_has_no_overdraft() -> None:
    clock = Clock()
    budget = Budget(10.0, clock)
    budget.open(["replicas"])
    with pytest.raises(LeftOutError):
        counted(budget, clock, 3.5)


def test_what_a_row_leaves_goes_to_those_after_it() -> None:
    clock = Clock()
    budget = Budget(12.0, clock)
    budget.open(["cuda/one-hot", "cuda/nanda", "cuda"])
    assert budget.left() == pytest.approx(4)
    clock.work(2)
    budget.open(["cuda/nanda", "cuda"])
    assert budget.left() == pytest.approx(5)
    clock.work(11 - TOO_LITTLE)
    with pytest.raises(LeftOutError, match="took all the time"):
        budget.open(["cuda"])


def test_part_of_the_time_is_for_a_part_of_a_row() -> None:
    clock = Clock()
    budget = Budget(12.0, clock)
    budget.open(["scale"])
    assert counted(budget, clock, 1.0, part=1 / 3) == 4
    assert budget.left() == pytest.approx(8)


def test_a_row_is_left_out_whose_warm_up_takes_its_time() -> None:
    clock = Clock()
    budget = Budget(12.0, clock)
    budget.open(["cuda/one-hot", "cuda/nanda"])
    clock.work(11.9)
    budget.check()
    clock.work(0.1)
    with pytest.raises(LeftOutError, match="its time was over before it was measured"):
        budget.check()


def test_without_a_limit_every_repetition_is_measured() -> None:
    clock = Clock()
    budget = Budget(clock=clock)
    budget.open(["step/nanda", "grok/default"])
    assert counted(budget, clock, 1e6) == 7
    budget.check()
    assert budget.left() == float("inf")


def test_all_rows_end_within_the_time_however_slow_each_is() -> None:
    """Whatever a repetition takes, none begins that would not have fit, so the end is late by one at most."""
    for second, third in itertools.product((0.01, 0.4, 3.0, 30.0), repeat=2):
        clock = Clock()
        budget = Budget(100.0, clock)
        names = list(FAMILIES)
        took = itertools.cycle((0.2, second, third))
        longest = max(second, third)
        for at in range(len(names)):
            try:
                budget.open(names[at:])
                counted(budget, clock, next(took))
            except LeftOutError:
                pass
        assert clock.now <= 1100.0 + longest
