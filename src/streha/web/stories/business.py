"""Lines of a business grant and of courses, as the page of a household tells them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils.translation import gettext as _

from streha.assistance.grants import models as grants
from streha.assistance.training import models as training
from streha.assistance.training import rules
from streha.web import words
from streha.web.stories.lines import Line, day, name_of
from streha.web.templatetags.streha import number


def of_grants(held: Sequence[grants.Grant]) -> Iterator[Line]:
    """Awarded, each condition met and tranche paid, visits, and what the checks found."""
    prefetch_related_objects(list(held), "awarded_by", "tranches", "visits__noted_by", "checks__made_by")
    for grant in held:
        url, sector = reverse("grant_one", args=[grant.pk]), str(words.word("business_sector", grant.sector))
        yield Line(day(grant.awarded_at), _("Business grant awarded"), sector, url, who=name_of(grant.awarded_by))
        for tranche in sorted(grant.tranches.all(), key=lambda one: one.position):
            if tranche.met_on:
                yield Line(tranche.met_on, _("Condition met"), tranche.condition, url)
            if tranche.paid_on:
                paid = _("tranche %(n)s") % {"n": number(tranche.position)}
                yield Line(tranche.paid_on, _("Grant paid"), paid, url)
        for visit in grant.visits.all():
            yield Line(visit.on, _("Business visited"), sector, url, who=name_of(visit.noted_by))
        for check in sorted(grant.checks.all(), key=lambda one: one.months):
            after = _("The business after %(n)s months") % {"n": number(check.months)}
            if check.made_on:
                found = str(words.word("alive", check.found))
                yield Line(check.made_on, after, found, url, who=name_of(check.made_by))
            elif grant.state == "running":
                yield Line(check.due_on, after, sector, url, is_open=True)


def of_courses(taken: Sequence[training.Enrolment]) -> Iterator[Line]:
    """Begun, the certificate, and what came of it."""
    prefetch_related_objects(list(taken), "outcomes")
    for row in taken:
        url, course = reverse("course", args=[row.course_id]), row.course.title
        yield Line(row.course.first_day, _("Course begun"), course, url)
        if row.certified_on:
            yield Line(row.certified_on, str(words.word("took", rules.Took.CERTIFIED)).capitalize(), course, url)
        for came in row.outcomes.all():
            yield Line(came.asked_on, _("What came of the course"), str(words.word("came_of", came.came_of)), url)
