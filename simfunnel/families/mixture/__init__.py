"""One of several distributions, chosen by weight."""
