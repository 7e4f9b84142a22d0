"""Messy lists as offices really have them, with invented people: what the demo brings to be imported.

``write`` makes three files: a municipal list in Albanian with every mess of a workbook, a list in Serbian Cyrillic
that is a tab-separated text whatever its name says, and a survey export with its household roster on a second sheet.
The same seed gives the same files.
"""

from __future__ import annotations

import csv
import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import xlsxwriter

ALBANIAN_MONTHS = (
    "janar", "shkurt", "mars", "prill", "maj", "qershor", "korrik", "gusht", "shtator", "tetor", "nëntor", "dhjetor",
)  # fmt: skip
TODAY = dt.date(2026, 11, 22)
MADE_AT = dt.datetime(2024, 5, 17, tzinfo=dt.UTC)
HOMES_SQ = ("Pejë", "Peja", "Istog", "Klinë", "Gjakova", "Deçan", "Prizren", "Komuna e Pejës", "Skënderaj", "Peć")
HOMES_SR = ("Пећ", "Исток", "Клина", "Ђаковица", "Призрен", "Општина Пећ", "Србица", "Штрпце", "Гораждевац, Пећ")


@dataclass(frozen=True)
class Somebody:
    """An invented person."""

    given: str
    father: str
    family: str
    sex: str
    birth: dt.date
    relation: str


def write(folder: Path, seed: int) -> list[Path]:
    """Write the three files into ``folder`` and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = random.Random(seed)  # noqa: S311 - invented people, not secrets
    return [
        municipal_list(folder / "te-kthyerit-2024.xlsx", rng),
        displaced_list(folder / "raseljena-lica.xls", rng),
        survey_export(folder / "anketa-e-familjeve.xlsx", rng),
    ]


# --- invented people ------------------------------------------------------------------------------------------------


def _names(file: str, community: str) -> list[dict[str, str]]:
    text = resources.files("streha_demo").joinpath("data", file).read_text(encoding="utf-8")
    return [row for row in csv.DictReader(text.splitlines()) if row["community"] == community]


def _spelt(row: dict[str, str], rng: random.Random, wanted: str) -> str:
    """The name as written, or one of its other spellings; ``wanted`` is latin, cyrillic or any."""
    spellings = [row["name"], *filter(None, row["variants"].split("|"))]
    if wanted != "any":
        fits = [name for name in spellings if (name[0] >= "Ѐ") == (wanted == "cyrillic")]
        spellings = fits or spellings
    return spellings[0] if rng.random() < 0.8 else rng.choice(spellings)


def _household(community: str, rng: random.Random, script: str) -> list[Somebody]:
    family = _spelt(rng.choice(_names("family_names.csv", community)), rng, script)
    given = _names("given_names.csv", community)
    head_year = rng.randint(1938, 1985)
    relations = ["head", "spouse", *["child"] * rng.choice((0, 1, 2, 2, 3, 4))]
    head = ""
    people = []
    for relation in relations:
        sex = (
            rng.choice("mf") if relation == "child" else ("m" if (relation == "head") == (rng.random() < 0.85) else "f")
        )
        year = head_year + rng.randint(-3, 4) if relation != "child" else head_year + rng.randint(21, 38)
        name = _spelt(rng.choice([row for row in given if row["sex"] == sex]), rng, script)
        head = head or name
        father = head if relation == "child" else _spelt(rng.choice([r for r in given if r["sex"] == "m"]), rng, script)
        day = dt.date(min(year, 2023), rng.randint(1, 12), rng.randint(1, 28))
        people.append(Somebody(name, father, family, sex, day, relation))
    return people


def _jmbg(birth: dt.date, rng: random.Random) -> str:
    """Thirteen digits with a right control digit, for a region code (91-96) and a number drawn by chance."""
    while True:
        digits = f"{birth:%d%m}{birth.year % 1000:03d}{rng.randint(91, 96)}{rng.randint(0, 999):03d}"
        d = [int(sign) for sign in digits]
        control = 11 - sum((7 - i) * (d[i] + d[i + 6]) for i in range(6)) % 11
        if control != 10:
            return digits + str(control % 11 if control < 11 else 0)


def _phone(rng: random.Random) -> str:
    number = f"4{rng.randint(3, 9)}{rng.randint(100_000, 999_999)}"
    form = rng.choice(("0{a} {b} {c}", "+383 {a} {b} {c}", "00383{a}{b}{c}", "0{a}/{b}-{c}", "0{a}{b}{c}"))
    return form.format(a=number[:2], b=number[2:5], c=number[5:])


# --- the municipal list ---------------------------------------------------------------------------------------------

_GROUPS = (("Familja", 0, 0), ("Personi", 1, 6), ("Vendi i kthimit", 7, 8), ("Origjina", 9, 9), ("", 10, 13))
_HEADINGS = (
    "Nr. i familjes", "Emri", "Emri i babait", "Mbiemri", "Gjinia", "Data e lindjes", "Numri personal",
    "Komuna", "Fshati", "Vendi i zhvendosjes", "Telefoni", "Lidhja me kryefamiljarin", "Data e kthimit", "Shënim",
)  # fmt: skip
_RELATION_SQ = {"head": "Kryefamiljar", "spouse": "Bashkëshortja", "child": "Fëmijë"}


def municipal_list(path: Path, rng: random.Random) -> Path:
    """About 300 rows: titles, two heading rows under merged groups, merged household numbers, totals, hidden sheets."""
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": "Të kthyerit 2024", "created": MADE_AT, "comments": "Invented people"})
    look = {
        "date": book.add_format({"num_format": "dd.mm.yyyy"}),
        "bold": book.add_format({"bold": True, "align": "center", "text_wrap": True}),
    }
    page = book.add_worksheet("Të kthyerit")
    page.merge_range(0, 0, 0, 13, "Lista e personave të kthyer – gjendja 17.05.2024", look["bold"])
    page.write(1, 0, "Përgatiti: Zyra komunale për komunitete dhe kthim (persona të trilluar)")
    for title, left, right in _GROUPS:
        if title and right > left:
            page.merge_range(3, left, 3, right, title, look["bold"])
        elif title:
            page.write(3, left, title, look["bold"])
    for column, heading in enumerate(_HEADINGS):
        page.write(4, column, heading, look["bold"])
    last = _municipal_rows(page, look, rng)
    page.write(last + 1, 0, "Gjithsej")
    page.write(last + 1, 1, last - 5)
    notes = book.add_worksheet("Shënime")
    notes.write_column(0, 0, ["Kolona “Shënim” nuk importohet.", "Personat janë të trilluar."])
    old = book.add_worksheet("Lista 2019")
    old.write_row(0, 0, ["Emri", "Mbiemri", "Viti i lindjes"])
    old.write_row(1, 0, ["Arta", "Shembulli", 1971])
    old.hide()
    book.close()
    return path


def _municipal_rows(page: Any, look: dict[str, Any], rng: random.Random) -> int:
    """Write the rows; returns the row behind the last."""
    row = 5
    twice: list[list[Any]] = []
    for number in range(1, 71):
        people = _household(
            "albanian" if rng.random() < 0.75 else rng.choice(("ashkali", "bosniak", "turkish")), rng, "latin"
        )
        home, village = rng.choice(HOMES_SQ), rng.choice(("", "", "Vitomiricë", "Goraždevac", "Zallq"))
        first = row
        for person in people:
            cells = _municipal_cells(person, home, village, rng)
            if rng.random() < 0.03:
                twice.append([f"F-{number:03d}", *cells])
            _write(page, row, ["", *cells], look["date"])
            row += 1
        if row - first > 1:
            page.merge_range(first, 0, row - 1, 0, f"F-{number:03d}")
        else:
            page.write(first, 0, f"F-{number:03d}")
        if number == 35:
            _write(page, row, list(_HEADINGS), look["date"])  # the heading of a second printed page
            row += 1
    for cells in [*twice, *_mistakes(rng)]:
        _write(page, row, cells, look["date"])
        row += 1
    return row


def _municipal_cells(person: Somebody, home: str, village: str, rng: random.Random) -> list[Any]:
    sex = {"m": ("M", "Mashkull", "m"), "f": ("F", "Femër", "Ž")}[person.sex]
    return [
        rng.choice((person.given, person.given, person.given.upper(), f" {person.given} ")),
        person.father,
        person.family,
        rng.choice(sex),
        _date_in_some_habit(person.birth, rng),
        str(rng.randint(1_000_000_000, 1_999_999_999)) if rng.random() < 0.7 else "",
        home,
        village,
        rng.choice(("Mitrovicë", "Kralevë", "Serbi", "Mali i Zi", "", "")),
        _phone(rng) if person.relation == "head" else "",
        _RELATION_SQ[person.relation] if rng.random() < 0.97 else "kushëri",
        rng.choice((2019, 2020, "03.2021", dt.date(2022, 6, 1), "", "")),
        rng.choice(("", "", "", "pa dokumente", "\u200fduhet vizituar")),
    ]


def _date_in_some_habit(day: dt.date, rng: random.Random) -> Any:
    habit = rng.random()
    if habit < 0.35:
        return f"{day:%d.%m.%Y}"
    if habit < 0.5:
        return day
    if habit < 0.58:
        return f"{day.day}/{day.month}/{day:%y}"
    if habit < 0.72:
        return f"01.01.{day.year}"  # nobody knew the day
    if habit < 0.8:
        return day.year
    if habit < 0.86:
        return f"{day.year}."
    if habit < 0.92:
        return f"{day.day} {ALBANIAN_MONTHS[day.month - 1]} {day.year}"
    if habit < 0.96:
        return (day - dt.date(1899, 12, 30)).days
    return day.isoformat()


def _mistakes(rng: random.Random) -> list[list[Any]]:
    """Rows with what goes wrong: no such day, births to come, a document used twice, unknown places, formulas."""
    number = str(rng.randint(1_000_000_000, 1_999_999_999))
    home = ["Pejë", "", "", "", "", "", ""]
    return [
        ["F-901", "Blerta", "Agim", "Shembulli", "F", "31.02.1984", "", *home],
        ["F-901", "Driton", "Agim", "Shembulli", "M", "14.08.2041", "", *home],
        ["F-902", "Arben", "Luan", "Provaj", "M", "12.03.1966", number, *home],
        ["F-902", "Shqipe", "Luan", "Provaj", "F", "19.11.1970", number, *home],
        ["F-903", "Valon", "Isa", "Testaj", "M", "1979", "", "Atlantidë", "", "", "", "", "", ""],
        ["F-903", "Teuta", "Isa", "Testaj", "X9", "1981", "", "Novosellë", "", "", "12", "", "", ""],
        ["F-904", "=1+1", "Isa", "Testaj", "F", "1983", "", *home],
        ["F-905", "", "", "", "F", "05.05.1990", "", *home],
        ["F-906", "Besa", "Rexhep", "Mostraj", "F", "nuk dihet", "123", *home],
    ]


def _write(page: Any, row: int, cells: Sequence[Any], look: Any) -> None:
    for column, cell in enumerate(cells):
        if isinstance(cell, dt.date):
            page.write_datetime(row, column, dt.datetime.combine(cell, dt.time()), look)
        elif isinstance(cell, int):
            page.write_number(row, column, cell)
        elif cell:
            page.write_string(row, column, cell)


# --- the list of displaced people -----------------------------------------------------------------------------------


def displaced_list(path: Path, rng: random.Random) -> Path:
    """About 150 rows in Serbian Cyrillic (cp1251), cells between tabs, named .xls; headings of two columns alike."""
    headings = (
        "Р.бр.", "Презиме и име", "Име оца", "Пол", "Датум рођења", "ЈМБГ", "Општина порекла", "Место порекла",
        "Место расељења", "Телефон", "Број домаћинства", "Сродство", "Напомена", "Напомена",
    )  # fmt: skip
    lines = ["\t".join(headings)]
    for number, cells in enumerate(_displaced_rows(rng), 1):
        lines.append("\t".join([str(number), *cells]))
    lines.append("Укупно\t" + str(len(lines) - 1))
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode("cp1251", errors="replace"))
    return path


def _displaced_rows(rng: random.Random) -> Iterator[list[str]]:
    relation = {"head": "носилац", "spouse": "супруга", "child": "дете"}
    for number in range(1, 41):
        people = _household("serbian", rng, "cyrillic")
        home = rng.choice(HOMES_SR)
        for person in people:
            is_headless = number % 13 == 0
            yield [
                f"{person.family} {person.given}",
                person.father,
                {"m": rng.choice(("М", "мушко")), "f": rng.choice(("Ж", "женско"))}[person.sex],
                rng.choice(
                    (
                        f"{person.birth:%d.%m.%Y.}",
                        f"{person.birth.day}. {person.birth.month}. {person.birth.year}",
                        f"{person.birth.year}. год",
                    )
                ),
                _jmbg(person.birth, rng) if rng.random() < 0.6 else "",
                home,
                rng.choice(("", "село Белица", "непознато")),
                rng.choice(("Краљево", "Крагујевац", "Београд")),
                _phone(rng) if person.relation == "head" else "",
                f"Д{number:03d}",
                "" if is_headless and person.relation == "head" else relation[person.relation],
                "",
                "",
            ]


# --- the survey export ----------------------------------------------------------------------------------------------


def survey_export(path: Path, rng: random.Random) -> Path:
    """A survey platform's workbook: one row per household, and a roster sheet with one row per member."""
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": "Anketa", "created": MADE_AT, "comments": "Invented people"})
    homes, members = book.add_worksheet("Anketa e familjeve"), book.add_worksheet("antaret")
    homes.write_row(
        0, 0, ["start", "hh/municipality", "hh/village", "hh/phone_number", "hh/household_id", "_id", "_uuid", "_index"]
    )
    members.write_row(
        0,
        0,
        [
            "member/first_name", "member/last_name", "member/date_of_birth", "member/sex", "member/relationship",
            "_index", "_parent_table_name", "_parent_index", "_submission__id",
        ],
    )  # fmt: skip
    row = 0
    for number in range(1, 31):
        people = _household(rng.choice(("albanian", "serbian", "roma")), rng, "any")
        key = 880_000 + number
        homes.write_row(
            number,
            0,
            ["2024-05-17T09:12:00", rng.choice(HOMES_SQ), "", _phone(rng), f"HH{number:03d}", key, f"u-{key}", number],
        )
        for person in people:
            row += 1
            members.write_row(
                row,
                0,
                [
                    person.given, person.family, person.birth.isoformat(),
                    {"m": "male", "f": "female"}[person.sex],
                    {"head": "head", "spouse": "spouse", "child": "child"}[person.relation],
                    row, "Anketa e familjeve", number, key,
                ],
            )  # fmt: skip
    book.close()
    return path
