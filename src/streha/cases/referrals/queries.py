"""Reads of referrals: those of a case in clear, and what a receiver may know of one that came to them.

A receiver does not see the case. They read who was referred, what was shared of them and why, from whom, as long as
the consent stands and the referral goes on; of one that ended, only that it did.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from streha.accounts import models as accounts
from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action, ScopeKind
from streha.audit import actions as audit
from streha.cases import models as case_models
from streha.cases import queries as cases
from streha.cases.referrals import models, rules
from streha.common import errors, pages
from streha.common.codes import FieldClass
from streha.common.pages import PAGE_SIZE, Page
from streha.common.words import Words
from streha.people import models as people
from streha.people import queries as people_queries
from streha.places.models import Area

State = rules.State


# --- consents ---------------------------------------------------------------------------------------------------------


def consents_of(person_id: int) -> list[rules.Consent]:
    """Every consent of somebody, by whatever record it was given."""
    found = people.Consent.objects.filter(person_id__in=people_queries.one_person(person_id), basis="consent")
    return [
        rules.Consent(c.pk, c.purpose, c.recipients, c.given_on, c.expires_on, c.withdrawn_on)
        for c in found.order_by("pk")
    ]


def lapsed(today: dt.date) -> Exists:
    """The condition that a referral rests on a consent that does not stand any more."""
    gone = Q(consent=None) | Q(consent__withdrawn_on__isnull=False) | Q(consent__expires_on__lt=today)
    return Exists(models.ReferralPerson.objects.filter(gone, referral=OuterRef("pk")))


def is_standing(referral: models.Referral, today: dt.date) -> bool:
    """Whether every consent the referral rests on stands."""
    return not models.Referral.objects.filter(lapsed(today), pk=referral.pk).exists()


# --- of a case --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A referral of a case in clear, for who sees the case."""

    referral: models.Referral
    reason: str
    answer: str
    people: tuple[people.Person, ...]
    is_standing: bool
    is_slow: bool

    @property
    def purpose(self) -> Words:
        """What it was for, in words."""
        return rules.PURPOSE_WORDS[rules.Purpose(self.referral.purpose)]

    @property
    def is_outside(self) -> bool:
        """Whether whoever works on the case notes the answer."""
        return self.referral.organisation_id is None


def of_case(case: case_models.Case, today: dt.date) -> tuple[Line, ...]:
    """Referrals of a case that the viewer sees, the newest first."""
    rows = list(
        models.Referral.objects.filter(case=case)
        .select_related("organisation", "sent_by", "answered_by")
        .order_by("-pk")
    )
    reasons = cases.people_texts(case, [row.reason_sealed for row in rows], models.SEALED_REFERRAL)
    answers = cases.people_texts(case, [row.answer_sealed for row in rows], models.SEALED_ANSWER)
    speaks_of = _people([row.pk for row in rows])
    gone = set(
        models.Referral.objects.filter(lapsed(today), pk__in=[row.pk for row in rows]).values_list("pk", flat=True)
    )
    return tuple(
        Line(
            row,
            reason,
            told,
            tuple(speaks_of.get(row.pk, ())),
            row.pk not in gone,
            row.state == State.IN_PROGRESS and row.sent_at.date() + rules.WAITS_LONG < today,
        )
        for row, reason, told in zip(rows, reasons, answers, strict=True)
    )


def _people(referral_ids: Sequence[int]) -> dict[int, list[people.Person]]:
    rows = list(models.ReferralPerson.objects.filter(referral_id__in=referral_ids).order_by("pk"))
    kept = people_queries.answering(row.person_id for row in rows)
    persons = {p.pk: p for p in people_queries.with_people(sorted(set(kept.values())))}
    found: dict[int, list[people.Person]] = {}
    for row in rows:
        person = persons.get(kept[row.person_id])
        if person is not None and person not in found.setdefault(row.referral_id, []):
            found[row.referral_id].append(person)
    return found


def story(lines: Iterable[Line]) -> list[cases.Told]:
    """What happened to referrals, as lines of the case's story."""
    told = []
    for line in lines:
        row = line.referral
        told.append(cases.Told(row.sent_at, "referral sent", row.sent_by, line.reason, line))
        if row.answered_at is not None:
            told.append(cases.Told(row.answered_at, f"referral {row.state}", row.answered_by, line.answer, line))
    return told


def organisations(case: case_models.Case) -> list[accounts.Organisation]:
    """Organisations of the office to which the case may go."""
    return list(accounts.Organisation.objects.exclude(pk=case.team_id or 0).order_by("name")[:200])


# --- of a receiver ----------------------------------------------------------------------------------------------------


def received(access: Access, action: Action = Action.CASE_WORK) -> QuerySet[models.Referral]:
    """Referrals to organisations for which the viewer works; of sensitive cases and shielded people, as those ask.

    For use beyond the wall alone: the receiver sees neither the case nor its people in the register.
    """
    mine = _organisations(access, action)
    shielded = Exists(models.ReferralPerson.objects.filter(people.shielded_or_merged(), referral=OuterRef("pk")))
    rows = models.Referral.objects.filter(organisation_id__in=mine, case__erased_at=None)
    guarded = _organisations(access, Action.CASE_SENSITIVE) & mine
    rows = rows.filter(Q(case__is_sensitive=False) | Q(organisation_id__in=guarded))
    return rows.filter(~Q(shielded) | Q(organisation_id__in=_organisations(access, Action.SHIELDED_VIEW) & mine))


def _organisations(access: Access, action: Action) -> frozenset[int]:
    return frozenset(int(s.key) for s in access.scopes(action) if s.kind == ScopeKind.ORGANISATION)


def answerable(access: Access) -> QuerySet[models.Referral]:
    """Referrals the viewer may answer: received ones, and of own cases those that went outside the office."""
    outside = models.Referral.objects.visible_to(access, Action.CASE_WORK).filter(organisation=None)
    ids = received(access).values("pk")
    return models.Referral.objects.filter(Q(pk__in=ids) | Q(pk__in=outside.values("pk")))


def waiting_for_answer(access: Access, today: dt.date) -> QuerySet[models.Referral]:
    """Received referrals that nobody has answered, whose consent stands."""
    return received(access).filter(~lapsed(today), state=State.IN_PROGRESS, case__state="open")


@wall.beyond("what was shared in a referral")
def count_waiting(access: Access, today: dt.date, limit: int) -> int:
    """How many wait for the viewer's answer, looking at no more than the limit."""
    return len(waiting_for_answer(access, today)[:limit].values_list("pk"))


def slow_ones(access: Access, today: dt.date) -> QuerySet[models.Referral]:
    """Referrals of the viewer's own cases that were sent more than two weeks ago and have no answer."""
    if access.user_id is None:
        return models.Referral.objects.none()
    return models.Referral.objects.visible_to(access).filter(
        case__owner_id=access.user_id, state=State.IN_PROGRESS, sent_at__date__lt=today - rules.WAITS_LONG
    )


@dataclass(frozen=True)
class SharedPerson:
    """What of somebody goes to a receiver: a name and a year, and the rest only where it was shared."""

    person: people.Person
    phones: tuple[str, ...]
    home: Area | None

    @property
    def name(self) -> str:
        """The name by which they are called."""
        main = next((name for name in self.person.names.all() if name.kind == "main" and name.valid_to is None), None)
        return " ".join(part for part in (main.given, main.family) if part) if main else self.person.number


@dataclass(frozen=True)
class Received:
    """A referral as its receiver reads it. The reason and the people are empty once it has ended."""

    referral: models.Referral
    reason: str
    answer: str
    people: tuple[SharedPerson, ...]

    @property
    def is_open(self) -> bool:
        """Whether there is something to answer."""
        return bool(self.people)


@wall.beyond("what was shared in a referral")
def received_page(access: Access, *, at: dt.datetime, after: str = "", limit: int = PAGE_SIZE) -> Page[Received]:
    """One page of referrals to the viewer's organisations, the newest first; who was shown is on record."""
    rows = received(access)
    if after:
        rows = rows.filter(pk__lt=pages.number_of(after))
    found = list(rows.select_related("organisation", "sent_by", "case").order_by("-pk")[: limit + 1])
    shown = found[:limit]
    page = Page(tuple(_received(shown, at)), str(shown[-1].pk) if len(found) > limit else "")
    _note_look(access, page.rows, "listed", at)
    return page


@wall.beyond("what was shared in a referral")
def received_one(access: Access, referral_id: int, *, at: dt.datetime) -> Received:
    """One referral to the viewer's organisations; raises NotFound for any other."""
    row = received(access).select_related("organisation", "sent_by", "case").filter(pk=referral_id).first()
    if row is None:
        raise errors.NotFound()
    (found,) = _received([row], at)
    _note_look(access, [found], "opened", at)
    return found


def _received(rows: Sequence[models.Referral], at: dt.datetime) -> list[Received]:
    gone = set(
        models.Referral.objects.filter(lapsed(at.date()), pk__in=[r.pk for r in rows]).values_list("pk", flat=True)
    )
    going = [row for row in rows if row.state in rules.SHOWN_TO_RECEIVER and row.pk not in gone]
    speaks_of = _people([row.pk for row in going])
    found = []
    for row in rows:
        if row not in going:
            if row.pk in gone and row.state in rules.SHOWN_TO_RECEIVER:
                row.state = State.REVOKED  # until the office's own work says so in the table
            found.append(Received(row, "", "", ()))
            continue
        (reason,) = cases.people_texts(row.case, [row.reason_sealed], models.SEALED_REFERRAL)
        (told,) = cases.people_texts(row.case, [row.answer_sealed], models.SEALED_ANSWER)
        found.append(Received(row, reason, told, tuple(_shared(row, p) for p in speaks_of.get(row.pk, ()))))
    return found


def _shared(referral: models.Referral, person: people.Person) -> SharedPerson:
    phones: tuple[str, ...] = ()
    if FieldClass.CONTACT in referral.shared:
        rows = people.Contact.objects.filter(person=person, kind="phone", valid_to=None).order_by("pk")
        phones = tuple(people_queries.unsealed(person.subject, row.sealed, people.SEALED_CONTACT) for row in rows)
    home = None
    if FieldClass.HOME_LOCATION in referral.shared and person.home_area_id is not None:
        home = Area.objects.select_related("parent").get(pk=person.home_area_id)
    return SharedPerson(person, phones, home)


def _note_look(access: Access, lines: Sequence[Received], verb: str, at: dt.datetime) -> None:
    for line in lines:
        if line.people:
            audit.looked(
                by=access.actor,
                at=at,
                verb=verb,
                subjects=[one.person.subject for one in line.people],
                classes=sorted(line.referral.shared),
                where="referral",
            )
