"""The register of people: tables, constraints, and which class of field every column belongs to.

What is secret (identifiers, contacts, addresses, community, protection notes) is sealed under the person's own key;
names and birth dates stay in clear in their own tables, which erasure deletes. Every model that reaches a person
declares each of its columns in ``FIELD_CLASSES`` or, when it says nothing about anybody, in ``TECHNICAL``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar, Self

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import RawSQL

from streha.accounts.bridge import wall
from streha.accounts.bridge.wall import Ground
from streha.accounts.rules import Access, Action, Reach, Scope, ScopeKind
from streha.common.codes import FieldClass, Language, Precision, Script, Sex
from streha.people import rules
from streha.places import queries as places

F = FieldClass

# What a value was sealed for; a token copied to another column does not open.
SEALED_IDENTIFIER = "people.identifier.sealed"
SEALED_CONTACT = "people.contact.sealed"
SEALED_COMMUNITY = "people.person.community"
SEALED_ADDRESS = "people.household.address"
SEALED_NEED = "people.need.note"
SEALED_NOTE = "people.protection.note"


def choices(codes: Any) -> list[tuple[str, str]]:
    """Codes as choices; labels are the doors' business."""
    return [(code.value, code.value) for code in codes]


class FoldedField(models.CharField):  # type: ignore[type-arg]
    """A folded a-z key, compared byte by byte on every database, so that prefixes and pages agree."""

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        self.db_collation = {"postgresql": "C", "sqlite": "BINARY"}.get(connection.vendor)
        return super().db_parameters(connection)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("db_collation", None)
        return name, path, args, kwargs


def ground_of(access: Access, *actions: Action) -> Ground:
    """Where the access carries any of the actions, its areas with all that lies in them."""
    scopes = frozenset(scope for action in actions for scope in access.scopes(action))
    if scopes not in access.resolved:
        access.resolved[scopes] = _resolved(access, scopes)
    ground: Ground = access.resolved[scopes]
    return ground


def _resolved(access: Access, scopes: frozenset[Scope]) -> Ground:
    kinds = rules.scopes_by_kind(scopes)
    if ScopeKind.EVERYTHING in kinds:
        return Ground(everywhere=True)
    areas = places.subtree_ids(int(key) for key in kinds[ScopeKind.AREA]) if ScopeKind.AREA in kinds else ()
    users = [access.user_id] if ScopeKind.OWN in kinds and access.user_id is not None else []
    return Ground(False, sorted(areas), [int(key) for key in kinds.get(ScopeKind.ORGANISATION, ())], users)


def visible_q(access: Access, action: Action = Action.PERSON_VIEW, prefix: str = "") -> models.Q:
    """The persons (or what hangs on ``prefix``) on which the access carries the action.

    A shielded person answers only to who may view shielded ones in that scope; an erased one to nobody. A record that
    was merged into another stands in no list: whoever asks for it is led to the one it was merged into.
    """
    return kept_q(access, action, prefix) & models.Q(**{f"{prefix}canonical": None})


def kept_q(access: Access, action: Action, prefix: str = "") -> models.Q:
    """What the policy says of a row with a keeper, an organisation and a shield: a person, a household, a home."""
    carried = access.allows(action)
    return seen_q(
        ground_of(access, action),
        ground_of(access, Action.SHIELDED_VIEW) if carried else Ground(),
        sorted(access.opened) if carried else [],
        prefix,
    )


def seen_q(seen: Ground, shielded: Ground, opened: Collection[str] | RawSQL, prefix: str = "") -> models.Q:
    """The policy on a row of a person or household: for a query with values, for the second wall with settings."""
    found = seen.q(prefix) & models.Q(**{f"{prefix}shielded": False})
    if isinstance(opened, RawSQL) or opened:
        found |= models.Q(**{f"{prefix}subject__in": opened, f"{prefix}shielded": False})
    found |= shielded.q(prefix)
    return found & models.Q(**{f"{prefix}erased_at": None})


def seen_by_whom_asks() -> models.Q:
    """The same policy as the second wall reads it from the session; ``led_by`` adds the records merged into another."""
    return kept_by_whom_asks(Reach.PEOPLE)


def kept_by_whom_asks(reach: Reach, prefix: str = "") -> models.Q:
    """``kept_q`` as the second wall reads it from the session."""
    told = seen_q(wall.announced(reach), wall.announced(Reach.SHIELDED), wall.listed("opened", "uuid"), prefix)
    return wall.holds(reach) & told


def unless_shielded() -> models.Q:
    """Who is not shielded, and anybody for who may view shielded people somewhere, as the second wall reads it."""
    return models.Q(shielded=False) | wall.holds(Reach.SHIELDED)


class PersonQuerySet(models.QuerySet["Person"]):
    """Reads start here."""

    def visible_to(self, access: Access, action: Action = Action.PERSON_VIEW) -> Self:
        """Persons on whom the access carries the action."""
        return self.filter(visible_q(access, action))

    def in_order(self) -> Self:
        """By family name as folded, then by number."""
        return self.order_by("sort_name", "id")


class Person(models.Model):
    """Somebody in the register: an id that never dies, and what is said once about them."""

    subject = models.UUIDField(unique=True, editable=False)
    sort_name = FoldedField(max_length=80)
    birth_date = models.DateField(null=True, blank=True)
    birth_precision = models.CharField(max_length=10, blank=True, choices=choices(Precision))
    sex = models.CharField(max_length=1, choices=choices(Sex), default=Sex.UNKNOWN)
    vital_status = models.CharField(max_length=10, choices=choices(rules.VitalStatus), default=rules.VitalStatus.ALIVE)
    citizenship = models.CharField(max_length=2, blank=True)
    language = models.CharField(max_length=8, blank=True, choices=choices(Language))
    community_sealed = models.BinaryField(null=True, editable=False)
    home_area = models.ForeignKey(
        "places.Area", models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    keeper = models.ForeignKey("places.Area", models.PROTECT, related_name="+", db_index=False)
    organisation = models.ForeignKey("accounts.Organisation", models.PROTECT, null=True, related_name="+")
    registered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+", db_index=False)
    registered_at = models.DateTimeField()
    source = models.CharField(max_length=40, default="office")
    shielded = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    ended_on = models.DateField(null=True, blank=True)
    end_reason = models.CharField(max_length=20, blank=True, choices=choices(rules.EndReason))
    erased_at = models.DateTimeField(null=True, blank=True)
    is_fictional = models.BooleanField(default=False)
    canonical = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="merged", db_index=False
    )
    """The record that this one was merged into, at the end of the line; its number goes on answering by it."""

    objects: ClassVar[PersonQuerySet] = PersonQuerySet.as_manager()  # type: ignore[assignment]

    WALL = wall.rule(seen_by_whom_asks, led_by="canonical")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "sort_name": F.IDENTITY,
        "birth_date": F.IDENTITY,
        "birth_precision": F.IDENTITY,
        "sex": F.IDENTITY,
        "vital_status": F.IDENTITY,
        "citizenship": F.IDENTITY,
        "language": F.IDENTITY,
        "community_sealed": F.COMMUNITY,
        "home_area": F.HOME_LOCATION,
        "shielded": F.PROTECTION,
        "ended_on": F.IDENTITY,
        "end_reason": F.IDENTITY,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset(
        {
            "id",
            "subject",
            "keeper",
            "organisation",
            "registered_by",
            "registered_at",
            "source",
            "version",
            "erased_at",
            "is_fictional",
            "canonical",
        }
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["canonical"], condition=models.Q(canonical__isnull=False), name="people_person_by_canonical"
            ),
            models.Index(fields=["sort_name", "id"], name="people_person_by_name"),
            models.Index(fields=["keeper", "sort_name", "id"], name="people_person_by_keeper"),
            models.Index(fields=["sex", "sort_name", "id"], name="people_person_by_sex"),
            models.Index(fields=["home_area", "sort_name", "id"], name="people_person_by_home"),
            models.Index(fields=["registered_by", "sort_name", "id"], name="people_person_by_user"),
            models.Index(
                fields=["sort_name", "id"], condition=models.Q(ended_on__isnull=False), name="people_ended_by_name"
            ),
            models.Index(
                fields=["keeper", "sort_name", "id"],
                condition=models.Q(ended_on__isnull=False),
                name="people_ended_by_keeper",
            ),
            models.Index(fields=["source"], condition=~models.Q(source="office"), name="people_person_by_source"),
            models.Index(
                fields=["birth_date"], condition=models.Q(birth_date__isnull=False), name="people_person_by_birth"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(birth_date=None, birth_precision="")
                | (models.Q(birth_date__isnull=False) & ~models.Q(birth_precision="")),
                name="people_birth_has_precision",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_on=None, end_reason="")
                | (models.Q(ended_on__isnull=False) & ~models.Q(end_reason="")),
                name="people_end_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number people read out: P-0041877."""
        return rules.person_number(self.pk)

    @property
    def kept_id(self) -> int:
        """The record that answers for this one: itself, or the one it was merged into."""
        return self.canonical_id or self.pk


class PersonFact(models.Model):
    """What is said about a person with a beginning and an end; ended, never deleted, except by erasure."""

    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    noted_at = models.DateTimeField()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_to=None)
                | models.Q(valid_from=None)
                | models.Q(valid_to__gte=models.F("valid_from")),
                name="%(app_label)s_%(class)s_ends_after_start",
            )
        ]


_FACT_TECHNICAL = frozenset({"id", "person", "valid_from", "valid_to", "noted_at"})


class Name(PersonFact):
    """One way a person is written: script, kind, from and to. The keys stand in NameKey."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="names")
    kind = models.CharField(max_length=12, choices=choices(rules.NameKind), default=rules.NameKind.MAIN)
    script = models.CharField(max_length=4, choices=choices(Script), default=Script.LATIN)
    given = models.CharField(max_length=100, blank=True)
    father = models.CharField(max_length=100, blank=True)
    family = models.CharField(max_length=100, blank=True)
    lent_by = models.ForeignKey(
        Person, models.CASCADE, null=True, editable=False, related_name="lent_names", db_index=False
    )
    lent_kind = models.CharField(max_length=12, blank=True, editable=False)
    """While records are merged, the one that is kept bears the names of all: whose it is, and its kind before."""

    WALL = wall.through("person")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "kind": F.IDENTITY,
        "script": F.IDENTITY,
        "given": F.IDENTITY,
        "father": F.IDENTITY,
        "family": F.IDENTITY,
    }
    TECHNICAL: ClassVar[frozenset[str]] = _FACT_TECHNICAL | {"lent_by", "lent_kind"}

    class Meta(PersonFact.Meta):
        indexes = [
            models.Index(fields=["lent_by"], condition=models.Q(lent_by__isnull=False), name="people_name_by_lender")
        ]
        constraints = [
            *PersonFact.Meta.constraints,
            models.CheckConstraint(condition=~models.Q(given="", family=""), name="people_name_not_empty"),
        ]

    def __str__(self) -> str:
        return " ".join(part for part in (self.given, self.father, self.family) if part)


def key_seen_by_whom_asks() -> models.Q:
    """The same policy on the search index: by its own columns where areas decide, by the person where more does."""
    seen = wall.announced(Reach.PEOPLE)
    by_area = Ground(seen.everywhere, seen.areas).q() & models.Q(shielded=False)
    closely = wall.said("opened", "people_organisations", "people_user", *(f"shielded_{kind}" for kind in wall.KINDS))
    return by_area | (closely & models.Q(models.Exists(Person.objects.filter(pk=models.OuterRef("person_id")))))


class NameKey(models.Model):
    """A folded word of a person's names, beside what the policy and the order of a list need: the search index."""

    key = FoldedField(max_length=40)
    sort_name = FoldedField(max_length=80)
    person = models.ForeignKey(Person, models.CASCADE, related_name="keys", db_index=False)
    keeper = models.ForeignKey("places.Area", models.PROTECT, related_name="+", db_index=False)
    shielded = models.BooleanField(default=False)

    WALL = wall.rule(key_seen_by_whom_asks)
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "key": F.IDENTITY,
        "sort_name": F.IDENTITY,
        "shielded": F.PROTECTION,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset({"id", "person", "keeper"})

    class Meta:
        indexes = [
            models.Index(fields=["key", "sort_name", "person", "keeper", "shielded"], name="people_namekey_search"),
            models.Index(fields=["keeper", "key", "sort_name", "person", "shielded"], name="people_namekey_keeper"),
        ]
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="people_namekey_once")]

    def __str__(self) -> str:
        return str(self.key)


class Identifier(PersonFact):
    """A number of a document: sealed, found again by its blind index, told apart on screen by its last signs."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="identifiers")
    kind = models.CharField(max_length=20, choices=choices(rules.IdentifierKind))
    issuer = models.CharField(max_length=2, blank=True)
    sealed = models.BinaryField(editable=False)
    blind = models.CharField(max_length=64, editable=False)
    hint = models.CharField(max_length=4, editable=False)

    WALL = wall.through("person")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "kind": F.IDENTITY,
        "issuer": F.IDENTITY,
        "sealed": F.IDENTITY,
        "blind": F.IDENTITY,
        "hint": F.IDENTITY,
    }
    TECHNICAL: ClassVar[frozenset[str]] = _FACT_TECHNICAL

    class Meta(PersonFact.Meta):
        indexes = [models.Index(fields=["blind"], name="people_identifier_by_blind")]
        constraints = [
            *PersonFact.Meta.constraints,
            models.UniqueConstraint(
                fields=["person", "blind"], condition=models.Q(valid_to=None), name="people_identifier_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} …{self.hint}"


class Contact(PersonFact):
    """A phone, an e-mail, an address: sealed; phones and e-mails are found by their blind index."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="contacts")
    kind = models.CharField(max_length=10, choices=choices(rules.ContactKind))
    sealed = models.BinaryField(editable=False)
    blind = models.CharField(max_length=64, blank=True, editable=False)
    hint = models.CharField(max_length=12, blank=True, editable=False)

    WALL = wall.through("person")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "kind": F.CONTACT,
        "sealed": F.CONTACT,
        "blind": F.CONTACT,
        "hint": F.CONTACT,
    }
    TECHNICAL: ClassVar[frozenset[str]] = _FACT_TECHNICAL

    class Meta(PersonFact.Meta):
        indexes = [models.Index(fields=["blind"], name="people_contact_by_blind")]

    def __str__(self) -> str:
        return f"{self.kind} {self.hint}"


class HouseholdQuerySet(models.QuerySet["Household"]):
    """Reads start here."""

    def visible_to(self, access: Access, action: Action = Action.PERSON_VIEW) -> Self:
        """Households in the access's scope, none of whose members is hidden from it."""
        seen = self.filter(kept_q(access, action, ""))
        if not access.allows(Action.SHIELDED_VIEW):
            seen = seen.filter(~OF_SHIELDED.q())  # a household's own shield too: rows that name one ask this of it
        return seen


def shielded_or_merged(prefix: str = "person__") -> models.Q:
    """Of somebody shielded, or whose record was merged into one that is."""
    return models.Q(**{f"{prefix}shielded": True}) | models.Q(**{f"{prefix}canonical__shielded": True})


def hidden_members(here: models.OuterRef) -> models.QuerySet[Membership]:
    """Members of an outer household who hide it from whoever may not see shielded people."""
    return Membership.objects.filter(household=here, person__shielded=True)


OF_SHIELDED = wall.Look(
    "people_household_of_shielded",
    lambda here: [hidden_members(here), Household.objects.filter(shielded=True, pk=here)],
)


class Household(models.Model):
    """People who live and eat together. Its address is sealed under a key of its own."""

    subject = models.UUIDField(unique=True, editable=False)
    sort_name = FoldedField(max_length=80, blank=True)
    home_area = models.ForeignKey("places.Area", models.PROTECT, null=True, blank=True, related_name="+")
    address_sealed = models.BinaryField(null=True, editable=False)
    keeper = models.ForeignKey("places.Area", models.PROTECT, related_name="+", db_index=False)
    organisation = models.ForeignKey("accounts.Organisation", models.PROTECT, null=True, related_name="+")
    registered_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    registered_at = models.DateTimeField()
    source = models.CharField(max_length=40, default="office")
    source_ref = models.CharField(max_length=80, blank=True)
    shielded = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    ended_on = models.DateField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)
    is_fictional = models.BooleanField(default=False)
    canonical = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="merged", db_index=False
    )
    """The household that this one went on in; its number goes on answering by it, however far that leads."""

    objects: ClassVar[HouseholdQuerySet] = HouseholdQuerySet.as_manager()  # type: ignore[assignment]

    WALL = wall.rule(seen_by_whom_asks, hidden_unless=lambda: wall.holds(Reach.SHIELDED), hidden_if=OF_SHIELDED)
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "sort_name": F.IDENTITY,
        "home_area": F.HOME_LOCATION,
        "address_sealed": F.HOME_LOCATION,
        "shielded": F.PROTECTION,
        "ended_on": F.IDENTITY,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset(
        {
            "id",
            "subject",
            "keeper",
            "organisation",
            "registered_by",
            "registered_at",
            "source",
            "source_ref",
            "version",
            "erased_at",
            "is_fictional",
            "canonical",
        }
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["canonical"], condition=models.Q(canonical__isnull=False), name="people_household_by_canonical"
            ),
            models.Index(fields=["sort_name", "id"], name="people_household_by_name"),
            models.Index(fields=["keeper", "sort_name", "id"], name="people_household_by_keeper"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """The number people read out: HH-0020417."""
        return rules.household_number(self.pk)


class Membership(models.Model):
    """A person in a household, from and until; ended, never deleted."""

    household = models.ForeignKey(Household, models.CASCADE, related_name="memberships")
    person = models.ForeignKey(Person, models.CASCADE, related_name="memberships")
    relation = models.CharField(max_length=20, choices=choices(rules.Relation), default=rules.Relation.UNKNOWN)
    is_head = models.BooleanField(default=False)
    is_collector = models.BooleanField(default=False)
    is_alternate = models.BooleanField(default=False)
    started_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    noted_at = models.DateTimeField()
    lent_by = models.ForeignKey(
        Person, models.CASCADE, null=True, editable=False, related_name="lent_memberships", db_index=False
    )
    ended_by_merge = models.BooleanField(default=False, editable=False)
    """While records are merged, the one that is kept lives in one household alone; undoing opens the other again."""
    begun_by_move = models.ForeignKey(
        "people.HouseholdMove", models.SET_NULL, null=True, editable=False, related_name="begun", db_index=False
    )
    ended_by_move = models.ForeignKey(
        "people.HouseholdMove", models.SET_NULL, null=True, editable=False, related_name="ended", db_index=False
    )
    """The change between households that began or ended it, so that the change can be taken back."""

    WALL = wall.through("person")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "relation": F.IDENTITY,
        "is_head": F.IDENTITY,
        "is_collector": F.PAYMENT,
        "is_alternate": F.PAYMENT,
        "started_on": F.IDENTITY,
        "ended_on": F.IDENTITY,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset(
        {"id", "household", "person", "noted_at", "lent_by", "ended_by_merge", "begun_by_move", "ended_by_move"}
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["lent_by"], condition=models.Q(lent_by__isnull=False), name="people_membership_by_lender"
            ),
            models.Index(
                fields=["begun_by_move"],
                condition=models.Q(begun_by_move__isnull=False),
                name="people_membership_begun_by",
            ),
            models.Index(
                fields=["ended_by_move"],
                condition=models.Q(ended_by_move__isnull=False),
                name="people_membership_ended_by",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["person"], condition=models.Q(ended_on=None), name="people_one_household_at_a_time"
            ),
            models.UniqueConstraint(
                fields=["household"], condition=models.Q(ended_on=None, is_head=True), name="people_one_head"
            ),
            models.UniqueConstraint(
                fields=["household"], condition=models.Q(ended_on=None, is_collector=True), name="people_one_collector"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_on=None)
                | models.Q(started_on=None)
                | models.Q(ended_on__gte=models.F("started_on")),
                name="people_membership_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} in {self.household_id}"

    @property
    def was_taken_back(self) -> bool:
        """Whether a change between households began it that was taken back: nobody lived there by it."""
        return self.begun_by_move is not None and self.begun_by_move.undone_at is not None

    @property
    def household_number(self) -> str:
        """The household's number, known even where the household itself is not for the viewer."""
        return rules.household_number(self.household_id)


class DisplacementEpisode(models.Model):
    """A person, from a place, to a place, for a cause, with dates as precise as they are known."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="episodes")
    status = models.CharField(max_length=16, choices=choices(rules.EpisodeStatus))
    cause = models.CharField(max_length=12, choices=choices(rules.Cause))
    from_area = models.ForeignKey("places.Area", models.PROTECT, null=True, blank=True, related_name="+")
    from_text = models.CharField(max_length=120, blank=True)
    to_area = models.ForeignKey("places.Area", models.PROTECT, null=True, blank=True, related_name="+")
    to_text = models.CharField(max_length=120, blank=True)
    started_on = models.DateField(null=True, blank=True)
    started_precision = models.CharField(max_length=10, blank=True, choices=choices(Precision))
    ended_on = models.DateField(null=True, blank=True)
    ended_precision = models.CharField(max_length=10, blank=True, choices=choices(Precision))
    noted_at = models.DateTimeField()

    WALL = wall.through("person")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "status": F.IDENTITY,
        "cause": F.IDENTITY,
        "from_area": F.HOME_LOCATION,
        "from_text": F.HOME_LOCATION,
        "to_area": F.HOME_LOCATION,
        "to_text": F.HOME_LOCATION,
        "started_on": F.IDENTITY,
        "started_precision": F.IDENTITY,
        "ended_on": F.IDENTITY,
        "ended_precision": F.IDENTITY,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset({"id", "person", "noted_at"})

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_on=None)
                | models.Q(started_on=None)
                | models.Q(ended_on__gte=models.F("started_on")),
                name="people_episode_ends_after_start",
            ),
            models.CheckConstraint(
                condition=models.Q(started_on=None, started_precision="")
                | (models.Q(started_on__isnull=False) & ~models.Q(started_precision="")),
                name="people_episode_start_has_precision",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_on=None, ended_precision="")
                | (models.Q(ended_on__isnull=False) & ~models.Q(ended_precision="")),
                name="people_episode_end_has_precision",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.cause}"


class Intention(models.Model):
    """What a person says they want, on a day. Registering it gives no right to be selected."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="intentions")
    wish = models.CharField(max_length=20, choices=choices(rules.Wish))
    area = models.ForeignKey("places.Area", models.PROTECT, null=True, blank=True, related_name="+")
    said_on = models.DateField()
    noted_at = models.DateTimeField()

    WALL = wall.through("person")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "wish": F.IDENTITY,
        "area": F.HOME_LOCATION,
        "said_on": F.IDENTITY,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset({"id", "person", "noted_at"})

    def __str__(self) -> str:
        return f"{self.wish} {self.said_on}"


class Functioning(models.Model):
    """Answers to the Washington Group Short Set on a day, 1 (no difficulty) to 4 (cannot do); null: not asked."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="functioning")
    asked_on = models.DateField()
    seeing = models.PositiveSmallIntegerField(null=True, blank=True)
    hearing = models.PositiveSmallIntegerField(null=True, blank=True)
    walking = models.PositiveSmallIntegerField(null=True, blank=True)
    remembering = models.PositiveSmallIntegerField(null=True, blank=True)
    self_care = models.PositiveSmallIntegerField(null=True, blank=True)
    communicating = models.PositiveSmallIntegerField(null=True, blank=True)
    noted_at = models.DateTimeField()

    WALL = wall.through("person")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "asked_on": F.HEALTH,
        **dict.fromkeys(rules.FUNCTIONING_DOMAINS, F.HEALTH),
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset({"id", "person", "noted_at"})

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(**{f"{domain}__in": [1, 2, 3, 4]}) | models.Q(**{domain: None}),
                name=f"people_functioning_{domain}",
            )
            for domain in rules.FUNCTIONING_DOMAINS
        ]

    def __str__(self) -> str:
        return f"WG-SS {self.asked_on}"


class SpecificNeed(PersonFact):
    """A need linked to displacement, coded; the note is sealed."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="needs")
    kind = models.CharField(max_length=20, choices=choices(rules.NeedKind))
    note_sealed = models.BinaryField(null=True, editable=False)

    WALL = wall.through("person")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {"kind": F.HEALTH, "note_sealed": F.HEALTH}
    TECHNICAL: ClassVar[frozenset[str]] = _FACT_TECHNICAL

    class Meta(PersonFact.Meta):
        pass

    def __str__(self) -> str:
        return self.kind


class ProtectionNote(models.Model):
    """What only protection staff may read: sealed."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="protection_notes")
    sealed = models.BinaryField(editable=False)
    noted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    noted_at = models.DateTimeField()

    WALL = wall.through("person")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {"sealed": F.PROTECTION}
    TECHNICAL: ClassVar[frozenset[str]] = frozenset({"id", "person", "noted_by", "noted_at"})

    def __str__(self) -> str:
        return f"note {self.pk}"


class Consent(models.Model):
    """What a person agreed to, for which purpose and recipients, until when; after ISO/IEC TS 27560."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=60)
    recipients = models.CharField(max_length=200, blank=True)
    basis = models.CharField(max_length=20, choices=choices(rules.LegalBasis))
    given_on = models.DateField()
    expires_on = models.DateField(null=True, blank=True)
    withdrawn_on = models.DateField(null=True, blank=True)
    evidence = models.CharField(max_length=200, blank=True)
    noted_by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    noted_at = models.DateTimeField()

    WALL = wall.through("person")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "purpose": F.IDENTITY,
        "recipients": F.IDENTITY,
        "basis": F.IDENTITY,
        "given_on": F.IDENTITY,
        "expires_on": F.IDENTITY,
        "withdrawn_on": F.IDENTITY,
        "evidence": F.IDENTITY,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset({"id", "person", "noted_by", "noted_at"})

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_on=None) | models.Q(expires_on__gte=models.F("given_on")),
                name="people_consent_expires_after_given",
            ),
            models.CheckConstraint(
                condition=models.Q(withdrawn_on=None) | models.Q(withdrawn_on__gte=models.F("given_on")),
                name="people_consent_withdrawn_after_given",
            ),
        ]

    def __str__(self) -> str:
        return self.purpose


class Transfer(models.Model):
    """The ledger of what went to a third party: who got which classes of field, why, on which basis."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="transfers")
    recipient = models.CharField(max_length=200)
    purpose = models.CharField(max_length=60)
    classes = models.CharField(max_length=120)
    basis = models.CharField(max_length=20, choices=choices(rules.LegalBasis))
    consent = models.ForeignKey(Consent, models.SET_NULL, null=True, blank=True, related_name="transfers")
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")

    WALL = wall.through("person")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "recipient": F.IDENTITY,
        "purpose": F.IDENTITY,
        "classes": F.IDENTITY,
        "basis": F.IDENTITY,
        "consent": F.IDENTITY,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset({"id", "person", "at", "by"})

    def __str__(self) -> str:
        return f"{self.recipient}: {self.purpose}"


class MatchPair(models.Model):
    """Two records that may be one person, found by a rule or by the linkage, and what was decided about them.

    The pair keeps the numbers it was found with; who answers for them now is resolved when it is read. A pair that no
    single office keeps, or one of whose sides is shielded, waits in the central queue alone.
    """

    left = models.ForeignKey(Person, models.CASCADE, related_name="+")
    right = models.ForeignKey(Person, models.CASCADE, related_name="+")
    why = models.CharField(max_length=120)
    probability = models.FloatField(default=0.0)
    consequence = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=10, choices=choices(rules.PairState), default=rules.PairState.OPEN)
    keeper = models.ForeignKey("places.Area", models.PROTECT, null=True, related_name="+", db_index=False)
    is_central = models.BooleanField(default=False)
    found_at = models.DateTimeField()

    WALL = wall.through("left", "right")
    FIELD_CLASSES: ClassVar[Mapping[str, FieldClass]] = {
        "why": F.IDENTITY,
        "probability": F.IDENTITY,
        "consequence": F.PAYMENT,
        "state": F.IDENTITY,
        "is_central": F.PROTECTION,
    }
    TECHNICAL: ClassVar[frozenset[str]] = frozenset({"id", "left", "right", "keeper", "found_at"})

    class Meta:
        indexes = [
            models.Index(fields=["state", "-consequence", "-probability", "-id"], name="people_matchpair_queue"),
            models.Index(
                fields=["keeper", "state", "-consequence", "-probability", "-id"], name="people_matchpair_keeper"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["left", "right"], name="people_matchpair_once"),
            models.CheckConstraint(condition=models.Q(left__lt=models.F("right")), name="people_matchpair_ordered"),
            models.CheckConstraint(
                condition=models.Q(probability__gte=0.0) & models.Q(probability__lte=1.0),
                name="people_matchpair_probability",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.left_id} ~ {self.right_id}"


# The tables of these stand in modules of their own; Django finds a room's tables here.
from streha.people.duplicates import models as duplicates  # noqa: E402, F401
from streha.people.exports import models as exports  # noqa: E402, F401
from streha.people.households import models as households  # noqa: E402, F401
from streha.people.imports import models as imports  # noqa: E402, F401
from streha.people.merges import models as merges  # noqa: E402, F401
