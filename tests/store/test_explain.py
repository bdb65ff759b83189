"""Two kept days compared: every cause with its deals, which add up to it."""

from __future__ import annotations

import pytest

from simfunnel.errors import InputError
from simfunnel.planning.compare.compare import Comparison
from simfunnel.planning.compare.waterfall import Step
from simfunnel.record.explain import explain
from simfunnel.record.pushes import Pushed, pushes
from simfunnel.shown import face_of
from simfunnel.store import Store
from store.helpers_store import HEADER, Desk

CLOSE = HEADER.replace("closed", "close_date,closed,name")
BEFORE = {
    "D1": "Demo,2026-12-20,1000,Ann,2027-03-01,,One", "D2": "Offer,2026-12-22,2000,Bo,2027-02-01,,Two",
    "D3": "Offer,2026-12-28,500,Ann,2027-02-01,,Three", "D4": "Demo,2026-12-29,700,Cy,2027-03-01,,Four",
    "D5": "Demo,2026-12-30,800,Cy,2027-03-01,,Five", "D6": "Offer,2026-12-30,900,Bo,2027-02-10,,Six",
}  # fmt: skip
BETWEEN = {**BEFORE, "D6": "Offer,2026-12-30,900,Bo,2027-03-10,,Six"}
AFTER = {
    "D1": "Offer,2027-01-15,1000,Ann,2027-03-01,,One",  # moved forward
    "D2": "Won,2026-12-22,2100,Bo,2027-02-01,2027-01-12,Two",
    "D3": "Lost,2026-12-28,500,Ann,2027-02-01,2027-01-13,Three",
    "D5": "Demo,2026-12-30,1800,Ann,2027-03-01,,Five",  # amount and owner changed; D4 has vanished
    "D6": "Offer,2026-12-30,900,Bo,2027-05-10,,Six",  # pushed to the next quarter
    "D7": "Demo,2027-01-11,600,Cy,2027-04-01,,Seven",  # new
}  # fmt: skip
NAMED = (
    "newly created",
    "won",
    "lost",
    "vanished",
    "moved forward",
    "slipped",
    "amount changed",
    "assumptions changed",
)


def text(rows: dict[str, str]) -> str:
    return "\n".join([CLOSE, *(f"{name},{rest}" for name, rest in rows.items())]) + "\n"


@pytest.fixture
def kept(desk: Desk) -> Store:
    for day, rows in (("2027-01-04", BEFORE), ("2027-01-11", BETWEEN), ("2027-01-18", AFTER)):
        desk.keep(text(rows), day, store="kept.db", overrides=["targets=[{period: 2027-Q1, amount: 4000}]"])
    return Store.open("kept.db")


def compared(kept: Store, **more: object) -> Comparison:
    import datetime as dt

    return explain(kept, dt.date(2027, 1, 4), dt.date(2027, 1, 20), trials=2_000, **more)  # type: ignore[arg-type]


def steps_of(found: Comparison) -> dict[str, Step]:
    assert found.others[0].waterfall is not None
    return {step.cause: step for step in found.others[0].waterfall.steps}


@pytest.mark.parametrize("kernel", ["outcomes", "paths"])
def test_the_deals_of_a_cause_add_up_to_it(kept: Store, kernel: str) -> None:
    steps = steps_of(compared(kept, kernel=kernel))
    for cause in NAMED:
        named = steps[cause].named
        assert named, cause
        if cause != "assumptions changed":
            assert sum(deal.delta_mean for deal in named) == pytest.approx(steps[cause].mean.mean, abs=1e-6), cause
        assert len(named) == steps[cause].deals
    assert steps["time passed"].named == ()
    alone = steps["newly created"].named[0]
    assert alone.delta_p == pytest.approx(steps["newly created"].p_attain)


def test_what_became_of_each_deal_is_said(kept: Store) -> None:
    found = compared(kept)
    assert (found.name, found.others[0].name) == ("2027-01-04", "2027-01-18")
    steps = steps_of(found)
    assert [deal.id for deal in steps["lost"].named or ()] == ["D3"]
    assert [deal.id for deal in steps["vanished"].named or ()] == ["D4"]
    (moved,) = steps["moved forward"].named or ()
    assert (moved.id, moved.name, moved.owner, moved.amount, moved.note) == ("D1", "One", "Ann", 1000, "Demo → Offer")
    (slipped,) = steps["slipped"].named or ()
    assert slipped.id == "D6" and slipped.note == "close date 2027-02-10 → 2027-05-10, pushed twice, 89 days"
    (grown,) = steps["amount changed"].named or ()
    assert grown.note == "800 → 1,800"
    (given,) = steps["assumptions changed"].named or ()
    assert given.id == "D5" and given.note == "Cy → Ann"
    won = steps["won"].named or ()
    assert won[0].amount == 2100 and won[0].delta_mean > 0
    step = face_of(found).keys()["others"][0]["waterfall"][0]
    assert set(step["named"][0]) >= {"id", "name", "owner", "amount", "delta_mean", "delta_p"}


def test_pushes_are_counted_and_added_up_whatever_the_columns_are_called(desk: Desk) -> None:
    import datetime as dt

    closes = ("02/10/2027", "03/15/2027", "03/01/2027", "03/01/2027", "04/20/2027", "02/28/2027")
    for week, close in enumerate(closes):
        rows = {**BEFORE, "D6": f"Offer,2026-12-30,900,Bo,{close},,Six"}
        if week:  # a deal that came later, and one that came back
            rows["D8"] = f"Demo,2027-01-05,50,Cy,{closes[min(week, 4)]},,Eight"
        if week == 2:
            del rows["D4"]
        kept = text({name: row.replace("2027-03-01", "03/01/2027").replace("2027-02-01", "02/21/2027")
                     for name, row in rows.items()})  # fmt: skip
        if week >= 2:
            kept = kept.replace("close_date,closed", "Expected Close,closed")
        desk.keep(kept, dt.date(2027, 1, 4) + week * dt.timedelta(7), store="kept.db")
    store = Store.open("kept.db")
    with store.reading() as connection:
        found = pushes(connection, 1, (dt.date(2027, 1, 4), dt.date(2027, 2, 1)), None, {})
        last = pushes(connection, 1, (dt.date(2027, 1, 25), dt.date(2027, 2, 8)), None, {})
    assert found == {"D6": Pushed(2, 33 + 50, 1, 14), "D8": Pushed(1, 50, 1, 14)}
    assert found["D6"].words == "pushed twice, 83 days, pulled in once, 14 days"
    assert last == {"D6": Pushed(1, 50, 1, 51), "D8": Pushed(1, 50, 0, 0)}


def test_days_without_a_scenario_need_one(kept: Store, desk: Desk) -> None:
    import datetime as dt

    from store.toy import keep_text

    for day, rows in (("2027-01-04", BEFORE), ("2027-01-18", AFTER)):
        keep_text(kept, text(rows), dt.date.fromisoformat(day), "imported", said=False)
    with pytest.raises(InputError, match=r"no forecast was kept for 2027-01-04 or before, .* name the scenario"):
        compared(kept, book="imported")
    found = compared(kept, book="imported", scenario="scenario.yaml")
    assert {deal.id for cause in ("lost", "vanished") for deal in steps_of(found)[cause].named or ()} == {"D3", "D4"}
    with pytest.raises(InputError, match="expected a day before"):
        explain(kept, dt.date(2027, 1, 18), dt.date(2027, 1, 4), book="test")
    with pytest.raises(InputError, match="of both days the newest snapshot is of 2027-01-18"):
        explain(kept, dt.date(2027, 2, 18), dt.date(2027, 3, 4), book="test")
