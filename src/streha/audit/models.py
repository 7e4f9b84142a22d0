"""Tables of the log: keys per person, records and heads of the chains, and, in a store of their own, who looked.

Records are append-only three times over: the models refuse, the QuerySets refuse, and triggers in both databases
refuse.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, NoReturn, TypeVar

from django.db import models

from streha.audit import rules
from streha.common import errors

M = TypeVar("M", bound=models.Model)


class SubjectKey(models.Model):
    """The key of one person, wrapped by a master key that is not in this database; empty once destroyed."""

    OUTSIDE_WALL = "wrapped keys, which the keyring alone opens; asked for before anybody is seen"

    subject = models.UUIDField(primary_key=True)
    wrapped = models.BinaryField(max_length=60)
    master_id = models.CharField(max_length=40)
    created_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(destroyed_at=None) | models.Q(wrapped=b""),
                name="audit_destroyed_key_is_empty",
            ),
        ]
        indexes = [
            models.Index(fields=["master_id", "subject"], name="audit_key_by_master"),
            models.Index(
                fields=["destroyed_at"], condition=models.Q(destroyed_at__isnull=False), name="audit_key_destroyed"
            ),
        ]

    def __str__(self) -> str:
        return str(self.subject)


class KeyEpoch(models.Model):
    """How often a key was destroyed; every process empties its cache of keys when this number moves."""

    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.number)


class LaneHead(models.Model):
    """The end of one chain; its row is the lock that puts writers of that lane in order."""

    lane = models.CharField(primary_key=True, max_length=20)
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.lane} {self.seq}"


def refuse(*_args: Any, **_kwargs: Any) -> NoReturn:
    """The log is append-only."""
    raise errors.Refused(errors.message("The log can only be added to."), code="append_only")


class AppendOnlyQuerySet(models.QuerySet[M]):
    """A QuerySet that reads and adds, and refuses to change or remove."""

    def update(self, **kwargs: Any) -> NoReturn:
        refuse(**kwargs)

    def delete(self) -> NoReturn:
        refuse()

    def bulk_update(self, objs: Iterable[M], fields: Iterable[str], batch_size: int | None = None) -> NoReturn:
        refuse(objs, fields, batch_size)

    def update_or_create(self, *args: Any, **kwargs: Any) -> NoReturn:
        refuse(*args, **kwargs)


class AppendOnly(models.Model):
    """Rows that are added once and stay."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            refuse()
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        refuse(*args, **kwargs)


class AuditRecord(AppendOnly):
    """One thing that was done, linked to the one before it in its lane."""

    OUTSIDE_WALL = "sealed under the person's key, and read by role: whoever keeps the log sees no register"

    lane = models.CharField(max_length=20)
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=20)
    actor_key = models.CharField(max_length=64)
    actor_label = models.CharField(max_length=200)
    room = models.CharField(max_length=30)
    verb = models.CharField(max_length=40)
    object_kind = models.CharField(max_length=40)
    object_key = models.CharField(max_length=64)
    subject = models.UUIDField(null=True)
    payload = models.BinaryField(null=True)
    reason = models.TextField(blank=True)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects: ClassVar[AppendOnlyQuerySet[AuditRecord]] = AppendOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["lane", "seq"], name="audit_record_one_per_link")]
        indexes = [
            models.Index(fields=["at", "id"], name="audit_record_by_time"),
            models.Index(
                fields=["subject", "at", "id"],
                condition=models.Q(subject__isnull=False),
                name="audit_record_by_subject",
            ),
            models.Index(fields=["actor_kind", "actor_key", "at", "id"], name="audit_record_by_actor"),
            models.Index(fields=["room", "verb", "at", "id"], name="audit_record_by_verb"),
        ]

    def __str__(self) -> str:
        return f"{self.lane} {self.seq}: {self.room}.{self.verb}"

    def expected_hash(self) -> str:
        """The hash this record must carry, computed from what it holds."""
        fields = (
            self.lane,
            self.seq,
            rules.moment(self.at),
            self.actor_kind,
            self.actor_key,
            self.actor_label,
            self.room,
            self.verb,
            self.object_kind,
            self.object_key,
            None if self.subject is None else str(self.subject),
            self.reason,
        )
        return rules.link(self.previous, fields, b"" if self.payload is None else bytes(self.payload))


class ReadRecord(AppendOnly):
    """Somebody looked at a person: when, what they did, which classes of field they saw, on which page."""

    OUTSIDE_WALL = "who looked, by subject and class of field; written on a connection that commits at once"

    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=20)
    actor_key = models.CharField(max_length=64)
    actor_label = models.CharField(max_length=200)
    verb = models.CharField(max_length=40)
    subject = models.UUIDField()
    classes = models.CharField(max_length=120, blank=True)  # codes of field classes, sorted, with commas
    where = models.CharField(max_length=80, blank=True)

    objects: ClassVar[AppendOnlyQuerySet[ReadRecord]] = AppendOnlyQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = [
            models.Index(fields=["subject", "at", "id"], name="audit_read_by_subject"),
            models.Index(fields=["actor_kind", "actor_key", "at", "id"], name="audit_read_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_label} {self.verb} {self.subject}"


class ReadSeal(AppendOnly):
    """A minute of looks under one signed hash, linked to the seal before it."""

    seq = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    number = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    signature = models.CharField(max_length=100)

    objects: ClassVar[AppendOnlyQuerySet[ReadSeal]] = AppendOnlyQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return f"seal {self.seq}"
