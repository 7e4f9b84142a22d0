"""What goes in and out of the API: names as in the register, codes as codes, dates in ISO 8601."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal

from ninja import Field, Schema
from pydantic import AwareDatetime

from streha.assistance.distributions.rules import slips
from streha.assistance.entitlements import rules as entitlements
from streha.assistance.grants import rules as grants
from streha.assistance.payments import rules as payments
from streha.assistance.programmes import rules as programmes
from streha.assistance.selections import rules as selections
from streha.assistance.sites.rules import places as sites
from streha.assistance.sites.rules import sphere
from streha.assistance.supplies.rules import stock
from streha.assistance.works import rules as works
from streha.cases import rules as cases
from streha.cases.feedback import rules as feedback
from streha.cases.labour import rules as labour
from streha.cases.plans import rules as plans
from streha.cases.referrals import rules as referrals
from streha.common.codes import FieldClass, Language, Precision, Script, Sex
from streha.homes import rules as homes
from streha.institutions import rules as institutions
from streha.people import rules
from streha.people.duplicates import rules as duplicates
from streha.people.households import rules as moves

Text = Annotated[str, Field(max_length=100)]
Long = Annotated[str, Field(min_length=1, max_length=5000)]
Pk = Annotated[int, Field(ge=1, le=2**62)]


class AreaOut(Schema):
    id: int
    kind: str
    name_sq: str
    name_sr_cyrl: str
    name_sr_latn: str
    name_en: str
    parent_id: int | None
    codes: dict[str, str] = {}


class ObservationOut(Schema):
    indicator: str
    period_start: dt.date
    period_end: dt.date
    group: str
    value: float
    unit: str
    basis: str
    source: str


class NameOut(Schema):
    kind: rules.NameKind
    script: Script
    given: str
    father: str
    family: str


class PersonOut(Schema):
    """A person as the token may see them: what is not readable is null."""

    id: int
    number: str
    names: list[NameOut]
    birth_date: dt.date | None
    birth_precision: str
    sex: Sex
    vital_status: rules.VitalStatus
    keeper_id: int
    home_area_id: int | None
    household_id: int | None
    ended_on: dt.date | None
    version: int


class PeopleOut(Schema):
    """One page; ``next`` is the key for ``after``, empty at the end. No totals."""

    items: list[PersonOut]
    next: str


class NameIn(Schema):
    given: Text = ""
    father: Text = ""
    family: Text = ""
    kind: rules.NameKind = rules.NameKind.MAIN


class IdentifierIn(Schema):
    kind: rules.IdentifierKind
    value: Annotated[str, Field(min_length=1, max_length=60)]


class PersonIn(Schema):
    names: Annotated[list[NameIn], Field(min_length=1, max_length=10)]
    keeper_id: Pk
    sex: Sex = Sex.UNKNOWN
    birth_date: dt.date | None = None
    birth_precision: Precision | None = None
    language: Language | None = None
    citizenship: Annotated[str, Field(pattern="^([A-Z]{2})?$")] = ""
    home_area_id: Pk | None = None
    phone: Annotated[str, Field(max_length=40)] = ""
    identifiers: Annotated[list[IdentifierIn], Field(max_length=10)] = []


class PersonChange(Schema):
    """New values; what is left out stays. ``version`` is the one that was read."""

    version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    given: Text | None = None
    father: Text | None = None
    family: Text | None = None
    sex: Sex | None = None
    birth_date: dt.date | None = None
    birth_precision: Precision | None = None
    language: Language | None = None


class MemberOut(Schema):
    person_id: int
    relation: rules.Relation
    is_head: bool
    started_on: dt.date | None


class HouseholdOut(Schema):
    id: int
    number: str
    keeper_id: int
    home_area_id: int | None
    members: list[MemberOut]
    version: int


class HouseholdsOut(Schema):
    items: list[HouseholdOut]
    next: str


class MemberRelation(Schema):
    person_id: Pk
    relation: rules.Relation


class HouseholdVersion(Schema):
    household_id: Pk
    version: Annotated[int, Field(ge=1, le=2**31 - 1)]


class MovingIn(Schema):
    """Since when and why; ``versions`` are those that were read, and 409 says that one was changed since."""

    on: dt.date
    reason: Annotated[str, Field(min_length=1, max_length=400)]
    relations: Annotated[list[MemberRelation], Field(max_length=100)] = []
    versions: Annotated[list[HouseholdVersion], Field(max_length=2)] = []


class MergeHouseholdsIn(MovingIn):
    other_id: Pk


class MoveMembersIn(MovingIn):
    other_id: Pk
    members: Annotated[list[Pk], Field(min_length=1, max_length=100)]


class SplitHouseholdIn(MovingIn):
    members: Annotated[list[Pk], Field(min_length=1, max_length=100)]
    head_id: Pk
    home_area_id: Pk | None = None
    address: Annotated[str, Field(max_length=200)] = ""


class ReasonIn(Schema):
    reason: Annotated[str, Field(min_length=1, max_length=400)]


class MoveOut(Schema):
    id: int
    kind: moves.Kind
    source_id: int
    target_id: int
    on: dt.date
    source_version: int
    target_version: int
    undone_at: dt.datetime | None


class PairOut(Schema):
    id: int
    left_id: int
    right_id: int
    state: rules.PairState
    why: str
    probability: float
    consequence: int
    is_central: bool


class PairsOut(Schema):
    items: list[PairOut]
    next: str


class PersonVersion(Schema):
    person_id: Pk
    version: Annotated[int, Field(ge=1, le=2**31 - 1)]


class PairLineOut(Schema):
    """One field of both records; ``bits`` is the weight that the linkage gives to how they agree."""

    field: str
    left: str
    right: str
    agreement: duplicates.Agreement
    reasons: list[str]
    is_choice: bool
    proposed: Literal["left", "right"]
    bits: float | None


class VerdictOut(Schema):
    verdict: duplicates.Verdict
    by: str
    at: dt.datetime
    reason: str


class PairPageOut(PairOut):
    versions: list[PersonVersion]
    lines: list[PairLineOut]
    opinions: list[VerdictOut]


class OpinionIn(Schema):
    """What somebody thinks; "same" names the record that stays, the one that goes, and what is taken over from it."""

    verdict: duplicates.Verdict
    kept_id: Pk | None = None
    gone_id: Pk | None = None
    taken: Annotated[list[Annotated[str, Field(max_length=20)]], Field(max_length=20)] = []
    reason: Annotated[str, Field(max_length=400)] = ""
    versions: Annotated[list[PersonVersion], Field(max_length=2)] = []


class UndoPairIn(Schema):
    """``going`` are codes of what came after a merge and belongs to the record that comes back."""

    reason: Annotated[str, Field(max_length=400)] = ""
    going: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=500)] = []


class OutcomeOut(Schema):
    state: rules.PairState
    merge_id: int | None


class SearchOut(Schema):
    """People found by any spelling; ``spellings`` says which words were read how."""

    items: list[PersonOut]
    spellings: dict[str, list[str]]
    next: str


class CallOut(Schema):
    """A call for applications; ``list_id`` is the ranked list in force."""

    id: int
    number: str
    title: str
    municipality_id: int
    requests: list[selections.RequestKind]
    opens_on: dt.date
    closes_on: dt.date
    phase: str
    ends_by: selections.EndsBy
    places: int
    budget: Decimal | None
    currency: str
    grid: str
    grid_verified: bool
    appeal_days: int
    list_id: int | None


class CallsOut(Schema):
    items: list[CallOut]
    next: str


class ApplicationIn(Schema):
    """A household that applies; ``received_at`` empty means now, ``amount`` is in the call's currency."""

    household_id: Pk
    applicant_id: Pk
    request: selections.RequestKind
    answers: dict[selections.Fact, bool | None] = {}
    amount: Annotated[Decimal, Field(gt=0, max_digits=14, decimal_places=2)] | None = None
    received_at: AwareDatetime | None = None


class WithdrawalIn(Schema):
    reason: Annotated[str, Field(min_length=1, max_length=300)]


class ApplicationOut(Schema):
    """An application; its points stand in the ranked list alone."""

    id: int
    number: int
    code: str
    call_id: int
    household_id: int
    applicant_id: int
    request: selections.RequestKind
    amount: Decimal | None
    received_at: dt.datetime
    late: bool
    late_accepted: bool
    withdrawn_at: dt.datetime | None


class ApplicationsOut(Schema):
    items: list[ApplicationOut]
    next: str


class PointsOut(Schema):
    criterion: str
    points: float
    evidence: str


class RankedRowOut(Schema):
    """A row of a ranked list; ``applicant_id`` is null for the erased and for who is not shown to the token."""

    number: int
    code: str
    place: int | None
    points: float
    outcome: selections.Outcome
    verdict: selections.Verdict
    reasons: list[str]
    applicant_id: int | None
    erased: bool
    lines: list[PointsOut]


class RankedListOut(Schema):
    id: int
    number: str
    call_id: int
    state: str
    places: int
    budget: Decimal | None
    currency: str
    list_digest: str
    grid_digest: str
    items: list[RankedRowOut]
    next: str


class ReplayOut(Schema):
    """A past list computed again; the last two name applications by their codes."""

    list_id: int
    same_list: bool
    same_grid: bool
    list_digest: str
    applications: int
    erased: int
    other_numbers: list[str]
    changed_since: list[str]


class PublicRowOut(Schema):
    code: str
    place: int | None
    points: float
    outcome: selections.Outcome


class PublicListOut(Schema):
    list_id: int
    call: str
    items: list[PublicRowOut]


class CaseOut(Schema):
    id: int
    number: str
    person_id: int
    household_id: int | None
    track: str
    track_version: int
    stage: str
    state: cases.CaseState
    outcome: str
    owner: str
    due_on: dt.date
    opened_on: dt.date
    closed_on: dt.date | None
    revision: int


class CasesOut(Schema):
    """One page; ``next`` is the key for ``after``, empty at the end. No totals."""

    items: list[CaseOut]
    next: str


class CaseIn(Schema):
    person_id: Pk
    track: Annotated[str, Field(min_length=1, max_length=30)]
    with_household: bool = False
    note: Annotated[str, Field(max_length=5000)] = ""


class CaseMove(Schema):
    """``revision`` is the one that was read."""

    to: Annotated[str, Field(min_length=1, max_length=30)]
    revision: Annotated[int, Field(ge=1, le=2**31 - 1)]
    reason: Annotated[str, Field(max_length=5000)] = ""


class FeedbackOut(Schema):
    """Feedback as a program reads it: days and codes; words and names are read in the office alone."""

    id: int
    number: str
    category: str
    channel: feedback.Channel
    keeper_id: int
    state: feedback.State
    standing: feedback.Standing
    received_on: dt.date
    acknowledge_by: dt.date | None
    acknowledged_on: dt.date | None
    answer_by: dt.date
    answered_on: dt.date | None
    outcome: str
    closed_on: dt.date | None
    told_on: dt.date | None
    told_how: str
    not_told: str
    revision: int


class FeedbackPage(Schema):
    """One page; ``next`` is the key for ``after``, empty at the end. No totals."""

    items: list[FeedbackOut]
    next: str


class FeedbackIn(Schema):
    """What somebody told the office. Of a sensitive category only the words and the contact are kept."""

    category: Annotated[str, Field(min_length=1, max_length=30)]
    channel: feedback.Channel
    keeper_id: Pk
    text: Long
    received_on: dt.date
    person_id: Pk | None = None
    name: Annotated[str, Field(max_length=160)] = ""
    contact: Annotated[str, Field(max_length=160)] = ""
    is_anonymous: bool = False
    household_id: Pk | None = None
    case_id: Pk | None = None
    home_id: Pk | None = None
    sex: Sex = Sex.UNKNOWN
    age_group: feedback.AgeGroup = feedback.AgeGroup.UNKNOWN
    disability: feedback.Disability = feedback.Disability.UNKNOWN


class FeedbackTaken(Schema):
    """A sensitive report was handed to protection staff; it cannot be read here."""

    handed_over: bool = True


class FeedbackStepIn(Schema):
    """``revision`` is the one that was read."""

    revision: Annotated[int, Field(ge=1, le=2**31 - 1)]
    text: Annotated[str, Field(max_length=5000)] = ""
    on: dt.date | None = None


class FeedbackAnswerIn(FeedbackStepIn):
    outcome: feedback.Outcome


class FeedbackCloseIn(FeedbackStepIn):
    """Either ``on`` and ``how`` they were told, or why they were ``not_told``."""

    how: feedback.Channel | None = None
    not_told: feedback.NotTold | None = None


class InstitutionOut(Schema):
    """An institution; its contacts are read in the office alone."""

    id: int
    name: str
    name_sr: str
    name_en: str
    kind: institutions.Kind
    area_id: int | None
    ended_on: dt.date | None


class InstitutionsOut(Schema):
    """One page; ``next`` is the key for ``after``, empty at the end. No totals."""

    items: list[InstitutionOut]
    next: str


class MeetingOut(Schema):
    """A meeting, without its minutes."""

    id: int
    number: str
    body: str
    body_kind: institutions.BodyKind
    keeper_id: int
    day: dt.date
    state: institutions.MeetingState


class MeetingsOut(Schema):
    items: list[MeetingOut]
    next: str


class ReachedIn(Schema):
    institution_id: Pk
    number: Annotated[int, Field(ge=0, le=10_000)]


class TrainingIn(Schema):
    """Training given, with how many people of which institutions were reached."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    provider: Annotated[str, Field(min_length=1, max_length=200)]
    keeper_id: Pk
    first_day: dt.date
    last_day: dt.date
    women: Annotated[int, Field(ge=0, le=10_000)]
    men: Annotated[int, Field(ge=0, le=10_000)]
    others: Annotated[int, Field(ge=0, le=10_000)] = 0
    reached: Annotated[list[ReachedIn], Field(max_length=200)] = []
    note: Annotated[str, Field(max_length=2000)] = ""


class TrainingOut(Schema):
    id: int
    title: str
    provider: str
    keeper_id: int
    first_day: dt.date
    last_day: dt.date
    women: int
    men: int
    others: int
    total: int
    version: int


class TrainingsOut(Schema):
    items: list[TrainingOut]
    next: str


class GoalOut(Schema):
    id: int
    kind: plans.GoalKind
    text: str
    due_on: dt.date
    agreed_on: dt.date | None
    state: plans.GoalState
    note: str


class ParticipantOut(Schema):
    """Somebody of the case by their id, or another by name; ``came`` is null until somebody tells of the visit."""

    id: int
    person_id: int | None
    name: str
    came: bool | None


class VisitOut(Schema):
    id: int
    kind: plans.VisitKind
    area_id: int | None
    planned_on: dt.date
    done_on: dt.date | None
    state: plans.VisitState
    presence: str
    report: str
    participants: list[ParticipantOut]


class PlanOut(Schema):
    goals: list[GoalOut]
    visits: list[VisitOut]


class GoalIn(Schema):
    kind: plans.GoalKind
    text: Annotated[str, Field(min_length=1, max_length=5000)]
    due_on: dt.date
    agreed_on: dt.date | None = None


class GoalEnd(Schema):
    state: plans.GoalState
    note: Annotated[str, Field(max_length=5000)] = ""


class VisitIn(Schema):
    kind: plans.VisitKind
    planned_on: dt.date
    area_id: Pk | None = None
    person_ids: Annotated[list[Pk], Field(max_length=50)] = []
    others: Annotated[list[str], Field(max_length=20)] = []


class VisitReport(Schema):
    """``came`` are ids of participants."""

    done_on: dt.date
    report: Annotated[str, Field(min_length=1, max_length=5000)]
    came: Annotated[list[Pk], Field(max_length=100)] = []
    presence: plans.Presence | None = None


class ReferralOut(Schema):
    id: int
    kind: referrals.Kind
    purpose: referrals.Purpose
    recipient: str
    classes: list[FieldClass]
    state: referrals.State
    sent_at: dt.datetime


class SharedPersonOut(Schema):
    """What was shared of somebody; nothing else of the case or the register."""

    name: str
    phones: list[str]
    home_area_id: int | None


class ReceivedOut(ReferralOut):
    """Reason, answer and people are empty once the referral has ended, or the consent is gone."""

    reason: str
    answer: str
    people: list[SharedPersonOut]


class ReferralsOut(Schema):
    """One page; ``next`` is the key for ``after``, empty at the end. No totals."""

    items: list[ReceivedOut]
    next: str


class ReferralIn(Schema):
    """One of ``organisation_id`` and ``outside``."""

    kind: referrals.Kind = referrals.Kind.REFERRAL
    purpose: referrals.Purpose
    person_ids: Annotated[list[Pk], Field(min_length=1, max_length=50)]
    reason: Annotated[str, Field(min_length=1, max_length=5000)]
    organisation_id: Pk | None = None
    outside: Annotated[str, Field(max_length=200)] = ""
    classes: Annotated[list[FieldClass], Field(max_length=7)] = []


class ReferralAnswer(Schema):
    state: referrals.State
    note: Annotated[str, Field(max_length=5000)] = ""


class AskedSkill(Schema):
    """A skill of the list; 1 has helped, 2 does it alone, 3 has a certificate."""

    skill: Annotated[str, Field(min_length=1, max_length=30)]
    level: Annotated[int, Field(ge=1, le=3)] = 2
    required: bool = True


class AskedLanguage(Schema):
    """1 to 6 stand for A1 to C2."""

    language: Annotated[str, Field(min_length=2, max_length=3)]
    level: Annotated[int, Field(ge=1, le=6)] = 2


class VacancyIn(Schema):
    """One of ``area_id`` and ``abroad``."""

    employer: Annotated[str, Field(min_length=1, max_length=160)]
    title: Annotated[str, Field(min_length=1, max_length=160)]
    area_id: Pk | None = None
    abroad: Annotated[str, Field(max_length=120)] = ""
    number: Annotated[int, Field(ge=1, le=10_000)] = 1
    starts_on: dt.date
    ends_on: dt.date | None = None
    skills: Annotated[list[AskedSkill], Field(max_length=20)] = []
    languages: Annotated[list[AskedLanguage], Field(max_length=20)] = []


class VacancyOut(VacancyIn):
    id: int
    state: labour.VacancyState


class VacanciesOut(Schema):
    """One page; ``next`` is the key for ``after``, empty at the end. No totals."""

    items: list[VacancyOut]
    next: str


class ReasonOut(Schema):
    kind: labour.Reason
    code: str
    is_met: bool
    has: int | None
    asks: int | None


class MatchOut(Schema):
    """``is_possible`` says that nothing required is missing; somebody looks, nothing is decided here."""

    case_id: int
    is_possible: bool
    km: int | None
    reasons: list[ReasonOut]


class ImportOut(Schema):
    id: int
    number: str
    file_name: str
    state: str
    keeper_id: int
    rows: int
    good: int
    warned: int
    bad: int
    known: int
    committed: int
    households: int
    registered_at: dt.datetime


class ImportsOut(Schema):
    items: list[ImportOut]
    next: str


class PointOut(Schema):
    """Degrees, WGS 84."""

    lon: Annotated[float, Field(ge=-180, le=180)]
    lat: Annotated[float, Field(ge=-90, le=90)]


class HomeOut(Schema):
    """A home as the token may see it: what is not readable is null or empty."""

    id: int
    number: str
    municipality_id: int | None
    settlement_id: int | None
    tenure: homes.Tenure
    inheritance: homes.Inheritance
    damage: str
    damage_list: str
    building: str
    building_list: str
    occupancy: list[homes.OccupancyKind]
    keeper_id: int
    ended_on: dt.date | None
    version: int


class HomesOut(Schema):
    """One page; ``next`` is the key for ``after``, empty at the end. No totals."""

    items: list[HomeOut]
    next: str


class OwnerOut(Schema):
    """An owner: a person the token may see, a name, or neither for somebody beyond its sight."""

    id: int
    person_id: int | None
    name: str
    share: str | None
    since: dt.date | None
    until: dt.date | None


class OccupancyOut(Schema):
    id: int
    kind: homes.OccupancyKind
    person_id: int | None
    household_id: int | None
    started_on: dt.date
    started_precision: Precision
    ended_on: dt.date | None


class AssessmentOut(Schema):
    """What was found on a day; ``floor_m2`` is a decimal written as text, null is not measured."""

    assessed_on: dt.date
    damage: str
    damage_list: str
    building: str
    building_list: str
    floor_m2: str | None
    water_l_day: int | None
    toilets: int | None
    step_free: bool | None


class PhotoOut(Schema):
    id: int
    taken_on: dt.date | None
    width: int
    height: int


class HomePageOut(HomeOut):
    address: str
    point: PointOut | None
    cadastral_zone: str
    cadastral_ref: str
    owners: list[OwnerOut]
    occupancies: list[OccupancyOut]
    assessments: list[AssessmentOut]
    photos: list[PhotoOut]


class OwnerIn(Schema):
    """Somebody of the register, or a name; ``share`` as 1/2 or 50 %."""

    person_id: Pk | None = None
    name: Annotated[str, Field(max_length=160)] = ""
    share: Annotated[str, Field(max_length=20)] = ""
    since: dt.date | None = None
    until: dt.date | None = None


class HomeIn(Schema):
    """A home to register; ``keeper_id`` is the municipality unless another office keeps the record."""

    municipality_id: Pk
    settlement_id: Pk | None = None
    keeper_id: Pk | None = None
    address: Annotated[str, Field(max_length=200)] = ""
    point: PointOut | None = None
    cadastral_zone: Annotated[str, Field(max_length=80)] = ""
    cadastral_ref: Annotated[str, Field(max_length=60)] = ""
    tenure: homes.Tenure = homes.Tenure.UNKNOWN
    inheritance: homes.Inheritance = homes.Inheritance.UNKNOWN
    owners: Annotated[list[OwnerIn], Field(max_length=40)] = []
    sure: bool = False


class HomeChange(Schema):
    """New values; what is left out stays. ``version`` is the one that was read; a settlement needs its municipality."""

    version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    municipality_id: Pk | None = None
    settlement_id: Pk | None = None
    address: Annotated[str, Field(max_length=200)] | None = None
    point: PointOut | None = None
    cadastral_zone: Annotated[str, Field(max_length=80)] = ""
    cadastral_ref: Annotated[str, Field(max_length=60)] | None = None
    tenure: homes.Tenure | None = None
    inheritance: homes.Inheritance | None = None


class OccupancyIn(Schema):
    kind: homes.OccupancyKind
    started_on: dt.date
    started_precision: Precision = Precision.DAY
    ended_on: dt.date | None = None
    person_id: Pk | None = None
    household_id: Pk | None = None


class EndIn(Schema):
    on: dt.date


class AssessmentIn(Schema):
    assessed_on: dt.date
    damage: Annotated[str, Field(max_length=30)] = ""
    building: Annotated[str, Field(max_length=30)] = ""
    floor_m2: Annotated[Decimal, Field(ge=0, max_digits=7, decimal_places=2)] | None = None
    water_l_day: Annotated[int, Field(ge=0, le=100_000)] | None = None
    toilets: Annotated[int, Field(ge=0, le=100)] | None = None
    step_free: bool | None = None
    note: Annotated[str, Field(max_length=2000)] = ""


# --- house works ------------------------------------------------------------------------------------------------------


Money = Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=2)]
CurrencyCode = Annotated[str, Field(min_length=3, max_length=3)]


class WorksOut(Schema):
    """House works; sums are texts with two places, null for who may not see cost."""

    id: int
    number: str
    home_id: int
    keeper_id: int
    kind: str
    state: str
    standing: str
    stage: str
    percent: int
    days_late: int
    starts_on: dt.date
    ends_on: dt.date
    lot_id: int | None
    contractor: str
    cost_planned: str | None
    cost_contracted: str | None
    cost_spent: str | None
    currency: str | None
    version: int


class WorksListOut(Schema):
    """One page; ``next`` is the key for ``after``, empty at the end."""

    items: list[WorksOut]
    next: str


class WorksStageOut(Schema):
    code: str
    weight: int
    percent: int
    planned_start: dt.date
    planned_end: dt.date
    started_on: dt.date | None
    ended_on: dt.date | None


class WorksPageOut(WorksOut):
    """One house with its stages, what the plan says for today, and how many defects are open."""

    stages: list[WorksStageOut]
    planned_percent: int
    open_defects: int


class WorksIn(Schema):
    home_id: Pk
    kind: Literal["new", "repair"]
    start: dt.date
    household_id: Pk | None = None
    case_id: Pk | None = None
    lot_id: Pk | None = None
    cost_planned: Money = Decimal(0)
    currency: CurrencyCode = "EUR"


class InspectionIn(Schema):
    """What was found: for each stage that moved, how much of it is done."""

    on: dt.date
    percents: dict[works.Stage, int] = {}
    note: Annotated[str, Field(max_length=2000)] = ""
    version: int


# --- sites, stock, distributions ----------------------------------------------------------------------------------


class SiteOut(Schema):
    """A site with its places. Places set aside count neither as free nor as taken."""

    id: int
    number: str
    name: str
    name_other: str
    kind: sites.Kind
    municipality_id: int
    settlement_id: int | None
    lon: float | None
    lat: float | None
    opened_on: dt.date
    closed_on: dt.date | None
    capacity: int
    set_aside: int
    taken: int
    free: int
    step_free: int
    step_free_free: int


class SitesOut(Schema):
    """One page; ``next`` is the key for ``after``, empty at the end. No totals."""

    items: list[SiteOut]
    next: str


class StandardLineOut(Schema):
    """A standard held against a site; ``missing`` in m2, litres a day, taps, latrines or places."""

    measure: sphere.Measure
    line: Decimal
    has: Decimal | None
    verdict: sphere.Verdict
    missing: Decimal
    verified: bool
    source: str


class NightOut(Schema):
    night: dt.date
    counted: int
    registered: int
    why: str


class SitePageOut(SiteOut):
    """A site with its last nights and the standards; who stays there is read in the office alone."""

    nights: list[NightOut]
    standards: list[StandardLineOut]


class NightIn(Schema):
    """A night that was counted; ``why`` is needed where it differs from who is checked in."""

    night: dt.date
    counted: Annotated[int, Field(ge=0, le=1_000_000)]
    why: sites.Difference | None = None
    note: Annotated[str, Field(max_length=300)] = ""


class StockOut(Schema):
    """An item in one warehouse: what may be given, what expires within two months, what has expired."""

    warehouse_id: int
    warehouse: str
    item: str
    unit: stock.Unit
    quantity: int
    soon: int
    expired: int
    line: int | None
    to_order: int


class StocksOut(Schema):
    items: list[StockOut]


class DistributionOut(Schema):
    """A distribution; its slips are counted as far as the token may see them."""

    id: int
    number: str
    title: str
    kit: str
    municipality_id: int
    warehouse_id: int
    cycle_id: int | None
    held_on: dt.date
    state: slips.State


class DistributionsOut(Schema):
    """One page; ``next`` is the key for ``after``, empty at the end. No totals."""

    items: list[DistributionOut]
    next: str


class PaperLineIn(Schema):
    """A code as it was written, and as whom somebody collected, where that was noted."""

    code: Annotated[str, Field(min_length=1, max_length=60)]
    collects: slips.Collects | None = None


class PaperIn(Schema):
    handed_on: dt.date
    name: Annotated[str, Field(max_length=60)] = ""
    lines: Annotated[list[PaperLineIn], Field(min_length=1, max_length=2000)]


class PaperLineOut(Schema):
    row: int
    code: str
    verdict: slips.Verdict


class PaperOut(Schema):
    """A sheet with the verdict of its lines; ``waiting`` ones are worked in by a job."""

    id: int
    done: bool
    lines: list[PaperLineOut]


class CycleOut(Schema):
    id: int
    number: str
    name: str
    starts_on: dt.date
    ends_on: dt.date
    state: programmes.CycleState


class ProgrammeOut(Schema):
    """A programme with its cycles; names in Albanian, Serbian (Cyrillic) and English."""

    id: int
    code: str
    name_sq: str
    name_sr: str
    name_en: str
    area_id: int | None
    starts_on: dt.date
    ends_on: dt.date
    cycles: list[CycleOut]


class CommitmentOut(Schema):
    """Money set aside for (kind, key); amounts are decimals written as text, in the agreement's currency."""

    id: int
    number: str
    kind: programmes.For
    key: str
    amount: str
    spent: str
    left: str


class BudgetLineOut(Schema):
    id: int
    code: str
    title: str
    amount: str
    committed: str
    spent: str
    commitments: list[CommitmentOut]


class AgreementOut(Schema):
    """An agreement with its budget lines; amounts are decimals written as text."""

    id: int
    number: str
    donor: str
    reference: str
    title: str
    starts_on: dt.date
    ends_on: dt.date
    amount: str
    currency: str
    lines: list[BudgetLineOut]


class SpendingIn(Schema):
    """An invoice that was paid, or a refund that came back; ``reference`` is the number on the paper."""

    kind: programmes.ByHand
    amount: Annotated[str, Field(min_length=1, max_length=20)]
    currency: Annotated[str, Field(min_length=3, max_length=3)]
    day: dt.date
    reference: Annotated[str, Field(min_length=1, max_length=programmes.PAPER_LENGTH)]


class EntitlementOut(Schema):
    """What somebody is due: ``unit`` is a currency where ``is_money``; amounts are decimals written as text."""

    id: int
    number: str
    cycle_id: int
    person_id: int
    household_id: int | None
    kind: entitlements.Kind
    what: str
    due: str
    given: str
    unit: str
    is_money: bool
    due_on: dt.date
    state: entitlements.State


class EntitlementsOut(Schema):
    """One page; ``next`` is the key for ``after``, empty at the end. No totals."""

    items: list[EntitlementOut]
    next: str


class DeliveryIn(Schema):
    """``key`` is the number of the slip: the same one twice is one delivery."""

    amount: Annotated[str, Field(min_length=1, max_length=20)]
    on: dt.date
    mechanism: entitlements.Mechanism
    key: Annotated[str, Field(min_length=1, max_length=60)]
    provider: Annotated[str, Field(max_length=120)] = ""
    behalf: entitlements.Behalf = entitlements.Behalf.SELF
    collected_by_id: Pk | None = None
    proxy: Annotated[str, Field(max_length=200)] = ""


class PaymentListOut(Schema):
    id: int
    number: str
    title: str
    cycle_id: int
    currency: str
    total: str
    lines: int
    pay_on: dt.date
    state: payments.ListState


class PaymentListsOut(Schema):
    """One page; ``next`` is the key for ``after``, empty at the end. No totals."""

    items: list[PaymentListOut]
    next: str


# --- grants, courses, projects ----------------------------------------------------------------------------------------


class GrantOut(Schema):
    """A grant; the person is null for who may not see them."""

    id: int
    number: str
    person_id: int | None
    sector: str
    state: str
    amount: str
    currency: str
    paid: str
    starts_on: dt.date
    checks: dict[int, str]
    version: int


class GrantsOut(Schema):
    """One page; ``next`` is the key for ``after``, empty at the end."""

    items: list[GrantOut]
    next: str


class CheckIn(Schema):
    """What a look at the business found; ``jobs`` of a living one alone."""

    months: int
    found: grants.Alive
    jobs: Annotated[int, Field(ge=0, le=999)] | None = None
    on: dt.date
    version: int


class CourseOut(Schema):
    id: int
    number: str
    title: str
    provider_id: int
    sector: str
    keeper_id: int
    first_day: dt.date
    last_day: dt.date
    places: int
    enrolled: int


class CoursesOut(Schema):
    items: list[CourseOut]


class ProjectOut(Schema):
    id: int
    number: str
    title: str
    kind: str
    sector: str
    area_id: int
    state: str
    starts_on: dt.date
    ends_on: dt.date
    cost: str
    spent: str
    currency: str


class ProjectsOut(Schema):
    """One page; ``next`` is the key for ``after``, empty at the end."""

    items: list[ProjectOut]
    next: str


class FiveWOut(Schema):
    """The 5W table: headings, their HXL tags, and rows of texts in the same order."""

    headings: list[str]
    tags: list[str]
    rows: list[list[str]]
