"""How far a run has come, by its log and its checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from grokterm.errors import RunFolderError
from grokterm.runs.checkpoints import list_checkpoints, parse_name, read_info
from grokterm.runs.folder import RunFolder
from grokterm.runs.log_index import LogIndex
from grokterm.wire.records import Record


def last_step(folder: RunFolder, records: Sequence[Record]) -> int:
    """The last step in the log or of a checkpoint that the log leads to; 0 where there is neither."""
    logged = max((record.step for record in records), default=0)
    log = LogIndex(records)
    for path in reversed(list_checkpoints(folder.checkpoint_folder)):
        if parse_name(path)[0] <= logged:
            break
        with suppress(RunFolderError):
            info = read_info(path)
            if log.leads_to(info):
                return info.step
    return logged
