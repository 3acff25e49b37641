"""grokterm: watch a network grok, live, in a terminal."""

__version__ = "0.1.0"
