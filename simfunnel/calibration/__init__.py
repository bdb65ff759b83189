"""From a history to a scenario that runs: dependence, anchor, and the writing of it."""

from simfunnel.calibration.calibration import Calibration
from simfunnel.calibration.recipe import calibrate

__all__ = ["Calibration", "calibrate"]
