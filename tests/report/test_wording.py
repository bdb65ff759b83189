"""Numbers as people read them."""

from __future__ import annotations

import pytest

from simfunnel.wording.numbers import money, percent


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (0.4, "0"), (950, "950"), (999.4, "999"), (999.6, "1.0k"), (1000, "1.0k"), (1234, "1.23k"),
        (12_345, "12.3k"), (123_456, "123k"), (999_400, "999k"), (999_960, "1.0M"), (3_000_000, "3.0M"),
        (5_200_000, "5.2M"), (12_500_000, "12.5M"), (1_234_000_000, "1.23B"), (-2_500, "-2.5k"),
    ],
)  # fmt: skip
def test_money_has_three_digits_at_most(value: float, text: str) -> None:
    assert money(value) == text


@pytest.mark.parametrize(
    ("p", "trials", "text"),
    [
        (0.634, 1000, "63 %"), (0.0512, 1000, "5.1 %"), (0.953, 1000, "95.3 %"), (0.0004, 100_000, "0.04 %"),
        (0.0, 100_000, "<0.003 %"), (1.0, 100_000, ">99.997 %"), (0.0, 1000, "<0.3 %"), (0.0, None, "0 %"),
        (1.0, None, "100 %"), (1.1516, None, "115 %"), (31.15, None, "3,115 %"), (0.0, 2, "<100 %"), (1.0, 2, ">0 %"),
    ],
)  # fmt: skip
def test_what_was_never_seen_is_not_called_impossible(p: float, trials: int | None, text: str) -> None:
    assert percent(p, trials) == text
