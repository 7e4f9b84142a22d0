"""The story of a household: applied, decided, granted, delivered, housed at sites, built for, handed over, visited."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from streha.accounts.rules import Access, Action
from streha.assistance.distributions import models as distributions
from streha.assistance.entitlements import models as entitlements
from streha.assistance.entitlements import rules as given
from streha.assistance.grants import models as grants
from streha.assistance.selections import models as selections
from streha.assistance.selections import queries as selection_queries
from streha.assistance.sites import models as sites
from streha.assistance.training import models as training
from streha.assistance.works import models as works
from streha.assistance.works import queries as works_queries
from streha.cases import models as cases
from streha.cases import queries as case_queries
from streha.cases.plans import models as plans
from streha.cases.plans import queries as plan_queries
from streha.people import queries as people
from streha.web import words
from streha.web.stories import business
from streha.web.stories.lines import Line, Step, Story, day, name_of, steps, told
from streha.web.templatetags.money import much
from streha.web.templatetags.register import full_name
from streha.web.templatetags.streha import number, place_name


@dataclass(frozen=True)
class Known:
    """What the page has read already, and what the story reads besides."""

    page: people.HouseholdPage
    houses: Sequence[works.HouseWorks]
    stays: Sequence[sites.Stay]
    slips: Sequence[distributions.Slip]
    given: Sequence[entitlements.Entitlement]
    grants: Sequence[grants.Grant]
    courses: Sequence[training.Enrolment]
    cases: Sequence[cases.Case]
    visits: Sequence[plans.Visit]
    applications: Sequence[selections.Application]
    built: Sequence[tuple[works.HouseWorks, works_queries.Told]]


def known(access: Access, page: people.HouseholdPage, **read: object) -> Known:
    """All of it, as far as the viewer sees it; how many reads that takes does not depend on how much happened."""
    pk = page.household.pk
    followed = case_queries.of_household(access, pk)
    visits = plan_queries.visits_of(access, [case.pk for case in followed]) if followed else []
    applied = selection_queries.of_household(access, pk) if access.allows(Action.SELECTION_VIEW) else []
    granted: Sequence[entitlements.Entitlement] = read["given"]  # type: ignore[assignment]
    prefetch_related_objects(list(granted), "deliveries__verifications", "deliveries__returns")
    built = works_queries.told_of(read["houses"])  # type: ignore[arg-type]
    return Known(page, cases=followed, visits=visits, applications=applied, built=built, **read)  # type: ignore[arg-type]


def story(found: Known, today: dt.date) -> Story:
    """Everything that happened to the household, and what comes next."""
    lines = [*_lives(found), *_applied(found), *_followed(found), *_given(found), *_housed(found), *_built(found)]
    lines += [*business.of_grants(found.grants), *business.of_courses(found.courses)]
    return told(lines, today)


def way(found: Known) -> tuple[Step, ...]:
    """From the application to the visit after the handover; a household that was due nothing yet has no way."""
    if not (found.applications or found.given or found.houses or found.cases):
        return ()
    decided = [row.selection.decided_at for one in found.applications for row in one.in_force]  # type: ignore[attr-defined]
    brought = [each.on for one in found.given for each in one.deliveries.all()]
    by_kind = {kind: [line.on for _works, line in found.built if line.kind == kind] for kind in WORKS}
    handed = _first(by_kind["handed_over"])
    brought += [each.paid_on for one in found.grants for each in one.tranches.all() if each.paid_on]
    since = handed or _first(brought)
    visited = [visit.done_on for visit in found.visits if visit.done_on and (since is None or visit.done_on >= since)]
    granted = [day(one.made_at) for one in found.given] + [day(one.awarded_at) for one in found.grants]
    begun = [day(one.received_at) for one in found.applications] + [case.opened_on for case in found.cases]
    reached: list[tuple[str, dt.date | None]] = [
        (_("Application"), _first(begun)),
        (_("Decision"), _first([day(at) for at in decided if at])),
        (_("Help granted"), _first(granted)),
        (_("Delivery"), _first(brought)),
    ]
    if found.houses or not brought:  # who was helped otherwise has no house to wait for
        building = by_kind["inspected"] or by_kind["contracted"] or by_kind["planned"]
        reached += [(_("House works"), _first(building)), (_("Handover"), handed)]
    return steps([*reached, (_("Visit"), _first(visited))])


def _first(days: Sequence[dt.date | None]) -> dt.date | None:
    return min((on for on in days if on), default=None)


# --- who lives there --------------------------------------------------------------------------------------------------


def _lives(found: Known) -> Iterator[Line]:
    household = found.page.household
    yield Line(day(household.registered_at), _("Entered in the register"))
    came: dict[dt.date, list[str]] = {}
    left: dict[dt.date, list[str]] = {}
    for membership in (*found.page.members, *found.page.past):
        for on, names in ((membership.started_on, came), (membership.ended_on, left)):
            if on:
                names.setdefault(on, []).append(full_name(membership.person))
    yield from (Line(on, _("Live together since then"), ", ".join(names)) for on, names in came.items())
    yield from (Line(on, _("Left the household"), ", ".join(names)) for on, names in left.items())


# --- application and decision -----------------------------------------------------------------------------------------


def _applied(found: Known) -> Iterator[Line]:
    for one in found.applications:
        url = reverse("application", args=[one.pk])
        yield Line(
            day(one.received_at), _("Applied"), one.call.title, url, str(words.word("request_kind", one.request))
        )
        if one.withdrawn_at:
            yield Line(day(one.withdrawn_at), _("Application withdrawn"), one.call.title, url)
        for row in one.in_force:  # type: ignore[attr-defined]
            if row.selection.decided_at:
                decision = str(words.word("selection_outcome", row.outcome))
                who = name_of(row.selection.decided_by)
                yield Line(day(row.selection.decided_at), _("Decision"), decision, url, one.call.title, who)
        for row in one.ranked.all():
            for appeal in row.appeals.all():
                state = str(words.word("appeal", appeal.state))
                yield Line(appeal.received_on, _("Appeal"), state, url, one.call.title)


# --- cases and visits -------------------------------------------------------------------------------------------------


def _followed(found: Known) -> Iterator[Line]:
    language = translation.get_language() or "en"
    for case in found.cases:
        url, track = reverse("case", args=[case.pk]), case.version.label.said_in(language)
        yield Line(case.opened_on, _("Case opened"), track, url, who=name_of(case.opened_by))
        if case.closed_on:
            outcome = str(words.word("outcome", case.outcome))
            yield Line(case.closed_on, _("Case closed"), track, url, outcome)
        else:
            stage = case.stage.label.said_in(language)
            yield Line(case.due_on, stage, track, url, who=name_of(case.owner), is_open=True)
    for visit in found.visits:
        kind, where = str(words.word("visit_kind", visit.kind)), place_name(visit.area)
        presence = str(words.word("presence", visit.presence)) if visit.presence else ""
        detail = " · ".join(filter(None, (where, presence)))
        url = reverse("case", args=[visit.case_id])
        if visit.done_on:
            yield Line(visit.done_on, _("Visited"), kind, url, detail, name_of(visit.visitor))
        else:
            yield Line(visit.planned_on, _("Visit planned"), kind, url, detail, name_of(visit.visitor), is_open=True)


# --- help -------------------------------------------------------------------------------------------------------------


def _given(found: Known) -> Iterator[Line]:
    yield from _granted(found)
    yield from _came(found)
    language = translation.get_language() or "en"
    for one in found.given:
        url, kind = reverse("entitlement", args=[one.pk]), str(words.word("help_kind", one.kind))
        what = _what(one)
        for each in one.deliveries.all():
            for back in each.returns.all():
                yield Line(back.on, _("Came back"), what, url, back.reason)
            for asked in each.verifications.all():
                yield Line(asked.on, _("Asked whether it came"), str(words.word("verified", asked.outcome)), url, kind)
        if one.cancelled_at:
            yield Line(day(one.cancelled_at), _("Entitlement cancelled"), what, url, one.cancelled_because)
    for slip in found.slips:
        url, kit = reverse("distribution", args=[slip.distribution_id]), slip.distribution.kit.name.said_in(language)
        if slip.handed_at:
            yield Line(day(slip.handed_at), _("Handed out"), kit, url, slip.distribution.title)
        elif not slip.cancelled_at and slip.distribution.state != "closed":
            yield Line(
                slip.distribution.held_on, _("To be handed out"), kit, url, slip.distribution.where, is_open=True
            )


def _came(found: Known) -> Iterator[Line]:
    """One line for what came together: on one day, of one programme, in one way. What a slip tells is told there."""
    language = translation.get_language() or "en"
    on_slips = {slip.entitlement_id for slip in found.slips if slip.handed_at}
    together: dict[tuple[dt.date, str, str], list[tuple[entitlements.Entitlement, entitlements.Delivery]]] = {}
    for one in found.given:
        for each in one.deliveries.all() if one.pk not in on_slips else ():
            programme = one.cycle.programme.name.said_in(language)
            together.setdefault((each.on, programme, each.mechanism), []).append((one, each))
    for (on, programme, mechanism), came in together.items():
        what = " · ".join(f"{_name(one)}, {much(each.much)}" for one, each in came)
        url = reverse("entitlement", args=[came[0][0].pk]) if len(came) == 1 else ""
        yield Line(on, _("Help came"), what, url, f"{programme} · {words.word('mechanism', mechanism)}")


def _what(one: entitlements.Entitlement) -> str:
    """What somebody is due, by its name in the package where it has one."""
    return f"{_name(one)}, {much(one.much)}"


def _name(one: entitlements.Entitlement) -> str:
    line = one.package_line
    return line.name.said_in(translation.get_language() or "en") if line else str(words.word("help_kind", one.kind))


def _granted(found: Known) -> Iterator[Line]:
    """One line for what was granted together, as the lines of a package are, and one for what is due together."""
    language = translation.get_language() or "en"
    together: dict[tuple[dt.date, str, bool], list[entitlements.Entitlement]] = {}
    for one in found.given:
        programme = one.cycle.programme.name.said_in(language)
        together.setdefault((day(one.made_at), programme, False), []).append(one)
        if one.state in {given.State.DUE, given.State.PART}:
            together.setdefault((one.due_on, programme, True), []).append(one)
    for (on, programme, is_open), each in together.items():
        what = " · ".join(map(_what, each))
        url = reverse("entitlement", args=[each[0].pk]) if len(each) == 1 else ""
        yield Line(on, _("Help due") if is_open else _("Help granted"), what, url, programme, is_open=is_open)


def _housed(found: Known) -> Iterator[Line]:
    """One line for those who came, or left, together."""
    groups: dict[tuple[dt.date, int, str], list[sites.Stay]] = {}
    for stay in found.stays:
        groups.setdefault((stay.came_on, stay.site_id, ""), []).append(stay)
        if stay.left_on:
            groups.setdefault((stay.left_on, stay.site_id, stay.left_for), []).append(stay)
    for (on, pk, left_for), stays in groups.items():
        names = ", ".join(full_name(stay.person) for stay in stays)
        if left_for:
            where = str(words.word("left_for", left_for))
            yield Line(on, _("Left the site for: %(where)s") % {"where": where}, stays[0].site.name, _site(pk), names)
        else:
            yield Line(on, _("Came to a site"), stays[0].site.name, _site(pk), names)


def _site(pk: int) -> str:
    return reverse("site", args=[pk])


# --- house works ------------------------------------------------------------------------------------------------------

WORKS = ("planned", "contracted", "inspected", "handed_over")


def _built(found: Known) -> Iterator[Line]:
    yield from of_works(found.built)
    for house in found.houses:
        if house.state == "running" and house.next_inspection:
            url = reverse("works_one", args=[house.pk])
            yield Line(house.next_inspection, _("Inspection due"), house.number, url, is_open=True)


def of_works(lines: Sequence[tuple[works.HouseWorks, works_queries.Told]]) -> Iterator[Line]:
    """Lines of house works, as the page of a household and that of a home tell them."""
    for house, line in lines:
        url, kind = reverse("works_one", args=[house.pk]), str(words.word("works_kind", house.kind))
        if line.kind == "planned":
            yield Line(line.on, _("House works planned"), kind, url)
        elif line.kind == "contracted":
            yield Line(line.on, _("Contractor chosen"), line.what.contractor, url, line.what.title)
        elif line.kind == "inspected":
            done = _("%(n)s %% done") % {"n": number(line.what.percent)}
            yield Line(line.on, _("House works inspected"), done, url, who=name_of(line.what.noted_by), what=line.what)
        else:
            yield Line(line.on, _("House handed over"), kind, url, who=name_of(line.what.noted_by))
