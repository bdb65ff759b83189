# ruff: noqa: E501
"""Stages, transitions, segments, periods and the clock."""

from __future__ import annotations

CASES: list[tuple[str, str | None, str, list[str]]] = [
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
        "odds beside a rate of its own",
        None,
        "segments: {smb: {stages: {Proposal: {odds: 1.2, conversion: 0.3}}}}\n",
        [
            "s.yaml:11:44: segments.smb.stages.Proposal.odds: 'odds' is a factor on what all have, and cannot stand beside 'conversion'; remove one of them"
        ],
    ),
    (
        "odds of nothing",
        None,
        "segments: {smb: {stages: {Proposal: {odds: 0}}}}\n",
        ["s.yaml:11:44: segments.smb.stages.Proposal.odds: must be above 0, found 0"],
    ),
    (
        "odds of a stage that belongs to all",
        "    conversion: 0.4\n",
        "    conversion: 0.4\n    odds: 1.2\n",
        [
            "s.yaml:10:5: stages.Proposal.odds: unknown key 'odds'; known here: name, conversion, win_rate, duration, lost_duration, n, transitions, age"
        ],
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
]
