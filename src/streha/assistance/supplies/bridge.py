"""Supplies: the catalogue and the example kits that ship; rows of rules to values; households as a kit sees them."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from importlib import resources
from typing import Any

from streha.assistance.supplies import models
from streha.assistance.supplies.rules import kits, stock
from streha.common.codes import Sex
from streha.people import models as people

ITEMS, KITS = "items.csv", "kits.csv"
EXAMPLE = "Example, to be changed by the office; quantities not compared with any standard"


def _rows(name: str) -> list[dict[str, str]]:
    text = resources.files("streha.assistance.supplies").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def shipped_items() -> list[dict[str, Any]]:
    """Items that come with Streha, as drafts say them."""
    return [
        {
            "code": row["code"],
            "unit": stock.Unit(row["unit"]),
            "name_en": row["en"],
            "name_sq": row["sq"],
            "name_sr": row["sr"],
            "expires": row["expires"] == "true",
        }
        for row in _rows(ITEMS)
    ]


def shipped_kits() -> list[dict[str, Any]]:
    """Example kits that come with Streha, as drafts say them."""
    found: dict[str, dict[str, Any]] = {}
    for row in _rows(KITS):
        kit = found.setdefault(
            row["kit"],
            {
                "code": row["kit"],
                "name_en": row["en"],
                "name_sq": row["sq"],
                "name_sr": row["sr"],
                "source": EXAMPLE,
                "rules": (),
            },
        )
        kit["rules"] = (*kit["rules"], _rule(row))
    return list(found.values())


def _rule(row: dict[str, str]) -> kits.Rule:
    bounds = {name: int(row[name]) if row[name] else None for name in ("size_from", "size_to", "age_from", "age_to")}
    sex = Sex(row["sex"]) if row["sex"] else None
    return kits.Rule(row["item"], kits.Per(row["per"]), Decimal(row["quantity"]), sex=sex, **bounds)


def rules_of(kit: models.Kit) -> tuple[kits.Rule, ...]:
    """The rules of a kit; an item stands as the text of its number, so that what is due can be written at once."""
    return tuple(
        kits.Rule(
            item=str(row.item_id),
            per=kits.Per(row.per),
            quantity=row.quantity,
            size_from=row.size_from,
            size_to=row.size_to,
            age_from=row.age_from,
            age_to=row.age_to,
            sex=Sex(row.sex) if row.sex else None,
        )
        for row in kit.rules.order_by("position")
    )


def age_on(birth: dt.date | None, day: dt.date) -> int | None:
    """Whole years on a day."""
    if birth is None:
        return None
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def seen_by_kit(persons: Iterable[people.Person], day: dt.date) -> list[kits.Someone]:
    """People of a household as a kit sees them on a day."""
    return [kits.Someone(age_on(person.birth_date, day), Sex(person.sex)) for person in persons]
