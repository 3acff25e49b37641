"""How the screen writes a run in a few words: task, model, optimizer, split, numbers and times."""

from __future__ import annotations

from typing import Final

from grokterm.config import Config, Value, label, short_label
from grokterm.consistency import pair_count
from grokterm.operations import FORMULAS
from grokterm.optimizers import FILTERS, OPTIMIZERS

_LABEL: Final = 16
"""Characters of the longest name of a setting in a dialog."""


def setting(name: str) -> str:
    """A setting as a person reads it, as dialogs have room for it: weight_decay → weight decay."""
    return label(name) if len(label(name)) <= _LABEL else short_label(name)


def number(value: float) -> str:
    """A number as short as it goes: 1e-3, 0.05, 2, 1,000."""
    if value == 0:
        return "0"
    if abs(value) < 0.01:
        digits, _, exponent = f"{value:.3e}".partition("e")
        return f"{digits.rstrip('0').rstrip('.')}e{int(exponent)}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def spelled(value: Value) -> str:
    """The value of a setting as the screen writes it."""
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else number(value)


def task(config: Config) -> str:
    """The task: `a + b mod 97`."""
    return f"{FORMULAS[config.op]} mod {config.p}"


def model(config: Config) -> tuple[str, str, str]:
    """Architecture and size at length, shorter, and as one word."""
    extra = [f"× {config.depth}"] if config.depth > 1 else []
    extra += [config.activation] if config.activation != "relu" else []
    extra += [f"{config.layer_norm}-norm"] if config.layer_norm != "none" else []
    extra += ["p+1 classes"] if config.classes == "p+1" else []
    if config.arch == "mlp":
        long = short = f"mlp {config.width}"
    elif config.arch == "embed-mlp":
        long, short = f"embed-mlp {config.d_model} → {config.width}", f"embed-mlp {config.width}"
    else:
        long = f"transformer {config.d_model}, {config.heads} heads, mlp {config.width}"
        short = f"transformer {config.d_model}"
    return " ".join([long, *extra]), short, config.arch


def optimizer(config: Config) -> str:
    """Filter and optimizer as they are written in papers."""
    filtered = "" if config.filter == "none" else f"{FILTERS[config.filter].title} "
    return filtered + OPTIMIZERS[config.optimizer].title


def split(config: Config) -> tuple[str, str]:
    """The training share of the pairs, long and short, and how many of their labels are wrong."""
    share = f"{100 * config.train_fraction:.4g} %"
    wrong = f", {100 * config.corrupt:.4g} % wrong" if config.corrupt else ""
    return f"{share} of {pair_count(config.p, config.op):,} pairs{wrong}", share + wrong


def clock(seconds: float) -> str:
    """A time as 0:07 or 1:02:03."""
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def percent(share: float) -> str:
    """A share as 34.2 %; never rounded up to 100.0 %."""
    tenths = min(int(share * 1000 + 0.5), 1000)
    return f"{(999 if tenths == 1000 and share < 1 else tenths) / 10:.1f} %"


def rate(steps_per_second: float) -> str:
    """Steps a second: 7.3/s, 212/s, 12,400/s; nothing while no steps are taken."""
    if steps_per_second <= 0:
        return ""
    return f"{steps_per_second:.1f}/s" if steps_per_second < 10 else f"{steps_per_second:,.0f}/s"


def count(steps: int) -> str:
    """Steps where there is little room: 1,420, 12.3k, 4.56M."""
    if steps < 10_000:
        return f"{steps:,}"
    return f"{steps / 1e3:.3g}k" if steps < 999_500 else f"{steps / 1e6:.3g}M"


def typed(value: Value) -> str:
    """The value of a setting as a person would type it, without losing a digit."""
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)
