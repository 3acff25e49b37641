"""Thin widgets over the drawing functions."""

from grokterm.tui.panes.curves import AccuracyPane, LossPane
from grokterm.tui.panes.events import EventsPane
from grokterm.tui.panes.fourier import FourierPane
from grokterm.tui.panes.pane import Pane
from grokterm.tui.panes.table import TablePane
from grokterm.tui.panes.try_it import TryPane

__all__ = ["AccuracyPane", "EventsPane", "FourierPane", "LossPane", "Pane", "TablePane", "TryPane"]
