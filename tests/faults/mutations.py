"""Seeded mutations that know what they mutate: trees of a scenario or a saved forecast, and lines of options."""

from __future__ import annotations

import copy
import random
from typing import Any

NUMBERS = [
    0, -1, 1, 0.5, 1e-300, 1e300, -1e300, 1e18, 2**63, 2**64, 10**400, 1e-9, 0.1 + 0.2, -0.0, 100, 1e6, 3.7,
]  # fmt: skip
TEXTS = [
    "", " ", "x" * 300, "45%", "3M", "1e99999", "inf", "nan", "-1", "null", "true", "[bold]", "$x$", "\x1b[31m", "\x00",
    "a\nb",
    "\u202e", "北京", "e\u0301", "é", "😀", "=1+1", "</text>", "2027-01-04", "9999-12-31", "0001-01-01", "2027-02-30",
    "Won", "Lost", "never", "total", "*", "../x", "/dev/null", "{}", "[]", ":", "#", "- a", "&a", "*a", "!!python/x",
    "12.000,5", "١٢", "２７", "Demo", "Offer", "Ann", "inbound", "2027-Q1",
]  # fmt: skip
OTHERS: list[Any] = [None, True, False, [], {}, [[]], {"a": {"b": {}}}, ["x"], [1, 2], {"": 1}]


def value(chance: random.Random) -> Any:
    """A value that nobody expects here."""
    kind = chance.random()
    if kind < 0.4:
        return chance.choice(NUMBERS)
    return chance.choice(TEXTS) if kind < 0.75 else copy.deepcopy(chance.choice(OTHERS))


def _places(tree: Any) -> list[tuple[Any, Any]]:
    """(container, key) of everything in a tree."""
    keys = list(tree) if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    return [(tree, key) for key in keys] + [place for key in keys for place in _places(tree[key])]


def _nested(chance: random.Random, inner: Any) -> Any:
    for _ in range(chance.choice([1, 2, 30, 150])):
        inner = [inner] if chance.random() < 0.5 else {"fixed": inner}
    return inner


def mutated(tree: Any, chance: random.Random) -> Any:
    """A copy of a tree in which one to three things are dropped, doubled, retyped, exchanged, nested or renamed."""
    tree = copy.deepcopy(tree)
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        places = _places(tree)
        if not places:
            return tree
        within, key = chance.choice(places)
        how = chance.randrange(8)
        if how == 0:
            del within[key]
        elif how == 1 and isinstance(within, list):
            within.insert(key, copy.deepcopy(within[key]))
        elif how == 2:
            elsewhere, other = chance.choice(places)
            within[key] = copy.deepcopy(elsewhere[other])
        elif how == 3:
            within[key] = _nested(chance, within[key])
        elif how == 4 and isinstance(within, dict):
            within[chance.choice([*TEXTS, f"{key}x", str(key).upper()])] = within.pop(key)
        elif how == 5 and isinstance(within[key], int | float) and not isinstance(within[key], bool):
            factor = chance.choice([-1, 0, 10, 1e-6, 1e6, 1e12])
            within[key] = within[key] * factor if abs(within[key]) < 1e200 else 0
        elif how == 6 and isinstance(within[key], str):
            at = chance.randrange(len(within[key]) + 1)
            within[key] = within[key][:at] + chance.choice(TEXTS) + within[key][at:]
        else:
            within[key] = value(chance)
    return tree


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Bytes that are cut, flipped, doubled, or filled with others."""
    data = bytearray(content)
    how, at = chance.randrange(5), chance.randrange(max(len(data), 1))
    if how == 0:
        return bytes(data[:at])
    if how == 1:
        for _ in range(chance.choice([1, 4, 40])):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    elif how == 2:
        data[at : at + 20] = chance.randbytes(20)
    elif how == 3:
        data[at:at] = data[: chance.randrange(200)]
    else:
        del data[at : at + chance.randrange(200)]
    return bytes(data)


OPTIONS: dict[str, list[str]] = {
    "--seed": [], "--threads": ["1", "2"], "--variant": ["weak"], "--period": ["2027-Q1", "total"],
    "--target": ["1500"],
    "--by": ["owner", "10%", "week"], "--confidence": ["0.8"], "--kernel": ["paths", "outcomes"], "--json": [],
    "--precision": ["0.2"], "--max-multiplier": ["5"], "--source": ["inbound"], "--owner": ["Ann"], "--no-grid": [],
    "--kind": ["add", "odds"], "--assumption": ["win_rate", "duration"], "--each": ["stage"], "--threshold": ["0.5"],
    "--market-quantile": ["5%"], "--method": ["exact"], "--set": ["name=x", "stages.Demo.conversion=0.4"],
    "--grid": ["win_rate=0.9:1:2"], "--out": ["results"], "--force": [], "--unknown": [],
}  # fmt: skip


def options(chance: random.Random) -> list[str]:
    """A few options with values that may or may not be theirs."""
    found: list[str] = []
    for name in chance.sample(list(OPTIONS), chance.randrange(1, 4)):
        wild = str(value(chance)).replace("\x00", "")
        given = chance.choice(OPTIONS[name]) if OPTIONS[name] and chance.random() < 0.4 else wild
        if name == "--set" and chance.random() < 0.8 and "=" not in given:
            paths = (
                "as_of",
                "periods.count",
                "stages.Demo.duration",
                "leads.inbound.rate.mean",
                "name",
                "amount",
                "x.y",
            )
            given = f"{chance.choice(paths)}={given}"
        if name == "--threads" and given.isdigit():
            given = str(min(int(given), 4))
        found.append(name if name in ("--json", "--no-grid", "--force") else f"{name}={given}")
    return found
