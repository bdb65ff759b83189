"""A naive twin of the engine in plain Python, written from the mathematics and not from the kernels.

Two readings of the same process. `conditioned` draws the outcome first (with the factors) and then the path
given the outcome. `forward` runs the chain literally: an aged deal is a fresh one that has lasted long enough, a
deal of unknown age is one caught at a random moment of its stay, and nothing is conditioned on the outcome.
"""

from __future__ import annotations

import datetime as dt
import math
from random import Random
from statistics import NormalDist
from typing import Any

import numpy as np
from scipy import stats

from simfunnel.crm import PipelineTable
from simfunnel.scenario import schema
from simfunnel.scenario.schema import Scenario

NORMAL = NormalDist()
NEVER = math.inf
UNIT = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "quarter": 365.25 / 4, "year": 365.25}


def sample(written: schema.Distribution, rng: Random, *, by_length: bool = False) -> float:
    """Draw from a distribution; `by_length` from the one in which longer values are found more often."""
    p: Any = written.parameters
    extra = 1 if by_length else 0
    match written.family:
        case "fixed":
            return float(p.value)
        case "never":
            return NEVER
        case "exponential":
            return rng.gammavariate(1 + extra, p.mean)
        case "lognormal":
            if p.mu is not None:
                mu, sigma = p.mu, p.sigma
            elif p.mean is not None:
                sigma = math.sqrt(math.log(1 + (p.sd / p.mean) ** 2))
                mu = math.log(p.mean) - sigma**2 / 2
            else:
                mu = math.log(p.median)
                sigma = (math.log(p.p90) - mu) / NORMAL.inv_cdf(0.9)
            return rng.lognormvariate(mu + extra * sigma**2, sigma)
        case "gamma":
            shape, scale = (p.shape, p.scale) if p.shape else ((p.mean / p.sd) ** 2, p.sd**2 / p.mean)
            return rng.gammavariate(shape + extra, scale)
        case "weibull":
            return p.scale * rng.gammavariate(1 + extra / p.shape, 1.0) ** (1 / p.shape)
        case "uniform":
            u = rng.random()
            if by_length:
                return math.sqrt(p.low**2 + u * (p.high**2 - p.low**2))
            return p.low + u * (p.high - p.low)
        case "empirical":
            assert p.values is not None
            return rng.choices(p.values, weights=p.values if by_length else None)[0]
        case "mixture":
            weights = [c.weight * (mean_of(c.distribution) if by_length else 1) for c in p.components]
            part = rng.choices(p.components, weights=weights)[0]
            return sample(part.distribution, rng, by_length=by_length)
    raise TypeError(f"the twin does not know {written.family}")


_FROZEN: dict[int, tuple[schema.Distribution, Any]] = {}


def frozen(written: schema.Distribution) -> Any:
    """SciPy's version of a distribution, made once: making one takes longer than asking it."""
    if id(written) not in _FROZEN:
        _FROZEN[id(written)] = (written, _frozen(written))
    return _FROZEN[id(written)][1]


def _frozen(written: schema.Distribution) -> Any:
    p: Any = written.parameters
    match written.family:
        case "exponential":
            return stats.expon(scale=p.mean)
        case "lognormal":
            if p.mean is not None:
                sigma = math.sqrt(math.log(1 + (p.sd / p.mean) ** 2))
                return stats.lognorm(sigma, scale=p.mean * math.exp(-(sigma**2) / 2))
            if p.mu is not None:
                return stats.lognorm(p.sigma, scale=math.exp(p.mu))
            return stats.lognorm(math.log(p.p90 / p.median) / NORMAL.inv_cdf(0.9), scale=p.median)
        case "gamma":
            shape, scale = (p.shape, p.scale) if p.shape else ((p.mean / p.sd) ** 2, p.sd**2 / p.mean)
            return stats.gamma(shape, scale=scale)
        case "weibull":
            return stats.weibull_min(p.shape, scale=p.scale)
        case "uniform":
            return stats.uniform(p.low, p.high - p.low)
    raise TypeError(f"the twin does not know {written.family}")


def at_least(written: schema.Distribution, age: float) -> float:
    """P(D >= age)."""
    return float(reaching(written, np.array([age]))[0])


def reaching(written: schema.Distribution, ages: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """P(D >= age) of each age: SciPy takes as long for one as for a thousand."""
    p: Any = written.parameters
    match written.family:
        case "fixed":
            return np.where(p.value >= ages - 1e-6, 1.0, 0.0)
        case "never":
            return np.ones(len(ages))
        case "empirical":
            return np.mean([v >= ages - 1e-6 for v in p.values], axis=0)
        case "mixture":
            total = sum(c.weight for c in p.components)
            return np.sum([c.weight / total * reaching(c.distribution, ages) for c in p.components], axis=0)
    return np.asarray(frozen(written).sf(ages))


def mean_of(written: schema.Distribution) -> float:
    p: Any = written.parameters
    match written.family:
        case "fixed":
            return float(p.value)
        case "never":
            return math.inf
        case "empirical":
            return sum(p.values) / len(p.values)
        case "mixture":
            return sum(c.weight * mean_of(c.distribution) for c in p.components) / sum(c.weight for c in p.components)
    return float(frozen(written).mean())


def mean_below(written: schema.Distribution, cut: float) -> float:
    """E[min(D, cut)] by the midpoint rule on the survival function."""
    n = 4000
    if written.family in ("fixed", "never", "empirical", "mixture"):
        return float(reaching(written, (np.arange(n) + 0.5) * cut / n).sum() * cut / n)
    return float(frozen(written).sf((np.arange(n) + 0.5) * cut / n).mean() * cut)


class Way:
    """One way out of a stage."""

    def __init__(self, to: str, p: float, duration: schema.Distribution) -> None:
        self.to, self.p, self.duration = to, p, duration


class Twin:
    """Simulates a scenario one trial at a time."""

    def __init__(
        self, scenario: Scenario, table: PipelineTable, bounds: list[dt.date], *, forward: bool = False
    ) -> None:
        self.s, self.table, self.forward = scenario, table, forward
        self.bounds = bounds
        self.horizon = (bounds[-1] - scenario.as_of).days
        self.names = [stage.name for stage in scenario.stages]
        self.cache: dict[Any, Any] = {}

    # ---- clock ----------------------------------------------------------------------------------------
    def speed(self, day: int) -> float:
        clock = self.s.clock
        if clock is None:
            return 1.0
        date = self.s.as_of + dt.timedelta(days=day)
        month = (date.month - self.s.periods.fiscal_year_start) % 3
        return clock.holidays.get(date, clock.weekdays[date.weekday()]) * clock.month_of_quarter[month]

    def operational(self, day: float) -> float:
        whole = math.floor(day)  # a fraction of a day runs at the speed of that day
        if ("midnight", whole) not in self.cache:
            before = sum(self.speed(d) for d in range(whole)) - sum(self.speed(d) for d in range(whole, 0))
            self.cache["midnight", whole] = (before, self.speed(whole))
        before, speed = self.cache["midnight", whole]
        return before + (day - whole) * speed

    def calendar(self, time: float) -> float:
        day = 0
        while self.operational(day + 1) <= time + 1e-6:  # the latest day on which the clock shows this time
            day += 1
        step = self.operational(day + 1) - self.operational(day)
        return day + (max(0.0, time - self.operational(day)) / step if step > 0 else 0.0)

    def period(self, operational: float) -> int | None:
        if "ends" not in self.cache:
            self.cache["ends"] = [self.operational((b - self.s.as_of).days) - 1e-6 for b in self.bounds[1:]]
        return next((k for k, end in enumerate(self.cache["ends"]) if operational < end), None)

    # ---- rates of a trial -----------------------------------------------------------------------------
    def ways(self, segment: str | None, drawn: dict[Any, Any], rng: Random) -> dict[str, list[Way]]:
        """Ways out of every stage for a segment; draws are shared by name of the one who wrote the rate."""
        out: dict[str, list[Way]] = {}
        changes = self.s.segments[segment].stages if segment in self.s.segments else {}
        for i, base in enumerate(self.s.stages):
            mine = changes.get(base.name)
            stage = base.overridden(mine) if mine else base
            if stage.transitions is not None:
                own = mine is not None and (mine.transitions is not None or mine.n is not None)
                p = [t.probability for t in stage.transitions]
                if stage.n is not None:
                    key = ("dirichlet", base.name, segment if own else None)
                    if key not in drawn:
                        gammas = [rng.gammavariate(stage.n * x, 1.0) if x > 0 else 0.0 for x in p]
                        drawn[key] = [g / sum(gammas) for g in gammas]
                    p = drawn[key]
                ways = [Way(t.to, x, t.duration) for t, x in zip(stage.transitions, p, strict=True)]
                out[base.name] = self.at_odds(ways, i, None if mine is None else mine.odds)
                continue
            own = mine is not None and (mine.conversion is not None or mine.win_rate is not None)
            if stage.conversion is not None:
                rate = stage.conversion
                mean, n = rate.mean, rate.n
            else:
                assert stage.win_rate is not None
                after = 1.0
                if i + 1 < len(self.s.stages):
                    following = self.s.stages[i + 1]
                    change = changes.get(following.name)
                    rate = change.win_rate if change and change.win_rate else following.win_rate
                    own = own or bool(change and change.win_rate)
                    assert rate is not None
                    after = rate.mean
                mean, n = stage.win_rate.mean / after, stage.win_rate.n
            if n is not None and 0 < mean < 1:
                key = ("beta", base.name, segment if own else None)
                if key not in drawn:
                    drawn[key] = rng.betavariate(mean * n, (1 - mean) * n)
                mean = drawn[key]
            forward = self.names[i + 1] if i + 1 < len(self.names) else "Won"
            assert stage.duration is not None
            ways = [
                Way(forward, mean, stage.duration),
                Way("Lost", 1 - mean, stage.lost_duration or stage.duration),
            ]
            out[base.name] = self.at_odds(ways, i, None if mine is None else mine.odds)
        return out

    def at_odds(self, ways: list[Way], i: int, odds: float | None) -> list[Way]:
        """Ways out of stage i with the odds of going on times a factor; ways back stay, Lost takes the rest."""
        if odds is None:
            return ways
        ahead = {*self.names[i + 1 :], "Won"}
        if all(way.to != "Lost" for way in ways):
            first = next(way for way in ways if way.to in ahead)
            ways = [*ways, Way("Lost", 0.0, first.duration)]
        on = sum(way.p for way in ways if way.to in ahead)
        lost = sum(way.p for way in ways if way.to == "Lost")
        back = 1 - on - lost
        wanted = min(on * odds / (1 - on + on * odds), 1 - back)
        losing = sum(way.to == "Lost" for way in ways)

        def p(way: Way) -> float:
            if way.to in ahead:
                return way.p * wanted / on if on > 0 else 0.0
            if way.to == "Lost":
                rest = 1 - back - wanted
                return way.p * rest / lost if lost > 0 else rest / losing
            return way.p

        return [Way(way.to, p(way), way.duration) for way in ways]

    @staticmethod
    def win_rates(ways: dict[str, list[Way]]) -> dict[str, float]:
        """Win probability on entering each stage, by repeating w = P w + p_Won until nothing moves."""
        w = dict.fromkeys(ways, 0.0) | {"Won": 1.0, "Lost": 0.0}
        for _ in range(2000):
            moved = 0.0
            for name, exits in ways.items():
                new = sum(e.p * w[e.to] for e in exits if not e.duration.is_never)
                moved = max(moved, abs(new - w[name]))
                w[name] = new
            if moved < 1e-13:
                break
        return w

    # ---- one deal -------------------------------------------------------------------------------------
    def walk(self, ways: dict[str, list[Way]], w: dict[str, float], stage: str, rng: Random) -> float:
        """Days from entering `stage` to Won; infinite if lost. Conditioned on being won unless `forward`."""
        time = 0.0
        while stage not in ("Won", "Lost"):
            exits = ways[stage]
            if self.forward:
                weights = [e.p for e in exits]
            else:
                weights = [0.0 if e.duration.is_never else e.p * w[e.to] for e in exits]
            e = rng.choices(exits, weights=weights)[0]
            time += sample(e.duration, rng)
            if time == NEVER:
                return NEVER
            stage = e.to
        return time if stage == "Won" else NEVER

    def lasted(self, duration: schema.Distribution, age: float, rng: Random) -> float:
        """Remaining time of a stay that has lasted `age`: draws until one is long enough."""
        for _ in range(200_000):
            d = sample(duration, rng)
            if d >= age - 1e-6:
                return max(0.0, d - age)
        raise AssertionError("too old for rejection")

    def caught(self, duration: schema.Distribution, cut: float, rng: Random) -> float:
        """Remaining time of a stay caught at a random moment, no later than `cut` after its start."""
        if cut == math.inf:
            return (1 - rng.random()) * sample(duration, rng, by_length=True)
        while True:
            d = sample(duration, rng)
            age = rng.random() * cut
            if age <= d:
                return d - age

    def given_ages(
        self, i: int, cut: float, ways: dict[str, list[Way]]
    ) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]] | None:
        """Ages that deal `i` may have, and p x P(duration >= age) by age and exit: T(age) / T0(age) in all.

        They are as given at the mean rates; with other rates, who came in is the same, and who is open still is not.
        """
        key = ("ages", i)
        if key not in self.cache:
            name, segment = self.table.open.stage[i], self.table.open.segment[i]
            stage = self.s.stages[self.names.index(name)]
            changes = self.s.segments[segment].stages if segment in self.s.segments else {}
            written = (stage.overridden(changes[name]) if name in changes else stage).age
            self.cache[key] = None
            if written is not None:
                rng = Random(i)
                ages = np.array([-self.operational(-sample(written, rng)) for _ in range(20_000)])
                ages = np.minimum(ages, cut) if ages.min() > cut else ages[ages <= cut]
                mean = self.ways(segment, {}, MeanRates())[name]  # type: ignore[arg-type]
                single, where = np.unique(ages, return_inverse=True)
                reached = np.stack([reaching(e.duration, single) for e in mean], axis=1)[where]
                held = reached @ np.array([e.p for e in mean])
                reached[held < self.s.pipeline.tail] = 0.0
                self.cache[key] = (ages, reached / np.where(held > 0, held, 1.0)[:, None])
        if self.cache[key] is None:
            return None
        ages, reached = self.cache[key]
        return ages, reached * np.array([e.p for e in ways[self.table.open.stage[i]]])

    def unaged_deal(
        self, found: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]], stage: str,
        process: tuple[dict[str, list[Way]], dict[str, float]], share: tuple[float, float], rng: Random,
    ) -> float:  # fmt: skip
        """Operational days until a deal of unknown age is won, whose age is one of some."""
        (ages, seen), (ways, w) = found, process
        exits = ways[stage]
        lost = float(np.mean(seen.sum(axis=1) == 0))  # beyond support
        to_won = seen * np.array([0.0 if e.duration.is_never else w[e.to] for e in exits])
        if self.forward:
            if rng.random() < lost:
                return NEVER
            likely = seen
        else:
            q = (1 - lost) * to_won.sum() / seen.sum()
            if rng.random() >= given(q, *share):
                return NEVER
            likely = to_won
        below = np.cumsum(likely)
        at = int(np.searchsorted(below, rng.random() * below[-1], side="right"))
        age, e = float(ages[at // len(exits)]), exits[at % len(exits)]
        time = NEVER if e.duration.is_never else self.lasted(e.duration, age, rng)
        return time + (self.walk(ways, w, e.to, rng) if time < NEVER else 0.0)

    def open_deal(
        self, i: int, process: tuple[dict[str, list[Way]], dict[str, float]], share: tuple[float, float], rng: Random
    ) -> float:
        """Operational days from as_of until deal `i` is won."""
        deals, (ways, w) = self.table.open, process
        stage, exits = deals.stage[i], ways[deals.stage[i]]
        entered, created = deals.entered[i], deals.created[i]
        known = not math.isnan(entered)
        age = -self.operational(float(entered)) if known else math.nan
        cut = -self.operational(float(created)) if not math.isnan(created) else math.inf
        if not known and (found := self.given_ages(i, cut, ways)) is not None:
            return self.unaged_deal(found, stage, process, share, rng)
        if self.forward:
            while True:
                e = rng.choices(exits, weights=[x.p for x in exits])[0]
                if known:
                    d = sample(e.duration, rng)
                    if d < age - 1e-6:
                        continue
                    time = max(0.0, d - age)
                elif cut == math.inf:
                    if ("mean", i) not in self.cache:
                        self.cache["mean", i] = [mean_of(x.duration) for x in exits]
                    found_in = [x.p * m for x, m in zip(exits, self.cache["mean", i], strict=True)]
                    e = rng.choices(exits, weights=found_in)[0]
                    time = self.caught(e.duration, cut, rng)
                else:
                    d, found = sample(e.duration, rng), rng.random() * cut
                    if found > d:
                        continue
                    time = d - found
                return time + (self.walk(ways, w, e.to, rng) if time < NEVER else 0.0)
        key = ("weights", i)
        if key not in self.cache:
            if known:
                self.cache[key] = [at_least(e.duration, age) for e in exits]
            elif cut == math.inf:
                self.cache[key] = [mean_of(e.duration) for e in exits]
            else:
                self.cache[key] = [mean_below(e.duration, cut) for e in exits]
        seen = [e.p * s for e, s in zip(exits, self.cache[key], strict=True)]
        to_won = [0.0 if e.duration.is_never else x * w[e.to] for e, x in zip(exits, seen, strict=True)]
        q = sum(to_won) / sum(seen) if sum(seen) > 0 else 0.0
        if sum(seen) < self.s.pipeline.tail:
            if self.s.pipeline.beyond_support == "lost" and math.isnan(deals.win_rate[i]):
                return NEVER
            known, age, to_won, q = True, 0.0, [e.p * w[e.to] for e in exits], w[stage]
        elif q <= 0 and deals.win_rate[i] > 0:
            known, age, to_won = True, 0.0, [0.0 if e.duration.is_never else e.p * w[e.to] for e in exits]
        if not math.isnan(deals.win_rate[i]):
            q = float(deals.win_rate[i])
        if rng.random() >= given(q, *share):
            return NEVER
        e = rng.choices(exits, weights=to_won)[0]
        time = self.lasted(e.duration, age, rng) if known else self.caught(e.duration, cut, rng)
        return time + self.walk(ways, w, e.to, rng)

    # ---- one trial ------------------------------------------------------------------------------------
    def trial(self, rng: Random) -> dict[str, list[int]]:
        s = self.s
        K = len(self.bounds) - 1
        minor = {"JPY": 1, "KWD": 1000}.get(s.currency, 100)
        out = {name: [0] * K for name in ("open", "new", "wins", "cash")}
        drawn: dict[Any, Any] = {}
        ways: dict[str | None, tuple[dict[str, list[Way]], dict[str, float]]] = {}
        z: dict[Any, float] = {}
        levels: dict[str | None, float] = {}

        def process(segment: str | None) -> tuple[dict[str, list[Way]], dict[str, float]]:
            if segment not in ways:
                mine = self.ways(segment, drawn, rng)
                if not drawn and ("w", segment) not in self.cache:
                    self.cache["w", segment] = self.win_rates(mine)
                ways[segment] = (mine, self.win_rates(mine) if drawn else self.cache["w", segment])
            return ways[segment]

        def factors(segment: str | None, owner: str | None) -> tuple[float, float]:
            total, rho = 0.0, 0.0
            shares = [("market", "", s.correlation.market), ("segment", segment, s.correlation.segment),
                      ("owner", owner, s.correlation.owner)]  # fmt: skip
            for kind, name, share in shares:
                if name is not None and share > 0:
                    total += math.sqrt(share) * z.setdefault((kind, name), rng.gauss(0, 1))
                    rho += share
            return total, rho

        def level(segment: str | None) -> float:
            if segment not in levels:
                own = s.segments[segment].amount_level if segment in s.segments else None
                written = own or s.amount_level
                levels[segment] = unit_mean(written.sd if written else 0.0, rng)
            return levels[segment]

        def amount(source: Any, segment: str | None) -> int:
            own = s.segments[segment].amount if segment in s.segments else None
            return round(sample(source or own or s.amount, rng) * minor * level(segment))

        def book(column: str, operational: float, money: int) -> None:
            k = self.period(operational)
            if k is None:
                return
            out[column][k] += money
            out["wins"][k] += 1
            day = self.calendar(operational)
            for term in s.payment_terms:
                paid = day + sample(term.delay, rng)
                for m in range(K):
                    start, end = ((b - s.as_of).days for b in self.bounds[m : m + 2])
                    if start <= paid < end:
                        out["cash"][m] += round(term.share * money)

        pace = s.pace.mean * unit_mean(s.pace.sd / s.pace.mean, rng) if s.pace else 1.0
        deals = self.table.open
        by_source = {lead.name: lead.amount for lead in s.leads}
        for i in range(len(deals)):
            share = factors(deals.segment[i], deals.owner[i])
            time = pace * self.open_deal(i, process(deals.segment[i]), share, rng)
            if time == NEVER:
                continue
            if not math.isnan(deals.not_before[i]):
                time = max(time, self.operational(float(deals.not_before[i])))
            listed = float(deals.amount[i])
            if math.isnan(listed):
                money = amount(by_source.get(deals.source[i]), deals.segment[i])
            else:
                money = round(listed * minor * sample(s.pipeline.realization, rng))
            book("open", time, money)
        together = unit_mean(s.leads_level.sd, rng) if s.leads_level else None
        for lead in s.leads:
            for day in self.arrivals(lead.rate, rng, together):
                owner = None
                if lead.owner_shares:
                    owner = rng.choices(list(lead.owner_shares), weights=list(lead.owner_shares.values()))[0]
                mine, w = process(lead.segment)
                if not self.forward and rng.random() >= given(w[lead.stage], *factors(lead.segment, owner)):
                    continue
                time = pace * self.walk(mine, w, lead.stage, rng)
                if time < NEVER:
                    book("new", self.operational(day) + time, amount(lead.amount, lead.segment))
        return out

    def arrivals(self, rate: schema.LeadRate, rng: Random, together: float | None) -> list[float]:
        """Days on which leads arrive: a Poisson process at the highest rate, thinned."""
        unit = UNIT[rate.per]

        def season(day: float) -> float:
            date = self.s.as_of + dt.timedelta(days=math.floor(day))
            return (1 + rate.growth_per_year) ** (math.floor(day) / 365.25) * rate.seasonality.get(date.month, 1.0)

        level = unit_mean(rate.level_sd, rng) if together is None else together
        factors = []
        for u in range(math.ceil(self.horizon / unit)):
            shape = 0.0
            if rate.dispersion > 1:
                if ("unit", id(rate), u) not in self.cache:
                    steps = 2000
                    expected = sum(season((u + (i + 0.5) / steps) * unit) for i in range(steps)) / steps * rate.mean
                    self.cache["unit", id(rate), u] = expected
                shape = self.cache["unit", id(rate), u] / (rate.dispersion - 1)
            factors.append(rng.gammavariate(shape, 1 / shape) if shape > 0 else 1.0)

        def density(day: float) -> float:
            return rate.mean / unit * level * season(day) * factors[int(day // unit)]

        pieces = sorted({*map(float, range(self.horizon)), *(u * unit for u in range(len(factors)))})
        highest = max(density(day) for day in pieces if day < self.horizon)
        day, found = 0.0, []
        while highest > 0:
            day += rng.expovariate(highest)
            if day >= self.horizon:
                break
            if rng.random() * highest < density(day):
                found.append(day)
        return found

    def run(self, trials: int, seed: int) -> dict[str, np.ndarray[Any, Any]]:
        """Columns of shape (K, trials), as a ledger's."""
        rng = Random(seed)
        rows = [self.trial(rng) for _ in range(trials)]
        return {name: np.array([row[name] for row in rows]).T for name in ("open", "new", "wins", "cash")}


class MeanRates:
    """Draws that are their means."""

    def betavariate(self, a: float, b: float) -> float:
        return a / (a + b)

    def gammavariate(self, shape: float, scale: float) -> float:
        return shape * scale


def given(w: float, factor: float, rho: float) -> float:
    if rho == 0 or w <= 0 or w >= 1:
        return w
    return NORMAL.cdf((NORMAL.inv_cdf(w) + factor) / math.sqrt(1 - rho))


def unit_mean(sd: float, rng: Random) -> float:
    if sd <= 0:
        return 1.0
    variance = math.log(1 + sd**2)
    return rng.lognormvariate(-variance / 2, math.sqrt(variance))
