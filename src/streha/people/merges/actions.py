"""Merging two records into one person, and parting them again. Nothing outside this room is rewritten.

Facts stay under the record they were noted for and are read together; names and memberships are lent to the record
that is kept, so that search, lists and households go on as they are. Values said once are computed anew from what each
record said by itself and the merges in force (``rules.read``), after each merge and each undoing alike.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models as orm
from django.db import transaction

from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action
from streha.audit import actions as audit
from streha.audit import rules as audit_rules
from streha.audit.rules import Actor
from streha.common import errors
from streha.people import actions as people_actions
from streha.people import models as people
from streha.people import queries as people_queries
from streha.people import rules as people_rules
from streha.people.households import actions as household_actions
from streha.people.merges import models, queries, rules
from streha.people.merges.models import MergeRecord

ROOM = "people"
SEALED_ROWS: Mapping[str, tuple[str, str]] = {
    "identifier": ("sealed", people.SEALED_IDENTIFIER),
    "contact": ("sealed", people.SEALED_CONTACT),
    "need": ("note_sealed", people.SEALED_NEED),
    "note": ("sealed", people.SEALED_NOTE),
}


@dataclass(frozen=True)
class Choice:
    """How two records become one: which stays, and what it takes over from the other."""

    kept_id: int
    gone_id: int
    taken: frozenset[str] = frozenset()


@transaction.atomic
@wall.beyond("merging and parting")
def merge(
    choice: Choice,
    *,
    by: Access,
    at: dt.datetime,
    versions: Mapping[int, int] | None = None,
    pair_id: int | None = None,
    reason: str = "",
    action: Action = Action.DUPLICATES_DECIDE,
) -> MergeRecord:
    """The two records are one person; the number of the one that goes answers by the one that is kept.

    Raises Conflict where one of them was merged, or changed from the ``versions`` that were looked at, meanwhile.
    """
    by.require(action)
    if unknown := choice.taken - set(rules.FIELDS):
        raise errors.BadInput(
            errors.message("“{value}” is nothing that can be taken over."), code="field_unknown", value=min(unknown)
        )
    rows = _locked(choice.kept_id, choice.gone_id)
    _check(choice, rows, by, action, versions or {})
    before = _State.of(rows)
    kept = rows[choice.kept_id]
    record = MergeRecord.objects.create(
        kept=kept,
        gone=rows[choice.gone_id],
        taken=rules.joined(choice.taken),
        sealed=audit.seal(kept.subject, before.bases[kept.pk].dump(), context=models.SEALED_BASE),
        pair_id=pair_id,
        merged_at=at,
        merged_by_id=by.user_id,
    )
    after = rules.Forest((*before.forest.edges, rules.Edge(choice.kept_id, choice.gone_id, choice.taken)))
    _settle(before, after, before.edited, at)
    _record("merged", rows[choice.kept_id], rows[choice.gone_id], by.actor, at, reason)
    return record


def _locked(*ids: int) -> dict[int, people.Person]:
    """Every record that is one with any of these, locked in the order of their numbers, so that nobody waits in a ring.

    Looked up again behind the lock: who was faster may have merged one of them.
    """
    while True:
        wanted = people_queries.records_of(ids)
        held = people.Person.objects.select_for_update(of=("self",)).filter(pk__in=wanted).order_by("pk")
        rows = {row.pk: row for row in held}
        if wanted == people_queries.records_of(ids):
            return rows


def _check(
    choice: Choice, rows: Mapping[int, people.Person], by: Access, action: Action, versions: Mapping[int, int]
) -> None:
    if choice.kept_id == choice.gone_id:
        raise errors.BadInput(errors.message("A record cannot be merged into itself."), code="merge_of_one")
    for pk in (choice.kept_id, choice.gone_id):
        row = rows.get(pk)
        if row is None or row.erased_at is not None:
            raise errors.NotFound()
        if row.canonical_id is not None:
            raise errors.Conflict(
                errors.message("{number} was merged meanwhile. Look at the pair again."),
                code="merged_meanwhile",
                number=row.number,
            )
        if pk in versions and versions[pk] != row.version:
            raise errors.Conflict(
                errors.message("{number} was changed meanwhile. Look at the pair again."),
                code="changed_meanwhile",
                number=row.number,
            )
    both = (choice.kept_id, choice.gone_id)
    if people.Person.objects.visible_to(by, action).filter(pk__in=both).count() != len(both):
        raise errors.NotFound()


@transaction.atomic
@wall.beyond("merging and parting")
def undo(
    merge_id: int, *, by: Access, at: dt.datetime, going: Collection[str] = (), reason: str = ""
) -> tuple[people.Person, people.Person]:
    """The two records are two again, each as it was; what came since goes with the one or, where named, the other.

    ``going`` are codes of ``queries.later_facts`` that belong to the record that comes back. Returns the record that
    had been kept and the one that came back.
    """
    by.require(Action.DUPLICATES_DECIDE)
    record = queries.visible_merge(by, merge_id)
    return _part(record, by=by.actor, user_id=by.user_id, at=at, going=going, reason=reason)


def _part(
    record: MergeRecord,
    *,
    by: Actor,
    user_id: int | None,
    at: dt.datetime,
    going: Collection[str] = (),
    reason: str = "",
) -> tuple[people.Person, people.Person]:
    rows = _locked(record.kept_id)
    before = _State.of(rows)
    if not MergeRecord.objects.filter(pk=record.pk, undone_at=None).exists():
        raise errors.Conflict(errors.message("This merge was undone meanwhile."), code="undone_meanwhile")
    later = {fact.code: fact for fact in queries.later_facts(record)} if going else {}
    if unknown := set(going) - set(later):
        raise errors.BadInput(
            errors.message("“{value}” is not among what came after the merge. Look at the list again."),
            code="not_later",
            value=min(unknown),
        )
    edited = _edits_parted(before.edited, before.forest.path(record.kept_id), record.gone_id, going)
    MergeRecord.objects.filter(pk=record.pk).update(undone_at=at, undone_by_id=user_id)
    for code in going:
        if later[code].kind != queries.CORRECTED:
            _hand_back(later[code], rows[record.gone_id])
    _settle(before, before.forest.without(record.gone_id), edited, at)
    _record("parted", rows[record.kept_id], rows[record.gone_id], by, at, reason)
    return rows[record.kept_id], rows[record.gone_id]


def _edits_parted(
    edited: Mapping[int, Mapping[str, Any]], line: Iterable[int], gone: int, going: Collection[str]
) -> dict[int, dict[str, Any]]:
    """Corrections by record: those named go with the record that comes back; a shield set since protects both."""
    found = {node: dict(values) for node, values in edited.items()}
    for node in line:
        for column in list(found.get(node, {})):
            if column == "shielded":
                if found[node][column]:
                    found.setdefault(gone, {})[column] = True
            elif f"{queries.CORRECTED}:{column}" in going:
                found.setdefault(gone, {})[column] = found[node].pop(column)
    return found


def _hand_back(fact: queries.Later, owner: people.Person) -> None:
    """A row noted since the merge is the other record's, sealed under its key."""
    row = fact.row
    if fact.kind in SEALED_ROWS:
        column, context = SEALED_ROWS[fact.kind]
        clear = people_queries.unsealed(row.person.subject, getattr(row, column), context)
        if getattr(row, column) is not None:
            setattr(row, column, audit.seal(owner.subject, clear.encode(), context=context))
    if fact.kind in {"name", "membership"}:
        row.lent_by = None
    if fact.kind == "name":
        row.kind, row.lent_kind = row.lent_kind or row.kind, ""
    row.person = owner
    row.save()


# --- settling -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _State:
    """The records of one person, or of two about to be one, before anything changes."""

    rows: dict[int, people.Person]
    forest: rules.Forest
    bases: dict[int, queries.Base]
    edited: dict[int, dict[str, Any]]
    actual: dict[int, dict[str, Any]]

    @classmethod
    def of(cls, rows: dict[int, people.Person]) -> _State:
        forest, records = queries.forest_of(rows)
        actual = queries.values_of_many(rows.values())
        bases = queries.bases(rows, records, actual)
        said = {pk: base.values for pk, base in bases.items()}
        return cls(rows, forest, bases, rules.corrections(forest, said, actual), actual)


def _settle(before: _State, after: rules.Forest, edited: Mapping[int, Mapping[str, Any]], at: dt.datetime) -> None:
    """Every row of the persons says what follows from the merges now in force."""
    rows = before.rows
    said = {pk: base.values for pk, base in before.bases.items()}
    roots = {pk: after.root(pk) for pk in rows}
    changed = []
    for pk, row in rows.items():
        values, canonical = rules.read(pk, after, said, edited), roots[pk] if roots[pk] != pk else None
        if roots[pk] == pk or row.canonical_id != canonical or values != before.actual[pk]:
            _write(row, values, before.actual[pk], before.bases[pk])
            row.canonical_id = canonical
            row.version += 1
            changed.append(row)
    borne = _lend_names(rows, roots, after)
    headed = _lend_memberships(rows, roots, after, at)
    people_actions.write_keys({rows[root]: borne.get(root, []) for root in sorted(set(roots.values()))}, of=rows)
    for row in changed:
        row.save()
    people_actions.name_households({household: rows[root].sort_name for household, root in headed.items()})
    people_actions.place_pairs(rows)


def _write(row: people.Person, values: Mapping[str, Any], actual: Mapping[str, Any], base: queries.Base) -> None:
    """The row says the values; a community that was there before lies there exactly as it did."""
    row.birth_date, row.birth_precision = values["birth"]
    row.sex, row.vital_status = values["sex"], values["vital_status"]
    row.citizenship, row.language = values["citizenship"], values["language"]
    row.home_area_id, row.keeper_id, row.shielded = values["home_area"], values["keeper"], values["shielded"]
    told = values["community"]
    if told == base.values["community"]:
        row.community_sealed = base.community_sealed
    elif told != actual["community"]:
        row.community_sealed = audit.seal(row.subject, told.encode(), context=people.SEALED_COMMUNITY) if told else None


def _lend_names(
    rows: Mapping[int, people.Person], roots: Mapping[int, int], after: rules.Forest
) -> dict[int, list[people.Name]]:
    """The kept record bears the names of all; the main name is the chosen one's, the other main names are aliases.

    Returns the names by the record that bears them now.
    """
    chosen = {root: after.owner(root, "name") for root in set(roots.values())}
    borne: dict[int, list[people.Name]] = {}
    for name in people.Name.objects.filter(person_id__in=rows).order_by("pk"):
        owner, kind = name.lent_by_id or name.person_id, name.lent_kind or name.kind
        root = roots[owner]
        is_second = kind == people_rules.NameKind.MAIN and chosen[root] != owner
        new = (root, owner if owner != root else None, people_rules.NameKind.ALIAS if is_second else kind)
        new_lent = kind if is_second else ""
        if (name.person_id, name.lent_by_id, name.kind, name.lent_kind) != (*new, new_lent):
            name.person_id, name.lent_by_id, name.kind = new
            name.lent_kind = new_lent
            name.save(update_fields=["person", "lent_by", "kind", "lent_kind"])
        borne.setdefault(root, []).append(name)
    return borne


def _lend_memberships(
    rows: Mapping[int, people.Person], roots: Mapping[int, int], after: rules.Forest, at: dt.datetime
) -> dict[int, int]:
    """The kept record lives in the chosen household alone; the others ended with the merge and open again without it.

    Rows are ended and lent before any is opened, so that nobody lives in two households for a moment. Returns by
    household which of the kept records leads it now.
    """
    held = list(people.Membership.objects.filter(person_id__in=rows).order_by("pk"))
    owner = {m.pk: m.lent_by_id or m.person_id for m in held}
    since = {owner[m.pk] for m in held if m.ended_on is None and not m.ended_by_merge}
    open_by_owner: dict[int, people.Membership] = {}
    for m in held:
        if m.ended_on is None or (m.ended_by_merge and owner[m.pk] not in since):
            open_by_owner[owner[m.pk]] = m
    lives: set[int] = set()
    for root in set(roots.values()):
        line = [after.owner(root, "household"), *(pk for pk in sorted(rows) if roots[pk] == root)]
        first = next((open_by_owner[pk] for pk in line if pk in open_by_owner), None)
        if first is not None:
            lives.add(first.pk)
    opening: list[people.Membership] = []
    closing: list[people.Membership] = []
    for m in held:
        new_root = roots[owner[m.pk]]
        was = (m.person_id, m.lent_by_id, m.ended_on, m.ended_by_merge)
        m.person_id, m.lent_by_id = new_root, owner[m.pk] if owner[m.pk] != new_root else None
        if m.pk in lives:
            m.ended_on, m.ended_by_merge = None, False
        elif open_by_owner.get(owner[m.pk]) is m and m.ended_on is None:
            m.ended_on, m.ended_by_merge = max(at.date(), m.started_on or at.date()), True
        elif m.ended_by_merge and open_by_owner.get(owner[m.pk]) is not m:
            m.ended_by_merge = False  # they moved elsewhere since: it has ended for good
        if was != (m.person_id, m.lent_by_id, m.ended_on, m.ended_by_merge):
            (opening if m.pk in lives and was[2] is not None else closing).append(m)
    fields = ["person", "lent_by", "ended_on", "ended_by_merge", "is_head", "relation", "is_collector", "is_alternate"]
    # Ended and lent rows go first, those that are open behind those that end.
    for m in (*(m for m in closing if m.ended_on is not None), *(m for m in closing if m.ended_on is None)):
        m.save(update_fields=fields)
    for m in opening:
        _make_room(m)
    for m in opening:
        m.save(update_fields=fields)
    household_actions.follow(opening, at)
    return {m.household_id: m.person_id for m in held if m.ended_on is None and m.is_head}


def _make_room(membership: people.Membership) -> None:
    """A membership that opens again takes no role that somebody else was given meanwhile."""
    others = people.Membership.objects.filter(household_id=membership.household_id, ended_on=None)
    if membership.is_head and others.filter(is_head=True).exists():
        membership.is_head, membership.relation = False, people_rules.Relation.UNKNOWN
    if membership.is_collector and others.filter(is_collector=True).exists():
        membership.is_collector = False


def _record(  # noqa: PLR0917 - one line a call
    verb: str, kept: people.Person, gone: people.Person, by: Actor, at: dt.datetime, reason: str
) -> None:
    """Both histories tell it: each by the other's number."""
    told = (("", kept, gone), (" away", gone, kept))
    audit.record_many(
        [
            audit_rules.Entry(
                room=ROOM,
                verb=f"{verb}{side}",
                object_kind="person",
                object_key=str(one.pk),
                subject=one.subject,
                payload={"number": [None, other.number] if verb == "merged" else [other.number, None]},
                reason=reason,
            )
            for side, one, other in told
        ],
        by=by,
        at=at,
        lane=audit_rules.OFFICE,
    )


# --- erasing --------------------------------------------------------------------------------------


def detach(person: people.Person, *, by: Actor, at: dt.datetime) -> None:
    """The record stands by itself again, and no merge names it: what comes before its erasure.

    Runs in the caller's transaction.
    """
    touching = orm.Q(gone=person) | orm.Q(kept=person)
    for record in MergeRecord.objects.filter(touching, undone_at=None).order_by("-pk"):
        _part(record, by=by, user_id=None, at=at)
    MergeRecord.objects.filter(touching).delete()
