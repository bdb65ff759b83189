# ruff: noqa: E501
"""Keys, dates, rates and amounts as they are written."""

from __future__ import annotations

CASES: list[tuple[str, str | None, str, list[str]]] = [
    (
        "an unknown key in a stage",
        "    conversion: 0.5\n",
        "    convresion: 0.5\n",
        [
            "s.yaml:6:5: stages.Discovery.convresion: unknown key 'convresion'; did you mean 'conversion'? (known here: name, conversion, win_rate, duration, lost_duration, n, transitions, age)"
        ],
    ),
    (
        "an unknown key at the top",
        None,
        "correlations: {market: 0.1}\n",
        [
            "s.yaml:11:1: correlations: unknown key 'correlations'; did you mean 'correlation'? (known here: version, name, as_of, currency, periods, clock, stages, segments, amount, amount_level, teams, pipeline, closed, leads, leads_level, anchor, wins_by_month_of_quarter, correlation, pace, targets, payment_terms, variants, simulation, store, …)"
        ],
    ),
    (
        "a misspelt extends",
        None,
        "extend: base.yaml\n",
        [
            "s.yaml:11:1: extend: unknown key 'extend'; did you mean 'extends'? (known here: version, name, as_of, currency, periods, clock, stages, segments, amount, amount_level, teams, pipeline, closed, leads, leads_level, anchor, wins_by_month_of_quarter, correlation, pace, targets, payment_terms, variants, simulation, store, …)"
        ],
    ),
    (
        "a key given twice",
        None,
        "version: 1\n",
        ["s.yaml:11:1: the key 'version' is given twice, first in line 1"],
    ),
    (
        "a key given twice in a stage",
        "    duration: 10\n",
        "    duration: 10\n    duration: 12\n",
        ["s.yaml:8:5: the key 'duration' is given twice, first in line 7"],
    ),
    (
        "a missing version",
        "version: 1\n",
        "",
        ["s.yaml:1:1: 'version' is missing"],
    ),
    (
        "another version",
        "version: 1\n",
        "version: 2\n",
        ["s.yaml:1:10: version: expected 1, the version of the format that is known here, found 2"],
    ),
    (
        "a missing stage name",
        "  - name: Discovery\n",
        "  - n: 5\n",
        ["s.yaml:5:5: stages[0]: 'name' is missing"],
    ),
    (
        "no stages",
        "stages:\n  - name: Discovery\n    conversion: 0.5\n    duration: 10\n  - name: Proposal\n    conversion: 0.4\n    duration: 20\n",
        "stages: []\n",
        ["s.yaml:4:1: stages: expected a list of at least 1, found 0"],
    ),
    (
        "stages as a mapping",
        "stages:\n  - name: Discovery\n    conversion: 0.5\n    duration: 10\n  - name: Proposal\n    conversion: 0.4\n    duration: 20\n",
        "stages: {Discovery: 0.5}\n",
        ['s.yaml:4:1: stages: expected a list, found {"Discovery": 0.5}'],
    ),
    (
        "a date that does not exist",
        "as_of: 2027-01-04\n",
        "as_of: 2027-02-30\n",
        ["s.yaml:2:8: as_of: expected a date such as 2027-01-31, found '2027-02-30'"],
    ),
    (
        "a date in another order",
        "as_of: 2027-01-04\n",
        "as_of: 04/01/2027\n",
        ["s.yaml:2:8: as_of: expected a date such as 2027-01-31, found '04/01/2027'"],
    ),
    (
        "a day with a time",
        "as_of: 2027-01-04\n",
        "as_of: 2027-01-04T10:00:00\n",
        ["s.yaml:2:8: as_of: expected a date such as 2027-01-31, found 2027-01-04T10:00:00"],
    ),
    (
        "a conversion above one",
        "    conversion: 0.5\n",
        "    conversion: 1.2\n",
        ["s.yaml:6:17: stages.Discovery.conversion: must be at most 1, found 1.2"],
    ),
    (
        "a mean above one",
        "    conversion: 0.5\n",
        "    conversion: {mean: 1.2, n: 10}\n",
        ["s.yaml:6:24: stages.Discovery.conversion.mean: must be at most 1, found 1.2"],
    ),
    (
        "a negative percentage",
        "    conversion: 0.5\n",
        "    conversion: -5%\n",
        ["s.yaml:6:17: stages.Discovery.conversion: must be at least 0, found '-5%'"],
    ),
    (
        "a percentage without its sign",
        "    conversion: 0.5\n",
        "    conversion: 55\n",
        ["s.yaml:6:17: stages.Discovery.conversion: must be at most 1, found 55; write 55% or 0.55"],
    ),
    (
        "a decimal comma",
        "    conversion: 0.5\n",
        "    conversion: 0,55\n",
        [
            "s.yaml:6:17: stages.Discovery.conversion: expected a number, found '0,55'; the decimal sign is a point: 0.55"
        ],
    ),
    (
        "a decimal comma in a flow mapping",
        "    conversion: 0.5\n",
        "    conversion: {mean: 0,55}\n",
        ["s.yaml:6:26: unknown key '55'; write 0.55: a comma separates keys"],
    ),
    (
        "an amount with commas",
        None,
        "amount: 280,000\n",
        [
            "s.yaml:11:9: amount: expected a number or a distribution such as {lognormal: {median: 14, p90: 40}}, found '280,000'; write 280000 or 280k: numbers have no commas"
        ],
    ),
    (
        "amounts with commas in flow mappings",
        None,
        "targets: [{period: 2027-Q1, amount: 280,000}, {period: 2027-Q2, amount: 1,000,000}]\n"
        "leads: [{name: web, stage: Proposal, rate: {per: week, mean: 1,250}}]\n",
        [
            "s.yaml:11:41: unknown key '000'; write 280000 or 280k: a comma separates keys",
            "s.yaml:11:75: unknown key '000'; write 1000000 or 1M: a comma separates keys",
            "s.yaml:12:64: unknown key '250'; write 1250: a comma separates keys",
        ],
    ),
    (
        "a misspelt key that is required",
        "periods: {unit: quarter, count: 2}\n",
        "perods: {unit: quarter, count: 2}\n",
        [
            "s.yaml:3:1: perods: unknown key 'perods'; did you mean 'periods'? (known here: version, name, as_of, currency, periods, clock, stages, segments, amount, amount_level, teams, pipeline, closed, leads, leads_level, anchor, wins_by_month_of_quarter, correlation, pace, targets, payment_terms, variants, simulation, store, …)"
        ],
    ),
    (
        "a misspelt name",
        "  - name: Discovery\n",
        "  - nmae: Discovery\n",
        [
            "s.yaml:5:5: stages[0].nmae: unknown key 'nmae'; did you mean 'name'? (known here: name, conversion, win_rate, duration, lost_duration, n, transitions, age)"
        ],
    ),
    (
        "a conversion in words",
        "    conversion: 0.5\n",
        "    conversion: half\n",
        ["s.yaml:6:17: stages.Discovery.conversion: expected a number, found 'half'"],
    ),
    (
        "a beta rate without beta",
        "    conversion: 0.5\n",
        "    conversion: {alpha: 3}\n",
        ["s.yaml:6:5: stages.Discovery.conversion: 'beta' is missing beside 'alpha'"],
    ),
    (
        "a beta rate with a mean",
        "    conversion: 0.5\n",
        "    conversion: {alpha: 3, beta: 0, mean: 0.2}\n",
        [
            "s.yaml:6:34: stages.Discovery.conversion.beta: must be above 0, found 0",
            "s.yaml:6:43: stages.Discovery.conversion.mean: {alpha, beta} stands alone; remove 'mean'",
        ],
    ),
    (
        "a sample size of zero",
        "    conversion: 0.5\n",
        "    conversion: {mean: 0.5, n: 0}\n",
        ["s.yaml:6:32: stages.Discovery.conversion.n: must be above 0, found 0"],
    ),
]
