"""What a distribution is of; a module of its own, so that reading a result loads no solver."""

from __future__ import annotations

BOOKINGS, WINS, CASH = "bookings", "wins", "cash"
