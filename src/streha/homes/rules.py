"""What holds of homes without a database: codes, drafts, checks, contradictions, shares, and how a search is read."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from streha.common import errors
from streha.common.codes import Precision, Script
from streha.engine import names


class Tenure(StrEnum):
    """By what right the home is held."""

    OWNED = "owned"  # entered in the cadastre
    OWNED_UNREGISTERED = "owned_unregistered"  # bought or inherited, not entered
    USE_RIGHT = "use_right"  # a flat of socially owned enterprises
    PUBLIC = "public"  # of the state or a municipality
    RENTED = "rented"  # held by rent alone
    INFORMAL = "informal"  # built without permit, or on another's land
    DISPUTED = "disputed"
    UNKNOWN = "unknown"


class Inheritance(StrEnum):
    """Whether those who own it on paper are those who own it."""

    NONE = "none"  # the owner on paper lives
    SETTLED = "settled"
    IN_PROCEEDINGS = "in_proceedings"
    UNSETTLED = "unsettled"
    DISPUTED = "disputed"
    UNKNOWN = "unknown"


class OccupancyKind(StrEnum):
    OWNER = "owner"
    TENANT = "tenant"
    WITHOUT_RIGHT = "without_right"
    EMPTY = "empty"
    RUINED = "ruined"


class EndReason(StrEnum):
    REGISTERED_TWICE = "registered_twice"
    REGISTERED_IN_ERROR = "registered_in_error"
    DEMOLISHED = "demolished"
    EXPROPRIATED = "expropriated"
    OTHER = "other"


class ClassKind(StrEnum):
    """Which list of classes."""

    DAMAGE = "damage"
    BUILDING = "building"


NOBODY_LIVES_THERE = frozenset({OccupancyKind.EMPTY, OccupancyKind.RUINED})
NEEDS_ITS_OWN = frozenset({OccupancyKind.EMPTY, OccupancyKind.RUINED})
FARTHEST_FROM_SEAT_KM = 45.0  # beyond it, a point is not of the municipality, whatever its shape
EARLIEST_DAY = dt.date(1900, 1, 1)


def property_number(pk: int) -> str:
    return f"PR-{pk:07d}"


# --- drafts ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Point:
    """Degrees, WGS 84."""

    lon: float
    lat: float

    def text(self) -> str:
        """As it is sealed: seven decimals, a centimetre."""
        return f"{self.lon:.7f} {self.lat:.7f}"

    @classmethod
    def parse(cls, text: str) -> Point | None:
        """The point as it was sealed; None for an empty text."""
        lon, _, lat = text.partition(" ")
        return cls(float(lon), float(lat)) if lat else None


@dataclass(frozen=True)
class ShareDraft:
    """Who owns how much: somebody of the register, or a name. ``share`` None: not known."""

    person_id: int | None = None
    name: str = ""
    share: Fraction | None = None
    since: dt.date | None = None
    until: dt.date | None = None


@dataclass(frozen=True)
class OccupancyDraft:
    """Who has lived there, or that nobody has, since when. At most one of person and household."""

    kind: OccupancyKind
    started_on: dt.date
    started_precision: Precision = Precision.DAY
    ended_on: dt.date | None = None
    ended_precision: str = ""
    person_id: int | None = None
    household_id: int | None = None


@dataclass(frozen=True)
class AssessmentDraft:
    """What somebody who looked at the building found, on a day."""

    assessed_on: dt.date
    damage: str = ""
    building: str = ""
    note: str = ""
    floor_m2: Decimal | None = None  # covered floor that can be lived on
    water_l_day: int | None = None
    toilets: int | None = None
    step_free: bool | None = None  # a person in a wheelchair can enter and use it


MEASURED = ("floor_m2", "water_l_day", "toilets", "step_free")
"""What an assessment may measure of a home: columns of assessments and, the latest of each, of the home."""

MOST: Mapping[str, int] = {"floor_m2": 9_999, "water_l_day": 100_000, "toilets": 100}
"""Beyond these a home is a slip of the pen."""


@dataclass(frozen=True)
class PropertyDraft:
    """A home about to be registered."""

    municipality_id: int
    keeper_id: int
    settlement_id: int | None = None
    address: str = ""
    point: Point | None = None
    cadastral_zone: str = ""
    cadastral_ref: str = ""
    tenure: Tenure = Tenure.UNKNOWN
    inheritance: Inheritance = Inheritance.UNKNOWN
    shares: tuple[ShareDraft, ...] = ()
    occupancies: tuple[OccupancyDraft, ...] = ()
    assessments: tuple[AssessmentDraft, ...] = ()
    shielded: bool = False
    is_fictional: bool = False


# --- checks ---------------------------------------------------------------------------------------


def german(day: dt.date) -> str:
    """A day as the messages say it."""
    return day.strftime("%d.%m.%Y")


def check_property(draft: PropertyDraft, today: dt.date) -> None:
    """Raise BadInput for the first value of a draft that cannot be."""
    check_address(draft.address)
    check_cadastral(draft.cadastral_zone, draft.cadastral_ref)
    check_point(draft.point)
    for share in draft.shares:
        check_share(share, today)
    check_sum([Held.of(share) for share in draft.shares])
    for assessment in draft.assessments:
        check_assessment(assessment, today)
    known: list[Stay] = []
    for occupancy in draft.occupancies:
        check_occupancy(occupancy, today)
        check_contradiction(Stay.of(occupancy), known)
        known.append(Stay.of(occupancy))


def check_address(address: str) -> None:
    """Raise BadInput for an address that is too long."""
    if len(address) > 200:
        raise errors.BadInput(
            errors.message("The address is {length} signs long; at most 200 are kept. Shorten it."),
            code="address_too_long",
            field="address",
            length=len(address),
        )


def check_cadastral(zone: str, reference: str) -> None:
    """Raise BadInput for a cadastral reference that cannot be one."""
    if len(zone) > 80:
        raise errors.BadInput(
            errors.message("The name of a cadastral zone has at most 80 signs. Shorten it."),
            code="zone_too_long",
            field="cadastral_zone",
        )
    if not reference:
        return
    plain = plain_cadastral(reference)
    if not 2 <= len(plain) <= 40 or not any(sign.isdigit() for sign in plain):
        raise errors.BadInput(
            errors.message(
                "“{value}” cannot be a cadastral reference: it needs 2 to 40 letters or digits, one of them a digit."
            ),
            code="cadastral_malformed",
            field="cadastral_ref",
            value=reference[:40],
        )


def check_point(point: Point | None) -> None:
    """Raise BadInput for a point that is not on the globe."""
    if point is None:
        return
    numbers = (point.lon, point.lat)
    if not all(math.isfinite(number) for number in numbers) or abs(point.lon) > 180 or abs(point.lat) > 90:
        raise errors.BadInput(
            errors.message("{lat}, {lon} is no point on Earth. Write degrees, latitude first: 42.2139, 20.7397"),
            code="point_not_on_earth",
            field="point",
            lat=point.lat,
            lon=point.lon,
        )


POINT = re.compile(r"^\s*(-?\d{1,3}(?:[.,]\d+)?)\s*[,; ]\s*(-?\d{1,3}(?:[.,]\d+)?)\s*$")


def read_point(text: str) -> Point | None:
    """A point as people copy it from a map, latitude first; raises BadInput for anything else."""
    if not text.strip():
        return None
    found = POINT.match(text.replace("°", " "))
    if found is None:
        raise errors.BadInput(
            errors.message("“{value}” is not a point. Write degrees, latitude first: 42.2139, 20.7397"),
            code="point_unreadable",
            field="point",
            value=text[:40],
        )
    lat, lon = (float(part.replace(",", ".")) for part in found.groups())
    point = Point(lon, lat)
    check_point(point)
    return point


def distance_km(one: Point, other: Point) -> float:
    """Great-circle distance on a sphere of radius 6371 km (haversine).

    >>> round(distance_km(Point(20.74, 42.21), Point(21.17, 42.66)), 1)
    61.2
    """
    a, b = math.radians(one.lat), math.radians(other.lat)
    dlat, dlon = b - a, math.radians(other.lon - one.lon)
    h = math.sin(dlat / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(dlon / 2) ** 2
    return 2 * 6371.0 * math.asin(min(1.0, math.sqrt(h)))


def check_day(day: dt.date, today: dt.date, *, field: str) -> None:
    """Raise BadInput for a day to come, or one too long ago to be meant."""
    if day > today:
        raise errors.BadInput(
            errors.message("{value} lies in the future. Write the day it happened."),
            code="date_in_future",
            field=field,
            value=german(day),
        )
    if day < EARLIEST_DAY:
        raise errors.BadInput(
            errors.message("{value} is before 1900. Check the year."),
            code="date_too_early",
            field=field,
            value=german(day),
        )


def check_order(start: dt.date | None, end: dt.date | None, *, field: str) -> None:
    """Raise BadInput for an end before its beginning."""
    if start is not None and end is not None and end < start:
        raise errors.BadInput(
            errors.message("The end, {value}, lies before the beginning. Exchange the two, or correct one."),
            code="end_before_start",
            field=field,
            value=german(end),
        )


# --- shares ---------------------------------------------------------------------------------------


SHARE = re.compile(r"^(\d{1,6})\s*/\s*(\d{1,6})$|^(\d{1,3}(?:[.,]\d{1,2})?)\s*%$")
LARGEST_DENOMINATOR = 1_000_000


def read_share(text: str) -> Fraction | None:
    """A share as people write it: 1/2, 50 % or 1; raises BadInput for anything else.

    >>> read_share("1/3"), read_share("12,5 %"), read_share("1"), read_share("")
    (Fraction(1, 3), Fraction(1, 8), Fraction(1, 1), None)
    """
    tidy = text.strip()
    if not tidy:
        return None
    found = SHARE.match(tidy)
    share: Fraction | None = None
    if tidy == "1":
        share = Fraction(1)
    elif found and found.group(3):
        share = Fraction(found.group(3).replace(",", ".")) / 100
    elif found and int(found.group(2)):
        share = Fraction(int(found.group(1)), int(found.group(2)))
    if share is None or not 0 < share <= 1:
        raise errors.BadInput(
            errors.message("“{value}” is not a share. Write 1/2 or 50 %, more than nothing and at most the whole."),
            code="share_unreadable",
            field="share",
            value=text[:20],
        )
    return share


@dataclass(frozen=True)
class Held:
    """A share in time; None: from ever, until now."""

    share: Fraction | None
    since: dt.date | None
    until: dt.date | None

    @classmethod
    def of(cls, draft: ShareDraft) -> Held:
        return cls(draft.share, draft.since, draft.until)

    def holds_on(self, day: dt.date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day < self.until)


def check_share(draft: ShareDraft, today: dt.date) -> None:
    """Raise BadInput for a share of nobody, of two, or out of order."""
    if (draft.person_id is None) == (not draft.name.strip()):
        raise errors.BadInput(
            errors.message("An owner is somebody of the register, or a name: give one of the two."),
            code="owner_missing",
            field="owner",
        )
    if len(draft.name) > 160:
        raise errors.BadInput(
            errors.message("The name is {length} signs long; at most 160 are kept. Shorten it."),
            code="name_too_long",
            field="owner",
            length=len(draft.name),
        )
    if draft.share is not None and not 0 < draft.share <= 1:
        raise errors.BadInput(
            errors.message("A share is more than nothing and at most the whole; {value} is not."),
            code="share_out_of_bounds",
            field="share",
            value=str(draft.share),
        )
    for day, field in ((draft.since, "since"), (draft.until, "until")):
        if day is not None:
            check_day(day, today, field=field)
    check_order(draft.since, draft.until, field="until")


def check_sum(held: Sequence[Held]) -> None:
    """Raise BadInput when the shares that hold at one time come to more than the whole."""
    days = {one.since or EARLIEST_DAY for one in held}
    for day in sorted(days):
        at_once = [one.share for one in held if one.share is not None and one.holds_on(day)]
        total = sum(at_once, Fraction(0))
        if total > 1:
            raise errors.BadInput(
                errors.message(
                    "The shares would come to {total} of the home. Together they are at most 1: "
                    "lower one, or end the share of whoever no longer owns."
                ),
                code="shares_over_one",
                field="share",
                total=str(total),
            )


# --- occupancy ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stay:
    """An occupancy as intervals see it: the days that it surely covers."""

    kind: OccupancyKind
    first: dt.date
    last: dt.date | None
    who: tuple[str, int] | None = None

    @classmethod
    def of(cls, draft: OccupancyDraft) -> Stay:
        return stay(
            draft.kind,
            draft.started_on,
            draft.started_precision,
            draft.ended_on,
            who=("person", draft.person_id)
            if draft.person_id
            else ("household", draft.household_id)
            if draft.household_id
            else None,
        )


def stay(
    kind: OccupancyKind,
    started_on: dt.date,
    started_precision: str,
    ended_on: dt.date | None,
    *,
    who: tuple[str, int] | None = None,
) -> Stay:
    """The days an occupancy surely covers: from the last day it can have begun to the first it can have ended.

    "Since 2010" begins at the latest on the last of December; so a house that was empty until May 2010 and is lived in
    "since 2010" contradicts nothing.
    """
    return Stay(OccupancyKind(kind), _latest(started_on, started_precision), ended_on, who)


def _latest(day: dt.date, precision: str) -> dt.date:
    if precision == Precision.MONTH:
        following = dt.date(day.year + day.month // 12, day.month % 12 + 1, 1)
        return following - dt.timedelta(days=1)
    if precision in {Precision.YEAR, Precision.ESTIMATE}:
        return dt.date(day.year, 12, 31)
    return day


def overlap(one: Stay, other: Stay) -> bool:
    """Whether both surely hold on some day; the day on which one ends is already the next one's."""
    for each in (one, other):
        if each.last is not None and each.last <= each.first:
            return False  # known so coarsely, or so short, that it surely covers no day
    return (other.last is None or one.first < other.last) and (one.last is None or other.first < one.last)


def contradict(one: Stay, other: Stay) -> bool:
    """Whether the two cannot both be true: empty or ruined beside anything, or the same people twice at one time.

    An owner below and a tenant above, or somebody without right in a part of the house, may all be true together.
    """
    if not overlap(one, other):
        return False
    if one.kind in NEEDS_ITS_OWN or other.kind in NEEDS_ITS_OWN:
        return True
    return one.who == other.who and (one.who is not None or one.kind == other.kind)


def check_occupancy(draft: OccupancyDraft, today: dt.date) -> None:
    """Raise BadInput for an occupancy whose parts do not go together."""
    check_day(draft.started_on, today, field="started")
    if draft.ended_on is not None:
        check_day(draft.ended_on, today, field="ended")
    check_order(draft.started_on, draft.ended_on, field="ended")
    if draft.person_id and draft.household_id:
        raise errors.BadInput(
            errors.message("Give a person or a household, not both."), code="occupant_twice", field="who"
        )
    if draft.kind in NOBODY_LIVES_THERE and (draft.person_id or draft.household_id):
        raise errors.BadInput(
            errors.message("Nobody lives in a home that is empty or ruined. Leave out who, or choose another kind."),
            code="occupant_of_empty",
            field="who",
        )


def check_contradiction(new: Stay, known: Iterable[Stay]) -> None:
    """Raise Conflict when a stay cannot be true beside one that is known."""
    for other in known:
        if contradict(new, other):
            raise errors.Conflict(
                errors.message(
                    "This contradicts what is noted since {since}: a home is not empty or ruined and lived in at one "
                    "time, nor lived in twice by the same people. End that first, or correct the days."
                ),
                code="occupancy_contradicts",
                field="kind",
                since=german(other.first),
                kind=str(other.kind),
            )


def check_assessment(draft: AssessmentDraft, today: dt.date) -> None:
    """Raise BadInput for an assessment of nothing, or of a day to come."""
    check_day(draft.assessed_on, today, field="assessed_on")
    if not (draft.damage or draft.building) and all(getattr(draft, name) is None for name in MEASURED):
        raise errors.BadInput(
            errors.message(
                "Choose a class of damage, a type of building, or write what was measured; otherwise nothing is noted."
            ),
            code="assessment_empty",
            field="damage",
        )
    for name, most in MOST.items():
        value = getattr(draft, name)
        if value is not None and not 0 <= value <= most:
            raise errors.BadInput(
                errors.message("{value} cannot be. Write a number from 0 to {most}, or leave it empty."),
                code="measured",
                field=name,
                value=str(value),
                most=most,
            )
    if len(draft.note) > 2000:
        raise errors.BadInput(
            errors.message("The note is {length} signs long; at most 2000 are kept. Shorten it."),
            code="note_too_long",
            field="note",
            length=len(draft.note),
        )


# --- classes --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ClassEntry:
    """One class of a list, in the four forms of the office."""

    code: str
    position: int
    label_en: str
    label_sq: str = ""
    label_sr: str = ""
    label_sr_latn: str = ""
    note: str = ""


@dataclass(frozen=True)
class ClassList:
    """A version of a list of classes, with where it is from and whether somebody checked it against that."""

    kind: ClassKind
    version: str
    title: str
    source: str
    published: str
    verified: bool
    entries: tuple[ClassEntry, ...]
    verified_by: str = ""

    def entry(self, code: str) -> ClassEntry | None:
        return next((entry for entry in self.entries if entry.code == code), None)


CLASS_CODE = re.compile(r"^[a-z0-9_]{1,30}$")


def check_class_list(title: str, source: str, entries: Sequence[ClassEntry]) -> None:
    """Raise BadInput for a list of classes without title or source, or with a code twice or malformed."""
    if not title.strip() or not source.strip():
        raise errors.BadInput(
            errors.message("A list of classes needs a title and a source."), code="class_source_missing", field="source"
        )
    codes = [entry.code for entry in entries]
    if not 2 <= len(codes) <= 40:
        raise errors.BadInput(
            errors.message("A list has 2 to 40 classes; this one has {number}."),
            code="class_number",
            field="entries",
            number=len(codes),
        )
    for code in codes:
        if not CLASS_CODE.match(code) or codes.count(code) > 1:
            raise errors.BadInput(
                errors.message(
                    "“{value}” cannot be the code of a class: small letters, digits and _, at most 30, each code once."
                ),
                code="class_code",
                field="entries",
                value=code[:30],
            )
    for entry in entries:
        if not entry.label_en.strip():
            raise errors.BadInput(
                errors.message("The class “{value}” has no English label."),
                code="class_label",
                field="entries",
                value=entry.code,
            )


def read_class_lines(text: str) -> tuple[ClassEntry, ...]:
    """Classes as they are typed: one a line, code and labels in English, Albanian, Serbian (Cyrillic, Latin)."""
    found = []
    for position, line in enumerate(line for line in text.splitlines() if line.strip()):
        parts = [part.strip() for part in line.split("|")] + [""] * 4
        found.append(ClassEntry(parts[0], position, *(part[:120] for part in parts[1:5])))
    return tuple(found)


def class_lines(entries: Iterable[ClassEntry]) -> str:
    """The same classes as text to type over."""
    return "\n".join(" | ".join((e.code, e.label_en, e.label_sq, e.label_sr, e.label_sr_latn)) for e in entries)


# --- search ---------------------------------------------------------------------------------------

NUMBER = re.compile(r"^PR-?0*(\d{1,12})$", re.IGNORECASE)
WORD = re.compile(r"\w+", re.UNICODE)
MAX_WORDS = 6
NOT_OF_REFERENCE = re.compile(r"[^0-9A-Z]+")


def plain_cadastral(reference: str) -> str:
    """A cadastral reference as compared: capitals, no spaces, dots, strokes; Cyrillic letters in Latin.

    >>> plain_cadastral("P-71914012-00123-0"), plain_cadastral("п 71914012/00123.0")
    ('P71914012001230', 'P71914012001230')
    """
    return NOT_OF_REFERENCE.sub("", names.transliterate(reference, Script.LATIN).upper())


def address_keys(address: str) -> tuple[str, ...]:
    """Each word of an address as compared: folded letters, numbers as they are; each once.

    >>> address_keys("Улица липа 012")
    ('ulica', 'lipa', '12')
    """
    found: list[str] = []
    for word in WORD.findall(address.lower()):
        if word.isdigit():
            found.append(word.lstrip("0") or "0")
        elif any(sign.isdigit() for sign in word):
            found.append(names.transliterate(word, Script.LATIN).lower())
        else:
            found.extend(names.keys(word))
    return tuple(dict.fromkeys(key[:60] for key in found))


@dataclass(frozen=True)
class Question:
    """What somebody typed, as homes read it: a number, a cadastral reference, or words of an address."""

    property_id: int | None = None
    reference: str = ""
    words: tuple[tuple[str, ...], ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.property_id or self.reference or self.words)


def understand(text: str) -> Question:
    """Read a search. A word of an address is looked up whole, in any spelling."""
    tidy = " ".join(text.split())[:120]
    number = NUMBER.match(tidy.replace(" ", ""))
    if number:
        return Question(property_id=int(number.group(1)))
    plain = plain_cadastral(tidy)
    digits = sum(sign.isdigit() for sign in plain)
    words = []
    for word in WORD.findall(tidy.lower())[:MAX_WORDS]:
        if word.isdigit() or not any(sign.isdigit() for sign in word):
            keys = (word.lstrip("0") or "0",) if word.isdigit() else names.search_keys(word)
        else:
            keys = (names.transliterate(word, Script.LATIN).lower(),)
        if keys:
            words.append(keys)
    looks_like_reference = digits >= 4 or (digits and len(words) <= 2 and not any(w[0].isalpha() for w in words))
    return Question(reference=plain if looks_like_reference and len(plain) <= 40 else "", words=tuple(words))
