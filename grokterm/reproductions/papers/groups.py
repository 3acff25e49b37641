"""Chughtai, Chan, Nanda 2023 (arXiv:2302.03025): composition in S₅ by irreducible representations."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from grokterm.presets import preset_values
from grokterm.reproductions.claims import Claim, Reproduction, Scale
from grokterm.reproductions.evidence import RunLog
from grokterm.reproductions.rules import Rule, Unit, at_least, at_most, between
from grokterm.reproductions.studies import Study, Trained

_PAPER: Final = "Chughtai et al. 2023 (2302.03025)"
_ORDER: Final = 120


def studies(scale: Scale) -> Sequence[Study]:
    """Their network on ab in S₅, or the preset, which groks sooner."""
    given = preset_values("s5") | {"measure_every": 100}
    if scale.quick:
        return [Trained("run", given | {"until": 4000})]
    theirs = {"train_fraction": 0.4, "d_model": 256, "width": 128, "lr": 1e-3, "until": 250_000, "measure_every": 1000}
    return [Trained("run", given | theirs)]


def claims(scale: Scale) -> Sequence[Claim]:
    """Of accuracy, of the representations that are key, and of the losses with and without them."""

    def claim(words: str, published: str, of_run: Callable[[RunLog], float], unit: Unit, rule: Rule) -> Claim:
        return Claim(words, f"{_PAPER}, 5", published, lambda found: list(map(of_run, found.runs("run"))), unit, rule)

    return [
        claim("test accuracy at the end", "100 %", lambda run: run.last("test_accuracy"), "share", at_least(0.99, 0.9)),
        claim("key irreducible representations", "1 to 4 of 7", lambda run: float(len(run.keys)), "number",
              between(1, 4, 1, 5)),
        claim("share of the embeddings' norm in the key ones", "almost all", _key_share, "share", at_least(0.8, 0.6)),
        claim("restricted loss on test pairs", "that of the model or lower",
              lambda run: run.last("restricted_test_loss"), "number", at_most(0.1, 0.5)),
        claim("excluded loss over ln 120", "about 1 or above",
              lambda run: run.last("excluded_loss") / math.log(_ORDER), "times", at_least(0.8, 0.5)),
        claim("variance of the logits that characters of the key ones explain", "93 to 99 %",
              lambda run: run.last("variance_share"), "share", at_least(0.85, 0.7)),
    ]  # fmt: skip


def _key_share(run: RunLog) -> float:
    """Of the squares of the norms of the last logged spectrum."""
    rows = run.history.spectra.rows
    if not len(rows) or not run.keys:
        return math.nan
    squares = rows[-1].astype("float64") ** 2
    return float(sum(squares[key - 1] for key in run.keys) / squares.sum())


_WHY: Final = (
    "The network is smaller than that of the paper (64 and 256 in place of 256 and 128) and trains for 4,000 "
    "steps in place of 250,000. Key representations are estimated from the norms of the embeddings: in one of "
    "two seeds four of them stand out and the estimate keeps two, so that what is excluded leaves enough to "
    "answer, and characters of the two explain a third of the variance."
)
REPRODUCTION: Final = Reproduction(
    "s5", "composition in S₅ by few irreducible representations", _PAPER, studies, claims, quick_seeds=2, why=_WHY
)
