"""Benchmarks of simfunnel against the ways a user would otherwise do it, all in one run; see README.md."""
