# ruff: noqa: E501
"""Malformed scenarios, each with the exact messages it gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from simfunnel.errors import InputError
from simfunnel.scenario import load_scenario

BASE = """\
version: 1
as_of: 2027-01-04
periods: {unit: quarter, count: 2}
stages:
  - name: Discovery
    conversion: 0.5
    duration: 10
  - name: Proposal
    conversion: 0.4
    duration: 20
"""

# title, text to replace (None: append), its replacement, messages
CASES: list[tuple[str, str | None, str, list[str]]] = [
    (
        "an unknown key in a stage",
        "    conversion: 0.5\n",
        "    convresion: 0.5\n",
        [
            "s.yaml:6:5: stages.Discovery.convresion: unknown key 'convresion'; did you mean 'conversion'? (known here: name, conversion, win_rate, duration, lost_duration, n, transitions)"
        ],
    ),
    (
        "an unknown key at the top",
        None,
        "correlations: {market: 0.1}\n",
        [
            "s.yaml:11:1: correlations: unknown key 'correlations'; did you mean 'correlation'? (known here: version, name, as_of, currency, periods, clock, stages, segments, amount, amount_level, teams, pipeline, closed, leads, leads_level, anchor, correlation, pace, targets, payment_terms, variants, simulation, extends)"
        ],
    ),
    (
        "a misspelt extends",
        None,
        "extend: base.yaml\n",
        [
            "s.yaml:11:1: extend: unknown key 'extend'; did you mean 'extends'? (known here: version, name, as_of, currency, periods, clock, stages, segments, amount, amount_level, teams, pipeline, closed, leads, leads_level, anchor, correlation, pace, targets, payment_terms, variants, simulation, extends)"
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
            "s.yaml:3:1: perods: unknown key 'perods'; did you mean 'periods'? (known here: version, name, as_of, currency, periods, clock, stages, segments, amount, amount_level, teams, pipeline, closed, leads, leads_level, anchor, correlation, pace, targets, payment_terms, variants, simulation, extends)"
        ],
    ),
    (
        "a misspelt name",
        "  - name: Discovery\n",
        "  - nmae: Discovery\n",
        [
            "s.yaml:5:5: stages[0].nmae: unknown key 'nmae'; did you mean 'name'? (known here: name, conversion, win_rate, duration, lost_duration, n, transitions)"
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
    (
        "a missing duration",
        "    duration: 10\n",
        "",
        ["s.yaml:5:5: stages.Discovery: 'duration' is missing"],
    ),
    (
        "a stage without a rate",
        "    conversion: 0.5\n",
        "",
        ["s.yaml:5:5: stages.Discovery: expected one of 'conversion', 'win_rate' or 'transitions', found none of them"],
    ),
    (
        "a negative duration",
        "    duration: 10\n",
        "    duration: -1\n",
        ["s.yaml:7:15: stages.Discovery.duration: must be at least 0, found -1"],
    ),
    (
        "a duration of NaN",
        "    duration: 10\n",
        "    duration: .nan\n",
        ["s.yaml:7:15: stages.Discovery.duration: expected a finite number, found nan"],
    ),
    (
        "a duration in quotes with a unit",
        "    duration: 10\n",
        "    duration: 10 days\n",
        [
            "s.yaml:7:15: stages.Discovery.duration: expected a number or a distribution such as {lognormal: {median: 14, p90: 40}}, found '10 days'"
        ],
    ),
    (
        "a true duration",
        "    duration: 10\n",
        "    duration: true\n",
        ["s.yaml:7:15: stages.Discovery.duration: expected a number or a distribution, found true"],
    ),
    (
        "an unknown family",
        "    duration: 10\n",
        "    duration: {lognorm: {median: 3, p90: 9}}\n",
        [
            "s.yaml:7:5: stages.Discovery.duration: unknown distribution 'lognorm'; did you mean 'lognormal'? (known here: fixed, exponential, lognormal, gamma, weibull, uniform, triangular, pert, empirical, mixture, never)"
        ],
    ),
    (
        "two families",
        "    duration: 10\n",
        "    duration: {fixed: 3, gamma: {shape: 1, scale: 2}}\n",
        [
            "s.yaml:7:5: stages.Discovery.duration: expected exactly one distribution (fixed, exponential, lognormal, gamma, weibull, uniform, triangular, pert, empirical, mixture, never), found fixed, gamma"
        ],
    ),
    (
        "an unknown parameter",
        "    duration: 10\n",
        "    duration: {lognormal: {medain: 3, p90: 9}}\n",
        [
            "s.yaml:7:28: stages.Discovery.duration.lognormal.medain: unknown key 'medain'; did you mean 'median'? (known here: mu, sigma, mean, sd, median, p90)"
        ],
    ),
    (
        "half a pair of parameters",
        "    duration: 10\n",
        "    duration: {gamma: {mean: 3}}\n",
        [
            "s.yaml:7:16: stages.Discovery.duration.gamma: expected exactly one of the pairs {shape, scale} or {mean, sd} or {median, p90}, found mean"
        ],
    ),
    (
        "a p90 below the median",
        "    duration: 10\n",
        "    duration: {lognormal: {median: 30, p90: 9}}\n",
        ["s.yaml:7:45: stages.Discovery.duration.lognormal.p90: must be above the median 30, found 9"],
    ),
    (
        "low above high",
        "    duration: 10\n",
        "    duration: {uniform: {low: 9, high: 3}}\n",
        ["s.yaml:7:16: stages.Discovery.duration.uniform: low must be below high, found low 9 and high 3"],
    ),
    (
        "a mode outside",
        "    duration: 10\n",
        "    duration: {pert: {low: 1, mode: 9, high: 3}}\n",
        [
            "s.yaml:7:16: stages.Discovery.duration.pert: expected low <= mode <= high and low < high, found low 1, mode 9, high 3"
        ],
    ),
    (
        "quantiles as a list that falls",
        "    duration: 10\n",
        "    duration: {empirical: {quantiles: [[0.2, 5], [0.2, 3], [1, 9]]}}\n",
        [
            "s.yaml:7:28: stages.Discovery.duration.empirical.quantiles: quantiles must rise, found 5 at 0.2 and then 3 at 0.2"
        ],
    ),
    (
        "quantiles as a list of no pairs",
        "    duration: 10\n",
        "    duration: {empirical: {quantiles: [[0.2, 5], 7]}}\n",
        [
            "s.yaml:7:50: stages.Discovery.duration.empirical.quantiles[1]: expected a pair [probability, value], found 7"
        ],
    ),
    (
        "two ways of saying how leads vary",
        None,
        "leads_level: {sd: 0.2}\nleads: [{name: web, stage: Discovery, rate: {per: week, mean: 1, level_sd: 0.1}, amount: 1}]\n",
        [
            "s.yaml:12:76: leads.web.rate.level_sd: `leads_level` says how all leads vary together; remove one of the two"
        ],
    ),
    (
        "falling quantiles",
        "    duration: 10\n",
        "    duration: {empirical: {quantiles: {10%: 5, 0.5: 3}}}\n",
        [
            "s.yaml:7:28: stages.Discovery.duration.empirical.quantiles: quantiles must rise, found 5 at 0.1 and then 3 at 0.5"
        ],
    ),
    (
        "a quantile above one",
        "    duration: 10\n",
        "    duration: {empirical: {quantiles: {0.5: 5, 90: 30}}}\n",
        ["s.yaml:7:52: stages.Discovery.duration.empirical.quantiles.90: a probability must lie in (0, 1], found 90"],
    ),
    (
        "an empty list of values",
        "    duration: 10\n",
        "    duration: {empirical: []}\n",
        ["s.yaml:7:16: stages.Discovery.duration.empirical: expected a list of at least 1, found 0"],
    ),
    (
        "a negative observed value",
        "    duration: 10\n",
        "    duration: {empirical: [3, -4]}\n",
        ["s.yaml:7:31: stages.Discovery.duration.empirical[1]: must be at least 0, found -4"],
    ),
    (
        "never in a mixture",
        "    duration: 10\n",
        "    duration: {mixture: [{weight: 1, never: }, {weight: 2, fixed: 3}]}\n",
        [
            "s.yaml:7:26: stages.Discovery.duration.mixture[0]: a mixture cannot hold `never`; write a transition of its own with `duration: never`"
        ],
    ),
    (
        "a mixture part without weight",
        "    duration: 10\n",
        "    duration: {mixture: [{fixed: 3}]}\n",
        ["s.yaml:7:26: stages.Discovery.duration.mixture[0]: 'weight' is missing"],
    ),
    (
        "never as an amount",
        None,
        "amount: never\n",
        ["s.yaml:11:9: amount: `never` is for durations only; expected a number or a distribution"],
    ),
    (
        "a stage called Won",
        "  - name: Proposal\n",
        "  - name: Won\n",
        ["s.yaml:8:11: stages.Won.name: 'Won' is implied at the end of every funnel; choose another name"],
    ),
    (
        "two stages of one name",
        "  - name: Proposal\n",
        "  - name: ' Discovery'\n",
        ["s.yaml:8:11: stages.Discovery.name: two stages are called 'Discovery'"],
    ),
    (
        "win rate on one stage",
        "    conversion: 0.5\n",
        "    win_rate: 0.2\n",
        [
            "s.yaml:9:17: stages.Proposal.conversion: 'win_rate' goes on every stage or on none; 'Proposal' has 'conversion'"
        ],
    ),
    (
        "falling win rates",
        "    conversion: 0.5\n    duration: 10\n  - name: Proposal\n    conversion: 0.4\n",
        "    win_rate: 0.5\n    duration: 10\n  - name: Proposal\n    win_rate: 0.4\n",
        [
            "s.yaml:9:15: stages.Proposal.win_rate: win rates must not fall along the stages: 'Discovery' has 0.5, found 0.4"
        ],
    ),
    (
        "transitions beside conversion",
        "    duration: 10\n",
        "    duration: 10\n    transitions: [{to: Won, probability: 1, duration: 3}]\n",
        [
            "s.yaml:6:17: stages.Discovery.conversion: 'conversion' cannot stand beside 'transitions'; remove one of them",
            "s.yaml:7:15: stages.Discovery.duration: 'duration' cannot stand beside 'transitions'; remove one of them",
        ],
    ),
    (
        "transitions that do not sum to one",
        "    conversion: 0.5\n    duration: 10\n",
        "    transitions: [{to: Won, probability: 0.5, duration: 3}]\n",
        ["s.yaml:6:5: stages.Discovery.transitions: probabilities must sum to 1, found 0.5"],
    ),
    (
        "a transition to nowhere",
        "    conversion: 0.5\n    duration: 10\n",
        "    transitions: [{to: Propsal, probability: 1, duration: 3}]\n",
        [
            "s.yaml:6:24: stages.Discovery.transitions[0].to: unknown stage 'Propsal'; did you mean 'Proposal'? (known here: Discovery, Proposal, Won, Lost)"
        ],
    ),
    (
        "a stage that never ends",
        "    conversion: 0.5\n    duration: 10\n",
        "    transitions: [{to: Discovery, probability: 0.9, duration: 3}, {to: Won, probability: 0.1, duration: never}]\n",
        ["s.yaml:5:5: stages.Discovery: from the stage 'Discovery' neither Won nor Lost can ever be reached"],
    ),
    (
        "n without transitions",
        "    duration: 10\n",
        "    duration: 10\n    n: 40\n",
        ["s.yaml:8:8: stages.Discovery.n: 'n' belongs to 'transitions'; here write the rate as {mean: ..., n: ...}"],
    ),
    (
        "an unknown stage in a segment",
        None,
        "segments: {smb: {stages: {Proposl: {conversion: 0.3}}}}\n",
        [
            "s.yaml:11:27: segments.smb.stages.Proposl: unknown stage 'Proposl'; did you mean 'Proposal'? (known here: Discovery, Proposal)"
        ],
    ),
    (
        "a segment that mixes rates",
        None,
        "segments: {smb: {stages: {Proposal: {win_rate: 0.3}}}}\n",
        ["s.yaml:11:18: segments.smb.stages: 'win_rate' goes on every stage or on none; 'Discovery' has 'conversion'"],
    ),
    (
        "a unit in the plural",
        "periods: {unit: quarter, count: 2}\n",
        "periods: {unit: quarters, count: 2}\n",
        [
            "s.yaml:3:17: periods.unit: expected 'week', 'month', 'quarter', 'year' or 'days', found 'quarters'; did you mean 'quarter'?"
        ],
    ),
    (
        "days without length",
        "periods: {unit: quarter, count: 2}\n",
        "periods: {unit: days, count: 2}\n",
        ["s.yaml:3:1: periods: 'length' is missing: the unit days needs it, such as {unit: days, length: 30}"],
    ),
    (
        "a length for quarters",
        "periods: {unit: quarter, count: 2}\n",
        "periods: {unit: quarter, count: 2, length: 30}\n",
        ["s.yaml:3:1: periods: 'length' belongs to the unit days, found the unit quarter; remove it"],
    ),
    (
        "too many periods",
        "periods: {unit: quarter, count: 2}\n",
        "periods: {unit: quarter, count: 200}\n",
        ["s.yaml:3:33: periods.count: must be at most 120, found 200"],
    ),
    (
        "half a period",
        "periods: {unit: quarter, count: 2}\n",
        "periods: {unit: quarter, count: 2.5}\n",
        ["s.yaml:3:33: periods.count: expected a whole number, found 2.5"],
    ),
    (
        "a weekday of a trillion",
        None,
        "clock: {weekdays: [1, 1.0e+12, 1, 1, 1, 0, 0]}\n",
        ["s.yaml:11:9: clock.weekdays: expected speeds up to 100, where 1 is an ordinary day, found 1e+12"],
    ),
    (
        "six weekdays",
        None,
        "clock: {weekdays: [1, 1, 1, 1, 1, 0]}\n",
        ["s.yaml:11:9: clock.weekdays: expected a list of 7 numbers, found 6 of them"],
    ),
    (
        "a clock that stands still",
        None,
        "clock: {month_of_quarter: [0, 0, 0]}\n",
        ["s.yaml:11:9: clock.month_of_quarter: at least one speed must be above 0, found only zeros"],
    ),
    (
        "a lower-case currency",
        None,
        "currency: usd\n",
        ["s.yaml:11:11: currency: expected three capital letters such as USD, found 'usd'"],
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
    (
        "a null in a list",
        None,
        "targets: [null]\n",
        [
            "s.yaml:11:11: targets[0]: expected a mapping with the keys period, amount, owner, team, segment, found nothing (null)"
        ],
    ),
    (
        "a number as a name",
        "  - name: Proposal\n",
        "  - name: 3\n",
        ["s.yaml:8:11: stages[1].name: expected text, found 3; put it in quotes"],
    ),
    (
        "a tab",
        "    duration: 10\n",
        "\tduration: 10\n",
        ["s.yaml:7:1: a tab cannot indent a line; use spaces"],
    ),
    (
        "a bracket that is not closed",
        "periods: {unit: quarter, count: 2}\n",
        "periods: {unit: quarter, count: 2\n",
        ["s.yaml:4:7: a bracket or brace is not closed, or a ',' is missing"],
    ),
    (
        "a colon in plain text",
        "  - name: Proposal\n",
        "  - name: Proposal: sent\n",
        ["s.yaml:8:19: a ':' is not possible here; check the indentation, or quote the text"],
    ),
    (
        "a tag",
        "    conversion: 0.5\n",
        "    conversion: !rate 0.5\n",
        ["s.yaml:6:17: tags are not allowed, found '!rate'; write the value without it"],
    ),
    (
        "an unknown alias",
        "    conversion: 0.5\n",
        "    conversion: *rate\n",
        ["s.yaml:6:17: the alias *rate has no anchor &rate before it"],
    ),
    (
        "an alias inside itself",
        None,
        "segments: &s {smb: *s}\n",
        ["s.yaml:11:20: the alias *s stands inside what it repeats"],
    ),
    (
        "aliases that explode",
        "version: 1\nas_of: 2027-01-04\nperiods: {unit: quarter, count: 2}\nstages:\n  - name: Discovery\n    conversion: 0.5\n    duration: 10\n  - name: Proposal\n    conversion: 0.4\n    duration: 20\n",
        "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\nf: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]\n",
        ["s.yaml:4:4: aliases expand to 111,110 nodes; at most 100,000 are allowed"],
    ),
    (
        "two documents",
        None,
        "---\nversion: 1\n",
        ["s.yaml:11:1: a second document begins here; one file holds one"],
    ),
    (
        "an empty file",
        "version: 1\nas_of: 2027-01-04\nperiods: {unit: quarter, count: 2}\nstages:\n  - name: Discovery\n    conversion: 0.5\n    duration: 10\n  - name: Proposal\n    conversion: 0.4\n    duration: 20\n",
        "# nothing\n",
        ["s.yaml: the file is empty; expected a scenario"],
    ),
    (
        "a list as a scenario",
        "version: 1\nas_of: 2027-01-04\nperiods: {unit: quarter, count: 2}\nstages:\n  - name: Discovery\n    conversion: 0.5\n    duration: 10\n  - name: Proposal\n    conversion: 0.4\n    duration: 20\n",
        "- version: 1\n",
        ["s.yaml:1:1: expected a mapping that begins with `version: 1`, found a list"],
    ),
    (
        "a merge key",
        None,
        "teams: {<<: {Ann: East}}\n",
        ["s.yaml:11:9: merge keys (<<) are not part of YAML 1.2; write the keys out, or use `extends`"],
    ),
    (
        "several errors at once",
        "    conversion: 0.5\n    duration: 10\n  - name: Proposal\n    conversion: 0.4\n    duration: 20\n",
        "    convresion: 0.5\n    duration: 10\n  - name: Proposal\n    conversion: 0.4\n    duration: -20\ncurrency: dollars\ntargets: [{period: 2027-Q1, amount: -3}]\nleads: [{name: web, stage: Offer, rate: {per: week, mean: 3}}]\n",
        [
            "s.yaml:6:5: stages.Discovery.convresion: unknown key 'convresion'; did you mean 'conversion'? (known here: name, conversion, win_rate, duration, lost_duration, n, transitions)",
            "s.yaml:10:15: stages.Proposal.duration: must be at least 0, found -20",
            "s.yaml:11:11: currency: expected three capital letters such as USD, found 'dollars'",
            "s.yaml:12:37: targets[0].amount: must be above 0, found -3",
            "s.yaml:13:28: leads.web.stage: unknown stage 'Offer'; known here: Discovery, Proposal",
        ],
    ),
]


@pytest.mark.parametrize(("old", "new", "messages"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_malformed_scenario_gives_exactly_these_messages(
    old: str | None, new: str, messages: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = BASE + new if old is None else BASE.replace(old, new, 1)
    Path("s.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_scenario("s.yaml")
    assert [str(problem) for problem in caught.value.problems] == messages


def test_base_of_the_table_is_valid(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(BASE, encoding="utf-8")
    assert [stage.name for stage in load_scenario(path).scenario.stages] == ["Discovery", "Proposal"]
