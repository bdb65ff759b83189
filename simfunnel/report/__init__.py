"""Results for people: console tables and plots."""
