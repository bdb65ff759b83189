"""From a history to a scenario that runs: dependence, anchor, and the writing of it."""

from simfunnel.calibration.calibrate import calibrate
from simfunnel.calibration.calibration import Calibration

__all__ = ["Calibration", "calibrate"]
