"""simfunnel: Monte Carlo simulation of sales pipelines.

The public names are loaded on first use, so that importing the package, and ``simfunnel --help``, stay instant.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from simfunnel.version import __version__

_HOME = {
    "InputError": "simfunnel.errors",
    "SimfunnelError": "simfunnel.errors",
    "SurroundingsError": "simfunnel.errors",
    "Scenario": "simfunnel.scenario",
    "load_scenario": "simfunnel.scenario",
    "parse_scenario": "simfunnel.scenario",
    "Forecast": "simfunnel.forecast",
    "exact_forecast": "simfunnel.forecast",
    "simulate": "simfunnel.forecast",
    "Backtest": "simfunnel.backtesting",
    "Track": "simfunnel.backtesting",
    "backtest": "simfunnel.backtesting",
    "Calibration": "simfunnel.calibration",
    "History": "simfunnel.history",
    "Metrics": "simfunnel.diagnosis",
    "calibrate": "simfunnel.calibration",
    "metrics": "simfunnel.diagnosis",
    "Health": "simfunnel.diagnosis.health",
    "health": "simfunnel.diagnosis.health.assess",
    "read_history": "simfunnel.history",
    "Store": "simfunnel.store",
    "keep": "simfunnel.record.keep",
    "compare": "simfunnel.planning.compare.compare",
    "leads_needed": "simfunnel.planning.plan.leads_needed",
    "levers": "simfunnel.planning.levers.levers",
    "stress": "simfunnel.planning.stress.stress",
    "language": "simfunnel.wording.language",
}

__all__ = [
    "Backtest",
    "Calibration",
    "Forecast",
    "Health",
    "History",
    "InputError",
    "Metrics",
    "Scenario",
    "SimfunnelError",
    "Store",
    "SurroundingsError",
    "Track",
    "__version__",
    "backtest",
    "calibrate",
    "compare",
    "exact_forecast",
    "health",
    "keep",
    "language",
    "leads_needed",
    "levers",
    "load_scenario",
    "metrics",
    "parse_scenario",
    "read_history",
    "simulate",
    "stress",
]

if TYPE_CHECKING:
    from simfunnel.backtesting import Backtest as Backtest
    from simfunnel.backtesting import Track as Track
    from simfunnel.backtesting import backtest as backtest
    from simfunnel.calibration import Calibration as Calibration
    from simfunnel.calibration import calibrate as calibrate
    from simfunnel.diagnosis import Metrics as Metrics
    from simfunnel.diagnosis import metrics as metrics
    from simfunnel.diagnosis.health import Health as Health
    from simfunnel.diagnosis.health import health as health
    from simfunnel.errors import InputError as InputError
    from simfunnel.errors import SimfunnelError as SimfunnelError
    from simfunnel.errors import SurroundingsError as SurroundingsError
    from simfunnel.forecast import Forecast as Forecast
    from simfunnel.forecast import exact_forecast as exact_forecast
    from simfunnel.forecast import simulate as simulate
    from simfunnel.history import History as History
    from simfunnel.history import read_history as read_history
    from simfunnel.planning.compare.compare import compare as compare
    from simfunnel.planning.levers.levers import levers as levers
    from simfunnel.planning.plan.leads_needed import leads_needed as leads_needed
    from simfunnel.planning.stress.stress import stress as stress
    from simfunnel.record.keep import keep as keep
    from simfunnel.scenario import Scenario as Scenario
    from simfunnel.scenario import load_scenario as load_scenario
    from simfunnel.scenario import parse_scenario as parse_scenario
    from simfunnel.store import Store as Store
    from simfunnel.wording.language import language as language


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'simfunnel' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
