"""Questions asked of forecasts: leads needed, levers, comparisons.

Everything here rests on two things: pairs of forecasts under common random numbers (`paired`), and differences that
know their own simulation error (`differences`). Loaded on first use: `--help` must not wait for Numba.
"""
