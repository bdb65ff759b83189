"""History of past deals: read from any of its forms, known as of any day."""

from simfunnel.history.history import History
from simfunnel.history.reading import read_history

__all__ = ["History", "read_history"]
