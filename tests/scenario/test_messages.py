"""Which name is suggested for one that is not known."""

from __future__ import annotations

import pytest

from simfunnel.values.messages import nearest

KNOWN = ("inbound", "Wang Wei", "smb")


@pytest.mark.parametrize(
    ("written", "meant"),
    [("inbuond", "inbound"), ("wang wie", "Wang Wei"), ("smd", "smb"), ("nobody", None), ("partner", None), ("", None)],
)
def test_a_name_is_suggested_where_it_may_have_been_meant(written: str, meant: str | None) -> None:
    assert nearest(written, KNOWN) == meant
