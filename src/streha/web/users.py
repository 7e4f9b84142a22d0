"""Users: who works here, which role each holds and where, keys for programs, and a new password without mail."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_lockout_response
from django.contrib import messages
from django.contrib.auth.signals import user_login_failed
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from streha.accounts import actions, models
from streha.accounts.rules import Action, HeldRole, Role, Scope, ScopeKind
from streha.common import errors, numbers
from streha.places.models import Area
from streha.web import door, labels, paging
from streha.web.forms.days import day_start
from streha.web.forms.users import GrantForm, NewUser, TokenForm, UseReset, UserFilter
from streha.web.templatetags.streha import place_name


@dataclass(frozen=True)
class ShownGrant:
    """A role with the words for where it holds."""

    grant: models.Grant | models.ApiToken
    where: str


@door.open_to(Action.USER_VIEW, Action.USER_MANAGE)
@require_GET
def listing(request: door.Request) -> HttpResponse:
    """Everybody who can log in, by user name, with the roles they hold now."""
    form = UserFilter(request.GET)
    found = with_grants(models.User.objects.select_related("organisation"))
    if form.is_valid():
        if form.cleaned_data["q"]:
            found = found.filter(username__startswith=form.cleaned_data["q"].lower())
        if form.cleaned_data["role"]:
            held = models.Grant.objects.filter(models.in_force(door.now()), role=form.cleaned_data["role"])
            found = found.filter(pk__in=held.values("user_id"))
    page = paging.page(found, request.GET, by=("username",))
    words = scope_words([grant for user in page.rows for grant in user.held_now])
    rows = [(user, [ShownGrant(grant, words[scope_of(grant)]) for grant in user.held_now]) for user in page.rows]
    context = {"form": form, "page": page, "rows": rows, "resets": resets(request)}
    context["may_manage"] = request.access.allows(Action.USER_MANAGE)
    return render(request, "users/listing.html", context)


def with_grants(users: QuerySet[models.User]) -> QuerySet[models.User]:
    """Users with the grants in force in ``held_now``."""
    held = models.Grant.objects.filter(models.in_force(door.now())).order_by("role", "scope_kind")
    return users.prefetch_related(Prefetch("grants", held, to_attr="held_now"))


def resets(request: door.Request) -> list[models.PasswordReset]:
    """Resets that this viewer could confirm: somebody else asked, for somebody else."""
    asked = models.PasswordReset.objects.filter(confirmed_at=None, used_at=None, expires__gt=door.now())
    others = asked.exclude(asked_by_id=request.access.person()).exclude(user_id=request.access.person())
    return list(others.select_related("user", "asked_by").order_by("asked_at")[:50])


def scope_of(grant: models.Grant | models.ApiToken) -> Scope:
    """The scope as a value."""
    return Scope(ScopeKind(grant.scope_kind), grant.scope_key)


def scope_words(grants: Iterable[models.Grant | models.ApiToken]) -> dict[Scope, str]:
    """Where each scope is, in words: both names of an area, the name of an organisation."""
    return words_of({scope_of(grant) for grant in grants})


def words_of(scopes: set[Scope]) -> dict[Scope, str]:
    """The words for some scopes, with one query a kind."""
    area_ids = [int(s.key) for s in scopes if s.kind == ScopeKind.AREA]
    organisation_ids = [int(s.key) for s in scopes if s.kind == ScopeKind.ORGANISATION]
    areas = Area.objects.in_bulk(area_ids) if area_ids else {}
    organisations = models.Organisation.objects.in_bulk(organisation_ids) if organisation_ids else {}
    words = {}
    for scope in scopes:
        held: Any = None
        if scope.kind == ScopeKind.AREA:
            held = place_name(areas.get(int(scope.key)))
        elif scope.kind == ScopeKind.ORGANISATION:
            held = organisations.get(int(scope.key))
        words[scope] = str(held) if held else str(labels.of("scope", scope.kind))
    return words


@door.open_to(Action.USER_MANAGE)
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def new(request: door.Request) -> HttpResponse:
    """Make a user, who has no rights until somebody grants a role."""
    form = NewUser(request.POST or None)
    if form.is_valid():
        with door.errors_into(form):
            made = actions.create_user(
                form.cleaned_data["username"],
                full_name=form.cleaned_data["full_name"],
                password=form.cleaned_data["password"] or None,
                organisation_id=form.cleaned_data["organisation"].pk if form.cleaned_data["organisation"] else None,
                language=form.cleaned_data["language"],
                by=request.access,
                at=door.now(),
            )
            messages.success(request, _("The user is there. Now give a role."))
            return HttpResponseRedirect(reverse("user", args=[made.pk]))
    return render(request, "users/new.html", {"form": form})


@door.open_to(Action.USER_VIEW, Action.USER_MANAGE)
@require_GET
def one(request: door.Request, user_id: int) -> HttpResponse:
    """One user: roles now and before, keys for programs, new password."""
    return render(request, "users/one.html", page_of(request, user_id, GrantForm()))


def page_of(request: door.Request, user_id: int, form: GrantForm) -> dict[str, Any]:
    """What the page of one user shows."""
    somebody = models.User.objects.select_related("organisation").filter(pk=user_id).first()
    if somebody is None:
        raise errors.NotFound(errors.message("There is no user with this number."))
    at = door.now()
    grants = list(somebody.grants.select_related("granted_by").order_by("withdrawn_at", "-starts")[:50])
    tokens = list(somebody.tokens.filter(withdrawn_at=None, expires__gt=at).order_by("-created_at")[:50])
    words = scope_words([*grants, *tokens])
    held = [g for g in grants if g.withdrawn_at is None and (g.expires is None or g.expires > at) and g.starts <= at]
    return {
        "somebody": somebody,
        "form": form,
        "held": [ShownGrant(grant, words[scope_of(grant)]) for grant in held],
        "former": [ShownGrant(grant, words[scope_of(grant)]) for grant in grants if grant not in held],
        "tokens": [ShownGrant(token, words[scope_of(token)]) for token in tokens],
        "reset": somebody.resets.filter(used_at=None, expires__gt=at)
        .select_related("asked_by")
        .order_by("-asked_at")
        .first(),
        "is_self": somebody.pk == request.access.user_id,
        "manages": request.access.allows(Action.USER_MANAGE),
    }


@door.open_to(Action.USER_MANAGE)
@require_POST
def grant(request: door.Request, user_id: int) -> HttpResponse:
    """Give a role in a scope."""
    form = GrantForm(request.POST)
    if form.is_valid():
        try:
            actions.grant_role(
                user_id, form.chosen_role(), form.chosen_scope(), expires=form.end(), by=request.access, at=door.now()
            )
        except errors.NotFound:
            raise
        except (
            errors.StrehaError
        ) as error:  # also a refusal: two roles that may not go together are a matter of the form
            form.add_error(None, door.say(error))
        else:
            messages.success(request, _("The role is given."))
            return HttpResponseRedirect(reverse("user", args=[user_id]))
    return render(request, "users/one.html", page_of(request, user_id, form), status=422)


@door.open_to(Action.USER_MANAGE)
@require_POST
def withdraw(request: door.Request, user_id: int, grant_id: int) -> HttpResponse:
    """Take a role back."""
    actions.withdraw_grant(grant_id, by=request.access, at=door.now())
    messages.success(request, _("The role is taken back."))
    return HttpResponseRedirect(reverse("user", args=[user_id]))


@door.open_to(Action.USER_MANAGE)
@require_http_methods(["GET", "POST"])
def close(request: door.Request, user_id: int) -> HttpResponse:
    """Close an account, after asking once more."""
    if request.method == "POST":
        actions.deactivate_user(user_id, by=request.access, at=door.now())
        messages.success(request, _("The account is closed."))
        return HttpResponseRedirect(reverse("user", args=[user_id]))
    return render(request, "users/close.html", page_of(request, user_id, GrantForm()))


# --- keys for programs


@door.signed_in
@never_cache
@require_http_methods(["GET", "POST"])
def own_tokens(request: door.Request) -> HttpResponse:
    """The viewer's keys for programs; a new one is shown this once and never again."""
    held = list(request.access.held)
    words = words_of({h.scope for h in held})
    choices = [(str(n), f"{labels.of('role', h.role)} · {words[h.scope]}") for n, h in enumerate(held)]
    form = TokenForm(request.POST or None, held=choices)
    secret = ""
    if form.is_valid():
        with door.errors_into(form):
            secret = make_token(request, form, held[int(form.cleaned_data["held"])])
            form = TokenForm(held=choices)
    mine = models.ApiToken.objects.filter(user_id=request.access.person(), withdrawn_at=None, expires__gt=door.now())
    tokens = list(mine.order_by("-created_at")[:50])
    shown = [ShownGrant(token, where) for token in tokens if (where := scope_words([token])[scope_of(token)])]
    return render(request, "users/tokens.html", {"form": form, "secret": secret, "tokens": shown, "held": held})


def make_token(request: door.Request, form: TokenForm, held: HeldRole) -> str:
    """The secret of a new key that carries one of the viewer's roles."""
    ends = day_start(form.cleaned_data["expires"], 1)
    assert ends is not None
    _token, secret = actions.make_token(
        request.access.person(),
        name=form.cleaned_data["name"],
        role=Role(held.role),
        scope=held.scope,
        expires=ends,
        by=request.access,
        at=door.now(),
    )
    return secret


@door.signed_in
@require_POST
def withdraw_token(request: door.Request, token_id: int) -> HttpResponse:
    """End a key: one's own, or as a manager of users anybody's."""
    actions.withdraw_token(token_id, by=request.access, at=door.now())
    messages.success(request, _("The key opens nothing any more."))
    back = numbers.whole(request.POST.get("user", ""))
    return HttpResponseRedirect(reverse("own_tokens") if back is None else reverse("user", args=[back]))


# --- a new password without mail


@door.open_to(Action.USER_MANAGE)
@require_POST
def ask_reset(request: door.Request, user_id: int) -> HttpResponse:
    """Ask for a new password for somebody; a second colleague confirms."""
    actions.ask_reset(user_id, by=request.access, at=door.now())
    messages.success(request, _("Asked. A second colleague must confirm within a day."))
    return HttpResponseRedirect(reverse("user", args=[user_id]))


@door.open_to(Action.USER_VIEW)
@never_cache
@require_http_methods(["GET", "POST"])
def confirm_reset(request: door.Request, reset_id: int) -> HttpResponse:
    """Confirm somebody else's request; the code is shown this once, to be handed over in person."""
    asked = models.PasswordReset.objects.select_related("user", "asked_by").filter(pk=reset_id).first()
    if asked is None:
        raise errors.NotFound()
    code = actions.confirm_reset(reset_id, by=request.access, at=door.now()) if request.method == "POST" else ""
    return render(request, "users/confirm_reset.html", {"reset": asked, "reset_code": code})


@door.public
@never_cache
@sensitive_post_parameters("password", "again", "code")
@require_http_methods(["GET", "POST"])
def use_reset(request: door.Request) -> HttpResponse:
    """Set a new password with a code; wrong codes count towards the lock like wrong passwords."""
    form = UseReset(request.POST or None)
    if form.is_valid():
        credentials = {"username": form.cleaned_data["username"].strip().lower()}
        if not AxesProxyHandler.is_allowed(request, credentials):
            return get_lockout_response(request, None, credentials)  # type: ignore[no-any-return]
        with door.errors_into(form):
            try:
                actions.use_reset(
                    credentials["username"], form.cleaned_data["code"], form.cleaned_data["password"], at=door.now()
                )
            except errors.BadInput as error:
                if error.code == "reset_wrong":
                    user_login_failed.send(sender=__name__, credentials=credentials, request=request)
                raise
            messages.success(request, _("Your new password is set. Log in with it."))
            return HttpResponseRedirect(reverse("account_login"))
    return render(request, "users/use_reset.html", {"form": form})
