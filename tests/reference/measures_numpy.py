"""Progress measures written from their definitions in numpy, float64, for one model at a time.

Nothing here is shared with grokterm.analysis: directions are explicit tables, transforms explicit sums.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def group(op: str, p: int) -> tuple[Ints, Ints, Ints]:
    """For a sum of angles: the residue a at angle i, the residue b at angle j, the answer at angle i + j."""
    if op in ("add", "subtract"):
        a = np.arange(p)
        return a, (a if op == "add" else (p - a) % p), a
    for g in range(1, p):
        powers = [1]
        while len(powers) < p - 1:
            powers.append(powers[-1] * g % p)
        if len(set(powers)) == p - 1:
            break
    a = np.array(powers)
    b = a if op == "multiply" else np.array([pow(int(x), p - 2, p) for x in a])
    return a, b, a


def over_group(logits: Floats, op: str) -> Floats:
    """Logits [p, p, p] as [n, n, p] over angles i and j."""
    a, b, _ = group(op, len(logits))
    return logits[a][:, b].astype(np.float64)


def wave(n: int, k: int) -> list[Floats]:
    """The unit vectors c_k and s_k [n]; c_{n/2} alone where 2k = n."""
    angle = 2 * np.pi * k * np.arange(n) / n
    found = [np.cos(angle)] + ([np.sin(angle)] if 2 * k != n else [])
    return [v / np.linalg.norm(v) for v in found]


def directions(n: int, k: int) -> list[Floats]:
    """The unit tables u_k^c and u_k^s [n, n] of cos w_k(i + j) and sin w_k(i + j)."""
    if 2 * k == n:
        (c,) = wave(n, k)
        return [np.outer(c, c)]
    c, s = wave(n, k)
    return [(np.outer(c, c) - np.outer(s, s)) / np.sqrt(2), (np.outer(s, c) + np.outer(c, s)) / np.sqrt(2)]


def project(table: Floats, keys: Iterable[int]) -> Floats:
    """P_K L = Σ_k Σ_u u⟨u, L⟩ for each output class, [n, n, p]."""
    found = np.zeros_like(table)
    for k in keys:
        for u in directions(len(table), k):
            found += u[:, :, None] * np.tensordot(u, table, axes=([0, 1], [0, 1]))
    return found


def losses(table: Floats, answers: Ints) -> Floats:
    """Cross-entropy [n, n] of logits [n, n, p]."""
    top = table.max(-1, keepdims=True)
    log_sum = np.log(np.exp(table - top).sum(-1)) + top[..., 0]
    found: Floats = log_sum - np.take_along_axis(table, answers[..., None], -1)[..., 0]
    return found


def answers(op: str, p: int) -> Ints:
    """The right answer of every pair of the group, [n, n]."""
    _, _, c = group(op, p)
    n = len(c)
    found: Ints = c[(np.arange(n)[:, None] + np.arange(n)) % n]
    return found


def restricted_loss(logits: Floats, op: str, keys: Iterable[int], train: npt.NDArray[np.bool_]) -> list[float]:
    """CE(P_K L + mean_ab L) over all, train and test pairs."""
    p = len(logits)
    table = over_group(logits, op)
    each = losses(project(table, keys) + table.mean((0, 1)), answers(op, p))
    a, b, _ = group(op, p)
    trained = train[a][:, b]
    return [float(each.mean()), float(each[trained].mean()), float(each[~trained].mean())]


def excluded_loss(logits: Floats, op: str, keys: Iterable[int], train: npt.NDArray[np.bool_]) -> float:
    """CE(L − P_K L) over the train pairs."""
    p = len(logits)
    table = over_group(logits, op)
    a, b, _ = group(op, p)
    return float(losses(table - project(table, keys), answers(op, p))[train[a][:, b]].mean())


def variance_share(logits: Floats, op: str, keys: Iterable[int]) -> float:
    """Share of the variance of the group's logits, each class about its mean, that Σ α_k cos w_k(i + j − c) fits."""
    p = len(logits)
    _, _, c = group(op, p)
    table = over_group(logits, op)[:, :, c]
    n = len(c)
    table = table - table.mean((0, 1))
    at = np.arange(n)
    distance = (at[:, None, None] + at[None, :, None] - at[None, None, :]).ravel()
    cosines = np.stack([np.cos(2 * np.pi * k * distance / n) for k in keys], 1)
    alpha = np.linalg.lstsq(cosines, table.ravel(), rcond=None)[0]
    left = table.ravel() - cosines @ alpha
    return float(1 - (left**2).sum() / (table**2).sum())


def gini(values: Floats) -> float:
    """Gini coefficient as the mean absolute difference of all pairs over twice the mean."""
    x = np.asarray(values, np.float64)
    return float(np.abs(x[:, None] - x[None, :]).mean() / (2 * x.mean()))


def spectrum(rows: Floats) -> Floats:
    """Norm over d of the components of rows [n, d] at k = 1 … n//2."""
    n = len(rows)
    return np.array([np.sqrt(sum(((v @ rows) ** 2).sum() for v in wave(n, k))) for k in range(1, n // 2 + 1)])


def frequency_shares(table: Floats) -> Floats:
    """Share of one neuron's centred two-dimensional Fourier variance [n, n] at k = 1 … n//2."""
    n = len(table)
    centred = np.asarray(table, np.float64) - table.mean()
    constant = np.full(n, 1 / np.sqrt(n))
    found = []
    for k in range(1, n // 2 + 1):
        basis = [constant, *wave(n, k)]
        found.append(sum((u @ centred @ v) ** 2 for u in basis for v in basis))
    shares: Floats = np.array(found) / (centred**2).sum()
    return shares


def distance_irrelevance(correct: Floats) -> float:
    """q from M[(i + j) mod n, (i − j) mod n], for odd n, of correct logits [n, n]."""
    n = len(correct)
    table = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            table[(i + j) % n, (i - j) % n] = correct[i, j]
    return float(np.mean(np.std(table, axis=0)) / np.std(table))


def circularity(embedding: Floats) -> float:
    """Mean over the first four principal components v of max_k (2/n)|Σ v_t e^{2πikt/n}|², for odd n."""
    n = len(embedding)
    centred = np.asarray(embedding, np.float64) - embedding.mean(0)
    values, vectors = np.linalg.eigh(centred @ centred.T)
    first = vectors[:, np.argsort(-values)[:4]]
    t = np.arange(n)
    found = []
    for v in first.T:
        powers = [2 / n * abs((v * np.exp(2j * np.pi * k * t / n)).sum()) ** 2 for k in range(1, n // 2 + 1)]
        found.append(max(powers))
    return float(np.mean(found))


def r_squared(features: Floats, target: Floats) -> float:
    """R² of the least-squares map with intercept from features [m, d] to a target [m]."""
    x = np.column_stack([features, np.ones(len(features))]).astype(np.float64)
    weights = np.linalg.lstsq(x, target, rcond=None)[0]
    return float(1 - ((target - x @ weights) ** 2).sum() / ((target - target.mean()) ** 2).sum())


def softmax_collapse(logits: npt.NDArray[np.float32]) -> float:
    """Share of samples [m, p] whose softmax sum is exactly 1 in the logits' float."""
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return float((powers.sum(-1, dtype=logits.dtype) == 1).mean())


def held_out(op: str, seen: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The pairs of the group [n, n] that were never trained on, nor their transposes where these have one answer."""
    p = len(seen)
    known = np.zeros_like(seen)
    for x in range(p):
        for y in range(p):
            known[x, y] = seen[x, y] or (op in ("add", "multiply") and seen[y, x])
    a, b, _ = group(op, p)
    found: npt.NDArray[np.bool_] = ~known[a][:, b]
    return found


def consensus_loss(logits: Floats, op: str, seen: npt.NDArray[np.bool_], keys: Iterable[int] | None = None) -> float:
    """Cross-entropy over held-out pairs of the mean logits of those with the same answer, or of waves in them."""
    p = len(logits)
    table, right, chosen = over_group(logits, op), answers(op, p), held_out(op, seen)
    n = len(right)
    at = np.add.outer(np.arange(n), np.arange(n)) % n
    there = [s for s in range(n) if chosen[at == s].any()]
    mean = np.zeros((n, p))
    for s in range(n):
        mean[s] = table[(at == s) & chosen].mean(0) if s in there else np.nan
    mean[[s for s in range(n) if s not in there]] = mean[there].mean(0)
    if keys is not None:
        kept = mean.mean(0)[None].repeat(n, 0)
        for k in keys:
            for v in wave(n, k):
                kept = kept + np.outer(v, v @ mean)
        mean = kept
    each = losses(mean[at], right)
    return float(each[chosen].mean())
