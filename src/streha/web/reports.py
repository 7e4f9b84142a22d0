"""A donor's report: the same sections as a page that prints and as a PDF in the language it is asked in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import formats, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_GET

from streha.accounts.rules import Action
from streha.assistance.programmes import models
from streha.assistance.reports import queries
from streha.common import errors
from streha.formats import bars, letters
from streha.web import door, words
from streha.web.cases import PDF
from streha.web.forms.days import Day
from streha.web.protection import LANGUAGE_OF
from streha.web.templatetags.money import sum_of, unit_name
from streha.web.templatetags.streha import number, place_name

NO_NUMBER = Decimal(5)  # a unit that is named beside no number stands in the plural


class PeriodForm(forms.Form):
    """From when to when a report tells."""

    since = Day(label=gettext_lazy("From"))
    until = Day(label=gettext_lazy("Until"))


@require_GET
@door.open_to(Action.PROGRAMME_VIEW)
def donor_report(request: door.Request, pk: int) -> HttpResponse:
    """What became of an agreement within a period; without one, from its beginning until today."""
    agreement = models.Agreement.objects.filter(pk=pk).first()
    if agreement is None:
        raise errors.NotFound()
    today = door.now().date()
    usual = {"since": agreement.starts_on, "until": max(min(agreement.ends_on, today), agreement.starts_on)}
    form = PeriodForm(request.GET if "since" in request.GET else None, initial=usual)
    period = form.cleaned_data if form.is_valid() else usual
    report = queries.donor_report(request.access, pk, since=period["since"], until=period["until"])
    tag = request.GET.get("in", "")
    if tag in LANGUAGE_OF:
        with translation.override(LANGUAGE_OF[tag]):
            content = letters.pdf(paper(report, tag, today))
        return door.attachment(content, f"{agreement.number}-{tag}.pdf", PDF)
    asked = {name: f"{day:%d.%m.%Y}" for name, day in period.items()}
    context = {
        "report": report,
        "form": form,
        "parts": sections(report),
        "asked": asked,
        "tags": [(LANGUAGE_OF[tag], tag, dict(settings.LANGUAGES)[LANGUAGE_OF[tag]]) for tag in LANGUAGE_OF],
    }
    status = 422 if form.is_bound and not form.is_valid() else 200
    return render(request, "programmes/report.html", context, status=status)


def paper(report: queries.DonorReport, tag: str, today: dt.date) -> letters.Letter:
    """The report as it leaves the office."""
    agreement = report.agreement
    return letters.Letter(
        language=tag,
        title=_("Report on %(title)s") % {"title": agreement.title},
        office=settings.OFFICE_NAME or _("our office"),
        date=_day(today),
        recipient=(agreement.donor.name,),
        reference=f"{agreement.reference} · {_day(report.since)} – {_day(report.until)}",
        parts=sections(report),
        mark=_("Invented figures of the demo") if agreement.is_fictional else "",
        footer=_("Figures as they stand in the register on this day; no official statistics."),
    )


def sections(report: queries.DonorReport) -> list[letters.Part]:
    """What the report tells, a drawing and a table for each; what there is nothing of is left out."""
    parts = [*_money(report), *_months(report)]
    if report.help:
        parts += [letters.Text(_("Help to people"), is_heading=True), *_help(report)]
    if report.houses:
        parts += [letters.Text(_("Houses"), is_heading=True), *_houses(report)]
    if report.grants:
        parts += [letters.Text(_("Grants"), is_heading=True), *_grants(report)]
    if report.courses:
        parts += [letters.Text(_("Courses"), is_heading=True), _courses(report)]
    if report.projects:
        parts += [letters.Text(_("Community projects"), is_heading=True), *_projects(report)]
    return parts


def _money(report: queries.DonorReport) -> list[letters.Part]:
    currency = report.agreement.currency
    spent = sum((line.spent for line in report.lines), Decimal(0))
    told = _("Agreed: %(agreed)s. Spent until the end of the period: %(spent)s, of it within the period: %(within)s.")
    summary = told % {
        "agreed": sum_of(report.agreement.amount, currency),
        "spent": sum_of(spent, currency),
        "within": sum_of(report.spent_within, currency),
    }
    drawn = [
        bars.Bar(f"{line.code} {line.title}", float(line.budget), float(line.spent), _share(line.spent, line.budget))
        for line in report.lines
    ]
    rows = [(f"{line.code} {line.title}", *_sums(line, currency)) for line in report.lines]
    header = (_("Budget line"), _("Budget"), _("Committed"), _("Spent in the period"), _("Spent in all"), "%")
    found: list[letters.Part] = [letters.Text(_("Money"), is_heading=True), letters.Text(summary)]
    if rows:
        alt = _("Budget and spending by line; the table says the same")
        found += [letters.Picture(bars.svg(drawn, alt), alt), _table(header, rows)]
    return found


def _sums(line: queries.LineFigures, currency: str) -> tuple[str, ...]:
    sums = (line.budget, line.committed, line.spent_within, line.spent)
    return (*(sum_of(amount, currency) for amount in sums), _share(line.spent, line.budget))


def _months(report: queries.DonorReport) -> list[letters.Part]:
    currency = report.agreement.currency
    told = [(formats.date_format(month, "YEAR_MONTH_FORMAT"), spent) for month, spent in report.months]
    while told and not told[0][1]:  # a long period begins with the first month that says something
        del told[0]
    if not told:
        return []
    alt = _("Spending by month; the table says the same")
    drawn = [bars.Bar(name, float(spent), float(spent), sum_of(spent, currency)) for name, spent in told]
    rows = [(name, sum_of(spent, currency)) for name, spent in told]
    heading = letters.Text(_("Spending by month"), is_heading=True)
    return [heading, letters.Picture(bars.svg(drawn, alt), alt), _table((_("Month"), _("Spent")), rows)]


def _help(report: queries.DonorReport) -> list[letters.Part]:
    header = (
        _("Help"),
        _("Entitlements"),
        _("Reached in the period"),
        pgettext("help", "Due"),
        _("Given in the period"),
    )
    rows = [
        (str(words.word("help_kind", one.kind)), number(one.entitlements), number(one.reached))
        + (sum_of(one.due, one.unit), sum_of(one.given, one.unit))
        for one in report.help
    ]
    alt = _("How many were reached within the period, by kind of help; the table says the same")
    drawn = [
        bars.Bar(_kind_of(one), float(one.entitlements), float(one.reached), _part_of(one.reached, one.entitlements))
        for one in report.help
    ]
    return [letters.Picture(bars.svg(drawn, alt), alt), _table(header, rows)]


def _kind_of(one: queries.HelpFigures) -> str:
    unit = one.unit if len(one.unit) == len("EUR") and one.unit.isupper() else unit_name(one.unit, NO_NUMBER)
    return f"{words.word('help_kind', one.kind)}, {unit}"


def _part_of(part: int, whole: int) -> str:
    return _("%(n)s of %(all)s") % {"n": number(part), "all": number(whole)}


def _houses(report: queries.DonorReport) -> list[letters.Part]:
    alt = _("Percent done by lot; the table says the same")
    drawn = [bars.Bar(lot.title, 100, lot.percent, f"{lot.percent} %") for lot in report.houses]
    header = (_("Lot"), _("Houses"), _("Handed over"), _("Done, %"))
    rows = [(lot.title, str(lot.houses), str(lot.handed_over), str(lot.percent)) for lot in report.houses]
    return [letters.Picture(bars.svg(drawn, alt), alt), _table(header, rows)]


def _grants(report: queries.DonorReport) -> list[letters.Part]:
    alt = _("Grants awarded and paid by sector; the table says the same")
    drawn = [
        bars.Bar(_sector(one), float(one.awarded), float(one.paid), _share(one.paid, one.awarded))
        for one in report.grants
    ]
    header = (_("Sector"), _("Grants"), _("Awarded"), _("Paid"), _("Businesses looked at"), _("alive"), _("Jobs"))
    rows = [
        (_sector(one), str(one.grants), sum_of(one.awarded, one.currency), sum_of(one.paid, one.currency))
        + (str(one.checked), str(one.alive), str(one.jobs))
        for one in report.grants
    ]
    return [letters.Picture(bars.svg(drawn, alt), alt), _table(header, rows)]


def _sector(one: queries.GrantFigures) -> str:
    return f"{words.word('business_sector', one.sector)} ({one.currency})"


def _courses(report: queries.DonorReport) -> letters.Part:
    header = (_("Course"), _("Places"), _("Took part"), _("Certificates"))
    rows = [(one.title, str(one.places), str(one.took_part), str(one.certified)) for one in report.courses]
    return _table(header, rows)


def _projects(report: queries.DonorReport) -> list[letters.Part]:
    header = (_("Project"), _("Place"), _("State"), _("Cost"), _("Spent"))
    rows = [
        (one.title, place_name(one.area), str(words.word("project_state", one.state)))
        + (sum_of(one.cost, one.currency), sum_of(one.spent, one.currency))
        for one in report.projects
    ]
    alt = _("Cost and spending by project; the table says the same")
    drawn = [
        bars.Bar(one.title, float(one.cost), float(one.spent), _share(one.spent, one.cost)) for one in report.projects
    ]
    return [letters.Picture(bars.svg(drawn, alt), alt), _table(header, rows, right=frozenset({3, 4}))]


def _table(header: Sequence[str], rows: Sequence[Sequence[str]], right: frozenset[int] | None = None) -> letters.Rows:
    return letters.Rows(header, rows, frozenset(range(1, len(header))) if right is None else right)


def _share(part: Decimal, whole: Decimal) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


def _day(day: dt.date) -> str:
    return formats.date_format(day, "DATE_FORMAT")
