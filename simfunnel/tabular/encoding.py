"""Bytes to text: byte-order marks, strict UTF-8, then the encodings of older spreadsheets."""

from __future__ import annotations

import codecs
import re
from itertools import islice

from simfunnel.errors import InputError, Problem

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8 with BOM"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
OTHERS = ("gb18030", "cp1251", "cp1253", "big5", "shift_jis", "euc_kr")
HIGH_BYTES = re.compile(rb"[\x80-\xff]+")
LINES_LOOKED_AT = 5000
"""Lines with letters beyond ASCII from which an older encoding is told."""
ZEROS = 0.3
"""Share of zero bytes at every second place from which text is UTF-16."""
MEAN_ACCENT_RUN = 1.5
"""Western accents stand alone between plain letters; other scripts fill whole words."""
NAMES = {"cp1252": "Windows-1252", "gb18030": "GB18030", "cp1250": "Windows-1250", "cp1251": "Windows-1251"}
MAGIC = (
    (b"PK\x03\x04", "an Excel workbook (or another zip file)", "name it .xlsx, or save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook of the old .xls format", "save it as .xlsx or as CSV"),
    (b"%PDF", "a PDF document", "export the list of deals as CSV"),
    (b"PAR1", "a Parquet file", "name it .parquet"),
    (b"\x1f\x8b", "a gzip file", "name it .csv.gz"),
)
WEB_PAGE = re.compile(rb"<(!doctype html|html|head|meta|body|style|table)\b", re.IGNORECASE)
CONTROL = frozenset(range(32)) - {9, 10, 12, 13, 27}
SAMPLE = 200_000
WEB_PAGE_MESSAGE = "this is a web page, as some CRMs save .xls; export as CSV"
RARE = 0xD8
"""First byte of the rarer ideographs in GB18030; a small accented letter of Windows-1252 is above it too."""


def decode(
    data: bytes, *, encoding: str | None = None, file: str | None = None, section: str = "pipeline"
) -> tuple[str, str]:  # fmt: skip
    """Turn the bytes of a delimited file into text.

    Parameters
    ----------
    data
        The whole file.
    encoding
        Encoding stated by the user; None detects it.
    file
        Name for messages.
    section
        Key under which an encoding is stated.

    Returns
    -------
    tuple of str
        The text without byte-order mark, and the name of the encoding.
    """
    if is_web_page(data):
        raise InputError(Problem(WEB_PAGE_MESSAGE, file=file))
    if encoding is not None:
        return _decode_as(data, encoding, file, section), encoding
    for mark, codec, name in BOMS:
        if data.startswith(mark):
            return _decode_as(data, codec, file, section).removeprefix("\ufeff"), name
    for magic, what, advice in MAGIC:
        if data.startswith(magic):
            raise InputError(Problem(f"this is {what}, not delimited text: {advice}", file=file))
    if (unmarked := _utf16_without_mark(data)) is not None:
        return _decode_as(data, unmarked, file, section), "UTF-16"
    if sum(byte in CONTROL for byte in data[:4096]) > 0:
        raise InputError(
            Problem(
                "this is not text (it holds control characters): export the deals as CSV, or, if it is "
                f"UTF-16 without a byte-order mark, add `encoding: utf-16-le` under `{section}`",
                file=file,
            )
        )
    try:
        return data.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        foreign = (line for line in data.split(b"\n") if HIGH_BYTES.search(line))
        guessed = _guess(data, b"\n".join(islice(foreign, LINES_LOOKED_AT)))
    if guessed is None:
        raise InputError(
            Problem(
                "the encoding of this file is unknown (not UTF-8, UTF-16, Windows-1252 or GB18030): save it "
                f"as UTF-8, or add its name under `{section}`, for example `encoding: big5`",
                file=file,
            )
        )
    return data.decode(guessed), NAMES.get(guessed, guessed)


def is_web_page(data: bytes) -> bool:
    """Whether a file begins like HTML, in whatever encoding."""
    head = data[:4096].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    while head.startswith(b"<!--") and b"-->" in head:
        head = head.split(b"-->", 1)[1].lstrip()
    return WEB_PAGE.match(head) is not None


def _decode_as(data: bytes, encoding: str, file: str | None, section: str) -> str:
    try:
        text = data.decode(encoding)
    except LookupError:
        raise InputError(
            Problem(
                f"unknown encoding {encoding!r}: expected a name such as utf-8, utf-16, cp1252 or gb18030",
                path=f"{section}.encoding",
            )
        ) from None
    except UnicodeError as error:
        line = data[: error.start].count(b"\n") + 1 if isinstance(error, UnicodeDecodeError) else None
        raise InputError(
            Problem(
                f"this file is not {encoding}: leave `{section}.encoding` out to detect it, or correct it",
                file=file,
                line=line,
            )
        ) from None
    return text.removeprefix("\ufeff")


def _utf16_without_mark(data: bytes) -> str | None:
    """Return the codec of UTF-16 without a byte-order mark: every second byte of its ASCII characters is zero."""
    head = data[:4096]
    if len(head) < 8 or len(data) % 2:
        return None
    for codec, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[0::2])):
        others = head[0::2] if codec == "utf-16-le" else head[1::2]
        if zeros.count(0) > ZEROS * len(zeros) and not others.count(0):
            try:
                data.decode(codec)
            except UnicodeDecodeError:
                return None
            return codec
    return None


def _guess(data: bytes, sample: bytes) -> str | None:
    """Tell older encodings apart: Chinese by its pairs, western by lone accents, then by statistics."""
    runs = HIGH_BYTES.findall(sample)
    lone = sum(map(len, runs)) <= MEAN_ACCENT_RUN * len(runs)
    if _looks_like_gb18030(sample) and _decodes(data, "gb18030"):
        if not _accents_in_pairs(sample):
            return "gb18030"
        lone = True
    if lone:
        candidates = ["cp1252"]
    else:
        from charset_normalizer import from_bytes

        best = from_bytes(sample[:SAMPLE], cp_isolation=list(OTHERS)).best()
        candidates = [best.encoding] if best is not None else []
    for codec in (*candidates, "cp1250"):
        if _decodes(data, codec):
            return codec
    return None


def _decodes(data: bytes, codec: str) -> bool:
    try:
        data.decode(codec)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _looks_like_gb18030(data: bytes) -> bool:
    """Chinese text is made of pairs of high bytes that decode to common ideographs."""
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return False
    foreign = [character for character in text if not character.isascii()]
    common = sum(
        "\u4e00" <= character <= "\u9fff" and len(pair := character.encode("gb18030")) == 2 and pair[1] >= 0xA1
        for character in foreign
    )
    punctuation = sum("\u3000" <= c <= "\u303f" or "\uff00" <= c <= "\uffef" for c in foreign)
    return common + punctuation > 0.9 * len(foreign)


def _accents_in_pairs(data: bytes) -> bool:
    """Whether most pairs of high bytes are two accented letters in a Latin word, such as `ñá` in `Añá`.

    As Chinese, such a pair is one ideograph between letters, or a rare one beside a letter.
    """
    runs = [match.span() for match in HIGH_BYTES.finditer(data)]
    latin = 0
    for start, end in runs:
        before, after = data[start - 1 : start].isalpha(), data[end : end + 1].isalpha()
        latin += end - start == 2 and ((before and after) or ((before or after) and data[start] >= RARE))
    return latin > 0.5 * len(runs)
