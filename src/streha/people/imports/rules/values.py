"""What one cell says: a date in any habit, a phone, a sex, a relation, a document number, a place.

Every function returns a value or raises ``Wrong`` with a code, an English template and the details that fill it: the
value, the rule, the remedy. What only a whole column can tell (day before month, 1 January for "year only") comes in
as a habit that was measured on the column.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

import phonenumbers

from streha.common.codes import Precision, Sex
from streha.common.errors import message
from streha.people import rules as people
from streha.people.imports.rules import words


@dataclass(frozen=True)
class Complaint:
    """What is wrong with a value: stable code, English template, and what fills it."""

    code: str
    template: str
    value: str
    also: str = ""
    is_warning: bool = False


class Wrong(Exception):
    """A cell cannot be read; carries the complaint."""

    def __init__(self, complaint: Complaint) -> None:
        self.complaint = complaint
        super().__init__(complaint.code)


# --- dates ----------------------------------------------------------------------------------------------------------

NOT_A_DATE = message("“{value}” is not a date. Write day, month and year, for example 31.12.1984, or only the year.")
NO_SUCH_DAY = message("“{value}” is not a day that exists. Write a day that exists, or only the year.")
IN_FUTURE = message("“{value}” lies in the future. Write a date that has been.")
TOO_EARLY = message("“{value}” is before 1890. Check the year.")
ORDER_UNSURE = message(
    "“{value}” may be read day first or month first; it was read as {also}. Check it, or write the month as a word."
)
YEAR_ONLY = message("“{value}” was read as “year only”, because many dates of this column say 1 January.")

EARLIEST = 1890
_SERIAL_START = dt.date(1899, 12, 30)
_SERIAL = re.compile(r"^\d{5}(?:\.\d+)?$")
_YEAR = re.compile(r"^(\d{4})\.?$")
_ISO = re.compile(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\.?(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?)?$")
_NUMERIC = re.compile(r"^(\d{1,2})\s*[./\\,\-\s]\s*(\d{1,2})\s*[./\\,\-\s]\s*(\d{4}|\d{2})\.?$")
_MONTH_YEAR = re.compile(r"^(\d{1,2})\s*[./\\-]\s*(\d{4})\.?$")
_DAY_WORD_YEAR = re.compile(r"^(\d{1,2})\s*\.?\s*[-/ ]?\s*([^\W\d_]{3,})\s*\.?,?\s*[-/ ]?\s*(\d{4}|\d{2})\.?$")
_WORD_DAY_YEAR = re.compile(r"^([^\W\d_]{3,})\s+(\d{1,2}),?\s+(\d{4})\.?$")
_WORD_YEAR = re.compile(r"^([^\W\d_]{3,})\s*\.?,?\s*(\d{4})\.?$")
_TRAILING = re.compile(r"\s*(?:god(?:ine|\.)?|год(?:ине|\.)?|g\.|г\.|viti|v\.)\s*$", re.IGNORECASE)
_ABOUT = re.compile(r"^(?:~|≈|\?|([^\W\d_]+)\.?)\s*(\d{4})\.?$")


@dataclass(frozen=True)
class Day:
    """A date as far as it is known."""

    date: dt.date
    precision: Precision


@dataclass(frozen=True)
class DateHabit:
    """How a column writes dates, measured on all its cells.

    ``day_first`` and ``month_first`` count the dates that can be read one way only; ``unsure`` those that can be read
    both ways and differ. ``january`` is the share of full dates that say 1 January (1/365 is what chance gives).
    """

    day_first: int = 0
    month_first: int = 0
    unsure: int = 0
    full: int = 0
    january: float = 0.0

    @property
    def is_month_first(self) -> bool:
        return self.month_first > self.day_first

    @property
    def is_mixed(self) -> bool:
        return self.day_first > 0 and self.month_first > 0

    @property
    def january_means_year(self) -> bool:
        """At least three, and at least seven times what chance gives."""
        return self.january * self.full >= 3 and self.january >= 0.02


def date_habit(cells: Iterable[str]) -> DateHabit:
    """Measure how the cells of one column write dates."""
    day_first = month_first = unsure = full = january = 0
    for text, times in Counter(cell.strip() for cell in cells).items():
        tidy = _TRAILING.sub("", text)
        found = _NUMERIC.match(tidy)
        if found:
            first, second = int(found[1]), int(found[2])
            full += times
            january += times * (first == 1 and second == 1)
            if 12 < first <= 31 and second <= 12:
                day_first += times
            elif 12 < second <= 31 and first <= 12:
                month_first += times
            elif first != second and 0 < first <= 12 and 0 < second <= 12:
                unsure += times
            continue
        found = _ISO.match(tidy)
        if found:
            full += times
            january += times * (int(found[2]) == 1 and int(found[3]) == 1)
        elif _SERIAL.match(tidy):
            full += times
            day = _from_serial(tidy)
            january += times * (day.month == 1 and day.day == 1)
    return DateHabit(day_first, month_first, unsure, full, january / full if full else 0.0)


def date(text: str, habit: DateHabit, today: dt.date) -> tuple[Day, Complaint | None]:
    """The day a cell means, and a warning when it could mean another. Raises Wrong."""
    value = text.strip()
    day = _day(_TRAILING.sub("", value), habit, value, today)
    if day.date > today:
        raise Wrong(Complaint("date_in_future", IN_FUTURE, value))
    if day.date.year < EARLIEST:
        raise Wrong(Complaint("date_too_early", TOO_EARLY, value))
    if day.precision == Precision.DAY and day.date.month == day.date.day == 1 and habit.january_means_year:
        return Day(day.date, Precision.YEAR), Complaint("january_year_only", YEAR_ONLY, value, is_warning=True)
    if day.precision == Precision.DAY and _is_unsure(value, habit):
        read = day.date.strftime("%d.%m.%Y")
        return day, Complaint("date_order_unsure", ORDER_UNSURE, value, read, is_warning=True)
    return day, None


def _is_unsure(value: str, habit: DateHabit) -> bool:
    """Both readings exist and differ, and the column writes both ways or never shows which."""
    if bool(habit.day_first) != bool(habit.month_first):
        return False
    found = _NUMERIC.match(_TRAILING.sub("", value))
    if not found or (not habit.is_mixed and "." in value):
        return False  # with points, nobody in the region writes the month first
    first, second = int(found[1]), int(found[2])
    return first != second and 0 < first <= 12 and 0 < second <= 12


def _day(tidy: str, habit: DateHabit, value: str, today: dt.date) -> Day:
    if found := _ISO.match(tidy):
        return _exact(int(found[1]), int(found[2]), int(found[3]), value)
    if found := _NUMERIC.match(tidy):
        return _numeric(int(found[1]), int(found[2]), _full_year(found[3], today), habit, value)
    if found := _YEAR.match(tidy):
        return Day(_first_of(int(found[1]), value), Precision.YEAR)
    if _SERIAL.match(tidy):
        return Day(_from_serial(tidy), Precision.DAY)
    if found := _MONTH_YEAR.match(tidy):
        return _month(int(found[2]), int(found[1]), value)
    return _in_words(tidy, value, today)


def _in_words(tidy: str, value: str, today: dt.date) -> Day:
    if found := _DAY_WORD_YEAR.match(tidy):
        month = _month_called(found[2])
        if month:
            return _exact(_full_year(found[3], today), month, int(found[1]), value)
    if found := _WORD_DAY_YEAR.match(tidy):
        month = _month_called(found[1])
        if month:
            return _exact(int(found[3]), month, int(found[2]), value)
    if found := _WORD_YEAR.match(tidy):
        month = _month_called(found[1])
        if month:
            return _month(int(found[2]), month, value)
    if (found := _ABOUT.match(tidy)) and (not found[1] or words.folded(found[1]) in words.listed("about")):
        return Day(_first_of(int(found[2]), value), Precision.ESTIMATE)
    raise Wrong(Complaint("date_unreadable", NOT_A_DATE, value))


def _numeric(first: int, second: int, year: int, habit: DateHabit, value: str) -> Day:
    if first == 0 and second == 0:
        return Day(_first_of(year, value), Precision.YEAR)
    if first == 0:
        return _month(year, second, value)
    if second == 0:
        return Day(_first_of(year, value), Precision.YEAR)
    month_first = habit.is_month_first if first <= 12 and second <= 12 else second > 12
    day, month = (second, first) if month_first else (first, second)
    return _exact(year, month, day, value)


def _exact(year: int, month: int, day: int, value: str) -> Day:
    if month == 0 or day == 0:
        return _month(year, month, value) if month else Day(_first_of(year, value), Precision.YEAR)
    try:
        return Day(dt.date(year, month, day), Precision.DAY)
    except ValueError:
        raise Wrong(Complaint("date_no_such_day", NO_SUCH_DAY, value))


def _month(year: int, month: int, value: str) -> Day:
    try:
        return Day(dt.date(year, month, 1), Precision.MONTH)
    except ValueError:
        raise Wrong(Complaint("date_no_such_day", NO_SUCH_DAY, value))


def _first_of(year: int, value: str) -> dt.date:
    if not 1 <= year <= 9999:
        raise Wrong(Complaint("date_unreadable", NOT_A_DATE, value))
    return dt.date(year, 1, 1)


def _full_year(digits: str, today: dt.date) -> int:
    """A year of two digits is the last such year that has been."""
    if len(digits) == 4:
        return int(digits)
    century = today.year // 100 * 100
    return century + int(digits) - (100 if int(digits) > today.year % 100 else 0)


def _from_serial(text: str) -> dt.date:
    """Days since 30 December 1899, as spreadsheets count (the 1900 date system)."""
    return _SERIAL_START + dt.timedelta(days=int(float(text)))


@lru_cache(maxsize=4096)
def _month_called(word: str) -> int:
    key, months = words.folded(word), words.listed("month")
    if key in months:
        return int(months[key])
    begun = {code for text, code in months.items() if len(key) >= 3 and text.startswith(key)}
    return int(begun.pop()) if len(begun) == 1 else 0


def looks_like_date(text: str) -> bool:
    """Whether a cell could be a date at all; a bare number of five digits is not enough."""
    tidy = _TRAILING.sub("", text.strip())
    return bool(_NUMERIC.match(tidy) or _ISO.match(tidy) or _DAY_WORD_YEAR.match(tidy))


# --- phones and e-mails ---------------------------------------------------------------------------------------------

NOT_A_PHONE = message(
    "“{value}” is not a phone number of {also} or an international one. "
    "Write it with all digits, for example {example}."
)
NOT_AN_EMAIL = message("“{value}” is not an e-mail address. Write name@host, or leave the cell empty.")
_MANY_PHONES = re.compile(r"\s*(?:[;,\n/]|\s(?:dhe|ose|i|ili|and|or)\s)\s*")
_WHOLE_PHONE = 8  # digits; a stroke after fewer stands inside a number: 044/123-456
_EMAIL = re.compile(r"^[^@\s,;]+@[^@\s,;]+\.[^@\s,;.]{2,}$")


def phones(text: str, region: str) -> tuple[str, ...]:
    """The phone numbers of a cell in international form (+383…). Raises Wrong at the first that is none."""
    return tuple(_phone(part, region) for part in _apart(text.strip()))


def _apart(text: str) -> list[str]:
    """The numbers of a cell, parted by commas, words or strokes, but not where a number is not yet whole."""
    found: list[str] = []
    for part in filter(None, _MANY_PHONES.split(text)):
        if found and sum(sign.isdigit() for sign in found[-1]) < _WHOLE_PHONE:
            found[-1] += f" {part}"
        else:
            found.append(part)
    return found


@lru_cache(maxsize=50_000)
def _phone(text: str, region: str) -> str:
    quick = _quick_phone(text, region)
    if quick:
        return quick
    try:
        number = phonenumbers.parse(text, region)
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    except phonenumbers.NumberParseException:
        pass
    raise Wrong(Complaint("phone_unreadable", NOT_A_PHONE, text.strip(), region))


@cache
def _plan(region: str) -> tuple[str, re.Pattern[str]]:
    """Country code and the pattern of national numbers, as phonenumbers' own tables have them."""
    plan = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    pattern = plan.general_desc.national_number_pattern if plan and plan.general_desc else None
    code = str(plan.country_code) if plan else ""
    return code, re.compile(f"(?:{pattern or '(?!)'})$")


@cache
def _kinds(region: str) -> tuple[re.Pattern[str], ...]:
    plan = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    if plan is None:
        return ()
    patterns = (plan.fixed_line, plan.mobile)
    return tuple(re.compile(f"(?:{p.national_number_pattern})$") for p in patterns if p and p.national_number_pattern)


def _quick_phone(text: str, region: str) -> str:
    """The usual forms of a national number without the library's slow path; empty when it is anything else."""
    digits = re.sub(r"[\s./()\-–]", "", text)
    code, pattern = _plan(region)
    if not code:
        return ""
    for prefix in ("+" + code, "00" + code):
        if digits.startswith(prefix):
            digits = digits[len(prefix) :].removeprefix("0")
            break
    else:
        if not digits.startswith("0"):
            return ""
        digits = digits[1:]
    if (
        digits.isascii()
        and digits.isdigit()
        and pattern.match(digits)
        and any(kind.match(digits) for kind in _kinds(region))
    ):
        return f"+{code}{digits}"
    return ""


@cache
def example_phone(region: str) -> str:
    """A well-formed number of the region, for remedies."""
    number = phonenumbers.example_number(region)
    if number is None:
        return "+383 44 123 456"
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def email(text: str) -> str:
    """The address of a cell. Raises Wrong."""
    value = text.strip().removeprefix("mailto:")
    if not _EMAIL.match(value):
        raise Wrong(Complaint("email_unreadable", NOT_AN_EMAIL, value))
    return value


# --- words ----------------------------------------------------------------------------------------------------------

NOT_A_SEX = message("“{value}” is no word for a sex that we know. Write F or M, or leave the cell empty.")
NOT_A_RELATION = message(
    "“{value}” is no relation to the head that we know; it was kept as “unknown”. "
    "Write head, spouse, child, parent, sibling or other."
)
NOT_A_STATUS = message(
    "“{value}” is no status that we know; it was left out. Write displaced, refugee, returnee or repatriated."
)
NOT_A_CAUSE = message("“{value}” is no cause that we know; “other” was taken. Write conflict, flood or another cause.")
NOT_A_COUNTRY = message(
    "“{value}” is no two-letter country code; citizenship was left out. Write for example XK or RS."
)


def sex(text: str) -> Sex:
    """The sex a word of the four languages names. Raises Wrong; a bare 1 or 2 is nobody's word."""
    code = words.listed("sex").get(words.folded(text))
    if code is None:
        raise Wrong(Complaint("sex_unreadable", NOT_A_SEX, text.strip()))
    return Sex(code)


def relation(text: str) -> tuple[people.Relation, Complaint | None]:
    """The relation to the head, and a warning when the word is unknown."""
    code = words.code_of("relation", text)
    if code is None:
        complaint = Complaint("relation_unknown", NOT_A_RELATION, text.strip(), is_warning=True)
        return people.Relation.UNKNOWN, complaint
    return people.Relation(code), None


def status(text: str) -> tuple[people.EpisodeStatus | None, Complaint | None]:
    """The status in an episode, and a warning when the word is unknown."""
    code = words.code_of("status", text)
    if code is None:
        return None, Complaint("status_unknown", NOT_A_STATUS, text.strip(), is_warning=True)
    return people.EpisodeStatus(code), None


def cause(text: str) -> tuple[people.Cause, Complaint | None]:
    """The cause of displacement, and a warning when the word is unknown."""
    code = words.code_of("cause", text)
    if code is None:
        return people.Cause.OTHER, Complaint("cause_unknown", NOT_A_CAUSE, text.strip(), is_warning=True)
    return people.Cause(code), None


def citizenship(text: str) -> tuple[str, Complaint | None]:
    """A two-letter country code, and a warning when it is none."""
    value = text.strip().upper()
    if re.fullmatch(r"[A-Z]{2}", value):
        return value, None
    return "", Complaint("citizenship_unknown", NOT_A_COUNTRY, text.strip(), is_warning=True)


# --- documents ------------------------------------------------------------------------------------------------------

PERSONAL_NUMBER_WRONG = message(
    "“{value}” is not a personal number: that has 10 digits. Copy it from the document, or leave the cell empty."
)
PASSPORT_WRONG = message("“{value}” is not a passport number: that has 6 to 12 letters and digits. Copy it again.")
ROUNDED = message("“{value}” lost its last digits in the spreadsheet. Format the column as text and write it again.")
_TEN_DIGITS = re.compile(r"^\d{10}$")
_PASSPORT = re.compile(r"^[A-Z]{0,3}\d{5,10}[A-Z]?$")


def identifier(kind: str, text: str) -> people.IdentifierDraft:
    """A document number as compared: checked by its checksum where its rule is public, else by its pattern.

    ``kind`` "identifier" means a column that does not say which; thirteen digits that agree with their control digit
    are a JMBG, anything else "other". Raises Wrong.
    """
    value = people.plain_identifier(text)
    if re.fullmatch(r"[\d,]+E\+\d+", value):
        raise Wrong(Complaint("identifier_rounded", ROUNDED, text.strip()))
    named = _kind_of(kind, value)
    draft = people.IdentifierDraft(named, value)
    if named == people.IdentifierKind.PERSONAL_NUMBER and not _TEN_DIGITS.match(value):
        raise Wrong(Complaint("personal_number_wrong", PERSONAL_NUMBER_WRONG, text.strip()))
    if named == people.IdentifierKind.PASSPORT and not _PASSPORT.match(value):
        raise Wrong(Complaint("passport_wrong", PASSPORT_WRONG, text.strip()))
    _as_register_checks(draft, text)
    return draft


def _kind_of(kind: str, value: str) -> people.IdentifierKind:
    if kind != "identifier":
        return people.IdentifierKind(kind)
    return people.IdentifierKind.JMBG if people.is_jmbg(value) else people.IdentifierKind.OTHER


def _as_register_checks(draft: people.IdentifierDraft, text: str) -> None:
    from streha.common.errors import BadInput

    try:
        people.check_identifier(draft)
    except BadInput as wrong:
        raise Wrong(Complaint(wrong.code, wrong.template, text.strip()[:40]))


# --- names ----------------------------------------------------------------------------------------------------------

_FATHER = re.compile(r"\(([^)]+)\)")


def split_name(text: str, *, family_first: bool) -> tuple[str, str, str]:
    """Given, father's and family name of a full name in one cell.

    A name in brackets is the father's; “Gashi, Arta” has the family name first; of three words the middle one is the
    father's. Otherwise the last word is the family name, or the first where the column is headed so.
    """
    father = ""
    if found := _FATHER.search(text):
        father = found[1].strip()
        text = _FATHER.sub(" ", text)
    if "," in text:
        family, _, given = text.partition(",")
        return given.strip(), father, family.strip()
    parts = text.split()
    if len(parts) < 2:
        return (parts[0] if parts else ""), father, ""
    if len(parts) == 3 and not father and "-" not in text:
        father = parts.pop(1)
    if family_first:
        return " ".join(parts[1:]), father, parts[0]
    return " ".join(parts[:-1]), father, parts[-1]
