"""How many leads a target needs, and what the funnel should hold."""
