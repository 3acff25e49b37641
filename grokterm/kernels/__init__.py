"""Kernels in C for processors that multiply bfloat16 matrices in tiles: compiled once, where a compiler is there."""
