"""Diagnosis: what past deals say of each stage and group, and how sure that is."""

from simfunnel.diagnosis.metrics import metrics
from simfunnel.diagnosis.results import Metrics

__all__ = ["Metrics", "metrics"]
