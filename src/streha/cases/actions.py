"""Every write to cases: each asks the policy, checks the rules, writes, and leaves a record, all in one transaction.

Records carry the case's own key, so that the history of a person tells nobody of a case they may not see.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from streha.accounts import models as accounts
from streha.accounts import queries as account_queries
from streha.accounts.bridge import wall
from streha.accounts.rules import Access, Action, ScopeKind
from streha.audit import actions as audit
from streha.audit import rules as audit_rules
from streha.cases import models, queries, rules
from streha.common import errors
from streha.common.codes import Language, Script
from streha.common.words import Words
from streha.formats import letters, papers
from streha.homes import models as homes
from streha.jobs import actions as jobs
from streha.people import models as people
from streha.people import queries as people_queries
from streha.people.exports import actions as exports
from streha.people.exports.models import ExportFile

ROOM = "cases"
PIECE = 500
Kind = models.CaseStep.Kind


# --- tracks and letters -----------------------------------------------------------------------------------------------


@transaction.atomic
def load_tracks(*, by: Access, at: dt.datetime) -> int:
    """The tracks and letters that come with Streha are there, unverified; what the office has is left as it is."""
    by.require(Action.TRACK_CHANGE)
    known = set(models.Track.objects.values_list("code", flat=True))
    fresh = [d for d in rules.read_tracks(queries.shipped("tracks.toml")) if d.code not in known]
    for draft in fresh:
        _write_version(draft, by=by, at=at)
    written = set(models.LetterTemplate.objects.values_list("code", "language"))
    for told in rules.read_letters(queries.shipped("letters.toml")):
        if (told.code, str(told.language)) not in written:
            _write_letter(told, by=by, at=at)
    return len(fresh)


@transaction.atomic
def change_track(draft: rules.TrackDraft, *, number: int, by: Access, at: dt.datetime) -> models.TrackVersion:
    """A new version of the track is in force for cases opened from now on; ``number`` is the version it was made from.

    Raises Conflict when somebody else has made a newer one meanwhile.
    """
    track = models.Track.objects.select_for_update().filter(code=draft.code).first()
    if track is not None and not queries.may_change_track(by, track.is_sensitive):
        by.require(Action.CASE_SENSITIVE if track.is_sensitive else Action.TRACK_CHANGE)
    if queries.newest_version(draft.code).number != number:
        raise errors.Conflict()
    return _write_version(draft, by=by, at=at)


@transaction.atomic
def make_track(draft: rules.TrackDraft, *, by: Access, at: dt.datetime) -> models.TrackVersion:
    """A new kind of case can be opened."""
    by.require(Action.CASE_SENSITIVE if draft.is_sensitive else Action.TRACK_CHANGE)
    if models.Track.objects.filter(code=draft.code).exists():
        raise errors.Conflict(
            errors.message("There is a track “{value}” already."), code="track_again", field="code", value=draft.code
        )
    return _write_version(draft, by=by, at=at)


def _write_version(draft: rules.TrackDraft, *, by: Access, at: dt.datetime) -> models.TrackVersion:
    rules.check_track(draft)
    track, _made = models.Track.objects.get_or_create(code=draft.code, defaults={"is_sensitive": draft.is_sensitive})
    newest = track.versions.order_by("-number").first()
    version = models.TrackVersion.objects.create(
        track=track,
        number=newest.number + 1 if newest else 1,
        source=draft.source.strip(),
        note=draft.note.strip(),
        verified_by=draft.verified_by.strip(),
        verified_on=at.date() if draft.verified_by.strip() else None,
        made_by_id=by.user_id,
        made_at=at,
        **_labels(draft.label),
    )
    stages = {}
    for position, told in enumerate(draft.stages, start=1):
        stages[told.code] = stage = models.Stage.objects.create(
            version=version,
            position=position,
            code=told.code,
            days=told.days,
            is_optional=told.is_optional,
            is_final=position == len(draft.stages),
            **_labels(told.label),
        )
        models.StageMover.objects.bulk_create(
            models.StageMover(stage=stage, role=role.value) for role in sorted(told.movers)
        )
    models.TrackPaper.objects.bulk_create(
        models.TrackPaper(
            version=version,
            stage=stages[paper.before],
            code=paper.code,
            of=paper.of,
            is_optional=paper.is_optional,
            **_labels(paper.label),
        )
        for paper in draft.papers
    )
    payload = {"code": draft.code, "number": version.number, "verified_by": version.verified_by}
    _record_plain("track changed", "track", track.code, by, at, payload)
    return version


def _labels(label: Words) -> dict[str, str]:
    return {"label_sq": label.sq, "label_sr": label.sr, "label_sr_latn": label.sr_latn, "label_en": label.en}


@transaction.atomic
def change_letter(draft: rules.LetterDraft, *, by: Access, at: dt.datetime) -> models.LetterTemplate:
    """New words of a letter are in use; unsigned unless the draft names who has read and signed them."""
    by.require(Action.TRACK_CHANGE)
    return _write_letter(draft, by=by, at=at)


@transaction.atomic
def sign_letter(
    code: str, language: Language, *, number: int, reviewer: str, on: dt.date, by: Access, at: dt.datetime
) -> models.LetterTemplate:
    """The newest words of a letter are signed by a named reviewer; letters made of them no longer say that nobody did.

    ``number`` is the version that was read. Raises Conflict when there are newer words, or they are signed already.
    """
    by.require(Action.TRACK_CHANGE)
    rows = models.LetterTemplate.objects.select_for_update().filter(code=code, language=language)
    row = rows.order_by("-number").first()
    if row is None:
        raise errors.NotFound()
    if row.number != number:
        raise errors.Conflict()
    if row.signed_by:
        raise errors.Conflict(
            errors.message("{who} has signed these words already."), code="signed_again", who=row.signed_by
        )
    rules.check_signature(reviewer, on, row.made_at.date(), at.date())
    row.signed_by, row.signed_on = " ".join(reviewer.split()), on
    row.save()
    payload = {"language": language, "number": row.number, "signed_by": row.signed_by}
    _record_plain("letter signed", "letter", code, by, at, payload)
    return row


def _write_letter(draft: rules.LetterDraft, *, by: Access, at: dt.datetime) -> models.LetterTemplate:
    rules.check_letter(draft)
    known = queries.letter_fields().get(draft.code, frozenset())
    for part in (draft.title, draft.opening, draft.closing):
        unknown = sorted(letters.placeholders(part) - known)
        if unknown:
            raise errors.BadInput(
                errors.message("A letter knows no “{value}”. It knows: {known}."),
                code="letter_field",
                value=unknown[0],
                known=", ".join(sorted(known)),
            )
    newest = models.LetterTemplate.objects.filter(code=draft.code, language=draft.language).order_by("-number").first()
    row = models.LetterTemplate.objects.create(
        code=draft.code,
        language=draft.language,
        number=newest.number + 1 if newest else 1,
        title=draft.title.strip(),
        opening=draft.opening.strip(),
        closing=draft.closing.strip(),
        signed_by=draft.signed_by.strip(),
        signed_on=at.date() if draft.signed_by.strip() else None,
        made_by_id=by.user_id,
        made_at=at,
    )
    payload = {"language": draft.language, "number": row.number, "signed_by": row.signed_by}
    _record_plain("letter changed", "letter", draft.code, by, at, payload)
    return row


# --- opening ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CaseDraft:
    """A case to be opened. ``way`` are stages after the first that it had entered already, for cases kept on paper."""

    person_id: int
    track: str
    with_household: bool = False
    owner_id: int | None = None
    team_id: int | None = None
    opened_on: dt.date | None = None
    note: str = ""
    way: Sequence[tuple[str, dt.date]] = ()
    outcome: str = ""
    closed_on: dt.date | None = None
    is_fictional: bool = False


def open_case(draft: CaseDraft, *, by: Access, at: dt.datetime) -> models.Case:
    """The case stands at the first stage of its track, with an owner where one was named, and the log says so.

    Raises NotFound for a person out of sight, Refused out of scope, Conflict when the person has one open already.
    """
    by.require(Action.CASE_WORK)
    if draft.way or draft.outcome:
        raise errors.BadInput(errors.message("A case begins at the first stage of its track."), code="stage_skipped")
    return open_many([draft], by=by, at=at)[0]


@transaction.atomic
def open_many(
    drafts: Sequence[CaseDraft],
    *,
    by: Access,
    at: dt.datetime,
    source: str = "office",
    lane: str = audit_rules.OFFICE,
) -> list[models.Case]:
    """All cases are open, or none."""
    by.require(Action.CASE_WORK)
    tracks = {code: _Walk.of(code) for code in sorted({draft.track for draft in drafts})}
    kept = people_queries.answering(draft.person_id for draft in drafts)
    drafts = [dataclasses.replace(draft, person_id=kept[draft.person_id]) for draft in drafts]
    _refuse_again(drafts)
    seen = people.Person.objects.visible_to(by).filter(ended_on=None)
    kept = people_queries.answering(draft.person_id for draft in drafts)
    drafts = [dataclasses.replace(draft, person_id=kept[draft.person_id]) for draft in drafts]
    found = {p.pk: p for p in seen.filter(pk__in=kept.values())}
    _require_no_other(drafts)
    homes = _households(drafts, found)
    fictional = account_queries.is_demo_office()
    rows, entries = [], []
    for draft, subject in zip(drafts, audit.new_subjects(len(drafts), at=at), strict=True):
        if draft.person_id not in found:
            raise errors.NotFound()
        person, walk = found[draft.person_id], tracks[draft.track]
        if draft.owner_id is None and _has_own_scope_only(by):
            owner_id = by.user_id
        else:
            owner_id = draft.owner_id
        stage, entered = walk.at(draft, at)
        case = models.Case(
            subject=subject,
            person=person,
            household=homes.get(person.pk) if draft.with_household else None,
            track=walk.version.track,
            version=walk.version,
            stage=stage,
            is_sensitive=walk.version.track.is_sensitive,
            owner_id=owner_id,
            team_id=draft.team_id,
            state=rules.CaseState.CLOSED if draft.outcome else rules.CaseState.OPEN,
            outcome=draft.outcome,
            due_on=rules.due_on(stage.days, entered),
            opened_on=draft.opened_on or at.date(),
            opened_by_id=by.user_id,
            closed_on=draft.closed_on,
            source=source,
            is_fictional=draft.is_fictional or fictional,
        )
        _require_reach(by, Action.CASE_WORK, case)
        rows.append(case)
        entries.append(
            audit_rules.Entry(
                ROOM, "case opened", "case", str(subject), subject, {"track": draft.track, "person": person.pk}
            )
        )
    try:
        with transaction.atomic():
            models.Case.objects.bulk_create(rows, batch_size=PIECE)
    except IntegrityError as twice:
        raise _twice() from twice
    with wall.beyond("whom a case covers"):  # somebody of the household may hide the case from the writer
        cases = _with_ids(rows)
        _write_beginnings(cases, drafts, tracks, by, at)
    audit.record_many(entries, by=by.actor, at=at, lane=lane)
    return cases


@dataclass(frozen=True)
class _Walk:
    """A version of a track with its stages by code."""

    version: models.TrackVersion
    stages: Mapping[str, models.Stage]

    @classmethod
    def of(cls, code: str) -> _Walk:
        version = queries.newest_version(code)
        return cls(version, {stage.code: stage for stage in version.stages.order_by("position")})

    @property
    def first(self) -> models.Stage:
        """Where a case begins."""
        return next(iter(self.stages.values()))

    def at(self, draft: CaseDraft, at: dt.datetime) -> tuple[models.Stage, dt.date]:
        """Where the case stands, and since when."""
        if not draft.way:
            return self.first, draft.opened_on or at.date()
        code, day = draft.way[-1]
        return self.stages[code], day


@wall.beyond("whether a case is open already")
def _require_no_other(drafts: Sequence[CaseDraft]) -> None:
    """Raise Conflict where somebody has a case of the track open under a record that was merged into theirs."""
    wanted = {(draft.person_id, draft.track) for draft in drafts if not draft.outcome}
    ids = sorted({pk for pk, _ in wanted})
    for start in range(0, len(ids), PIECE):
        merged = models.Case.objects.filter(
            person__canonical__in=ids[start : start + PIECE], state=rules.CaseState.OPEN, erased_at=None
        )
        if wanted & set(merged.values_list("person__canonical_id", "track__code")):
            raise _twice()


def _twice() -> errors.Conflict:
    return errors.Conflict(
        errors.message("There is an open case of this track for this person already. Look for it first."),
        code="case_again",
    )


def _has_own_scope_only(by: Access) -> bool:
    return all(scope.kind == ScopeKind.OWN for scope in by.scopes(Action.CASE_WORK))


def _households(drafts: Sequence[CaseDraft], found: Mapping[int, people.Person]) -> dict[int, people.Household]:
    wanted = [d.person_id for d in drafts if d.with_household and d.person_id in found]
    now = people.Membership.objects.filter(person_id__in=wanted, ended_on=None).select_related("household")
    with wall.beyond("the household of a case"):  # one that is hidden for somebody else in it is theirs all the same
        homes = {m.person_id: m.household for m in now}
    for person_id in wanted:
        if person_id not in homes:
            raise errors.BadInput(
                errors.message("{number} is in no household. Open the case for the person alone."),
                code="no_household",
                field="with_household",
                number=found[person_id].number,
            )
    return homes


@wall.beyond("whether a case is open already")
def _refuse_again(drafts: Sequence[CaseDraft]) -> None:
    """Nobody has two open cases of a track, under whichever of their numbers the first was opened."""
    for start in range(0, len(drafts), PIECE):
        wanted = {(draft.person_id, draft.track) for draft in drafts[start : start + PIECE]}
        merged = models.Case.objects.open().filter(person__canonical_id__in=[pk for pk, _ in wanted])
        if wanted & set(merged.values_list("person__canonical_id", "track__code")):
            raise errors.Conflict(
                errors.message("There is an open case of this track for this person already. Look for it first."),
                code="case_again",
            )


def _require_reach(by: Access, action: Action, case: models.Case) -> None:
    """The case must lie where the writer works; a sensitive one, where they work on sensitive cases; that of a shielded
    person, where they may see shielded people.
    """
    needed = [action]
    needed += [Action.CASE_SENSITIVE] if case.is_sensitive else []
    needed += [Action.SHIELDED_VIEW] if case.person.shielded else []
    for one in needed:
        by.require(one)
        if not queries.carries(by, one, case):
            raise errors.Refused(
                errors.message("This person's place lies outside the area you work for. Ask a colleague there."),
                code="outside_scope",
            )


def _with_ids(rows: Sequence[models.Case]) -> list[models.Case]:
    """The rows with their ids, which not every database gives back."""
    ids: dict[object, int] = {}
    for start in range(0, len(rows), PIECE):
        subjects = [case.subject for case in rows[start : start + PIECE]]
        ids.update(models.Case.objects.filter(subject__in=subjects).values_list("subject", "pk"))
    for case in rows:
        case.pk = ids[case.subject]
    return list(rows)


def _write_beginnings(
    cases: Sequence[models.Case],
    drafts: Sequence[CaseDraft],
    tracks: Mapping[str, _Walk],
    by: Access,
    at: dt.datetime,
) -> None:
    """Members, the first steps, and the first notes of cases just opened."""
    told = list(zip(cases, drafts, strict=True))
    living: dict[int, list[int]] = {}
    homes = [case.household_id for case in cases if case.household_id is not None]
    for start in range(0, len(homes), PIECE):
        rows = people.Membership.objects.filter(household_id__in=homes[start : start + PIECE], ended_on=None)
        for household_id, person_id in rows.order_by("pk").values_list("household_id", "person_id"):
            living.setdefault(household_id, []).append(person_id)
    members, steps = [], []
    for case, draft in told:
        covered = living.get(case.household_id or 0, [case.person_id])
        members += [models.CaseMember(case=case, person_id=pk, started_on=case.opened_on) for pk in covered]
        steps += _first_steps(case, draft, tracks[draft.track], by, at)
    models.CaseMember.objects.bulk_create(members, batch_size=PIECE)
    models.CaseStep.objects.bulk_create(steps, batch_size=PIECE)
    noted = [(case, draft.note.strip()) for case, draft in told if draft.note.strip()]
    sealed = audit.seal_many([(case.subject, text.encode()) for case, text in noted], context=models.SEALED_NOTE)
    models.CaseNote.objects.bulk_create(
        models.CaseNote(case=case, sealed=token, noted_by_id=by.user_id, noted_at=at)
        for (case, _), token in zip(noted, sealed, strict=True)
    )


def _first_steps(
    case: models.Case, draft: CaseDraft, walk: _Walk, by: Access, at: dt.datetime
) -> list[models.CaseStep]:
    def on(day: dt.date) -> dt.datetime:
        return at if day == at.date() else dt.datetime.combine(day, dt.time(9), dt.UTC)

    steps = [
        models.CaseStep(
            case=case,
            kind=Kind.OPENED,
            stage=walk.first,
            owner_id=case.owner_id,
            at=on(case.opened_on),
            by_id=by.user_id,
        )
    ]
    for code, day in draft.way:
        steps.append(models.CaseStep(case=case, kind=Kind.MOVED, stage=walk.stages[code], at=on(day), by_id=by.user_id))
    if draft.outcome and draft.closed_on:
        steps.append(
            models.CaseStep(
                case=case,
                kind=Kind.CLOSED,
                stage=case.stage,
                outcome=draft.outcome,
                at=on(draft.closed_on),
                by_id=by.user_id,
            )
        )
    return steps


# --- moving -----------------------------------------------------------------------------------------------------------


@transaction.atomic
def move_case(case_id: int, to: str, *, revision: int, reason: str = "", by: Access, at: dt.datetime) -> models.Case:
    """The case stands at the stage ``to``, due in that stage's days; ``revision`` is the one that was read.

    Raises Conflict when somebody else moved it meanwhile, BadInput for a skipped stage or missing papers, Refused when
    the writer's role may not move a case there.
    """
    case = case_for_change(case_id, by, Action.CASE_MOVE, revision=revision)
    require_open(case)
    stage = case.version.stages.filter(code=to).first()
    if stage is None:
        raise errors.BadInput(
            errors.message("This track has no stage “{value}”."), code="stage_unknown", field="to", value=to[:40]
        )
    if stage.is_final:
        raise errors.BadInput(
            errors.message("A case ends by being closed, with what came of it."), code="stage_final", field="to"
        )
    _check_move(case, stage, by, at, reason)
    case.stage = stage
    case.due_on = rules.due_on(stage.days, at.date())
    save_step(case, Kind.MOVED, "case moved", by, at, reason=reason, payload={"stage": stage.code})
    return case


def _check_move(case: models.Case, stage: models.Stage, by: Access, at: dt.datetime, reason: str) -> None:
    steps = queries.steps_of(case.version_id)
    to = next(step for step in steps if step.code == stage.code)
    missing = rules.missing_before(queries.checklist(case, at.date()), to.position)
    rules.check_move(steps, case.stage.position, to, roles=queries.roles_on(by, case), missing=missing, reason=reason)


@transaction.atomic
def decide_case(
    case_id: int, *, reason: str, due_on: dt.date | None = None, by: Access, at: dt.datetime
) -> models.Case:
    """The case stands at its decision with the reason, due on ``due_on`` or in that stage's days.

    For what is decided elsewhere: a list of a commission. A case that was appealed comes back to its decision, and one
    that stands there already has the new one in its story. Raises Conflict where the case stands somewhere else.
    """
    case = case_for_change(case_id, by, Action.CASE_MOVE)
    require_open(case)
    to = rules.check_decided(queries.steps_of(case.version_id), case.stage.position)
    if not to.movers & queries.roles_on(by, case):
        raise errors.Refused(
            errors.message("Your role may not move a case to “{stage}”. Ask a colleague who may."),
            code="stage_not_yours",
            stage=to.label,
        )
    case.stage = case.version.stages.get(code=to.code)  # papers were judged by who decided
    case.due_on = due_on or rules.due_on(case.stage.days, at.date())
    save_step(case, Kind.MOVED, "case moved", by, at, reason=reason, payload={"stage": case.stage.code})
    return case


@transaction.atomic
def assign_case(
    case_id: int, owner_id: int, *, revision: int, reason: str = "", by: Access, at: dt.datetime
) -> models.Case:
    """The case is with another owner, who may see it.

    Whoever assigns cases may give it to anybody; others may take one that nobody has, or pass on their own.
    """
    action = Action.CASE_ASSIGN if by.allows(Action.CASE_ASSIGN) else Action.CASE_WORK
    case = case_for_change(case_id, by, action, revision=revision)
    require_open(case)
    is_own = case.owner_id == by.user_id or (case.owner_id is None and owner_id == by.user_id)
    if action == Action.CASE_WORK and not is_own:
        raise errors.Refused(
            errors.message("This case has another owner. Ask who assigns cases."), code="not_your_case"
        )
    owner = accounts.User.objects.filter(pk=owner_id, is_active=True).first()
    if owner is None or not would_see(owner, case, at):
        raise errors.BadInput(
            errors.message("This colleague could not see the case. Choose somebody who works there."),
            code="owner_outside",
            field="owner",
        )
    if case.owner_id == owner.pk:
        raise errors.Conflict(errors.message("This colleague has the case already."), code="owner_again")
    old = case.owner_id
    case.owner = owner
    with wall.beyond("handing over"):  # the new owner may see it, whether or not the old one still does
        save_step(case, Kind.ASSIGNED, "case assigned", by, at, reason=reason, payload={"owner": [old, owner.pk]})
    return case


def would_see(owner: accounts.User, case: models.Case, at: dt.datetime) -> bool:
    """Whether somebody, once the owner, may see and work on the case."""
    return _reaches(owner, case, models.Case(person=case.person, team_id=case.team_id, owner_id=owner.pk), at)


def sees(user: accounts.User, case: models.Case, at: dt.datetime) -> bool:
    """Whether somebody may see and work on the case as it stands."""
    return _reaches(user, case, case, at)


def _reaches(user: accounts.User, case: models.Case, as_held: models.Case, at: dt.datetime) -> bool:
    theirs = account_queries.access(user, at)
    if not queries.carries(theirs, Action.CASE_WORK, as_held):
        return False
    if case.is_sensitive and not queries.carries(theirs, Action.CASE_SENSITIVE, as_held):
        return False
    with wall.beyond("whether a case is of somebody shielded"):
        is_shielded = models.Case.objects.filter(models.shielding(), pk=case.pk).exists()
    return not is_shielded or queries.carries(theirs, Action.SHIELDED_VIEW, as_held)


@transaction.atomic
def close_case(
    case_id: int, outcome: rules.Outcome, *, revision: int, reason: str = "", by: Access, at: dt.datetime
) -> models.Case:
    """The case is closed with what came of it; ``completed`` asks that the way was walked to its end.

    Any other outcome needs a reason.
    """
    case = case_for_change(case_id, by, Action.CASE_MOVE, revision=revision)
    require_open(case)
    if outcome == rules.Outcome.COMPLETED:
        end = case.version.stages.get(is_final=True)
        _check_move(case, end, by, at, reason)
        case.stage = end
    elif not reason.strip():
        raise errors.BadInput(
            errors.message("Say why the case ends before its end."), code="reason_missing", field="reason"
        )
    case.state, case.outcome, case.closed_on = rules.CaseState.CLOSED, outcome, at.date()
    save_step(case, Kind.CLOSED, "case closed", by, at, reason=reason, payload={"outcome": outcome}, outcome=outcome)
    return case


@transaction.atomic
def reopen_case(case_id: int, *, reason: str, revision: int, by: Access, at: dt.datetime) -> models.Case:
    """The case goes on where it stood; a completed one at the stage before its end."""
    case = case_for_change(case_id, by, Action.CASE_MOVE, revision=revision)
    if case.state != rules.CaseState.CLOSED:
        raise errors.Conflict(errors.message("This case is open."), code="case_open")
    if not reason.strip():
        raise errors.BadInput(
            errors.message("Say why the case is opened again."), code="reason_missing", field="reason"
        )
    if case.stage.is_final:
        before = case.version.stages.filter(is_final=False, is_optional=False).order_by("-position").first()
        assert before is not None  # the first stage is never optional nor final
        case.stage = before
    old = case.outcome
    case.state, case.outcome, case.closed_on = rules.CaseState.OPEN, "", None
    case.due_on = rules.due_on(case.stage.days, at.date())
    try:
        with transaction.atomic():
            save_step(case, Kind.REOPENED, "case reopened", by, at, reason=reason, payload={"outcome": [old, None]})
    except IntegrityError as twice:
        raise _twice() from twice
    return case


@transaction.atomic
def split_case(
    case_id: int, person_ids: Collection[int], *, revision: int, reason: str, by: Access, at: dt.datetime
) -> models.Case:
    """Those who have left the household go on in a case of their own, at the same stage of the same version.

    The first of them speaks for the new case; their papers go with them. Returns the new case.
    """
    case = case_for_change(case_id, by, Action.CASE_WORK, revision=revision)
    require_open(case)
    rows = list(case.members.filter(ended_on=None).order_by("pk"))
    kept = people_queries.answering([case.person_id, *person_ids, *(row.person_id for row in rows)])
    going = list(dict.fromkeys(kept[pk] for pk in person_ids))
    present = {kept[row.person_id] for row in rows}
    if not going or any(pk not in present for pk in going):
        raise errors.BadInput(errors.message("Choose people whom this case covers."), code="split_whom", field="people")
    if kept[case.person_id] in going or len(going) == len(present):
        raise errors.BadInput(
            errors.message("{number} speaks for this case and stays in it. Choose the others."),
            code="split_speaker",
            field="people",
            number=case.person.number,
        )
    new = models.Case(
        subject=audit.new_subject(at=at),
        person_id=going[0],
        household=_home_of(going[0]) if len(going) > 1 else None,
        track=case.track,
        version=case.version,
        stage=case.stage,
        is_sensitive=case.is_sensitive,
        owner_id=case.owner_id,
        team_id=case.team_id,
        due_on=case.due_on,
        opened_on=at.date(),
        opened_by_id=by.user_id,
        is_fictional=case.is_fictional,
    )
    with wall.beyond("a case is split"):  # those who left may live where the writer does not see
        try:
            with transaction.atomic():
                new.save()
        except IntegrityError as twice:
            raise _twice() from twice
        leaving = [row for row in rows if kept[row.person_id] in going]
        models.CaseMember.objects.filter(pk__in=[row.pk for row in leaving]).update(ended_on=at.date())
        models.CaseMember.objects.bulk_create(
            models.CaseMember(case=new, person_id=pk, started_on=at.date()) for pk in going
        )
        case.papers.filter(person_id__in=[*going, *(row.person_id for row in leaving)]).update(case=new)
        _step(new, Kind.OPENED, by, at, reason=reason)
        record("case opened", new, by, at, payload={"split from": case.pk})
    save_step(case, Kind.SPLIT, "case split", by, at, reason=reason, payload={"into": new.pk, "people": going})
    return new


def _home_of(person_id: int) -> people.Household | None:
    with wall.beyond("the household of a case"):
        now = people.Membership.objects.filter(person_id=person_id, ended_on=None).select_related("household").first()
    return now.household if now else None


@transaction.atomic
def cover_people(case_id: int, person_ids: Iterable[int], *, revision: int, by: Access, at: dt.datetime) -> models.Case:
    """The case covers these people of its household too."""
    case = case_for_change(case_id, by, Action.CASE_WORK, revision=revision)
    require_open(case)
    _parted, joined = queries.split_of(
        by, case, list(case.members.filter(ended_on=None).values_list("person_id", flat=True))
    )
    allowed = {person.pk for person in joined}
    new = list(dict.fromkeys(person_ids))
    if not new or any(pk not in allowed for pk in new):
        raise errors.BadInput(errors.message("Choose people of the household of this case."), code="cover_whom")
    with wall.beyond("whom a case covers"):
        models.CaseMember.objects.bulk_create(
            models.CaseMember(case=case, person_id=pk, started_on=at.date()) for pk in new
        )
        case.revision += 1
        case.save()
    record("case covers", case, by, at, payload={"people": new})
    return case


# --- the home ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def name_home(case_id: int, home_id: int | None, *, revision: int, by: Access, at: dt.datetime) -> models.Case:
    """The case names the home it is about, or none. Raises NotFound for a home out of the writer's sight."""
    case = case_for_change(case_id, by, Action.CASE_WORK, revision=revision)
    require_open(case)
    if home_id is not None and not homes.Property.objects.visible_to(by).filter(pk=home_id).exists():
        raise errors.BadInput(
            errors.message("There is no home with this number that you may see. Look at the number again."),
            code="home_unknown",
            field="home",
        )
    if case.home_id == home_id:
        raise errors.Conflict(errors.message("The case names this home already."), code="home_again")
    old, case.home_id = case.home_id, home_id
    case.revision += 1
    case.save()
    record("home named", case, by, at, payload={"home": [old, home_id]})
    return case


# --- notes ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def add_note(case_id: int, text: str, *, by: Access, at: dt.datetime) -> models.CaseNote:
    """The note stands in the case's story, sealed."""
    case = case_for_change(case_id, by, Action.CASE_WORK)
    note = models.CaseNote.objects.create(
        case=case,
        sealed=audit.seal(case.subject, tidy_text(text, "text").encode(), context=models.SEALED_NOTE),
        noted_by_id=by.user_id,
        noted_at=at,
    )
    record("note added", case, by, at)
    return note


def tidy_text(text: str, field: str) -> str:
    """The text without blanks around it. Raises BadInput for none, or one too long to be read."""
    tidy = text.strip()
    if not tidy:
        raise errors.BadInput(errors.message("Write something, or leave the form."), code="text_missing", field=field)
    if len(tidy) > rules.TEXT_LENGTH:
        raise errors.BadInput(
            errors.message("This is longer than {limit} signs. Shorten it, or write two."),
            code="text_long",
            field=field,
            limit=rules.TEXT_LENGTH,
        )
    return tidy


# --- papers -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Brought:
    """A file as it came: its name and its bytes."""

    name: str
    content: bytes


@transaction.atomic
def receive_paper(
    case_id: int,
    paper_id: int,
    person_id: int | None,
    *,
    valid_until: dt.date | None = None,
    file: Brought | None = None,
    by: Access,
    at: dt.datetime,
) -> models.CasePaper:
    """The paper is on file and waits to be checked; a file beside it is sealed under the key of the paper's person.

    A paper brought again (because it was refused, or expired) begins anew. Raises BadInput for a file that is no
    document (see ``formats.papers``), before anything is kept.
    """
    case = case_for_change(case_id, by, Action.CASE_WORK)
    require_open(case)
    same = people_queries.one_person(person_id) if person_id is not None else []
    person_id = people_queries.answering(same)[same[0]] if same else None
    item = next(
        (i for i in queries.checklist(case, at.date()) if i.wanted.paper_id == paper_id and i.person_id == person_id),
        None,
    )
    if item is None:
        raise errors.NotFound()
    if valid_until is not None and valid_until < at.date():
        raise errors.BadInput(
            errors.message("A paper valid until {value} has expired. Ask for a new one."),
            code="paper_expired",
            field="valid_until",
            value=valid_until.strftime("%d.%m.%Y"),
        )
    kept = papers.checked(file.content, file.name) if file is not None else None
    whose = {"person_id__in": same} if same else {"person": None}
    row = case.papers.filter(paper_id=paper_id, **whose).order_by("pk").last()
    if row is None:
        row = models.CasePaper(case=case, paper_id=paper_id, person_id=person_id)
    row.state, row.received_on, row.valid_until = rules.PaperState.RECEIVED, at.date(), valid_until
    row.judged_by, row.judged_at = None, None
    row.noted_by_id, row.noted_at = by.user_id, at
    row.save()
    if kept is not None:
        _keep_file(case, row, kept, by, at)
    record("paper received", case, by, at, payload={"paper": item.wanted.label.en, "file": kept.kind if kept else None})
    return row


def _keep_file(case: models.Case, row: models.CasePaper, kept: papers.Paper, by: Access, at: dt.datetime) -> None:
    whose = row.person.subject if row.person is not None else case.subject
    models.PaperFile.objects.create(
        paper=row,
        subject=whose,
        content_sealed=audit.seal(whose, kept.content, context=models.SEALED_FILE),
        name_sealed=audit.seal(whose, kept.name.encode(), context=models.SEALED_FILE_NAME),
        kind=kept.kind,
        size=len(kept.content),
        brought_by_id=by.user_id,
        brought_at=at,
    )


@transaction.atomic
def judge_paper(row_id: int, *, is_good: bool, by: Access, at: dt.datetime) -> models.CasePaper:
    """The paper was looked at, and counts or does not."""
    row = models.CasePaper.objects.select_related("paper").filter(pk=row_id).first()
    if row is None:
        raise errors.NotFound()
    case = case_for_change(row.case_id, by, Action.CASE_WORK)
    require_open(case)
    row.state = rules.PaperState.CHECKED if is_good else rules.PaperState.REFUSED
    row.judged_by_id, row.judged_at = by.user_id, at
    row.save()
    record(f"paper {row.state}", case, by, at, payload={"paper": row.paper.label_en})
    return row


# --- lists that leave the office --------------------------------------------------------------------------------------

EXPORT_HEADINGS = (
    "number", "track", "version", "stage", "state", "outcome", "person", "name", "kept_by", "household", "owner",
    "team", "opened", "due", "closed",
)  # fmt: skip


def ask_export(narrowed: queries.CaseFilter, *, purpose: str, by: Access, at: dt.datetime) -> ExportFile:
    """The list of cases will be made by a job; the purpose stands in the log."""
    return exports.ask_for("cases", narrowed.as_text(), job="cases.export", purpose=purpose, by=by, at=at)


def make_export(export_id: int, progress: jobs.Progress, *, by: Access, at: dt.datetime) -> dict[str, int]:
    """The job: cases the asker may see and take out now; protection cases never."""
    export = ExportFile.objects.get(pk=export_id)
    if export.made_at is not None:
        return {"rows": export.rows}
    by.require(Action.CASE_EXPORT)
    rows: list[Sequence[str]] = []
    ids = queries.ids_for_export(by, queries.CaseFilter.parse(export.query), at.date())
    for case in queries.rows_for_export(by, ids, at=at):
        rows.append(_export_row(case))
        if len(rows) % 100 == 0:
            progress(len(rows), len(ids))
    return exports.keep(export, EXPORT_HEADINGS, rows, by=by, at=at)


def _export_row(case: models.Case) -> Sequence[str]:
    return (
        case.number,
        case.track.code,
        str(case.version.number),
        case.stage.code,
        case.state,
        case.outcome,
        case.person.number,
        people_queries.name_in(case.person, Script.LATIN),
        "/".join(case.person.keeper.labels()[::2]),
        case.household.number if case.household else "",
        case.owner.username if case.owner else "",
        str(case.team) if case.team else "",
        case.opened_on.isoformat(),
        case.due_on.isoformat(),
        case.closed_on.isoformat() if case.closed_on else "",
    )


# --- common steps -----------------------------------------------------------------------------------------------------


def case_for_change(case_id: int, by: Access, action: Action, *, revision: int | None = None) -> models.Case:
    """The case, locked, if the writer may do this to it; one out of sight does not exist for the writer."""
    by.require(action)
    seen = models.Case.objects.visible_to(by, action).select_for_update(of=("self",))
    case = seen.select_related("person", "version", "stage", "track").filter(pk=case_id).first()
    if case is None:
        raise errors.NotFound()
    if revision is not None and case.revision != revision:
        raise errors.Conflict()
    return case


def require_open(case: models.Case) -> None:
    """Raise Conflict for a closed case."""
    if case.state != rules.CaseState.OPEN:
        raise errors.Conflict(errors.message("This case is closed. Open it again before going on."), code="case_closed")


def save_step(
    case: models.Case,
    kind: models.CaseStep.Kind,
    verb: str,
    by: Access,
    at: dt.datetime,
    *,
    reason: str,
    payload: dict[str, Any],
    outcome: str = "",
) -> None:
    """The case is saved as it stands now, with the line of its way and the record of the log."""
    case.revision += 1
    case.save()
    _step(case, kind, by, at, reason=reason, outcome=outcome)
    record(verb, case, by, at, payload=payload, reason=reason.strip())


def _step(
    case: models.Case, kind: models.CaseStep.Kind, by: Access, at: dt.datetime, *, reason: str = "", outcome: str = ""
) -> None:
    tidy = reason.strip()[: rules.TEXT_LENGTH]
    models.CaseStep.objects.create(
        case=case,
        kind=kind,
        stage=case.stage,
        owner_id=case.owner_id,
        outcome=outcome,
        reason_sealed=audit.seal(case.subject, tidy.encode(), context=models.SEALED_REASON) if tidy else None,
        at=at,
        by_id=by.user_id,
    )


def record(
    verb: str,
    case: models.Case,
    by: Access,
    at: dt.datetime,
    *,
    payload: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """What was done to a case stands in the log, under the case's own key."""
    audit.record(
        by=by.actor,
        at=at,
        room=ROOM,
        verb=verb,
        object_kind="case",
        object_key=str(case.subject),
        subject=case.subject,
        payload=payload,
        reason=reason,
    )


def _record_plain(  # noqa: PLR0917 - one line a call
    verb: str, kind: str, key: str, by: Access, at: dt.datetime, payload: dict[str, Any]
) -> None:
    audit.record(by=by.actor, at=at, room=ROOM, verb=verb, object_kind=kind, object_key=key, payload=payload)
