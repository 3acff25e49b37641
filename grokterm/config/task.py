"""The settings of a task."""

from __future__ import annotations

from dataclasses import dataclass

from grokterm.config.setting import setting
from grokterm.config.tasks import TaskName


@dataclass(frozen=True, kw_only=True, init=False, repr=False, eq=False)  # what it needs of these Config makes
class TaskSettings:
    """What is learned, and its split."""

    p: int = setting(97, "Task", "starts a new run", "Modulus of the table, 3 to 1,999.", ge=3, le=1999)
    op: str = setting(
        "add",
        "Task",
        "starts a new run",
        "Operation on the residues a and b, taken mod p: add, subtract, multiply, divide (needs a prime p), a formula "
        "such as a^2 + 3ab or a/b if b odd else a-b, min, max, |a-b|; or in a group: s5, d59, z7xz13, s5-conjugate. "
        "With a letter c, of three inputs.",
        label="operation",
    )
    task: TaskName = setting(
        "table",
        "Task",
        "starts a new run",
        "What is learned: table (the operation on residues), sum (a + b + c … mod p, of k inputs) or parity (the "
        "product of k secret ones among n coordinates ±1).",
    )
    k: int = setting(
        3,
        "Task",
        "starts a new run",
        "Inputs of a sum, at most 4,000,000 tuples of them; secret coordinates of a parity, 1 to n.",
        ge=1,
        le=1000,
    )
    n: int = setting(40, "Task", "starts a new run", "Coordinates of a parity, 10 to 1,000.", ge=10, le=1000)
    train_size: int = setting(
        1000,
        "Task",
        "at once",
        "Training points of a parity, 1 to 100,000; 1,000 other ones test it. Smaller sets lie in larger.",
        label="training points",
        short="points",
        ge=1,
        le=100_000,
    )
    train_fraction: float = setting(
        0.5,
        "Task",
        "at once",
        "Share of all pairs that is trained on, between 0 and 1; the rest is the test set. Smaller sets lie in larger.",
        short="fraction",
        gt=0,
        lt=1,
        aliases=("frac",),
    )
    corrupt: float = setting(
        0.0,
        "Task",
        "at once",
        "Share of the training pairs with a seeded wrong label, 0 to 1; train accuracy counts the labels trained on.",
        label="wrong labels",
        ge=0,
        le=1,
    )
    seed: int = setting(
        0,
        "Task",
        "starts a new run",
        "Seed of the split, the wrong labels, the initial weights and the order of batches.",
        ge=0,
        le=2**63 - 1,
    )
