"""PERT: a beta on an interval, by its most likely value."""
