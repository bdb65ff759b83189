"""What a CRM exports: open opportunities, wins of the current period, and how good the data are."""

from simfunnel.crm.deals import OpenDeals, PipelineTable, WonDeals
from simfunnel.crm.pipeline import read_pipeline
from simfunnel.crm.quality import DataQuality, Understood

__all__ = [
    "DataQuality",
    "OpenDeals",
    "PipelineTable",
    "Understood",
    "WonDeals",
    "read_pipeline",
]
