"""Amounts, shares, days and periods as people write them in Chinese; English stays as it was."""

from __future__ import annotations

import datetime as dt

import pytest

from simfunnel.wording.language import LANGUAGES, joined, language, spoken, tell
from simfunnel.wording.numbers import (
    chance,
    day_of_year,
    day_told,
    money,
    percent,
    period_told,
    plural,
    share_of,
    signed_percent,
    spelled_money,
)

STAYS = "There are no leads to raise: the chance of {target} {where} stays at {now}."


@pytest.mark.parametrize(
    ("value", "chinese", "english"),
    [
        (0, "0", "0"), (7500, "7,500", "7.5k"), (9999.4, "9,999", "10.0k"), (9999.6, "1万", "10.0k"),
        (41_000, "4.1万", "41.0k"), (410_000, "41万", "410k"), (415_000, "41.5万", "415k"),
        (3_000_000, "300万", "3.0M"), (12_500_000, "1250万", "12.5M"), (99_994_000, "9999万", "100M"),
        (99_996_000, "1亿", "100M"), (123_400_000, "1.23亿", "123M"), (-256_000, "-25.6万", "-256k"),
        (4.2e10, "420亿", "42.0B"),
    ],
)  # fmt: skip
def test_amounts(value: float, chinese: str, english: str) -> None:
    assert money(value) == english
    with language("zh"):
        assert money(value) == chinese


@pytest.mark.parametrize("code", LANGUAGES)
def test_what_rounds_to_nothing_has_no_minus(code: str) -> None:
    with language(code):
        assert (money(-0.3), spelled_money(-0.3), spelled_money(-0.0, cents=True)) == ("0", "0", "0")
        shares = (percent(-1e-12), share_of(-1e-5), signed_percent(-1e-4))
        assert [share.replace(" ", "") for share in shares] == ["0%", "0.0%", "+0%"]
        told = tell(
            "{a:.1f} {b:+.1f} {c:,.0f} {d:.1%} {e:+.1f} {f:g}", a=-0.04, b=-0.04, c=-0.0, d=-1e-9, e=-0.06, f=-0.0
        )
        assert told == "0.0 +0.0 0 0.0% -0.1 0"


def test_amounts_are_what_they_say() -> None:
    """Read back, an amount is off by no more than half of its last digit."""
    units = {"万": 1e4, "亿": 1e8}
    with language("zh"):
        for exponent in range(0, 110):
            value = 1.37 * 10 ** (exponent / 10)
            text = money(value).replace(",", "")
            number, unit = (text[:-1], units[text[-1]]) if text[-1] in units else (text, 1.0)
            digits = len(number.partition(".")[2])
            assert abs(float(number) * unit - value) <= 0.5001 * unit * 10**-digits
            assert abs(float(number) * unit / value - 1) < 0.005 or value < 100


def test_shares() -> None:
    assert (percent(0.583), percent(0.0, 1000), percent(0.034), signed_percent(0.253)) == (
        "58 %", "<0.3 %", "3.4 %", "+25 %"
    )  # fmt: skip
    assert (chance(0.0, 1000), chance(1.0, 1000)) == ("less than 0.3 %", "more than 99.7 %")
    with language("zh"):
        assert (percent(0.583), percent(0.0, 1000), signed_percent(0.253)) == ("58%", "<0.3%", "+25%")
        assert (chance(0.0, 1000), chance(1.0, 1000)) == ("不到0.3%", "超过99.7%")
        said = [tell(STAYS, target=money(3e6), where="甲", now=now) for now in (chance(0.5), chance(0.0, 1000))]
        said.append(tell(STAYS, target=money(3e6), where="甲", now=percent(1.0, 1000)))
        assert [text.partition("概率仍")[2] for text in said] == ["为50%。", "不到0.3%。", "超过99.7%。"]


@pytest.mark.parametrize(
    ("label", "chinese"),
    [
        ("2027-Q1", "2027年第一季度"), ("FY2027-Q4", "2027财年第四季度"), ("2027-01", "2027年1月"),
        ("2027-W05", "2027年第5周"), ("2027", "2027年"), ("FY2027-P13", "2027财年第13期"),
        ("2027-01-04+30d", "2027年1月4日起30天"), ("total", "合计"), ("Q1", "Q1"),
    ],
)  # fmt: skip
def test_periods(label: str, chinese: str) -> None:
    assert period_told(label) == label
    with language("zh"):
        assert period_told(label) == chinese


def test_days() -> None:
    assert (day_told(dt.date(2027, 1, 25)), day_of_year(12, 25)) == ("2027-01-25", "25 Dec")
    with language("zh"):
        assert day_told(dt.date(2027, 1, 25)) == day_told("2027-01-25") == "2027年1月25日"
        assert day_told("someday") == "someday"
        assert day_of_year(12, 25) == "12月25日"
        assert tell("as of {as_of}", as_of=dt.date(2027, 1, 5)) == "截至2027年1月5日"


def test_counted_nouns_and_lists() -> None:
    with language("zh"):
        assert plural(1, "open deal") == "1笔在手商机" and plural(2000, "deal") == "2,000笔商机"
        assert joined(["甲", "乙", "丙"], last=" and ") == "甲、乙和丙"
    assert plural(1, "open deal") == "1 open deal"
    assert joined(["a", "b", "c"], last=" and ") == "a, b and c"


def test_a_language_ends_with_its_block_and_is_one_of_ours() -> None:
    with pytest.raises(ValueError, match="expected one of en, zh, found 'de'"), language("de"):
        pass
    with pytest.raises(KeyError), language("zh"):
        raise KeyError
    assert spoken() == LANGUAGES[0]
