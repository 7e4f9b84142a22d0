"""Reads of merges: which are in force, what stands in the way of parting two records, what came since.

Nothing here asks the policy by itself; ``visible_merge`` is where a door begins.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models as orm

from streha.accounts.rules import Access, Action
from streha.audit import actions as audit
from streha.common import errors
from streha.people import models as people
from streha.people import queries as people_queries
from streha.people.merges import models, rules
from streha.people.merges.models import MergeRecord


def forest_of(ids: Iterable[int]) -> tuple[rules.Forest, list[MergeRecord]]:
    """The merges in force among these records, in the order they were made."""
    records = list(MergeRecord.objects.filter(gone_id__in=list(ids), undone_at=None).order_by("pk"))
    edges = (rules.Edge(record.kept_id, record.gone_id, record.fields_taken) for record in records)
    return rules.Forest(tuple(edges)), records


def values_of(person: people.Person) -> dict[str, Any]:
    """What a record's own row says, as the rules compare it; the community in clear."""
    return values_of_many([person])[person.pk]


def values_of_many(persons: Iterable[people.Person]) -> dict[int, dict[str, Any]]:
    """``values_of`` by record, for as many as there are: opened together. Raises Gone after an erasure."""
    rows = list(persons)
    told = [(row.pk, row.subject, bytes(row.community_sealed)) for row in rows if row.community_sealed]
    clear = audit.unseal_many([(subject, token) for _, subject, token in told], context=people.SEALED_COMMUNITY)
    if None in clear:
        raise errors.Gone()
    community = {pk: value.decode() for (pk, _, _), value in zip(told, clear, strict=True) if value is not None}
    return {
        row.pk: {
            "birth": (row.birth_date, row.birth_precision),
            "sex": str(row.sex),
            "vital_status": str(row.vital_status),
            "citizenship": row.citizenship,
            "language": str(row.language),
            "community": community.get(row.pk, ""),
            "home_area": row.home_area_id,
            "keeper": row.keeper_id,
            "shielded": row.shielded,
        }
        for row in rows
    }


@dataclass(frozen=True)
class Base:
    """What a kept record said by itself; ``community_sealed`` exactly as it lay there."""

    values: dict[str, Any]
    community_sealed: bytes | None

    @classmethod
    def of(cls, person: people.Person, values: dict[str, Any]) -> Base:
        """As the row stands now, which says these values."""
        sealed = bytes(person.community_sealed) if person.community_sealed is not None else None
        return cls(values, sealed)

    @classmethod
    def load(cls, clear: bytes) -> Base:
        """As a record of a merge holds it, opened."""
        held = json.loads(clear)
        day, precision = held["values"]["birth"]
        held["values"]["birth"] = (dt.date.fromisoformat(day) if day else None, precision)
        return cls(held["values"], bytes.fromhex(held["community_sealed"]) if held["community_sealed"] else None)

    def dump(self) -> bytes:
        """As it is sealed."""
        day, precision = self.values["birth"]
        values = {**self.values, "birth": [day.isoformat() if day else None, precision]}
        token = self.community_sealed.hex() if self.community_sealed else ""
        return json.dumps({"values": values, "community_sealed": token}).encode()


def visible_merge(access: Access, merge_id: int) -> MergeRecord:
    """A merge in force whose person the viewer may decide about; NotFound for whoever may not know of it."""
    record = MergeRecord.objects.select_related("kept", "gone", "merged_by").filter(pk=merge_id, undone_at=None).first()
    if record is None:
        raise errors.NotFound(errors.message("This merge was undone already, or never was."))
    kept = people_queries.answering([record.kept_id])[record.kept_id]
    if not people.Person.objects.visible_to(access, Action.DUPLICATES_DECIDE).filter(pk=kept).exists():
        raise errors.NotFound(errors.message("This merge was undone already, or never was."))
    return record


def merges_of(person_id: int) -> list[MergeRecord]:
    """The merges in force that made this person one, newest first."""
    ids = people_queries.one_person(person_id)
    found = MergeRecord.objects.filter(gone_id__in=ids, undone_at=None).select_related("kept", "gone", "merged_by")
    return list(found.order_by("-pk"))


# --- what came since ------------------------------------------------------------------------------

FACTS: dict[str, type[orm.Model]] = {
    "name": people.Name,
    "identifier": people.Identifier,
    "contact": people.Contact,
    "membership": people.Membership,
    "episode": people.DisplacementEpisode,
    "intention": people.Intention,
    "functioning": people.Functioning,
    "need": people.SpecificNeed,
    "note": people.ProtectionNote,
    "consent": people.Consent,
    "transfer": people.Transfer,
}
CORRECTED = "corrected"


@dataclass(frozen=True)
class Later:
    """Something said about the one person after the merge: a row of a table, or a corrected value."""

    kind: str
    key: str
    at: dt.datetime | None = None
    row: Any = None
    value: Any = None

    @property
    def code(self) -> str:
        """How a form names it: ``identifier:12``, ``corrected:birth``."""
        return f"{self.kind}:{self.key}"


def later_facts(record: MergeRecord) -> list[Later]:
    """What was said since the merge about the one person, and so about one of the two: oldest first.

    What another merge brought in is not among it: that goes with its own record.
    """
    ids = people_queries.one_person(record.kept_id)
    forest, records = forest_of(ids)
    since = _answered_since(record, forest, records)
    found = [Later(CORRECTED, column, value=value) for column, value in _corrected(ids, since).items()]
    noted = _noted(since)
    return [*found, *sorted(noted, key=lambda later: (later.at, later.kind, int(later.key)))]


def _answered_since(
    record: MergeRecord, forest: rules.Forest, records: Sequence[MergeRecord]
) -> dict[int, dt.datetime]:
    """The records that answered for the one that went, one after the other, and from when on."""
    merged = {one.gone_id: one.merged_at for one in records}
    line = forest.path(record.kept_id)
    return {node: record.merged_at if at == 0 else merged[line[at - 1]] for at, node in enumerate(line)}


def _noted(since: Mapping[int, dt.datetime]) -> Iterator[Later]:
    for kind, model in FACTS.items():
        moment = "at" if kind == "transfer" else "noted_at"
        is_lent = kind in {"name", "membership"}
        for node, start in since.items():
            of_node = orm.Q(person_id=node)
            if is_lent:
                of_node = orm.Q(person_id=node, lent_by=None) | orm.Q(lent_by_id=node)
            for row in model._default_manager.filter(of_node, **{f"{moment}__gt": start}):
                yield Later(kind, str(row.pk), getattr(row, moment), row)


def _corrected(ids: Sequence[int], line: Iterable[int]) -> dict[str, Any]:
    """Values that somebody corrected on the kept record, or on what it was merged into since."""
    rows = people.Person.objects.in_bulk(ids)
    forest, records = forest_of(ids)
    actual = values_of_many(rows.values())
    said = {pk: base.values for pk, base in bases(rows, records, actual).items()}
    edited = rules.corrections(forest, said, actual)
    return {column: value for node in line for column, value in edited.get(node, {}).items() if column != "shielded"}


def bases(
    rows: Mapping[int, people.Person], records: Iterable[MergeRecord], actual: Mapping[int, dict[str, Any]]
) -> dict[int, Base]:
    """What each record says by itself: what was kept of it when something was first merged into it, or its row."""
    kept = {record.kept_id: record for record in records}
    found = {pk: Base.of(row, actual[pk]) for pk, row in rows.items() if pk not in kept}
    sealed = [(rows[pk].subject, bytes(record.sealed)) for pk, record in kept.items()]
    clear = audit.unseal_many(sealed, context=models.SEALED_BASE)
    for pk, told in zip(kept, clear, strict=True):
        if told is None:
            raise errors.Gone()
        found[pk] = Base.load(told)
    return found
