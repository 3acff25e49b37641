"""The version of grokterm."""

__version__ = "0.1.0"
