"""A run as event files that TensorBoard opens."""

from __future__ import annotations

import io
import json
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from grokterm import durable
from grokterm.errors import MissingPackageError
from grokterm.export.run_table import SQUARED, RunTable
from grokterm.runs.history import History

_TEXT = "text"
"""The plugin of TensorBoard that shows words."""


def write(folder: Path, table: RunTable, history: History) -> None:
    """Writes one event file into a folder; raises MissingPackageError without the package tensorboard, OSError.

    Scalars stand under the kind of their records, `scalars/test_loss`; times are those of training, pauses left out.
    """
    path = folder / f"events.out.tfevents.{int(_started(history)):010d}.grokterm"
    durable.write(path, _events(table, history), path.with_name(f".{path.name}.part"))


def tag_of(table: RunTable, column: str) -> str:
    """As what TensorBoard lists a column."""
    return f"{table.groups[column]}/{column.removeprefix(f'{SQUARED}.')}"


def _events(table: RunTable, history: History) -> bytes:
    event, summary, tensor, writer = _modules()
    file, started = io.BytesIO(), _started(history)
    records = writer.RecordWriter(file)

    def add(step: int, seconds: float, **what: Any) -> None:
        record = event.Event(wall_time=started + seconds, step=step, **what)
        records.write(record.SerializeToString())

    def words(tag: str, text: str) -> Any:
        plugin = summary.SummaryMetadata.PluginData(plugin_name=_TEXT)
        value = summary.Summary.Value(
            tag=tag,
            metadata=summary.SummaryMetadata(plugin_data=plugin),
            tensor=tensor.TensorProto(dtype="DT_STRING", string_val=[_as_code(text)]),
        )
        return summary.Summary(value=[value])

    add(0, 0.0, file_version="brain.Event:2")
    config = json.dumps(history.first_config.as_dict(), indent=1)
    add(0, 0.0, summary=words("config", config))
    tags = {name: tag_of(table, name) for name in table.columns}
    for row, step in enumerate(table.steps.tolist()):
        numbers = table.numbers(row)
        values = [summary.Summary.Value(tag=tags[name], simple_value=number) for name, number in numbers.items()]
        add(step, numbers.get("seconds", 0.0), summary=summary.Summary(value=values))
    told = [(one.step, one.words) for one in history.events] + [(one.step, one.words) for one in history.changes]
    for step, said in sorted(told, key=lambda one: one[0]):
        add(step, 0.0, summary=words("events", f"step {step:,}: {said}"))
    return file.getvalue()


def _started(history: History) -> float:
    """When the run began, in seconds since 1970."""
    return min((session.time for session in history.sessions), default=0.0)


def _as_code(text: str) -> bytes:
    """Words as Markdown that shows them as they are."""
    return "".join(f"    {line}\n" for line in text.splitlines()).encode()


def _modules() -> tuple[ModuleType, ModuleType, ModuleType, ModuleType]:
    """The messages of event files, and what frames them."""
    protos = "tensorboard.compat.proto"
    names = (f"{protos}.event_pb2", f"{protos}.summary_pb2", f"{protos}.tensor_pb2")
    try:
        event, summary, tensor = (import_module(name) for name in names)
        return event, summary, tensor, import_module("tensorboard.summary.writer.record_writer")
    except ImportError:
        raise MissingPackageError(
            "event files need tensorboard, which is not installed: pip install 'grokterm[tensorboard]', or export csv"
        ) from None
