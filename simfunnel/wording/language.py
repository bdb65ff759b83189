"""The language in which people are told things."""

from __future__ import annotations

from typing import Any


def tell(text: str, /, **fields: Any) -> str:
    """Put a sentence into words.

    Parameters
    ----------
    text
        The sentence in English, with the names of its fields in braces.
    **fields
        What stands in their place.
    """
    return text.format(**fields)
