"""Deciding about pairs: same, different, not sure; one by one, or the certain ones together; and taking it back.

"Same" merges, at once or after a second person's opinion. Everything about one pair happens under its lock, so of two
who decide at once the slower is told what the faster said.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action
from streha.audit import actions as audit
from streha.audit import rules as audit_rules
from streha.common import errors
from streha.engine import linkage
from streha.jobs import actions as jobs
from streha.jobs.models import Job
from streha.jobs.rules import OPEN
from streha.people import actions as people_actions
from streha.people import models as people
from streha.people import queries as people_queries
from streha.people.duplicates import bridge, models, queries, rules
from streha.people.duplicates.models import MatchDecision
from streha.people.duplicates.rules import Verdict
from streha.people.merges import actions as merges
from streha.people.merges import queries as merge_queries
from streha.people.merges.models import MergeRecord
from streha.people.models import MatchPair
from streha.people.rules import WAITING_PAIRS, PairState

ROOM = "people"
VERBS = {Verdict.SAME: "pair same", Verdict.DIFFERENT: "pair different", Verdict.UNSURE: "pair unsure"}
FINAL = {Verdict.SAME: PairState.SAME, Verdict.DIFFERENT: PairState.DIFFERENT}


@dataclass(frozen=True)
class Opinion:
    """What somebody says about a pair; ``choice`` says how to merge, and ``versions`` what they looked at."""

    verdict: Verdict
    choice: merges.Choice | None = None
    reason: str = ""
    versions: Mapping[int, int] | None = None


@dataclass(frozen=True)
class Outcome:
    """Where a pair stands after an opinion, and the merge it led to."""

    state: PairState
    merge: MergeRecord | None = None


@transaction.atomic
@wall.beyond("deciding about pairs")
def decide(pair_id: int, opinion: Opinion, *, by: Access, at: dt.datetime, is_bulk: bool = False) -> Outcome:
    """The opinion stands; the two are merged, kept apart, or wait for another person.

    Raises Conflict where somebody decided meanwhile, Refused for a second opinion by the same person.
    """
    by.require(Action.DUPLICATES_DECIDE)
    pair = _locked(pair_id, by)
    both = queries.sides_of(by, pair)
    found = queries.evidence_of(both)
    if found is not None:
        pair.probability = found.probability  # by the records as they are now
    _check(pair, opinion, both)
    said = list(pair.decisions.filter(undone_at=None).exclude(verdict=Verdict.UNSURE))
    _require_another_person(said, by)
    state = _state_after(pair, opinion, [one.verdict for one in said], both)
    levels = "|".join(f"{one.column}={one.level}" for one in found.fields) if found else ""
    _keep(pair, opinion, both, by, at, levels=levels, is_final=state in FINAL.values(), is_bulk=is_bulk)
    record = None
    if state == PairState.SAME and opinion.choice is not None:
        record = merges.merge(
            opinion.choice, by=by, at=at, versions=opinion.versions, pair_id=pair.pk, reason=opinion.reason
        )
    _stand(pair, state, contested=rules.is_contested([*(one.verdict for one in said), opinion.verdict]))
    if state == PairState.DIFFERENT:
        _settle_twins(pair, both)
    return Outcome(state, record)


def _locked(pair_id: int, by: Access) -> MatchPair:
    """The pair, locked and waiting."""
    held = MatchPair.objects.select_for_update(of=("self",)).filter(pk=pair_id).first()
    if held is not None and held.state not in WAITING_PAIRS:
        pair = queries.visible_pair(by, pair_id)
        raise errors.Conflict(
            errors.message(
                "Somebody else has decided about {left} and {right} meanwhile. Nothing of yours was lost or doubled. "
                "Look at the pair again, and take that decision back if you disagree."
            ),
            code="decided_meanwhile",
            left=pair.left.number,
            right=pair.right.number,
        )
    return queries.visible_pair(by, pair_id)


def _check(pair: MatchPair, opinion: Opinion, both: tuple[queries.Side, queries.Side]) -> None:
    if rules.needs_reason(opinion.verdict, pair.probability) and not opinion.reason.strip():
        raise errors.BadInput(
            errors.message("Say in a few words why: it helps whoever looks at this pair next."),
            code="reason_missing",
            field="reason",
        )
    if len(opinion.reason) > 400:
        raise errors.BadInput(
            errors.message("The reason has {length} signs; keep it under 400."),
            code="reason_long",
            field="reason",
            length=len(opinion.reason),
        )
    if opinion.verdict != Verdict.SAME:
        return
    ids = {side.person.pk for side in both}
    if opinion.choice is None or {opinion.choice.kept_id, opinion.choice.gone_id} != ids:
        raise errors.Conflict(
            errors.message("One of the two records was merged meanwhile. Look at the pair again."),
            code="merged_meanwhile",
        )


def _require_another_person(said: Iterable[MatchDecision], by: Access) -> None:
    """Whoever gave an opinion that waits for another's does not give the other too."""
    mine = any(one.decided_by_id == by.user_id for one in said)
    if mine and by.user_id is not None:
        raise errors.Refused(
            errors.message("You have said what you think about this pair; now another person decides."),
            code="second_by_the_same",
        )


def _state_after(
    pair: MatchPair, opinion: Opinion, said: list[str], both: tuple[queries.Side, queries.Side]
) -> PairState:
    if opinion.verdict == Verdict.UNSURE:
        return PairState.SECOND if pair.state == PairState.SECOND else PairState.UNSURE
    if rules.is_contested(said):
        return FINAL[opinion.verdict]  # the third person's word
    if said:
        return FINAL[opinion.verdict] if opinion.verdict in said else PairState.OPEN
    needs_second = opinion.verdict == Verdict.SAME and rules.needs_second(
        probability=pair.probability,
        is_shielded=any(side.person.shielded for side in both),
        is_certain=queries.is_certain(*both),
        threshold=settings.SECOND_OPINION_BELOW,
    )
    return PairState.SECOND if needs_second else FINAL[opinion.verdict]


def _keep(
    pair: MatchPair,
    opinion: Opinion,
    both: tuple[queries.Side, queries.Side],
    by: Access,
    at: dt.datetime,
    *,
    levels: str,
    is_final: bool,
    is_bulk: bool,
) -> None:
    reason = opinion.reason.strip()
    choice = opinion.choice if opinion.verdict == Verdict.SAME else None
    MatchDecision.objects.create(
        pair=pair,
        verdict=opinion.verdict,
        probability=pair.probability,
        levels=levels[:300],
        kept_id=choice.kept_id if choice else None,
        taken=",".join(sorted(choice.taken)) if choice else "",
        reason_sealed=audit.seal(pair.left.subject, reason.encode(), context=models.SEALED_REASON) if reason else None,
        is_bulk=is_bulk,
        is_final=is_final,
        decided_at=at,
        decided_by_id=by.user_id,
    )
    audit.record_many(
        [
            audit_rules.Entry(
                room=ROOM,
                verb=VERBS[opinion.verdict],
                object_kind="pair",
                object_key=str(pair.pk),
                subject=side.person.subject,
                reason=reason,
            )
            for side in both
        ],
        by=by.actor,
        at=at,
        lane=audit_rules.OFFICE,
    )


def _stand(pair: MatchPair, state: PairState, *, contested: bool) -> None:
    """The pair stands there; one on which two people differ waits in the central queue."""
    changes = {"is_central": True} if contested and state in WAITING_PAIRS else {}
    MatchPair.objects.filter(pk=pair.pk).update(state=state, probability=pair.probability, **changes)


def _settle_twins(pair: MatchPair, both: tuple[queries.Side, queries.Side]) -> None:
    """Other waiting pairs of the same two persons, found by their merged records, are decided with it."""
    left, right = (people_queries.one_person(side.person.pk) for side in both)
    same = Q(left_id__in=left, right_id__in=right) | Q(left_id__in=right, right_id__in=left)
    MatchPair.objects.filter(same, state__in=WAITING_PAIRS).exclude(pk=pair.pk).update(state=PairState.DIFFERENT)


# --- looking through the register -----------------------------------------------------------------


@transaction.atomic
def start_search(*, by: Access, at: dt.datetime) -> Job:
    """The register waits to be looked through for duplicates; one that waits or runs already is that search."""
    by.require(Action.CENTRAL_QUEUE)
    running = Job.objects.filter(kind=SEARCH, state__in=OPEN).order_by("pk").first()
    if running is not None and (running.by_user_id == by.user_id or by.allows(Action.JOB_ALL)):
        return running
    job = jobs.enqueue(SEARCH, payload={}, by=by, at=at)
    audit.record(
        by=by.actor, at=at, room=ROOM, verb="duplicates looked for", object_kind="register", object_key=str(job.pk)
    )
    return job


@wall.beyond("looking for duplicates")
def search(progress: jobs.Progress, *, by: Access, at: dt.datetime) -> dict[str, int]:
    """Every pair that the linkage holds for one person with at least its threshold of review waits for a decision.

    The job reads everybody, whoever started it, and tells nobody what it found: pairs go to the queues of who may see
    both. Killed and begun again it begins anew; pairs that are there already are not doubled.
    """
    by.require(Action.CENTRAL_QUEUE)
    size = max(1, people.Person.objects.filter(erased_at=None, canonical=None, ended_on=None).count())
    progress(0, WHOLE)
    table = bridge.table(lambda done: progress(READ * done // size, WHOLE))

    def compared(step: str, done: int, of: int) -> None:
        if step == "compare":
            progress(READ + (COMPARED - READ) * done // max(of, 1), WHOLE)

    model = linkage.register()
    found = linkage.score(table, model, model.thresholds.review, key="person", progress=compared)
    del table
    noted = 0
    for start in range(0, found.height, people_actions.PIECE):
        piece = found.slice(start, people_actions.PIECE).select("left", "right", "probability")
        with transaction.atomic():
            noted += people_actions.note_scored(
                ((a, b, "linkage", chance) for a, b, chance in piece.iter_rows()), by=by, at=at
            )
            progress(COMPARED + (WHOLE - COMPARED) * (start + piece.height) // found.height, WHOLE)
    return {"pairs": noted}


SEARCH = "duplicates.search"
READ, COMPARED, WHOLE = 40, 80, 100


@wall.beyond("weighing pairs")
def weigh(limit: int = 500) -> int:
    """Waiting pairs that nobody has weighed, such as those found at registering, have their probability.

    Returns how many. Called by the worker; a pair that cannot be weighed gets the least figure, not to come again.
    """
    waiting = MatchPair.objects.filter(state__in=WAITING_PAIRS, probability=0.0)
    rows = list(waiting.select_related("left", "right").order_by("-pk")[:limit])
    told = bridge.evidence((row.left.kept_id, row.right.kept_id) for row in rows)
    for row in rows:
        found = told.get((row.left.kept_id, row.right.kept_id))
        chance = max(LEAST, found.probability) if found else LEAST
        MatchPair.objects.filter(pk=row.pk, probability=0.0).update(probability=chance)
    return len(rows)


LEAST = 1e-9


@wall.beyond("weighing pairs")
def weigh_consequences(help_of: HelpOf, *, by: Access) -> int:
    """Waiting pairs stand in the queue by what hangs on them; returns how many moved.

    ``help_of`` tells of people how far each is on the way to help. The door asks the rooms that give it, which stand
    above this one, and must leave out whatever not everybody who decides about pairs may know.
    """
    by.require(Action.CENTRAL_QUEUE)
    moved, last = 0, 0
    waiting = MatchPair.objects.filter(state__in=WAITING_PAIRS).order_by("pk")
    while True:
        rows = list(waiting.filter(pk__gt=last).values_list("pk", "left_id", "right_id", "consequence")[:PIECE])
        if not rows:
            return moved
        last = rows[-1][0]
        weighed = _consequences([(left, right) for _, left, right, _ in rows], help_of)
        changed = {pk: now for (pk, _, _, was), now in zip(rows, weighed, strict=True) if now != was}
        people_actions.weigh_pairs(changed, by=by)
        moved += len(changed)


def _consequences(pairs: Sequence[tuple[int, int]], help_of: HelpOf) -> list[int]:
    """What hangs on each pair; what was given to a merged record was given to whoever answers for it."""
    kept = people_queries.answering({pk for pair in pairs for pk in pair})
    merged = people.Person.objects.filter(canonical_id__in=set(kept.values()))
    whole = {pk: pk for pk in kept.values()} | dict(merged.values_list("pk", "canonical_id"))
    helped: dict[int, rules.Help] = {}
    for pk, how in help_of(list(whole)).items():
        helped[whole[pk]] = max(helped.get(whole[pk], rules.Help.NONE), how)
    found = [(helped.get(kept[a], rules.Help.NONE), helped.get(kept[b], rules.Help.NONE)) for a, b in pairs]
    return [rules.consequence(*both) for both in found]


HelpOf = Callable[[Collection[int]], Mapping[int, rules.Help]]
PIECE = 500


# --- many at once ---------------------------------------------------------------------------------


@wall.beyond("deciding about pairs")
def merge_certain(pair_ids: Collection[int], *, by: Access, at: dt.datetime) -> tuple[int, int]:
    """Each pair that is still certain is merged as proposed, one after the other; returns how many, and how many not.

    Each is a transaction of its own: a crash in the middle leaves every pair whole.
    """
    by.require(Action.DUPLICATES_DECIDE)
    merged = 0
    for pair_id in pair_ids:
        try:
            with transaction.atomic():
                both = queries.sides_of(by, _locked(pair_id, by))
                if not queries.is_certain(*both):
                    continue
                opinion = Opinion(Verdict.SAME, proposed(*both))
                merged += decide(pair_id, opinion, by=by, at=at, is_bulk=True).merge is not None
        except (errors.Conflict, errors.NotFound, errors.Refused):
            continue  # decided, merged or erased by somebody else meanwhile: it stands as they left it
    return merged, len(pair_ids) - merged


def proposed(left: queries.Side, right: queries.Side) -> merges.Choice:
    """How the page proposes to merge: the left record stays and takes over what it lacks."""
    taken = {line.code for line in queries.lines_of(left, right) if line.is_choice and line.proposed == "right"}
    return merges.Choice(left.person.pk, right.person.pk, frozenset(taken))


@transaction.atomic
@wall.beyond("deciding about pairs")
def take_back(pair_id: int, *, by: Access, at: dt.datetime) -> MatchPair:
    """The pair waits again as if nobody had said anything; a pair that was merged is parted instead (``part``)."""
    by.require(Action.DUPLICATES_DECIDE)
    pair = queries.visible_pair(by, pair_id)
    held = MatchPair.objects.select_for_update(of=("self",)).get(pk=pair.pk)
    if held.state == PairState.OPEN:
        raise errors.Conflict(errors.message("This pair waits already."), code="pair_waits")
    if held.state == PairState.SAME:
        raise errors.Conflict(errors.message("These two are merged. Part them to decide again."), code="pair_merged")
    _reopen(pair, by, at)
    return pair


def _reopen(pair: MatchPair, by: Access, at: dt.datetime) -> None:
    pair.decisions.filter(undone_at=None).update(undone_at=at)
    MatchPair.objects.filter(pk=pair.pk).update(state=PairState.OPEN)
    people_actions.place_pairs([pair.left_id, pair.right_id])
    audit.record(by=by.actor, at=at, room=ROOM, verb="pair taken back", object_kind="pair", object_key=str(pair.pk))


@transaction.atomic
@wall.beyond("deciding about pairs")
def part(
    merge_id: int, *, by: Access, at: dt.datetime, going: Collection[str] = (), reason: str = ""
) -> tuple[people.Person, people.Person]:
    """Two records that were merged are two again (``merges.undo``); the pair that led to it waits once more."""
    record = merge_queries.visible_merge(by, merge_id)
    parted = merges.undo(merge_id, by=by, at=at, going=going, reason=reason)
    if record.pair is not None and record.pair.state == PairState.SAME:
        _reopen(record.pair, by, at)
    return parted


@transaction.atomic
@wall.beyond("deciding about pairs")
def note_by_hand(one_id: int, other_id: int, *, by: Access, at: dt.datetime) -> MatchPair:
    """Two records that somebody thinks are one person wait as a pair; a pair that was decided waits again."""
    by.require(Action.DUPLICATES_DECIDE)
    kept = people_queries.answering([one_id, other_id])
    ids = sorted({kept[one_id], kept[other_id]})
    if len(ids) == 1:
        raise errors.BadInput(errors.message("These two numbers are one person already."), code="one_already")
    if people.Person.objects.visible_to(by, Action.DUPLICATES_DECIDE).filter(pk__in=ids).count() != len(ids):
        raise errors.NotFound()
    people_actions.note_pairs([(ids[0], ids[1], "by_hand")], by=by, at=at)
    pair = MatchPair.objects.get(left_id=ids[0], right_id=ids[1])
    if pair.state not in WAITING_PAIRS:
        _reopen(pair, by, at)
    return pair
