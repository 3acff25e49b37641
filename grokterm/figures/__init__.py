"""Figures of a run for papers: views as SVG, PDF or PNG files by matplotlib, with captions."""
