"""Standards: the list that ships, rows to values and back."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from decimal import Decimal
from importlib import resources

from streha.assistance.sites import models
from streha.assistance.sites.rules import sphere
from streha.homes.models import Property

SHIPPED = "standards.csv"


def shipped() -> tuple[sphere.Standard, ...]:
    """The standards that come with Streha, none of them verified."""
    text = resources.files("streha.assistance.sites").joinpath("data", SHIPPED).read_text(encoding="utf-8")
    return tuple(
        sphere.Standard(
            measure=sphere.Measure(row["measure"]),
            climate=sphere.Climate(row["climate"]),
            value=Decimal(row["value"]),
            source=row["source"],
            verified=row["verified"] == "true",
            remedy=row["remedy"],
            gives=Decimal(row["gives"]),
        )
        for row in csv.DictReader(text.splitlines())
    )


def standards_of(rows: Iterable[models.Standard]) -> tuple[sphere.Standard, ...]:
    """Rows of a list as values."""
    return tuple(
        sphere.Standard(
            sphere.Measure(row.measure),
            sphere.Climate(row.climate),
            row.value,
            row.source,
            row.list.verified or row.verified,
            row.remedy,
            row.gives,
        )
        for row in rows
    )


def facts_of(site: models.Site, people: int) -> sphere.Facts:
    """What is there at a site, for so many people."""
    return sphere.Facts(
        people=people,
        covered_m2=site.covered_m2,
        water_l_day=None if site.water_l_day is None else Decimal(site.water_l_day),
        taps=site.taps,
        latrines=site.latrines,
        step_free=site.step_free,
        capacity=site.capacity,
        is_cold=site.is_cold,
    )


def facts_of_home(home: Property, people: int, *, needs_step_free: bool) -> sphere.Facts:
    """What was measured of a home, for those who live there. Steps count where somebody needs to do without."""
    asked = needs_step_free and home.step_free is not None
    return sphere.Facts(
        people=people,
        covered_m2=home.floor_m2,
        water_l_day=None if home.water_l_day is None else Decimal(home.water_l_day),
        latrines=home.toilets,
        step_free=int(bool(home.step_free)) if asked else None,
        capacity=1 if asked else None,
    )
