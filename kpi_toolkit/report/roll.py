"""The roll of people: who was scored and how, who was not and why, what is owed to whom. Counts only, nothing is worded."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from kpi_toolkit.language import absent
from kpi_toolkit.report.facts import NAN, Facts, records

if TYPE_CHECKING:
    import pandas as pd

BANDS = ("exceeded", "met", "near", "missed")
VERDICTS = ("met_sure", "met_unsure", "missed_unsure", "missed_sure")
NO_TARGETS, NO_GOAL, INCOMPLETE, ABSENT, TOO_LITTLE = "no_targets", "no_goal", "incomplete", "absent", "too_little"
UNKNOWN = ""  # the country of a person without one


@dataclass(frozen=True)
class NotScored:
    """A person employed in the quarter who has no score; `reason` is one of the names above."""

    person: str
    country: str
    reason: str


@dataclass(frozen=True)
class Owed:
    """What was signed and is owed to a person: `share` of the variable pay of their goals (weighted), `money` where known."""

    person: str
    country: str
    score: float
    share: float
    money: float
    currency: str


@dataclass(frozen=True)
class CountryBands:
    """How many people of some countries reached which band of their score; `small`: fewer people than may be shown."""

    countries: tuple[str, ...]
    people: int
    bands: dict[str, int]
    small: bool = False


@dataclass(frozen=True)
class Roll:
    """The people of a quarter."""

    facts: Facts

    @cached_property
    def employed(self) -> pd.DataFrame:
        people = self.facts.table("people")
        return people[people["employed"].astype(bool)].set_index(
            people.loc[people["employed"].astype(bool), "person_id"].astype(str)
        )

    @cached_property
    def countries(self) -> dict[str, str]:
        """Person → country as the client writes it; empty where unknown."""
        people = self.facts.table("people")
        return {str(row.person_id): "" if absent(row.country) else str(row.country) for row in records(people)}

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Scores of persons (score not empty), with their country."""
        scores = self.facts.table("scores").query("level == 'person' and score.notna()")
        return scores.assign(country=[self.countries.get(str(one), UNKNOWN) for one in scores["entity_id"]])

    @property
    def scored(self) -> int:
        return len(self.scores)

    @cached_property
    def company_score(self) -> float:
        row = self.facts.table("scores").query("level == 'company'")
        return float(row["score"].iloc[0]) if len(row) else NAN

    @cached_property
    def not_scored(self) -> tuple[NotScored, ...]:
        """Everyone employed in the quarter who has no score, and why, by person."""
        goals = self.facts.table("evaluation")
        scored = set(self.scores["entity_id"].astype(str))
        out = []
        for name, row in self.employed.sort_index().iterrows():
            person = str(name)
            if person in scored:
                continue
            own = goals[goals["person_id"].eq(person)]
            out.append(NotScored(person, self.countries.get(person, UNKNOWN), _why(own, bool(row["has_goals"]))))
        return tuple(out)

    @cached_property
    def matrix(self) -> tuple[CountryBands, ...]:
        """Bands of scores by country, the best last; countries below `privacy.smallest_group` stand together."""
        least = int(self.facts.here.engagement.privacy.smallest_group)
        parts = [_country(str(country), part) for country, part in self.scores.groupby("country", sort=True)]
        large = [one for one in parts if one.people >= least]
        small = [one for one in parts if one.people < least]
        large.sort(key=lambda one: (_reached(one), one.countries))
        if not small:
            return tuple(large)
        pooled = CountryBands(
            tuple(sorted((name for one in small for name in one.countries), key=lambda name: (not name, name))),
            sum(one.people for one in small),
            {band: sum(one.bands[band] for one in small) for band in BANDS},
            small=sum(one.people for one in small) < least,
        )
        return (*large, pooled)

    def pools(self, people: dict[str, int]) -> tuple[tuple[str, ...], ...]:
        """Countries that may be shown with figures: each alone, those below `privacy.smallest_group` together.

        The next larger join them until they are enough, since a total less the countries shown would tell of the few. Nobody is
        pooled where names are `shown`.
        """
        privacy = self.facts.here.engagement.privacy
        least = 1 if str(privacy.names) == "shown" else int(privacy.smallest_group)
        ordered = sorted(people, key=lambda country: (people[country], country))
        pooled = [country for country in ordered if people[country] < least]
        rest = ordered[len(pooled) :]
        while pooled and rest and sum(people[country] for country in pooled) < least:
            pooled.append(rest.pop(0))
        together = (tuple(sorted(pooled, key=lambda name: (not name, name))),) if pooled else ()
        return (*((country,) for country in rest), *together)

    @cached_property
    def by_score(self) -> bool:
        """Whether verdicts speak of scores; else of the main KPI."""
        return "verdict" in self.scores and bool(self.scores["verdict"].notna().any())

    @cached_property
    def verdicts(self) -> dict[str, int]:
        """People by the verdict on their score (where the evaluation gives one, else on the main KPI)."""
        if self.by_score:
            counts = self.scores["verdict"].value_counts()
        else:
            goals = self.facts.table("evaluation")
            rows = goals[goals["kpi"].eq(self.facts.main) & goals["measured_at"].eq("person") & goals["verdict"].notna()]
            counts = rows["verdict"].value_counts()
        return {code: int(counts.get(code, 0)) for code in VERDICTS}

    @cached_property
    def parted(self) -> tuple[int, int]:
        """People whose score and verdict part: below 100 % with a level more likely on target, at 100 % with one below."""
        if not self.by_score:
            return 0, 0
        met = self.scores["verdict"].fillna("").str.startswith("met")
        missed = self.scores["verdict"].fillna("").str.startswith("missed")
        reached = self.scores["score"].ge(1)
        return int((met & ~reached).sum()), int((missed & reached).sum())

    @cached_property
    def signed(self) -> tuple[int, int]:
        """People whose goals both have signed, of those who are to have goals."""
        goals = self.facts.table("evaluation")
        signed = set(goals.loc[goals["agreed"].astype(bool), "person_id"].astype(str))
        expected = set(self.employed.index[self.employed["has_goals"].astype(bool)]) | signed
        return len(signed), len(expected)

    @cached_property
    def owed(self) -> tuple[Owed, ...]:
        """Payout of signed goals, the most first: Σ weight · payout ÷ Σ weight, and in money where `variable_pay` is known."""
        goals = self.facts.table("evaluation")
        goals = goals[goals["agreed"].astype(bool) & goals["payout"].notna() & goals["weight"].notna()]
        people = self.facts.table("people").set_index("person_id")
        scores = self.facts.table("scores").query("level == 'person'").set_index("entity_id")["score"]
        out = []
        for person, own in goals.groupby("person_id", sort=True):
            weight = float(own["weight"].sum())
            share = float((own["weight"] * own["payout"]).sum() / weight) if weight > 0 else NAN
            pay = float(people["variable_pay"].get(person, NAN))
            currency = people["currency"].get(person)
            out.append(
                Owed(str(person), self.countries.get(str(person), UNKNOWN), float(scores.get(person, NAN)), share,
                     pay * share * weight / 100, "" if absent(currency) else str(currency))
            )  # fmt: skip
        return tuple(sorted((one for one in out if one.share > 0), key=lambda one: (-one.share, one.person)))

    @cached_property
    def owed_money(self) -> float:
        """What is owed to all, at the agreed rates in the reporting currency; NaN where someone's pay or rate is not known."""
        return sum((self.facts.in_reporting(one.money, one.currency) for one in self.owed), 0.0) if self.owed else NAN


def _why(goals: pd.DataFrame, has_goals: bool) -> str:
    if not len(goals):
        return NO_GOAL if has_goals else NO_TARGETS
    if not goals["complete"].astype(bool).any():
        return INCOMPLETE
    if goals["prorated_target"].isna().all():
        return ABSENT
    return TOO_LITTLE


def _country(country: str, scores: pd.DataFrame) -> CountryBands:
    counts = scores["band"].value_counts()
    return CountryBands((country,), len(scores), {band: int(counts.get(band, 0)) for band in BANDS})


def _reached(one: CountryBands) -> float:
    return (one.bands["exceeded"] + one.bands["met"]) / one.people if one.people else math.inf
