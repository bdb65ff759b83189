"""``python -m benchmarks.accuracy [ROW...]``: how well histories of others are forecast, beside the baselines.

The histories are third-party data, no part of the project: they are looked for in `SIMFUNNEL_DATA`, or in
``shared/data`` beside the checkout. Every row is a backtest; its figures stand in `docs/validation.md`.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from simfunnel.backtesting import Backtest, backtest
from simfunnel.history import History, read_history

DATA = Path(os.environ.get("SIMFUNNEL_DATA", Path(__file__).parents[2] / "shared" / "data"))
BASELINES = ("run_rate", "run_rate_spread", "weighted", "same_point", "two_dates", "two_dates_factor")


@dataclass(frozen=True)
class Row:
    """One backtest of one history."""

    history: Callable[[], History]
    horizon: int
    every: int
    value: str
    first: str | None = None
    last: str | None = None

    def run(self, *, every: int | None = None, trials: int = 5_000, choose: bool = False) -> Backtest:
        """Make it; `every` thins the origins out, or puts more between the first and the last."""
        first, last = (None if day is None else dt.date.fromisoformat(day) for day in (self.first, self.last))
        return backtest(
            self.history(), horizon=self.horizon, every=every or self.every, first=first, last=last,
            value=self.value, trials=trials, choose=choose,  # type: ignore[arg-type]
        )  # fmt: skip

    def apart(self, origins: int) -> int:
        """Days between so many origins, from the first to the last."""
        if self.first is None or self.last is None:
            raise ValueError("this row has no first and last origin")
        span = dt.date.fromisoformat(self.last) - dt.date.fromisoformat(self.first)
        return span.days // (origins - 1)


def loans() -> History:
    """Loan applications of a bank (BPI Challenge 2012): every event, with the requested amount."""
    return read_history({
        "file": str(DATA / "bpi2012" / "events.csv.gz"), "time_zone": "Europe/Amsterdam",
        "stages": ["A_SUBMITTED", "A_PREACCEPTED", "A_ACCEPTED", "O_SENT", "O_SENT_BACK"], "won": ["A_APPROVED"],
        "lost": ["A_DECLINED", "A_CANCELLED"], "stage_map": {"*": None}, "columns": {"amount": "case_AMOUNT_REQ"},
    })  # fmt: skip


def hardware() -> History:
    """Hardware sales (Maven Analytics): engaged and closed; an open deal is worth the list price of its product."""
    folder = DATA / "maven_crm"
    deals, prices = pd.read_csv(folder / "sales_pipeline.csv"), pd.read_csv(folder / "products.csv")
    deals["product"] = deals["product"].replace("GTXPro", "GTX Pro")
    deals = deals[deals["engage_date"].notna()].merge(prices[["product", "sales_price"]], on="product")
    columns = {"opportunity_id": "case", "sales_agent": "owner"}
    engaged = deals.rename(columns={**columns, "engage_date": "time", "sales_price": "amount"}).assign(stage="Engaging")
    over = deals[deals["close_date"].notna()]
    paid = over["close_value"].where(over["deal_stage"] == "Won", over["sales_price"])
    closed = over.assign(amount=paid).rename(columns={**columns, "close_date": "time", "deal_stage": "stage"})
    fields = ["case", "stage", "time", "amount", "owner"]
    events = pd.concat([engaged[fields], closed[fields]]).sort_values("time", kind="stable")
    return read_history(events, stages=["Engaging"], won=["Won"], lost=["Lost"], time_zone="UTC")


def fines() -> History:
    """Traffic fines of an Italian town (de Leoni & Mannhardt), to 2009: paid, or sent to collection."""
    return read_history({
        "file": str(DATA / "road_traffic_fines_to_2009" / "events.csv.gz"), "time_zone": "Europe/Rome",
        "stages": ["Create Fine", "Send Fine", "Insert Fine Notification", "Add penalty"], "won": ["Payment"],
        "lost": ["Send for Credit Collection"], "stage_map": {"*": None},
    })  # fmt: skip


def energy() -> History:
    """UK renewable-energy projects as published in June 2021: one date column for each stage, MW."""
    granted, refused = "Planning Permission Granted", "Planning Permission Refused"
    return read_history({
        "file": str(DATA / "uk_repd_2021-06" / "repd_2021-06.csv.gz"), "time_zone": "Europe/London",
        "stages": ["Planning Application Submitted", granted, "Under Construction"], "won": ["Operational"],
        "lost": ["Planning Application Withdrawn", refused, "Planning Permission Expired", "Appeal Refused",
                 "Application Withdrawn", "Application Refused", "Abandoned", "Decommissioned", "Appeal Withdrawn"],
        "stage_map": {"Appeal Granted": granted, "Awaiting Construction": granted, "Appeal Lodged": None,
                      "Application Submitted": "Planning Application Submitted", "Secretary of State*": None},
        "columns": {"case": "Ref ID", "amount": "Installed Capacity (MWelec)", "status": "Development Status (short)",
                    "modified": "Record Last Updated (dd/mm/yyyy)"},
    })  # fmt: skip


ROWS: Mapping[str, Row] = {
    "loans, 30 days, amount": Row(loans, 30, 1, "amount", "2011-11-15", "2012-01-31"),
    "loans, 30 days, count": Row(loans, 30, 1, "count", "2011-11-15", "2012-01-31"),
    "hardware, 30 days, amount": Row(hardware, 30, 7, "amount", "2017-05-01", "2017-12-01"),
    "hardware, 91 days, amount": Row(hardware, 91, 7, "amount", "2017-06-01", "2017-10-01"),
    "fines, 91 days, count": Row(fines, 91, 182, "count", "2004-01-01", "2009-09-30"),
    "energy, 91 days, amount": Row(energy, 91, 91, "amount", "2015-01-01", None),
}


def main(arguments: list[str] | None = None) -> int:
    """Print the rows whose names contain one of the given texts; all without any."""
    import resource  # POSIX alone, and rows are read elsewhere too

    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("rows", nargs="*", help="part of a row's name [default: all]")
    parser.add_argument("--origins", type=int, help="so many instead, from the first to the last")
    options = parser.parse_args(arguments)
    if not DATA.is_dir():
        print(f"third-party data not found in {DATA}; set SIMFUNNEL_DATA to their folder", file=sys.stderr)
        return 2
    for name, row in ROWS.items():
        if not options.rows or any(text in name for text in options.rows):
            started = time.perf_counter()
            result = row.run(every=row.apart(options.origins) if options.origins else None)
            took, peak = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
            print(f"\n{name}: {took:.0f} s, at most {peak:.2f} GiB since the start", flush=True)
            print("\n".join(told(result)), flush=True)
    return 0


def told(result: Backtest) -> list[str]:
    """The figures of a row, as shares of the mean actual."""
    s = result.summary
    lines = [
        f"  {s.n} origins, {s.independent_windows:.1f} windows that do not overlap, {len(result.skipped)} skipped",
        _line("simfunnel", s.relative_crps, s.bias, s.coverage[0.8]),
    ]
    for name, rival in s.rivals.items():
        lines.append(
            _line(name, rival.relative_crps, rival.bias, None if rival.coverage is None else rival.coverage[0.8])
        )
    for part, found in s.parts.items():
        if found.mean_actual > 0:
            lines.append(f"  {part}: forecast / came {found.mean / found.mean_actual:.3f}, "
                         f"CRPS {found.crps / s.mean_actual:.3f}")  # fmt: skip
    if s.budget is not None:
        b = s.budget
        lines.append(f"  error budget: neither {b.neither:.3f}, arrivals {b.arrivals_known:.3f}, hazards "
                     f"{b.hazards_known:.3f}, both {b.both:.3f}")  # fmt: skip
    if "two_dates" in s.rivals:
        lines.append("  against two_dates, by phase of the week: " + ", ".join(f"{x:.2f}" for x in phases(result)))
    return lines


def phases(result: Backtest, of: int = 7) -> list[float]:
    """CRPS over that of `two_dates`, of every seventh origin from each of the first seven on."""
    found = []
    for i in range(min(of, len(result.whole))):
        mine = result.whole[i::of]
        theirs = [score.rivals["two_dates"].crps for score in mine]
        found.append(sum(score.crps for score in mine) / sum(theirs))
    return found


def _line(name: str, crps: float | None, bias: float | None, inside: float | None) -> str:
    told_inside = "" if inside is None else f"  inside 80 % {inside:.2f}"
    return f"  {name:18} CRPS {crps or float('nan'):.4f}  bias {bias or 0.0:+.3f}{told_inside}"


if __name__ == "__main__":
    sys.exit(main())
