"""Dated snapshots of pipelines and the forecasts made of them: kept once, readable as they were known at any time."""

from simfunnel.store.store import Store

__all__ = ["Store"]
