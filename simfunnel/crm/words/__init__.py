"""The words of exports in many languages: what headers say, what status words say, which units amounts are in."""
