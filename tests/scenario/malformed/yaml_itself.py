# ruff: noqa: E501
"""YAML itself, and files that are no scenario."""

from __future__ import annotations

CASES: list[tuple[str, str | None, str, list[str]]] = [
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
            "s.yaml:6:5: stages.Discovery.convresion: unknown key 'convresion'; did you mean 'conversion'? (known here: name, conversion, win_rate, duration, lost_duration, n, transitions, age)",
            "s.yaml:10:15: stages.Proposal.duration: must be at least 0, found -20",
            "s.yaml:11:11: currency: expected three capital letters such as USD, found 'dollars'",
            "s.yaml:12:37: targets[0].amount: must be above 0, found -3",
            "s.yaml:13:28: leads.web.stage: unknown stage 'Offer'; known here: Discovery, Proposal",
        ],
    ),
]
