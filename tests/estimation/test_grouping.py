"""By what deals can be grouped."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simfunnel.errors import InputError
from simfunnel.estimation.grouping import Groups, columns, grouped
from simfunnel.history.history import Facts, History
from tests.estimation.made import Owner, made_history


def with_column(values: list[str], header: str = "Satisfaction", form: str = "events") -> History:
    history = made_history(100, 3.0, owners=[Owner("a"), Owner("b")])
    n = len(history.deals)
    cells = np.array((values * n)[:n], dtype=object)
    return replace(history, form=form, deals=replace(history.deals, attributes={header: cells}))


def sizes(found: Groups) -> dict[str, int]:
    counts = np.bincount(found.of, minlength=len(found.labels))
    return dict(zip(found.labels, counts.tolist(), strict=True))


def test_a_column_is_found_whatever_its_case_and_each_value_is_a_group() -> None:
    history = with_column(["high", "low", ""])
    found = grouped(history, "satisfaction")
    assert found.by == "Satisfaction" and found.labels == ("", "high", "low")
    n = len(history.deals)
    assert list(sizes(found).values()) == [n // 3, n // 3 + (n % 3 > 0), n // 3 + (n % 3 > 1)]


def test_a_score_of_few_values_is_kept_and_one_of_many_is_cut_at_its_quartiles() -> None:
    assert set(grouped(with_column([str(i) for i in range(1, 11)]), "Satisfaction").labels) == {
        str(i) for i in range(1, 11)
    }
    history = with_column([str(i) for i in range(100)] + [""])
    found = grouped(history, "Satisfaction")
    assert len(found.labels) == 5 and found.labels[-1] == ""
    counts = np.bincount(found.of)[:4]
    assert counts.max() - counts.min() < 0.1 * len(history.deals)
    values = np.array([float(v) if v else np.nan for v in history.deals.attributes["Satisfaction"]])
    tops = [np.nanmax(values[found.of == g]) for g in range(4)]
    assert tops == sorted(tops)


def test_amounts_are_bands() -> None:
    found = grouped(made_history(200, 3.0), "amount")
    assert len(found.labels) == 4 and found.labels[0].startswith("up to ") and found.labels[-1].startswith("above ")


def test_a_stay_belongs_to_what_was_known_as_it_began() -> None:
    history = made_history(10, 2.0)
    told = Facts(
        np.array([1, 1, 2]), np.array([100, 300, 200]), np.array([100, 300, 200]),
        np.array(["a", "b", "c"], dtype=object),
    )  # fmt: skip
    found = grouped(replace(history, facts={"owner": told}), "owner")
    names = [found.labels[i] for i in found.at(np.array([1, 1, 1, 1, 2, 0, 3]), np.array([50, 100, 299, 300, 1, 1, 1]))]
    assert names == ["a", "a", "a", "b", "c", "", ""]
    assert [found.labels[i] for i in found.of[:4]] == ["", "b", "c", ""]


def test_codes_of_owners_are_no_numbers_to_be_cut() -> None:
    history = made_history(60, 5.0, owners=[Owner(str(10_000 + i)) for i in range(20)])
    assert len(grouped(history, "owner").labels) == 20


def test_what_there_is_is_listed() -> None:
    history = with_column(["x"])
    assert columns(history) == ["amount", "owner", "Satisfaction"]
    with pytest.raises(InputError, match="no such column in the history; there are amount, owner, Satisfaction"):
        grouped(history, "team")


def test_a_column_that_names_deals_compares_nothing() -> None:
    with pytest.raises(InputError, match="different values among"):
        grouped(with_column([f"deal {i}" for i in range(500)]), "Satisfaction")
    with pytest.raises(InputError, match="nothing stands in it"):
        grouped(with_column(["", " "]), "Satisfaction")


def test_a_column_of_a_file_with_one_row_a_deal_is_undated() -> None:
    assert grouped(with_column(["x"], form="wide"), "Satisfaction").undated
    assert not grouped(with_column(["x"], form="events"), "Satisfaction").undated
