"""Every write of a selection: each asks the policy, checks the rules, writes, and leaves a record, or does nothing.

Who enters an application does not score it; who scores does not decide; who decided does not sit in the appeal. Roles
hold that for the office (`accounts.rules.INCOMPATIBLE`), and the actions hold it again for each call.
"""

from __future__ import annotations

import datetime as dt
import os
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from streha.accounts import queries as accounts
from streha.accounts.bridge import wall
from streha.accounts.models import User
from streha.accounts.rules import Access, Action
from streha.assistance.actions import record
from streha.assistance.selections import bridge, models, queries, rules
from streha.audit import actions as audit
from streha.audit import bridge as bulk
from streha.cases import actions as cases
from streha.common import errors, money
from streha.formats import papers
from streha.jobs import actions as jobs
from streha.people import models as people
from streha.people import queries as people_queries
from streha.places.models import Area

A = Action


def _tell(application: models.Application, verb: str, payload: dict[str, Any], by: Access, at: dt.datetime) -> None:
    """A record about an application; what it says is sealed under the applicant's key."""
    record(by, at, verb, "application", application.pk, payload, subject=application.applicant.subject)


# --- the grid ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def save_grid(
    draft: rules.Grid,
    *,
    name: str,
    source: str,
    by: Access,
    at: dt.datetime,
    is_example: bool = False,
) -> models.Grid:
    """The grid is a new version of its code; versions before it stay as they are, with the calls that use them."""
    by.require(A.SELECTION_GRID)
    rules.check_grid(draft)
    newest = models.Grid.objects.filter(code=draft.code).order_by("-version").first()
    row = models.Grid.objects.create(
        code=draft.code,
        version=newest.version + 1 if newest else 1,
        name=name.strip(),
        source=source.strip(),
        is_example=is_example,
        made_by_id=by.user_id,
        made_at=at,
    )
    _write_grid(row, draft)
    record(by, at, "grid made", "grid", row.pk, {"code": row.code, "version": row.version})
    return row


@transaction.atomic
def change_grid(grid_id: int, draft: rules.Grid, *, name: str, source: str, by: Access, at: dt.datetime) -> models.Grid:
    """The draft carries the new content. A version that a call uses is never changed: make a new version of it."""
    by.require(A.SELECTION_GRID)
    rules.check_grid(draft)
    row = models.Grid.objects.select_for_update().filter(pk=grid_id).first()
    if row is None:
        raise errors.NotFound()
    if row.is_frozen:
        used = models.Call.objects.filter(grid=row).order_by("pk").first()
        raise errors.Conflict(
            errors.message(
                "Version {version} of this grid is frozen: {call} goes by it. Save your change as a new version; "
                "it will serve the next call."
            ),
            code="grid_frozen",
            version=row.version,
            call=used.number if used else "",
        )
    for part in (row.criteria, row.rules, row.papers, row.ties):
        part.all().delete()
    row.name, row.source, row.verified = name.strip(), source.strip(), False
    row.verified_by, row.verified_at = None, None
    row.save()
    _write_grid(row, draft)
    record(by, at, "grid changed", "grid", row.pk, {"code": row.code, "version": row.version})
    return row


def _write_grid(row: models.Grid, draft: rules.Grid) -> None:
    models.Criterion.objects.bulk_create(
        models.Criterion(
            grid=row,
            position=position,
            code=c.code,
            most=c.most,
            evidence=c.evidence,
            **{f"label_{language}": c.labels.get(language, "") for language in bridge.LANGUAGES},
        )
        for position, c in enumerate(draft.criteria)
    )
    models.EligibilityRule.objects.bulk_create(
        models.EligibilityRule(
            grid=row,
            position=position,
            code=r.code,
            fact=r.fact,
            test=r.test,
            value=r.value,
            effect=r.effect,
            **{f"reason_{language}": r.reasons.get(language, "") for language in bridge.LANGUAGES},
        )
        for position, r in enumerate(draft.rules)
    )
    models.RequiredPaper.objects.bulk_create(
        models.RequiredPaper(grid=row, kind=p.kind, whose=p.whose) for p in draft.papers
    )
    models.Tie.objects.bulk_create(
        models.Tie(grid=row, position=position, kind=t.kind, criterion=t.criterion)
        for position, t in enumerate(draft.ties)
    )


@transaction.atomic
def verify_grid(grid_id: int, *, source: str, by: Access, at: dt.datetime) -> models.Grid:
    """Somebody other than its maker has compared the grid with its source, which is named."""
    by.require(A.SELECTION_GRID)
    row = models.Grid.objects.select_for_update().filter(pk=grid_id).first()
    if row is None:
        raise errors.NotFound()
    if row.made_by_id == by.person():
        raise errors.Refused(
            errors.message("Whoever made a grid cannot verify it. Ask a colleague to compare it with the source."),
            code="own_grid",
        )
    if not source.strip():
        raise errors.BadInput(
            errors.message("Name the document and page with which the grid was compared."),
            code="source_missing",
            field="source",
        )
    row.source, row.verified, row.verified_by_id, row.verified_at = source.strip(), True, by.user_id, at
    row.save()
    record(by, at, "grid verified", "grid", row.pk, {"source": row.source})
    return row


def load_example_grid(*, by: Access, at: dt.datetime) -> models.Grid:
    """The example that ships is there, marked as an example and not verified."""
    told = bridge.example()
    known = models.Grid.objects.filter(code=told["code"]).order_by("version").first()
    if known is not None:
        return known
    return save_grid(bridge.example_grid(), name=told["name"], source=told["source"], by=by, at=at, is_example=True)


# --- calls ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CallDraft:
    title: str
    municipality_id: int
    grid_id: int
    requests: tuple[rules.RequestKind, ...]
    opens_on: dt.date
    closes_on: dt.date
    places: int
    budget: money.Money | None = None
    ends_by: rules.EndsBy = rules.EndsBy.PLACES
    threshold: int = 10
    appeal_days: int = 30


@transaction.atomic
def open_call(draft: CallDraft, *, by: Access, at: dt.datetime) -> models.Call:
    """The call stands, and the version of the grid that it goes by is frozen from now on."""
    by.require(A.SELECTION_CALL)
    rules.check_window(draft.opens_on, draft.closes_on)
    if not draft.requests:
        raise errors.BadInput(
            errors.message("Say what the call is for: a house, building material or money."),
            code="no_request",
            field="requests",
        )
    if draft.places < 1:
        raise errors.BadInput(
            errors.message("{value} places cannot be given. A call has at least one."),
            code="places",
            field="places",
            value=draft.places,
        )
    _check_budget(draft)
    grid = models.Grid.objects.select_for_update().filter(pk=draft.grid_id).first()
    if grid is None or not Area.objects.filter(pk=draft.municipality_id).exists():
        raise errors.NotFound()
    call = models.Call.objects.create(
        title=draft.title.strip(),
        municipality_id=draft.municipality_id,
        grid=grid,
        opens_on=draft.opens_on,
        closes_on=draft.closes_on,
        places=draft.places,
        budget=draft.budget.amount if draft.budget else None,
        currency=draft.budget.currency if draft.budget else "",
        ends_by=draft.ends_by,
        threshold=draft.threshold,
        appeal_days=draft.appeal_days,
        made_by_id=by.user_id,
        made_at=at,
        is_fictional=accounts.is_demo_office(),
    )
    if not models.Call.objects.visible_to(by, A.SELECTION_CALL).filter(pk=call.pk).exists():
        raise errors.Refused(
            errors.message(
                "This place lies outside the area you work for. Choose a place of yours, or ask a colleague."
            ),
            code="outside_scope",
        )
    models.CallRequest.objects.bulk_create(models.CallRequest(call=call, kind=kind) for kind in draft.requests)
    models.Grid.objects.filter(pk=grid.pk).update(is_frozen=True)
    record(by, at, "call opened", "call", call.pk, {"grid": str(grid), "places": call.places})
    return call


def _check_budget(draft: CallDraft) -> None:
    if draft.budget is None:
        if draft.ends_by == rules.EndsBy.BUDGET:
            raise errors.BadInput(
                errors.message("A list that money ends needs a budget. Write it, or let the places end the list."),
                code="no_budget",
                field="budget",
            )
        return
    if draft.budget.amount <= 0:
        raise errors.BadInput(
            errors.message("{value} is not a budget. Write an amount above 0, or leave it empty."),
            code="budget",
            field="budget",
            value=str(draft.budget),
        )


@transaction.atomic
def choose_grid(call_id: int, grid_id: int, *, by: Access, at: dt.datetime) -> models.Call:
    """The call goes by another version, which is possible only while nobody has scored and no session has begun."""
    call = _call(call_id, A.SELECTION_CALL, by)
    with wall.beyond("who scored in a call"):
        begun = models.Scoring.objects.filter(application__call=call).exists()
    if begun or call.sessions.filter(opened_at__isnull=False).exists():
        raise errors.Conflict(
            errors.message(
                "The grid of {call} is frozen at version {version}: scoring or a session has begun. "
                "A new version serves the next call; what was scored stays as it is."
            ),
            code="grid_frozen",
            call=call.number,
            version=call.grid.version,
        )
    grid = models.Grid.objects.filter(pk=grid_id).first()
    if grid is None:
        raise errors.NotFound()
    models.Call.objects.filter(pk=call.pk).update(grid=grid)
    models.Grid.objects.filter(pk=grid.pk).update(is_frozen=True)
    record(by, at, "grid chosen", "call", call.pk, {"grid": str(grid)})
    call.refresh_from_db()
    return call


def _call(call_id: int, action: Action, by: Access) -> models.Call:
    by.require(action)
    found = models.Call.objects.visible_to(by, action).select_related("grid").select_for_update(of=("self",))
    call = found.filter(pk=call_id).first()
    if call is None:
        raise errors.NotFound()
    return call


@transaction.atomic
def name_member(
    call_id: int, user_id: int, function: rules.Function, *, by: Access, at: dt.datetime
) -> models.CommissionMember:
    """The user sits in the commission of the call. Nobody sits twice: not scorer and member, not first and appeal."""
    call = _call(call_id, A.SELECTION_CALL, by)
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        raise errors.NotFound()
    needed = A.SELECTION_SCORE if function == rules.Function.SCORER else A.SELECTION_DECIDE
    if not accounts.access(user, at).allows(needed):
        raise errors.BadInput(
            errors.message(
                "{name} has no role for this. A scorer needs the role of a scorer, others that of a member."
            ),
            code="role_missing",
            field="user",
            name=str(user),
        )
    _refuse_second_function(call, user)
    member = models.CommissionMember.objects.create(call=call, user=user, function=function, named_at=at)
    record(by, at, "member named", "call", call.pk, {"user": user.pk, "function": function.value})
    return member


def _refuse_second_function(call: models.Call, user: User) -> None:
    held = call.commission.filter(user=user).order_by("-pk").first()
    if held is not None:
        raise errors.Conflict(
            errors.message(
                "{name} sits or sat in this call already, as {function}. Scorers, the commission and the appeal are "
                "different people."
            ),
            code="second_function",
            name=str(user),
            function=held.function,
        )
    with wall.beyond("who entered applications to a call"):
        has_entered = models.Application.objects.filter(call=call, entered_by=user).exists()
    if has_entered:
        raise errors.Conflict(
            errors.message("{name} entered applications to this call. Who enters does not score or decide."),
            code="entered_here",
            name=str(user),
        )


@transaction.atomic
def release_member(member_id: int, *, by: Access, at: dt.datetime) -> None:
    """The member sits no more; that they sat is kept, and they cannot sit elsewhere in this call."""
    member = models.CommissionMember.objects.filter(pk=member_id, left_at=None).first()
    if member is None:
        raise errors.NotFound()
    call = _call(member.call_id, A.SELECTION_CALL, by)
    models.CommissionMember.objects.filter(pk=member.pk).update(left_at=at)
    record(by, at, "member left", "call", call.pk, {"user": member.user_id})


# --- applications -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ApplicationDraft:
    household_id: int
    applicant_id: int
    request: rules.RequestKind
    answers: Mapping[rules.Fact, bool | None]
    amount: Decimal | None = None  # what the help would cost, in the call's currency


@transaction.atomic
def apply(
    call_id: int, draft: ApplicationDraft, *, by: Access, at: dt.datetime, received_at: dt.datetime | None = None
) -> models.Application:
    """The household's application is in the call, with its members of today; after the window it is marked late.

    A late application waits: it takes part only once somebody accepts it with a reason (`judge_late`).
    """
    call = _call(call_id, A.SELECTION_ENTER, by)
    received = received_at or at
    _check_window(call, draft, received, at)
    _refuse_commission(call, by)
    asked = people_queries.answering_household(draft.household_id)
    household = people.Household.objects.visible_to(by).filter(pk=asked, ended_on=None).first()
    if household is None:
        raise errors.BadInput(
            errors.message("There is no such household among those you may see. Look at its number again."),
            code="no_household",
            field="household",
        )
    with wall.beyond("who belongs to a household that applies"):  # somebody's record may be kept elsewhere
        members = list(household.memberships.filter(ended_on=None).order_by("-is_head", "pk"))
    applicant_id = people_queries.answering([draft.applicant_id])[draft.applicant_id]
    if applicant_id not in {m.person_id for m in members}:
        raise errors.BadInput(
            errors.message("The applicant does not belong to household {household}. Choose one of its members."),
            code="applicant_outside",
            field="applicant",
            household=household.number,
        )
    _refuse_second_application(call, household, [m.person_id for m in members])
    models.Call.objects.filter(pk=call.pk).update(last_number=F("last_number") + 1)
    call.refresh_from_db(fields=["last_number"])
    application = models.Application.objects.create(
        call=call,
        number=call.last_number,
        code=_fresh_code(),
        household=household,
        applicant_id=applicant_id,
        request=draft.request,
        amount=_amount(call, draft.amount),
        received_at=received,
        is_late=queries.day_of(received) > call.closes_on,
        entered_by_id=by.user_id,
    )
    models.ApplicationMember.objects.bulk_create(
        models.ApplicationMember(application=application, person_id=m.person_id, relation=m.relation) for m in members
    )
    _write_answers(application, draft.answers)
    _tell(application, "application received", {"call": call.pk, "late": application.is_late}, by, at)
    return application


def _check_window(call: models.Call, draft: ApplicationDraft, received: dt.datetime, at: dt.datetime) -> None:
    if received > at:
        raise errors.BadInput(
            errors.message("{value} lies in the future. Give the day on which the application came in."),
            code="future",
            field="received_on",
            value=queries.day_of(received).isoformat(),
        )
    if queries.day_of(received) < call.opens_on:
        raise errors.BadInput(
            errors.message("The call opens on {opens}; an application of {value} is too early. Keep it until then."),
            code="too_early",
            field="received_on",
            opens=call.opens_on.isoformat(),
            value=queries.day_of(received).isoformat(),
        )
    if draft.request not in set(call.requests.values_list("kind", flat=True)):
        raise errors.BadInput(
            errors.message("This call is not for “{value}”. Choose one of the kinds of help that it names."),
            code="other_request",
            field="request",
            value=draft.request.value,
        )
    if call.selections.exclude(state=models.Selection.State.REPLACED).exists():
        raise errors.Conflict(
            errors.message("The list of {call} is ranked already; no application can enter it. Use the next call."),
            code="already_ranked",
            call=call.number,
        )


def _refuse_commission(call: models.Call, by: Access) -> None:
    if call.commission.filter(user_id=by.user_id or 0).exists():
        raise errors.Refused(
            errors.message(
                "You sit in the commission of this call. Who scores or decides does not enter applications."
            ),
            code="sits_here",
        )


@wall.beyond("who has applied already")
def _refuse_second_application(call: models.Call, household: people.Household, person_ids: Sequence[int]) -> None:
    same = models.Application.objects.filter(
        call=call, withdrawn_at=None, household__in=people_queries.one_household(household.pk)
    ).first()
    if same is None:
        kept = people_queries.answering(person_ids)
        others = models.ApplicationMember.objects.filter(
            application__call=call, application__withdrawn_at=None, left_noted_at=None
        )
        same = (
            models.Application.objects.filter(members__in=others.filter(person_id__in={*kept, *kept.values()}))
            .order_by("pk")
            .first()
        )
    if same is not None:
        raise errors.Conflict(
            errors.message(
                "Somebody of this household stands in application {number} of this call already. Withdraw that one, "
                "or note there who has left."
            ),
            code="second_application",
            number=same.number,
        )


@wall.beyond("a code that nobody has")
def _fresh_code() -> str:
    while True:
        code = rules.public_code(os.urandom(8))
        if not models.Application.objects.filter(code=code).exists():
            return code


def _write_answers(application: models.Application, answers: Mapping[rules.Fact, bool | None]) -> None:
    models.ApplicationAnswer.objects.filter(application=application).delete()
    models.ApplicationAnswer.objects.bulk_create(
        models.ApplicationAnswer(application=application, fact=fact, value=int(value))
        for fact, value in answers.items()
        if value is not None and fact in rules.ASKED
    )


def _application(application_id: int, action: Action, by: Access) -> models.Application:
    by.require(action)
    found = models.Application.objects.visible_to(by, action).select_for_update(of=("self",))
    application = found.select_related("call__grid", "applicant").filter(pk=application_id).first()
    if application is None:
        raise errors.NotFound()
    return application


def _refuse_ranked(application: models.Application) -> None:
    """What a list was ranked on changes by an appeal alone."""
    if application.ranked.exclude(selection__state=models.Selection.State.REPLACED).exists():
        raise errors.Conflict(
            errors.message("Application {number} stands in a ranked list. It can be changed by an appeal only."),
            code="already_ranked",
            number=application.number,
        )


@transaction.atomic
def correct_answers(
    application_id: int, answers: Mapping[rules.Fact, bool | None], *, by: Access, at: dt.datetime
) -> None:
    """The application carries these answers; not once it is ranked."""
    application = _application(application_id, A.SELECTION_ENTER, by)
    _refuse_ranked(application)
    before = dict(application.answers.values_list("fact", "value"))
    _write_answers(application, answers)
    now = dict(application.answers.values_list("fact", "value"))
    _tell(application, "answers corrected", {"then": before, "now": now}, by, at)


def _amount(call: models.Call, amount: Decimal | None) -> Decimal | None:
    """The amount as it is kept. Raises BadInput for one that is none, or where the call has no currency."""
    if amount is None:
        return None
    if not call.currency:
        raise errors.BadInput(
            errors.message("{call} has no budget, so it has no currency for an amount. Leave the amount empty."),
            code="no_currency",
            field="amount",
            call=call.number,
        )
    kept = money.rounded(amount, call.currency)
    if not 0 < kept <= money.MOST:
        raise errors.BadInput(
            errors.message("{value} is not what help costs. Write an amount above 0."),
            code="amount",
            field="amount",
            value=str(amount),
        )
    return kept


@transaction.atomic
def say_amount(application_id: int, amount: Decimal, *, by: Access, at: dt.datetime) -> models.Application:
    """What the help would cost stands in the application; not once it is ranked."""
    application = _application(application_id, A.SELECTION_ENTER, by)
    _refuse_ranked(application)
    then = application.amount
    application.amount = _amount(application.call, amount)
    application.save()
    said = {"then": str(then or ""), "now": str(application.amount)}
    _tell(application, "amount said", said, by, at)
    return application


@transaction.atomic
def judge_late(application_id: int, *, accept: bool, reason: str, by: Access, at: dt.datetime) -> models.Application:
    """Who accepted or refused the late application and why stands beside it; without acceptance it is not ranked."""
    application = _application(application_id, A.SELECTION_DECIDE, by)
    _refuse_ranked(application)
    if not application.is_late:
        raise errors.Conflict(
            errors.message("Application {number} came in time. There is nothing to accept."),
            code="in_time",
            number=application.number,
        )
    application.late_accepted, application.late_reason = accept, _reason(reason)
    application.late_by_id, application.late_at = by.person(), at
    application.save()
    verb = "late application accepted" if accept else "late application refused"
    record(by, at, verb, "application", application.pk, {"reason": reason}, subject=application.applicant.subject)
    return application


def _reason(text: str) -> str:
    told = text.strip()
    if not told:
        raise errors.BadInput(
            errors.message("Give the reason in a sentence. It stands in the record, so write no names."),
            code="reason_missing",
            field="reason",
        )
    return told[:300]


@transaction.atomic
def note_paper(
    application_id: int,
    kind: rules.PaperKind,
    state: rules.PaperState,
    *,
    person_id: int | None = None,
    reference: str = "",
    file: cases.Brought | None = None,
    by: Access,
    at: dt.datetime,
) -> models.ApplicationPaper:
    """A paper of the household, or of one member, was seen, is missing, or is not what it should be.

    A file beside it is sealed under the key of the paper's person. Raises BadInput for one that is no document (see
    ``formats.papers``), before anything is kept.
    """
    application = _application(application_id, A.SELECTION_ENTER, by)
    _refuse_ranked(application)
    if person_id is not None and not application.members.filter(person_id=person_id).exists():
        raise errors.BadInput(
            errors.message("This person does not belong to application {number}."),
            code="not_a_member",
            number=application.number,
        )
    kept = papers.checked(file.content, file.name) if file is not None else None
    subject = application.applicant.subject
    told = reference.strip()[:120]
    sealed = audit.seal(subject, told.encode(), context=models.SEALED_REFERENCE) if told else None
    person = None if person_id is None else people.Person.objects.get(pk=person_id)
    paper, _ = models.ApplicationPaper.objects.update_or_create(
        application=application,
        kind=kind,
        person=person,
        defaults={"state": state, "reference_sealed": sealed, "noted_by_id": by.user_id, "noted_at": at},
    )
    if kept is not None:
        whose = person.subject if person else subject
        models.ApplicationFile.objects.create(
            paper=paper,
            subject=whose,
            content_sealed=audit.seal(whose, kept.content, context=models.SEALED_FILE),
            name_sealed=audit.seal(whose, kept.name.encode(), context=models.SEALED_FILE_NAME),
            kind=kept.kind,
            size=len(kept.content),
            brought_by_id=by.user_id,
            brought_at=at,
        )
    noted = {"kind": kind.value, "state": state.value, "person": person_id, "file": kept.kind if kept else None}
    _tell(application, "paper noted", noted, by, at)
    return paper


@transaction.atomic
def withdraw(application_id: int, *, reason: str, by: Access, at: dt.datetime) -> None:
    """The household takes part no more; the application stays, marked."""
    application = _application(application_id, A.SELECTION_ENTER, by)
    _refuse_ranked(application)
    _reason(reason)
    models.Application.objects.filter(pk=application.pk, withdrawn_at=None).update(withdrawn_at=at)
    _tell(application, "application withdrawn", {"reason": reason}, by, at)


@transaction.atomic
def note_household(application_id: int, *, by: Access, at: dt.datetime) -> tuple[int, int]:
    """Members who left since are noted as left, those who came are taken in; returns how many of each."""
    application = _application(application_id, A.SELECTION_ENTER, by)
    _refuse_ranked(application)
    change = queries.household_change(application)
    application.members.filter(person_id__in=change.left).update(left_noted_at=at, left_noted_by_id=by.user_id)
    home_id = people_queries.answering_household(application.household_id)
    with wall.beyond("whether a household changed"):  # who came may be hidden, and hide the application from the writer
        came = people.Membership.objects.filter(household=home_id, person_id__in=change.came, ended_on=None)
        for membership in came:
            models.ApplicationMember.objects.update_or_create(
                application=application,
                person_id=membership.person_id,
                defaults={"relation": membership.relation, "left_noted_at": None, "left_noted_by": None},
            )
    if application.applicant_id in change.left:
        with wall.beyond("whether a household changed"):
            first = application.members.filter(left_noted_at=None).select_related("person").order_by("pk").first()
        if first is None:
            raise errors.Conflict(
                errors.message("Nobody is left in the household of application {number}. Withdraw it."),
                code="nobody_left",
                number=application.number,
            )
        _hand_over_application(application, first.person)
    _tell(application, "household noted", {"left": sorted(change.left), "came": sorted(change.came)}, by, at)
    return len(change.left), len(change.came)


@wall.beyond("another member applies")
def _hand_over_application(application: models.Application, person: people.Person) -> None:
    """Another member applies now; what was sealed under the first one's key is sealed anew under theirs."""
    before = application.applicant.subject
    for paper in application.papers.exclude(reference_sealed=None):
        clear = audit.unseal(before, bytes(paper.reference_sealed or b""), context=models.SEALED_REFERENCE)
        paper.reference_sealed = audit.seal(person.subject, clear, context=models.SEALED_REFERENCE)
        paper.save()
    for file in models.ApplicationFile.objects.filter(paper__application=application, subject=before):
        if file.paper.person_id is not None:  # somebody's own paper stays under their key
            continue
        content = audit.unseal(before, bytes(file.content_sealed), context=models.SEALED_FILE)
        name = audit.unseal(before, bytes(file.name_sealed), context=models.SEALED_FILE_NAME)
        file.subject = person.subject
        file.content_sealed = audit.seal(person.subject, content, context=models.SEALED_FILE)
        file.name_sealed = audit.seal(person.subject, name, context=models.SEALED_FILE_NAME)
        file.save()
    for point in models.ScorePoint.objects.filter(scoring__application=application).exclude(reason_sealed=None):
        clear = audit.unseal(before, bytes(point.reason_sealed or b""), context=models.SEALED_REASON)
        point.reason_sealed = audit.seal(person.subject, clear, context=models.SEALED_REASON)
        point.save()
    for conflict in application.conflicts.exclude(said_sealed=None):
        clear = audit.unseal(before, bytes(conflict.said_sealed or b""), context=models.SEALED_BOND)
        conflict.said_sealed = audit.seal(person.subject, clear, context=models.SEALED_BOND)
        conflict.save()
    application.applicant = person
    application.save()


# --- conflicts of interest --------------------------------------------------------------------------------------------


@transaction.atomic
def declare_conflict(application_id: int, *, said: str, by: Access, at: dt.datetime) -> models.Conflict:
    """The scorer or member has said that they are bound to this household; they do not score it."""
    by.require(A.SELECTION_SCORE if by.allows(A.SELECTION_SCORE) else A.SELECTION_DECIDE)
    action = A.SELECTION_SCORE if by.allows(A.SELECTION_SCORE) else A.SELECTION_DECIDE
    application = _application(application_id, action, by)
    subject = application.applicant.subject
    conflict, _ = models.Conflict.objects.update_or_create(
        application=application,
        user_id=by.person(),
        bond=rules.Bond.DECLARED,
        defaults={
            "answer": rules.Answer.BOUND,
            "said_sealed": audit.seal(subject, _reason(said).encode(), context=models.SEALED_BOND),
            "found_at": at,
            "answered_at": at,
        },
    )
    _drop_half_scorings(application, by.person())
    record(by, at, "conflict declared", "application", application.pk, {"said": said}, subject=subject)
    return conflict


def _drop_half_scorings(application: models.Application, user_id: int) -> None:
    """What somebody bound had begun to score does not stand."""
    application.scorings.filter(scorer_id=user_id, finished_at=None).delete()


@transaction.atomic
def answer_conflict(
    conflict_id: int, *, answer: rules.Answer, said: str, by: Access, at: dt.datetime
) -> models.Conflict:
    """The scorer has answered what the office found about their name: free to score, with a reason, or bound."""
    by.require(A.SELECTION_SCORE)
    conflict = (
        models.Conflict.objects.select_related("application__applicant")
        .filter(pk=conflict_id, user_id=by.person(), answer=rules.Answer.OPEN)
        .first()
    )
    if conflict is None or answer == rules.Answer.OPEN:
        raise errors.NotFound()
    application = _application(conflict.application_id, A.SELECTION_SCORE, by)
    subject = application.applicant.subject
    conflict.answer, conflict.answered_at = answer, at
    conflict.said_sealed = audit.seal(subject, _reason(said).encode(), context=models.SEALED_BOND)
    conflict.save()
    if answer == rules.Answer.BOUND:
        _drop_half_scorings(application, by.person())
    _tell(application, "conflict answered", {"bond": conflict.bond, "answer": answer.value, "said": said}, by, at)
    return conflict


def _note_bonds(application: models.Application, user: User, at: dt.datetime) -> None:
    """What the names say of a scorer and the household is on record, each once, and waits for an answer."""
    household = queries.names_of_members(application)
    for bond in rules.bonds(user.full_name or user.username, household):
        models.Conflict.objects.get_or_create(application=application, user=user, bond=bond, defaults={"found_at": at})


# --- scoring ----------------------------------------------------------------------------------------------------------


def begin_scoring(application_id: int, *, by: Access, at: dt.datetime) -> models.Scoring:
    """The scorer has a sheet of their own, or the one they left half-way; nobody else's points are on it."""
    with transaction.atomic():
        application = _application(application_id, A.SELECTION_SCORE, by)
        _require_seat(application.call, by, {rules.Function.SCORER})
        own = application.scorings.filter(scorer_id=by.person(), round__in=rules.BLIND).first()
        if own is None:
            _refuse_ranked(application)
            _refuse_who_entered(application, by)
            _note_bonds(application, User.objects.get(pk=by.person()), at)
    # Warnings are kept even where they stop the scoring: the transaction above has ended.
    _refuse_bound(application, by)
    return own or _new_scoring(application_id, by=by, at=at)


def _require_seat(call: models.Call, by: Access, functions: Iterable[rules.Function]) -> models.CommissionMember:
    seat = call.commission.filter(user_id=by.person(), left_at=None, function__in=list(functions)).first()
    if seat is None:
        raise errors.Refused(
            errors.message("You have no seat for this in {call}. Whoever runs the call names its members."),
            code="no_seat",
            call=call.number,
        )
    return seat


def _refuse_who_entered(application: models.Application, by: Access) -> None:
    if application.entered_by_id == by.person():
        raise errors.Refused(
            errors.message("You entered application {number}. Who enters does not score."),
            code="entered_it",
            number=application.number,
        )


def _refuse_bound(application: models.Application, by: Access) -> None:
    answers = set(application.conflicts.filter(user_id=by.person()).values_list("answer", flat=True))
    if rules.Answer.BOUND in answers:
        raise errors.Refused(
            errors.message("You are bound to the household of application {number}. Somebody else scores it."),
            code="bound",
            number=application.number,
        )
    if rules.Answer.OPEN in answers:
        raise errors.Conflict(
            errors.message(
                "Your name may be one of this household's. Say first whether you are related to application {number}."
            ),
            code="conflict_open",
            number=application.number,
        )


@transaction.atomic
def _new_scoring(application_id: int, *, by: Access, at: dt.datetime) -> models.Scoring:
    application = _application(application_id, A.SELECTION_SCORE, by)
    taken = set(application.scorings.values_list("round", flat=True))
    waiting = rules.needs(bridge.live([application])[0].applied.scorings, application.call.threshold)
    if waiting is None:
        raise errors.Conflict(
            errors.message("Application {number} is scored. Nothing is left to do."),
            code="scored",
            number=application.number,
        )
    free = [one for one in rules.BLIND[: 3 if waiting == rules.Round.THIRD else 2] if one.value not in taken]
    if not free:
        raise errors.Conflict(
            errors.message("Others score application {number} now. Take the next one."),
            code="being_scored",
            number=application.number,
        )
    try:
        with transaction.atomic():
            scoring = models.Scoring.objects.create(
                application=application, round=free[0], scorer_id=by.person(), started_at=at
            )
    except IntegrityError as error:
        raise errors.Conflict() from error
    record(by, at, "scoring begun", "application", application.pk, {"round": free[0].value})
    return scoring


@transaction.atomic
def give_points(
    scoring_id: int, points: Mapping[str, int], *, reasons: Mapping[str, str] | None = None, by: Access, at: dt.datetime
) -> models.Scoring:
    """These points are kept, each for good or none, even when the sheet is left half-way. Raises BadInput for points
    that a criterion does not give, or whose evidence nobody has seen."""
    scoring = _own_scoring(scoring_id, by)
    application = scoring.application
    criteria = {c.code: c for c in scoring.application.call.grid.criteria.all()}
    seen = set(application.papers.filter(state=rules.PaperState.SEEN).values_list("kind", flat=True))
    for code, given in points.items():
        _check_points(criteria, code, given, seen)
    subject = application.applicant.subject
    for code, given in points.items():
        said = (reasons or {}).get(code, "").strip()[:300]
        sealed = audit.seal(subject, said.encode(), context=models.SEALED_REASON) if said else None
        models.ScorePoint.objects.update_or_create(
            scoring=scoring, criterion=criteria[code], defaults={"points": given, "reason_sealed": sealed}
        )
    _tell(application, "points given", {"round": scoring.round, "points": dict(points)}, by, at)
    return scoring


def _check_points(criteria: Mapping[str, models.Criterion], code: str, given: int, seen: set[str]) -> None:
    criterion = criteria.get(code)
    if criterion is None:
        raise errors.BadInput(
            errors.message("The grid of this call has no criterion “{value}”."), code="no_criterion", value=code
        )
    rules.check_points(given, rules.Criterion(code, criterion.most, labels={"en": str(criterion)}))
    if given and criterion.evidence and criterion.evidence not in seen:
        raise errors.BadInput(
            errors.message(
                "{name}: {value} points need a paper of the kind “{paper}”, and none was seen. Ask for it, or give 0."
            ),
            code="evidence_missing",
            field=f"points_{code}",
            name=str(criterion),
            value=given,
            paper=criterion.evidence,
        )


def _own_scoring(scoring_id: int, by: Access) -> models.Scoring:
    by.require(A.SELECTION_SCORE)
    scoring = models.Scoring.objects.filter(pk=scoring_id, scorer_id=by.person(), round__in=rules.BLIND).first()
    if scoring is None:
        raise errors.NotFound()
    application = _application(scoring.application_id, A.SELECTION_SCORE, by)
    _require_seat(application.call, by, {rules.Function.SCORER})
    _refuse_bound(application, by)
    if scoring.finished_at is not None:
        raise errors.Conflict(
            errors.message("You finished the sheet of application {number}. It cannot be changed any more."),
            code="finished",
            number=application.number,
        )
    scoring.application = application
    return scoring


@transaction.atomic
def finish_scoring(scoring_id: int, *, by: Access, at: dt.datetime) -> models.Scoring:
    """The sheet is complete and closed. Raises BadInput while a criterion has no points, be they 0."""
    scoring = _own_scoring(scoring_id, by)
    wanted = set(scoring.application.call.grid.criteria.values_list("code", flat=True))
    given = set(scoring.points.values_list("criterion__code", flat=True))
    if wanted - given:
        raise errors.BadInput(
            errors.message("{count} criteria have no points yet. Write 0 where there is nothing to give."),
            code="half_scored",
            count=len(wanted - given),
        )
    scoring.finished_at = at
    scoring.save()
    record(by, at, "scoring finished", "application", scoring.application_id, {"round": scoring.round})
    return scoring


# --- sessions ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def plan_session(
    call_id: int,
    *,
    held_on: dt.date,
    place: str,
    agenda: Sequence[str],
    is_appeal: bool = False,
    by: Access,
    at: dt.datetime,
) -> models.Session:
    """A session with its agenda is planned."""
    action = A.SELECTION_CALL if by.allows(A.SELECTION_CALL) else A.SELECTION_DECIDE
    call = _call(call_id, action, by)
    titles = [title.strip()[:200] for title in agenda if title.strip()]
    if not titles:
        raise errors.BadInput(
            errors.message("A session needs an agenda. Write one point in each line."),
            code="no_agenda",
            field="agenda",
        )
    session = models.Session.objects.create(
        call=call, held_on=held_on, place=place.strip(), is_appeal=is_appeal, planned_by_id=by.user_id
    )
    models.AgendaItem.objects.bulk_create(
        models.AgendaItem(session=session, position=position, title=title)
        for position, title in enumerate(titles, start=1)
    )
    record(by, at, "session planned", "session", session.pk, {"call": call.pk, "held_on": held_on.isoformat()})
    return session


def _session(session_id: int, by: Access, *, is_open: bool = True) -> models.Session:
    by.require(A.SELECTION_DECIDE)
    session = (
        models.Session.objects.select_for_update(of=("self",))
        .select_related("call__grid")
        .filter(models.call_q(by, A.SELECTION_DECIDE, "call__"), pk=session_id)
        .first()
    )
    if session is None:
        raise errors.NotFound()
    functions = rules.APPEAL_FUNCTIONS if session.is_appeal else set(rules.Function) - rules.APPEAL_FUNCTIONS
    _require_seat(session.call, by, functions - {rules.Function.SCORER})
    if is_open and not session.is_open:
        raise errors.Conflict(
            errors.message("The session of {day} is not open. Open it first; a closed one stays closed."),
            code="session_not_open",
            day=session.held_on.isoformat(),
        )
    return session


@transaction.atomic
def open_session(session_id: int, *, present: Sequence[int], by: Access, at: dt.datetime) -> models.Session:
    """The commission sits; who is there is noted. More than half of those who may vote must be present."""
    session = _session(session_id, by, is_open=False)
    if session.opened_at is not None:
        raise errors.Conflict(
            errors.message("The session of {day} was opened already."),
            code="session_opened",
            day=session.held_on.isoformat(),
        )
    seats = queries.voting_seats(session)
    there = [user_id for user_id in dict.fromkeys(present) if user_id in seats]
    if 2 * len(there) <= len(seats):
        raise errors.Conflict(
            errors.message("{present} of {seats} voting members are present. More than half are needed."),
            code="no_quorum",
            present=len(there),
            seats=len(seats),
        )
    session.opened_at = at
    try:
        with transaction.atomic():
            session.save()
    except IntegrityError as error:
        raise errors.Conflict(
            errors.message("Another session of this call is open. Close it first."), code="another_session"
        ) from error
    models.Presence.objects.bulk_create(models.Presence(session=session, user_id=user_id) for user_id in there)
    record(by, at, "session opened", "session", session.pk, {"present": there})
    return session


@transaction.atomic
def vote(
    item_id: int, choices: Mapping[int, str], *, conclusion: str, by: Access, at: dt.datetime
) -> models.AgendaItem:
    """The votes of those present on a point of the agenda, and what was concluded, stand in the minutes."""
    item = models.AgendaItem.objects.filter(pk=item_id).first()
    if item is None:
        raise errors.NotFound()
    session = _session(item.session_id, by)
    there = set(session.presences.values_list("user_id", flat=True))
    for user_id, choice in choices.items():
        if user_id not in there or choice not in ("for", "against", "abstains"):
            raise errors.BadInput(
                errors.message("Only members who are present vote: for, against, or abstaining."), code="vote"
            )
        models.Vote.objects.update_or_create(item=item, user_id=user_id, defaults={"choice": choice, "at": at})
    item.conclusion = conclusion.strip()
    item.save()
    record(by, at, "voted", "session", session.pk, {"item": item.position, "votes": len(choices)})
    return item


@transaction.atomic
def close_session(session_id: int, *, minutes: str, by: Access, at: dt.datetime) -> models.Session:
    """The session is over and its minutes stand."""
    session = _session(session_id, by)
    if not minutes.strip():
        raise errors.BadInput(
            errors.message("Write the minutes before the session closes; name applications by their codes."),
            code="no_minutes",
            field="minutes",
        )
    session.minutes, session.closed_at = minutes.strip(), at
    session.save()
    record(by, at, "session closed", "session", session.pk)
    return session


@transaction.atomic
def settle_points(
    session_id: int, application_id: int, points: Mapping[str, int], *, reason: str, by: Access, at: dt.datetime
) -> models.Scoring:
    """The session has the last word on the points of an application on which scorers differ, or that was appealed."""
    session = _session(session_id, by)
    application = _application(application_id, A.SELECTION_DECIDE, by)
    if application.call_id != session.call_id:
        raise errors.NotFound()
    if not session.is_appeal:
        _refuse_ranked(application)
    round_ = rules.Round.APPEAL if session.is_appeal else rules.Round.SESSION
    criteria = {c.code: c for c in session.call.grid.criteria.all()}
    missing = criteria.keys() - points.keys()
    if missing:
        raise errors.BadInput(
            errors.message("{count} criteria have no points yet. Write 0 where there is nothing to give."),
            code="half_scored",
            count=len(missing),
        )
    seen = set(application.papers.filter(state=rules.PaperState.SEEN).values_list("kind", flat=True))
    for code, given in points.items():
        _check_points(criteria, code, given, seen)
    subject = application.applicant.subject
    sealed = audit.seal(subject, _reason(reason).encode(), context=models.SEALED_REASON)
    application.scorings.filter(round=round_).delete()
    scoring = models.Scoring.objects.create(
        application=application, round=round_, session=session, started_at=at, finished_at=at
    )
    models.ScorePoint.objects.bulk_create(
        models.ScorePoint(scoring=scoring, criterion=criteria[code], points=given, reason_sealed=sealed)
        for code, given in points.items()
    )
    _tell(application, "points settled", {"round": round_.value, "points": dict(points), "reason": reason}, by, at)
    return scoring


@transaction.atomic
def waive(
    session_id: int, application_id: int, rule: str, *, reason: str, by: Access, at: dt.datetime
) -> models.Waiver:
    """The session has lifted an obstacle with a reason; a rule that excludes cannot be lifted."""
    session = _session(session_id, by)
    application = _application(application_id, A.SELECTION_DECIDE, by)
    if not session.is_appeal:
        _refuse_ranked(application)
    found = session.call.grid.rules.filter(code=rule).first()
    if found is None or application.call_id != session.call_id:
        raise errors.NotFound()
    if found.effect != rules.Effect.OBSTACLE:
        raise errors.Refused(
            errors.message("“{rule}” excludes by the grid; a session cannot lift it."),
            code="excludes",
            rule=str(found),
        )
    waiver, _ = models.Waiver.objects.update_or_create(
        application=application,
        rule=rule,
        defaults={"session": session, "reason": _reason(reason), "by_id": by.user_id, "at": at},
    )
    _tell(application, "obstacle lifted", {"rule": rule, "reason": reason}, by, at)
    return waiver


# --- ranking, decision, publication -----------------------------------------------------------------------------------


@wall.beyond("ranking")
@transaction.atomic
def rank(session_id: int, *, by: Access, at: dt.datetime) -> models.Selection:
    """The list is frozen: grid, sealed inputs, numbers and order. Raises Conflict while anything is not settled."""
    session = _session(session_id, by)
    call = models.Call.objects.select_for_update().select_related("grid").get(pk=session.call_id)
    before = call.selections.exclude(state=models.Selection.State.REPLACED).order_by("-number").first()
    if before is not None and not session.is_appeal:
        raise errors.Conflict(
            errors.message("{call} has its ranked list, {selection}. A new one follows only an appeal."),
            code="already_ranked",
            call=call.number,
            selection=str(before),
        )
    _refuse_early(call, at)
    grid = bridge.grid_of(call.grid)
    lives = bridge.live(queries.applications_of(call))
    queries.require_settled(call, lives, grid)
    aged_on = call.closes_on
    standings = [rules.standing(one.applied, grid, threshold=call.threshold, day=aged_on) for one in lives]
    placed = rules.rank(standings, places=call.places, budget=bridge.budget_of(call))
    if before is not None:
        models.Selection.objects.filter(pk=before.pk).update(state=models.Selection.State.REPLACED)
    newest = call.selections.order_by("-number").first()
    selection = models.Selection.objects.create(
        call=call,
        number=newest.number + 1 if newest else 1,
        session=session,
        grid=call.grid,
        grid_digest=grid.digest(),
        list_digest=rules.list_digest(placed),
        places=call.places,
        budget=call.budget if call.ends_by == rules.EndsBy.BUDGET else None,
        currency=call.currency if call.ends_by == rules.EndsBy.BUDGET else "",
        threshold=call.threshold,
        aged_on=aged_on,
        ranked_by_id=by.user_id,
        ranked_at=at,
    )
    _freeze(selection, lives, placed)
    record(
        by, at, "ranked", "selection", selection.pk,
        {"applications": len(placed), "list": selection.list_digest, "grid": selection.grid_digest},
    )  # fmt: skip
    return selection


def _refuse_early(call: models.Call, at: dt.datetime) -> None:
    if queries.day_of(at) <= call.closes_on:
        raise errors.Conflict(
            errors.message("The call is open until {day}. Rank when the window has closed."),
            code="still_open",
            day=call.closes_on.isoformat(),
        )


def _freeze(selection: models.Selection, lives: Sequence[bridge.Live], placed: Sequence[rules.Placed]) -> None:
    """The rows of a list, each sealed under the keys of its people."""
    by_number = {one.applied.number: one for one in lives}
    ordered = [by_number[one.standing.number] for one in placed]
    subjects = [one.application.applicant.subject for one in ordered]
    sealed = audit.seal_many(
        [(s, rules.pack_applied(one.applied)) for s, one in zip(subjects, ordered, strict=True)],
        context=models.SEALED_APPLICATION,
    )
    bulk.insert_rows(
        models.Ranked,
        _RANKED,
        [
            _ranked_row(selection.pk, place, one, p, token)
            for place, (one, p, token) in enumerate(zip(ordered, placed, sealed, strict=True), start=1)
        ],
    )
    rows = dict(selection.rows.values_list("number", "pk"))
    bulk.insert_rows(
        models.RankedPoint,
        ("row_id", "criterion", "order", "halves", "evidence"),
        [
            (rows[p.standing.number], line.criterion, order, line.halves, line.evidence)
            for p in placed
            for order, line in enumerate(p.standing.lines)
        ],
    )
    people_ = [
        (rows[one.applied.number], member, one.subjects[member.key]) for one in lives for member in one.applied.members
    ]
    tokens = audit.seal_many(
        [(uuid.UUID(member.key), rules.pack_member(member)) for _, member, _ in people_],
        context=models.SEALED_MEMBER,
    )
    bulk.insert_rows(
        models.RankedMember,
        ("row_id", "person_id", "subject", "sealed"),
        [(row, person, uuid.UUID(m.key), token) for (row, m, person), token in zip(people_, tokens, strict=True)],
    )


_RANKED = (
    "selection_id",
    "application_id",
    "number",
    "place_in_list",
    "position",
    "verdict",
    "outcome",
    "reasons",
    "ties",
    "halves",
    "cost",
    "subject",
    "sealed",
)


def _ranked_row(
    selection_id: int, place: int, one: bridge.Live, placed: rules.Placed, token: bytes
) -> tuple[object, ...]:
    standing = placed.standing
    return (
        selection_id,
        one.application.pk,
        standing.number,
        place,
        placed.position,
        standing.verdict,
        placed.outcome,
        ",".join(standing.reasons)[:400],
        ",".join(map(str, standing.ties)),
        standing.halves,
        standing.cost,
        one.application.applicant.subject,
        token,
    )


@transaction.atomic
def decide(selection_id: int, item_id: int, *, by: Access, at: dt.datetime) -> models.Selection:
    """The commission has adopted the list by its vote on a point of the agenda. Of two at once, the first counts."""
    by.require(A.SELECTION_DECIDE)
    selection = models.Selection.objects.filter(
        models.call_q(by, A.SELECTION_DECIDE, "call__"), pk=selection_id
    ).first()
    if selection is None:
        raise errors.NotFound()
    session = _session(selection.session_id, by)
    item = session.agenda.filter(pk=item_id).first()
    if item is None:
        raise errors.NotFound()
    if by.person() in queries.scorers_of(selection.call):
        raise errors.Refused(
            errors.message("You scored applications of this call. Who scores does not decide."), code="scored_here"
        )
    votes = list(item.votes.values_list("choice", flat=True))
    if votes.count("for") <= votes.count("against"):
        raise errors.Conflict(
            errors.message("{yes} voted for the list and {no} against. It is adopted by more votes for than against."),
            code="not_adopted",
            yes=votes.count("for"),
            no=votes.count("against"),
        )
    changed = models.Selection.objects.filter(pk=selection.pk, state=models.Selection.State.RANKED).update(
        state=models.Selection.State.DECIDED, decided_by_id=by.user_id, decided_at=at, decided_item=item
    )
    if not changed:
        raise errors.Conflict(
            errors.message("{selection} was decided already. The first decision counts; look at it again."),
            code="decided",
            selection=str(selection),
        )
    _keep_figures(selection)
    jobs.enqueue(
        "selections.carry", payload={"selection": selection.pk}, by=by, at=at, key=f"selections-carry-{selection.pk}"
    )
    record(by, at, "decided", "selection", selection.pk, {"list": selection.list_digest, "item": item.position})
    selection.refresh_from_db()
    return selection


@wall.beyond("figures of a list")
def _keep_figures(selection: models.Selection) -> None:
    """How groups fared is computed once, now; a later erasure or correction must not show in a difference."""
    models.OutcomeFigure.objects.bulk_create(
        models.OutcomeFigure(
            selection=selection,
            dimension=one.dimension,
            group=one.group,
            order=order,
            applied=one.applied,
            selected=one.selected,
        )
        for order, one in enumerate(bridge.outcome_figures(bridge.frozen(selection), selection.aged_on))
    )


@transaction.atomic
def publish(selection_id: int, *, by: Access, at: dt.datetime) -> models.Selection:
    """The list may be posted: codes, points and outcomes, no names."""
    by.require(A.SELECTION_CALL)
    seen = models.Selection.objects.filter(models.call_q(by, A.SELECTION_CALL, "call__"), pk=selection_id)
    changed = seen.filter(state=models.Selection.State.DECIDED).update(
        state=models.Selection.State.PUBLISHED, published_at=at
    )
    selection = seen.first()
    if selection is None:
        raise errors.NotFound()
    if not changed:
        raise errors.Conflict(
            errors.message("{selection} cannot be published now: only a decided list can, and only once."),
            code="not_decided",
            selection=str(selection),
        )
    record(by, at, "published", "selection", selection.pk)
    return selection


# --- appeals ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def appeal(application_id: int, *, received_on: dt.date, grounds: str, by: Access, at: dt.datetime) -> models.Appeal:
    """The appeal is in; past its days it is marked out of time, and the appeal commission says so to the household."""
    application = _application(application_id, A.SELECTION_ENTER, by)
    row = (
        application.ranked.filter(selection__state__in=["decided", "published"])
        .select_related("selection__call")
        .first()
    )
    if row is None or row.selection.decided_at is None:
        raise errors.Conflict(
            errors.message("There is no decision on application {number} yet. An appeal follows the decision."),
            code="nothing_decided",
            number=application.number,
        )
    last = queries.day_of(row.selection.decided_at) + dt.timedelta(days=row.selection.call.appeal_days)
    if row.appeals.exists():
        raise errors.Conflict(
            errors.message("Application {number} was appealed already."), code="appealed", number=application.number
        )
    subject = application.applicant.subject
    state = models.Appeal.State.OUT_OF_TIME if received_on > last else models.Appeal.State.RECEIVED
    made = models.Appeal.objects.create(
        row=row,
        received_on=received_on,
        grounds_sealed=audit.seal(subject, _reason(grounds).encode(), context=models.SEALED_GROUNDS),
        state=state,
        entered_by_id=by.user_id,
        entered_at=at,
    )
    record(by, at, "appeal received", "application", application.pk, {"state": state.value}, subject=subject)
    return made


@wall.beyond("appeals before a session")
@transaction.atomic
def decide_appeal(
    appeal_id: int, session_id: int, *, uphold: bool, reason: str, by: Access, at: dt.datetime
) -> models.Appeal:
    """The appeal commission, none of whose members sat in the first, has decided with a reason."""
    session = _session(session_id, by)
    if not session.is_appeal:
        raise errors.Refused(
            errors.message("An appeal is decided by the appeal commission, in a session of its own."),
            code="not_appeal_session",
        )
    changed = models.Appeal.objects.filter(
        pk=appeal_id, row__selection__call=session.call, state=models.Appeal.State.RECEIVED
    ).update(
        state=models.Appeal.State.UPHELD if uphold else models.Appeal.State.DISMISSED,
        session=session,
        reason=_reason(reason),
        decided_by_id=by.user_id,
        decided_at=at,
    )
    found = models.Appeal.objects.select_related("row__application__applicant").filter(pk=appeal_id).first()
    if found is None or found.row.selection.call_id != session.call_id:
        raise errors.NotFound()
    if not changed:
        raise errors.Conflict(errors.message("This appeal was decided already."), code="decided")
    record(
        by, at, "appeal decided", "application", found.row.application_id,
        {"uphold": uphold, "reason": reason}, subject=found.row.subject,
    )  # fmt: skip
    return found


# --- many at once: for the demo and the measurement -------------------------------------------------------------------


@dataclass(frozen=True)
class Whole:
    """An application with all that happens to it before the session, for loading many at once."""

    household_id: int
    applicant_id: int
    members: tuple[tuple[int, str], ...]  # person, relation
    request: rules.RequestKind
    received_at: dt.datetime
    answers: Mapping[rules.Fact, bool]
    papers: tuple[tuple[rules.PaperKind, int | None], ...]  # kind, person
    scorings: tuple[tuple[rules.Round, int, Mapping[str, int]], ...]  # round, scorer, points


@wall.beyond("many applications are loaded")
@transaction.atomic
def load_applications(call_id: int, wholes: Sequence[Whole], *, by: Access, at: dt.datetime) -> int:
    """Many applications with papers and finished scorings, in a handful of statements; one record for all of them.

    It takes what comes from another register of the office, or from the demo: the checks of `apply` and `give_points`
    are the caller's, save those the tables themselves hold.
    """
    by.require(A.SELECTION_ENTER)
    call = _call(call_id, A.SELECTION_CALL, by)
    first = call.last_number
    numbers = range(first + 1, first + len(wholes) + 1)
    bulk.insert_rows(
        models.Application,
        ("call_id", "number", "code", "household_id", "applicant_id", "request", "received_at", "is_late",
         "late_accepted", "late_reason", "entered_by_id", "version"),
        [
            (call.pk, number, code, w.household_id, w.applicant_id, w.request, w.received_at,
             queries.day_of(w.received_at) > call.closes_on, False, "", by.user_id, 1)
            for number, code, w in zip(numbers, _fresh_codes(len(wholes)), wholes, strict=True)
        ],
    )  # fmt: skip
    models.Call.objects.filter(pk=call.pk).update(last_number=first + len(wholes))
    ids = dict(call.applications.values_list("number", "pk"))
    told = [(ids[number], w) for number, w in zip(numbers, wholes, strict=True)]
    bulk.insert_rows(
        models.ApplicationMember,
        ("application_id", "person_id", "relation"),
        [(pk, person, relation) for pk, w in told for person, relation in w.members],
    )
    bulk.insert_rows(
        models.ApplicationAnswer,
        ("application_id", "fact", "value"),
        [(pk, fact, int(value)) for pk, w in told for fact, value in w.answers.items()],
    )
    bulk.insert_rows(
        models.ApplicationPaper,
        ("application_id", "person_id", "kind", "state", "noted_by_id", "noted_at"),
        [(pk, person, kind, rules.PaperState.SEEN, by.user_id, at) for pk, w in told for kind, person in w.papers],
    )
    _load_scorings(call, told, at)
    record(by, at, "applications loaded", "call", call.pk, {"applications": len(wholes)})
    return len(wholes)


def _fresh_codes(number: int) -> list[str]:
    codes: dict[str, None] = {}
    while len(codes) < number:
        codes[rules.public_code(os.urandom(8))] = None
    return list(codes)


def _load_scorings(call: models.Call, told: Sequence[tuple[int, Whole]], at: dt.datetime) -> None:
    bulk.insert_rows(
        models.Scoring,
        ("application_id", "round", "scorer_id", "started_at", "finished_at"),
        [(pk, round_, scorer, at, at) for pk, w in told for round_, scorer, _ in w.scorings],
    )
    held = models.Scoring.objects.filter(application__call=call)
    sheets = {
        (application, round_): pk for pk, application, round_ in held.values_list("pk", "application_id", "round")
    }
    criteria = dict(call.grid.criteria.values_list("code", "pk"))
    bulk.insert_rows(
        models.ScorePoint,
        ("scoring_id", "criterion_id", "points"),
        [
            (sheets[pk, round_.value], criteria[code], given)
            for pk, w in told
            for round_, _, points in w.scorings
            for code, given in points.items()
        ],
    )
