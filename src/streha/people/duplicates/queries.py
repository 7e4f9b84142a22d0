"""Reads of pairs: the queue as one viewer may see it, a pair side by side, what is certain, how often we were wrong.

A pair exists only for who may see both of its sides, and one that no single office keeps only for who works the
central queue; nobody else sees it, counts it or learns of it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action
from streha.audit import actions as audit
from streha.common import errors, pages
from streha.common.codes import FieldClass
from streha.common.pages import PAGE_SIZE, Page
from streha.engine import linkage
from streha.engine.linkage import levels
from streha.people import models as people
from streha.people import queries as people_queries
from streha.people.duplicates import bridge, models, rules
from streha.people.imports.models import StagedRecord
from streha.people.merges import queries as merge_queries
from streha.people.merges import rules as merge_rules
from streha.people.models import MatchPair
from streha.people.rules import WAITING_PAIRS, PairState
from streha.places import queries as places

ORDER = ("-consequence", "-probability", "-pk")
RATED_AT_MOST = 2_000
CERTAIN_AT_ONCE = 50
LOOKED_THROUGH = 300


@dataclass(frozen=True)
class PairFilter:
    """What the queue is narrowed to."""

    central: bool = False
    state: str = PairState.OPEN
    band: str = ""
    why: str = ""
    area_id: int | None = None


def pairs(access: Access, *, central: bool = False) -> QuerySet[MatchPair]:
    """Pairs of the office queue, or of the central one, that exist for this viewer.

    A pair whose sides are one person by now waits for nobody.
    """
    action = Action.CENTRAL_QUEUE if central else Action.DUPLICATES_DECIDE
    if not access.allows(action):
        return MatchPair.objects.none()
    found = MatchPair.objects.filter(is_central=central).filter(_seen(access, action, "left"))
    found = found.filter(_seen(access, action, "right"))
    kept = found.annotate(
        left_kept=Coalesce("left__canonical_id", "left_id"), right_kept=Coalesce("right__canonical_id", "right_id")
    )
    return kept.exclude(Q(state__in=WAITING_PAIRS) & Q(left_kept=F("right_kept")))


def _seen(access: Access, action: Action, side: str) -> Q:
    """Whoever answers for a side now is visible."""
    merged = people.visible_q(access, action, f"{side}__canonical__") & Q(**{f"{side}__canonical__isnull": False})
    return people.visible_q(access, action, f"{side}__") | merged


def queue(access: Access, narrowed: PairFilter) -> QuerySet[MatchPair]:
    """The pairs of a queue as narrowed; order them by ``ORDER``."""
    found = pairs(access, central=narrowed.central)
    if narrowed.state == "decided":
        found = found.filter(state__in=[PairState.SAME, PairState.DIFFERENT])
    else:
        found = found.filter(state=narrowed.state)
    keepers = people_queries.keepers_open_to(access, Action.DUPLICATES_DECIDE)
    if narrowed.area_id is not None:
        inside = places.subtree_ids([narrowed.area_id])
        keepers = inside if keepers is None else keepers & inside
    if keepers is not None and not narrowed.central:
        found = found.filter(keeper_id__in=keepers)  # the index leads; visibility has decided above
    if narrowed.band:
        low, high = rules.bounds(rules.Band(narrowed.band))
        found = found.filter(probability__gte=low, probability__lt=high)
    if narrowed.why:
        found = found.filter(why=narrowed.why)
    return found.select_related("left__canonical", "right__canonical", "keeper")


def visible_pair(access: Access, pair_id: int) -> MatchPair:
    """The pair; NotFound for whoever may not know of it."""
    for central in (False, True):
        found = pairs(access, central=central).filter(pk=pair_id)
        pair = found.select_related("left__canonical", "right__canonical").first()
        if pair is not None:
            return pair
    raise errors.NotFound(
        errors.message("There is no such pair among those you may decide. A record of it was merged or erased.")
    )


def next_pair(access: Access, narrowed: PairFilter, after: MatchPair | None = None) -> MatchPair | None:
    """The pair that comes after one in the order of the queue; from the beginning where none does."""
    found = queue(access, narrowed).order_by(*ORDER)
    if after is None:
        return found.first()
    behind = _behind(after.consequence, after.probability, after.pk)
    return found.filter(behind).first() or found.exclude(pk=after.pk).first()


def pairs_page(access: Access, narrowed: PairFilter, *, after: str = "", limit: int = PAGE_SIZE) -> Page[MatchPair]:
    """One page of a queue in its order, and the key of the next."""
    found = queue(access, narrowed).order_by(*ORDER)
    if after:
        found = found.filter(_behind(*_key(after)))
    rows = list(found[: limit + 1])
    shown = rows[:limit]
    last = shown[-1] if len(rows) > limit else None
    return Page(tuple(shown), pages.key(last.consequence, repr(last.probability), last.pk) if last else "")


def _key(after: str) -> tuple[int, float, int]:
    parts = re.fullmatch(r"(\d{1,9})~(\d[\d.e-]{0,30})~(\d{1,18})", after)
    try:
        if parts is not None:
            return int(parts[1]), float(parts[2]), int(parts[3])
    except ValueError:
        pass  # two points, or two exponents: no key of ours
    raise pages.no_such_page()


def _behind(consequence: int, probability: float, pk: int) -> Q:
    """What comes after a pair in the order of a queue."""
    weaker = Q(probability__lt=probability) | Q(probability=probability, pk__lt=pk)
    return Q(consequence__lt=consequence) | Q(consequence=consequence) & weaker


def waiting(access: Access, limit: int) -> int:
    """How many pairs wait for the viewer, counted no further than ``limit``."""
    found = 0
    for central in (False, True):
        rows = queue(access, PairFilter(central=central)).order_by()
        found += len(rows.values_list("pk")[: limit - found])
    return found


# --- side by side ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Source:
    """Where something a record says comes from: the office or a list, when, by whom."""

    at: dt.datetime
    who: str
    list_number: str = ""
    list_row: int = 0


@dataclass(frozen=True)
class Side:
    """One record of a pair as the viewer may read it."""

    person: people.Person
    values: dict[str, Any]
    names: tuple[people.Name, ...]
    membership: people.Membership | None
    company: tuple[people.Person, ...]
    identifiers: tuple[people.Identifier, ...]
    contacts: tuple[people.Contact, ...]
    sources: tuple[Source, ...]

    @property
    def main(self) -> people.Name | None:
        """The name the record goes by."""
        return next((n for n in self.names if n.kind == "main"), self.names[0] if self.names else None)


@dataclass(frozen=True)
class Line:
    """One field of both records: the values, how they stand to each other, and in words why."""

    code: str
    left: Any
    right: Any
    agreement: rules.Agreement
    reasons: tuple[str, ...] = ()
    is_choice: bool = False
    proposed: str = "left"
    bits: float | None = None
    """The weight that the linkage gives to how the two agree: each bit doubles, or halves, the odds of one person."""
    words: tuple[str, ...] = ()
    """Sentences of the linkage about it, for the catalogues."""


@dataclass(frozen=True)
class Opinion:
    """What somebody said about the pair."""

    decision: models.MatchDecision
    who: str
    reason: str


@dataclass(frozen=True)
class PairPage:
    """A pair side by side, as one viewer may see it."""

    pair: MatchPair
    left: Side
    right: Side
    lines: tuple[Line, ...]
    opinions: tuple[Opinion, ...]
    hidden: frozenset[str] = field(default_factory=frozenset)
    """Fields that this viewer may not read, with what would be taken over all the same."""
    probability: float = 0.0
    """By the records as they are now."""

    @property
    def is_waiting(self) -> bool:
        """Whether somebody still has to decide."""
        return self.pair.state in WAITING_PAIRS


CLASS_OF: dict[str, FieldClass] = {
    "community": FieldClass.COMMUNITY,
    "home_area": FieldClass.HOME_LOCATION,
    "company": FieldClass.IDENTITY,
    "contact": FieldClass.CONTACT,
}


def pair_page(access: Access, pair_id: int, *, at: dt.datetime) -> PairPage:
    """Both records beside each other, field by field; that they were looked at is on record."""
    pair = visible_pair(access, pair_id)
    both = sides_of(access, pair)
    classes = frozenset.intersection(
        *(people_queries.readable(access, people_queries.Record.of(side.person)) for side in both)
    )
    audit.looked(
        by=access.actor,
        at=at,
        verb="compared",
        subjects=[side.person.subject for side in both],
        classes=sorted(classes & {FieldClass.IDENTITY, FieldClass.HOME_LOCATION, FieldClass.COMMUNITY}),
        where="duplicates",
    )
    found = evidence_of(both)
    every = [_weighed(line, found) for line in lines_of(*both)]
    seen = tuple(line for line in every if CLASS_OF.get(line.code, FieldClass.IDENTITY) in classes)
    unseen = {line.code for line in every if line not in seen and line.is_choice and line.proposed == "right"}
    probability = found.probability if found and pair.state in WAITING_PAIRS else pair.probability
    return PairPage(pair, *both, seen, tuple(_opinions(pair)), frozenset(unseen), probability)


FIELDS_OF_LINKAGE = {
    "given": "name",
    "father": "name",
    "family": "name",
    "sex": "sex",
    "birth_date": "birth",
    "municipality": "keeper",
    "identifier": "identifier",
    "phone": "contact",
    "household": "company",
}


def evidence_of(both: tuple[Side, Side]) -> linkage.Evidence | None:
    """What the linkage says of the two as they are now; None where one of them is no more."""
    pair = both[0].person.pk, both[1].person.pk
    return bridge.evidence([pair]).get(pair)


def _weighed(line: Line, found: linkage.Evidence | None) -> Line:
    """The line with its weight and the sentences about it."""
    told = [one for one in found.fields if FIELDS_OF_LINKAGE[one.column] == line.code] if found else []
    spoken = [one for one in told if one.level != levels.MISSING]
    if not spoken:
        return line
    words = tuple(dict.fromkeys(one.words for one in spoken)) if line.code != "name" else ()
    return replace(line, bits=sum(one.bits for one in spoken), words=words)


def sides_of(access: Access, pair: MatchPair) -> tuple[Side, Side]:
    """The two records: who answers for each side while the pair waits, the records themselves once it is decided."""
    return sides_of_many(access, [pair])[0]


def sides_of_many(access: Access, found: Sequence[MatchPair]) -> list[tuple[Side, Side]]:
    """``sides_of`` for many pairs, in their order: as many queries as for one."""
    shown = [tuple(_shown(pair, row) for row in (pair.left, pair.right)) for pair in found]
    sides = _sides(access, sorted({row.pk for both in shown for row in both}))
    return [(sides[left.pk], sides[right.pk]) for left, right in shown]


def _shown(pair: MatchPair, row: people.Person) -> people.Person:
    return row.canonical or row if pair.state in WAITING_PAIRS else row


def _sides(access: Access, ids: Sequence[int]) -> dict[int, Side]:
    related = people.Person.objects.select_related("home_area__parent", "keeper", "registered_by")
    persons = {person.pk: person for person in related.filter(pk__in=ids)}
    merged = people.Person.objects.filter(canonical_id__in=persons).values_list("pk", "canonical_id")
    owner = dict(merged) | {pk: pk for pk in persons}  # who stands there itself shows what is its own
    values = merge_queries.values_of_many(persons.values())
    rows = _Rows.read(access, owner)
    return {pk: rows.side(person, values[pk]) for pk, person in persons.items()}


@dataclass(frozen=True)
class _Rows:
    """What hangs on the records of many sides, by the record that shows it."""

    names: Mapping[int, list[people.Name]]
    memberships: Mapping[int, people.Membership]
    company: Mapping[int, list[people.Person]]
    identifiers: Mapping[int, list[people.Identifier]]
    contacts: Mapping[int, list[people.Contact]]
    lists: Mapping[int, list[Source]]

    @classmethod
    def read(cls, access: Access, owner: Mapping[int, int]) -> _Rows:
        """``owner`` says for each record which one shows it."""
        shown = set(owner.values())
        of_these = Q(person_id__in=shown) | Q(lent_by_id__in=shown)
        names = people.Name.objects.filter(of_these, valid_to=None).order_by("pk")
        homes = people.Membership.objects.filter(of_these, ended_on=None).select_related("household").order_by("-pk")
        with wall.beyond("in which household a record stands"):  # one that is hidden for somebody else in it
            memberships = {pk: home for home in homes for pk in (home.person_id, home.lent_by_id) if pk in shown}
        identifiers = people.Identifier.objects.filter(person_id__in=owner, valid_to=None).order_by("pk")
        contacts = people.Contact.objects.filter(person_id__in=owner, valid_to=None).order_by("pk")
        return cls(
            names=_by((pk, name) for name in names for pk in (name.person_id, name.lent_by_id) if pk in shown),
            memberships=memberships,
            company=_company_of(access, memberships, owner),
            identifiers=_by((owner[row.person_id], row) for row in identifiers),
            contacts=_by((owner[row.person_id], row) for row in contacts),
            lists=_lists(owner),
        )

    def side(self, person: people.Person, values: dict[str, Any]) -> Side:
        """One record as it is shown."""
        pk = person.pk
        here = [] if person.source.startswith("import:") else [Source(person.registered_at, _who(person))]
        return Side(
            person=person,
            values=values,
            names=tuple(self.names.get(pk, ())),
            membership=self.memberships.get(pk),
            company=tuple(self.company.get(pk, ())[:COMPANY_AT_MOST]),
            identifiers=tuple(self.identifiers.get(pk, ())),
            contacts=tuple(self.contacts.get(pk, ())),
            sources=(*here, *self.lists.get(pk, ())[:LISTS_AT_MOST]),
        )


COMPANY_AT_MOST, LISTS_AT_MOST = 8, 5


def _who(person: people.Person) -> str:
    return str(person.registered_by or "")


def _by(pairs: Iterable[tuple[int, Any]]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for pk, row in pairs:
        found.setdefault(pk, []).append(row)
    return found


def _company_of(
    access: Access, memberships: Mapping[int, people.Membership], owner: Mapping[int, int]
) -> dict[int, list[people.Person]]:
    """Whom each lives with, as far as the viewer may see them: the household is not a way around the policy."""
    homes = {home.household_id for home in memberships.values()}
    lived = people.Membership.objects.filter(household_id__in=homes, ended_on=None)
    with wall.beyond("in which household a record stands"):
        members = _by(lived.values_list("household_id", "person_id"))
    ids = {pk for row in members.values() for pk in row}
    seen = people.Person.objects.visible_to(access).filter(pk__in=ids).prefetch_related(people_queries.CURRENT_NAMES)
    known = {person.pk: person for person in seen}
    return {
        pk: [
            known[other]
            for other in sorted(members[home.household_id])
            if other in known and other != home.person_id and owner.get(other) != pk
        ]
        for pk, home in memberships.items()
    }


def _lists(owner: Mapping[int, int]) -> dict[int, list[Source]]:
    """The lists by which something a record says came, the oldest first."""
    rows = StagedRecord.objects.filter(Q(person_id__in=owner) | Q(into_id__in=owner), is_done=True)
    found: dict[int, list[Source]] = {}
    with wall.beyond("from which list a record comes"):
        for row in rows.select_related("batch__registered_by").order_by("pk"):
            told = Source(row.batch.registered_at, str(row.batch.registered_by or ""), row.batch.number, row.number)
            for pk in {owner[one] for one in (row.person_id, row.into_id) if one is not None and one in owner}:
                found.setdefault(pk, []).append(told)
    return found


def lines_of(left: Side, right: Side) -> list[Line]:
    """Every field of both, with how they agree and which value is proposed to be kept."""
    taken = merge_rules.better(left.values, right.values)
    lines = [
        Line("name", left.names, right.names, *_names(left, right), is_choice=True),
        _plain("birth", left, right, taken, rules.births),
        *(_plain(code, left, right, taken) for code in ("sex", "vital_status", "citizenship", "language")),
        Line("identifier", left.identifiers, right.identifiers, _shared(left.identifiers, right.identifiers)),
        Line("contact", left.contacts, right.contacts, _shared(left.contacts, right.contacts)),
        _plain("community", left, right, taken),
        replace(_plain("home_area", left, right, taken), left=left.person.home_area, right=right.person.home_area),
        _household(left, right),
        Line("company", left.company, right.company, *_company(left, right)),
        replace(_plain("keeper", left, right, taken), left=left.person.keeper, right=right.person.keeper),
    ]
    return [line for line in lines if line.agreement is not rules.Agreement.SILENT]


def _plain(code: str, left: Side, right: Side, taken: frozenset[str], compare: Any = None) -> Line:
    one, other = left.values[code], right.values[code]
    agreement = (compare or rules.plainly)(one, other)
    return Line(code, one, other, agreement, is_choice=one != other, proposed="right" if code in taken else "left")


def _names(left: Side, right: Side) -> tuple[rules.Agreement, tuple[str, ...]]:
    """The best of all ways in which the two are written."""
    return rules.names_agree([str(name) for name in left.names], [str(name) for name in right.names])


def _shared(left: Sequence[Any], right: Sequence[Any]) -> rules.Agreement:
    one, other = {row.blind for row in left} - {""}, {row.blind for row in right} - {""}
    if not one and not other:
        return rules.Agreement.SILENT
    if one & other:
        return rules.Agreement.SAME
    return rules.Agreement.DIFFERENT if one and other else rules.Agreement.ONE_SIDED


def _household(left: Side, right: Side) -> Line:
    one = left.membership.household if left.membership else None
    other = right.membership.household if right.membership else None
    takes_right = one is None or (right.membership is not None and right.membership.is_head and one == other)
    return Line(
        "household",
        left.membership,
        right.membership,
        rules.plainly(one.pk if one else "", other.pk if other else ""),
        is_choice=left.membership is not None and right.membership is not None,
        proposed="right" if takes_right and other is not None else "left",
    )


def _company(left: Side, right: Side) -> tuple[rules.Agreement, tuple[str, ...]]:
    """Whether those who live with the one and with the other bear the same names."""
    if not left.company or not right.company:
        return rules.Agreement.ONE_SIDED if left.company or right.company else rules.Agreement.SILENT, ()
    one, other = ({person.sort_name for person in side.company} for side in (left, right))
    return (rules.Agreement.SAME if one & other else rules.Agreement.DIFFERENT), ()


def _opinions(pair: MatchPair) -> Iterable[Opinion]:
    said = pair.decisions.filter(undone_at=None).select_related("decided_by").order_by("pk")
    for decision in said:
        reason = people_queries.unsealed(pair.left.subject, decision.reason_sealed, models.SEALED_REASON)
        yield Opinion(decision, str(decision.decided_by or ""), reason)


# --- the certain ----------------------------------------------------------------------------------


def is_certain(left: Side, right: Side) -> bool:
    """The same document, the same name however written, and nothing that speaks against: decided many at once."""
    return _are_certain(left, right, lines_of(left, right))


def _are_certain(left: Side, right: Side, lines: Iterable[Line]) -> bool:
    agreed = {line.code: line.agreement for line in lines}
    fine = {rules.Agreement.SAME, rules.Agreement.ONE_SIDED, rules.Agreement.ALIKE, None}
    return (
        agreed.get("identifier") is rules.Agreement.SAME
        and agreed.get("name") is rules.Agreement.SAME
        and agreed.get("birth") in fine
        and agreed.get("sex") in fine
        and agreed.get("vital_status") in fine
        and left.person.keeper_id == right.person.keeper_id
        and not (left.person.shielded or right.person.shielded)
    )


def certain_pairs(access: Access, narrowed: PairFilter) -> list[PairPage]:
    """The first pairs of the office queue that are certain, for a look before they are merged together."""
    found: list[PairPage] = []
    rows = queue(access, replace(narrowed, central=False, state=PairState.OPEN)).filter(why="identifier")
    looked = list(rows.order_by(*ORDER)[:LOOKED_THROUGH])
    for start in range(0, len(looked), CERTAIN_AT_ONCE):
        piece = looked[start : start + CERTAIN_AT_ONCE]
        for pair, both in zip(piece, sides_of_many(access, piece), strict=True):
            lines = tuple(lines_of(*both))
            if _are_certain(*both, lines):
                found.append(PairPage(pair, *both, lines, ()))
        if len(found) >= CERTAIN_AT_ONCE:
            break
    return found[:CERTAIN_AT_ONCE]


# --- how often we were wrong, and what was learnt -------------------------------------------------


def rates(access: Access) -> dict[rules.Band, rules.Rate]:
    """By band of strength: the share of different people among the latest final decisions visible to the viewer."""
    decided: list[tuple[float, bool]] = []
    for central in (False, True):
        seen = pairs(access, central=central).filter(state__in=[PairState.SAME, PairState.DIFFERENT])
        said = models.MatchDecision.objects.filter(is_final=True, undone_at=None, pair__in=seen)
        newest = said.order_by("-decided_at").values_list("probability", "verdict")[:RATED_AT_MOST]
        decided += [(probability, verdict == rules.Verdict.DIFFERENT) for probability, verdict in newest]
    return rules.rates(decided)


LABEL_COLUMNS = tuple(FIELDS_OF_LINKAGE)


@dataclass(frozen=True)
class Label:
    """A decision to learn from: how the columns of the linkage agree in a pair, and what was decided about it."""

    verdict: str
    decided_on: dt.date
    probability: float
    levels: tuple[str, ...]


def labels() -> Iterable[Label]:
    """Every final decision that stands, without anything by which somebody could be known again."""
    said = models.MatchDecision.objects.filter(is_final=True, undone_at=None).exclude(levels="").order_by("pk")
    for one in said.iterator():
        by_column = dict(told.split("=", 1) for told in one.levels.split("|"))
        agreed = tuple(by_column.get(column, "") for column in LABEL_COLUMNS)
        yield Label(one.verdict, one.decided_at.date(), one.probability, agreed)


@wall.beyond("whether a pair holds help back")
def is_held(person_id: int) -> bool:
    """Whether an undecided pair holds back what this person is entitled to.

    Always False while ``STREHA_HOLD_UNDECIDED`` is off: help is then given until somebody decides. Asked by the rooms
    above before they pay; it looks at everybody, so the answer may be shown only to who may see the person.
    """
    if not settings.HOLD_UNDECIDED:
        return False
    ids = people_queries.one_person(person_id)
    open_pairs = MatchPair.objects.filter(state__in=WAITING_PAIRS, probability__gte=settings.HOLD_FROM)
    touching = open_pairs.filter(Q(left_id__in=ids) | Q(right_id__in=ids))
    return touching.exclude(left_id__in=ids, right_id__in=ids).exists()
