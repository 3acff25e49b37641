"""What a forecast is made from, in people's words; needs no numpy."""

from __future__ import annotations

from typing import Final

SOURCES: Final[dict[str, tuple[str, ...]]] = {
    "test loss against ln p, against its highest, and its slope": (
        "test loss over ln p",
        "log of test loss over its highest",
        "slope of log test loss",
    ),
    "the Gini coefficient of the embedding and its slope": ("gini", "gini over the first", "slope of gini"),
    "Σθ² against its first and its highest, and its slope": (
        "log of squared weights over the first",
        "log of squared weights over their highest",
        "slope of log squared weights",
    ),
    "train loss and its slope": ("log train loss", "slope of log train loss"),
    "test accuracy and its slope": ("test accuracy", "slope of test accuracy"),
    "the step, and that of memorization": (
        "log step",
        "log memorized step",
        "log of step over memorized step",
    ),
    "learning rate × weight decay × step": (
        "log lr",
        "log weight decay",
        "no weight decay",
        "log of lr x weight decay x step",
    ),
    "the training fraction, and the training pairs against p ln p": (
        "train fraction",
        "log p",
        "log of training pairs over p ln p",
    ),
    "wrong labels": ("corrupt",),
    "the architecture, its width, and epsilon": ("embedding", "attention", "log width", "log epsilon"),
}
"""The measures and settings that a person knows, each with the features that are made of it."""
SENTENCE: Final = (
    f"The forecast is made from {'; '.join(SOURCES)}. Slopes are those since the step 1.25 times smaller. "
    "It is an estimate, fitted on a library of runs, and no promise."
)
"""All of them."""
BRIEFLY: Final = (
    "An estimate from test and train loss, test accuracy, Gini, Σθ², lr × wd × step and the setting, fitted on a "
    "library of runs: ? tells more."
)
"""The same where there is little room."""
