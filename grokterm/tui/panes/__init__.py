"""Thin widgets over the drawing functions."""
