"""The sections of the report, in the order in which a manager asks: each makes blocks of the keys of results."""
