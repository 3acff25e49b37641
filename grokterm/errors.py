"""Errors meant for people: each message is one sentence that says what is wrong and what is allowed."""


def reason_of(error: OSError) -> str:
    """Why the system refused, in its own words and lower case: no space left on device."""
    return (error.strerror or str(error)).lower()


def first_line(error: BaseException) -> str:
    """The first line of an error's message; its kind where it has none."""
    return (str(error).splitlines() or [type(error).__name__])[0]


class GroktermError(Exception):
    """An error that ends a command with its message and `exit_status`, without a traceback."""

    exit_status = 2


class ConfigError(GroktermError):
    """A value of the configuration, or two of them together, that no run can have."""


class RunFolderError(GroktermError):
    """A run folder that is missing, damaged, not writable or not a run."""


class WeightsError(GroktermError):
    """A file that holds no weights that can be read, or those of a model that grokterm does not have."""


class MissingPackageError(GroktermError, ImportError):
    """A Python package that is not installed, for what is asked of grokterm beyond its dependencies."""


class PluginNeededError(RunFolderError):
    """A run whose plugin this process may not execute, or was not asked to load."""


class FolderLostError(RunFolderError):
    """A run folder that was open and is no longer there: nothing may be written in its place."""


class TrainerError(GroktermError):
    """A trainer that did not start, is gone, or refused a command."""


class TerminalError(GroktermError):
    """A terminal on which the viewer cannot draw."""


class ThemeError(GroktermError):
    """A theme that does not exist or whose file cannot be read."""


class GuideError(GroktermError):
    """A page of the guide that does not exist or cannot be read."""


class WireError(GroktermError):
    """A message between viewer and trainer that cannot be read."""
