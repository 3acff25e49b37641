"""What people write about a run: tags and a note, in a file of their own beside its log."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

import msgspec

from grokterm import durable
from grokterm.errors import ConfigError, RunFolderError, reason_of
from grokterm.real_files import reading
from grokterm.runs.folder import NOTES_FILE, RunFolder

TAG_LENGTH: Final = 40
MOST_TAGS: Final = 20
NOTE_LENGTH: Final = 1000
_LIMIT: Final = 2**16
"""Bytes of the file that are read."""


class Notes(msgspec.Struct, frozen=True):
    """Tags in the order in which they were given, and a note on one line; empty where there is none."""

    tags: tuple[str, ...] = ()
    note: str = ""

    def tagged(self, words: Iterable[str]) -> Notes:
        """The same with more tags, none twice; raises ConfigError for what is no tag, or where there are too many."""
        tags = tuple(dict.fromkeys((*self.tags, *map(_tag, words))))
        if len(tags) > MOST_TAGS:
            raise ConfigError(f"a run has {MOST_TAGS} tags at most, and these are {len(tags)}: remove some first")
        return Notes(tags, self.note)

    def untagged(self, words: Iterable[str]) -> Notes:
        """The same without some tags; raises ConfigError for one that it does not have."""
        gone = set(words)
        if missing := next((word for word in gone if word not in self.tags), None):
            raise ConfigError(f"the run has no tag {missing!r}: it has {', '.join(self.tags) or 'none'}")
        return Notes(tuple(tag for tag in self.tags if tag not in gone), self.note)

    def noted(self, text: str) -> Notes:
        """The same with another note, white space in it as single blanks; raises ConfigError for one that is none."""
        note = " ".join(text.split())
        if len(note) > NOTE_LENGTH:
            raise ConfigError(f"a note has {NOTE_LENGTH:,} characters at most, not {len(note):,}")
        if not note.isprintable():
            raise ConfigError("a note is of characters that can be shown: it has a control character")
        return Notes(self.tags, note)

    def changed(self, before: Notes, after: Notes) -> Notes:
        """The same with what somebody changed who began from `before` and came to `after`: nothing else is undone.

        Raises ConfigError where the tags of both are too many.
        """
        if self == before:
            return after
        kept = Notes(tuple(tag for tag in self.tags if tag not in before.tags or tag in after.tags), self.note)
        merged = kept.tagged(tag for tag in after.tags if tag not in before.tags)
        return merged if after.note == before.note else Notes(merged.tags, after.note)


def read_notes(folder: RunFolder) -> Notes:
    """The notes of a run, none where nobody wrote any; raises RunFolderError where they cannot be read."""
    path = folder.notes_path
    try:
        with reading(path) as file:
            return msgspec.json.decode(file.read(_LIMIT), type=Notes)
    except FileNotFoundError:
        return Notes()
    except OSError as error:
        raise RunFolderError(f"{path} cannot be read: {reason_of(error)}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RunFolderError(f"{path} cannot be read: {error}") from None


def change_notes(folder: RunFolder, change: Callable[[Notes], Notes]) -> Notes:
    """Writes a run's notes anew from what they are, and gives them; raises RunFolderError, and what `change` does."""
    path = folder.notes_path
    try:
        with reading(folder.config_path) as config:  # never written anew, so that its lock is that of the run's notes
            with suppress(OSError):  # a file system without locks: the last one to write stands
                fcntl.flock(config, fcntl.LOCK_EX)
            old = read_notes(folder)
            new = change(old)
            if new == old:
                return new
            if new == Notes():
                with suppress(FileNotFoundError):
                    path.unlink()
            else:
                durable.write(path, msgspec.json.encode(new), path.with_name(f"{NOTES_FILE}.part"), through_link=True)
            return new
    except OSError as error:
        raise RunFolderError(f"{path} cannot be written: {reason_of(error)}") from None


def _tag(word: str) -> str:
    if not word or len(word) > TAG_LENGTH or not word.isprintable() or any(map(str.isspace, word)) or "," in word:
        shown = word if len(word) <= TAG_LENGTH else word[: TAG_LENGTH - 1] + "…"
        raise ConfigError(
            f"a tag is a word of 1 to {TAG_LENGTH} characters that can be shown, without blanks and commas, "
            f"not {shown!r}"
        )
    return word
