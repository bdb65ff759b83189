"""Numerics: random streams, the law of the process, kernels, and the runner that drives them."""
