"""Chances of wins at the nodes, and when they fall and are paid."""
