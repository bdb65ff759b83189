"""The process: stages and transitions, durations, arrivals, calendar and clock, and their compilation to arrays."""
