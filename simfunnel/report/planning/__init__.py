"""Console pages of the planning commands."""
