"""The story of a municipality: calls, sites, distributions, courses, projects, and houses handed over by month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator

from django.db.models import Count, Max
from django.db.models.functions import TruncMonth
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from streha.accounts.rules import Access, Action
from streha.assistance.distributions import models as distributions
from streha.assistance.projects import queries as projects
from streha.assistance.selections import models as selections
from streha.assistance.sites import models as sites
from streha.assistance.training import models as training
from streha.assistance.works import models as works
from streha.assistance.works import queries as works_queries
from streha.web import words
from streha.web.stories.lines import Line, Story, day, told
from streha.web.templatetags.register import said
from streha.web.templatetags.streha import number

EACH = 10  # of every kind, the latest


def story(access: Access, area_id: int, inside: Collection[int], today: dt.date) -> Story:
    """What happened lately in the offices of a place, and what comes next, as far as the viewer sees it."""
    lines: list[Line] = []
    if access.allows(Action.SELECTION_VIEW):
        lines += _calls(access, inside)
    if access.allows(Action.SITE_VIEW):
        lines += _sites(access, inside)
    if access.allows(Action.DISTRIBUTION_VIEW):
        lines += _distributions(access, inside)
    if access.allows(Action.COURSE_VIEW):
        lines += _courses(access, inside)
    if access.allows(Action.PROJECT_VIEW):
        lines += _projects(access, area_id)
    if access.allows(Action.WORKS_VIEW):
        lines += _houses(access, area_id, today)
    return told(lines, today)


def _calls(access: Access, inside: Collection[int]) -> Iterator[Line]:
    calls = selections.Call.objects.visible_to(access).filter(municipality_id__in=inside)
    for call in calls.prefetch_related("selections").order_by("-closes_on", "-pk")[:EACH]:
        url = reverse("selection_call", args=[call.pk])
        yield Line(call.opens_on, _("Call for applications opens"), call.title, url)
        yield Line(call.closes_on, _("Call for applications closes"), call.title, url)
        for one in call.selections.all():
            if one.decided_at:
                yield Line(day(one.decided_at), _("Commission decided"), call.title, url)


def _sites(access: Access, inside: Collection[int]) -> Iterator[Line]:
    rows = sites.Site.objects.visible_to(access).filter(keeper_id__in=inside).order_by("-opened_on", "-pk")
    for site in rows[:EACH]:
        url = reverse("site", args=[site.pk])
        yield Line(site.opened_on, _("Site opened"), site.name, url, words.word("site_kind", site.kind))
        if site.closed_on:
            yield Line(site.closed_on, _("Site closed"), site.name, url)


def _distributions(access: Access, inside: Collection[int]) -> Iterator[Line]:
    rows = distributions.Distribution.objects.visible_to(access).filter(keeper_id__in=inside).select_related("kit")
    for one in rows.order_by("-held_on", "-pk")[:EACH]:
        url = reverse("distribution", args=[one.pk])
        yield Line(one.held_on, _("Distribution"), one.title, url, said(one.kit.name))


def _courses(access: Access, inside: Collection[int]) -> Iterator[Line]:
    rows = training.Course.objects.visible_to(access).filter(keeper_id__in=inside).order_by("-first_day", "-pk")
    for course in rows[:EACH]:
        url = reverse("course", args=[course.pk])
        yield Line(course.first_day, _("Course begins"), course.title, url)
        yield Line(course.last_day, _("Course ends"), course.title, url)


def _projects(access: Access, area_id: int) -> Iterator[Line]:
    rows = projects.narrowed_rows(access, projects.ProjectFilter(area_id=area_id)).order_by("-starts_on", "-pk")
    for project in rows[:EACH]:
        url, kind = reverse("project", args=[project.pk]), words.word("project_kind", project.kind)
        yield Line(project.starts_on, _("Project begins"), project.title, url, kind)
        if project.ended_on:
            ended = words.word("project_ended", project.state)
            yield Line(project.ended_on, _("Project: %(state)s") % {"state": ended}, project.title, url, kind)


def _houses(access: Access, area_id: int, today: dt.date) -> Iterator[Line]:
    seen = works_queries.narrowed_rows(access, works_queries.WorksFilter(area_id=area_id), today)
    given = works.Handover.objects.filter(works__in=seen.order_by().values("pk")).annotate(month=TruncMonth("on"))
    months = given.order_by().values_list("month").annotate(n=Count("pk"), last=Max("on"))
    for _month, houses, last in sorted(months)[-2 * EACH :]:
        shown = ngettext("%(n)s house", "%(n)s houses", houses) % {"n": number(houses)}
        yield Line(last, _("Houses handed over in this month"), shown, reverse("works"))
