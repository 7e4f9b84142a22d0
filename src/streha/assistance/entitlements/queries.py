"""Reads of what people are due and got: a household's, a cycle's, packages with full, part or none, and doubles."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action
from streha.assistance.entitlements import models, rules
from streha.assistance.programmes import models as programmes
from streha.assistance.selections import queries as selections
from streha.assistance.selections.models import Application, Selection
from streha.assistance.selections.rules import Outcome as Selected
from streha.audit import actions as audit
from streha.cases.models import Case
from streha.cases.rules import CaseState, case_number
from streha.common import errors, pages
from streha.common.pages import PAGE_SIZE, Page
from streha.people import models as people
from streha.people import queries as people_queries
from streha.people.rules import NeedKind

MOST_DIGITS = 12


def is_on_its_way(row: models.Entitlement) -> bool:
    """Whether the entitlement stands on a payment list that is not settled."""
    return row.payment_lines.filter(state__in=["waiting", "sent"]).exists()


@wall.beyond("whether a case is closed")
def closed_cases(ids: Iterable[int | None]) -> dict[int, str]:
    """Which of these cases are closed, whoever may see them: number by id. Nothing else of a case is told."""
    wanted = sorted({pk for pk in ids if pk is not None})
    found: dict[int, str] = {}
    for start in range(0, len(wanted), 500):
        closed = Case.objects.filter(pk__in=wanted[start : start + 500], state=CaseState.CLOSED)
        found |= {pk: case_number(pk) for pk in closed.values_list("pk", flat=True)}
    return found


# --- packages ---------------------------------------------------------------------------------------------------------


def as_line(row: models.PackageLine) -> rules.PackageLine:
    """A line of a package as the rules take it."""
    return rules.PackageLine(
        code=row.code,
        kind=rules.Kind(row.kind),
        much=rules.Much(row.amount, row.unit, row.is_money),
        basis=rules.Basis(row.basis),
        least=row.least,
        most=row.most,
        needs=frozenset(NeedKind(need) for need in row.needs.split(",") if need),
        labels={"en": row.name_en, "sq": row.name_sq, "sr": row.name_sr},
        after_days=row.after_days,
    )


def members_on(household: people.Household, day: dt.date) -> list[tuple[int, rules.Member]]:
    """Who lives in the household on a day: (person, age and needs); whoever speaks for it first."""
    rows = (
        people.Membership.objects.filter(household=household)
        .filter(Q(started_on=None) | Q(started_on__lte=day), Q(ended_on=None) | Q(ended_on__gt=day))
        .select_related("person")
        .order_by("-is_head", "pk")
    )
    found = [row for row in rows if row.person.erased_at is None and not row.was_taken_back]
    needs = defaultdict(set)
    noted = people.SpecificNeed.objects.filter(person__in=[row.person_id for row in found])
    for need in noted.filter(Q(valid_from=None) | Q(valid_from__lte=day), Q(valid_to=None) | Q(valid_to__gt=day)):
        needs[need.person_id].add(NeedKind(need.kind))
    return [
        (row.person_id, rules.Member(rules.age_on(row.person.birth_date, day), frozenset(needs[row.person_id])))
        for row in found
    ]


def packages() -> list[models.Package]:
    """The newest version of every package."""
    newer = models.Package.objects.filter(code=OuterRef("code"), version__gt=OuterRef("version"))
    return list(models.Package.objects.filter(~Exists(newer)).prefetch_related("lines").order_by("code"))


# --- what somebody was due and got ------------------------------------------------------------------------------------


def _with_all(rows: QuerySet[models.Entitlement]) -> QuerySet[models.Entitlement]:
    return rows.select_related(
        "cycle__programme", "person", "household", "case", "package_line__package", "commitment__line__agreement"
    )


def of_person(access: Access, person_id: int) -> list[models.Entitlement]:
    """What the person, by any of their records, was due, alone or for a household; newest first."""
    rows = models.Entitlement.objects.visible_to(access).filter(person_id__in=people_queries.one_person(person_id))
    return list(_with_all(rows).prefetch_related("deliveries").order_by("-due_on", "-pk"))


def of_household(access: Access, household_id: int) -> list[models.Entitlement]:
    """What the household was due, and those that went on in it; newest first."""
    rows = models.Entitlement.objects.visible_to(access).filter(
        household_id__in=people_queries.one_household(household_id)
    )
    return list(_with_all(rows).prefetch_related("deliveries").order_by("-due_on", "-pk"))


@dataclass(frozen=True)
class Allotted:
    """A package as one household got it: its version, its lines, and how much of it came."""

    package: models.Package
    cycle: programmes.Cycle
    lines: tuple[models.Entitlement, ...]
    got: rules.Got


def allotted(rows: Iterable[models.Entitlement]) -> list[Allotted]:
    """The packages among some entitlements of one household, each with full, part or none."""
    parts: dict[tuple[int, int], list[models.Entitlement]] = defaultdict(list)
    for row in rows:
        if row.package_line is not None:
            parts[row.package_line.package_id, row.cycle_id].append(row)
    found = []
    for lines in parts.values():
        ordered = sorted(lines, key=lambda row: (row.package_line.position if row.package_line else 0, row.pk))
        line = ordered[0].package_line
        if line is not None:
            got = rules.got(row.state for row in ordered)
            found.append(Allotted(line.package, ordered[0].cycle, tuple(ordered), got))
    return found


# --- a cycle ----------------------------------------------------------------------------------------------------------


def cycle_page(
    access: Access, cycle_id: int, *, state: str = "", after: str = "", size: int = PAGE_SIZE
) -> Page[models.Entitlement]:
    """Entitlements of a cycle in the order in which they were granted, from those that the viewer sees."""
    rows = models.Entitlement.objects.visible_to(access).filter(cycle_id=cycle_id)
    narrowed = in_state(rows, state)
    if after:
        narrowed = narrowed.filter(pk__gt=pages.number_of(after))
    found = list(_with_all(narrowed).order_by("pk")[: size + 1])
    return Page(found[:size], str(found[size - 1].pk) if len(found) > size else "")


def in_state(rows: QuerySet[models.Entitlement], state: str) -> QuerySet[models.Entitlement]:
    """Those in one state; all of them for an unknown one."""
    if state == rules.State.DUE:
        return rows.filter(given=0, cancelled_at=None)
    if state == rules.State.PART:
        return rows.filter(given__gt=0, given__lt=F("due"))
    if state == rules.State.FULL:
        return rows.filter(given__gte=F("due"))
    if state == rules.State.CANCELLED:
        return rows.filter(given=0, cancelled_at__isnull=False)
    return rows


def chosen(cycle: programmes.Cycle) -> QuerySet[Application]:
    """Applications that the decision in force has chosen in the cycle's call."""
    in_force = [Selection.State.DECIDED, Selection.State.PUBLISHED]
    return Application.objects.filter(
        call_id=cycle.call_id or 0,
        withdrawn_at=None,
        ranked__outcome=Selected.SELECTED,
        ranked__selection__state__in=in_force,
    ).distinct()


@dataclass(frozen=True)
class ChosenLine:
    """A household chosen in the cycle's call: who asked, and whether something was granted for it in the cycle."""

    application: Application
    person: people.Person
    granted: bool


def chosen_page(
    access: Access, cycle: programmes.Cycle, *, after: str = "", limit: int = PAGE_SIZE, at: dt.datetime
) -> Page[ChosenLine]:
    """Those chosen whom the viewer may see, by the number of the application; that they looked is on record."""
    rows = chosen(cycle).filter(pk__in=Application.objects.visible_to(access).filter(call_id=cycle.call_id or 0))
    if after:
        rows = rows.filter(number__gt=pages.number_of(after))
    found = list(rows.select_related("applicant").order_by("number")[: limit + 1])
    shown = found[:limit]
    known = selections.persons_of(shown)
    had = set(
        models.Entitlement.objects.filter(
            cycle=cycle, application__in=[one.pk for one in shown], cancelled_at=None
        ).values_list("application_id", flat=True)
    )
    people_queries.note_look(access, [known[one.pk] for one in shown], where=cycle.number, at=at)
    lines = tuple(ChosenLine(one, known[one.pk], one.pk in had) for one in shown)
    return Page(lines, str(shown[-1].number) if len(found) > limit else "")


# --- doubles ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Double:
    """The same help twice: two records of one person, or two households that became one, had both received it."""

    first: models.Entitlement
    second: models.Entitlement

    @property
    def given_twice(self) -> Decimal:
        return min(self.first.given, self.second.given)


def doubles(access: Access) -> list[Double]:
    """What was received twice through records that are one now, and nobody has settled; the oldest first.

    Only people and households that were merged can stand here: what one record is due twice, somebody granted twice.
    """
    received = models.Entitlement.objects.visible_to(access, Action.ENTITLEMENT_VIEW).filter(given__gt=0, tops_up=None)
    merged = Q(person__canonical__isnull=False) | Q(household__canonical__isnull=False)
    kept_by_merged = Q(person__merged__isnull=False) | Q(household__merged__isnull=False)
    rows = list(
        received.filter(merged | kept_by_merged)
        .select_related("person", "household", "cycle__programme", "settled")
        .order_by("pk")
        .distinct()
    )
    homes = people_queries.answering_households(row.household_id for row in rows if row.household_id)
    found: dict[int, Double] = {}
    for by_person in (True, False):
        groups: dict[tuple[object, ...], list[models.Entitlement]] = defaultdict(list)
        for row in rows:
            whose = row.person.kept_id if by_person else homes.get(row.household_id or 0)
            if whose is not None:
                groups[(row.cycle_id, row.kind, row.what, row.unit, whose)].append(row)
        for first, *others in groups.values():
            for second in others:
                is_one_record = (
                    second.person_id == first.person_id if by_person else second.household_id == first.household_id
                )
                if not is_one_record and not hasattr(second, "settled"):
                    found.setdefault(second.pk, Double(first, second))
    return [found[pk] for pk in sorted(found)]


# --- for pages --------------------------------------------------------------------------------------------------------


def entitlement(access: Access, entitlement_id: int, *, at: dt.datetime) -> models.Entitlement:
    """One entitlement with all it hangs on; the look is noted. Raises NotFound for one out of sight."""
    row = _with_all(models.Entitlement.objects.visible_to(access)).filter(pk=entitlement_id).first()
    if row is None:
        raise errors.NotFound()
    classes = ["identity"]
    audit.looked(
        by=access.actor, at=at, verb="entitlement", subjects=[row.person.subject], classes=classes, where=row.number
    )
    return row


def note_look(access: Access, rows: Iterable[models.Entitlement], *, where: str, at: dt.datetime) -> None:
    """The look at what these people are due is on record."""
    subjects = {row.person.subject for row in rows}
    audit.looked(by=access.actor, at=at, verb="entitlement", subjects=subjects, classes=["identity"], where=where)


def household_of(text: str) -> int:
    """The id in a household's number as typed. Raises BadInput for anything else."""
    digits = text.strip().upper().removeprefix("HH-").lstrip("0")
    if not digits.isdecimal() or len(digits) > MOST_DIGITS:
        raise errors.BadInput(
            errors.message("“{value}” is not the number of a household. It looks like HH-0000012."),
            code="no_number",
            field="household",
            value=text,
        )
    return int(digits)


def whom(access: Access, text: str) -> tuple[int, int | None]:
    """(person, household) of a number as typed: P-… for a person alone, HH-… for a household by its head."""
    tidy = text.strip().upper()
    if tidy.startswith("HH-"):
        kept = people_queries.answering_household(household_of(tidy))
        home = people.Household.objects.visible_to(access, Action.ENTITLEMENT_GRANT).filter(pk=kept).first()
        head = home.memberships.filter(ended_on=None).order_by("-is_head", "pk").first() if home else None
        if home is None or head is None:
            raise errors.BadInput(
                errors.message("There is no such household among those you may see. Look at its number again."),
                code="no_household",
                field="whom",
            )
        return head.person_id, home.pk
    digits = tidy.removeprefix("P-").lstrip("0")
    if not digits.isdecimal() or len(digits) > MOST_DIGITS:
        raise errors.BadInput(
            errors.message("“{value}” is not a number of a person or household, such as P-0000012 or HH-0000012."),
            code="no_number",
            field="whom",
            value=text,
        )
    return int(digits), None
