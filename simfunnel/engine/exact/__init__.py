"""Bookings without simulation: characteristic functions of independent deals, integrated over what they share."""
