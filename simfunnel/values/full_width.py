"""Full-width punctuation, as East Asian keyboards write it, and its ASCII twins."""

from __future__ import annotations

FULL_WIDTH = {"：": ":", "，": ",", "｛": "{", "｝": "}", "［": "[", "］": "]", "＃": "#", "－": "-", "；": ";"}


def narrow(text: str) -> str:
    """Write full-width punctuation as ASCII."""
    return "".join(FULL_WIDTH.get(character, character) for character in text)


def full_width_in(line: str) -> str | None:
    """Say which full-width sign of a line should be an ASCII one; None if there is none."""
    found = next((character for character in line if character in FULL_WIDTH), None)
    return None if found is None else f"the full-width sign '{found}' is not YAML's: write '{FULL_WIDTH[found]}'"
