"""Whole numbers mod p: primes, logarithms and inverses."""

from __future__ import annotations

import math
from functools import cache
from typing import Literal

Basis = Literal["residues", "discrete logarithms", "representations", "none"]
"""Over what the spectrum of an operation is taken; none where it neither adds angles nor multiplies in a group."""


def is_prime(n: int) -> bool:
    """Whether n is a prime number."""
    return n > 1 and all(n % d for d in range(2, math.isqrt(n) + 1))


def nearest_primes(p: int) -> tuple[int, int]:
    """The two primes nearest to p, the smaller one first."""
    near = sorted(range(2, 2 * p + 9), key=lambda n: (abs(n - p), n))
    first, second = sorted([n for n in near if is_prime(n)][:2])
    return first, second


@cache
def discrete_logarithms(p: int) -> tuple[int, ...]:
    """Residues g^0, g^1, … g^(p−2) mod p for the smallest generator g of a prime p.

    A table indexed by them, `rows[list(discrete_logarithms(p))]`, is a table over logarithms. Raises ValueError where
    p is not a prime.
    """
    if not is_prime(p):
        raise ValueError(f"{p} is not a prime, so its residues have no discrete logarithms")
    order = p - 1
    divisors = [q for q in range(2, order + 1) if order % q == 0 and is_prime(q)]
    g = next(g for g in range(1, p) if all(pow(g, order // q, p) != 1 for q in divisors))
    return tuple(pow(g, i, p) for i in range(order))


@cache
def inverses(p: int) -> tuple[int, ...]:
    """The inverse mod p of every residue, 0 where there is none."""
    return tuple(pow(n, -1, p) if math.gcd(n, p) == 1 else 0 for n in range(p))
