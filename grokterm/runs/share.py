"""A run as one line of text: its configuration and changes, and what its parameters came to."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from itertools import accumulate
from typing import Any, Final

import msgspec

from grokterm.config import Config, Value
from grokterm.config.plugins import LOADED, SHORTEST
from grokterm.errors import GroktermError, PluginNeededError
from grokterm.runs.changes import plan_change, with_floats
from grokterm.runs.circumstances import Circumstances
from grokterm.spelling import SHARED_RUN
from grokterm.surgery import Ablation
from grokterm.wire.records import Rewind

LINE_FORMAT: Final = 1
"""Version of the line, after its first word; a greater one is refused.

Settings are written where they are not what a new run begins with: where that changes, so does this.
"""
DIGEST_BYTES: Final = 8
OWN_OF_THE_TRAINER: Final = ("pace", "until", "max_steps", "on_trouble")
"""Settings that no step depends on, which a line leaves to whoever trains it."""
_LONGEST: Final = 2**16
"""Characters of a line; and four times as many bytes of what is in it."""
_PLUGIN: Final = re.compile(rf"[0-9a-f]{{{SHORTEST}}}|[\w.+-]{{1,80}} [\w.+-]{{1,40}} [\w-]{{1,40}}", re.ASCII)
_LAST_STEP: Final = 10**12
_NAMES: Final = (
    "task op p k n train_size corrupt arch width d_model heads depth layer_norm activation classes init init_scale "
    "bias tied positional sequence causal attention_rate loss temperature l1 dropout jacobian optimizer beta1 momentum "
    "nesterov muon_lr decay_to norm_clamp filter ema_alpha ema_lambda ma_window ma_lambda warmup warmup_from precision "
    "device log_every measure_every batch_size train_fraction beta2 epsilon seed weight_decay lr"
)
_WORDS: Final = (
    "eos-a-op-b-equals closed-form sinusoidal parity sum table s5 subtract multiply divide add all p+1 pre post on off "
    "float64 cuda:0 mps bfloat16 float32 full quadratic gelu relu residual-mlp one-hot transformer mlp stablemax hinge "
    "mse cross-entropy grokfast-ma grokfast-ema orthograd none signsgd lion muon sgd adam adamw cpu"
)
DICTIONARY: Final = (
    ',false,{"frequencies":[],"only":false,"neurons":[],"heads":[]},null,{"step":,"changes":'
    + "".join(f'"{word}",' for word in _WORDS.split())
    + "".join(f',{{"{name}":0.0' for name in _NAMES.split())
).encode()
"""What compression begins with; part of the format, so that it stays as it is when words are added to grokterm."""


class ShareError(GroktermError):
    """A line that is no run: torn, altered, or of a newer grokterm."""


class SharedChange(msgspec.Struct, frozen=True, array_like=True):
    """A change of a shared run."""

    steps: int
    """Since the change before, or the start."""
    values: dict[str, Value]
    keep: bool = False
    ablation: Ablation | None = None
    rewind: Rewind | None = None
    """The place whose model is taken again; its `changes` are of those in the line."""


class Share(msgspec.Struct, frozen=True):
    """What a line holds."""

    config: Config
    """With which the run begins."""
    changes: tuple[SharedChange, ...]
    step: int
    """Up to which it is shared."""
    digest: bytes
    """Of the parameters there, after all changes: `parameters_digest`."""
    circumstances: Circumstances | None = None
    """On what it was trained; None where that is not known, or changed on the way."""
    memorized: int | None = None
    grokked: int | None = None
    """Steps of these milestones, up to `step`."""
    plugins: tuple[str, ...] = ()
    """The hashes, first digits, of the plugins that it was made with; of installed ones distribution, version, name."""

    @property
    def steps(self) -> tuple[int, ...]:
        """The step of each change."""
        return tuple(accumulate(change.steps for change in self.changes))


class _Written(msgspec.Struct, frozen=True, array_like=True):
    """What is compressed."""

    settings: dict[str, Value]
    changes: tuple[tuple[Any, ...], ...]
    step: int
    circumstances: Circumstances | None = None
    memorized: int | None = None
    grokked: int | None = None
    plugins: tuple[str, ...] = ()


def write_line(share: Share) -> str:
    """The line of a run; raises ShareError where it would be longer than is read."""
    changes = tuple(_trimmed(msgspec.to_builtins(change), [..., ..., False, None, None]) for change in share.changes)
    fields = [_settings(share.config), changes, share.step, share.circumstances, share.memorized, share.grokked]
    written = msgspec.json.encode(_whole(_trimmed([*fields, share.plugins], [..., ..., ..., None, None, None, ()])))
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, DICTIONARY)
    body = share.digest + compressor.compress(written) + compressor.flush()
    sealed = zlib.crc32(body).to_bytes(4, "big") + body
    line = f"grok{LINE_FORMAT}:" + base64.urlsafe_b64encode(sealed).decode().rstrip("=")
    if len(line) > _LONGEST or len(written) > 4 * _LONGEST:
        raise ShareError(f"the run cannot be shared: its line would have {len(line):,} characters")
    return line


def read_line(text: str) -> Share:
    """The run in a line; raises ShareError, PluginNeededError, ConfigError where there can be no such run."""
    line = text.strip()
    begins = SHARED_RUN.match(line)
    if begins is None:
        raise ShareError(f"a shared run begins with grok{LINE_FORMAT}:, and this line does not")
    if int(begins[1]) > LINE_FORMAT:
        raise ShareError(f"the line was made by a newer grokterm (grok{begins[1]}): upgrade grokterm to read it")
    digest, written = _unsealed(line, begins)
    for plugin in written.plugins:
        _check_plugin(plugin)
    changes = tuple(_change(fields) for fields in written.changes)
    config = Config.starting(with_floats(written.settings))
    share = Share(
        config=config,
        changes=changes,
        step=written.step,
        digest=digest,
        circumstances=written.circumstances,
        memorized=written.memorized,
        grokked=written.grokked,
        plugins=written.plugins,
    )
    _check(share)
    return share


def _unsealed(line: str, begins: re.Match[str]) -> tuple[bytes, _Written]:
    """Digest and content of a line that is as it was made; raises ShareError."""
    torn = ShareError("the line is torn or altered: copy it whole, in one piece")
    coded = line[begins.end() :]
    if begins[0] != f"grok{LINE_FORMAT}:" or len(line) > _LONGEST:
        raise torn
    try:
        sealed = base64.b64decode(coded + "=" * (-len(coded) % 4), b"-_", validate=True)
        whole = base64.urlsafe_b64encode(sealed).decode().rstrip("=") == coded
        if not whole or len(sealed) < 4 + DIGEST_BYTES or zlib.crc32(sealed[4:]) != int.from_bytes(sealed[:4], "big"):
            raise torn
        inflate = zlib.decompressobj(-15, DICTIONARY)
        text = inflate.decompress(sealed[4 + DIGEST_BYTES :], 4 * _LONGEST)
        if not inflate.eof or inflate.unused_data:
            raise torn
        return sealed[4 : 4 + DIGEST_BYTES], msgspec.json.decode(text, type=_Written)
    except (binascii.Error, ValueError, zlib.error, msgspec.MsgspecError, RecursionError):
        raise torn from None


def _settings(config: Config) -> dict[str, Value]:
    """The settings that are not those with which a run of this task, architecture, optimizer and loss begins."""
    values = config.as_dict()
    chosen = {name: values[name] for name in ("task", "arch", "optimizer", "loss")}
    first = Config.starting({"task": values["task"]}).as_dict() | {"task": Config().task}
    start = Config.starting(chosen).as_dict() | {name: first[name] for name in chosen}
    return {n: value for n, value in values.items() if n not in OWN_OF_THE_TRAINER and value != start[n]}


def _check(share: Share) -> None:
    """Raises ShareError, ConfigError where no run can have done what a line says."""
    steps, numbers = share.steps, (share.step, share.memorized or 0, share.grokked or 0)
    if any(not 0 <= number <= _LAST_STEP for number in numbers) or any(change.steps < 0 for change in share.changes):
        raise ShareError("the line has steps that no run has")
    if any(step > share.step for step in steps):
        raise ShareError("the line has a change after the step up to which it is shared")
    for at, change in enumerate(share.changes):
        if change.values.keys() & set(OWN_OF_THE_TRAINER):
            raise ShareError("the line changes settings that it leaves to whoever trains it")
        if (place := change.rewind) is not None and not _was_at(place, steps[:at], steps[at]):
            raise ShareError(f"the line goes back to step {place.step:,}, where its run never was")
    config = share.config
    for step, change in zip(steps, share.changes, strict=True):
        plan = plan_change(config, step, change.values, change.ablation, change.rewind)
        if not plan.changes:
            raise ShareError(f"the line has a change at step {step:,} that changes nothing")
        config = plan.config


def _was_at(place: Rewind, steps: tuple[int, ...], now: int) -> bool:
    """Whether a run with these changes behind it was at a step with so many of them made."""
    if not 0 <= place.changes <= len(steps):
        return False
    bounds = (0, *steps, now)
    return bounds[place.changes] <= place.step <= bounds[place.changes + 1]


def _check_plugin(plugin: str) -> None:
    """Raises PluginNeededError unless this process has loaded it."""
    if not _PLUGIN.fullmatch(plugin):
        raise ShareError("the line names a plugin that can be none")
    if any(key.startswith(plugin) for key in LOADED):
        return
    if " " in plugin:
        distribution, version, name = plugin.split(" ")
        raise PluginNeededError(
            f"the shared run was made with the plugin {name} of {distribution} {version}: give --plugin {name}"
        )
    raise PluginNeededError(
        f"the shared run was made with a plugin that a line does not hold, its SHA-256 begins with {plugin}: "
        "give --plugin and that file"
    )


def _change(fields: tuple[Any, ...]) -> SharedChange:
    try:
        return msgspec.convert(fields, SharedChange)
    except msgspec.ValidationError:
        raise ShareError("the line has a change that cannot be read") from None


def _whole(value: Any) -> Any:
    """The same with whole floats as whole numbers, which are shorter."""
    match value:
        case float():
            return int(value) if value == int(value) and abs(value) < 1e15 else value
        case dict():
            return {name: _whole(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_whole(inner) for inner in value]
    return value


def _trimmed(fields: list[Any], defaults: list[Any]) -> list[Any]:
    """Fields without those at their end that are the defaults."""
    count = max((at + 1 for at, pair in enumerate(zip(fields, defaults, strict=True)) if pair[0] != pair[1]), default=0)
    return fields[:count]
