# ruff: noqa: E501
"""The pipeline, leads, correlation, targets, variants and the rest."""

from __future__ import annotations

CASES: list[tuple[str, str | None, str, list[str]]] = [
    (
        "a lower-case currency",
        None,
        "currency: usd\n",
        ["s.yaml:11:11: currency: expected three capital letters such as USD, found 'usd'"],
    ),
    (
        "a holiday that is no day",
        None,
        "clock: {holidays: {christmas: 0}}\n",
        ["s.yaml:11:9: clock.holidays: expected a date such as 2027-01-31, found 'christmas'"],
    ),
    (
        "a holiday written twice, once in quotes",
        None,
        "clock: {holidays: {2027-12-25: 0, '2027-12-25': 1}}\n",
        ["s.yaml:11:9: clock.holidays: the day 2027-12-25 is given twice"],
    ),
    (
        "a holiday slower than none",
        None,
        "clock: {holidays: {2027-12-25: -1}}\n",
        ["s.yaml:11:32: clock.holidays.2027-12-25: must be at least 0, found -1"],
    ),
    (
        "ages without end",
        "    duration: 20",
        "    duration: 20\n    age: never",
        ["s.yaml:11:10: stages.Proposal.age: `never` is for durations only; expected a number or a distribution"],
    ),
    (
        "file and opportunities",
        None,
        "pipeline:\n  file: p.csv\n  opportunities: [{id: 1, stage: Proposal}]\n",
        ["s.yaml:13:3: pipeline.opportunities: 'file' and 'opportunities' exclude each other; remove one of them"],
    ),
    (
        "an opportunity in an unknown stage",
        None,
        "pipeline: {opportunities: [{id: 1, stage: proposal}]}\n",
        [
            "s.yaml:11:43: pipeline.opportunities[0].stage: unknown stage 'proposal'; did you mean 'Proposal'? (known here: Discovery, Proposal)"
        ],
    ),
    (
        "an opportunity that is won",
        None,
        "pipeline: {opportunities: [{id: 1, stage: Won}]}\n",
        [
            "s.yaml:11:43: pipeline.opportunities[0].stage: an open deal cannot be in Won; what is won already goes into 'closed'"
        ],
    ),
    (
        "an entry on as_of",
        None,
        "pipeline: {opportunities: [{id: 1, stage: Proposal, stage_entered: 2027-01-04}]}\n",
        ["s.yaml:11:68: pipeline.opportunities[0].stage_entered: must lie before as_of 2027-01-04, found 2027-01-04"],
    ),
    (
        "age and stage_entered",
        None,
        "pipeline: {opportunities: [{id: 1, stage: Proposal, age: 3, stage_entered: 2027-01-01}]}\n",
        ["s.yaml:11:58: pipeline.opportunities[0].age: 'age' and 'stage_entered' say the same; remove one of them"],
    ),
    (
        "an id used twice",
        None,
        "pipeline: {opportunities: [{id: 7, stage: Proposal}, {id: '7', stage: Proposal}]}\n",
        ["s.yaml:11:59: pipeline.opportunities[1].id: the id '7' is used twice, first in opportunities[0]"],
    ),
    (
        "an unknown time zone",
        None,
        "pipeline: {time_zone: Europe/Berlim}\n",
        ["s.yaml:11:23: pipeline.time_zone: unknown time zone 'Europe/Berlim'; did you mean 'Europe/Berlin'?"],
    ),
    (
        "an unknown column key",
        None,
        "pipeline: {columns: {close_dat: Close Date}}\n",
        [
            "s.yaml:11:22: pipeline.columns.close_dat: unknown key 'close_dat'; did you mean 'close_date'? (known here: id, stage, stage_entered, amount, owner, segment, created, close_date, status, currency, team, source, closed, probability, forecast_category, last_activity, name, account, win_rate, not_before, ignore, age, amount_won, outcome, lost_reaso…)"
        ],
    ),
    (
        "a stage map to an unknown stage",
        None,
        "pipeline: {stage_map: {Old: Propose}}\n",
        [
            "s.yaml:11:29: pipeline.stage_map.Old: unknown stage 'Propose'; did you mean 'Proposal'? (known here: Discovery, Proposal, Won, Lost)"
        ],
    ),
    (
        "a tail of one",
        None,
        "pipeline: {tail: 1}\n",
        ["s.yaml:11:18: pipeline.tail: must be below 1, found 1"],
    ),
    (
        "an unknown preset",
        None,
        "pipeline: {preset: sugar}\n",
        [
            "s.yaml:11:20: pipeline.preset: expected 'auto', 'salesforce', 'hubspot', 'dynamics', 'pipedrive', 'zoho' or 'generic', found 'sugar'"
        ],
    ),
    (
        "a lead source in an unknown stage",
        None,
        "leads: [{name: web, stage: Discvery, rate: {per: week, mean: 3}}]\n",
        [
            "s.yaml:11:28: leads.web.stage: unknown stage 'Discvery'; did you mean 'Discovery'? (known here: Discovery, Proposal)"
        ],
    ),
    (
        "two lead sources of one name",
        None,
        "leads: [{name: web, stage: Discovery, rate: {per: week, mean: 3}}, {name: web, stage: Proposal, rate: {per: week, mean: 3}}]\n",
        ["s.yaml:11:75: leads.web.name: two lead sources are called 'web'"],
    ),
    (
        "owner shares below one",
        None,
        "leads: [{name: web, stage: Discovery, rate: {per: week, mean: 3}, owner: {Ann: 0.5, Bo: 0.4}}]\n",
        ["s.yaml:11:67: leads.web.owner: shares must sum to 1, found 0.9"],
    ),
    (
        "a thirteenth month",
        None,
        "leads: [{name: web, stage: Discovery, rate: {per: week, mean: 3, seasonality: {13: 1}}}]\n",
        ["s.yaml:11:80: leads.web.rate.seasonality.13: expected a month from 1 to 12, found 13"],
    ),
    (
        "a dispersion below one",
        None,
        "leads: [{name: web, stage: Discovery, rate: {per: week, mean: 3, dispersion: 0.5}}]\n",
        ["s.yaml:11:78: leads.web.rate.dispersion: must be at least 1, found 0.5"],
    ),
    (
        "correlations that sum to one",
        None,
        "correlation: {market: 0.6, owner: 0.4}\n",
        ["s.yaml:11:1: correlation: market, segment and owner must sum to less than 1, found 1"],
    ),
    (
        "a target for two things",
        None,
        "targets: [{period: 2027-Q1, amount: 3M, owner: Ann, team: East}]\n",
        ["s.yaml:11:11: targets[0]: expected at most one of owner, team and segment, found owner and team"],
    ),
    (
        "two targets for one thing",
        None,
        "targets:\n  - {period: 2027-Q1, amount: 3M}\n  - {period: 2027-Q1, amount: 4M}\n",
        ["s.yaml:13:5: targets[1]: a second target for all deals in 2027-Q1, after targets[0] in line 12; remove one"],
    ),
    (
        "a label of no period",
        None,
        "targets: [{period: Q1 2027, amount: 3M}]\n",
        [
            "s.yaml:11:20: targets[0].period: expected `total` or a period label such as 2027-Q1, 2027-01, 2027-W05, 2027, FY2027-Q1 or 2027-01-04+30d, found 'Q1 2027'"
        ],
    ),
    (
        "a target in words",
        None,
        "targets: [{period: total, amount: three million}]\n",
        ["s.yaml:11:35: targets[0].amount: expected a number, found 'three million'"],
    ),
    (
        "payment shares above one",
        None,
        "payment_terms: [{share: 0.7, delay: 0}, {share: 0.7, delay: 30}]\n",
        ["s.yaml:11:1: payment_terms: shares must sum to at most 1, found 1.4"],
    ),
    (
        "an unknown shift path",
        None,
        "variants: {weak: [{path: winrate, scale: 0.9}]}\n",
        [
            "s.yaml:11:26: variants.weak[0].path: unknown path 'winrate'; did you mean 'win_rate'? (known here: win_rate, conversion, duration, amount, leads.rate, leads.level_sd, leads.dispersion, leads.growth_per_year, correlation.market, correlation.segment, correlation.owner, pace.sd, amount_level.sd, pipeline.tail, market_factor, not_before, ig…)"
        ],
    ),
    (
        "an unknown filter",
        None,
        "variants: {weak: [{path: 'win_rate[stag=Proposal]', scale: 0.9}]}\n",
        [
            "s.yaml:11:26: variants.weak[0].path: unknown filter 'stag'; did you mean 'stage'? (known here: stage, segment, owner, source, deal)"
        ],
    ),
    (
        "a filter naming no stage",
        None,
        "variants: {weak: [{path: 'win_rate[stage=Propsal]', scale: 0.9}]}\n",
        [
            "s.yaml:11:26: variants.weak[0].path: unknown stage 'Propsal'; did you mean 'Proposal'? (known here: Discovery, Proposal)"
        ],
    ),
    (
        "two operations",
        None,
        "variants: {weak: [{path: win_rate, scale: 0.9, add: 0.1}]}\n",
        ["s.yaml:11:19: variants.weak[0]: expected exactly one of scale, add, odds and set, found scale and add"],
    ),
    (
        "odds of an amount",
        None,
        "variants: {weak: [{path: amount, odds: 0.9}]}\n",
        ["s.yaml:11:40: variants.weak[0].odds: odds are for rates (win_rate and conversion), found amount"],
    ),
    (
        "trials in words",
        None,
        "simulation: {trials: many}\n",
        ["s.yaml:11:22: simulation.trials: expected a whole number or auto, found 'many'"],
    ),
    (
        "a negative seed",
        None,
        "simulation: {seed: -1}\n",
        ["s.yaml:11:20: simulation.seed: must be at least 0, found -1"],
    ),
]
