"""What holds for people without a database: codes, drafts, checks, numbers, and how a search is understood."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from streha.accounts.rules import Scope, ScopeKind
from streha.common import errors, pages
from streha.common.codes import FieldClass, Precision, Script, Sex
from streha.engine import names


class VitalStatus(StrEnum):
    ALIVE = "alive"
    DEAD = "dead"
    MISSING = "missing"
    UNKNOWN = "unknown"


class NameKind(StrEnum):
    MAIN = "main"
    SCRIPT = "script"  # the main name as written in another script
    BIRTH = "birth"
    ALIAS = "alias"
    FORMER = "former"


class IdentifierKind(StrEnum):
    PERSONAL_NUMBER = "personal_number"
    JMBG = "jmbg"
    ID_CARD = "id_card"
    PASSPORT = "passport"
    REFUGEE_CARD = "refugee_card"
    DISPLACED_CARD = "displaced_card"
    BIRTH_EXTRACT = "birth_extract"
    OTHER = "other"


class ContactKind(StrEnum):
    PHONE = "phone"
    EMAIL = "email"
    ADDRESS = "address"


class Relation(StrEnum):
    """To the head of the household."""

    HEAD = "head"
    SPOUSE = "spouse"
    CHILD = "child"
    PARENT = "parent"
    SIBLING = "sibling"
    GRANDPARENT = "grandparent"
    GRANDCHILD = "grandchild"
    IN_LAW = "in_law"
    OTHER = "other"
    UNKNOWN = "unknown"


class EpisodeStatus(StrEnum):
    """A status in an episode, dated; never an attribute of a person."""

    DISPLACED = "displaced"
    REFUGEE = "refugee"
    RETURNEE = "returnee"
    REPATRIATED = "repatriated"
    HOST = "host"
    AT_RISK = "at_risk"
    RELOCATED = "relocated"
    LABOUR_MIGRANT = "labour_migrant"


class Cause(StrEnum):
    CONFLICT = "conflict"
    FLOOD = "flood"
    EARTHQUAKE = "earthquake"
    LANDSLIDE = "landslide"
    WILDFIRE = "wildfire"
    DROUGHT = "drought"
    HEAT = "heat"
    DEGRADATION = "degradation"
    DEVELOPMENT = "development"
    OTHER = "other"


class Wish(StrEnum):
    RETURN = "return"
    INTEGRATE = "integrate"
    ELSEWHERE = "elsewhere"
    UNDECIDED = "undecided"


class LegalBasis(StrEnum):
    CONSENT = "consent"
    LEGAL_OBLIGATION = "legal_obligation"
    PUBLIC_TASK = "public_task"
    VITAL_INTEREST = "vital_interest"
    CONTRACT = "contract"
    LEGITIMATE_INTEREST = "legitimate_interest"


class EndReason(StrEnum):
    """Why a record is no longer worked with."""

    DIED = "died"
    LEFT = "left"
    REGISTERED_TWICE = "registered_twice"
    REGISTERED_IN_ERROR = "registered_in_error"
    OTHER = "other"


class NeedKind(StrEnum):
    CHRONIC_ILLNESS = "chronic_illness"
    DISABILITY = "disability"
    SINGLE_PARENT = "single_parent"
    ELDERLY_ALONE = "elderly_alone"
    UNACCOMPANIED_CHILD = "unaccompanied_child"
    PREGNANT = "pregnant"
    NO_DOCUMENTS = "no_documents"
    NO_SHELTER = "no_shelter"
    OTHER = "other"


class PairState(StrEnum):
    """Where two records that may be one person stand."""

    OPEN = "open"
    SECOND = "second"  # somebody said "same"; another person must say so too
    UNSURE = "unsure"
    SAME = "same"
    DIFFERENT = "different"


WAITING_PAIRS = (PairState.OPEN, PairState.SECOND, PairState.UNSURE)


@dataclass(frozen=True)
class Side:
    """What the queue needs to know of one side of a pair."""

    keeper_id: int
    is_shielded: bool


def common_keeper(left: Side, right: Side) -> int | None:
    """The office that keeps both sides of a pair; None where none does, or where somebody is shielded."""
    if left.is_shielded or right.is_shielded or left.keeper_id != right.keeper_id:
        return None
    return left.keeper_id


FUNCTIONING_DOMAINS = ("seeing", "hearing", "walking", "remembering", "self_care", "communicating")
A_LOT_OF_DIFFICULTY = 3
EARLIEST_BIRTH = dt.date(1890, 1, 1)
LIVING_AT_MOST_YEARS = 120


def person_number(pk: int) -> str:
    return f"P-{pk:07d}"


def household_number(pk: int) -> str:
    return f"HH-{pk:07d}"


def scopes_by_kind(scopes: Iterable[Scope]) -> dict[ScopeKind, list[str]]:
    """Keys of the scopes under their kinds, in a stable order."""
    found: dict[ScopeKind, list[str]] = {}
    for scope in sorted(scopes):
        found.setdefault(scope.kind, []).append(scope.key)
    return found


# --- drafts: what a door hands to an action -------------------------------------------------------


@dataclass(frozen=True)
class NameDraft:
    """One way a person is written; at least one of given and family."""

    given: str = ""
    family: str = ""
    father: str = ""
    kind: NameKind = NameKind.MAIN
    script: Script | None = None  # told from the letters when not given

    def tidy(self) -> NameDraft:
        """The same without stray spaces and signs, script told."""
        given, family, father = tidy_text(self.given), tidy_text(self.family), tidy_text(self.father)
        if self.script and (given, family, father) == (self.given, self.family, self.father):
            return self
        script = self.script or names.script_of(f"{given}{father}{family}")
        return NameDraft(given, family, father, self.kind, script)


@dataclass(frozen=True)
class IdentifierDraft:
    kind: IdentifierKind
    value: str
    issuer: str = ""


@dataclass(frozen=True)
class ContactDraft:
    """A contact; phones already in international form, +383…"""

    kind: ContactKind
    value: str


@dataclass(frozen=True)
class EpisodeDraft:
    status: EpisodeStatus
    cause: Cause
    from_area_id: int | None = None
    from_text: str = ""
    to_area_id: int | None = None
    to_text: str = ""
    started_on: dt.date | None = None
    started_precision: str = ""
    ended_on: dt.date | None = None
    ended_precision: str = ""


@dataclass(frozen=True)
class IntentionDraft:
    """What the person said they want, and where."""

    wish: Wish
    said_on: dt.date
    area_id: int | None = None


@dataclass(frozen=True)
class ConsentDraft:
    """What the person agreed to."""

    purpose: str
    given_on: dt.date
    recipients: str = ""
    basis: LegalBasis = LegalBasis.CONSENT
    expires_on: dt.date | None = None
    evidence: str = ""


@dataclass(frozen=True)
class FunctioningDraft:
    """Answers to the Washington Group Short Set, in the order of ``FUNCTIONING_DOMAINS``, each 1 to 4 or None."""

    asked_on: dt.date
    answers: tuple[int | None, ...]


@dataclass(frozen=True)
class NeedDraft:
    """A specific need; the note is sealed."""

    kind: NeedKind
    note: str = ""


@dataclass(frozen=True)
class PersonDraft:
    """A person about to be registered."""

    names: tuple[NameDraft, ...]
    keeper_id: int
    sex: Sex = Sex.UNKNOWN
    birth_date: dt.date | None = None
    birth_precision: str = ""
    vital_status: VitalStatus = VitalStatus.ALIVE
    citizenship: str = ""
    language: str = ""
    community: str = ""
    home_area_id: int | None = None
    identifiers: tuple[IdentifierDraft, ...] = ()
    contacts: tuple[ContactDraft, ...] = ()
    episodes: tuple[EpisodeDraft, ...] = ()
    intentions: tuple[IntentionDraft, ...] = ()
    consents: tuple[ConsentDraft, ...] = ()
    functioning: tuple[FunctioningDraft, ...] = ()
    needs: tuple[NeedDraft, ...] = ()
    protection_note: str = ""
    shielded: bool = False
    is_fictional: bool = False

    def classes(self) -> frozenset[FieldClass]:
        """Field classes that the draft fills."""
        found = {FieldClass.IDENTITY}
        if self.contacts:
            found.add(FieldClass.CONTACT)
        if self.community:
            found.add(FieldClass.COMMUNITY)
        if (
            self.home_area_id
            or any(intention.area_id for intention in self.intentions)
            or any(e.from_area_id or e.to_area_id or e.from_text or e.to_text for e in self.episodes)
        ):
            found.add(FieldClass.HOME_LOCATION)
        if self.functioning or self.needs:
            found.add(FieldClass.HEALTH)
        if self.shielded or self.protection_note:
            found.add(FieldClass.PROTECTION)
        return frozenset(found)


@dataclass(frozen=True)
class MemberDraft:
    """A person's place in a household about to be opened."""

    person_id: int
    relation: Relation = Relation.UNKNOWN
    is_head: bool = False
    started_on: dt.date | None = None


CONTROL_SIGNS = re.compile(r"[\x00-\x1f\x7f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
SPACES = re.compile(r"\s+")


def tidy_text(text: str) -> str:
    """Text without control signs, direction marks and doubled spaces."""
    if text.isprintable() and "  " not in text:  # control signs and foreign spaces are not printable
        return text.strip()
    return SPACES.sub(" ", CONTROL_SIGNS.sub("", text)).strip()


def check_person(draft: PersonDraft, today: dt.date) -> None:
    """Raise BadInput with value, rule and remedy at the first thing that cannot be."""
    if not draft.names or not any(n.given or n.family for n in draft.names):
        raise errors.BadInput(errors.message("Write at least one name."), code="name_missing")
    for name in draft.names:
        for part in (name.given, name.father, name.family):
            check_name_part(part)
    check_birth(draft.birth_date, draft.birth_precision, today)
    for consent in draft.consents:
        check_consent(consent)
    for answers in draft.functioning:
        check_answers(dict(zip(FUNCTIONING_DOMAINS, answers.answers, strict=True)))


def check_name_part(part: str) -> None:
    """Raise BadInput for a name that is too long or holds no letter."""
    if len(part) > 100:
        raise errors.BadInput(
            errors.message("“{value}…” is {length} signs long; a name has at most 100. Shorten it."),
            code="name_too_long",
            value=part[:30],
            length=len(part),
        )
    if part and not any(sign.isalpha() for sign in part):
        raise errors.BadInput(
            errors.message("“{value}” holds no letter. Write the name, or leave the field empty."),
            code="name_without_letters",
            value=part,
        )


def check_consent(draft: ConsentDraft) -> None:
    """Raise BadInput for a consent to nothing, or one over before it began."""
    if not tidy_text(draft.purpose):
        raise errors.BadInput(errors.message("A consent needs a purpose."), code="purpose_missing")
    if draft.expires_on is not None and draft.expires_on < draft.given_on:
        raise errors.BadInput(
            errors.message("The consent would expire on {value}, before it was given. Correct one of the days."),
            code="expires_before_given",
            value=draft.expires_on.strftime("%d.%m.%Y"),
        )


def check_answers(answers: Mapping[str, int | None]) -> None:
    """Raise BadInput for answers to the Washington Group Short Set that are none, or not of it."""
    wrong = {d: a for d, a in answers.items() if d not in FUNCTIONING_DOMAINS or a not in {None, 1, 2, 3, 4}}
    if wrong or not any(answers.values()):
        raise errors.BadInput(errors.message("Answer at least one question, each from 1 to 4."), code="answers_wrong")


def check_birth(birth: dt.date | None, precision: str, today: dt.date) -> None:
    """Raise BadInput for a birth in the future or too long ago to be."""
    if birth is None:
        if precision:
            raise errors.BadInput(
                errors.message("A precision needs a date of birth. Give the year, or clear the precision."),
                code="birth_missing",
            )
        return
    if not precision:
        raise errors.BadInput(errors.message("Say how exact the date of birth is."), code="birth_precision_missing")
    if birth > today:
        raise errors.BadInput(
            errors.message("{value} lies in the future. A date of birth is today or earlier."),
            code="birth_in_future",
            value=birth.strftime("%d.%m.%Y"),
        )
    if birth < EARLIEST_BIRTH:
        raise errors.BadInput(
            errors.message("{value} is before 1890. Check the year of birth."),
            code="birth_too_early",
            value=birth.strftime("%d.%m.%Y"),
        )


def birth_on(year: int, month: int | None = None, day: int | None = None) -> tuple[dt.date, Precision]:
    """A date of birth from the parts that are known; the unknown parts are set to 1 and the precision says so."""
    if month is None:
        return dt.date(year, 1, 1), Precision.YEAR
    if day is None:
        return dt.date(year, month, 1), Precision.MONTH
    return dt.date(year, month, day), Precision.DAY


def age_on(birth: dt.date, day: dt.date) -> int:
    """Whole years lived on a day."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def has_disability(answers: Mapping[str, int | None]) -> bool | None:
    """Washington Group Short Set: a lot of difficulty, or cannot do, in at least one domain; None when not asked."""
    given = [answers.get(domain) for domain in FUNCTIONING_DOMAINS]
    known = [answer for answer in given if answer is not None]
    return any(answer >= A_LOT_OF_DIFFICULTY for answer in known) if known else None


def consent_state(*, expires_on: dt.date | None, withdrawn_on: dt.date | None, today: dt.date) -> str:
    """``withdrawn``, ``expired`` or ``valid``."""
    if withdrawn_on is not None and withdrawn_on <= today:
        return "withdrawn"
    if expires_on is not None and expires_on < today:
        return "expired"
    return "valid"


# --- identifiers and contacts as searched ---------------------------------------------------------

MONTHS = 12
NOT_OF_NUMBER = re.compile(r"[\s./\\\-–_:]+")


def either_day(day: dt.date) -> tuple[dt.date, ...]:
    """The day, and the day it becomes when day and month are exchanged."""
    exchanged = day.replace(month=day.day, day=day.month) if day.day <= MONTHS else day
    return tuple(dict.fromkeys((day, exchanged)))


def plain_identifier(value: str) -> str:
    """An identifier as compared: capitals, no spaces, dots, dashes; Cyrillic letters in Latin."""
    latin = names.transliterate(tidy_text(value), Script.LATIN)
    return NOT_OF_NUMBER.sub("", latin).upper()


def plain_contact(kind: ContactKind, value: str) -> str:
    """A contact as compared; empty for what is not looked up (addresses)."""
    if kind == ContactKind.PHONE:
        return re.sub(r"[^\d+]", "", value)
    if kind == ContactKind.EMAIL:
        return tidy_text(value).lower()
    return ""


def contact_hint(kind: ContactKind, value: str) -> str:
    """What stands on the screen before "show": the last signs of a phone, the host of an e-mail."""
    if kind == ContactKind.PHONE:
        return value[-3:]
    if kind == ContactKind.EMAIL:
        return value.rpartition("@")[2][:12]
    return ""


def check_identifier(draft: IdentifierDraft) -> None:
    """Raise BadInput for an identifier that cannot be of its kind."""
    plain = plain_identifier(draft.value)
    if not 4 <= len(plain) <= 40 or not any(sign.isdigit() for sign in plain):
        raise errors.BadInput(
            errors.message("“{value}” cannot be a document number: it needs 4 to 40 signs, one of them a digit."),
            code="identifier_malformed",
            value=draft.value[:40],
        )
    if draft.kind == IdentifierKind.JMBG and not is_jmbg(plain):
        raise errors.BadInput(
            errors.message("“{value}” is not a JMBG: it has 13 digits and its last one must agree with the others."),
            code="jmbg_wrong",
            value=draft.value[:40],
        )


def is_jmbg(digits: str) -> bool:
    """Whether 13 digits agree with their control digit (modulus 11 over two runs of the weights 7 to 2).

    The rule of the Yugoslav unique master citizen number: with d1…d13 and
    m = 11 - ((7(d1+d7) + 6(d2+d8) + 5(d3+d9) + 4(d4+d10) + 3(d5+d11) + 2(d6+d12)) mod 11),
    the last digit is m, or 0 where m is 10 or 11.
    """
    if len(digits) != 13 or not digits.isdigit():
        return False
    d = [int(sign) for sign in digits]
    control = 11 - sum((7 - i) * (d[i] + d[i + 6]) for i in range(6)) % 11
    return d[12] == (0 if control > 9 else control)


# --- search ---------------------------------------------------------------------------------------

NUMBER = re.compile(r"^(P|HH)-?0*(\d{1,12})$", re.IGNORECASE)
MAX_WORDS = 6


@dataclass(frozen=True)
class Word:
    """One word of a search: the folded keys that may stand for it, and whether it may go on."""

    written: str
    keys: tuple[str, ...]
    open_end: bool


@dataclass(frozen=True)
class Question:
    """What somebody typed into the one search box, understood."""

    text: str
    words: tuple[Word, ...] = ()
    person_id: int | None = None
    household_id: int | None = None
    numbers: tuple[str, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        return not (self.words or self.person_id or self.household_id or self.numbers)


def understand(text: str) -> Question:
    """Read a search: a record number, a document or phone number, or words of names and places.

    Every word may be the beginning of a longer one; a word of five or more digits is looked up as a number.
    """
    tidy = tidy_text(text)[:120]
    number = NUMBER.match(tidy.replace(" ", ""))
    if number:
        pk = int(number.group(2))
        is_person = number.group(1).upper() == "P"
        return Question(tidy, person_id=pk if is_person else None, household_id=None if is_person else pk)
    if sum(sign.isdigit() for sign in tidy) >= 5:
        return Question(tidy, numbers=(tidy,))
    words = []
    for written in names.tokens(tidy)[:MAX_WORDS]:
        keys = names.search_keys(written)
        if keys:
            words.append(Word(written, keys, open_end=True))
    return Question(tidy, words=tuple(words))


def key_ranges(keys: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Ranges of the index in which a word's keys may go on, in order, none inside another."""
    kept: list[str] = []
    for key in sorted(set(keys)):
        if not (kept and key.startswith(kept[-1])):
            kept.append(key)
    return tuple((key, after_prefix(key)) for key in kept)


def search_key(after: str) -> tuple[str, str, int] | None:
    """The place where a page of search ended; raises BadInput for one that no page has."""
    if not after:
        return None
    parts = after.split(pages.SEPARATOR)
    if len(parts) != 3:
        raise pages.no_such_page()
    return parts[0], parts[1], pages.number_of(parts[2])


def phone_readings(written: str, country_code: str = "383") -> tuple[str, ...]:
    """International forms that a phone number as typed may stand for: +383 44 …, 00383 44 …, 044 …"""
    digits = re.sub(r"\D", "", written)
    if not 5 <= len(digits) <= 15:
        return ()
    found = ["+" + digits]
    if digits.startswith("00"):
        found.append("+" + digits[2:])
    elif digits.startswith("0"):
        found.append(f"+{country_code}{digits[1:]}")
    return tuple(found)


def after_prefix(prefix: str) -> str:
    """The first string that sorts after every string beginning with an a-z prefix."""
    return prefix + "\x7f"
