"""Plots in Chinese: with a font of its characters, or in English with a word on which package to install."""

from __future__ import annotations

from pathlib import Path

import pytest
from matplotlib import font_manager
from matplotlib.text import Text

from simfunnel.forecast import Forecast, simulate
from simfunnel.report.faces.forecast import ForecastFace
from simfunnel.report.plots import stress, style
from simfunnel.wording.language import language

from .html_scenario import scenario


@pytest.fixture(scope="module")
def forecast() -> Forecast:
    return simulate(scenario(), trials=500)


@pytest.fixture(autouse=True)
def fresh() -> None:
    style.cjk_font.cache_clear()


def drawn(forecast: Forecast, kind: str) -> list[str]:
    figure = ForecastFace(forecast).draw(kind)
    assert all("�" not in text.get_text() for text in figure.findobj(Text))
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def test_without_a_font_the_words_are_english_and_a_package_is_named(
    forecast: Forecast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(style, "_installed", set)
    monkeypatch.setattr(style.font_manager, "findSystemFonts", list)
    with language("zh"), pytest.warns(UserWarning, match="the package fonts-noto-cjk of Debian"):
        texts = drawn(forecast, "distribution")
    assert not style.needs_cjk(texts) and "Bookings in 2027-Q1" in texts


def test_with_a_font_they_are_chinese_and_every_character_is_in_it(forecast: Forecast, tmp_path: Path) -> None:
    name = style.cjk_font() if _installed() else None
    if name is None:
        pytest.skip("no Chinese font is installed; on Debian and Ubuntu: apt install fonts-wqy-microhei")
    fonts = [font_manager.get_font(font_manager.findfont(family)) for family in (name, "DejaVu Sans")]
    with language("zh"):
        for kind in ("distribution", "exceedance", "fan", "funnel", "occupancy"):
            texts = drawn(forecast, kind)
            assert style.needs_cjk(texts)
            characters = {c for text in texts for c in text if not c.isspace()}
            assert {c for c in characters if not any(font.get_char_index(ord(c)) for font in fonts)} == set()
        ForecastFace(forecast).save_plots(tmp_path, ("distribution",), ("png",))
    assert (tmp_path / "distribution.png").stat().st_size > 10_000


def test_a_name_without_blanks_is_broken_to_fit_its_bar() -> None:
    assert stress._short("比率与水平未知", 0.05) == "比率与\n水平未\n知"
    assert stress._short("比率与水平未知", 0.5) == "比率与水平未知"
    assert stress._short("unknown rates", 0.05) == "unknown\nrates"


def _installed() -> bool:
    return any(part in Path(path).name.lower() for path in font_manager.findSystemFonts() for part in style._CJK_FILES)
