"""The reference files of places: what each row becomes, and how a bad one is told."""

from __future__ import annotations

import pytest

from streha.common.errors import BadInput
from streha.formats import csv_table, gazetteer

AREAS = "kind,scheme,code,parent_scheme,parent_code,name_sq,name_sr_Cyrl,name_status,variants,lon,lat,codes,source\n"
FIGURES = "area_scheme,area_code,indicator,period_start,period_end,value,unit,basis,source,vintage\n"


def areas(*rows: str) -> gazetteer.Rows[gazetteer.AreaRow]:
    return gazetteer.areas((AREAS + "\n".join(rows)).encode(), name="areas.csv")


def test_an_area_comes_with_names_variants_and_codes() -> None:
    (row,) = areas("municipality,s,01,r,1,Pejë,Пећ,verified,sq:Peja|sr-Cyrl:Ипек|Ipek,20.3,42.6,gn=1|wd=Q2,me").good
    assert (row.kind, row.parent, row.codes) == ("municipality", ("r", "1"), (("gn", "1"), ("wd", "Q2")))
    named = {(n.language, n.script, n.name, n.is_official, n.verified) for n in row.names}
    assert named == {
        ("sq", "Latn", "Pejë", True, True),
        ("sr", "Cyrl", "Пећ", True, True),
        ("sq", "Latn", "Peja", False, False),
        ("sr", "Cyrl", "Ипек", False, False),
        ("und", "Latn", "Ipek", False, False),
    }


def test_an_unverified_form_touches_its_language_alone() -> None:
    (row,) = areas("country,s,1,,,Deçan,Дечане,unverified_form:sr,,,,,me").good
    assert {n.language: n.verified for n in row.names} == {"sq": True, "sr": False}


@pytest.mark.parametrize(
    ("row", "code", "words"),
    [
        ("village,s,1,r,1,A,,,,,,,me", "not_allowed", "“village” is none of country, region"),
        ("region,s,1,,,A,,,,,,,me", "parent_missing", "row 2: a region needs parent_scheme"),
        ("country,s,,,,A,,,,,,,me", "cell_missing", "row 2: code is empty"),
        ("country,s,1,,,,,,,,,,me", "name_missing", "no name in any language"),
        ("country,s,1,,,A,,perhaps,,,,,me", "name_status_unknown", "“perhaps” is not verified"),
        ("country,s,1,,,A,,,,42,x,,me", "not_degrees", "lat: “x” is not a number of degrees"),
        ("country,s,1,,,A,,,,200,4,,me", "not_degrees", "lon: “200”"),
        ("country,s,1,,,A,,,,nan,4,,me", "not_degrees", "lon: “nan”"),
        ("country,s,1,,,A,,,,,,gn,me", "code_form", "codes: “gn” is not scheme=code"),
        ("country,s,1,,,A,,,,,,,", "cell_missing", "source is empty"),
        ("country,s,1,,,A\u202eb,,,,,,,me", "control_character", "invisible control character"),
        (f"country,s,1,,,{'A' * 121},,,,,,,me", "too_long", "longer than 120 characters"),
    ],
)
def test_a_bad_row_is_told_and_the_next_goes_on(row: str, code: str, words: str) -> None:
    rows = areas(row, "country,s,2,,,Good,,,,,,,me")
    assert [good.code for good in rows.good] == ["2"]
    (problem,) = rows.problems
    assert (problem.row, problem.code) == (2, code)
    assert words in problem.english()


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ("s,1,p,2024-01-01,2024-12-31,12x,people,census,me,2024", "not_a_number"),
        ("s,1,p,2024-01-01,2024-12-31,1e300,people,census,me,2024", "not_a_number"),
        ("s,1,p,2024-01-01,2024-12-31,NaN,people,census,me,2024", "not_a_number"),
        ("s,1,p,2024-02-30,2024-12-31,1,people,census,me,2024", "not_a_date"),
        ("s,1,p,2024-12-31,2024-01-01,1,people,census,me,2024", "period_order"),
        ("s,1,p,2024-01-01,2024-12-31,1,people,guess,me,2024", "not_allowed"),
        ("s,1,p,2024-01-01,2024-12-31,1,people,census,me,soon", "vintage_form"),
        ("s,1,p,2024-01-01,2024-12-31,1,people,census,,2024", "cell_missing"),
    ],
)
def test_a_bad_figure_is_told(cells: str, code: str) -> None:
    (problem,) = gazetteer.observations((FIGURES + cells).encode(), name="f.csv").problems
    assert problem.code == code


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (AREAS.encode(), "file_empty"),
        (b"kind,scheme,code\na,b,c", "heading_missing"),
        (b"kind,scheme,code,source\na,b,c,d", "heading_missing"),
        (b"kind,kind,scheme,code,source\n1,2,3,4,5", "heading_doubled"),
        (AREAS.encode() + b"country,s,1,,,A,,,,,,,me,more", "csv_row_too_long"),
        (AREAS.encode() + b"country,s,1,,,A\0,,,,,,,me", "file_not_text"),
        (AREAS.encode() + "country,s,1,,,Deçan".encode("cp1250"), "file_not_utf8"),
        (AREAS.encode() + b'country,s,"1"x,,,A', "csv_broken"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(BadInput) as caught:
        gazetteer.areas(content, name="areas.csv")
    assert caught.value.code == code
    assert "areas.csv" in str(caught.value)


def test_a_table_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_table, "MAX_ROWS", 1)
    with pytest.raises(BadInput, match="more than 1 rows"):
        areas("country,s,1,,,A,,,,,,,me", "country,s,2,,,B,,,,,,,me")
    monkeypatch.setattr(csv_table, "MAX_BYTES", 10)
    with pytest.raises(BadInput, match="larger than"):
        areas("country,s,1,,,A,,,,,,,me")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_of_every_office_are_understood(separator: str) -> None:
    data = "kind,scheme,code,name_sq,source\ncountry,s,1,Ë,me\n".replace(",", separator).encode("utf-8-sig")
    (row,) = gazetteer.areas(data, name="a.csv").good
    assert row.names[0].name == "Ë"


def test_a_settlement_keeps_every_number_its_gazetteer_gives() -> None:
    headings = "municipality_code,name,name_sq,name_sr,variants,lon,lat,gn_id,wof_id,wd_id"
    data = f"{headings}\n01,Babaloc,Baballoq,Babaloć,Бабалоћ|Babaj,20.3,42.4,7,8,\n"
    (row,) = gazetteer.settlements(data.encode(), name="s.csv", source="me").good
    assert (row.scheme, row.code, row.codes) == ("geonames", "7", (("wof", "8"),))
    assert [(n.name, n.language, n.script, n.is_official) for n in row.names] == [
        ("Baballoq", "sq", "Latn", True),
        ("Babaloć", "sr", "Latn", True),
        ("Babaloc", "und", "Latn", False),
        ("Бабалоћ", "und", "Cyrl", False),
        ("Babaj", "und", "Latn", False),
    ]
    assert not any(n.verified for n in row.names)


def test_a_settlement_without_point_and_municipality_is_told() -> None:
    (problem,) = gazetteer.settlements(b"name\nNowhere\n", name="s.csv", source="me").problems
    assert problem.code == "settlement_nowhere"
