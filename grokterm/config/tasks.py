"""Tasks by name: what is learned, from how many inputs, and which settings each reads."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from grokterm.errors import ConfigError
from grokterm.tasks.operations import defined_count, describe, rule_of

TaskName = Literal["table", "sum", "parity"]

TUPLES: Final = 4_000_000
"""Most tuples of inputs that a task has, of more than two residues each."""
TEST_POINTS: Final = 1000
"""Test points of a parity; half of all points where those are fewer than twice as many."""
_LETTERS: Final = 6
"""Inputs of a sum that are written as letters, at most."""


class DescribedTask(NamedTuple):
    """What a task is, and the settings that it reads and not every other does."""

    words: str
    uses: frozenset[str]
    shown: str = ""
    """How a plugin's task is printed; {n} and {k} stand for these settings."""

    @property
    def of_points(self) -> bool:
        """Whether its examples are points of n coordinates ±1, with two answers."""
        return "n" in self.uses

    @property
    def has_secret(self) -> bool:
        """Whether the answer follows from k secret ones of them."""
        return self.of_points and "k" in self.uses


TASKS: Final[dict[TaskName, DescribedTask]] = {
    "table": DescribedTask("the operation on residues", frozenset({"op", "p", "train_fraction"})),
    "sum": DescribedTask("a + b + c … mod p, of k inputs", frozenset({"p", "k", "train_fraction"})),
    "parity": DescribedTask("the product of k secret ones among n coordinates ±1", frozenset({"n", "k", "train_size"})),
}


class TaskShape(NamedTuple):
    """What a task asks of a model."""

    inputs: int
    """Tokens of an example: 2 for a pair, n for a point of a parity."""
    tokens: int
    """How many different ones there are at each place: p residues, or 2 for −1 and 1."""
    answers: int
    """Right answers that there can be: p residues, or 2."""


def shape_of(task: TaskName, op: str, p: int, k: int, n: int) -> TaskShape:
    """The shape of a task with these settings."""
    match task:
        case "table":
            return TaskShape(max(rule_of(op).inputs, 2), p, p)
        case "sum":
            return TaskShape(k, p, p)
        case _:
            return TaskShape(n, 2, 2)


def task_words(task: TaskName, op: str, p: int, k: int, n: int) -> str:
    """A task as people write it: a + b mod 97, parity of 3 of 40."""
    match task:
        case "table":
            return describe(op, p)
        case "sum":
            terms = " + ".join("abcdef"[:k]) if k <= _LETTERS else f"sum of {k} residues"
            return f"{terms} mod {p}"
        case "parity":
            return f"parity of {k} of {n}"
        case _:
            return TASKS[task].shown.format(n=n, k=k)


def example_count(task: TaskName, op: str, p: int, k: int) -> int:
    """On how many tuples of residues a task is defined; of a parity nobody counts the points."""
    return defined_count(op, p) if task == "table" else int(p**k)


def test_count(n: int) -> int:
    """Test points of a parity of n coordinates."""
    return TEST_POINTS if n > TEST_POINTS.bit_length() else 1 << (n - 1)


def check_task(task: TaskName, op: str, p: int, k: int, n: int, train_size: int) -> None:
    """Raises ConfigError where there is no such task, or it has more examples than are allowed."""
    if TASKS[task].of_points:
        _check_points(k if TASKS[task].has_secret else 1, n, train_size)
        return
    if task == "sum" and k < 3:
        raise ConfigError(f"--task sum needs --k 3 or more, not {k}: the sum of two is --op add")
    inputs = shape_of(task, op, p, k, n).inputs
    if inputs > 2 and p**inputs > TUPLES:
        least = f"--p {_largest(inputs)}" if _largest(inputs) >= 3 else f"--k {_most(p)}"
        raise ConfigError(
            f"{inputs} inputs mod {p} are more than {TUPLES:,} tuples, and that is the limit: choose {least} or less"
        )


def _check_points(k: int, n: int, train_size: int) -> None:
    if k > n:
        raise ConfigError(f"--k {k} secret coordinates are more than the --n {n} that there are: choose 1 to {n}")
    left = 2**n - test_count(n)
    if train_size > left:
        raise ConfigError(
            f"--train-size {train_size:,} does not fit --n {n}: beside {test_count(n):,} test points "
            f"{left:,} points are left"
        )


def _largest(inputs: int) -> int:
    """The largest p of so many inputs."""
    return max(p for p in range(1, 2000) if p**inputs <= TUPLES)


def _most(p: int) -> int:
    """The most inputs of residues mod p."""
    return max(k for k in range(1, 30) if p**k <= TUPLES)


def idle_in_task(setting: str, task: TaskName) -> str:
    """Why a setting does nothing in a task, in words; empty where it does something."""
    readers = [name for name, described in TASKS.items() if setting in described.uses]
    if not readers or task in readers:
        return ""
    return f"does nothing in the task {task}: only {' and '.join(readers)} {'read' if len(readers) > 1 else 'reads'} it"
