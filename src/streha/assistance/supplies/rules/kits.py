"""What a kit gives: rules by person, by household, by size of the household, by age and sex.

A version of a kit is a list of rules. Each says how much of one item is due for what; what a household is due of an
item is the sum over the rules, rounded up once to whole units, so that half a bar of soap for each of three people is
two bars and not three.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from streha.common import errors
from streha.common.codes import Sex


class Per(StrEnum):
    """For what a quantity is due."""

    PERSON = "person"  # each person, or each of an age and sex
    HOUSEHOLD = "household"  # once, or once for a size


@dataclass(frozen=True)
class Rule:
    """So much of an item: for each person (of an age and sex), or once for a household (of a size).

    Bounds are within: ``age_to=4`` is until the fifth birthday, ``size_from=5`` is five people or more.
    """

    item: str
    per: Per
    quantity: Decimal
    size_from: int | None = None
    size_to: int | None = None
    age_from: int | None = None
    age_to: int | None = None
    sex: Sex | None = None


@dataclass(frozen=True)
class Someone:
    """A member of a household as a kit sees them; None for an age nobody knows."""

    age: int | None
    sex: Sex = Sex.UNKNOWN


def due(rules: Iterable[Rule], household: Sequence[Someone]) -> dict[str, int]:
    """What a household is due: whole units by item, without items of which it is due none.

    Nobody gets by a rule of an age whose age is not known; a household without members is due nothing.
    """
    exact: dict[str, Decimal] = {}
    for rule in rules:
        times = _times(rule, household)
        if times:
            exact[rule.item] = exact.get(rule.item, Decimal(0)) + rule.quantity * times
    return {item: math.ceil(quantity) for item, quantity in exact.items() if quantity > 0}


def _times(rule: Rule, household: Sequence[Someone]) -> int:
    size = len(household)
    if not size or size < (rule.size_from or 0) or (rule.size_to is not None and size > rule.size_to):
        return 0
    return 1 if rule.per is Per.HOUSEHOLD else sum(_is_meant(rule, one) for one in household)


def _is_meant(rule: Rule, one: Someone) -> bool:
    if rule.sex is not None and one.sex != rule.sex:
        return False
    if rule.age_from is None and rule.age_to is None:
        return True
    if one.age is None:
        return False
    return (rule.age_from is None or one.age >= rule.age_from) and (rule.age_to is None or one.age <= rule.age_to)


def check_rules(rules: Sequence[Rule]) -> None:
    """Raise BadInput for rules that cannot be: none, nothing given, bounds the wrong way, a household with an age."""
    if not rules:
        raise errors.BadInput(
            errors.message("A kit without a rule gives nothing. Write at least one."), code="kit_empty", field="rules"
        )
    for rule in rules:
        if rule.quantity <= 0:
            raise errors.BadInput(
                errors.message("{value} of {item} cannot be given. Write more than nothing, or leave the rule out."),
                code="kit_quantity",
                field="rules",
                value=str(rule.quantity),
                item=rule.item,
            )
        for low, high in ((rule.size_from, rule.size_to), (rule.age_from, rule.age_to)):
            if low is not None and high is not None and low > high:
                raise errors.BadInput(
                    errors.message("“From {low} to {high}” of {item} is the wrong way round. Exchange them."),
                    code="kit_bounds",
                    field="rules",
                    low=low,
                    high=high,
                    item=rule.item,
                )
        if rule.per is Per.HOUSEHOLD and (rule.sex or rule.age_from is not None or rule.age_to is not None):
            raise errors.BadInput(
                errors.message("A household has no age and no sex. Give {item} by person, or without them."),
                code="kit_household_age",
                field="rules",
                item=rule.item,
            )
