"""Pairs that may be one person, for programs: the queue, one pair side by side, an opinion, and the way back.

A pair exists only for a token that may see both sides; what stands in a line is held back where its field may not be
read, as on the page.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from django.utils import timezone
from ninja import Query, Router

from streha.accounts.rules import Action
from streha.api import schemas
from streha.api.door import Caller, Token
from streha.people import models as people
from streha.people import queries as people_queries
from streha.people.duplicates import actions, queries, rules
from streha.people.merges.actions import Choice
from streha.people.models import MatchPair
from streha.people.rules import PairState, household_number
from streha.places.models import Area

router = Router(tags=["duplicates"])
DECIDE = Token(Action.DUPLICATES_DECIDE)


def shown(pair: MatchPair) -> schemas.PairOut:
    """A pair in the queue: who answers for each side now."""
    return schemas.PairOut(
        id=pair.pk,
        left_id=pair.left.kept_id,
        right_id=pair.right.kept_id,
        state=pair.state,  # type: ignore[arg-type]
        why=pair.why,
        probability=pair.probability,
        consequence=pair.consequence,
        is_central=pair.is_central,
    )


@router.get("/pairs", response=schemas.PairsOut, operation_id="list_pairs", auth=DECIDE)
def list_pairs(  # noqa: PLR0917 - what a list is narrowed by
    request: Caller,
    state: PairState = PairState.OPEN,
    central: bool = False,
    band: rules.Band | None = None,
    after: Annotated[str, Query("", max_length=60, description="The key where the last page ended")] = "",
    limit: Annotated[int, Query(50, ge=1, le=200)] = 50,
) -> schemas.PairsOut:
    """Pairs that wait for the token's office, or centrally, the heaviest consequence and the strongest first."""
    narrowed = queries.PairFilter(central=central, state=state.value, band=band.value if band else "")
    page = queries.pairs_page(request.auth, narrowed, after=after, limit=limit)
    sides = [side.canonical or side for pair in page.rows for side in (pair.left, pair.right)]
    people_queries.note_look(request.auth, sides, where="api duplicates", at=timezone.now())
    return schemas.PairsOut(items=[shown(pair) for pair in page.rows], next=page.next)


@router.get("/pairs/{pair_id}", response=schemas.PairPageOut, operation_id="get_pair", auth=DECIDE)
def get_pair(request: Caller, pair_id: schemas.Pk) -> schemas.PairPageOut:
    """Both records beside each other, field by field, with how they agree; looking is on record."""
    return _page(request, pair_id)


@router.post("/pairs/{pair_id}/decide", response=schemas.OutcomeOut, operation_id="decide_pair", auth=DECIDE)
def decide_pair(request: Caller, pair_id: schemas.Pk, body: schemas.OpinionIn) -> schemas.OutcomeOut:
    """The opinion stands: merged, kept apart, or waiting for another person; 409 when somebody else was faster."""
    choice = None
    if body.kept_id is not None and body.gone_id is not None:
        choice = Choice(body.kept_id, body.gone_id, frozenset(body.taken))
    looked_at = {one.person_id: one.version for one in body.versions}
    opinion = actions.Opinion(body.verdict, choice, body.reason, looked_at)
    outcome = actions.decide(pair_id, opinion, by=request.auth, at=timezone.now())
    return schemas.OutcomeOut(state=outcome.state, merge_id=outcome.merge.pk if outcome.merge else None)


@router.post("/pairs/{pair_id}/undo", response=schemas.OutcomeOut, operation_id="undo_pair", auth=DECIDE)
def undo_pair(request: Caller, pair_id: schemas.Pk, body: schemas.UndoPairIn) -> schemas.OutcomeOut:
    """The pair waits again; records that it merged are parted, and what came since goes where ``going`` says."""
    at = timezone.now()
    found = queries.visible_pair(request.auth, pair_id)
    merge = found.merges.filter(undone_at=None).first()
    if merge is not None:
        actions.part(merge.pk, by=request.auth, at=at, going=body.going, reason=body.reason)
    else:
        actions.take_back(pair_id, by=request.auth, at=at)
    found.refresh_from_db()
    return schemas.OutcomeOut(state=found.state, merge_id=None)  # type: ignore[arg-type]


def _page(request: Caller, pair_id: int) -> schemas.PairPageOut:
    page = queries.pair_page(request.auth, pair_id, at=timezone.now())
    return schemas.PairPageOut(
        **shown(page.pair).dict(exclude={"probability"}),
        probability=page.probability,
        versions=[
            schemas.PersonVersion(person_id=side.person.pk, version=side.person.version)
            for side in (page.left, page.right)
        ],
        lines=[
            schemas.PairLineOut(
                field=line.code,
                left=_said(line.left),
                right=_said(line.right),
                agreement=line.agreement,
                reasons=list(line.reasons),
                is_choice=line.is_choice,
                proposed=line.proposed,  # type: ignore[arg-type]
                bits=line.bits,
            )
            for line in page.lines
        ],
        opinions=[
            schemas.VerdictOut(verdict=one.decision.verdict, by=one.who, at=one.decision.decided_at, reason=one.reason)  # type: ignore[arg-type]
            for one in page.opinions
        ],
    )


def _said(value: Any) -> str:
    """A value of a line as text; what is sealed keeps its hint alone."""
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], dt.date | None):  # a birth
        return f"{value[0].isoformat()} ({value[1]})" if value[0] else ""
    if isinstance(value, tuple | list):
        return " · ".join(_said(one) for one in value)
    if isinstance(value, people.Person):
        return value.number
    if isinstance(value, people.Membership):
        return household_number(value.household_id)
    if isinstance(value, Area):
        return value.label_sq
    return "" if value is None else str(value)
