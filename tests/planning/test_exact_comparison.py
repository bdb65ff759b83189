"""Exact forecasts side by side: differences of distributions, with the errors that are stated of them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from simfunnel import Forecast, compare, exact_forecast, simulate
from simfunnel.report.faces.comparison import ComparisonFace
from tests.helpers import days, funnel, stage

DATA: dict[str, Any] = funnel(
    [stage("A", 0.5, {"exponential": 10}), stage("B", 0.6, {"exponential": 8})],
    [{"id": f"d{i}", "stage": "AB"[i % 2], "age": i, "amount": 100 + 7 * i} for i in range(12)],
    periods=days(length=30, count=2),
    correlation={"market": 0.1},
    targets=[{"period": "2027-01-01+30d", "amount": 500}],
    variants={"weak": [{"path": "win_rate", "scale": 0.8}]},
)


def test_two_exact_forecasts_differ_by_what_their_distributions_differ_by() -> None:
    base, weak = exact_forecast(DATA, groups=()), exact_forecast(DATA, variant="weak", groups=())
    (other,) = compare(base, weak).others
    d = other.periods[0].difference
    assert d.mean.mean == pytest.approx(weak.mean() - base.mean(), abs=1e-9)
    assert d.p_attain is not None
    assert d.p_attain.mean == pytest.approx(weak.p_attain().probability - base.p_attain().probability, abs=1e-12)
    stated = base.solved.stated_error(0, 0) + weak.solved.stated_error(0, 0)
    assert d.p_attain.stderr == pytest.approx(stated) and 0 < stated < 1e-5
    for q in (0.1, 0.5, 0.9):
        assert d.quantiles[q].mean == pytest.approx(weak.quantile(q) - base.quantile(q), abs=1e-9)
    assert not other.paired


def test_the_exact_difference_is_the_simulated_one() -> None:
    (exact,) = compare(exact_forecast(DATA, groups=()), exact_forecast(DATA, variant="weak", groups=())).others
    (drawn,) = compare(DATA, variants=["weak"], trials=100_000).others
    for a, b in zip(exact.periods, drawn.periods, strict=True):
        assert abs(a.difference.mean.mean - b.difference.mean.mean) < 4.5 * b.difference.mean.stderr
        if b.difference.p_attain is not None and a.difference.p_attain is not None:
            assert abs(a.difference.p_attain.mean - b.difference.p_attain.mean) < 4.5 * b.difference.p_attain.stderr


def test_an_exact_forecast_and_a_simulated_one_differ_by_no_more_than_their_errors() -> None:
    exact, drawn = exact_forecast(DATA, groups=()), simulate(DATA, trials=50_000, groups=())
    for first, second in ((exact, drawn), (drawn, exact)):
        (other,) = compare(first, second).others
        d = other.periods[0].difference
        assert d.mean.stderr > 0 and abs(d.mean.mean) < 4.5 * d.mean.stderr
        assert d.p_attain is not None and abs(d.p_attain.mean) < 4.5 * d.p_attain.stderr
        assert not other.paired


def test_an_exact_forecast_makes_no_difference_to_itself() -> None:
    exact = exact_forecast(DATA, groups=())
    (other,) = compare(exact, exact).others
    assert [p.difference.mean.mean for p in other.periods] == [0, 0, 0]
    assert [p.difference.quantiles[0.5].mean for p in other.periods] == [0, 0, 0]


def test_saved_exact_forecasts_load_and_compare_as_they_were(tmp_path: Path) -> None:
    base, weak = exact_forecast(DATA), exact_forecast(DATA, variant="weak")
    for name, forecast in (("base", base), ("weak", weak)):
        forecast.save(tmp_path / name)
        loaded = Forecast.load(tmp_path / name)
        assert loaded.to_dict() == forecast.to_dict()
        assert loaded.summary == forecast.summary
    saved = compare(tmp_path / "base", tmp_path / "weak")
    assert saved.others[0].periods == compare(base, weak).others[0].periods
    assert "are exact: ± is the error stated of both" in _page(saved)


def test_a_scenario_beside_a_saved_exact_forecast_is_computed_exactly(tmp_path: Path) -> None:
    exact_forecast(DATA, variant="weak").save(tmp_path / "weak")
    found = compare(DATA, tmp_path / "weak")
    assert found.base.provenance.method == "exact" and found.base.trials == 0
    assert "computed exactly" in _page(found)


def _page(result: Any) -> str:
    from rich.console import Console

    console = Console(width=120, file=io.StringIO())
    console.print(ComparisonFace(result).page(120))
    return console.file.getvalue()  # type: ignore[attr-defined]
