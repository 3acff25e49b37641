"""The forecast for what a screen shows; its room, which takes numpy, is loaded when a run has memorized."""

from __future__ import annotations

from typing import TYPE_CHECKING

from grokterm.milestones import MEMORIZED
from grokterm.runs.history import History
from grokterm.tui.run.moment import Moment

if TYPE_CHECKING:
    from grokterm.forecast.forecast import Forecast


def may_be_forecast(history: History) -> bool:
    """Whether a model of the run has memorized: before, there is no forecast."""
    return any(event.name == MEMORIZED.event for event in history.events)


def forecast_shown(history: History, moment: Moment | None) -> Forecast | None:
    """The forecast that stands now, or that stood at the step that is looked at; None where it is silent."""
    if not may_be_forecast(history):
        return None
    from grokterm.forecast.course import standing
    from grokterm.forecast.forecast import Forecast

    found = standing(history, moment.step if moment else None)
    return found if isinstance(found, Forecast) else None
