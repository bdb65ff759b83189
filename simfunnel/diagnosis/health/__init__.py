"""What makes the present forecast doubtful, deal by deal."""

from simfunnel.diagnosis.health.assess import health
from simfunnel.diagnosis.health.results import Health
from simfunnel.diagnosis.health.to_drop import deals_to_drop

__all__ = ["Health", "deals_to_drop", "health"]
