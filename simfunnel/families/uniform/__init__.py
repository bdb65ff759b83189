"""Equal density on an interval."""
