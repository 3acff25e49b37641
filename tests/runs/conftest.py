"""Runs made by real trainers."""

from tests.trainer.conftest import new_run

__all__ = ["new_run"]
