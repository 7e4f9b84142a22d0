"""The story of a site: opened, who came and left month by month, nights, what was handed out there, closed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from streha.assistance.distributions import models as distributions
from streha.assistance.sites import models, queries
from streha.web.stories.lines import Line, Story, day, name_of, told
from streha.web.templatetags.register import said
from streha.web.templatetags.streha import number


def story(
    page: queries.SitePage,
    moved: Sequence[queries.Moved],
    held: Sequence[distributions.Distribution],
    today: dt.date,
) -> Story:
    """What happened at the site, and what comes next there."""
    return told([*_kept(page), *_moved(moved), *_nights(page), *_handed(held)], today)


def _kept(page: queries.SitePage) -> Iterator[Line]:
    site = page.site
    places = ngettext("%(n)s place", "%(n)s places", site.capacity) % {"n": number(site.capacity)}
    yield Line(site.opened_on, _("Opened"), places, who=name_of(site.registered_by))
    if site.closed_on:
        yield Line(site.closed_on, _("Closed"))
    for night in page.missing_nights if page.may_stay else ():
        url = reverse("site_count", args=[site.pk])
        yield Line(night, _("Night to be counted"), _("Count a night"), url, is_open=True)


def _moved(moved: Sequence[queries.Moved]) -> Iterator[Line]:
    for month in moved:
        if month.came:
            came = ngettext("%(n)s person", "%(n)s people", month.came) % {"n": number(month.came)}
            yield Line(month.came_on, _("Came in this month"), came)
        if month.left:
            left = ngettext("%(n)s person", "%(n)s people", month.left) % {"n": number(month.left)}
            yield Line(month.left_on, _("Left in this month"), left)


def _nights(page: queries.SitePage) -> Iterator[Line]:
    """One line a month: how many nights were counted, and how many slept there at most."""
    months: dict[tuple[int, int], list[models.NightCount]] = {}
    for night in page.nights:
        months.setdefault((night.night.year, night.night.month), []).append(night)
    for nights in months.values():
        most = max(night.counted for night in nights)
        unexplained = sum(night.by != 0 for night in nights)
        counted = ngettext("%(n)s night", "%(n)s nights", len(nights)) % {"n": number(len(nights))}
        detail = _("at most %(n)s people slept there") % {"n": number(most)}
        if unexplained:
            differ = ngettext("%(n)s differed from the list", "%(n)s differed from the list", unexplained)
            detail = f"{detail} · {differ % {'n': number(unexplained)}}"
        yield Line(max(night.night for night in nights), _("Counted in this month"), counted, detail=detail)


def _handed(held: Sequence[distributions.Distribution]) -> Iterator[Line]:
    for one in held:
        url = reverse("distribution", args=[one.pk])
        if one.closed_at:
            yield Line(day(one.closed_at), _("Distribution closed"), one.title, url, who=name_of(one.closed_by))
        yield Line(one.held_on, _("Distribution"), one.title, url, said(one.kit.name), is_open=one.state != "closed")
