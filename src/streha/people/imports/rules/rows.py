"""A list read with its mapping: what each row says, what is wrong with it, and what is wrong between rows.

Pure: places come in as an index, the day and the country as values. The same list, mapping and day give the same
reading, so a reading that was interrupted is simply made again.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from streha.common.codes import Precision, Sex
from streha.common.errors import message
from streha.engine import names
from streha.people import rules as people
from streha.people.imports.rules import values, words
from streha.people.imports.rules.columns import DATES, IDENTIFIERS, NAMES, Field
from streha.places.rules import PlaceIndex, Resolution

FINDABLE = frozenset({"municipality", "settlement"})

NAME_MISSING = message("The row has no name. Write at least a given or a family name.")
PLACE_UNKNOWN = message("“{value}” is no place we know. Write the municipality as on a map, or leave the cell empty.")
SETTLEMENT_UNKNOWN = message("“{value}” is no settlement we know in {also}; the municipality was taken. Check it.")
PLACE_AMBIGUOUS = message("“{value}” may be {also}. Write the municipality too.")
ORIGIN_UNKNOWN = message("“{value}” is no place we know; it was kept as written.")
IDENTIFIER_SHARED = message(
    "“{value}” also stands in row {also} with another person. A document belongs to one person: correct one of the two."
)
NO_HEAD = message("Household “{value}” has no head. Mark one of its people as head, or choose one after the import.")
TWO_HEADS = message("Household “{value}” has two heads, in rows {also} and this one. The first was taken. Mark one.")
DATES_SWAPPED = message("The return, {value}, lies before the displacement, {also}. Exchange the two, or correct one.")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one cell of one row. A warning lets the row go on; anything else keeps it back."""

    column: str
    field: str
    code: str
    template: str
    value: str = ""
    also: str = ""
    is_warning: bool = False

    def details(self) -> dict[str, str]:
        """What fills the template."""
        example = values.example_phone(self.also) if self.code == "phone_unreadable" else ""
        return {"value": self.value, "also": self.also, "example": example}

    def english(self) -> str:
        """The message in English, for the terminal and files."""
        return self.template.format(**self.details())


@dataclass(slots=True)
class Reading:
    """What one row says. ``number`` is the row as the spreadsheet counts; cells stay as they came in ``raw``."""

    number: int
    raw: tuple[str, ...]
    given: str = ""
    father: str = ""
    family: str = ""
    birth: dt.date | None = None
    birth_precision: str = ""
    sex: str = Sex.UNKNOWN
    identifiers: list[tuple[str, str]] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    email: str = ""
    address: str = ""
    home_area: int | None = None
    origin_area: int | None = None
    origin_text: str = ""
    displaced_to_area: int | None = None
    displaced_to_text: str = ""
    household: str = ""
    relation: str = ""
    citizenship: str = ""
    community: str = ""
    language: str = ""
    status: str = ""
    cause: str = ""
    displaced_on: dt.date | None = None
    displaced_precision: str = ""
    returned_on: dt.date | None = None
    returned_precision: str = ""
    problems: list[Problem] = field(default_factory=list)
    twin_of: int = 0
    twin_why: str = ""

    @property
    def is_bad(self) -> bool:
        return any(not problem.is_warning for problem in self.problems)

    @property
    def name_key(self) -> str:
        """Family and given name folded: equal for every usual spelling."""
        return names.sort_key(self.family, self.given)

    def draft(self, *, keeper_id: int, is_fictional: bool) -> people.PersonDraft:
        """The person to be registered."""
        contacts = [people.ContactDraft(people.ContactKind.PHONE, phone) for phone in self.phones]
        if self.email:
            contacts.append(people.ContactDraft(people.ContactKind.EMAIL, self.email))
        if self.address:
            contacts.append(people.ContactDraft(people.ContactKind.ADDRESS, self.address))
        return people.PersonDraft(
            names=(people.NameDraft(given=self.given, family=self.family, father=self.father),),
            keeper_id=keeper_id,
            sex=Sex(self.sex),
            birth_date=self.birth,
            birth_precision=self.birth_precision,
            citizenship=self.citizenship,
            language=self.language,
            community=self.community,
            home_area_id=self.home_area,
            identifiers=tuple(
                people.IdentifierDraft(people.IdentifierKind(kind), value) for kind, value in self.identifiers
            ),
            contacts=tuple(contacts),
            episodes=self._episodes(),
            is_fictional=is_fictional,
        )

    def _episodes(self) -> tuple[people.EpisodeDraft, ...]:
        told = (self.status, self.cause, self.origin_area, self.origin_text, self.displaced_to_text, self.displaced_on)
        if not any(told) and self.displaced_to_area is None and self.returned_on is None:
            return ()
        status = self.status or (people.EpisodeStatus.RETURNEE if self.returned_on else people.EpisodeStatus.DISPLACED)
        return (
            people.EpisodeDraft(
                status=people.EpisodeStatus(status),
                cause=people.Cause(self.cause or people.Cause.OTHER),
                from_area_id=self.origin_area,
                from_text=self.origin_text[:120],
                to_area_id=self.displaced_to_area,
                to_text=self.displaced_to_text[:120],
                started_on=self.displaced_on,
                started_precision=self.displaced_precision,
                ended_on=self.returned_on,
                ended_precision=self.returned_precision,
            ),
        )

    def dump(self) -> bytes:
        """The reading as bytes, to be sealed."""
        told = {name: getattr(self, name) for name in _DUMPED}
        told["problems"] = [
            (p.column, p.field, p.code, p.template, p.value, p.also, p.is_warning) for p in self.problems
        ]
        kept = {name: value for name, value in told.items() if value or name == "raw"}
        return json.dumps(kept, ensure_ascii=False, default=_plain, separators=(",", ":")).encode()


_DUMPED = tuple(name for name in Reading.__slots__ if name != "problems")
_DATES = ("birth", "displaced_on", "returned_on")


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def load(clear: bytes) -> Reading:
    """The reading that was dumped."""
    told: dict[str, Any] = json.loads(clear)
    told["problems"] = [Problem(*problem) for problem in told.get("problems", [])]
    told["raw"] = tuple(told["raw"])
    told["identifiers"] = [(kind, value) for kind, value in told.get("identifiers", [])]
    for name in _DATES:
        if told.get(name):
            told[name] = dt.date.fromisoformat(told[name])
    return Reading(**told)


@dataclass(frozen=True)
class Context:
    """What a list is read with: the day, the phone region, the places, the area the list is about."""

    today: dt.date
    region: str
    places: PlaceIndex
    within: frozenset[int] | None = None
    labels: Mapping[int, str] = field(default_factory=dict)
    has_settlements: bool = True


@dataclass(frozen=True)
class Plan:
    """A mapping made ready: per mapped column its place, heading and field, with the date habits measured."""

    columns: tuple[tuple[int, str, Field], ...]
    habits: Mapping[int, values.DateHabit]
    family_first: bool

    @property
    def fields(self) -> frozenset[Field]:
        return frozenset(kind for _, _, kind in self.columns)


def plan(mapping: Sequence[tuple[str, Field]], table_rows: Sequence[tuple[int, tuple[str, ...]]]) -> Plan:
    """Measure the date columns of a list before its rows are read."""
    used = tuple((at, heading, kind) for at, (heading, kind) in enumerate(mapping) if kind != Field.IGNORE)
    habits = {at: values.date_habit(row[at] for _, row in table_rows) for at, _, kind in used if kind in DATES}
    full = next((heading for _, heading, kind in used if kind == Field.FULL_NAME), "")
    return Plan(used, habits, words.folded(full) in {"mbiemri dhe emri", "prezime i ime"})


def read(rows: Iterable[tuple[int, tuple[str, ...]]], how: Plan, context: Context) -> Iterator[Reading]:
    """Each row as it reads, with its own problems; problems between rows come with ``compare``."""
    reader = _Reader(how, context)
    for number, cells in rows:
        yield reader.row(number, cells)


class _Reader:
    """Reads rows one after another; remembers answers that repeat."""

    def __init__(self, how: Plan, context: Context) -> None:
        self.how = how
        self.context = context
        self.homes: dict[tuple[str, str], tuple[int | None, str, values.Complaint | None, bool]] = {}
        self.headings = {kind: heading for _, heading, kind in how.columns}

    def row(self, number: int, cells: tuple[str, ...]) -> Reading:
        reading = Reading(number, cells)
        told: dict[Field, str] = {}
        for at, heading, kind in self.how.columns:
            text = cells[at].strip()
            if not text or words.is_unknown(text):
                continue
            try:
                self._cell(reading, told, at, heading, kind, text)
            except values.Wrong as wrong:
                self._complain(reading, heading, kind, wrong.complaint)
        self._names(reading, told)
        self._places(reading, told)
        if reading.displaced_on and reading.returned_on and reading.returned_on < reading.displaced_on:
            complaint = values.Complaint(
                "returned_before", DATES_SWAPPED, _written(reading.returned_on), _written(reading.displaced_on)
            )
            self._complain(reading, self.headings[Field.RETURNED_ON], Field.RETURNED_ON, complaint)
        return reading

    def _cell(  # noqa: PLR0917
        self, reading: Reading, told: dict[Field, str], at: int, heading: str, kind: Field, text: str
    ) -> None:
        if kind in DATES:
            day, complaint = values.date(text, self.how.habits[at], self.context.today)
            self._day(reading, kind, day)
            if complaint:
                self._complain(reading, heading, kind, complaint)
        elif kind in IDENTIFIERS:
            draft = values.identifier(kind, text)
            if (draft.kind, draft.value) not in reading.identifiers:
                reading.identifiers.append((str(draft.kind), draft.value))
        elif kind == Field.PHONE:
            reading.phones += [
                phone for phone in values.phones(text, self.context.region) if phone not in reading.phones
            ]
        elif kind == Field.EMAIL:
            reading.email = values.email(text)
        elif kind == Field.SEX:
            reading.sex = values.sex(text)
        elif kind in _CODED:
            name, parse = _CODED[kind]
            code, complaint = parse(text)
            setattr(reading, name, str(code) if code else "")
            if complaint:
                self._complain(reading, heading, kind, complaint)
        elif kind == Field.LANGUAGE:
            reading.language = words.listed("language").get(words.folded(text), "")
        else:
            told[kind] = people.tidy_text(text)

    def _day(self, reading: Reading, kind: Field, day: values.Day) -> None:
        if kind == Field.BIRTH:
            reading.birth, reading.birth_precision = day.date, str(day.precision)
        elif kind == Field.DISPLACED_ON:
            reading.displaced_on, reading.displaced_precision = day.date, str(day.precision)
        else:
            reading.returned_on, reading.returned_precision = day.date, str(day.precision)

    def _names(self, reading: Reading, told: Mapping[Field, str]) -> None:
        reading.given, reading.family = told.get(Field.GIVEN, ""), told.get(Field.FAMILY, "")
        reading.father = told.get(Field.FATHER, "")
        if Field.FULL_NAME in told and not (reading.given and reading.family):
            given, father, family = values.split_name(told[Field.FULL_NAME], family_first=self.how.family_first)
            reading.given, reading.family = reading.given or given, reading.family or family
            reading.father = reading.father or father
        reading.household = told.get(Field.HOUSEHOLD, "")
        reading.address = told.get(Field.ADDRESS, "")
        reading.community = told.get(Field.COMMUNITY, "")[:60]
        if not (reading.given or reading.family):
            heading = next((self.headings[k] for k in _NAME_FIELDS if k in self.headings), "")
            self._complain(reading, heading, Field.FULL_NAME, values.Complaint("name_missing", NAME_MISSING, ""))
            return
        for kind, part in (
            (Field.GIVEN, reading.given),
            (Field.FAMILY, reading.family),
            (Field.FATHER, reading.father),
        ):
            self._check_name(reading, kind, part)

    def _check_name(self, reading: Reading, kind: Field, part: str) -> None:
        from streha.common.errors import BadInput

        try:
            people.check_name_part(part)
        except BadInput as wrong:
            heading = self.headings.get(kind) or self.headings.get(Field.FULL_NAME, "")
            also = str(wrong.details.get("length", ""))
            template = wrong.template.replace("{length}", "{also}")
            complaint = values.Complaint(wrong.code, template, str(wrong.details["value"]), also)
            self._complain(reading, heading, kind, complaint)

    def _places(self, reading: Reading, told: Mapping[Field, str]) -> None:
        home = told.get(Field.MUNICIPALITY, ""), told.get(Field.SETTLEMENT, "")
        if any(home):
            reading.home_area, left, complaint, on_settlement = self._place(*home)
            if left and not reading.address:
                reading.address = left
            if complaint:
                kind = Field.SETTLEMENT if on_settlement else Field.MUNICIPALITY
                self._complain(reading, self.headings[kind], kind, complaint)
        origin = told.get(Field.ORIGIN_MUNICIPALITY, ""), told.get(Field.ORIGIN, "")
        if any(origin):
            kind = Field.ORIGIN if origin[1] else Field.ORIGIN_MUNICIPALITY
            reading.origin_area, reading.origin_text = self._elsewhere(reading, kind, *origin)
        if Field.DISPLACED_TO in told:
            # Most fled beyond our map: where we do not know the place, it stays as written and nobody is bothered.
            written = told[Field.DISPLACED_TO]
            reading.displaced_to_area = find_place(written, self.context.places, None).area_id
            reading.displaced_to_text = written

    def _place(self, municipality: str, settlement: str) -> tuple[int | None, str, values.Complaint | None, bool]:
        """Area, text left over for the address, complaint, and whether it is about the settlement."""
        question = (municipality, settlement)
        if question not in self.homes:
            self.homes[question] = self._find_home(municipality, settlement)
        return self.homes[question]

    def _find_home(self, municipality: str, settlement: str) -> tuple[int | None, str, values.Complaint | None, bool]:
        context = self.context
        above = None
        if municipality:
            found = find_place(municipality, context.places, context.within)
            above = found.area_id
            if above is None:
                return None, settlement, self._place_complaint(municipality, found), False
            if not settlement:
                return above, "", None, False
            inside = find_place(settlement, context.places, frozenset({above}))
            if inside.area_id is not None:
                return inside.area_id, "", None, True
            label = context.labels.get(above, municipality)
            if inside.is_ambiguous or not context.has_settlements:
                return above, settlement, None, True
            complaint = values.Complaint("settlement_unknown", SETTLEMENT_UNKNOWN, settlement, label, is_warning=True)
            return above, settlement, complaint, True
        found = find_place(settlement, context.places, context.within)
        if found.area_id is not None:
            return found.area_id, "", None, True
        return None, settlement, self._place_complaint(settlement, found), True

    def _place_complaint(self, text: str, found: Resolution) -> values.Complaint:
        if found.is_ambiguous:
            return values.Complaint("place_ambiguous", PLACE_AMBIGUOUS, text, self._candidates(found))
        return values.Complaint("place_unknown", PLACE_UNKNOWN, text)

    def _candidates(self, found: Resolution) -> str:
        """The first places a text may mean, each with the area above it."""
        told = []
        for match in found.matches[:4]:
            above = self.context.labels.get(match.line[-2], "") if len(match.line) > 1 else ""
            told.append(f"{match.name} ({above})" if above else match.name)
        return " · ".join(dict.fromkeys(told))

    def _elsewhere(self, reading: Reading, kind: Field, above: str, text: str) -> tuple[int | None, str]:
        """A place people came from or went to: known, or kept as written with a warning."""
        area, _, complaint, _ = self._place(above, text)
        written = ", ".join(part for part in (text, above) if part)
        if area is None and complaint is not None and self.context.within is not None:
            wider = _Reader(self.how, Context(self.context.today, self.context.region, self.context.places))
            area, _, complaint, _ = wider._find_home(above, text)
        if area is None:
            template = PLACE_AMBIGUOUS if complaint and complaint.code == "place_ambiguous" else ORIGIN_UNKNOWN
            code = "origin_ambiguous" if template is PLACE_AMBIGUOUS else "origin_unknown"
            also = complaint.also if complaint else ""
            told = values.Complaint(code, template, written, also, is_warning=True)
            self._complain(reading, self.headings[kind], kind, told)
        return area, written

    def _complain(self, reading: Reading, heading: str, kind: str, complaint: values.Complaint) -> None:
        reading.problems.append(
            Problem(
                heading, str(kind), complaint.code, complaint.template, complaint.value, complaint.also,
                complaint.is_warning,
            )
        )  # fmt: skip


_NAME_FIELDS = (Field.FULL_NAME, Field.GIVEN, Field.FAMILY)
_CODED: dict[Field, tuple[str, Any]] = {
    Field.RELATION: ("relation", values.relation),
    Field.STATUS: ("status", values.status),
    Field.CAUSE: ("cause", values.cause),
    Field.CITIZENSHIP: ("citizenship", values.citizenship),
}


def _written(day: dt.date) -> str:
    return day.strftime("%d.%m.%Y")


_PLACE_PREFIX = re.compile(
    r"^(?:komuna\s+e?\s*|kom\.?\s+|opština\s+|opstina\s+|opš\.?\s+|општина\s+|fshati\s+|fsh\.?\s+|f\.\s*|k\.\s*|"
    r"selo\s+|s\.\s*|с\.\s*|село\s+|naselje\s+|qyteti\s+|grad\s+|град\s+)",
    re.IGNORECASE,
)
_PLACE_PARTS = re.compile(r"\s*[,/;()|]\s*|\s+[-–—]\s+")
_CASE_ENDING = re.compile(r"(?<=\w{4})(?:it|ës|së|s|u)$")


def find_place(text: str, places: PlaceIndex, within: frozenset[int] | None) -> Resolution:
    """A place as people write it: with “fshati” or “opština” before it, in a case, or village and municipality at once.

    Inside ``within`` first, then everywhere.
    """
    found = _find_once(text, places, within)
    if found.matches or within is None:
        return found
    return _find_once(text, places, None)


def _find_once(text: str, places: PlaceIndex, within: frozenset[int] | None) -> Resolution:
    found = places.find(text, within=within, kinds=FINDABLE)
    if found.matches:
        return found
    plain = _PLACE_PREFIX.sub("", text)
    for variant in (plain, _CASE_ENDING.sub("", plain)):
        if variant and variant != text:
            again = places.find(variant, within=within, kinds=FINDABLE)
            if again.matches:
                return again
    parts = [part for part in _PLACE_PARTS.split(text) if part]
    return _in_parts(parts, places, within) if len(parts) > 1 else found


def _in_parts(parts: Sequence[str], places: PlaceIndex, within: frozenset[int] | None) -> Resolution:
    """“Zhur, Prizren”: the part that is sure says where to look for the others."""
    answers = [places.find(_PLACE_PREFIX.sub("", part), within=within, kinds=FINDABLE) for part in parts]
    sure = [answer for answer in answers if answer.area_id is not None]
    if not sure:
        return next((answer for answer in answers if answer.matches), answers[0])
    widest = min(sure, key=lambda a: len(a.matches[0].line))
    assert widest.area_id is not None
    for part, answer in zip(parts, answers, strict=True):
        if answer is not widest:
            inside = places.find(_PLACE_PREFIX.sub("", part), within=frozenset({widest.area_id}), kinds=FINDABLE)
            if inside.area_id is not None:
                return inside
    return widest


# --- between rows ---------------------------------------------------------------------------------------------------


def compare(readings: Sequence[Reading], headings: Mapping[Field, str]) -> None:
    """Add to the readings what only the whole list shows: rows said twice, shared documents, households without a head.

    A twin is an earlier row that says the same person. Here it is found by what needs no weighing: the same in every
    fact, the same name in one household, or the same document and name; the linkage weighs the others.
    ``headings`` tells which column a problem is shown under.
    """
    _twins(readings)
    _documents(readings, headings)
    _households(readings, headings)


def _twins(readings: Sequence[Reading]) -> None:
    whole: dict[object, Reading] = {}
    at_home: dict[tuple[str, str], Reading] = {}
    for reading in readings:
        key = reading.name_key
        if not key.strip():
            continue
        earlier = whole.setdefault(_facts(reading), reading)
        if earlier is not reading and reading.birth is not None:
            reading.twin_of, reading.twin_why = earlier.number, "name"
        elif reading.household:
            earlier = at_home.setdefault((key, reading.household), reading)
            if earlier is not reading and _may_be_one(earlier, reading):
                reading.twin_of, reading.twin_why = earlier.number, "household"


def _facts(reading: Reading) -> object:
    numbers = tuple(sorted(value for _, value in reading.identifiers)), tuple(sorted(reading.phones))
    return reading.name_key, reading.father, reading.birth, reading.birth_precision, reading.sex, numbers


def _may_be_one(one: Reading, other: Reading) -> bool:
    """The same name in one household: does nothing speak against it?"""
    if one.sex != other.sex and Sex.UNKNOWN not in (one.sex, other.sex):
        return False
    if one.father and other.father and names.fold(one.father) != names.fold(other.father):
        return False
    return not _births_differ(one, other)


def same_birth(one: dt.date, precision: str, other: dt.date, other_precision: str) -> bool:
    """Whether two births may be one day: a known day against a known day, a year against any day of it."""
    if one.year != other.year:
        return Precision.ESTIMATE in (precision, other_precision) and abs(one.year - other.year) <= 2
    if Precision.YEAR in (precision, other_precision) or Precision.ESTIMATE in (precision, other_precision):
        return True
    if Precision.MONTH in (precision, other_precision):
        return one.month == other.month
    return one == other or (one.month, one.day) == (other.day, other.month)


def _documents(readings: Sequence[Reading], headings: Mapping[Field, str]) -> None:
    holders: dict[str, Reading] = {}
    for reading in readings:
        for kind, value in reading.identifiers:
            earlier = holders.setdefault(value, reading)
            if earlier is reading:
                continue
            if earlier.name_key == reading.name_key and not _births_differ(earlier, reading):
                if not reading.twin_of:
                    reading.twin_of, reading.twin_why = earlier.number, "identifier"
                continue
            heading = headings.get(Field(kind) if kind in NAMES else Field.IDENTIFIER) or headings.get(
                Field.IDENTIFIER, ""
            )
            for one, two in ((reading, earlier), (earlier, reading)):
                if not any(p.code == "identifier_shared" and p.also == str(two.number) for p in one.problems):
                    one.problems.append(
                        Problem(heading, kind, "identifier_shared", IDENTIFIER_SHARED, value, str(two.number))
                    )


def _births_differ(one: Reading, other: Reading) -> bool:
    if one.birth is None or other.birth is None:
        return False
    return not same_birth(one.birth, one.birth_precision, other.birth, other.birth_precision)


def _households(readings: Sequence[Reading], headings: Mapping[Field, str]) -> None:
    if Field.HOUSEHOLD not in headings:
        return
    members: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        if reading.household:
            members[reading.household].append(reading)
    column = headings.get(Field.RELATION) or headings[Field.HOUSEHOLD]
    for reference, group in members.items():
        heads = [reading for reading in group if reading.relation == people.Relation.HEAD]
        if not heads:
            group[0].problems.append(
                Problem(column, Field.HOUSEHOLD, "household_without_head", NO_HEAD, reference, is_warning=True)
            )
        for second in heads[1:]:
            second.relation = people.Relation.UNKNOWN
            second.problems.append(
                Problem(
                    column, Field.RELATION, "two_heads", TWO_HEADS, reference, str(heads[0].number), is_warning=True
                )
            )
