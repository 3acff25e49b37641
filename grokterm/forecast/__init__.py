"""Forecasts: when a run will grok, and whether."""
