"""Where the watchman goes back to, and what it changes there."""

from __future__ import annotations

from typing import Final

import torch

from grokterm.config import Config, Value
from grokterm.config.optimizers import idle_setting
from grokterm.errors import ConfigError, RunFolderError
from grokterm.lab.engine import Engine
from grokterm.lab.engine_checks import check_state
from grokterm.runs.checkpoints import list_checkpoints, load_checkpoint, parse_name
from grokterm.runs.folder import RunFolder
from grokterm.runs.log_index import LogIndex
from grokterm.training.watchman import Watchman
from grokterm.troubles import Trouble
from grokterm.wire.records import Rewind

SLOWER: Final = 0.5
"""Times the learning rate that training goes on with."""
EPSILON: Final = 10.0
"""Times ε, after slingshots."""


def newest_good(folder: RunFolder, log: LogIndex, watchman: Watchman, engine: Engine) -> Rewind | None:
    """The place of the newest checkpoint at a good step whose state fits the present model; None without one."""
    expected = engine.state_dict()
    for path in reversed(list_checkpoints(folder.checkpoint_folder)):
        if not watchman.is_good(parse_name(path)[0]):
            continue
        try:
            info, arrays = load_checkpoint(path)
            if not log.leads_to(info):
                continue
            check_state(expected, {name: torch.from_numpy(array.copy()) for name, array in arrays.items()})
        except (RunFolderError, ConfigError):
            continue
        return Rewind(info.step, info.changes)
    return None


def cure_for(trouble: Trouble, config: Config) -> dict[str, Value]:
    """The settings with which training goes on: ten times ε where that helps and there is one, else half the rate."""
    if trouble.cure == "epsilon" and not idle_setting("epsilon", config.optimizer, config.filter):
        return {"epsilon": min(1.0, float(f"{EPSILON * config.epsilon:.12g}"))}
    rates = ("lr", "muon_lr") if config.optimizer == "muon" else ("lr",)
    return {name: SLOWER * float(getattr(config, name)) for name in rates}
