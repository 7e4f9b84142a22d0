"""What a user may do now, read from grants, tokens and break-glass."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib

from django.conf import settings

from streha.accounts import models, rules


def access(user: models.User, at: dt.datetime) -> rules.Access:
    """The user's rights at a moment; an inactive user has none, nor one of the demo outside the demo."""
    if not user.is_active or not may_enter(user):
        return rules.NOBODY
    held = tuple(grant.held() for grant in models.Grant.objects.filter(models.in_force(at), user=user))
    found = rules.Access(user_id=user.pk, label=user.username, held=held)
    if found.allows(rules.Action.BREAK_GLASS):
        found = dataclasses.replace(found, opened=open_breaks(user.pk, at))
    return found


def token_digest(secret: str) -> str:
    """Digest under which a token is kept; tokens are 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def access_by_token(secret: str, at: dt.datetime) -> tuple[models.ApiToken, rules.Access] | None:
    """The token and its rights: what it was bound to, as far as its user still holds it."""
    token = (
        models.ApiToken.objects.select_related("user")
        .filter(digest=token_digest(secret), withdrawn_at=None, expires__gt=at, user__is_active=True)
        .first()
    )
    if token is None:
        return None
    scope = rules.Scope(rules.ScopeKind(token.scope_kind), token.scope_key)
    bound = rules.HeldRole(rules.Role(token.role), scope, token.expires, via="token")
    still = [h for h in access(token.user, at).held if h.role == bound.role and within(bound.scope, h.scope)]
    held = (bound,) if still else ()
    return token, rules.Access(user_id=token.user_id, label=f"{token.user.username}/{token.name}", held=held)


def within(inner: rules.Scope, outer: rules.Scope) -> bool:
    """A token's scope must be one its user holds, or its user holds everything."""
    return outer.kind == rules.ScopeKind.EVERYTHING or inner == outer


def open_breaks(user_id: int, at: dt.datetime) -> frozenset[str]:
    """Subjects a user may look at by break-glass at this moment."""
    found = models.BreakGlass.objects.filter(user_id=user_id, starts__lte=at, expires__gt=at, subject__isnull=False)
    return frozenset(subject.hex for subject in found.values_list("subject", flat=True) if subject)


def may_enter(user: models.User) -> bool:
    """Whether this office takes the user in: real data refuses the logins of the demo."""
    return rules.may_enter(is_demo_user=user.is_demo, in_demo=settings.DEMO)


def is_demo_office() -> bool:
    """Whether this database was made for the demo; all that is entered into it is fictional."""
    return models.Organisation.objects.filter(is_fictional=True).exists()


def holds_real() -> bool:
    """Whether some organisation or user is not of the demo."""
    return (
        models.Organisation.objects.filter(is_fictional=False).exists()
        or models.User.objects.filter(is_demo=False).exists()
    )


def holds_demo_users() -> bool:
    """Whether anybody here may log in with a password that everybody knows."""
    return models.User.objects.filter(is_demo=True).exists()
