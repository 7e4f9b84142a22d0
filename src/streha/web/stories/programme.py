"""The story of a programme: opened, agreements, money set aside, cycles, approvals, payments, spending by month."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _

from streha.assistance.reports import queries
from streha.web import words
from streha.web.stories.lines import Line, Story, day, name_of, told
from streha.web.templatetags.money import much, sum_of


def story(found: queries.ProgrammeStory, today: dt.date) -> Story:
    """What happened in the programme, and what comes next."""
    return told([*_opened(found), *_money(found), *_signed(found), *_paid(found)], today)


def _opened(found: queries.ProgrammeStory) -> Iterator[Line]:
    programme = found.programme
    yield Line(day(programme.made_at), _("Programme opened"), who=name_of(programme.made_by))
    yield Line(programme.ends_on, _("The programme ends"))
    for cycle in found.cycles:
        url = reverse("cycle", args=[cycle.pk])
        yield Line(cycle.starts_on, _("Cycle begins"), cycle.name, url, who=name_of(cycle.made_by))
        if cycle.closed_at:
            yield Line(day(cycle.closed_at), _("Cycle closed"), cycle.name, url)
        else:
            yield Line(cycle.ends_on, _("Cycle ends"), cycle.name, url, is_open=True)


def _money(found: queries.ProgrammeStory) -> Iterator[Line]:
    for agreement in found.agreements:
        url = reverse("agreement", args=[agreement.pk])
        told_of = f"{agreement.reference} · {much(agreement.total)}"
        yield Line(agreement.starts_on, _("Agreement with a donor"), agreement.title, url, told_of)
        yield Line(agreement.ends_on, _("The agreement ends"), agreement.title, url)
    for one in found.commitments:
        yield Line(
            day(one.made_at),
            _("Money set aside"),
            f"{much(one.total)}, {one.title or one.number}",
            detail=f"{one.line.agreement.reference} · {one.line}",
            who=name_of(one.made_by),
        )
    for month, last, currency, amount in found.spent:
        name = formats.date_format(month, "YEAR_MONTH_FORMAT")
        yield Line(last, _("Spent in %(month)s") % {"month": name}, sum_of(amount, currency))


def _signed(found: queries.ProgrammeStory) -> Iterator[Line]:
    for asked in found.approvals:
        sum_ = much(asked.total)
        yield Line(day(asked.asked_at), _("Approval asked"), asked.title, detail=sum_, who=name_of(asked.asked_by))
        for each in asked.approvals.all():
            word = _("Approval signed") if each.is_yes else _("Approval refused")
            yield Line(day(each.at), word, asked.title, detail=each.reason, who=name_of(each.by))
        if asked.state == "waiting":
            yield Line(day(asked.asked_at), _("Approval waits"), asked.title, reverse("approvals"), sum_, is_open=True)


def _paid(found: queries.ProgrammeStory) -> Iterator[Line]:
    for one in found.lists:
        url, what = reverse("payment_list", args=[one.pk]), f"{one.title}, {much(one.sum)}"
        if one.sent_at:
            yield Line(day(one.sent_at), _("Payment list sent"), what, url, one.number, name_of(one.sent_by))
        if one.ended_at:
            state = words.word("payment_list", one.state)
            yield Line(day(one.ended_at), _("Payment list"), what, url, state)
        elif not one.sent_at:
            state = words.word("payment_list", one.state)
            yield Line(one.pay_on, _("Payment list"), what, url, state, is_open=True)
