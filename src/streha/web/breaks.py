"""Break-glass: look at one person beyond one's scope, with a reason, for hours; another person judges it."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from streha.accounts import actions, models
from streha.accounts.bridge import wall
from streha.accounts.rules import Action
from streha.common import errors
from streha.people.models import Person
from streha.web import door
from streha.web.forms.breaks import AskBreak, JudgeBreak

SHOWN = 50


@door.open_to(Action.BREAK_GLASS, Action.BREAK_GLASS_REVIEW)
@require_GET
def listing(request: door.Request) -> HttpResponse:
    """The viewer's own looks, and for reviewers those that wait to be judged."""
    own = models.BreakGlass.objects.filter(user_id=request.access.person()).select_related("reviewed_by")
    context = {
        "own": with_numbers(list(own.order_by("-starts")[:SHOWN])),
        "to_judge": with_numbers(to_judge(request)),
        "may_ask": request.access.allows(Action.BREAK_GLASS),
        "may_judge": request.access.allows(Action.BREAK_GLASS_REVIEW),
        "form": JudgeBreak(),
        "at": door.now(),
    }
    return render(request, "breaks/listing.html", context)


def to_judge(request: door.Request) -> list[models.BreakGlass]:
    """Looks by others that nobody has judged, oldest first."""
    if not request.access.allows(Action.BREAK_GLASS_REVIEW):
        return []
    found = models.BreakGlass.objects.filter(reviewed_at=None).exclude(user_id=request.access.person())
    return list(found.select_related("user").order_by("starts")[:SHOWN])


def with_numbers(looks: list[models.BreakGlass]) -> list[tuple[models.BreakGlass, str]]:
    """Each look with the number of the person, as people read it out."""
    people = Person.objects.filter(subject__in=[look.subject for look in looks if look.subject])
    with wall.beyond("numbers behind break-glass"):
        numbers = {person.subject: person.number for person in people.only("id", "subject")}
    return [(look, numbers.get(look.subject, "")) for look in looks if look.subject]


@door.open_to(Action.BREAK_GLASS)
@require_http_methods(["GET", "POST"])
def ask(request: door.Request) -> HttpResponse:
    """Give the reason and look; the log says so at once."""
    form = AskBreak(request.POST or None, initial={"number": request.GET.get("number", "")})
    if form.is_valid():
        with door.errors_into(form):
            actions.break_glass(
                subject_of(form.person_id()),
                reason=form.cleaned_data["reason"],
                hours=form.cleaned_data["hours"],
                by=request.access,
                at=door.now(),
            )
            messages.success(request, _("The record is open to you now. A colleague will read your reason."))
            return HttpResponseRedirect(reverse("breaks"))
    return render(request, "breaks/ask.html", {"form": form})


@wall.beyond("who is behind a number, for break-glass")
def subject_of(person_id: int) -> uuid.UUID:
    """The subject behind a number. Raises BadInput when nobody has it, or the person was erased."""
    subject = Person.objects.filter(pk=person_id, erased_at=None).values_list("subject", flat=True).first()
    if subject is None:
        raise errors.BadInput(errors.message("Nobody has this number. Look at it again."), field="number")
    return subject


@door.open_to(Action.BREAK_GLASS_REVIEW)
@require_POST
def judge(request: door.Request, break_id: int) -> HttpResponse:
    """Say whether a look was justified."""
    form = JudgeBreak(request.POST)
    verdict = request.POST.get("verdict", "")
    if not form.is_valid() or verdict not in {"justified", "not_justified"}:
        raise errors.BadInput(errors.message("Choose one: justified or not."))
    actions.review_break(
        break_id, justified=verdict == "justified", note=form.cleaned_data["note"], by=request.access, at=door.now()
    )
    messages.success(request, _("Judged. It stands in the log."))
    return HttpResponseRedirect(reverse("breaks"))
