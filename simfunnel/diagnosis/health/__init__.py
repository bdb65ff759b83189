"""What makes the present forecast doubtful, deal by deal."""

from simfunnel.diagnosis.health.assess import health
from simfunnel.diagnosis.health.results import Health

__all__ = ["Health", "health"]
