"""Users, organisations, grants of roles, break-glass and API tokens."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _

from streha.accounts import rules


class Organisation(models.Model):
    """A mission, municipality, ministry or NGO that people work for."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    kind = models.CharField(_("kind"), max_length=40, default="municipality")
    is_fictional = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class UserQuerySet(BaseUserManager["User"]):
    """Finds users by the name they log in with."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username=username)


class User(AbstractBaseUser):
    """Somebody who logs in. Rights come from grants alone; there is no superuser."""

    username = models.CharField(
        _("user name"), max_length=60, unique=True, error_messages={"unique": _("This user name is taken.")}
    )
    full_name = models.CharField(_("full name"), max_length=120)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="users")
    language = models.CharField(_("language"), max_length=10, blank=True)
    is_active = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    password_reset_by = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")

    objects: ClassVar[UserQuerySet] = UserQuerySet()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = ""
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.full_name or self.username

    @property
    def is_staff(self) -> bool:
        """Libraries ask; nobody is staff in their sense."""
        return False


class Grant(models.Model):
    """A role held by a user in a scope, from and until."""

    user = models.ForeignKey(User, models.CASCADE, related_name="grants")
    role = models.CharField(max_length=30, choices=[(r.value, r.value) for r in rules.Role])
    scope_kind = models.CharField(max_length=20, choices=[(k.value, k.value) for k in rules.ScopeKind])
    scope_key = models.CharField(max_length=40, blank=True)
    starts = models.DateTimeField()
    expires = models.DateTimeField(null=True, blank=True)
    granted_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "scope_kind", "scope_key"],
                condition=models.Q(withdrawn_at=None),
                name="accounts_grant_once",
            ),
            models.CheckConstraint(
                condition=models.Q(expires=None) | models.Q(expires__gt=models.F("starts")),
                name="accounts_grant_ends_after_start",
            ),
            models.CheckConstraint(
                condition=(models.Q(scope_kind__in=["all", "own"]) & models.Q(scope_key=""))
                | (models.Q(scope_kind__in=["area", "organisation"]) & ~models.Q(scope_key="")),
                name="accounts_grant_scope_key_when_needed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.scope_kind}:{self.scope_key}"

    def held(self) -> rules.HeldRole:
        """The grant as a value of the policy."""
        scope = rules.Scope(rules.ScopeKind(self.scope_kind), self.scope_key)
        return rules.HeldRole(rules.Role(self.role), scope, self.expires)


class BreakGlass(models.Model):
    """A borrowed look beyond one's scope: reason, hours, and a review by another person."""

    OUTSIDE_WALL = "judged by a colleague who need not see the person; it names a key and a reason"

    user = models.ForeignKey(User, models.PROTECT, related_name="breaks")
    subject = models.UUIDField(null=True, blank=True)  # the one person it opens
    reason = models.TextField()
    starts = models.DateTimeField()
    expires = models.DateTimeField()
    reviewed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    verdict = models.CharField(max_length=20, blank=True)  # justified, not_justified
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires__gt=models.F("starts")), name="accounts_breakglass_ends_after_start"
            ),
            models.CheckConstraint(
                condition=models.Q(reviewed_by=None) | ~models.Q(reviewed_by=models.F("user")),
                name="accounts_breakglass_reviewed_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} until {self.expires:%Y-%m-%d %H:%M}"


class ApiToken(models.Model):
    """A key for a program: only its digest is kept; it never carries more than its user and its list of actions."""

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=8)
    role = models.CharField(max_length=30, choices=[(r.value, r.value) for r in rules.Role])
    scope_kind = models.CharField(max_length=20, choices=[(k.value, k.value) for k in rules.ScopeKind])
    scope_key = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()
    expires = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    last_used_on = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"


class PasswordReset(models.Model):
    """A reset without mail: asked by one colleague, confirmed by another, used once."""

    user = models.ForeignKey(User, models.CASCADE, related_name="resets")
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    code_digest = models.CharField(max_length=64, blank=True)
    expires = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(confirmed_by=None) | ~models.Q(confirmed_by=models.F("asked_by")),
                name="accounts_reset_confirmed_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} asked {self.asked_at:%Y-%m-%d}"


def in_force(at: dt.datetime) -> models.Q:
    """Grants that hold at a moment."""
    return models.Q(starts__lte=at, withdrawn_at=None) & (models.Q(expires=None) | models.Q(expires__gt=at))
