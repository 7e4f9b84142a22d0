"""What holds for cases without a database: tracks and their checks, whether a case may move, papers, clocks."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from streha.accounts.rules import Role
from streha.common import errors
from streha.common.codes import Language, Script
from streha.common.words import Several, Words
from streha.engine import names

ADULT_FROM_YEARS = 18
DUE_WHEN_UNSAID_DAYS = 90  # a case always has a day on which somebody looks at it again
LABEL_LENGTH = 120
LONGEST_DAYS = 3650
TEXT_LENGTH = 5000
CODE = re.compile(r"^[a-z][a-z0-9_]{1,29}$")


class CaseState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class Outcome(StrEnum):
    """Why a case was closed; ``completed`` alone means that the track was walked to its end."""

    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"
    LEFT = "left"
    DIED = "died"
    TRANSFERRED = "transferred"
    ERROR = "error"


class PaperOf(StrEnum):
    CASE = "case"
    ADULT = "adult"
    MINOR = "minor"


class PaperState(StrEnum):
    MISSING = "missing"
    RECEIVED = "received"
    CHECKED = "checked"
    REFUSED = "refused"
    EXPIRED = "expired"


KEPT_STATES = (PaperState.RECEIVED, PaperState.CHECKED, PaperState.REFUSED)


# --- tracks -----------------------------------------------------------------------------------------------------------


def words(sq: str, sr: str, en: str) -> Words:
    """A name as somebody types it, with the Latin form of its Serbian derived."""
    tidy = [" ".join(part.split()) for part in (sq, sr, en)]
    return Words(tidy[0], tidy[1], names.transliterate(tidy[1], Script.LATIN), tidy[2])


@dataclass(frozen=True)
class StageDraft:
    """One stage: its name, in how many days it is due, whether it may be left out, and who may move a case into it."""

    code: str
    label: Words
    days: int | None
    movers: frozenset[Role]
    is_optional: bool = False


@dataclass(frozen=True)
class PaperDraft:
    """One paper that must be on file before a stage is entered."""

    code: str
    label: Words
    of: PaperOf
    before: str
    is_optional: bool = False


@dataclass(frozen=True)
class TrackDraft:
    """A version of a track: the last stage is its end."""

    code: str
    label: Words
    source: str
    stages: tuple[StageDraft, ...]
    papers: tuple[PaperDraft, ...] = ()
    note: str = ""
    is_sensitive: bool = False
    verified_by: str = ""


def read_tracks(content: str) -> tuple[TrackDraft, ...]:
    """Tracks of a TOML file as it ships with Streha."""
    return tuple(_read_track(told) for told in tomllib.loads(content)["track"])


def _read_track(told: Mapping[str, Any]) -> TrackDraft:
    return TrackDraft(
        code=told["code"],
        label=words(*told["label"]),
        source=told["source"],
        note=told.get("note", ""),
        is_sensitive=told.get("sensitive", False),
        stages=tuple(
            StageDraft(
                s["code"],
                words(*s["label"]),
                s.get("days"),
                frozenset(map(Role, s["movers"])),
                s.get("optional", False),
            )
            for s in told["stages"]
        ),
        papers=tuple(
            PaperDraft(p["code"], words(*p["label"]), PaperOf(p["of"]), p["before"], p.get("optional", False))
            for p in told["papers"]
        ),
    )


def check_track(draft: TrackDraft) -> None:
    """Raise BadInput unless the track can be walked: names in three languages, an end, papers before known stages."""
    if not draft.source.strip():
        raise _bad(
            "source_missing", errors.message("Say where this track comes from: a regulation, a decision, a day.")
        )
    if len(draft.stages) < 2:
        raise _bad("stages_few", errors.message("A track needs two stages at least: its beginning and its end."))
    _check_codes(draft)
    for label in (draft.label, *(s.label for s in draft.stages), *(p.label for p in draft.papers)):
        _check_label(label)
    if draft.stages[0].is_optional or draft.stages[-1].is_optional:
        raise _bad("ends_optional", errors.message("The first and the last stage cannot be left out."))
    for stage in draft.stages:
        _check_stage(stage)
    known = {stage.code for stage in draft.stages[1:]}
    for paper in draft.papers:
        if paper.before not in known:
            raise _bad(
                "paper_before",
                errors.message("The paper “{paper}” waits before “{value}”, which is no stage after the first."),
                paper=paper.label,
                value=paper.before,
            )


def _check_codes(draft: TrackDraft) -> None:
    for codes in ([draft.code], [s.code for s in draft.stages], [p.code for p in draft.papers]):
        for code in codes:
            if not CODE.match(code):
                raise _bad(
                    "track_code",
                    errors.message("“{value}” is no code. Write 2 to 30 small letters of a-z, digits and _."),
                    value=code,
                )
            if codes.count(code) > 1:
                raise _bad(
                    "code_twice", errors.message("The code “{value}” stands twice. Give each its own."), value=code
                )


def _check_label(label: Words) -> None:
    if not (label.sq and label.sr and label.en):
        raise _bad(
            "label_missing",
            errors.message("“{value}” lacks a name in one of Albanian, Serbian, English."),
            value=label.en or label.sq or label.sr or "–",
        )
    if max(len(label.sq), len(label.sr_latn), len(label.en)) > LABEL_LENGTH:
        raise _bad(
            "label_long",
            errors.message("“{value}” is longer than {limit} signs."),
            value=label.en,
            limit=LABEL_LENGTH,
        )


def _check_stage(stage: StageDraft) -> None:
    if not stage.movers:
        raise _bad(
            "movers_missing",
            errors.message("Nobody may move a case to “{stage}”. Choose a role."),
            stage=stage.label,
        )
    if stage.days is not None and not 1 <= stage.days <= LONGEST_DAYS:
        raise _bad(
            "days_wrong",
            errors.message("{value} days for “{stage}” cannot be; write 1 to {limit}."),
            value=stage.days,
            stage=stage.label,
            limit=LONGEST_DAYS,
        )


def _bad(code: str, template: str, **details: Any) -> errors.BadInput:
    return errors.BadInput(template, code=code, **details)


# --- moving -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """A stage of a case's own version of its track."""

    code: str
    position: int
    label: Words
    movers: frozenset[str]
    is_optional: bool
    is_final: bool
    days: int | None = None


def may_follow(steps: Sequence[Step], here: int) -> list[Step]:
    """Stages that a case may enter next: the following ones, up to the first that may not be left out; not the end."""
    found = []
    for step in sorted(steps, key=lambda s: s.position):
        if step.position <= here:
            continue
        if not step.is_final:
            found.append(step)
        if not step.is_optional:
            break
    return found


def decision_of(steps: Sequence[Step]) -> Step | None:
    """The stage at which a case stands once a commission has decided: the first that a commission enters alone."""
    for step in sorted(steps, key=lambda s: s.position):
        if Role.COMMISSION in step.movers and Role.CASEWORKER not in step.movers:
            return step
    return None


def check_decided(steps: Sequence[Step], here: int) -> Step:
    """The stage of the decision, for a case that waits for it, stands at it, or is appealed.

    Raises Conflict for a case that is not there yet, or has gone on already, or whose track knows no commission.
    """
    decision = decision_of(steps)
    if decision is None:
        raise errors.Conflict(errors.message("No commission decides on cases of this track."), code="no_commission")
    if here < decision.position - 1:
        raise errors.Conflict(errors.message("The case does not wait for the commission yet."), code="not_yet_there")
    if here > decision.position + 1:
        raise errors.Conflict(errors.message("The case has gone on since. Look at it."), code="gone_on")
    return decision


def check_move(
    steps: Sequence[Step], here: int, to: Step, *, roles: Collection[str], missing: Several, reason: str
) -> None:
    """Raise unless a case may go from the stage at position ``here`` to another.

    Refused: none of the roles may move it there. BadInput: a stage between may not be left out, papers are missing, or
    it goes back without a reason. Conflict: it is there already.
    """
    if to.position == here:
        raise errors.Conflict(
            errors.message("The case already stands at “{stage}”."), code="stage_again", stage=to.label
        )
    if not to.movers & set(roles):
        raise errors.Refused(
            errors.message("Your role may not move a case to “{stage}”. Ask a colleague who may."),
            code="stage_not_yours",
            stage=to.label,
        )
    if to.position < here:
        if not reason.strip():
            raise _bad("back_reason", errors.message("Say why the case goes back."), field="reason")
        return
    between = [s for s in steps if here < s.position < to.position and not s.is_optional]
    if between:
        first = min(between, key=lambda s: s.position)
        raise _bad(
            "stage_skipped",
            errors.message("“{stage}” cannot be reached before “{next}”. Move the case there first."),
            stage=to.label,
            next=first.label,
        )
    if missing:
        raise _bad(
            "papers_missing",
            errors.message("Before “{stage}” these papers must be checked: {papers}."),
            stage=to.label,
            papers=missing,
        )


def due_on(days: int | None, today: dt.date) -> dt.date:
    """The day on which a stage entered today is due."""
    return today + dt.timedelta(days=DUE_WHEN_UNSAID_DAYS if days is None else days)


def is_late(due: dt.date, today: dt.date) -> bool:
    """Whether a day on which something was due has passed."""
    return due < today


def case_number(pk: int) -> str:
    """The number people read out: C-0000412."""
    return f"C-{pk:07d}"


# --- papers -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Member:
    """Somebody a case covers."""

    person_id: int
    birth_date: dt.date | None


@dataclass(frozen=True)
class Wanted:
    """A paper that a track asks for."""

    paper_id: int
    of: str
    position: int  # of the stage that waits for it
    is_optional: bool
    label: Words


@dataclass(frozen=True)
class Held:
    """A paper on file."""

    row_id: int
    paper_id: int
    person_id: int | None
    state: str
    valid_until: dt.date | None


@dataclass(frozen=True)
class Item:
    """One line of the checklist: a paper, whose, and how it stands today."""

    wanted: Wanted
    person_id: int | None
    state: PaperState
    held: Held | None = None

    @property
    def is_settled(self) -> bool:
        """Whether nobody has to do anything about it."""
        return self.state == PaperState.CHECKED or (self.wanted.is_optional and self.state == PaperState.MISSING)


def is_minor(birth: dt.date | None, today: dt.date) -> bool:
    """Whether somebody is under eighteen; somebody of unknown age counts as an adult."""
    if birth is None:
        return False
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day)) < ADULT_FROM_YEARS


def checklist(
    wanted: Iterable[Wanted], members: Sequence[Member], held: Iterable[Held], today: dt.date
) -> tuple[Item, ...]:
    """Every paper the track asks for, of the case and of each of its members, with how it stands today."""
    on_file = {(h.paper_id, h.person_id): h for h in held}
    found = []
    for paper in wanted:
        for person_id in _owners(paper, members, today):
            row = on_file.get((paper.paper_id, person_id))
            found.append(Item(paper, person_id, paper_state(row, today), row))
    return tuple(found)


def _owners(paper: Wanted, members: Sequence[Member], today: dt.date) -> list[int | None]:
    if paper.of == PaperOf.CASE:
        return [None]
    minor = paper.of == PaperOf.MINOR
    return [member.person_id for member in members if is_minor(member.birth_date, today) == minor]


def paper_state(row: Held | None, today: dt.date) -> PaperState:
    """How a paper stands on a day: one that was checked expires after its last day."""
    if row is None:
        return PaperState.MISSING
    if row.valid_until is not None and row.valid_until < today:
        return PaperState.EXPIRED
    return PaperState(row.state)


def missing_before(items: Iterable[Item], position: int) -> Several:
    """Names of the papers that keep a case from a stage, each once."""
    return Several(dict.fromkeys(i.wanted.label for i in items if i.wanted.position <= position and not i.is_settled))


# --- letters ----------------------------------------------------------------------------------------------------------

MISSING_PAPERS = "missing_papers"


@dataclass(frozen=True)
class LetterDraft:
    """The words of a letter in one language, and who has signed that they may go out; nobody, while it is empty."""

    code: str
    language: Language
    title: str
    opening: str
    closing: str
    signed_by: str = ""


def read_letters(content: str) -> tuple[LetterDraft, ...]:
    """Letters of a TOML file as it ships with Streha."""
    return tuple(
        LetterDraft(told["code"], Language(told["language"]), told["title"], told["opening"], told["closing"])
        for told in tomllib.loads(content)["letter"]
    )


def read_fields(content: str) -> dict[str, frozenset[str]]:
    """By letter, what its words may be filled with, of a TOML file as it ships with Streha."""
    return {code: frozenset(known) for code, known in tomllib.loads(content)["fields"].items()}


def check_letter(draft: LetterDraft) -> None:
    """Raise BadInput for a letter without words, or in a form that is derived from another."""
    if draft.language == Language.SERBIAN_LATIN:
        raise _bad(
            "letter_derived", errors.message("Serbian in Latin is derived from Cyrillic. Change the Cyrillic words.")
        )
    if not (draft.title.strip() and draft.opening.strip() and draft.closing.strip()):
        raise _bad("letter_empty", errors.message("A letter needs a title, an opening and a closing."))


def check_signature(reviewer: str, on: dt.date, made: dt.date, today: dt.date) -> None:
    """Raise BadInput for a signature without a name, or of a day before the words were written or still to come."""
    if len(reviewer.split()) < 2:
        raise _bad(
            "reviewer_missing",
            errors.message("“{value}” is not enough. Write the given and family name of who has read the words."),
            field="reviewer",
            value=reviewer.strip() or "–",
        )
    if not made <= on <= today:
        raise _bad(
            "signed_day",
            errors.message("{value} cannot be: the words were written on {made}, and the day must not lie ahead."),
            field="on",
            value=on.strftime("%d.%m.%Y"),
            made=made.strftime("%d.%m.%Y"),
        )
