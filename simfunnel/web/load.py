"""How much a question may cost: known before it is begun, so that one number in a field stops the page for nobody."""

from __future__ import annotations

from simfunnel.engine.outcomes.run import outcomes_can_run
from simfunnel.errors import InputError
from simfunnel.funnel.model import Model
from simfunnel.planning.pairs.lead_curve import expected_leads
from simfunnel.web.question import FEWEST_TRIALS, QUICK_TRIALS, RESTING_TRIALS
from simfunnel.wording.language import tell

MOST_LEADS = 2_000_000_000
"""Leads of all futures of a forecast: some seconds of two processors."""
PATHS_TIMES = 10
"""How much longer a lead takes the kernel that walks its path."""
TRIALS = (RESTING_TRIALS, 50_000, *QUICK_TRIALS)


def leads_of(model: Model) -> float:
    """Leads that are expected in a future, until its end."""
    return float(expected_leads(model, float(model.grid.day[-1])).sum())


def most_trials(model: Model, wanted: int, kernel: str) -> int:
    """Say how many trials a forecast of a model may have: as many as are wanted, or fewer where that took too long.

    Raises
    ------
    InputError
        If even the fewest would.
    """
    leads = leads_of(model)
    if leads * wanted * PATHS_TIMES <= MOST_LEADS:
        return wanted
    each = leads * (PATHS_TIMES if kernel == "paths" or outcomes_can_run(model) else 1)
    if each * wanted <= MOST_LEADS:
        return wanted
    found = next((n for n in TRIALS if n <= wanted and each * n <= MOST_LEADS), None)
    if found is None:
        raise InputError(tell(
            "{leads:,.0f} leads are expected in each future, and this page simulates at most {most:,.0f}: lower the "
            "lead rate, or ask `simfunnel run`, which takes its time.",
            leads=leads, most=MOST_LEADS * leads / each / FEWEST_TRIALS,
        ))  # fmt: skip
    return found
