"""Where a forecast comes from: enough to make it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a forecast comes from: enough to make it again."""

    version: str
    """Of simfunnel."""
    scenario_name: str
    scenario_path: str | None
    sha256: str
    """Of the resolved scenario and the bytes of the pipeline file."""
    overrides: tuple[str, ...]
    variant: str | None
    method: str
    kernel: str | None
    trials: int
    seed: int
    law_error: float | None
    """Error of a probability of a win before a bound, given Won: of the computed law, of the ways left out and of
    reading between the paces of a table (`outcomes` and exact).
    """
    environment: Mapping[str, str]
    """Versions of Python and of the numerical libraries."""

    def line(self) -> str:
        """Say in one line how to make the forecast again; written into every file."""
        parts = [
            f"simfunnel {self.version}", f"scenario {self.scenario_path or self.scenario_name or '-'}",
            f"sha256 {self.sha256}", f"seed {self.seed}", f"trials {self.trials}",
            f"method {self.method}", f"kernel {self.kernel}",
        ]  # fmt: skip
        if self.variant:
            parts.append(f"variant {self.variant}")
        parts += [f"--set {override}" for override in self.overrides]
        return "; ".join(parts)
