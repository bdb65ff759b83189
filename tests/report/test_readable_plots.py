"""What a person reads off a plot: labels that do not collide, axes in words, one unit, nothing that misleads."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from simfunnel import simulate
from simfunnel.forecast.inputs import prepare
from simfunnel.planning.compare.compare import Comparison, compare
from simfunnel.planning.plan.leads_needed import leads_needed
from simfunnel.planning.stress.stress import Stress, stress
from simfunnel.report.faces.forecast import ForecastFace
from simfunnel.report.plots.comparison import side_by_side, waterfall_plot
from simfunnel.report.plots.planning import lead_curve_plot
from simfunnel.report.plots.stress import break_even_plot, heat_map, must_close_plot, tornado, variance_bar
from simfunnel.report.plots.style import plot_style

from .conftest import SCENARIO, overlapping, shown

MEDIAN = 28_200
TARGETS = (2000, 16_900, MEDIAN, MEDIAN + 500, 41_000, 70_000, 2_000_000)


def drawn(kind: str, **changes: Any) -> Figure:
    """Draw a plot of the small scenario."""
    ready = prepare({**SCENARIO, **changes})
    with plot_style([]):
        return ForecastFace(simulate(ready, trials=2000)).draw(kind)


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


@cache
def stressed(**options: Any) -> Stress:
    return stress(SCENARIO, trials=500, **options)


@cache
def two_weeks() -> Comparison:
    deals = [*SCENARIO["pipeline"]["opportunities"][1:]]
    later = {**SCENARIO, "as_of": "2027-01-11", "pipeline": {"opportunities": deals}}
    return compare(SCENARIO, later, trials=1000)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("kind", ["distribution", "exceedance"])
def test_labels_collide_neither_with_one_another_nor_with_the_edge(kind: str, target: int) -> None:
    figure = drawn(kind, targets=[{"period": "2027-Q1", "amount": target}])
    axes = figure.axes[0]
    texts = shown(axes)
    assert len(texts) == 4 and any("target" in text.get_text() for text in texts)
    assert overlapping(figure, texts) == []
    room = axes.get_window_extent()
    for text in texts:
        box = text.get_window_extent()
        assert room.x0 - 1 <= box.x0 and box.x1 <= room.x1 + 1 and box.y1 <= room.y1 + 1


@pytest.mark.parametrize("target", TARGETS)
def test_no_line_of_the_distribution_strikes_through_a_label(target: int) -> None:
    figure = drawn("distribution", targets=[{"period": "2027-Q1", "amount": target}])
    figure.draw_without_rendering()
    axes = figure.axes[0]
    upright = [line for line in axes.lines if len(line.get_xdata()) == 2 and np.ptp(line.get_xdata()) == 0]  # type: ignore[arg-type]
    assert len(upright) >= 3
    for text in shown(axes):
        box = text.get_window_extent()
        for line in upright:
            (x, low), (_, high) = axes.transData.transform(np.column_stack(line.get_data()))
            # a thin line that leads to its own label ends where that begins
            assert not (box.x0 < x < box.x1 and low < box.y1 and high > box.y0 + 1)


def test_no_bar_is_both_reached_and_missed() -> None:
    figure = drawn("distribution")
    bars = {str(c.get_label()): c.patches for c in figure.axes[0].containers}
    assert all(bar.get_x() >= 20_000 - 1e-6 for bar in bars["target reached"])
    assert all(bar.get_x() + bar.get_width() <= 20_000 + 1e-6 for bar in bars["target missed"])
    whole = sum(bar.get_height() for patches in bars.values() for bar in patches)
    assert 0.99 < whole <= 1 + 1e-9


def test_a_target_far_away_is_said_not_drawn() -> None:
    for kind in ("distribution", "exceedance"):
        axes = drawn(kind, targets=[{"period": "2027-Q1", "amount": 2_000_000}]).axes[0]
        assert axes.get_xlim()[1] < 200_000
        assert any("target" in text.get_text() and "→" in text.get_text() for text in shown(axes))


def test_what_lies_beyond_the_axis_takes_no_room() -> None:
    # of what is open much more than can be won in the first period: the weighted pipeline is far right
    slow = [{**stage, "duration": {"exponential": 2000}} for stage in SCENARIO["stages"]]
    figure = drawn("distribution", stages=slow, leads=[])
    assert any(text.endswith("(beyond the axis)") for text in legend(figure))
    figure.draw_without_rendering()
    assert figure.axes[0].get_window_extent().height > 0.6 * figure.bbox.height


def test_a_target_far_away_does_not_flatten_the_fan() -> None:
    figure = drawn("fan", targets=[{"period": "2027-Q1", "amount": 2_000_000}])
    axes = figure.axes[0]
    assert overlapping(figure, list(axes.texts)) == []
    assert all(text.get_window_extent().y1 < axes.get_window_extent().y1 for text in shown(axes))
    assert axes.get_ylim()[1] < 200_000
    assert any(text.get_text().startswith("target 2.0M ↑: <") for text in shown(axes))


def test_the_weighted_pipeline_is_marked_with_what_is_closed() -> None:
    figure = drawn("distribution")
    forecast = simulate(SCENARIO, trials=500)
    weighted = forecast.summary.overall.periods[0].weighted_pipeline
    marker = next(line for line in figure.axes[0].lines if line.get_marker() == "^")
    assert marker.get_xdata() == pytest.approx([3000 + weighted])
    assert any(text.startswith("closed + whole weighted pipeline: 3.0k + ") for text in legend(figure))


def test_the_fan_explains_its_median_and_strikes_no_label() -> None:
    figure = drawn("fan", targets=[{"period": "2027-Q1", "amount": MEDIAN}])
    assert "median" in legend(figure)
    figure.draw_without_rendering()
    axes = figure.axes[0]
    target = next(line for line in axes.lines if line.get_label() == "target")
    end = axes.transData.transform((np.max(np.asarray(target.get_xdata())), MEDIAN))[0]
    labels = [text for text in shown(axes) if text.get_ha() == "left"]
    assert len(labels) == 2 and all(text.get_window_extent().x0 > end for text in labels[:1])


def test_every_stage_is_named_right_of_its_band() -> None:
    figure = drawn("occupancy", leads=[])  # everything is closed in the end: all bands are at 0
    figure.draw_without_rendering()
    axes = figure.axes[0]
    texts = shown(axes)
    assert [text.get_text().split()[0] for text in texts] == ["Demo", "Offer"]
    assert overlapping(figure, texts) == []
    assert all(Text.get_window_extent(text).x0 > axes.get_window_extent().x1 for text in texts)


@pytest.mark.parametrize("by", ["1%", "2%", "10%"])
def test_the_ticks_of_the_tornado_are_where_they_say(by: str) -> None:
    with plot_style([]):
        figure = tornado(stressed(by=by, grid=None))
    figure.draw_without_rendering()
    axes = figure.axes[0]
    told = [float(label.get_text().removesuffix("%")) / 100 for label in axes.get_xticklabels()]
    assert len(told) > 2
    np.testing.assert_allclose(told, axes.get_xticks(), atol=1e-12)


@pytest.mark.parametrize(("by", "per_week"), [("week", 1.0), ("month", 365.25 / 12 / 7), ("quarter", 365.25 / 4 / 7)])
def test_the_lead_curve_is_in_the_unit_asked_for(by: str, per_week: float) -> None:
    plan = leads_needed(SCENARIO, by=by, confidence=0.81, trials=500)  # near the present chance: the labels too
    with plot_style([]):
        figure = lead_curve_plot(plan)
    axes = figure.axes[0]
    assert axes.get_xlabel() == f"leads a {by} from web"
    now = next(line for line in axes.lines if line.get_marker() == "o")
    assert now.get_xdata() == pytest.approx([2 * per_week])
    assert len(shown(axes)) == 2 and all(f" a {by}" in text.get_text() for text in shown(axes))
    assert overlapping(figure, shown(axes)) == []


def test_the_grid_speaks_in_words_and_of_its_own_trials() -> None:
    result = stressed(grid=("win_rate=0.5:1.5:3", "leads.rate=0.5:1.5:3"))
    assert result.grid is not None
    with plot_style([]):
        axes = heat_map(result, result.grid).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("Lead rate", "Win rate")
    subtitle = next(text.get_text() for text in axes.texts if "as of" in text.get_text())
    assert "trials in each cell" in subtitle and subtitle.count("trials") == 1


def test_a_grid_of_one_colour_says_so() -> None:
    result = stressed(grid=("win_rate=0.5:1.5:3", "leads.rate=0.5:1.5:3"), target="5M")
    assert result.grid is not None
    with plot_style([]):
        axes = heat_map(result, result.grid).axes[0]
    assert any(text.get_text().endswith(" % everywhere") for text in axes.texts)


def test_narrow_parts_of_the_variance_are_named_above_themselves() -> None:
    result = stressed(grid=None)
    with plot_style([]):
        figure = variance_bar(result)
    figure.draw_without_rendering()
    axes = figure.axes[0]
    narrow = [text for text in shown(axes) if text.get_fontsize() == 8 and text.get_va() == "bottom"]
    first = next(text for text in narrow if text.get_text().startswith("unknown rates"))
    box, room = first.get_window_extent(), axes.get_window_extent()
    assert box.x0 < room.x0 + 0.02 * room.width and box.x1 < room.x0 + 0.5 * room.width  # the first slice, on the left
    assert overlapping(figure, narrow) == []


def test_break_evens_stand_in_the_order_of_the_room_that_is_left() -> None:
    with plot_style([]):
        axes = break_even_plot(stressed(grid=None)).axes[0]
    lengths = [abs(np.log(bar.get_x() + bar.get_width())) if bar.get_width() > 0 and bar.get_x() >= 1
               else abs(np.log(1 + bar.get_width())) for bar in axes.patches]  # type: ignore[attr-defined]  # fmt: skip
    assert len(lengths) > 2 and lengths == sorted(lengths)
    assert "bar: " in axes.get_xlabel()


def test_must_close_deals_are_told_in_points_on_the_axis_too() -> None:
    result = stressed(grid=None)
    with plot_style([]):
        axes = must_close_plot(result).axes[0]
    assert axes.get_xlabel() == "percentage points of P(attain) lost with the deal"
    label = next(text.get_text() for text in axes.texts if " points · " in text.get_text())
    assert float(label.split()[0]) == pytest.approx(axes.patches[0].get_width(), abs=0.05)  # type: ignore[attr-defined]


def test_forecasts_of_two_dates_carry_their_dates() -> None:
    with plot_style([]):
        axes = side_by_side(two_weeks()).axes[0]
    told = [label.get_text().splitlines()[-1] for label in axes.get_yticklabels()]
    assert told == ["as of 2027-01-04", "as of 2027-01-11"]
    assert not any("as of" in text.get_text() for text in axes.texts)


def test_a_waterfall_draws_what_moved_and_names_the_rest() -> None:
    result = two_weeks()
    steps = result.others[0].waterfall
    assert steps is not None
    with plot_style([]):
        axes = waterfall_plot(steps, result).axes[0]
    moved = [step for step in steps.steps if step.mean.mean != 0]
    assert 0 < len(moved) < len(steps.steps)
    assert len(axes.patches) == len(moved) + 2
    assert axes.get_xlabel().startswith("no change by: ") and "moved back" in axes.get_xlabel()
    low, high = axes.get_ylim()
    assert any("target" in text.get_text() for text in axes.texts) == (low < 20_000 < high)
