"""Every write to users and their rights: made, granted, withdrawn, borrowed, reviewed, reset. Each leaves a record."""

from __future__ import annotations

import datetime as dt
import secrets
import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from streha.accounts import models, queries, rules
from streha.accounts.rules import Access, Action, Role, Scope
from streha.audit import actions as audit
from streha.common import errors

ROOM = "accounts"
RESET_HOURS = 24
TOKEN_DAYS_AT_MOST = 366


@transaction.atomic
def create_organisation(
    name: str, *, kind: str, by: Access, at: dt.datetime, is_fictional: bool = False
) -> models.Organisation:
    """The organisation exists, once."""
    by.require(Action.USER_MANAGE)
    organisation, made = models.Organisation.objects.get_or_create(
        name=name.strip(), defaults={"kind": kind, "is_fictional": is_fictional or queries.is_demo_office()}
    )
    if made:
        _record("organisation made", "organisation", organisation.pk, by, at, {"name": name})
    return organisation


@transaction.atomic
def create_user(
    username: str,
    *,
    full_name: str,
    password: str | None,
    organisation_id: int | None = None,
    language: str = "",
    is_demo: bool = False,
    by: Access,
    at: dt.datetime,
) -> models.User:
    """The user can log in with the password (without one: only after a reset) and has no rights yet.

    Whoever is made in the demo is a user of the demo; nobody is one elsewhere.
    """
    by.require(Action.USER_MANAGE)
    is_demo = is_demo or queries.is_demo_office()
    if not rules.may_enter(is_demo_user=is_demo, in_demo=settings.DEMO):
        raise errors.Refused(
            errors.message("Users of the demo belong to the demo alone. Make a user with a password of their own."),
            code="demo_user",
        )
    name = username.strip().lower()
    if not name or models.User.objects.filter(username=name).exists():
        raise errors.Conflict(
            errors.message("The user name “{value}” is empty or taken. Choose another."),
            code="username_taken",
            value=name,
        )
    user = models.User(
        username=name,
        full_name=full_name.strip(),
        organisation_id=organisation_id,
        language=language,
        is_demo=is_demo,
        created_at=at,
    )
    _set_password(user, password, check=not is_demo)
    user.save()
    _record("user made", "user", user.pk, by, at, {"username": name})
    return user


def _set_password(user: models.User, password: str | None, *, check: bool = True) -> None:
    if password is None:
        user.set_unusable_password()
        return
    if check:
        try:
            validate_password(password, user)
        except ValidationError as weak:
            raise errors.BadInput(
                errors.message("This password is too weak: {why}"), code="password_weak", why=" ".join(weak.messages)
            ) from weak
    user.set_password(password)


@transaction.atomic
def grant_role(
    user_id: int,
    role: Role,
    scope: Scope,
    *,
    expires: dt.datetime | None = None,
    by: Access,
    at: dt.datetime,
) -> models.Grant:
    """The user holds the role in the scope; refused beside a role that may not go with it, and for oneself."""
    by.require(Action.USER_MANAGE)
    user = _user(user_id)
    if by.user_id == user.pk:
        raise errors.Refused(
            errors.message("Nobody grants a role to themselves. Ask a colleague who manages users."), code="own_grant"
        )
    if expires is not None and expires <= at:
        raise errors.BadInput(
            errors.message("The role would have ended already. Choose a later day."), code="expires_in_past"
        )
    held = {h.role for h in queries.access(user, at).held}
    clash = rules.clashing(held, role)
    if clash is not None:
        raise errors.Refused(
            errors.message("“{new}” may not go together with “{held}”: who enters does not approve."),
            code="roles_clash",
            new=role.value,
            held=clash.value,
        )
    _close_expired(user, role, scope, at)
    grant, made = models.Grant.objects.get_or_create(
        user=user,
        role=role.value,
        scope_kind=scope.kind.value,
        scope_key=scope.key,
        withdrawn_at=None,
        defaults={"starts": at, "expires": expires, "granted_by_id": by.user_id},
    )
    if not made and grant.expires != expires:
        grant.expires = expires
        grant.save()
    _record("role granted", "user", user.pk, by, at, {"role": role.value, "scope": [scope.kind.value, scope.key]})
    return grant


def _close_expired(user: models.User, role: Role, scope: Scope, at: dt.datetime) -> None:
    """A grant that ran out makes room for a new one."""
    models.Grant.objects.filter(
        user=user,
        role=role.value,
        scope_kind=scope.kind.value,
        scope_key=scope.key,
        withdrawn_at=None,
        expires__lte=at,
    ).update(withdrawn_at=at)


@transaction.atomic
def withdraw_grant(grant_id: int, *, by: Access, at: dt.datetime) -> None:
    """The role is no longer held, from the next request on."""
    by.require(Action.USER_MANAGE)
    grant = models.Grant.objects.filter(pk=grant_id, withdrawn_at=None).first()
    if grant is None:
        raise errors.NotFound()
    if grant.role == Role.KEEPER and not _other_keeper(grant, at):
        raise errors.Refused(
            errors.message("This is the last user who can manage users. Name another one first."), code="last_keeper"
        )
    grant.withdrawn_at = at
    grant.save()
    _record("role withdrawn", "user", grant.user_id, by, at, {"role": grant.role})


def _other_keeper(grant: models.Grant, at: dt.datetime) -> bool:
    others = models.Grant.objects.filter(models.in_force(at), role=Role.KEEPER, user__is_active=True)
    return others.exclude(user_id=grant.user_id).exists()


@transaction.atomic
def deactivate_user(user_id: int, *, by: Access, at: dt.datetime) -> None:
    """The user can no longer log in; tokens and grants end with them."""
    by.require(Action.USER_MANAGE)
    user = _user(user_id)
    if by.user_id == user.pk:
        raise errors.Refused(errors.message("Nobody closes their own account. Ask a colleague."), code="own_account")
    user.is_active = False
    user.save()
    models.Grant.objects.filter(user=user, withdrawn_at=None).update(withdrawn_at=at)
    models.ApiToken.objects.filter(user=user, withdrawn_at=None).update(withdrawn_at=at)
    _record("user closed", "user", user.pk, by, at)


@transaction.atomic
def choose_language(user_id: int, language: str) -> None:
    """The office speaks to the user in this language from now on; no right is touched, so nothing is recorded."""
    models.User.objects.filter(pk=user_id).update(language=language)


# --- break-glass ----------------------------------------------------------------------------------


@transaction.atomic
def break_glass(subject: uuid.UUID, *, reason: str, hours: int, by: Access, at: dt.datetime) -> models.BreakGlass:
    """The user may look at one person beyond their scope for some hours; the reason stands in the log for review."""
    by.require(Action.BREAK_GLASS)
    if len(reason.strip()) < 10:
        raise errors.BadInput(
            errors.message("Give the reason in a sentence; a colleague will review it."), code="reason_missing"
        )
    if not 1 <= hours <= rules.BREAK_GLASS_MAX_HOURS:
        raise errors.BadInput(
            errors.message("{value} hours is not possible: choose 1 to {most}."),
            code="hours_wrong",
            value=hours,
            most=rules.BREAK_GLASS_MAX_HOURS,
        )
    broken = models.BreakGlass.objects.create(
        user_id=by.person(),
        subject=subject,
        reason=reason.strip(),
        starts=at,
        expires=at + dt.timedelta(hours=hours),
    )
    audit.record(
        by=by.actor,
        at=at,
        room=ROOM,
        verb="glass broken",
        object_kind="breakglass",
        object_key=str(broken.pk),
        subject=subject,
        payload={"hours": hours},
        reason=reason.strip(),
    )
    return broken


@transaction.atomic
def review_break(break_id: int, *, justified: bool, note: str, by: Access, at: dt.datetime) -> models.BreakGlass:
    """Another person has said whether the look was justified."""
    by.require(Action.BREAK_GLASS_REVIEW)
    broken = models.BreakGlass.objects.filter(pk=break_id).first()
    if broken is None:
        raise errors.NotFound()
    if broken.user_id == by.user_id:
        raise errors.Refused(
            errors.message("Nobody reviews their own look. Another person must do it."), code="own_review"
        )
    if broken.reviewed_at is not None:
        raise errors.Conflict(errors.message("This was already reviewed."), code="reviewed_again")
    broken.reviewed_by_id, broken.reviewed_at = by.user_id, at
    broken.verdict, broken.note = "justified" if justified else "not_justified", note.strip()
    broken.save()
    audit.record(
        by=by.actor,
        at=at,
        room=ROOM,
        verb="break reviewed",
        object_kind="breakglass",
        object_key=str(broken.pk),
        subject=broken.subject,
        payload={"verdict": broken.verdict},
        reason=note.strip(),
    )
    return broken


# --- tokens ---------------------------------------------------------------------------------------


@transaction.atomic
def make_token(
    user_id: int,
    *,
    name: str,
    role: Role,
    scope: Scope,
    expires: dt.datetime,
    by: Access,
    at: dt.datetime,
) -> tuple[models.ApiToken, str]:
    """A key for a program, bound to a role and scope its user holds; the secret is returned once and not kept."""
    if by.user_id != user_id:
        by.require(Action.USER_MANAGE)
    user = _user(user_id)
    held = queries.access(user, at).held
    if not any(h.role == role and queries.within(scope, h.scope) for h in held):
        raise errors.Refused(
            errors.message("A token carries only a role that its user holds, in that place."), code="token_too_wide"
        )
    if not at < expires <= at + dt.timedelta(days=TOKEN_DAYS_AT_MOST):
        raise errors.BadInput(errors.message("A token lives for a year at most. Choose a nearer day."), code="expires")
    secret = "streha_" + secrets.token_urlsafe(32)
    token = models.ApiToken.objects.create(
        user=user,
        name=name.strip() or "token",
        digest=queries.token_digest(secret),
        hint=secret[7:11],
        role=role.value,
        scope_kind=scope.kind.value,
        scope_key=scope.key,
        created_at=at,
        expires=expires,
    )
    _record("token made", "user", user.pk, by, at, {"token": token.pk, "role": role.value})
    return token, secret


@transaction.atomic
def withdraw_token(token_id: int, *, by: Access, at: dt.datetime) -> None:
    """The token opens nothing any more."""
    token = models.ApiToken.objects.filter(pk=token_id, withdrawn_at=None).first()
    if token is None:
        raise errors.NotFound()
    if by.user_id != token.user_id:
        by.require(Action.USER_MANAGE)
    token.withdrawn_at = at
    token.save()
    _record("token withdrawn", "user", token.user_id, by, at, {"token": token.pk})


def token_used(token: models.ApiToken, on: dt.date) -> None:
    """The token was used on this day; written once a day, so that reading by token does not wait for a write."""
    if token.last_used_on != on:
        models.ApiToken.objects.filter(pk=token.pk).update(last_used_on=on)


# --- a password without mail ----------------------------------------------------------------------


@transaction.atomic
def ask_reset(user_id: int, *, by: Access, at: dt.datetime) -> models.PasswordReset:
    """A colleague asks for a new password for somebody; another must confirm."""
    by.require(Action.USER_MANAGE)
    user = _user(user_id)
    reset = models.PasswordReset.objects.create(
        user=user, asked_by_id=by.person(), asked_at=at, expires=at + dt.timedelta(hours=RESET_HOURS)
    )
    _record("reset asked", "user", user.pk, by, at)
    return reset


@transaction.atomic
def confirm_reset(reset_id: int, *, by: Access, at: dt.datetime) -> str:
    """The one-time code, for handing over in person; only its digest is kept."""
    by.require(Action.USER_VIEW)
    reset = models.PasswordReset.objects.filter(pk=reset_id, confirmed_by=None, used_at=None, expires__gt=at).first()
    if reset is None:
        raise errors.NotFound()
    if by.user_id in {reset.asked_by_id, reset.user_id}:
        raise errors.Refused(
            errors.message("Whoever asked cannot confirm. Another colleague must do it."), code="own_confirmation"
        )
    code = secrets.token_hex(5).upper()
    reset.confirmed_by_id, reset.confirmed_at = by.user_id, at
    reset.code_digest = queries.token_digest(code)
    reset.save()
    _record("reset confirmed", "user", reset.user_id, by, at)
    return code


@transaction.atomic
def use_reset(username: str, code: str, password: str, *, at: dt.datetime) -> models.User:
    """The user has the new password, and the code is used up; a wrong code says no more than that it is wrong."""
    reset = (
        models.PasswordReset.objects.select_related("user")
        .filter(
            user__username=username.strip().lower(),
            user__is_active=True,
            code_digest=queries.token_digest(code.strip().upper()),
            confirmed_by__isnull=False,
            used_at=None,
            expires__gt=at,
        )
        .first()
    )
    if reset is None:
        raise errors.BadInput(
            errors.message("The name and the code do not belong together, or the code has expired."), code="reset_wrong"
        )
    _set_password(reset.user, password)
    reset.user.password_reset_by_id = reset.confirmed_by_id
    reset.user.save()
    reset.used_at = at
    reset.save()
    by = Access(user_id=reset.user_id, label=reset.user.username)
    _record("password reset", "user", reset.user_id, by, at)
    return reset.user


def note_login(user: models.User, verb: str, *, at: dt.datetime) -> None:
    """Coming and going stands in the log."""
    _record(verb, "user", user.pk, Access(user_id=user.pk, label=user.username), at)


def _user(user_id: int) -> models.User:
    user = models.User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        raise errors.NotFound()
    return user


def _record(verb: str, kind: str, pk: int, by: Access, at: dt.datetime, payload: dict[str, Any] | None = None) -> None:  # noqa: PLR0917 - one line a call
    audit.record(by=by.actor, at=at, room=ROOM, verb=verb, object_kind=kind, object_key=str(pk), payload=payload)
