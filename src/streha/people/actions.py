"""Every write to the register of people: each asks the policy, checks the rules, writes, and leaves a record.

All of an action happens in one transaction, or nothing of it. Bulk registration (imports, the demo) and registration of
one person are the same code.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeVar

from django.db import models as orm
from django.db import transaction

from streha.accounts import queries as accounts
from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action
from streha.audit import actions as audit
from streha.audit import bridge as bulk
from streha.audit import rules as audit_rules
from streha.common import errors
from streha.common.codes import FieldClass, Precision, Sex
from streha.engine import names as naming
from streha.people import models, queries, rules

ROOM = "people"
PIECE = 500

Row = TypeVar("Row", bound=orm.Model)


@dataclass(frozen=True)
class Origin:
    """Where records come from: the office, or an import batch; the lane of the log follows."""

    source: str = "office"
    lane: str = "office"
    organisation_id: int | None = None


OFFICE = Origin()


# --- registering ----------------------------------------------------------------------------------


def register_person(draft: rules.PersonDraft, *, by: Access, at: dt.datetime, origin: Origin = OFFICE) -> models.Person:
    """The person is in the register, found by every spelling of their name, and the log says who registered them."""
    return register_many([draft], by=by, at=at, origin=origin)[0]


@transaction.atomic
def register_many(
    drafts: Sequence[rules.PersonDraft],
    *,
    by: Access,
    at: dt.datetime,
    origin: Origin = OFFICE,
    subjects: Sequence[uuid.UUID] | None = None,
    action: Action = Action.PERSON_REGISTER,
) -> list[models.Person]:
    """All drafts are registered, or none; a wrong one raises BadInput with its place in ``details["position"]``.

    ``subjects`` are keys that exist already (rows staged by an import); otherwise each person gets a new one.
    """
    by.require(action)
    if accounts.is_demo_office():
        drafts = [draft if draft.is_fictional else replace(draft, is_fictional=True) for draft in drafts]
    keys = list(subjects) if subjects is not None else audit.new_subjects(len(drafts), at=at)
    prepared = prepare(drafts, subjects=keys, sealer=audit.sealer(keys), by=by, at=at, origin=origin)
    return _as_objects(prepared.people, register_prepared(prepared, by=by, action=action))


@dataclass(frozen=True)
class Table:
    """Rows for one table; but for those of people themselves, each begins with the place of its person."""

    model: type[orm.Model]
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    @classmethod
    def of(cls, model: type[orm.Model], values: Sequence[dict[str, Any]]) -> Table:
        """The same columns in each of the values."""
        return cls(model, tuple(values[0]) if values else (), [tuple(row.values()) for row in values])


@dataclass(frozen=True)
class Prepared:
    """People as rows ready to be written: checked, names folded, what is secret sealed."""

    at: dt.datetime
    origin: Origin
    subjects: list[uuid.UUID]
    needed: Mapping[int, frozenset[FieldClass]]
    """By keeper, the classes filled there."""
    people: Table
    facts: tuple[Table, ...]
    contents: list[bytes]
    """What the log will say of each."""


class Whose(NamedTuple):
    """Of whom rows are made: somebody of the register, or somebody by their place among the prepared."""

    pk: int
    subject: uuid.UUID
    sort_name: str
    keeper_id: int
    shielded: bool


def prepare(
    drafts: Sequence[rules.PersonDraft],
    *,
    subjects: Sequence[uuid.UUID],
    sealer: bulk.Sealer,
    by: Access,
    at: dt.datetime,
    origin: Origin = OFFICE,
) -> Prepared:
    """People made ready for ``register_prepared``; a wrong one raises BadInput with its place.

    No table is read, so that another process may do it: it is the greater part of the work.
    """
    drafts = [_tidy(draft) for draft in drafts]
    for position, draft in enumerate(drafts):
        _check_draft(draft, position, at.date())
    people = _person_rows(drafts, subjects, sealer, by, at, origin)
    told = [
        (Whose(place, subject, row["sort_name"], draft.keeper_id, draft.shielded), draft)
        for place, (subject, row, draft) in enumerate(zip(subjects, people, drafts, strict=True))
    ]
    return Prepared(
        at=at,
        origin=origin,
        subjects=list(subjects),
        needed=_classes_by_keeper(drafts),
        people=Table.of(models.Person, people),
        facts=tuple(Table.of(model, values) for model, values in _facts(told, sealer, by, at)),
        contents=audit.sealed_payloads([(who.subject, _draft_payload(draft)) for who, draft in told], sealer),
    )


@transaction.atomic
def register_prepared(prepared: Prepared, *, by: Access, action: Action = Action.PERSON_REGISTER) -> list[int]:
    """All of the prepared are registered, or none; returns their ids in order. Their keys are in the register."""
    by.require(action)
    _require_writable(by, action, prepared.needed)
    ids = _insert_subjects(prepared.people, prepared.subjects)
    for table in prepared.facts:
        bulk.insert_rows(table.model, table.columns, [(ids[row[0]], *row[1:]) for row in table.rows])
    audit.record_many(
        [
            audit_rules.Entry(ROOM, "registered", "person", str(pk), subject=subject)
            for pk, subject in zip(ids, prepared.subjects, strict=True)
        ],
        by=by.actor,
        at=prepared.at,
        lane=prepared.origin.lane,
        contents=prepared.contents,
    )
    return ids


def _tidy(draft: rules.PersonDraft) -> rules.PersonDraft:
    kept = tuple(name.tidy() for name in draft.names if name.given.strip() or name.family.strip())
    return draft if kept == draft.names else replace(draft, names=kept)


def _check_draft(draft: rules.PersonDraft, position: int, today: dt.date) -> None:
    try:
        rules.check_person(draft, today)
        for identifier in draft.identifiers:
            rules.check_identifier(identifier)
    except errors.BadInput as wrong:
        raise errors.BadInput(wrong.template, code=wrong.code, **{**wrong.details, "position": position}) from wrong


def _classes_by_keeper(drafts: Iterable[rules.PersonDraft]) -> dict[int, frozenset[FieldClass]]:
    found: dict[int, set[FieldClass]] = {}
    for draft in drafts:
        found.setdefault(draft.keeper_id, set()).update(draft.classes())
    return {keeper_id: frozenset(classes) for keeper_id, classes in found.items()}


def _require_writable(by: Access, action: Action, needed: Mapping[int, frozenset[FieldClass]]) -> None:
    """Each keeper must lie in a scope of the action that may write the classes filled there."""
    for keeper_id, classes in needed.items():
        record = queries.Record(keeper_id=keeper_id, organisation_id=None, registered_by_id=by.user_id, subject="")
        if action == Action.IMPORT_DECIDE:
            if not queries.carries(by, action, record):
                raise _outside(keeper_id)
            continue
        allowed = queries.writable(by, action, record)
        if not allowed:
            raise _outside(keeper_id)
        require_classes(classes, allowed)


def _outside(keeper_id: int) -> errors.Refused:
    return errors.Refused(
        errors.message("This place lies outside the area you work for. Choose a place of yours, or ask a colleague."),
        code="outside_scope",
        keeper=keeper_id,
    )


def require_classes(classes: Iterable[FieldClass], allowed: frozenset[FieldClass]) -> None:
    """Raise Refused unless all of these classes may be written."""
    missing = sorted(set(classes) - allowed)
    if missing:
        raise errors.Refused(
            errors.message("Your role may not write this kind of data: {classes}."),
            code="class_not_writable",
            classes=", ".join(missing),
        )


def _insert(model: type[orm.Model], values: Sequence[dict[str, Any]]) -> None:
    """Insert many rows, each by its columns, without an object for each."""
    if values:
        columns = tuple(values[0])
        bulk.insert_rows(model, columns, [tuple(row.values()) for row in values])


def _person_rows(  # noqa: PLR0917
    drafts: Sequence[rules.PersonDraft],
    subjects: Sequence[uuid.UUID],
    sealer: bulk.Sealer,
    by: Access,
    at: dt.datetime,
    origin: Origin,
) -> list[dict[str, Any]]:
    told = [(subject, d.community.encode()) for d, subject in zip(drafts, subjects, strict=True) if d.community]
    communities = iter(sealer.seal_many(told, context=models.SEALED_COMMUNITY))
    return [
        _person_values(draft, subject, next(communities) if draft.community else None, by, at, origin)
        for draft, subject in zip(drafts, subjects, strict=True)
    ]


def _insert_subjects(table: Table, subjects: Sequence[uuid.UUID]) -> list[int]:
    """Insert a row for each subject; returns their ids in order."""
    bulk.insert_rows(table.model, table.columns, table.rows)
    ids: dict[uuid.UUID, int] = {}
    for start in range(0, len(subjects), PIECE):
        found = table.model._default_manager.filter(subject__in=subjects[start : start + PIECE])
        ids.update(found.values_list("subject", "pk"))
    return [ids[subject] for subject in subjects]


def _as_objects(table: Table, ids: Sequence[int]) -> list[Any]:
    """Rows just written as objects of their model, without reading them again."""
    defaults = {field.attname: field.get_default() for field in table.model._meta.concrete_fields}
    rows = ({**defaults, **dict(zip(table.columns, row, strict=True))} for row in table.rows)
    return [
        table.model.from_db("default", list(defaults), list({**row, "id": pk}.values()))
        for pk, row in zip(ids, rows, strict=True)
    ]


def _person_values(  # noqa: PLR0917 - one line a call
    draft: rules.PersonDraft,
    subject: uuid.UUID,
    community: bytes | None,
    by: Access,
    at: dt.datetime,
    origin: Origin,
) -> dict[str, Any]:
    main = draft.names[0]
    return {
        "subject": subject,
        "sort_name": naming.sort_key(main.family, main.given)[:80],
        "birth_date": draft.birth_date,
        "birth_precision": draft.birth_precision,
        "sex": draft.sex,
        "vital_status": draft.vital_status,
        "citizenship": draft.citizenship,
        "language": draft.language,
        "community_sealed": community,
        "home_area_id": draft.home_area_id,
        "keeper_id": draft.keeper_id,
        "organisation_id": origin.organisation_id,
        "registered_by_id": by.user_id,
        "registered_at": at,
        "source": origin.source,
        "shielded": draft.shielded,
        "is_fictional": draft.is_fictional,
    }


def _name_values(person_id: int, draft: rules.NameDraft, at: dt.datetime) -> dict[str, Any]:
    assert draft.script is not None
    return {
        "person_id": person_id,
        "kind": draft.kind,
        "script": draft.script,
        "given": draft.given,
        "father": draft.father,
        "family": draft.family,
        "noted_at": at,
    }


def _name_row(person: models.Person, draft: rules.NameDraft, at: dt.datetime) -> models.Name:
    return models.Name(**_name_values(person.pk, draft, at))


def _key_values(person: models.Person | Whose, names: Iterable[models.Name | rules.NameDraft]) -> list[dict[str, Any]]:
    """Rows of the search index: each key of the names once."""
    keys = sorted({key[:40] for n in names for key in naming.keys(f"{n.given} {n.father} {n.family}")})
    return [
        {
            "person_id": person.pk,
            "key": key,
            "sort_name": person.sort_name,
            "keeper_id": person.keeper_id,
            "shielded": person.shielded,
        }
        for key in keys
    ]


def _identifier_values(
    told: Sequence[tuple[models.Person | Whose, rules.IdentifierDraft]], sealer: bulk.Sealer, at: dt.datetime
) -> list[dict[str, Any]]:
    sealed = sealer.seal_many([(p.subject, d.value.encode()) for p, d in told], context=models.SEALED_IDENTIFIER)
    plains = [rules.plain_identifier(draft.value) for _, draft in told]
    blinds = sealer.blind_indexes("identifier", plains)
    return [
        {
            "person_id": person.pk,
            "kind": draft.kind,
            "issuer": draft.issuer,
            "sealed": token,
            "blind": blind,
            "hint": plain[-2:],
            "noted_at": at,
        }
        for (person, draft), token, plain, blind in zip(told, sealed, plains, blinds, strict=True)
    ]


def _contact_values(
    told: Sequence[tuple[models.Person | Whose, rules.ContactDraft]], sealer: bulk.Sealer, at: dt.datetime
) -> list[dict[str, Any]]:
    sealed = sealer.seal_many([(p.subject, c.value.encode()) for p, c in told], context=models.SEALED_CONTACT)
    plains = [rules.plain_contact(draft.kind, draft.value) for _, draft in told]
    return [
        {
            "person_id": person.pk,
            "kind": draft.kind,
            "sealed": token,
            "blind": sealer.blind_indexes(draft.kind, [plain])[0] if plain else "",
            "hint": rules.contact_hint(draft.kind, plain),
            "noted_at": at,
        }
        for (person, draft), token, plain in zip(told, sealed, plains, strict=True)
    ]


def _facts(
    told: Sequence[tuple[Whose, rules.PersonDraft]], sealer: bulk.Sealer, by: Access, at: dt.datetime
) -> Iterator[tuple[type[orm.Model], list[dict[str, Any]]]]:
    """What is told of people at registration beside their own row, by table."""
    yield models.Name, [_name_values(who.pk, name, at) for who, draft in told for name in draft.names]
    yield models.NameKey, [row for who, draft in told for row in _key_values(who, draft.names)]
    yield models.Identifier, _identifier_values([(who, i) for who, d in told for i in d.identifiers], sealer, at)
    yield models.Contact, _contact_values([(who, c) for who, d in told for c in d.contacts], sealer, at)
    yield models.DisplacementEpisode, [_episode_values(who.pk, e, at) for who, d in told for e in d.episodes]
    yield (
        models.Intention,
        [
            {"person_id": who.pk, "wish": i.wish, "area_id": i.area_id, "said_on": i.said_on, "noted_at": at}
            for who, d in told
            for i in d.intentions
        ],
    )
    yield models.Consent, [_consent_values(who.pk, c, by, at) for who, d in told for c in d.consents]
    yield (
        models.Functioning,
        [
            {
                "person_id": who.pk,
                "asked_on": f.asked_on,
                "noted_at": at,
                **dict(zip(rules.FUNCTIONING_DOMAINS, f.answers, strict=True)),
            }
            for who, d in told
            for f in d.functioning
        ],
    )
    yield models.SpecificNeed, _need_values([(who, n) for who, d in told for n in d.needs], sealer, at)
    notes = [(who, d.protection_note) for who, d in told if d.protection_note]
    yield models.ProtectionNote, _note_values(notes, sealer, by, at)


def _consent_values(person_id: int, draft: rules.ConsentDraft, by: Access, at: dt.datetime) -> dict[str, Any]:
    return {
        "person_id": person_id,
        "purpose": rules.tidy_text(draft.purpose),
        "recipients": rules.tidy_text(draft.recipients),
        "basis": draft.basis,
        "given_on": draft.given_on,
        "expires_on": draft.expires_on,
        "evidence": rules.tidy_text(draft.evidence),
        "noted_by_id": by.user_id,
        "noted_at": at,
    }


def _need_values(
    told: Sequence[tuple[models.Person | Whose, rules.NeedDraft]], sealer: bulk.Sealer, at: dt.datetime
) -> list[dict[str, Any]]:
    noted = [(p.subject, n.note.encode()) for p, n in told if n.note]
    sealed = iter(sealer.seal_many(noted, context=models.SEALED_NEED))
    return [
        {
            "person_id": person.pk,
            "kind": need.kind,
            "note_sealed": next(sealed) if need.note else None,
            "valid_from": at.date(),
            "noted_at": at,
        }
        for person, need in told
    ]


def _note_values(
    told: Sequence[tuple[models.Person | Whose, str]], sealer: bulk.Sealer, by: Access, at: dt.datetime
) -> list[dict[str, Any]]:
    sealed = sealer.seal_many([(p.subject, text.encode()) for p, text in told], context=models.SEALED_NOTE)
    return [
        {"person_id": person.pk, "sealed": token, "noted_by_id": by.user_id, "noted_at": at}
        for (person, _), token in zip(told, sealed, strict=True)
    ]


def _episode_values(person_id: int, draft: rules.EpisodeDraft, at: dt.datetime) -> dict[str, Any]:
    return {
        "person_id": person_id,
        "status": draft.status,
        "cause": draft.cause,
        "from_area_id": draft.from_area_id,
        "from_text": draft.from_text,
        "to_area_id": draft.to_area_id,
        "to_text": draft.to_text,
        "started_on": draft.started_on,
        "started_precision": draft.started_precision,
        "ended_on": draft.ended_on,
        "ended_precision": draft.ended_precision,
        "noted_at": at,
    }


def _draft_payload(draft: rules.PersonDraft) -> dict[str, Any]:
    main = draft.names[0]
    return {
        "given": main.given,
        "family": main.family,
        "sex": draft.sex,
        "birth_date": draft.birth_date.isoformat() if draft.birth_date else None,
        "keeper": draft.keeper_id,
    }


# --- changing -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PersonChanges:
    """New values for what is said once about a person; None leaves a value as it is."""

    given: str | None = None
    father: str | None = None
    family: str | None = None
    sex: Sex | None = None
    birth: tuple[dt.date | None, Precision | str] | None = None
    vital_status: rules.VitalStatus | None = None
    citizenship: str | None = None
    language: str | None = None
    home_area: tuple[int | None] | None = None
    community: str | None = None


@transaction.atomic
def change_person(
    person_id: int, changes: PersonChanges, *, version: int, by: Access, at: dt.datetime
) -> models.Person:
    """The person carries the new values and the log the old ones; raises Conflict when somebody else was faster."""
    person = _person_for_change(person_id, by, version=version)
    allowed = queries.writable(by, Action.PERSON_CHANGE, queries.Record.of(person))
    told: dict[str, list[Any]] = {}
    _change_columns(person, changes, told, at.date())
    if changes.community is not None:
        _change_community(person, changes.community, told)
    name = _change_main_name(person, changes, told)
    if not told:
        return person
    require_classes({_class_of(column) for column in told}, allowed)
    person.version += 1
    person.save()
    if name is not None:
        name.save()
        refresh_keys(person)
    _record("changed", person, by, at, payload=told)
    return person


def _class_of(column: str) -> FieldClass:
    aliases = {"community": FieldClass.COMMUNITY, "given": FieldClass.IDENTITY, "father": FieldClass.IDENTITY}
    return aliases.get(column) or models.Person.FIELD_CLASSES.get(column, FieldClass.IDENTITY)


def _change_columns(person: models.Person, changes: PersonChanges, told: dict[str, list[Any]], today: dt.date) -> None:
    new: dict[str, Any] = {
        column: getattr(changes, column)
        for column in ("sex", "vital_status", "citizenship", "language")
        if getattr(changes, column) is not None
    }
    if changes.birth is not None:
        birth, precision = changes.birth
        rules.check_birth(birth, str(precision), today)
        new |= {"birth_date": birth, "birth_precision": str(precision)}
    if changes.home_area is not None:
        new["home_area_id"] = changes.home_area[0]
    for column, value in new.items():
        old = getattr(person, column)
        if old != value:
            told[column.removesuffix("_id")] = [_plain(old), _plain(value)]
            setattr(person, column, value)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _change_community(person: models.Person, community: str, told: dict[str, list[Any]]) -> None:
    old = queries.unsealed(person.subject, person.community_sealed, models.SEALED_COMMUNITY)
    if old == community:
        return
    told["community"] = [old, community]
    person.community_sealed = (
        audit.seal(person.subject, community.encode(), context=models.SEALED_COMMUNITY) if community else None
    )


def _change_main_name(person: models.Person, changes: PersonChanges, told: dict[str, list[Any]]) -> models.Name | None:
    new = {
        part: rules.tidy_text(getattr(changes, part))
        for part in ("given", "father", "family")
        if getattr(changes, part) is not None
    }
    if not new:
        return None
    name = person.names.filter(kind=rules.NameKind.MAIN, valid_to=None).order_by("pk").first()
    if name is None:
        raise errors.NotFound()
    changed = {part: value for part, value in new.items() if getattr(name, part) != value}
    for part, value in changed.items():
        rules.check_name_part(value)
        told[part] = [getattr(name, part), value]
        setattr(name, part, value)
    if not (name.given or name.family):
        raise errors.BadInput(errors.message("Write at least one name."), code="name_missing")
    name.script = naming.script_of(str(name))
    return name if changed else None


def refresh_keys(person: models.Person) -> None:
    """The search index says what the names say now."""
    current = list(person.names.filter(valid_to=None).order_by("pk"))
    every = list(person.names.order_by("pk"))
    main = next((name for name in current if name.kind == rules.NameKind.MAIN), every[0])
    person.sort_name = naming.sort_key(main.family, main.given)[:80]
    person.save(update_fields=["sort_name"])
    person.keys.all().delete()
    _insert(models.NameKey, _key_values(person, every))
    headed = models.Household.objects.filter(
        memberships__person=person, memberships__is_head=True, memberships__ended_on=None
    )
    with wall.beyond("the name of a household by its head"):
        headed.update(sort_name=person.sort_name)


def write_keys(borne: Mapping[models.Person, Sequence[models.Name]], *, of: Iterable[int]) -> None:
    """The search index knows each person by the names they bear, and nobody else of these records.

    The persons carry their new ``sort_name``; the caller writes their rows.
    """
    values = []
    for person, every in borne.items():
        if not every:
            continue
        current = [name for name in every if name.valid_to is None]
        main = next((name for name in current if name.kind == rules.NameKind.MAIN), every[0])
        person.sort_name = naming.sort_key(main.family, main.given)[:80]
        values += _key_values(person, every)
    models.NameKey.objects.filter(person_id__in=list(of)).delete()
    _insert(models.NameKey, values)


@wall.beyond("the name of a household by its head")
def name_households(heads: Mapping[int, str]) -> None:
    """Households go by these names, of who leads them."""
    for pk, sort_name in heads.items():
        models.Household.objects.filter(pk=pk).exclude(sort_name=sort_name).update(sort_name=sort_name)


@transaction.atomic
def add_name(person_id: int, draft: rules.NameDraft, *, by: Access, at: dt.datetime) -> models.Name:
    """The person is also found under this name."""
    person = _person_for_change(person_id, by, classes={FieldClass.IDENTITY})
    tidy = draft.tidy()
    for part in (tidy.given, tidy.father, tidy.family):
        rules.check_name_part(part)
    if not (tidy.given or tidy.family):
        raise errors.BadInput(errors.message("Write at least one name."), code="name_missing")
    name = _name_row(person, tidy, at)
    name.save()
    refresh_keys(person)
    _record("name added", person, by, at, payload={"given": [None, tidy.given], "family": [None, tidy.family]})
    return name


@transaction.atomic
def end_name(name_id: int, *, by: Access, at: dt.datetime) -> None:
    """The name is no longer used, but still finds the person."""
    name = _fact(models.Name, name_id)
    person = _person_for_change(name.person_id, by, classes={FieldClass.IDENTITY})
    others = person.names.filter(kind=rules.NameKind.MAIN, valid_to=None).exclude(pk=name.pk)
    if name.kind == rules.NameKind.MAIN and not others.exists():
        raise errors.BadInput(
            errors.message("This is the only main name. Change it, or add another before ending it."),
            code="last_main_name",
        )
    name.valid_to = at.date()
    name.save()
    refresh_keys(person)
    _record("name ended", person, by, at, payload={"family": [str(name), None]})


@transaction.atomic
def add_identifier(person_id: int, draft: rules.IdentifierDraft, *, by: Access, at: dt.datetime) -> models.Identifier:
    """The document is on file, sealed, and finds the person by its whole number.

    A number that another person of the viewer's holds raises Conflict; one held beyond the viewer's scope is kept and
    goes silently to the central queue.
    """
    person = _person_for_change(person_id, by, classes={FieldClass.IDENTITY})
    rules.check_identifier(draft)
    blind = audit.blind_index("identifier", rules.plain_identifier(draft.value))
    holders = [pk for pk in queries.holders_of_identifiers([blind]) if pk != person.pk]
    if models.Identifier.objects.filter(person_id__in=queries.one_person(person.pk), blind=blind, valid_to=None):
        raise errors.Conflict(
            errors.message("This number is already on file for this person."), code="identifier_again"
        )
    near = models.Person.objects.visible_to(by).filter(pk__in=holders).first()
    if near is not None:
        raise errors.Conflict(
            errors.message("{number} already has this document number. Compare the two before going on."),
            code="identifier_taken",
            number=near.number,
        )
    _insert(models.Identifier, _identifier_values([(person, draft)], audit.sealer([person.subject]), at))
    identifier = person.identifiers.get(blind=blind, valid_to=None)
    note_pairs([(person.pk, other, "identifier") for other in holders], by=by, at=at)
    _record("identifier added", person, by, at, payload={"identifier": [None, identifier.hint]})
    return identifier


@transaction.atomic
def end_identifier(identifier_id: int, *, by: Access, at: dt.datetime) -> None:
    """The document is no longer valid."""
    _end_fact(models.Identifier, identifier_id, field_class=FieldClass.IDENTITY, verb="identifier ended", by=by, at=at)


@transaction.atomic
def add_contact(person_id: int, draft: rules.ContactDraft, *, by: Access, at: dt.datetime) -> models.Contact:
    """The contact is on file, sealed."""
    person = _person_for_change(person_id, by, classes={FieldClass.CONTACT})
    if not rules.tidy_text(draft.value):
        raise errors.BadInput(errors.message("Write the contact, or leave the form."), code="contact_missing")
    _insert(models.Contact, _contact_values([(person, draft)], audit.sealer([person.subject]), at))
    contact = person.contacts.latest("pk")
    _record("contact added", person, by, at, payload={"contact": [None, draft.kind]})
    return contact


@transaction.atomic
def end_contact(contact_id: int, *, by: Access, at: dt.datetime) -> None:
    """The contact is no longer used."""
    _end_fact(models.Contact, contact_id, field_class=FieldClass.CONTACT, verb="contact ended", by=by, at=at)


@transaction.atomic
def add_episode(
    person_id: int, draft: rules.EpisodeDraft, *, by: Access, at: dt.datetime
) -> models.DisplacementEpisode:
    """The displacement, return or stay is on file."""
    person = _person_for_change(person_id, by, classes={FieldClass.IDENTITY, FieldClass.HOME_LOCATION})
    for day in (draft.started_on, draft.ended_on):
        if day is not None and day > at.date():
            raise errors.BadInput(
                errors.message("{value} lies in the future. Write the day it happened."),
                code="date_in_future",
                value=day.strftime("%d.%m.%Y"),
            )
    if draft.started_on and draft.ended_on and draft.ended_on < draft.started_on:
        raise errors.BadInput(
            errors.message("The end, {value}, lies before the beginning. Exchange the two, or correct one."),
            code="end_before_start",
            value=draft.ended_on.strftime("%d.%m.%Y"),
        )
    episode = models.DisplacementEpisode(**_episode_values(person.pk, draft, at))
    episode.save()
    _record("episode added", person, by, at, payload={"status": [None, draft.status], "cause": [None, draft.cause]})
    return episode


@transaction.atomic
def end_episode(episode_id: int, *, ended_on: dt.date, precision: Precision, by: Access, at: dt.datetime) -> None:
    """The episode is over."""
    episode = _fact(models.DisplacementEpisode, episode_id)
    person = _person_for_change(episode.person_id, by, classes={FieldClass.IDENTITY})
    if episode.started_on and ended_on < episode.started_on:
        raise errors.BadInput(
            errors.message("The end, {value}, lies before the beginning. Exchange the two, or correct one."),
            code="end_before_start",
            value=ended_on.strftime("%d.%m.%Y"),
        )
    episode.ended_on, episode.ended_precision = ended_on, precision
    episode.save()
    _record("episode ended", person, by, at, payload={"status": [episode.status, None]})


@transaction.atomic
def say_intention(
    person_id: int, *, wish: rules.Wish, area_id: int | None, said_on: dt.date, by: Access, at: dt.datetime
) -> models.Intention:
    """The wish is on file with its day; earlier wishes stay."""
    person = _person_for_change(person_id, by, classes={FieldClass.IDENTITY})
    intention = models.Intention.objects.create(person=person, wish=wish, area_id=area_id, said_on=said_on, noted_at=at)
    _record("wish noted", person, by, at, payload={"wish": [None, wish]})
    return intention


@transaction.atomic
def note_functioning(
    person_id: int, answers: Mapping[str, int | None], *, asked_on: dt.date, by: Access, at: dt.datetime
) -> models.Functioning:
    """The answers to the Washington Group Short Set are on file with the day they were given."""
    person = _person_for_change(person_id, by, classes={FieldClass.HEALTH})
    rules.check_answers(answers)
    row = models.Functioning.objects.create(person=person, asked_on=asked_on, noted_at=at, **answers)
    _record("functioning noted", person, by, at, payload={"asked_on": [None, asked_on.isoformat()]})
    return row


@transaction.atomic
def add_need(
    person_id: int, kind: rules.NeedKind, *, note: str = "", by: Access, at: dt.datetime
) -> models.SpecificNeed:
    """The need is on file; its note is sealed."""
    person = _person_for_change(person_id, by, classes={FieldClass.HEALTH})
    (values,) = _need_values([(person, rules.NeedDraft(kind, note))], audit.sealer([person.subject]), at)
    need = models.SpecificNeed.objects.create(**values)
    _record("need added", person, by, at, payload={"kind": [None, kind]})
    return need


@transaction.atomic
def end_need(need_id: int, *, by: Access, at: dt.datetime) -> None:
    """The need is gone."""
    _end_fact(models.SpecificNeed, need_id, field_class=FieldClass.HEALTH, verb="need ended", by=by, at=at)


@transaction.atomic
def give_consent(
    person_id: int,
    *,
    purpose: str,
    recipients: str,
    basis: rules.LegalBasis,
    given_on: dt.date,
    expires_on: dt.date | None,
    evidence: str,
    by: Access,
    at: dt.datetime,
) -> models.Consent:
    """The consent is on file with purpose, recipients, basis and evidence."""
    person = _person_for_change(person_id, by, classes={FieldClass.IDENTITY})
    draft = rules.ConsentDraft(purpose, given_on, recipients, basis, expires_on, evidence)
    rules.check_consent(draft)
    consent = models.Consent(**_consent_values(person.pk, draft, by, at))
    consent.save()
    _record("consent given", person, by, at, payload={"purpose": [None, consent.purpose]})
    return consent


@transaction.atomic
def withdraw_consent(consent_id: int, *, by: Access, at: dt.datetime) -> None:
    """The consent no longer counts from today; what was done under it stays in the ledger."""
    consent = _fact(models.Consent, consent_id)
    person = _person_for_change(consent.person_id, by, classes={FieldClass.IDENTITY})
    if consent.withdrawn_on is not None:
        raise errors.Conflict(errors.message("This consent was already withdrawn."), code="withdrawn_again")
    consent.withdrawn_on = at.date()
    consent.save()
    _record("consent withdrawn", person, by, at, payload={"purpose": [consent.purpose, None]})


@transaction.atomic
def record_transfer(
    person_id: int,
    *,
    recipient: str,
    purpose: str,
    classes: Iterable[FieldClass],
    basis: rules.LegalBasis,
    consent_id: int | None,
    agreed_by: int | None = None,
    by: Access,
    at: dt.datetime,
) -> models.Transfer:
    """The ledger says who received which classes of field; with consent as basis a valid one must cover the purpose.

    ``agreed_by`` is who has agreed for somebody who cannot, as for a child.
    """
    given = sorted(set(classes))
    person = _person_for_change(person_id, by, classes={FieldClass.IDENTITY})
    if basis == rules.LegalBasis.CONSENT:
        given_by = {"person_id__in": queries.one_person(agreed_by or person.pk)}
        consent = models.Consent.objects.filter(**given_by, pk=consent_id).first() if consent_id else None
        state = (
            rules.consent_state(expires_on=consent.expires_on, withdrawn_on=consent.withdrawn_on, today=at.date())
            if consent
            else "missing"
        )
        if state != "valid":
            raise errors.Refused(
                errors.message("The consent for this transfer is {state}. Ask the person, or choose another basis."),
                code="consent_not_valid",
                state=state,
            )
    transfer = models.Transfer.objects.create(
        person=person,
        recipient=rules.tidy_text(recipient),
        purpose=rules.tidy_text(purpose),
        classes=",".join(given),
        basis=basis,
        consent_id=consent_id,
        at=at,
        by_id=by.user_id,
    )
    _record("transferred", person, by, at, payload={"recipient": [None, transfer.recipient], "classes": [None, given]})
    return transfer


@transaction.atomic
def add_protection_note(person_id: int, text: str, *, by: Access, at: dt.datetime) -> models.ProtectionNote:
    """The note is on file for protection staff alone."""
    person = _person_for_change(person_id, by, classes={FieldClass.PROTECTION})
    if not rules.tidy_text(text):
        raise errors.BadInput(errors.message("Write the note, or leave the form."), code="note_missing")
    (values,) = _note_values([(person, text)], audit.sealer([person.subject]), by, at)
    note = models.ProtectionNote.objects.create(**values)
    _record("protection note added", person, by, at)
    return note


@transaction.atomic
def shield(person_id: int, *, on: bool, reason: str, by: Access, at: dt.datetime) -> None:
    """A shielded person answers to protection staff alone: in no list, hint, count or export of anybody else."""
    person = _person_for_change(person_id, by, classes={FieldClass.PROTECTION})
    person.shielded = on
    person.version += 1
    person.save()
    person.keys.update(shielded=on)
    place_pairs(queries.one_person(person.pk))
    _record("shielded" if on else "unshielded", person, by, at, reason=reason)


@transaction.atomic
def hand_over(person_id: int, *, keeper_id: int, reason: str, by: Access, at: dt.datetime) -> None:
    """Another office keeps the record from now on, and the office before no longer sees it."""
    person = _person_for_change(person_id, by, classes={FieldClass.IDENTITY})
    old = person.keeper_id
    person.keeper_id = keeper_id
    person.version += 1
    with wall.beyond("handing over"):  # the new keeper may lie where the writer does not see
        person.save()
        person.keys.update(keeper_id=keeper_id)
        place_pairs(queries.one_person(person.pk))
    _record("handed over", person, by, at, payload={"keeper": [old, keeper_id]}, reason=reason)


@transaction.atomic
def end_person(
    person_id: int, *, reason: rules.EndReason, on: dt.date, version: int, by: Access, at: dt.datetime
) -> models.Person:
    """The record is closed, with its day and reason; it can be opened again."""
    person = _person_for_change(person_id, by, version=version, action=Action.PERSON_END)
    if on > at.date():
        raise errors.BadInput(
            errors.message("{value} lies in the future. Write the day it happened."),
            code="date_in_future",
            value=on.strftime("%d.%m.%Y"),
        )
    person.ended_on, person.end_reason = on, reason
    if reason == rules.EndReason.DIED:
        person.vital_status = rules.VitalStatus.DEAD
    person.version += 1
    person.save()
    for membership in person.memberships.filter(ended_on=None):
        membership.ended_on = max(on, membership.started_on or on)
        membership.save()
    _record("ended", person, by, at, payload={"end_reason": [None, reason], "ended_on": [None, on.isoformat()]})
    return person


@transaction.atomic
def reopen_person(person_id: int, *, by: Access, at: dt.datetime) -> models.Person:
    """The record is open again; memberships that ended with it stay ended."""
    person = _person_for_change(person_id, by, action=Action.PERSON_END)
    old = person.end_reason
    if old == rules.EndReason.DIED:
        person.vital_status = rules.VitalStatus.UNKNOWN
    person.ended_on, person.end_reason = None, ""
    person.version += 1
    person.save()
    _record("opened again", person, by, at, payload={"end_reason": [old, None]})
    return person


# --- households -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class HouseholdDraft:
    """A household about to be opened."""

    keeper_id: int
    members: tuple[rules.MemberDraft, ...]
    home_area_id: int | None = None
    address: str = ""
    source_ref: str = ""
    is_fictional: bool = False


def open_household(draft: HouseholdDraft, *, by: Access, at: dt.datetime, origin: Origin = OFFICE) -> models.Household:
    """The household exists with its members; each must be visible, and in no other household."""
    return open_households([draft], by=by, at=at, origin=origin)[0]


@transaction.atomic
def open_households(
    drafts: Sequence[HouseholdDraft],
    *,
    by: Access,
    at: dt.datetime,
    origin: Origin = OFFICE,
    action: Action = Action.PERSON_REGISTER,
) -> list[models.Household]:
    """All households exist with their members, or none does."""
    by.require(action)
    people = _members(drafts, by, action)
    subjects = audit.new_subjects(len(drafts), at=at)
    is_demo = accounts.is_demo_office()
    told = [(subject, d.address.encode()) for d, subject in zip(drafts, subjects, strict=True) if d.address]
    addresses = iter(audit.seal_many(told, context=models.SEALED_ADDRESS))
    values = [
        {
            "subject": subject,
            "sort_name": people[_lead(draft).person_id].sort_name,
            "home_area_id": draft.home_area_id,
            "keeper_id": draft.keeper_id,
            "address_sealed": next(addresses) if draft.address else None,
            "organisation_id": origin.organisation_id,
            "registered_by_id": by.user_id,
            "registered_at": at,
            "source": origin.source,
            "source_ref": draft.source_ref[:80],
            "shielded": any(people[m.person_id].shielded for m in draft.members),
            "is_fictional": draft.is_fictional or is_demo,
        }
        for draft, subject in zip(drafts, subjects, strict=True)
    ]
    table = Table.of(models.Household, values)
    households: list[models.Household] = _as_objects(table, _insert_subjects(table, subjects))
    _insert(
        models.Membership,
        [_membership_values(h.pk, m, at) for h, d in zip(households, drafts, strict=True) for m in d.members],
    )
    audit.record_many(
        [
            audit_rules.Entry(
                room=ROOM,
                verb="household opened",
                object_kind="household",
                object_key=str(household.pk),
                subject=household.subject,
                payload={"members": [m.person_id for m in draft.members]},
            )
            for household, draft in zip(households, drafts, strict=True)
        ],
        by=by.actor,
        at=at,
        lane=origin.lane,
    )
    return households


@dataclass(frozen=True)
class _Member:
    """What a household takes over from its members."""

    sort_name: str
    shielded: bool


def _members(drafts: Sequence[HouseholdDraft], by: Access, action: Action) -> dict[int, _Member]:
    """The members by id: all visible to the writer, one head at most, none in two households."""
    wanted = [m.person_id for draft in drafts for m in draft.members]
    if len(set(wanted)) != len(wanted):
        raise errors.BadInput(errors.message("A person stands twice among the members."), code="member_twice")
    people: dict[int, _Member] = {}
    for start in range(0, len(wanted), PIECE):
        part = models.Person.objects.visible_to(by, action).filter(pk__in=wanted[start : start + PIECE])
        for pk, sort_name, shielded in part.values_list("pk", "sort_name", "shielded"):
            people[pk] = _Member(sort_name, shielded)
    missing = [pk for pk in wanted if pk not in people]
    if missing:
        raise errors.NotFound(
            errors.message("{number} is not among the people you work with."), number=rules.person_number(missing[0])
        )
    for draft in drafts:
        if not draft.members:
            raise errors.BadInput(errors.message("A household needs at least one member."), code="household_empty")
        if sum(m.is_head for m in draft.members) > 1:
            raise errors.BadInput(errors.message("A household has one head. Choose one."), code="two_heads")
    for start in range(0, len(wanted), PIECE):
        _refuse_second_household(wanted[start : start + PIECE])
    return people


def _refuse_second_household(person_ids: Sequence[int]) -> None:
    elsewhere = (
        models.Membership.objects.filter(person_id__in=person_ids, ended_on=None).select_related("person").first()
    )
    if elsewhere is not None:
        raise errors.Conflict(
            errors.message("{number} already lives in another household. End that membership first."),
            code="in_another_household",
            number=elsewhere.person.number,
        )


def _lead(draft: HouseholdDraft) -> rules.MemberDraft:
    """By whom a household is sorted: its head, or the first member."""
    return next((m for m in draft.members if m.is_head), draft.members[0])


def _membership_values(household_id: int, draft: rules.MemberDraft, at: dt.datetime) -> dict[str, Any]:
    return {
        "household_id": household_id,
        "person_id": draft.person_id,
        "relation": rules.Relation.HEAD if draft.is_head else draft.relation,
        "is_head": draft.is_head,
        "started_on": draft.started_on,
        "noted_at": at,
    }


def _membership_row(household: models.Household, draft: rules.MemberDraft, at: dt.datetime) -> models.Membership:
    return models.Membership(**_membership_values(household.pk, draft, at))


@transaction.atomic
def add_member(household_id: int, member: rules.MemberDraft, *, by: Access, at: dt.datetime) -> models.Membership:
    """The person lives in the household from the given day."""
    household = _household_for_change(household_id, by)
    kept = queries.answering([member.person_id])[member.person_id]
    person = models.Person.objects.visible_to(by, Action.PERSON_CHANGE).filter(pk=kept).first()
    if person is None:
        raise errors.NotFound(
            errors.message("{number} is not among the people you work with."),
            number=rules.person_number(member.person_id),
        )
    member = replace(member, person_id=person.pk)
    _refuse_second_household([person.pk])
    if member.is_head and _has_head(household.pk):
        raise errors.BadInput(errors.message("A household has one head. Choose one."), code="two_heads")
    membership = _membership_row(household, member, at)
    membership.save()
    if member.is_head:
        household.sort_name = person.sort_name
    household.shielded = household.shielded or person.shielded
    household.version += 1
    household.save()
    _record_household("member added", household, by, at, payload={"members": [None, person.pk]})
    return membership


@wall.beyond("the head of a household")
def _has_head(household_id: int) -> bool:
    """Whether somebody leads the household, seen by the writer or not."""
    return models.Membership.objects.filter(household_id=household_id, ended_on=None, is_head=True).exists()


@transaction.atomic
def end_membership(membership_id: int, *, on: dt.date, by: Access, at: dt.datetime) -> None:
    """The person no longer lives in the household; that they did stays on file."""
    membership = _fact(models.Membership, membership_id)
    household = _household_for_change(membership.household_id, by)
    if membership.ended_on is not None:
        raise errors.Conflict(errors.message("This membership has already ended."), code="ended_again")
    if membership.started_on and on < membership.started_on:
        raise errors.BadInput(
            errors.message("The end, {value}, lies before the beginning. Exchange the two, or correct one."),
            code="end_before_start",
            value=on.strftime("%d.%m.%Y"),
        )
    membership.ended_on = on
    membership.save()
    household.version += 1
    household.save()
    _record_household("member left", household, by, at, payload={"members": [membership.person_id, None]})


@transaction.atomic
def set_head(household_id: int, *, membership_id: int, by: Access, at: dt.datetime) -> None:
    """The member is the head of the household, and nobody else is."""
    household = _household_for_change(household_id, by)
    current = household.memberships.filter(ended_on=None).select_related("person")
    new = current.filter(pk=membership_id).first()
    if new is None:
        raise errors.NotFound()
    with wall.beyond("the head of a household"):  # who leads it now may be nobody the writer sees
        old = current.filter(is_head=True).first()
        current.filter(is_head=True).update(is_head=False, relation=rules.Relation.UNKNOWN)
        current.filter(pk=new.pk).update(is_head=True, relation=rules.Relation.HEAD)
    household.sort_name = new.person.sort_name
    household.version += 1
    household.save()
    _record_household(
        "head chosen", household, by, at, payload={"is_head": [old.person_id if old else None, new.person_id]}
    )


@transaction.atomic
def change_household(
    household_id: int,
    *,
    home_area_id: int | None,
    address: str,
    version: int,
    by: Access,
    at: dt.datetime,
) -> models.Household:
    """The household lives at the new place."""
    household = _household_for_change(household_id, by, version=version, classes={FieldClass.HOME_LOCATION})
    old_address = queries.unsealed(household.subject, household.address_sealed, models.SEALED_ADDRESS)
    told: dict[str, list[Any]] = {
        "home_area": [household.home_area_id, home_area_id],
        "address": [old_address, address],
    }
    household.home_area_id = home_area_id
    household.address_sealed = (
        audit.seal(household.subject, address.encode(), context=models.SEALED_ADDRESS) if address else None
    )
    household.version += 1
    household.save()
    _record_household("household changed", household, by, at, payload={k: v for k, v in told.items() if v[0] != v[1]})
    return household


@transaction.atomic
def move_in(
    household_id: int, members: Sequence[rules.MemberDraft], *, by: Access, at: dt.datetime
) -> list[models.Membership]:
    """Rows of a list that belong to a household opened before live there too; the decider must see all of them."""
    by.require(Action.IMPORT_DECIDE)
    seen = models.Household.objects.visible_to(by, Action.IMPORT_DECIDE).select_for_update(of=("self",))
    household = seen.filter(pk=household_id).first()
    if household is None:
        raise errors.NotFound()
    ids = [member.person_id for member in members]
    people = {
        person.pk: person for person in models.Person.objects.visible_to(by, Action.IMPORT_DECIDE).filter(pk__in=ids)
    }
    if len(people) != len(set(ids)):
        raise errors.NotFound()
    _refuse_second_household(ids)
    rows = [_membership_row(household, member, at) for member in members]
    models.Membership.objects.bulk_create(rows, batch_size=PIECE)
    head = next((people[member.person_id] for member in members if member.is_head), None)
    if head is not None:
        household.sort_name = head.sort_name
    household.shielded = household.shielded or any(person.shielded for person in people.values())
    household.version += 1
    household.save()
    _record_household("members added", household, by, at, payload={"members": [None, ids]})
    return rows


@transaction.atomic
def add_facts(person: models.Person, draft: rules.PersonDraft, *, by: Access, at: dt.datetime, reason: str) -> None:
    """What a row of a list says beyond what is known of the person it was joined to is on file; nothing is replaced.

    A new way of writing the name becomes an alias, documents and contacts are added, birth and sex fill gaps.
    """
    by.require(Action.IMPORT_DECIDE)
    told: dict[str, Any] = {}
    known = {str(name).casefold() for name in person.names.all()}
    written = [_name_row(person, replace(name.tidy(), kind=rules.NameKind.ALIAS), at) for name in draft.names]
    fresh = [name for name in written if str(name).casefold() not in known]
    models.Name.objects.bulk_create(fresh)
    same = queries.one_person(person.pk)
    papers = models.Identifier.objects.filter(person_id__in=same, valid_to=None)
    held = set(papers.values_list("blind", flat=True))
    documents = [
        one
        for one in draft.identifiers
        if audit.blind_index("identifier", rules.plain_identifier(one.value)) not in held
    ]
    sealer = audit.sealer([person.subject])
    _insert(models.Identifier, _identifier_values([(person, one) for one in documents], sealer, at))
    ways = models.Contact.objects.filter(person_id__in=same, valid_to=None)
    reached = set(ways.values_list("blind", flat=True))
    contacts = [
        one
        for one in draft.contacts
        if (plain := rules.plain_contact(one.kind, one.value)) and audit.blind_index(one.kind, plain) not in reached
    ]
    _insert(models.Contact, _contact_values([(person, one) for one in contacts], sealer, at))
    if person.birth_date is None and draft.birth_date is not None:
        person.birth_date, person.birth_precision = draft.birth_date, draft.birth_precision
        told["birth_date"] = [None, draft.birth_date.isoformat()]
    if person.sex == Sex.UNKNOWN and draft.sex != Sex.UNKNOWN:
        person.sex = draft.sex
        told["sex"] = [None, str(draft.sex)]
    told |= {"names": len(fresh), "identifiers": len(documents), "contacts": len(contacts)}
    person.version += 1
    person.save()
    if fresh:
        refresh_keys(person)
    _record("joined", person, by, at, payload=told, reason=reason)


# --- pairs that may be one person -----------------------------------------------------------------


def note_pairs(pairs: Iterable[tuple[int, int, str]], *, by: Access, at: dt.datetime) -> int:
    """Each pair waits for a decision: in the office that keeps both, silently in the central queue else."""
    return note_scored(((a, b, why, 0.0) for a, b, why in pairs), by=by, at=at)


@transaction.atomic
@wall.beyond("pairs that may be one")
def note_scored(pairs: Iterable[tuple[int, int, str, float]], *, by: Access, at: dt.datetime) -> int:
    """Each pair waits for a decision with its probability; one that waits already takes the new one if it has none.

    A pair that was decided stays decided, and records that are one person already make none. ``by`` found them; what
    they may see decides nothing here, for a pair is shown only to who may see both.
    """
    by.require(Action.PERSON_VIEW)
    told = {(min(a, b), max(a, b)): (why, chance) for a, b, why, chance in pairs if a != b}
    kept = queries.answering(pk for pair in told for pk in pair)
    ordered: dict[tuple[int, int], tuple[str, float]] = {}
    for (a, b), (why, chance) in told.items():
        if kept[a] != kept[b]:
            ordered[min(kept[a], kept[b]), max(kept[a], kept[b])] = why, chance
    sides = _sides(pk for pair in ordered for pk in pair)
    rows = []
    for (a, b), (why, chance) in sorted(ordered.items()):
        if a in sides and b in sides:
            keeper_id = rules.common_keeper(sides[a], sides[b])
            rows.append(
                models.MatchPair(
                    left_id=a,
                    right_id=b,
                    why=why,
                    probability=chance,
                    keeper_id=keeper_id,
                    is_central=keeper_id is None,
                    found_at=at,
                )
            )
    models.MatchPair.objects.bulk_create(rows, batch_size=PIECE, ignore_conflicts=True)
    for row in rows:
        if row.probability:
            known = models.MatchPair.objects.filter(left_id=row.left_id, right_id=row.right_id)
            known.filter(state__in=rules.WAITING_PAIRS).exclude(probability=row.probability).update(
                probability=row.probability
            )
    return len(rows)


def _sides(ids: Iterable[int]) -> dict[int, rules.Side]:
    """Who keeps each person and whether they are shielded; nobody who was erased."""
    wanted = sorted(set(ids))
    found: dict[int, rules.Side] = {}
    for start in range(0, len(wanted), PIECE):
        part = models.Person.objects.filter(pk__in=wanted[start : start + PIECE], erased_at=None)
        found |= {pk: rules.Side(keeper, hidden) for pk, keeper, hidden in part.values_list("pk", "keeper", "shielded")}
    return found


@wall.beyond("in whose queue a pair waits")
def place_pairs(ids: Iterable[int]) -> None:
    """Waiting pairs of these persons stand in the queue of who keeps both now; called when keeper or shield changes."""
    wanted = list(ids)
    waiting = models.MatchPair.objects.filter(state__in=rules.WAITING_PAIRS)
    columns = ("pk", "keeper_id", "is_central", "left_id", "right_id")
    pairs = {
        row[0]: row
        for side in ("left", "right")
        for row in waiting.filter(**{f"{side}_id__in": wanted}).values_list(*columns)
    }
    kept = queries.answering(pk for row in pairs.values() for pk in row[3:])
    sides = _sides(kept.values())
    for pk, keeper, is_central, left, right in pairs.values():
        if kept[left] not in sides or kept[right] not in sides:
            continue  # erased: nobody is asked about them
        keeper_id = rules.common_keeper(sides[kept[left]], sides[kept[right]])
        if (keeper, is_central) != (keeper_id, keeper_id is None):
            models.MatchPair.objects.filter(pk=pk).update(keeper_id=keeper_id, is_central=keeper_id is None)


@wall.beyond("in whose queue a pair waits")
def weigh_pairs(consequences: Mapping[int, int], *, by: Access) -> None:
    """Each pair stands in the queue by its consequence, the heaviest first.

    Called by the rooms above, which know what hangs on a decision (both received help); nothing here guesses it.
    """
    by.require(Action.CENTRAL_QUEUE)
    for pk, consequence in consequences.items():
        models.MatchPair.objects.filter(pk=pk).update(consequence=consequence)


def note_alike(registered: Iterable[tuple[int, rules.PersonDraft]], *, by: Access, at: dt.datetime) -> int:
    """Whoever may be the same as somebody just registered waits as a pair, silently where the finder may not look."""
    found = [(pk, other) for pk, draft in registered for other in queries.candidates(draft)]
    return note_scored(((pk, other.person_id, other.why, other.probability) for pk, other in found), by=by, at=at)


# --- common steps ---------------------------------------------------------------------------------


def _person_for_change(
    person_id: int,
    by: Access,
    *,
    action: Action = Action.PERSON_CHANGE,
    version: int | None = None,
    classes: Iterable[FieldClass] = (),
) -> models.Person:
    """The person, locked, if the writer may change them; somebody out of sight does not exist for the writer.

    What is said about a record that was merged is said about the one that answers for it.
    """
    by.require(action)
    seen = models.Person.objects.visible_to(by, action).select_for_update(of=("self",))
    person = seen.filter(pk=queries.answering([person_id])[person_id]).first()
    if person is None:
        raise errors.NotFound()
    if version is not None and person.version != version:
        raise errors.Conflict()
    require_classes(classes, queries.writable(by, action, queries.Record.of(person)))
    return person


def _household_for_change(
    household_id: int, by: Access, *, version: int | None = None, classes: Iterable[FieldClass] = ()
) -> models.Household:
    by.require(Action.PERSON_CHANGE)
    found = models.Household.objects.visible_to(by, Action.PERSON_CHANGE).select_for_update(of=("self",))
    household = found.filter(pk=queries.answering_household(household_id)).first()
    if household is None:
        raise errors.NotFound()
    if version is not None and household.version != version:
        raise errors.Conflict()
    require_classes(classes, queries.writable(by, Action.PERSON_CHANGE, queries.Record.of(household)))
    return household


def _fact(model: type[Row], pk: int) -> Row:
    row = model._default_manager.filter(pk=pk).first()
    if row is None:
        raise errors.NotFound()
    return row


def _end_fact(
    model: type[models.Identifier] | type[models.Contact] | type[models.SpecificNeed],
    pk: int,
    *,
    field_class: FieldClass,
    verb: str,
    by: Access,
    at: dt.datetime,
) -> None:
    fact = _fact(model, pk)
    person = _person_for_change(fact.person_id, by, classes={field_class})
    if fact.valid_to is not None:
        raise errors.Conflict(errors.message("This has already ended."), code="ended_again")
    fact.valid_to = at.date()
    fact.save()
    _record(verb, person, by, at, payload={"kind": [fact.kind, None]})


def _record(
    verb: str,
    person: models.Person,
    by: Access,
    at: dt.datetime,
    *,
    payload: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    audit.record(
        by=by.actor,
        at=at,
        room=ROOM,
        verb=verb,
        object_kind="person",
        object_key=str(person.pk),
        subject=person.subject,
        payload=payload,
        reason=reason,
    )


def _record_household(
    verb: str, household: models.Household, by: Access, at: dt.datetime, *, payload: dict[str, Any] | None = None
) -> None:
    audit.record(
        by=by.actor,
        at=at,
        room=ROOM,
        verb=verb,
        object_kind="household",
        object_key=str(household.pk),
        subject=household.subject,
        payload=payload,
    )
