"""One look for all plots: colour-blind safe, readable in grey, with a font for Chinese, Japanese and Korean."""

from __future__ import annotations

import logging
import os
import re
import unicodedata
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, PercentFormatter

from simfunnel.wording.language import ENGLISH, in_english, language, spoken
from simfunnel.wording.numbers import money
from simfunnel.wording.shown_text import LONGEST_LINE, LONGEST_NAME, in_picture

# Okabe & Ito (2008), in an order of falling lightness differences so that neighbours also differ in grey
BLUE, ORANGE, SKY, GREEN, RED = "#0072B2", "#E69F00", "#56B4E9", "#009E73", "#D55E00"
INK, MUTED, FAINT = "#222222", "#6b6b6b", "#d9d9d9"
SIZE = (9.0, 5.2)

CJK_FONTS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN",
    "Source Han Sans", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "PingFang SC", "Microsoft YaHei", "SimHei",
)  # fmt: skip

_RC: dict[str, Any] = {
    "font.size": 10.5, "axes.titlesize": 13, "axes.titleweight": "bold", "axes.titlelocation": "left",
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": MUTED, "axes.labelcolor": INK,
    "text.color": INK, "xtick.color": INK, "ytick.color": INK, "axes.grid": True, "axes.axisbelow": True,
    "grid.color": FAINT, "grid.linewidth": 0.6, "legend.frameon": False, "figure.dpi": 100, "savefig.dpi": 150,
    "svg.fonttype": "none", "svg.hashsalt": "simfunnel", "axes.unicode_minus": False,
    "text.parse_math": False,  # a $ in a name is a dollar
}  # fmt: skip


_PICTOGRAPHS = re.compile("[\U0001f000-\U0001faff\ufe0f\u200d]+")
_CJK_FILES = ("cjk", "sourcehansans", "notosanssc", "wqy", "pingfang", "msyh", "simhei")


def _installed() -> set[str]:
    return {font.name for font in font_manager.fontManager.ttflist}


@cache
def cjk_font() -> str | None:
    """Name of an installed font with Chinese characters; None, after one warning, if there is none."""
    for name in CJK_FONTS:
        if name in _installed():
            return name
    # matplotlib remembers the fonts of its first use: one installed since then has to be looked for
    for path in font_manager.findSystemFonts():
        if any(part in Path(path).name.lower() for part in _CJK_FILES):
            font_manager.fontManager.addfont(path)
    for name in CJK_FONTS:
        if name in _installed():
            return name
    warnings.warn(
        "no font with Chinese, Japanese or Korean characters is installed, so such names show as boxes in plots, "
        "and other words are English; install one, such as Noto Sans CJK (the package fonts-noto-cjk of Debian and "
        "Ubuntu, google-noto-sans-cjk-fonts of Fedora)",
        stacklevel=2,
    )
    return None


def needs_cjk(texts: Iterable[str]) -> bool:
    """Whether any text has East Asian wide characters."""
    return any(unicodedata.east_asian_width(c) in "WF" for text in texts for c in text)


@contextmanager
def plot_style(texts: Iterable[str]) -> Iterator[None]:
    """Apply the look, with a font that can show `texts`; without one for the language spoken, speak English."""
    families, told_in = ["DejaVu Sans"], spoken()
    if not in_english():
        font = cjk_font()
        families, told_in = ([font, *families], told_in) if font is not None else (families, ENGLISH)
    elif needs_cjk(texts) and (font := cjk_font()) is not None:
        families = [*families, font]
    rc: Any = {**_RC, "font.family": families}
    with language(told_in), mpl.rc_context(rc), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)  # said once already
        logger = logging.getLogger("matplotlib.font_manager")
        level = logger.level
        logger.setLevel(logging.ERROR)  # a Chinese font without a bold weight is no news
        try:
            yield
        finally:
            logger.setLevel(level)


def _drawable(text: str, longest: int = LONGEST_LINE) -> str:
    """Text as a plot may hold it: without pictographs, which text fonts do not have and would show as boxes."""
    shown = in_picture(_PICTOGRAPHS.sub("", text), longest)
    return shown if shown.strip() or not text.strip() else "?"


class NamedFigure(Figure):
    """A figure that shows what others wrote: every text passes the gate before it is drawn."""

    def draw(self, renderer: Any) -> None:
        """Draw, with control characters replaced and long lines cut."""
        for text in self.findobj(Text):
            assert isinstance(text, Text)
            if (shown := _drawable(text.get_text())) != text.get_text():
                text.set_text(shown)
                text.set_in_layout(len(shown) < LONGEST_LINE)  # a line as wide as the picture leaves the axes no room
        super().draw(renderer)


def name_ticks(axes: Axes, at: Any, names: Iterable[str], which: str = "y", **how: Any) -> None:
    """Write names at places of an axis; ticks are made while they are drawn, too late for the gate of the figure."""
    labels = ["\n".join(_drawable(line, LONGEST_NAME) for line in name.split("\n")) for name in names]
    (axes.set_yticks if which == "y" else axes.set_xticks)(at, labels, **how)


def new_figure(title: str, subtitle: str = "", size: tuple[float, float] = SIZE) -> tuple[Figure, Axes]:
    """Make a figure with one pair of axes, a title that says what is seen, and a quieter second line."""
    figure = NamedFigure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(title, pad=24 if subtitle else 10, wrap=True)
    if subtitle:
        axes.annotate(subtitle, (0, 1), (0, 8), xycoords="axes fraction", textcoords="offset points", color=MUTED)
    return figure, axes


def money_axis(axes: Axes, which: str = "x") -> None:
    """Label an axis with short amounts."""
    (axes.xaxis if which == "x" else axes.yaxis).set_major_formatter(FuncFormatter(lambda v, _: money(v)))


def date_axis(axes: Axes) -> None:
    """Label the x axis with days as short as they can be read."""
    locator: Any = axes.xaxis.get_major_locator()
    written: dict[str, Any] = {}
    if not in_english():
        day, month, year = "%-d日" if os.name == "posix" else "%d日", "%-m月" if os.name == "posix" else "%m月", "%Y年"
        written = {
            "formats": [year, month, day, "%H:%M", "%H:%M", "%S"],
            "zero_formats": ["", year, month, day, "%H:%M", "%H:%M"],
            "offset_formats": ["", year, year + month, year + month, year + month + day, year + month + day],
        }
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, **written))  # type: ignore[no-untyped-call]


def percent_axis(axes: Axes) -> None:
    """Label the y axis with percentages from 0 to 100."""
    axes.set_ylim(0, 1.02)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
