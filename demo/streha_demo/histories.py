"""What happened to a family: displacement and return, what they want, what they agreed to, what they need.

Causes and months follow events everybody remembers (the war of 1999, the unrest of March 2004, the floods of January
2021 and 2023); who went where is invented.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import dataclass

from streha.common.codes import Precision
from streha.people import rules
from streha.people.rules import Cause, EpisodeDraft, EpisodeStatus
from streha_demo.families import Being, Family, Place
from streha_demo.lists import Weighted

ABROAD_1999 = Weighted(
    ("Kukës, Albania", "Durrës, Albania", "Tirana, Albania", "Tetovo", "Skopje", "Rožaje, Montenegro", "Ulcinj"),
    (24, 14, 12, 16, 14, 10, 6),
)
ABROAD_AFTER = Weighted(
    ("Kraljevo, Serbia", "Kragujevac, Serbia", "Niš, Serbia", "Beograd, Serbia", "Smederevo, Serbia",
     "Podgorica, Montenegro", "Berane, Montenegro", "Novi Pazar, Serbia"),
    (20, 15, 12, 18, 9, 12, 7, 7),
)  # fmt: skip
ASYLUM = Weighted(
    ("Germany", "Switzerland", "Austria", "Sweden", "France", "Belgium", "Hungary", "Luxembourg"),
    (42, 13, 9, 11, 10, 6, 5, 2),
)
MAJORITY = Weighted(
    ("home_1999", "flood", "repatriated", "labour", "at_risk", "landslide", "host", "displaced_1999", "none"),
    (38, 7, 15, 6, 8, 3, 4, 2, 17),
)
OTHERS = Weighted(
    ("home_after", "displaced_1999", "displaced_2004", "home_2004", "repatriated", "flood", "at_risk", "none"),
    (30, 24, 7, 7, 17, 3, 4, 8),
)
WAR_BEGAN, WAR_ENDED, UNREST = dt.date(1999, 3, 24), dt.date(1999, 6, 12), dt.date(2004, 3, 17)
FLOODS = ((dt.date(2021, 1, 11), Cause.FLOOD), (dt.date(2023, 1, 19), Cause.FLOOD))
LANDSLIDES = (dt.date(2018, 3, 8), dt.date(2021, 1, 12), dt.date(2023, 4, 3))
WISHES = Weighted(tuple(rules.Wish), (45, 33, 8, 14))


@dataclass(frozen=True)
class History:
    """What is said about one member of a family."""

    episodes: tuple[EpisodeDraft, ...] = ()
    intentions: tuple[rules.IntentionDraft, ...] = ()
    consents: tuple[rules.ConsentDraft, ...] = ()
    functioning: tuple[rules.FunctioningDraft, ...] = ()
    needs: tuple[rules.NeedDraft, ...] = ()
    protection_note: str = ""
    shielded: bool = False


class Histories:
    """Tells what happened to families, at random."""

    def __init__(self, rng: random.Random, places: Weighted[Place], as_of: dt.date) -> None:
        self.rng = rng
        self.places = places
        self.as_of = as_of

    def tell(self, family: Family) -> list[History]:
        """One history for each of the family's people, in their order."""
        rng = self.rng
        scenario = (MAJORITY if family.beings[0].community == "albanian" else OTHERS).draw(rng)
        episodes = self._episodes(scenario, family)
        still_away = next((e for e in episodes if e.status == EpisodeStatus.DISPLACED and e.ended_on is None), None)
        is_asked = rng.random() < 0.15
        is_shielded = rng.random() < 0.004
        told = []
        for being in family.beings:
            is_grown = being.born.year <= self.as_of.year - 18
            told.append(
                History(
                    episodes=tuple(e for e in episodes if e.started_on is None or e.started_on >= being.born),
                    intentions=self._intentions(being, still_away) if still_away and is_grown else (),
                    consents=self._consents() if being.relation == rules.Relation.HEAD else (),
                    functioning=self._functioning(being) if is_asked else (),
                    needs=self._needs(being, family),
                    protection_note=PROTECTION_NOTE if is_shielded and being is family.beings[0] else "",
                    shielded=is_shielded,
                )
            )
        return told

    # --- displacement

    def _episodes(self, scenario: str, family: Family) -> Sequence[EpisodeDraft]:
        here = family.home_area_id
        if scenario == "none":
            return ()
        if scenario in {"at_risk", "host"}:
            status = EpisodeStatus(scenario)
            cause = Cause.CONFLICT if scenario == "host" else self.rng.choice((Cause.FLOOD, Cause.LANDSLIDE))
            return (EpisodeDraft(status, cause, to_area_id=here if scenario == "host" else None, from_area_id=here),)
        if scenario in {"flood", "landslide"}:
            return self._short_stay_elsewhere(scenario, here)
        if scenario in {"repatriated", "labour"}:
            return self._back_from_abroad(scenario, here)
        if scenario == "home_1999":
            left = self._day(WAR_BEGAN, dt.date(1999, 5, 20))
            return self._away_and_back(here, ABROAD_1999.draw(self.rng), left, self._day(WAR_ENDED, END_OF_1999))
        if scenario == "home_after":
            left = self._day(WAR_ENDED, END_OF_1999)
            back = self._day(dt.date(2001, 5, 1), dt.date(2021, 10, 1))
            return self._away_and_back(here, ABROAD_AFTER.draw(self.rng), left, back)
        left = self._day(UNREST, dt.date(2004, 3, 20)) if "2004" in scenario else self._day(WAR_ENDED, END_OF_1999)
        if scenario == "home_2004":
            back = self._day(dt.date(2004, 9, 1), dt.date(2012, 10, 1))
            return self._away_and_back(here, ABROAD_AFTER.draw(self.rng), left, back)
        return self._still_away(family, left)

    def _away_and_back(self, here: int, there: str, left: dt.date, back: dt.date) -> Sequence[EpisodeDraft]:
        started, started_precision = self._as_known(left)
        ended, ended_precision = self._as_known(back)
        ended = max(ended, started)
        status = EpisodeStatus.REFUGEE if left < WAR_ENDED else EpisodeStatus.DISPLACED
        return (
            EpisodeDraft(status, Cause.CONFLICT, here, "", None, there, started, started_precision, ended,
                         ended_precision),
            EpisodeDraft(EpisodeStatus.RETURNEE, Cause.CONFLICT, None, there, here, "", ended, ended_precision),
        )  # fmt: skip

    def _still_away(self, family: Family, left: dt.date) -> Sequence[EpisodeDraft]:
        origin = self.places.draw(self.rng)
        while origin.id == family.place.id and len(self.places.things) > 1:
            origin = self.places.draw(self.rng)
        started, precision = self._as_known(left)
        here = family.home_area_id
        return (EpisodeDraft(EpisodeStatus.DISPLACED, Cause.CONFLICT, origin.id, "", here, "", started, precision),)

    def _short_stay_elsewhere(self, scenario: str, here: int) -> Sequence[EpisodeDraft]:
        rng = self.rng
        began, cause = rng.choice(FLOODS) if scenario == "flood" else (rng.choice(LANDSLIDES), Cause.LANDSLIDE)
        ended = began + dt.timedelta(days=rng.randrange(3, 90))
        return (
            EpisodeDraft(EpisodeStatus.DISPLACED, cause, here, "", here, "", began, Precision.DAY, ended,
                         Precision.DAY),
        )  # fmt: skip

    def _back_from_abroad(self, scenario: str, here: int) -> Sequence[EpisodeDraft]:
        left = self._day(dt.date(1998, 6, 1), dt.date(2015, 6, 1))
        back = self._day(max(left + dt.timedelta(days=200), dt.date(2008, 1, 1)), self.as_of - dt.timedelta(days=60))
        there = ASYLUM.draw(self.rng)
        started, ended = dt.date(left.year, 1, 1), back
        if scenario == "labour":
            away, home = EpisodeStatus.LABOUR_MIGRANT, EpisodeStatus.RETURNEE
        else:
            away, home = EpisodeStatus.REFUGEE, EpisodeStatus.REPATRIATED
        return (
            EpisodeDraft(away, Cause.OTHER, here, "", None, there, started, Precision.YEAR, ended, Precision.DAY),
            EpisodeDraft(home, Cause.OTHER, None, there, here, "", ended, Precision.DAY),
        )

    def _day(self, first: dt.date, last: dt.date) -> dt.date:
        return first + dt.timedelta(days=self.rng.randrange((last - first).days + 1))

    def _as_known(self, day: dt.date) -> tuple[dt.date, Precision]:
        """The day as people remember it: to the day, the month or the year."""
        memory = self.rng.random()
        if memory < 0.4:
            return day, Precision.DAY
        if memory < 0.8:
            return day.replace(day=1), Precision.MONTH
        return day.replace(month=1, day=1), Precision.YEAR

    # --- wishes, consents, answers, needs

    def _intentions(self, being: Being, away: EpisodeDraft) -> tuple[rules.IntentionDraft, ...]:
        if being.relation not in {rules.Relation.HEAD, rules.Relation.SPOUSE} or self.rng.random() < 0.3:
            return ()
        wish = WISHES.draw(self.rng)
        said_on = self.as_of - dt.timedelta(days=self.rng.randrange(900))
        area = {rules.Wish.RETURN: away.from_area_id, rules.Wish.INTEGRATE: away.to_area_id}.get(wish)
        return (rules.IntentionDraft(wish, said_on, area),)

    def _consents(self) -> tuple[rules.ConsentDraft, ...]:
        if self.rng.random() < 0.1:
            return ()
        given = self.as_of - dt.timedelta(days=self.rng.randrange(1200))
        form = f"form {given.year}/{self.rng.randrange(1, 9000)}"
        return (
            rules.ConsentDraft(
                "assistance", given, "municipal office", expires_on=given.replace(day=1, year=given.year + 5),
                evidence=form,
            ),
        )  # fmt: skip

    def _functioning(self, being: Being) -> tuple[rules.FunctioningDraft, ...]:
        rng = self.rng
        age = self.as_of.year - being.born.year
        if age < 5:
            return ()
        trouble = 0.02 + max(0, age - 40) * 0.006
        answers = tuple(
            1 if rng.random() > trouble else rng.choice((2, 2, 2, 3, 3, 4)) for _ in rules.FUNCTIONING_DOMAINS
        )
        return (rules.FunctioningDraft(self.as_of - dt.timedelta(days=rng.randrange(400)), answers),)

    def _needs(self, being: Being, family: Family) -> tuple[rules.NeedDraft, ...]:
        rng = self.rng
        chance = rng.random()
        age = self.as_of.year - being.born.year
        if family.kind == "alone" and age >= 65:
            return (rules.NeedDraft(rules.NeedKind.ELDERLY_ALONE),) if chance < 0.6 else ()
        if family.kind == "one_parent" and being.relation == rules.Relation.HEAD:
            return (rules.NeedDraft(rules.NeedKind.SINGLE_PARENT),) if chance < 0.6 else ()
        if chance < 0.004 + max(0, age - 50) * 0.0015:
            return (rules.NeedDraft(rules.NeedKind.CHRONIC_ILLNESS, note=NEED_NOTE if chance < 0.004 else ""),)
        if chance > 0.997:
            return (rules.NeedDraft(rng.choice(RARE_NEEDS)),)
        return ()


END_OF_1999 = dt.date(1999, 12, 20)
RARE_NEEDS = (rules.NeedKind.NO_DOCUMENTS, rules.NeedKind.NO_SHELTER, rules.NeedKind.DISABILITY)
NEED_NOTE = "Invented for the demo: medicine every month."
PROTECTION_NOTE = "Invented for the demo: the address must not be told to anybody who asks."
