"""Write the pipeline files of the sample scenarios.

    python scenarios/generate.py [FOLDER]

Each file is the state of one simulated history: leads arrive over three years as the scenario says, move
through the stages with its rates and durations on its clock, and what is seen on `as_of` is written as a
CRM would export it. Hence the ages of the open deals agree with the durations. Market factors, pace and
levels are at their means. The result is the same, byte for byte, on every run. It needs NumPy and
ruamel.yaml, and nothing of simfunnel.
"""

from __future__ import annotations

import calendar
import csv
import io
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
from ruamel.yaml import YAML

HERE = Path(__file__).resolve().parent
HISTORY = 3 * 365
"""Days before `as_of` at which the first lead arrives: longer than nearly all sales cycles."""
UNIT_DAYS = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "quarter": 365.25 / 4, "year": 365.25}
WON, LOST = "Won", "Lost"
Row = dict[str, str]


@dataclass
class Deal:
    """A deal as it stands at `as_of`; times are days relative to it, hence negative."""

    number: int
    created: float
    stage: str
    """Stage it is in, or Won or Lost."""
    entered: float
    """When it entered the stage; for a closed deal, the day of the win or loss."""
    amount: float
    owner: str
    segment: str | None
    source: str
    path: tuple[tuple[float, str], ...]
    """When it entered each stage it was in, and when it was won or lost."""

    @property
    def is_open(self) -> bool:
        """Whether the deal is neither won nor lost."""
        return self.stage not in {WON, LOST}


def number(value: Any) -> float:
    """Read a number such as 18000, 18k or 1.2M."""
    text = str(value).replace("_", "")
    scale = {"k": 1e3, "M": 1e6}.get(text[-1], 1.0)
    return float(text[:-1]) * scale if scale != 1.0 else float(text)


def draw(spec: Any, rng: np.random.Generator) -> float:
    """Draw from a distribution as a scenario writes it, by inversion: one uniform number a draw."""
    u = float(rng.random())
    if not isinstance(spec, dict):
        return number(spec)
    ((family, given),) = spec.items()
    p = {key: number(value) for key, value in given.items()}
    if family == "lognormal":
        z = NormalDist()
        return p["median"] * math.pow(p["p90"] / p["median"], z.inv_cdf(max(u, 1e-12)) / z.inv_cdf(0.9))
    if family == "weibull":
        return p["scale"] * math.pow(-math.log1p(-u), 1 / p["shape"])
    if family == "triangular":
        low, mode, high = p["low"], p["mode"], p["high"]
        if u < (mode - low) / (high - low):
            return low + math.sqrt(u * (high - low) * (mode - low))
        return high - math.sqrt((1 - u) * (high - low) * (high - mode))
    raise ValueError(f"the samples use lognormal, weibull and triangular, found {family}")


def choose(shares: dict[str, float], rng: np.random.Generator) -> str:
    """Choose a key with the probability that is its value."""
    u = float(rng.random())
    for key, share in shares.items():
        u -= share
        if u < 0:
            return key
    return next(reversed(shares))


class History:
    """The past of a sales organisation, as its scenario describes it."""

    def __init__(self, file: Path, seed: int) -> None:
        self.scenario: dict[str, Any] = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
        self.as_of: date = self.scenario["as_of"]
        self.rng = np.random.default_rng(seed)
        clock = self.scenario.get("clock", {})
        weekdays = clock.get("weekdays", [1] * 7)
        months = clock.get("month_of_quarter", [1] * 3)
        dates = [self.as_of - timedelta(days=d) for d in range(HISTORY, 0, -1)]
        speed = [weekdays[d.weekday()] * months[(d.month - 1) % 3] for d in dates]
        self.days = np.arange(-HISTORY, 1.0)
        elapsed = np.concatenate([[0.0], np.cumsum(speed)])
        self.elapsed = elapsed - elapsed[-1]

    def deals(self) -> list[Deal]:
        """List all deals that arrived before `as_of`, in order of arrival."""
        arrivals = [(t, s) for s in self.scenario["leads"] for t in self._arrivals(s["rate"])]
        arrivals.sort(key=lambda a: a[0])
        return [self._live(i + 1, t, source) for i, (t, source) in enumerate(arrivals)]

    def day(self, time: float) -> date:
        """Date of a time relative to `as_of`."""
        return self.as_of + timedelta(days=math.floor(time))

    def _arrivals(self, rate: dict[str, Any]) -> list[float]:
        unit, growth = UNIT_DAYS[rate["per"]], rate.get("growth_per_year", 0.0)
        season = rate.get("seasonality", {})
        shape = rate["mean"] / (rate["dispersion"] - 1) if rate.get("dispersion", 1) > 1 else math.inf
        factors: dict[int, float] = {}
        times: list[float] = []
        for d in range(-HISTORY, 0):
            k = math.floor((d + 0.5) / unit)
            if k not in factors:
                factors[k] = 1.0 if shape == math.inf else float(self.rng.standard_gamma(shape)) / shape
            daily = rate["mean"] / unit * (1 + growth) ** (d / 365.25) * season.get(self.day(d).month, 1.0)
            count = int(self.rng.poisson(daily * factors[k]))
            times += [d + float(self.rng.random()) for _ in range(count)]
        return times

    def _live(self, deal_number: int, created: float, source: dict[str, Any]) -> Deal:
        rng, segment = self.rng, source.get("segment")
        if isinstance(segment, dict):
            segment = choose(segment, rng)
        owner = source["owner"] if isinstance(source["owner"], str) else choose(source["owner"], rng)
        changes = self.scenario.get("segments", {}).get(segment, {})
        realization = self.scenario["pipeline"].get("realization", 1.0)
        spec = source.get("amount") or changes.get("amount") or self.scenario["amount"]
        amount = draw(spec, rng) / _mean(realization)
        stage, entered = source["stage"], created
        path = [(entered, stage)]
        operational = float(np.interp(created, self.days, self.elapsed))
        while True:
            to, duration = self._leave(stage, changes.get("stages", {}))
            operational += duration
            if operational >= 0:
                return Deal(deal_number, created, stage, entered, amount, owner, segment, source["name"], tuple(path))
            stage, entered = to, max(entered, float(np.interp(operational, self.elapsed, self.days)))
            path.append((entered, stage))
            if stage in {WON, LOST}:
                final = amount * draw(realization, rng) if stage == WON else amount
                return Deal(deal_number, created, stage, entered, final, owner, segment, source["name"], tuple(path))

    def _leave(self, name: str, changes: dict[str, Any]) -> tuple[str, float]:
        stages = [{**s, **changes.get(s["name"], {})} for s in self.scenario["stages"]]
        i = next(i for i, s in enumerate(stages) if s["name"] == name)
        stage = stages[i]
        if "transitions" in stage:
            ways = {str(k): t["probability"] for k, t in enumerate(stage["transitions"])}
            way = stage["transitions"][int(choose(ways, self.rng))]
            return way["to"], draw(way["duration"], self.rng)
        following = stages[i + 1] if i + 1 < len(stages) else None
        if "win_rate" in stage:
            rate = _rate(stage["win_rate"]) / (_rate(following["win_rate"]) if following else 1.0)
        else:
            rate = _rate(stage["conversion"])
        advances = float(self.rng.random()) < rate
        duration = stage["duration"] if advances else stage.get("lost_duration", stage["duration"])
        return (following["name"] if following else WON) if advances else LOST, draw(duration, self.rng)


def _rate(written: Any) -> float:
    return float(written["mean"] if isinstance(written, dict) else written)


def _mean(realization: Any) -> float:
    if not isinstance(realization, dict):
        return float(realization)
    three = realization["triangular"]
    return sum(float(three[key]) for key in ("low", "mode", "high")) / 3


def recent(history: History, since: date) -> list[Deal]:
    """List the deals an export holds: open ones, and those closed since a date."""
    return [deal for deal in history.deals() if deal.is_open or history.day(deal.entered) >= since]


def close_date(history: History, deal: Deal, remaining: float) -> date:
    """Day of the close, or the one its owner expects: often the end of a month, sometimes overdue."""
    if not deal.is_open:
        return history.day(deal.entered)
    rng = history.rng
    overdue, snap, noise = (float(rng.random()) for _ in range(3))
    if overdue < 0.07:
        return max(history.day(deal.created), history.as_of - timedelta(days=2 + int(45 * noise)))
    stated = history.as_of + timedelta(days=3 + round(remaining * (0.5 + noise)))
    if snap < 0.5:
        stated = stated.replace(day=calendar.monthrange(stated.year, stated.month)[1])
    return stated


def last_activity(history: History, deal: Deal) -> date:
    """Last contact: within three weeks for an open deal, the close for the others."""
    u = float(history.rng.random())
    return history.day(max(deal.entered, -1 - 21 * u) if deal.is_open else deal.entered)


def table(rows: Sequence[Row], encoding: str = "utf-8") -> bytes:
    """Write rows as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


FIRST = (
    "Alder", "Beacon", "Cobalt", "Dover", "Ember", "Fjord", "Granite", "Harbor", "Ivory", "Juniper",
    "Keystone", "Larch", "Meridian", "Nimbus", "Orchard", "Pioneer", "Quarry", "Ridge", "Summit",
    "Tidewater", "Umbra", "Vertex", "Willow", "Xenon", "Yarrow", "Zephyr", "Aurora", "Bluebird",
    "Cascade", "Driftwood",
)  # fmt: skip
SECOND = (
    "Analytics", "Apparel", "Bank", "Biotech", "Capital", "Clinics", "Dental", "Energy", "Foods",
    "Freight", "Health", "Hotels", "Insurance", "Labs", "Logistics", "Media", "Mobility", "Outdoor",
    "Pharma", "Robotics", "Schools", "Security", "Software", "Studios", "Supply", "Systems", "Telecom",
    "Travel", "Utilities", "Works",
)  # fmt: skip


def account(k: int) -> str:
    """Name of the k-th customer; 900 of them."""
    k = k * 389 % (len(FIRST) * len(SECOND))
    return f"{FIRST[k % len(FIRST)]} {SECOND[k // len(FIRST)]}"


def us(day: date) -> str:
    """Date as an American report shows it."""
    return f"{day.month}/{day.day}/{day.year}"


def b2b_software(folder: Path) -> bytes:
    """Write the Salesforce report of the software company, with the blemishes real reports have."""
    history = History(folder / "scenario.yaml", 20270125)
    stages = [stage["name"] for stage in history.scenario["stages"]]
    probability = dict(zip(stages, (10, 25, 50, 75, 90), strict=True)) | {WON: 100, LOST: 0}
    category = dict(zip(stages, ("Pipeline", "Pipeline", "Best Case", "Commit", "Commit"), strict=True))
    remaining = {"smb": 9, "mid-market": 16, "enterprise": 30}
    spelled = {"smb": "SMB", "mid-market": "Mid-Market", "enterprise": "Enterprise"}
    rng = history.rng
    rows: list[Row] = []
    for deal in recent(history, date(2026, 10, 1)):
        segment = deal.segment or ""
        customer = account(deal.number)
        kind = "Existing Business" if float(rng.random()) < 0.25 else "New Business"
        steps = len(stages) - stages.index(deal.stage) if deal.is_open else 0
        closes = close_date(history, deal, remaining[segment] * steps)
        step = 250 if segment == "smb" else 1000
        rows.append({
            "Opportunity ID": f"006Qy00000{deal.number:05d}YAE",
            "Opportunity Name": f"{customer} - {'Expansion' if kind.startswith('Existing') else 'Platform'}",
            "Account Name": customer,
            "Opportunity Owner": deal.owner,
            "Stage": {WON: "Closed Won", LOST: "Closed Lost"}.get(deal.stage, deal.stage),
            "Amount": f"{max(step, round(deal.amount / step) * step)}",
            "Close Date": us(closes),
            "Created Date": us(history.day(deal.created)),
            "Last Stage Change Date": us(history.day(deal.entered)),
            "Probability (%)": str(probability[deal.stage]),
            "Forecast Category": category.get(deal.stage, "Closed" if deal.stage == WON else "Omitted"),
            "Lead Source": deal.source,
            "Type": kind,
            "Segment": spelled[segment],
            "Last Activity": us(last_activity(history, deal)),
        })  # fmt: skip
    return table(_blemished(rows, stages, rng))


def b2b_history(folder: Path) -> bytes:
    """Write every change of stage of the deals that began within a year: what rates are learned from."""
    history = History(folder / "scenario.yaml", 20270125)
    spelled = {WON: "Closed Won", LOST: "Closed Lost"}
    deals = [deal for deal in history.deals() if history.day(deal.created) >= date(2026, 1, 1)]
    events = sorted((time, deal.number, stage, deal) for deal in deals for time, stage in deal.path)
    return table([
        {
            "Opportunity ID": f"006Qy00000{number:05d}YAE",
            "To Stage": spelled.get(stage, stage),
            "Date": f"{history.day(time)}",
            "Amount": f"{max(250, round(deal.amount / 250) * 250)}",
            "Opportunity Owner": deal.owner,
            "Segment": deal.segment or "",
            "Lead Source": deal.source,
        }
        for time, number, stage, deal in events
    ])  # fmt: skip


def _blemished(rows: list[Row], stages: Sequence[str], rng: np.random.Generator) -> list[Row]:
    """Spoil some rows: what a data-quality report is there to find."""
    open_rows = [i for i, row in enumerate(rows) if row["Stage"] in stages]
    lost_rows = [i for i, row in enumerate(rows) if row["Stage"] == "Closed Lost"]
    chosen = [open_rows[int(k)] for k in np.argsort(rng.random(len(open_rows)), kind="stable")[:14]]
    for i in chosen[:3]:
        rows[i]["Amount"] = ""
    for i in chosen[3:5]:
        rows[i]["Stage"] = "On Hold"
    for i in chosen[5:7]:
        rows[i]["Last Stage Change Date"] = ""
    for i, then in zip(chosen[7:11], (2023, 2023, 2024, 2024), strict=True):  # forgotten, not lost
        rows[i]["Created Date"], rows[i]["Last Stage Change Date"] = f"3/11/{then}", f"5/20/{then}"
        rows[i]["Close Date"], rows[i]["Last Activity"] = f"12/31/{then}", f"9/2/{then}"
    next(rows[i] for i in open_rows if rows[i]["Segment"] == "SMB")["Segment"] = "Small Business"
    for i in (chosen[11], lost_rows[len(lost_rows) // 2]):
        month, day, year = rows[i]["Created Date"].split("/")
        rows[i]["Close Date"] = f"{month}/{day}/{int(year) - 1}"  # the wrong year
    rows.append(dict(rows[chosen[13]]))
    rows.insert(chosen[12] + 1, rows[chosen[12]] | {"Amount": "18500"})
    return rows


ZH_FIRST = ("华", "恒", "瑞", "中", "金", "东", "海", "新", "天", "宏", "长", "永")
ZH_SECOND = ("达", "泰", "盛", "科", "源", "诚", "力", "丰", "通", "联")
ZH_TOWNS = ("苏州", "宁波", "东莞", "佛山", "青岛", "天津", "合肥", "长沙", "无锡", "济南", "重庆")
ZH_WORKS = {"汽车零部件": "汽车部件", "工程机械": "重工", "电子制造": "电子"}
ZH_PRODUCT = {"汽车零部件": "冲压线", "工程机械": "焊接机器人", "电子制造": "贴片机"}


def zh_manufacturing(folder: Path) -> bytes:
    """Write the Chinese export: GB18030, amounts in units of ten thousand."""
    history = History(folder / "scenario.yaml", 20270137)  # no stage is empty, and there are wins
    stages = [stage["name"] for stage in history.scenario["stages"]]
    probability = dict(zip(stages, (10, 20, 40, 60, 90), strict=True)) | {WON: 100, LOST: 0}
    rows: list[Row] = []
    for deal in recent(history, date(2026, 10, 1)):
        segment, k = deal.segment or "", deal.number
        name = ZH_FIRST[k * 5 % 12] + ZH_SECOND[k * 3 % 10]
        customer = f"{ZH_TOWNS[k * 7 % 11]}{name}{ZH_WORKS[segment]}有限公司"
        steps = len(stages) - stages.index(deal.stage) if deal.is_open else 0
        closes = close_date(history, deal, 18 * steps)
        rows.append({
            "商机编号": f"SJ{history.day(deal.created):%Y%m}{k:04d}",
            "商机名称": f"{name}{ZH_PRODUCT[segment]}项目",
            "客户名称": customer,
            "销售阶段": {WON: "已签合同", LOST: "丢单"}.get(deal.stage, deal.stage),
            "阶段变更时间": zh(history.day(deal.entered)),
            "预计金额": f"{max(1.0, round(deal.amount / 5000) / 2):g}万",
            "赢率": f"{probability[deal.stage]}%",
            "负责人": deal.owner,
            "所属行业": segment,
            "线索来源": deal.source,
            "创建日期": zh(history.day(deal.created)),
            "预计成交日期": zh(closes),
        })  # fmt: skip
    open_rows = [i for i, row in enumerate(rows) if row["销售阶段"] in stages]
    rows[open_rows[len(open_rows) // 3]]["预计金额"] = ""
    rows[open_rows[len(open_rows) // 2]]["阶段变更时间"] = ""
    rows[open_rows[len(open_rows) // 4]]["销售阶段"] = "暂停"
    return table(rows, "gb18030")


def zh(day: date) -> str:
    """Date as a Chinese spreadsheet shows it."""
    return f"{day.year}/{day.month}/{day.day}"


def starter(folder: Path) -> bytes:
    """Write the small table beside the starter scenario."""
    history = History(folder / "scenario.yaml", 20270111)
    stages = [stage["name"] for stage in history.scenario["stages"]]
    rows: list[Row] = []
    for deal in recent(history, date(2027, 1, 1)):
        steps = len(stages) - stages.index(deal.stage) if deal.is_open else 0
        closes = close_date(history, deal, 18 * steps)
        rows.append({
            "id": f"D-{1000 + deal.number}",
            "name": account(deal.number),
            "stage": {WON: "Closed Won", LOST: "Closed Lost"}.get(deal.stage, deal.stage),
            "stage_entered": f"{history.day(deal.entered)}",
            "amount": f"{max(1, round(deal.amount / 500)) * 500}",
            "owner": deal.owner,
            "segment": deal.segment or "",
            "created": f"{history.day(deal.created)}",
            "close_date": f"{closes}",
        })  # fmt: skip
    return table(rows)


SAMPLES: dict[str, Callable[[Path], bytes]] = {
    "b2b_software/pipeline.csv": b2b_software,
    "b2b_software/history.csv": b2b_history,
    "zh_manufacturing/pipeline.csv": zh_manufacturing,
    "starter/pipeline.csv": starter,
}


def generate(folder: Path = HERE) -> None:
    """Write the files of every sample below a folder."""
    for name, write in SAMPLES.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(write((HERE / name).parent))


if __name__ == "__main__":
    generate(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
