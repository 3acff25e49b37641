"""Kernels in C: one source for every instruction set, compiled once, where a compiler is there."""
