"""Command lines without their passwords."""

from __future__ import annotations

import re

_IN_ADDRESS = re.compile(r"(\w[\w+.-]*://[^\s/:@?#]*):\S*@")
"""``user:password@`` after a scheme. Greedy: a password may hold @, / and :, and nothing of it may be left."""
_IN_QUERY = re.compile(r"(?i)((?:^|[?&;\s])\w*(?:passw|pwd|secret|token)\w*=)[^&;\s]*")
"""``?password=...`` and the like."""


def without_passwords(text: str) -> str:
    """Put *** in place of the passwords of URLs."""
    return _IN_QUERY.sub(r"\1***", _IN_ADDRESS.sub(r"\1:***@", text))
