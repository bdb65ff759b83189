"""Sentences and names that pages and pictures share."""
