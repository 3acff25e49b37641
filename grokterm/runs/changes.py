"""Changes of a run: what each does, whether it can be done, and how people say it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from grokterm.config import Config, Value, field_type, label, settings
from grokterm.config.architectures import idle_in
from grokterm.config.losses import idle_in_loss
from grokterm.config.optimizers import idle_setting
from grokterm.config.tasks import idle_in_task
from grokterm.errors import ConfigError
from grokterm.number_format import spelled
from grokterm.surgery import Ablation, check_ablation
from grokterm.wire.records import CHANGE_FORMAT, Change, Rewind


@dataclass(frozen=True, slots=True)
class Plan:
    """A change that can be made."""

    config: Config
    """The configuration after it."""
    values: dict[str, Value]
    """The settings that differ, new."""
    old: dict[str, Value]
    rebuilds: bool
    """Whether the model is built anew."""
    trains: bool
    """Whether anything but pace and goal differs."""
    words: str
    ablation: Ablation | None = None
    """The parts that are taken out of the model."""
    rewind: Rewind | None = None
    """The place of the run whose model is taken again."""

    @property
    def changes(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.values) or self.ablation is not None or self.rewind is not None

    @property
    def keeps_model(self) -> bool:
        """Whether the weights stay as they are."""
        return not (self.rebuilds or self.ablation or self.rewind)

    def record(self, step: int, keep: bool, by: str) -> Change:
        """The record of this change, made now at `step` by `by`."""
        return Change(
            step=step,
            values=self.values,
            old=self.old,
            rebuilt=self.rebuilds,
            keep=keep and self.rebuilds,
            words=self.words,
            by=by,
            time=time.time(),
            format=CHANGE_FORMAT,
            ablation=self.ablation,
            rewind=self.rewind,
        )


def plan_change(
    config: Config,
    step: int,
    values: Mapping[str, Value],
    ablation: Ablation | None = None,
    rewind: Rewind | None = None,
) -> Plan:
    """What a change of settings, surgery, or taking a model of before again would do at `step`.

    Raises ConfigError where it cannot be made.
    """
    new = config.changed(with_floats(values))
    changed = {name: value for name, value in new.as_dict().items() if value != config.as_dict()[name]}
    for name, value in changed.items():
        if settings()[name].acts == "starts a new run":
            raise ConfigError(f"{label(name)} cannot change while a run trains: {spelled(value)} needs a new run")
        if idle := idle_in_task(name, new.task):
            raise ConfigError(f"{label(name)} {idle}")
        idle = idle_in(name, new.arch)
        if idle and config.arch == new.arch:
            raise ConfigError(f"{label(name)} {idle}")
        idle = idle_setting(name, new.optimizer, new.filter)
        if idle and (config.optimizer, config.filter) == (new.optimizer, new.filter):
            raise ConfigError(f"{label(name)} {idle}")
        idle = idle_in_loss(name, new.loss)
        if idle and config.loss == new.loss:
            raise ConfigError(f"{label(name)} {idle}")
    _check_goal(new, step, changed)
    old = {name: config.as_dict()[name] for name in changed}
    words = [f"back to the model of step {rewind.step:,}"] if rewind else []
    words += [f"{label(name)} {spelled(old[name])} → {spelled(changed[name])}" for name in changed]
    ablation = ablation if ablation and ablation.parts else None
    if ablation:
        check_ablation(new, ablation)
        words.append(f"taken out: {ablation.words(new)}")
    return Plan(
        config=new,
        values=changed,
        old=old,
        rebuilds=any(settings()[name].acts == "rebuilds the model" for name in changed),
        trains=bool(ablation or rewind) or any(settings()[name].group != "Run" for name in changed),
        words=", ".join(words),
        ablation=ablation,
        rewind=rewind,
    )


def with_followers(config: Config, values: Mapping[str, Value]) -> dict[str, Value]:
    """What a person asks for and, with another architecture, what follows it (`Config.following`); raises ConfigError.

    Not for what a log tells, which is all that was changed.
    """
    if "arch" not in values or values["arch"] == config.arch:
        return dict(values)
    arch = config.changed({"arch": values["arch"]}).arch
    return config.following(arch) | dict(values)


def with_floats(values: Mapping[str, Value]) -> dict[str, Value]:
    """Whole numbers as floats where the setting is a float, so that one value has one form in the log."""
    return {name: float(value) if _is_float(name) and type(value) is int else value for name, value in values.items()}


def _is_float(name: str) -> bool:
    return name in settings() and float in (field_type(name), *get_args(field_type(name)))


def _check_goal(config: Config, step: int, changed: Mapping[str, Value]) -> None:
    for name in ("until", "max_steps"):
        goal = changed.get(name)
        if isinstance(goal, int) and goal <= step:
            raise ConfigError(f"{label(name)} {goal:,} is behind: this run is at step {step:,}")
