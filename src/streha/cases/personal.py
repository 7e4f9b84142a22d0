"""What cases hold about one person: for the person to read, and to erase.

Sensitive cases are not in the subject file: it leaves the office on paper and may be read by whom the case is about.
Protection staff tell the person themselves.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterator

from django.db.models import Q, QuerySet

from streha.audit import actions as audit
from streha.audit.rules import Actor
from streha.cases import models, queries, rules
from streha.cases.feedback import personal as feedback
from streha.cases.labour import models as labour_models
from streha.cases.labour import queries as labour_queries
from streha.cases.labour import rules as labour_rules
from streha.cases.plans import models as plan_models
from streha.cases.plans import queries as plan_queries
from streha.cases.referrals import models as referral_models
from streha.cases.referrals import queries as referral_queries
from streha.common.subjects import Section
from streha.people import personal as people
from streha.people.models import Person

ROOM = "cases"


def cases_of(person: Person) -> QuerySet[models.Case]:
    """Every case that follows or ever covered somebody, and is not erased."""
    covered = models.CaseMember.objects.filter(person=person).values("case_id")
    return models.Case.objects.filter(Q(person=person) | Q(pk__in=covered), erased_at=None).order_by("pk")


# --- to read ----------------------------------------------------------------------------------------------------------


def collect(subject: uuid.UUID) -> tuple[Section, ...]:
    """Everything cases hold about the person, in clear; sensitive cases are left out."""
    person = people.person_of(subject)
    if person is None or person.erased_at is not None:
        return ()
    rows = tuple(row for case in cases_of(person).filter(is_sensitive=False) for row in _about(case, person))
    return (*((Section("cases", rows),) if rows else ()), *feedback.collect(person))


def _about(case: models.Case, person: Person) -> Iterator[tuple[str, str]]:
    yield "case", f"{case.number} · {case.version.label_en} · {case.stage.label_en} · {_day(case.opened_on)}"
    if case.closed_on:
        yield "outcome", f"outcome:{case.outcome} · {_day(case.closed_on)}"
    for told in reversed(queries.story(case) if case.person_id == person.pk else []):
        if told.kind == "note":
            yield "note", f"{_day(told.at.date())} · {told.text}"
    if case.person_id == person.pk:
        yield from _planned(case)
        yield from _skilled(case)
    for visit in plan_models.Visit.objects.filter(case=case, participants__person=person).order_by("pk"):
        yield f"visit_kind:{visit.kind}", f"visit_state:{visit.state} · {_day(visit.done_on or visit.planned_on)}"
    for line in referral_queries.of_case(case, case.opened_on):
        if any(one.pk == person.pk for one in line.people):
            said = line.reason if case.person_id == person.pk else ""
            row, day = line.referral, _day(line.referral.sent_at.date())
            parts = filter(None, (f"referral_state:{row.state}", row.recipient, day, said))
            yield f"referral_kind:{row.kind}", " · ".join(parts)
    for paper in case.papers.filter(Q(person=person) | Q(person=None)).select_related("paper").order_by("pk"):
        yield f"paper_state:{paper.state}", f"{paper.paper.label_en} · {_day(paper.received_on)}"


def _planned(case: models.Case) -> Iterator[tuple[str, str]]:
    plan = plan_queries.plan_of(case, case.opened_on)
    for line in plan.goals:
        said = " · ".join(filter(None, (line.text, line.note)))
        yield f"goal_kind:{line.goal.kind}", f"goal_state:{line.goal.state} · {_day(line.goal.due_on)} · {said}"
    for told in plan.visits:
        if told.report:
            yield "visit", f"{_day(told.visit.done_on or told.visit.planned_on)} · {told.report}"


def _skilled(case: models.Case) -> Iterator[tuple[str, str]]:
    profile = labour_queries.profile_of(case)
    if profile is None:
        return
    listed = labour_queries.skills()
    for row in profile.skills.all():
        name = listed[row.skill].label.en if row.skill in listed else row.skill
        yield "skill", f"skill_level:{row.level} · {name}"
    for spoken in profile.languages.all():
        yield "language", f"tongue:{spoken.language} · {labour_rules.Speaks(spoken.level).name}"


def _day(day: dt.date) -> str:
    return day.strftime("%d.%m.%Y")


# --- to erase ---------------------------------------------------------------------------------------------------------


def erase(subject: uuid.UUID, *, by: Actor, at: dt.datetime) -> None:
    """Cases of the person hold nothing any more: what was written and brought is gone, the case's key destroyed.

    The number, the track and the days of the way stay, so that sums of the past stay right. A case that only covered
    the person among others goes on without them.
    """
    person = people.person_of(subject)
    if person is None:
        return
    feedback.erase(person, by=by, at=at)
    for case in models.Case.objects.filter(person=person):
        _empty(case, by, at)
    models.CasePaper.objects.filter(person=person).delete()
    models.CaseMember.objects.filter(person=person).delete()
    plan_models.VisitParticipant.objects.filter(person=person).delete()
    referral_models.ReferralPerson.objects.filter(person=person).delete()


def _empty(case: models.Case, by: Actor, at: dt.datetime) -> None:
    case.papers.all().delete()
    case.notes.all().delete()
    case.members.all().delete()
    plan_models.Goal.objects.filter(case=case).delete()
    plan_models.Visit.objects.filter(case=case).delete()
    referral_models.Referral.objects.filter(case=case).delete()
    labour_models.Profile.objects.filter(case=case).delete()
    case.steps.update(reason_sealed=None)
    if case.state == rules.CaseState.OPEN:
        case.state, case.outcome, case.closed_on = rules.CaseState.CLOSED, rules.Outcome.ERROR, at.date()
    case.household = case.home = None
    case.erased_at = case.erased_at or at
    case.save()
    audit.destroy_subject(case.subject, by=by, at=at, reason="case of an erased person")
