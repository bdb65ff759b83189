"""History of past deals: read from any of its forms, known as of any day."""

from simfunnel.history.history import History

__all__ = ["History"]
