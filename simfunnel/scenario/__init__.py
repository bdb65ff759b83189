"""The scenario file: what a person writes, read, checked and merged."""

from simfunnel.scenario.json_schema import scenario_json_schema
from simfunnel.scenario.load import LoadedScenario, load_scenario, parse_scenario
from simfunnel.scenario.schema import Scenario, Shift

__all__ = ["LoadedScenario", "Scenario", "Shift", "load_scenario", "parse_scenario", "scenario_json_schema"]
