"""Sweeps on disk: what is to be trained, what came out, and what follows from it; torch is never loaded here."""
