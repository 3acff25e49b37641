"""What a run is, in a line."""

from __future__ import annotations

from grokterm.config import Config, settings, short_label
from grokterm.number_format import spelled
from grokterm.runs.folder import Parent
from grokterm.runs.notes import Notes


def words_of(config: Config, notes: Notes, parent: Parent | None) -> tuple[str, str]:
    """A line that says what a run is, and one of what people wrote about it."""
    parts = [config.task_words, config.arch, *changed_settings(config), f"seed {config.seed}"]
    if parent is not None:
        parts.append(f"forked from {parent.run} at step {parent.step:,}")
    written = [notes.note, " ".join(f"#{tag}" for tag in notes.tags)]
    return " · ".join(parts), " ".join(part for part in written if part)


def changed_settings(config: Config) -> list[str]:
    """The settings in which a configuration differs from how one of its architecture begins: wd 0.3."""
    begins = Config.starting({name: getattr(config, name) for name in ("arch", "task", "op", "p")}).as_dict()
    own = config.as_dict()
    skipped = {name for name, known in settings().items() if known.group in ("Screen", "Machine", "Run")}
    return [
        f"{short_label(name)} {spelled(own[name])}" for name in own if own[name] != begins[name] and name not in skipped
    ]
