# ruff: noqa: E501
"""Durations and other distributions."""

from __future__ import annotations

CASES: list[tuple[str, str | None, str, list[str]]] = [
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
]
