"""The replication of Nanda's run with tables of when it groks (seed 42), and how many heads it needs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Final

from grokterm.config import Value
from grokterm.presets import preset_values
from grokterm.reproductions.claims import Claim, Figures, Reproduction, Scale
from grokterm.reproductions.evidence import Evidence, SweepLog
from grokterm.reproductions.figures import share, step_of, steps_over
from grokterm.reproductions.rules import at_least, at_most, between, factor_of
from grokterm.reproductions.studies import Study, Swept, Trained

_SOURCE: Final = "replication with 23 views (atgugu)"
_STEP: Final = "grokked_step_95"
"""Its grokking step: test accuracy of 95 %."""
_NEVER: Final = math.inf
_TABLES: Final[dict[str, dict[float, float]]] = {
    "weight_decay": {0.01: _NEVER, 0.1: _NEVER, 0.3: 23_900, 0.5: 17_600, 1.0: 8350, 2.0: 3100, 5.0: 900},
    "lr": {1e-4: _NEVER, 3e-4: 20_400, 1e-3: 8350, 3e-3: 1500, 1e-2: 300},
    "train_fraction": {0.2: _NEVER, 0.3: 8350, 0.4: 1900, 0.5: 500, 0.7: 400},
}
"""First step with a test accuracy of 95 %, in 40,000."""
_NAMES: Final = {"weight_decay": "weight decay", "lr": "learning rate", "train_fraction": "training fraction"}
_QUICK: Final[Mapping[str, Value]] = {"p": 59, "train_fraction": 0.4, "max_steps": 8000, "measure_every": 0}
_SMALLER: Final = "p 59, fraction .4"
_PRODUCTS: Final = (("3e-3", "0.667"), ("1e-3", "2"), ("6.67e-4", "3"))


def studies(scale: Scale) -> Sequence[Study]:
    """A sweep for each table."""
    given = preset_values("replication")
    if scale.quick:
        small = {**given, **_QUICK}
        rates, decays = (",".join(column) for column in zip(*_PRODUCTS, strict=True))
        return [
            Swept("weight_decay", small, ("wd=1,2,5",)),
            Swept("lr", small, ("lr=1e-3,3e-3",)),
            Swept("train_fraction", small | {"weight_decay": 2.0}, ("frac=0.3,0.4,0.5,0.7",)),
            Swept("p", small | {"weight_decay": 2.0, "max_steps": 4000}, ("p=31,43,59,71",)),
            Swept("product", small, (f"lr={rates}", f"wd={decays}"), ("lr,wd",)),
        ]
    whole = given | {"max_steps": 40_000, "measure_every": 0}
    tables = [Swept(name, whole, (f"{name}={','.join(map(repr, table))}",)) for name, table in _TABLES.items()]
    run = Trained("run", given | {"until": 12_000}, seeds=1)
    return [run, *tables, Swept("p", whole, ("p=31,43,59,71,97,113",)), Swept("depth", whole, ("depth=1,3",))]


def claims(scale: Scale) -> Sequence[Claim]:
    """Of the tables as they are, or of how steps change from one value to another."""
    return _quick() if scale.quick else [*_milestones(), *_tables(), _law_of_p()]


def _quick() -> list[Claim]:
    return [
        _ratio("weight_decay", 1.0, 5.0, "9.3 (8,350 over 900)", 9.3),
        _ratio("weight_decay", 1.0, 2.0, "2.7 (8,350 over 3,100)", 2.7),
        _ratio("lr", 1e-3, 3e-3, "5.6 (8,350 over 1,500)", 5.6),
        _ratio("train_fraction", 0.3, 0.4, "4.4 (8,350 over 1,900)", 4.4),
        _ratio("train_fraction", 0.4, 0.5, "3.8 (1,900 over 500)", 3.8),
        _ratio("train_fraction", 0.5, 0.7, "1.25 (500 over 400)", 1.25),
        Claim(
            "steps to grok of p 59 over those of p 71",
            _SOURCE,
            "1.38 (p^−1.74)",
            steps_over("p", {"p": 59}, {"p": 71}, _STEP),
            "times",
            factor_of(1.38),
            "fraction .4, weight decay 2",
        ),
        Claim(
            "p 31 groks",
            _SOURCE,
            "never, nor up to p 43",
            share("p", p=31),
            "share",
            at_most(0, 0.34),
            "fraction .4, weight decay 2, 4,000 steps",
        ),
        Claim(
            "p 71 groks",
            _SOURCE,
            "always from p 59 on",
            share("p", p=71),
            "share",
            at_least(1, 0.66),
            "fraction .4, weight decay 2, 4,000 steps",
        ),
        Claim(
            "largest over smallest steps of three rates with one lr × wd",
            _SOURCE,
            "1.42 (8,350, 6,200 and 5,900)",
            _spread,
            "times",
            at_most(1.6, 2.5),
            f"{_SMALLER}; lr × wd of 2e-3",
        ),
    ]


def _ratio(table: str, one: float, other: float, published: str, ratio: float) -> Claim:
    words = f"steps to grok at {_NAMES[table]} {one:g} over those at {other:g}"
    figures = steps_over(table, {table: one}, {table: other}, _STEP)
    return Claim(words, _SOURCE, published, figures, "times", factor_of(ratio), _SMALLER)


def _spread(found: Evidence) -> list[float]:
    sweep = found.sweep("product")
    middles = [median(sweep.steps(_STEP, lr=float(rate))) for rate, _ in _PRODUCTS]
    return [max(middles) / min(middles)] if all(map(math.isfinite, middles)) else [math.nan]


def _milestones() -> list[Claim]:
    def of_run(words: str, published: str, step: float, event: Figures) -> Claim:
        return Claim(words, _SOURCE, published, event, "steps", factor_of(step))

    return [
        of_run(
            "train accuracy passes 99 %", "about 300", 300, lambda found: [found.runs("run")[0].step("memorized_step")]
        ),
        of_run("Σθ² is largest", "about 1,000", 1000, _norm_peak),
        of_run("test accuracy reaches 95 %", "8,350", 8350, step_of("run", _STEP)),
    ]


def _norm_peak(found: Evidence) -> list[float]:
    run = found.runs("run")[0]
    top = run.largest("sum_squared_weights")
    return [run.first_step("sum_squared_weights", lambda squares: squares >= top)]


def _tables() -> list[Claim]:
    found = []
    for table, published in _TABLES.items():
        for value, step in published.items():
            words = f"steps to grok at {_NAMES[table]} {value:g}"
            if math.isfinite(step):
                found.append(Claim(words, _SOURCE, f"{step:,.0f}", _steps_at(table, value), "steps", factor_of(step)))
            else:
                words = f"share that groks at {_NAMES[table]} {value:g} in 40,000 steps"
                found.append(Claim(words, _SOURCE, "never", share(table, **{table: value}), "share", at_most(0, 0.2)))
    return found


def _steps_at(table: str, value: float) -> Figures:
    return lambda found: found.sweep(table).steps(_STEP, **{table: value})


def _law_of_p() -> Claim:
    def exponent(found: Evidence) -> list[float]:
        return [slope(found.sweep("p"), (59, 71, 97, 113))]

    return Claim(
        "exponent of p in steps to grok", _SOURCE, "−1.74", exponent, "number", between(-2.6, -1.0, -3.5, -0.5)
    )


def slope(sweep: SweepLog, moduli: Sequence[int]) -> float:
    """Of log steps on log p through medians; NaN where half of the runs of one never groks."""
    middles = [median(sweep.steps(_STEP, p=p)) for p in moduli]
    if not all(map(math.isfinite, middles)):
        return math.nan
    x, y = [math.log(p) for p in moduli], [math.log(step) for step in middles]
    centre = sum(x) / len(x)
    return sum((one - centre) * other for one, other in zip(x, y, strict=True)) / sum((one - centre) ** 2 for one in x)


def _head_studies(scale: Scale) -> Sequence[Study]:
    small: Mapping[str, Value] = {"p": 59, "train_fraction": 0.4, "weight_decay": 2.0, "max_steps": 8000}
    own = small if scale.quick else {"max_steps": 40_000}
    return [Swept("heads", {**preset_values("head-count"), **own, "measure_every": 0}, ("heads=1,4",))]


def _head_claims(scale: Scale) -> Sequence[Claim]:
    figures = steps_over("heads", {"heads": 4}, {"heads": 1}, _STEP)
    note = "p 59, fraction .4, weight decay 2" if scale.quick else ""
    words = "steps to grok with four heads over those with one"
    return [Claim(words, _SOURCE, "1.4 to 2.9", figures, "times", between(1.2, 3.2, 0.95, 4.5), note)]


_WHY_HEAD_COUNT: Final = (
    "p 59 in place of 113, a fraction of .4 and weight decay 2, so that it takes minutes. The ratio spreads "
    "over seeds here as over set-ups there."
)
_WHY_REPLICATION: Final = (
    "p 59 and a fraction of .4 in place of 113 and .3, one seed, and ratios in place of steps: exponents "
    "differ with p and fraction, more so near the edge at which nothing groks."
)
REPRODUCTIONS: Final = (
    Reproduction(
        "replication",
        "when the transformer groks, by decay, rate, fraction and p",
        _SOURCE,
        studies,
        claims,
        quick_seeds=1,
        why=_WHY_REPLICATION,
    ),
    Reproduction(
        "head-count",
        "one head groks sooner than four",
        _SOURCE,
        _head_studies,
        _head_claims,
        quick_seeds=3,
        why=_WHY_HEAD_COUNT,
    ),
)
