"""What a header says about its numbers: `Amount (k EUR)`, `金额(万元)`, `amountMicros`, `value in cents`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from simfunnel.crm.words.header_words import LEXICON
from simfunnel.values.words import fold, split_words

THOUSAND, MILLION, BILLION = 1e3, 1e6, 1e9
SCALES: dict[str, float] = {
    word: factor
    for factor, listed in (
        (THOUSAND, "k thousand thousands thsd thds tsd tausend mille millier milliers miles milhar milhares migliaia "
                   "тыс тысяч тысячах teur"),
        (MILLION, "m mm mn mio million millions millionen millones milhoes milioni млн миллион миллионов mln"),
        (BILLION, "b bn billion billions mrd milliarde milliarden milliard milliards млрд миллиардов miliardi"),
        (1e-2, "cent cents centime centimes centavo centavos centimo centimos pence minor kopeck"),
        (1e-6, "micros micro millionths"),
    )
    for word in listed.split()
}  # fmt: skip
"""Folded word -> what one unit is worth."""
LETTERS = frozenset({"k", "m", "mm", "mn", "b", "bn"})
"""Scales that are words only in brackets or beside a currency."""
ZEROS = frozenset({"000", "1000"})
"""Thousands, as tables write them: `in 000s`."""
IDEOGRAPHIC = {
    "千": 1e3, "万": 1e4, "萬": 1e4, "十万": 1e5, "百万": 1e6, "千万": 1e7, "亿": 1e8, "億": 1e8, "分": 1e-2, "": 1.0,
}  # fmt: skip
NAMED = {
    "元": "CNY", "人民币": "CNY", "美元": "USD", "欧元": "EUR", "港元": "HKD", "港币": "HKD", "日元": "JPY",
    "円": "JPY", "圆": "JPY", "圓": "TWD", "台币": "TWD",
}  # fmt: skip
SYMBOLS = {"€": "EUR", "£": "GBP", "₹": "INR", "₽": "RUB", "₩": "KRW", "₺": "TRY", "zł": "PLN", "$": "$", "¥": "¥"}
SPOKEN = {
    word: code
    for code, listed in {
        "EUR": "euro euros евро ユーロ", "$": "dollar dollars dolares dolar доллар долларов",
        "GBP": "pound pounds sterling", "CNY": "yuan renminbi юань юаней", "JPY": "yen",
        "RUB": "руб рубль рубли рублей рублях rubles", "CHF": "franken sfr fr", "BRL": "reais",
        "INR": "rupee rupees rs", "PLN": "zloty zlotych", "SEK": "kronor", "DKK": "kroner",
    }.items()
    for word in listed.split()
}  # fmt: skip
"""Folded names of currencies."""
COMPOUND = {"us$": "USD", "r$": "BRL", "a$": "AUD", "c$": "CAD", "hk$": "HKD", "nt$": "TWD", "s$": "SGD", "nz$": "NZD"}
_ISO_4217 = """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
    CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG
    HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA
    MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD
    RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX
    USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL RMB CNH
"""
CODES = frozenset(_ISO_4217.split())
WORDLIKE = frozenset({"all", "amd", "bob", "cup", "gel", "mad", "mop", "pen", "sos", "top", "try"})
"""Codes that are words too: they are currencies in capitals only."""
SAME = {"RMB": "CNY", "CNH": "CNY"}
_CUSTOM = re.compile(r"__p?c[\s*?]*$", re.IGNORECASE)
"""Ending of custom fields in Salesforce."""
_BRACKETS = re.compile(r"[(\[{【][^)\]}】]*[)\]}】]")
_TIGHT = re.compile(r"(k|t|m|mm|mn|mio|b|bn|tsd)(eur|usd|gbp|chf|cny|rmb|jpy|aud|cad|inr|brl|sek|nok|dkk|pln)")
_IDEOGRAPHIC = re.compile(f"({'|'.join(sorted(IDEOGRAPHIC, key=len, reverse=True))})({'|'.join(NAMED)})?$")


def ideographic(word: str) -> tuple[float, str | None] | None:
    """Read `万元`, `亿` or `元` as a scale and a currency; None if it is something else."""
    found = _IDEOGRAPHIC.fullmatch(word)
    return (IDEOGRAPHIC[found[1]], NAMED.get(found[2] or "")) if found and word else None


@dataclass(frozen=True, slots=True)
class Measure:
    """Unit and currency of a header, and the words that are left."""

    words: tuple[str, ...]
    """Folded words without those of the unit."""
    factor: float = 1.0
    """What one unit of the cells is worth."""
    unit: str | None = None
    """The unit as the header writes it."""
    currency: str | None = None
    """Code, or `$` or `¥`, which several currencies write."""

    @property
    def meanings(self) -> frozenset[str]:
        """What the words that are left say."""
        return LEXICON.read(self.words).set


def measure(header: str) -> Measure:
    """Take unit and currency off a header."""
    text = _CUSTOM.sub("", unicodedata.normalize("NFKC", header))
    bracketed = "".join(_BRACKETS.findall(text))
    currency: str | None = None
    for sign, named in (COMPOUND | SYMBOLS).items():
        if re.search(rf"(?<![^\W\d_]){re.escape(sign)}" if len(sign) > 1 else re.escape(sign), text, re.IGNORECASE):
            currency = currency or named
            text = re.sub(re.escape(sign), " ", text, flags=re.IGNORECASE)
    beside = currency is not None
    parts = split_words(text)
    inside = set(map(fold, split_words(bracketed)))
    beside = beside or any(_code(part) or fold(part) in SPOKEN for part in parts)
    left: list[str] = []
    factor, unit = 1.0, None
    glued = _glued(text, parts)
    for place, part in enumerate(parts):
        word = fold(part)
        if word == "s" and place and parts[place - 1] in ZEROS:
            continue  # `000s`
        if (code := _code(part, bracketed=word in inside)) is not None:
            currency = code
        elif word in SPOKEN and len(parts) > 1:
            currency = SPOKEN[word]
        elif (tight := _TIGHT.fullmatch(word)) is not None:
            factor, unit, currency = factor * SCALES.get(tight[1], THOUSAND), part, tight[2].upper()
        elif word in ZEROS or (word in {"t", *LETTERS} and (beside or word in inside) and not glued[place]):
            factor, unit = factor * SCALES.get(word, THOUSAND), part
        elif word in SCALES and word not in LETTERS:
            factor, unit = factor * SCALES[word], part
        elif (found := _IDEOGRAPHIC.search(word)) is not None and found[0] and (found[2] or word == found[1]):
            factor *= IDEOGRAPHIC[found[1]]
            unit = found[0] if IDEOGRAPHIC[found[1]] != 1 else unit
            currency = NAMED.get(found[2] or "", currency)
            if rest := word[: found.start()]:
                left.append(rest)
        else:
            left.append(word)
    return Measure(tuple(left), factor, unit, SAME.get(currency or "", currency))


def _glued(text: str, parts: Sequence[str]) -> list[bool]:
    """Whether each part runs on into a word that is no currency: the M of `MWelec` is no million."""
    found, end = [], 0
    for place, part in enumerate(parts):
        end = text.index(part, end) + len(part)
        onward = parts[place + 1] if place + 1 < len(parts) and text.startswith(parts[place + 1], end) else ""
        found.append(onward.isalpha() and onward.isascii() and _code(onward) is None and fold(onward) not in SPOKEN)
    return found


def _code(part: str, *, bracketed: bool = False) -> str | None:
    """Return the currency that a word is a code of."""
    upper = part.upper()
    if upper not in CODES or not part.isascii():
        return None
    plain = fold(part)
    return upper if part == upper or plain not in WORDLIKE or (bracketed and part == upper) else None
