"""What is kept in a store and told from it: snapshots and forecasts, exports, imports, a track record."""
