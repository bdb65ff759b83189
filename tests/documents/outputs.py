"""Whether a command wrote what a page shows: words as they are, figures within one unit of the last digit shown.

The commands draw the same futures everywhere; what may differ is how a last digit is rounded. A line ``...`` stands
for whatever is left out. Lines may be broken elsewhere.
"""

from __future__ import annotations

import re

_FIGURE = re.compile(r"\d[\d,]*(?:\.\d+)?")
_FIXED = re.compile(r"\d{4}-|^v?\d+\.\d+\.\d+$|[0-9a-f]{7,}|trials|seed")
"""Words that hold no figure with an error: days, labels of periods, versions, hashes."""


def difference(shown: str, written: str) -> str:
    """What is wrong; empty where the output is what is shown."""
    parts = [part.split() for part in re.split(r"^\s*\.\.\.\s*$", shown, flags=re.MULTILINE)]
    words = written.split()
    position = 0
    for i, part in enumerate(parts):
        last = i == len(parts) - 1
        starts = [position] if i == 0 else range(position, len(words) - len(part) + 1)
        if last and part:
            starts = [s for s in starts if s + len(part) == len(words)]
        found = next((s for s in starts if _same(part, words[s : s + len(part)])), None)
        if found is None:
            return _told(part, words[position:], anchored=i == 0)
        position = found + len(part)
    return "" if not parts[-1] or position == len(words) else "more was written"


def _same(shown: list[str], written: list[str]) -> bool:
    return len(shown) == len(written) and all(map(same_word, shown, written))


def same_word(shown: str, written: str) -> bool:
    """Whether two words are the same, up to one unit of the last digit of each figure."""
    if shown == written:
        return True
    if _FIXED.search(shown) or _FIGURE.sub("#", shown) != _FIGURE.sub("#", written):
        return False
    return all(map(_close, _FIGURE.findall(shown), _FIGURE.findall(written)))


def _close(shown: str, written: str) -> bool:
    unit = 10.0 ** -min(_decimals(shown), _decimals(written))
    return abs(float(shown.replace(",", "")) - float(written.replace(",", ""))) <= unit * (1 + 1e-9)


def _decimals(figure: str) -> int:
    return len(figure.partition(".")[2])


def _told(shown: list[str], written: list[str], *, anchored: bool) -> str:
    if not anchored:
        return f"nowhere in the output: {' '.join(shown)[:200]}"
    pairs = zip(shown, written, strict=False)
    at = next((i for i, pair in enumerate(pairs) if not same_word(*pair)), min(len(shown), len(written)))
    near = slice(max(0, at - 5), at + 8)
    return f"shown is {' '.join(shown[near])!r}, written {' '.join(written[near])!r}"
