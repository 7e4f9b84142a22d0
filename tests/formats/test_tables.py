"""Lists as they arrive, the honest and the hostile: bytes made here, never a file from outside."""

from __future__ import annotations

import datetime
import io
import struct
import time
import zipfile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streha.common.errors import BadInput
from streha.formats import plaintext, tables

HEADS = ("Emri", "Mbiemri", "Datëlindja", "Komuna")
WORDS = {"emri", "mbiemri", "datëlindja", "komuna", "ime", "prezime"}
VOCABULARY = tables.Vocabulary(
    is_heading=lambda text: text.casefold() in WORDS, is_total=lambda text: text.casefold() in {"gjithsej", "ukupno"}
)


def xlsx(*rows: tuple[object, ...], shape=None, sheets: dict[str, list[tuple[object, ...]]] | None = None) -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    page.title = "Lista"
    for row in rows:
        page.append(row)
    for name, content in (sheets or {}).items():
        other = book.create_sheet(name)
        for row in content:
            other.append(row)
    if shape:
        shape(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def changed(data: bytes, member: str, change) -> bytes:
    """The archive with one member's bytes changed."""
    source, target = zipfile.ZipFile(io.BytesIO(data)), io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for info in source.infolist():
            content = source.read(info)
            archive.writestr(info.filename, change(content) if info.filename.endswith(member) else content)
    return target.getvalue()


def ods(sheet_xml: str, *, head: str = "") -> bytes:
    content = (
        f"<?xml version='1.0' encoding='UTF-8'?>{head}"
        '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"><office:body>'
        f'<office:spreadsheet><table:table table:name="Lista">{sheet_xml}</table:table></office:spreadsheet>'
        "</office:body></office:document-content>"
    )
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
    return stream.getvalue()


def ods_cell(text: str = "", **attributes: int) -> str:
    written = "".join(f' table:number-columns-{key}="{value}"' for key, value in attributes.items())
    if not text:
        return f"<table:table-cell{written}/>"
    return f'<table:table-cell{written} office:value-type="string"><text:p>{text}</text:p></table:table-cell>'


def repeated_row(times: int, cell: str) -> str:
    return f'<table:table-row table:number-rows-repeated="{times}">{cell}</table:table-row>'


def ods_row(*cells: str, span: int = 1) -> str:
    first, *rest = cells
    return (
        "<table:table-row>"
        f'<table:table-cell office:value-type="string" table:number-rows-spanned="{span}"><text:p>{first}</text:p>'
        "</table:table-cell>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
            if cell
            else "<table:table-cell/>"
            for cell in rest
        )
        + "</table:table-row>"
    )


def read(data: bytes, name: str = "lista.xlsx", sheet: str | None = None) -> tables.Table:
    book = tables.open_workbook(data, name=name)
    return book.table(sheet or book.sheets[0].name, vocabulary=VOCABULARY)


def refusal(data: bytes, name: str = "lista.xlsx", limits: tables.Limits = tables.LIMITS) -> BadInput:
    with pytest.raises(BadInput) as told:
        book = tables.open_workbook(data, name=name, limits=limits)
        for sheet in book.sheets:
            book.table(sheet.name, vocabulary=VOCABULARY)
    sentence = told.value.english()
    assert "{" not in sentence
    assert len(sentence) > 30
    return told.value


PERSON = ("Arta", "Gashi", "12.04.1961", "Pejë")


def test_a_plain_list_is_read_with_row_numbers_of_the_spreadsheet():
    table = read(xlsx(HEADS, PERSON))
    assert table.headings == HEADS
    assert table.rows == ((2, PERSON),)


def test_dates_numbers_and_truth_become_text():
    table = read(xlsx(("Emri", "Mbiemri", "n", "f", "t"), ("A", datetime.datetime(1984, 12, 31), 30987.0, 1.5, True)))
    assert table.rows[0][1] == ("A", "1984-12-31", "30987", "1.5", "true")


def test_title_rows_above_headings_are_set_aside():
    table = read(xlsx(("Lista e të kthyerve 2024",), (), HEADS, PERSON))
    assert table.title == ("Lista e të kthyerve 2024",)
    assert table.first_row == 4
    assert table.rows == ((4, PERSON),)


def test_two_row_headings_under_merged_groups_are_joined():
    data = xlsx(
        ("Personi", "", "Vendi", ""),
        ("Emri", "Mbiemri", "Komuna", "Fshati"),
        ("Arta", "Gashi", "Pejë", "Zhur"),
        shape=lambda book: (book.active.merge_cells("A1:B1"), book.active.merge_cells("C1:D1")),
    )
    table = read(data)
    assert table.headings == ("Personi / Emri", "Personi / Mbiemri", "Vendi / Komuna", "Vendi / Fshati")
    assert table.rows == ((3, ("Arta", "Gashi", "Pejë", "Zhur")),)


def test_two_row_headings_merged_downwards_keep_their_single_name():
    data = xlsx(
        ("Emri", "Mbiemri", "Adresa", ""),
        ("", "", "Komuna", "Fshati"),
        ("Arta", "Gashi", "Pejë", "Zhur"),
        shape=lambda book: [book.active.merge_cells(area) for area in ("A1:A2", "B1:B2", "C1:D1")],
    )
    assert read(data).headings == ("Emri", "Mbiemri", "Adresa / Komuna", "Adresa / Fshati")


def test_a_block_merged_downwards_counts_for_each_of_its_rows():
    data = xlsx(
        ("Familja", "Emri"), ("F1", "Arta"), ("", "Blerim"), ("F2", "Drita"),
        shape=lambda book: book.active.merge_cells("A2:A3"),
    )  # fmt: skip
    assert [row for _, row in read(data).rows] == [("F1", "Arta"), ("F1", "Blerim"), ("F2", "Drita")]


def test_merged_cells_of_an_opendocument_count_too():
    covered = f"<table:table-row><table:covered-table-cell/>{ods_cell('Blerim')}</table:table-row>"
    data = ods(ods_row("Familja", "Emri") + ods_row("F1", "Arta", span=2) + covered)
    assert [row for _, row in read(data, "lista.ods").rows] == [("F1", "Arta"), ("F1", "Blerim")]


def test_doubled_headings_are_told_apart_and_unnamed_columns_named():
    table = read(xlsx(("Emri", "Emri", None), ("Arta", "Gashi", "x")))
    assert table.headings == ("Emri", "Emri (2)", "C")
    assert {remark.code for remark in table.remarks} == {"doubled_heading", "unnamed_column"}


def test_totals_and_repeated_headings_are_no_rows():
    table = read(xlsx(HEADS, PERSON, HEADS, PERSON, ("Gjithsej", None, None, 2)))
    assert [number for number, _ in table.rows] == [2, 4]
    assert {(remark.code, remark.row) for remark in table.remarks} == {("repeated_headings", 3), ("totals_row", 5)}


def test_empty_rows_and_columns_at_the_end_are_dropped():
    table = read(xlsx((*HEADS, None, None), (*PERSON, None, " "), (None,), (" ", None)))
    assert table.headings == HEADS
    assert len(table.rows) == 1


def test_sheets_are_named_hidden_ones_told_and_read_only_when_asked_for():
    data = xlsx(HEADS, PERSON, sheets={"Fshehur": [HEADS, PERSON]}, shape=lambda b: hide(b["Fshehur"]))
    book = tables.open_workbook(data, name="a.xlsx")
    assert [(sheet.name, sheet.hidden) for sheet in book.sheets] == [("Lista", False), ("Fshehur", True)]
    assert [sheet.name for sheet in book.visible()] == ["Lista"]
    assert len(book.table("Fshehur").rows) == 1
    with pytest.raises(BadInput, match=r"has no sheet “Tjetër”\. Its sheets are: Lista, Fshehur"):
        book.table("Tjetër")


def hide(sheet) -> None:
    sheet.sheet_state = "hidden"


@pytest.mark.parametrize(
    ("encoding", "row"),
    [
        ("utf-8", "Arta;Gashi;ë ç;Пећ"),
        ("utf-8-sig", "Arta;Gashi;ë ç;Пећ"),
        ("utf-16", "Arta;Gashi;ë ç;Пећ"),
        ("utf-16-le", "Arta;Gashi;ë;Pejë"),
        ("cp1250", "Đorđe;Petrović;č š ž;Peć"),
        ("cp1252", "Arta;Çelaj;ë;Pejë"),
        ("cp1251", "Ђорђе;Петровић;Пећ;Србица"),
        ("iso8859-2", "Đorđe;Šišić;žućkasti šal;Peć"),
    ],
)
def test_every_encoding_of_the_region(encoding, row):
    text = "Emri;Mbiemri;Shënim;Komuna\r\n" + "\r\n".join([row] * 5) + "\r\n"
    if encoding in ("cp1251",):
        text = text.replace("ë", "e")
    if encoding in ("iso8859-2", "cp1250", "cp1252"):
        text = text.replace("Shënim", "Shenim")
    table = read(text.encode(encoding), "lista.csv")
    assert table.rows[0][1] == tuple(row.split(";"))


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_every_separator_with_quotes_and_line_breaks_in_cells(mark):
    quoted = f'"Ar{mark}ta"{mark}"Ga\nshi"{mark}1984{mark}Pejë'
    table = read((mark.join(HEADS) + "\n" + quoted + "\n").encode(), "lista.csv")
    assert table.rows == ((2, (f"Ar{mark}ta", "Ga\nshi", "1984", "Pejë")),)


def test_a_tab_text_named_xls_and_excels_own_separator_line():
    assert read("\t".join(HEADS).encode() + b"\r\n" + "\t".join(PERSON).encode(), "lista.xls").headings == HEADS
    assert read(("sep=;\r\n" + ";".join(HEADS) + "\r\n" + ";".join(PERSON)).encode(), "l.csv").headings == HEADS


def test_a_workbook_named_csv_is_read_as_what_it_is():
    assert tables.open_workbook(xlsx(HEADS, PERSON), name="lista.csv").kind == "xlsx"


def test_direction_marks_nulls_and_hard_spaces_are_cleaned_and_told():
    table = read("Emri;Mbiemri\n\u202eArta\u200f;Ga\u00a0shi\ufeff\n".encode(), "l.csv")
    assert table.rows[0][1] == ("Arta", "Ga shi")
    assert "invisible_characters" in {remark.code for remark in table.remarks}
    book = tables.open_workbook(b"Emri;Mbiemri\nAr\x00ta;Gashi\n", name="l.csv")
    assert book.table("l").rows[0][1] == ("Arta", "Gashi")
    assert [remark.code for remark in book.remarks] == ["nul_characters"]


def test_formula_cells_stay_text_and_are_neutral_when_written():
    data = xlsx(HEADS, ("=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3"), shape=lambda b: as_text(b.active["A2"]))
    row = read(data).rows[0][1]
    assert row[0] == "=1+1"
    written = b"".join(tables.write_csv(HEADS, [row])).decode("utf-8-sig").splitlines()[1]
    assert written == "'=1+1,'@SUM(A1),'+cmd|' /C calc'!A0,'-2+3"
    page = openpyxl.load_workbook(io.BytesIO(tables.write_xlsx(HEADS, [row]))).active
    assert [cell.data_type for cell in page[2]] == ["s"] * 4
    assert page["A2"].value == "'=1+1"


def as_text(cell) -> None:
    cell.data_type = "s"


def test_phones_and_plain_numbers_stay_as_they_are():
    assert tables.neutral("+383 44 123 456") == "+383 44 123 456"
    assert tables.neutral("-3") == "-3"
    assert tables.neutral("\t=1") == "'\t=1"


CELLS = st.one_of(st.text(max_size=20), st.text("'=@+-\t 3aë", max_size=6))


@given(CELLS)
def test_no_written_cell_begins_as_a_formula_and_raw_undoes_it(text):
    written = tables.neutral(text)
    assert not written.lstrip(" ").startswith(("=", "@", "\t"))
    assert tables.raw(written) == without_controls(text)


def without_controls(text):
    """Cells hold no NUL and no control character but white space (tab to carriage return)."""
    return "".join(letter for letter in text if ord(letter) >= 32 or (letter.isspace() and ord(letter) < 14))


def test_a_file_written_is_read_back_the_same():
    rows = [("Đorđe", "Ћирић", "=x", ""), ("Arta", "", "1984", "Pejë")]
    back = [row for _, row in read(tables.write_xlsx(HEADS, rows)).rows]
    assert [tuple(map(tables.raw, row)) for row in back] == rows
    back = [row for _, row in read(b"".join(tables.write_csv(HEADS, rows)), "l.csv").rows]
    assert [tuple(map(tables.raw, row)) for row in back] == rows


# --- Kobo and ODK ---------------------------------------------------------------------------------------------------


def test_a_roster_sheet_is_joined_to_its_submission():
    data = xlsx(
        ("hh/municipality", "hh/phone", "_id", "_index"), ("Peja", "044123456", 900, 1), ("Prizren", "", 901, 2),
        sheets={"members": [
            ("member/first_name", "member/last_name", "_index", "_parent_index", "_submission__id"),
            ("Arta", "Gashi", 1, 1, 900), ("Blerim", "Gashi", 2, 1, 900), ("Milan", "Petrović", 3, 7, 999),
        ]},
    )  # fmt: skip
    book = tables.open_workbook(data, name="kobo.xlsx")
    parent, child = book.table("Lista"), book.table("members")
    found = tables.roster_parent(child.headings, [("Lista", parent.headings)])
    assert found == ("Lista", "_index", "_parent_index")
    joined = tables.join_roster(parent, child, parent_key=found[1], child_key=found[2])
    first = dict(zip(joined.headings, joined.rows[1][1], strict=True))
    assert (first["hh/municipality"], first["member/first_name"]) == ("Peja", "Blerim")
    assert [(remark.code, remark.row, remark.text) for remark in joined.remarks] == [("no_submission", 4, "7")]
    assert tables.last_part("member/first_name") == "first_name"


def test_a_sheet_without_parent_keys_is_no_roster():
    assert tables.roster_parent(HEADS, [("Lista", HEADS)]) is None


# --- hostile and broken files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"\x00\x00", b"\r\n \t"])
def test_an_empty_file_is_told(data):
    assert refusal(data).code == "file_empty"


def test_headings_without_rows_and_sheets_without_anything_are_told():
    assert refusal(xlsx()).code == "no_rows"
    assert refusal(b"Emri;Mbiemri\n", "l.csv").code in ("no_rows", "no_headings")
    assert refusal(b"1;2\n3;4\n", "l.csv").code == "no_headings"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"%PDF-1.7\n...", "file_kind"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 40, "file_kind"),
        (b"<html><table><tr><td>Emri</td></tr></table></html>", "file_html"),
        (b"<?xml version='1.0'?><Workbook/>", "file_html"),
        (bytes(range(256)) * 40, "not_a_table"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "file_broken"),
        (b"PK\x03\x04" + b"junk" * 30, "file_broken"),
    ],
)
def test_what_is_no_list_is_refused_by_its_content(data, code):
    assert refusal(data).code == code


def test_a_cut_workbook_is_broken_not_a_crash():
    data = xlsx(HEADS, *[PERSON] * 300)
    for cut in (50, len(data) // 2, len(data) - 10):
        assert refusal(data[:cut]).code == "file_broken"


def test_a_zip_of_other_things_is_no_list():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("inner.xlsx", xlsx(HEADS, PERSON))
    assert refusal(stream.getvalue()).code == "file_kind"


def test_a_protected_workbook_is_told_apart_from_a_broken_one():
    from msoffcrypto.format.ooxml import OOXMLFile

    stream = io.BytesIO()
    OOXMLFile(io.BytesIO(xlsx(HEADS, PERSON))).encrypt("sekret", stream)
    assert refusal(stream.getvalue()).code == "file_password"


def test_a_bomb_is_refused_before_it_expands():
    bomb = changed(xlsx(HEADS, PERSON), "sheet1.xml", lambda content: content + b" " * (300 << 20))
    started = time.perf_counter()
    assert refusal(bomb).code == "file_bomb"
    assert time.perf_counter() - started < 3


def test_a_bomb_that_lies_about_its_size_is_refused_too():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b" " * (40 << 20))
    data = bytearray(stream.getvalue())
    directory = data.rindex(b"PK\x01\x02")
    data[directory + 24 : directory + 28] = struct.pack("<I", 10)
    assert refusal(bytes(data)).code == "file_bomb"


def test_the_whole_may_not_unpack_beyond_the_limit():
    data = xlsx(HEADS, *[(f"Arta{n}", f"Gashi{n * 7919}", n, n * 31) for n in range(5_000)])
    assert refusal(data, limits=tables.Limits(expanded=100_000)).code == "file_too_large"
    assert refusal(data, limits=tables.Limits(size=1_000)).code == "file_too_big"


@pytest.mark.parametrize("entity", [b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>', b"<!DOCTYPE a>"])
def test_entities_are_refused(entity):
    data = changed(xlsx(HEADS, PERSON), "sheet1.xml", lambda content: entity + content)
    assert refusal(data).code == "file_entities"
    text = entity.decode()
    assert refusal(ods(ods_row("Emri"), head=text), "l.ods").code == "file_entities"


def test_one_cell_at_the_far_corner_does_not_eat_the_memory():
    data = xlsx(HEADS, PERSON, shape=lambda book: book.active.cell(1_048_576, 16_384, "x"))
    assert refusal(data).code == "too_many_cells"
    hidden = changed(data, "workbook.xml.rels", lambda c: c.replace(b"worksheets/sheet1.xml", b"other.bin"))
    source, target = zipfile.ZipFile(io.BytesIO(hidden)), io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for info in source.infolist():
            archive.writestr(info.filename.replace("worksheets/sheet1.xml", "other.bin"), source.read(info))
    assert refusal(target.getvalue()).code in ("too_many_cells", "file_kind", "file_broken")


def test_an_empty_formatted_cell_at_the_far_corner_is_harmless():
    def ghost(content: bytes) -> bytes:
        return content.replace(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>')

    assert len(read(changed(xlsx(HEADS, PERSON), "sheet1.xml", ghost)).rows) == 1


def test_repeats_of_an_opendocument_are_counted_before_they_are_written_out():
    repeated = repeated_row(1_048_576, ods_cell("x", repeated=16_384))
    assert refusal(ods(ods_row("Emri") + repeated), "l.ods").code == "too_many_cells"
    harmless = repeated_row(1_048_574, ods_cell(repeated=16_384))
    assert len(read(ods(ods_row("Emri", "Mbiemri") + ods_row("Arta", "Gashi") + harmless), "l.ods").rows) == 1


def test_too_many_rows_and_columns_are_told_with_the_limit():
    small = tables.Limits(rows=3, columns=4)
    assert refusal(xlsx(HEADS, *[PERSON] * 3), limits=small).code == "too_many_rows"
    assert refusal(("\n".join([";".join(HEADS)] * 5)).encode(), "l.csv", limits=small).code == "too_many_rows"
    assert refusal(xlsx((*HEADS, "x"), (*PERSON, "y")), limits=small).code == "too_many_columns"


def test_an_unclosed_quotation_mark_is_told_with_its_line():
    data = ("Emri;Mbiemri\n" + '"Arta;Gashi\n' + "Blerim;Gashi\n" * 8_000).encode()
    found = refusal(data, "l.csv")
    assert found.code == "cell_too_long"


@given(st.binary(max_size=400))
def test_any_bytes_are_a_list_or_a_told_refusal(data):
    try:
        book = tables.open_workbook(data, name="x.xls")
        book.table(book.sheets[0].name)
    except BadInput as told:
        assert told.code != "bad_input"


@given(st.text(alphabet="abcšđčžëçЂЖѕ;,\t|\n\"' 0123456789", max_size=300))
def test_text_of_any_shape_never_crashes(text):
    try:
        table = read(text.encode("utf-16"), "x.csv")
    except BadInput:
        return
    assert all(len(row) == len(table.headings) for _, row in table.rows)


def test_a_million_looking_name_is_shortened_in_messages():
    assert len(refusal(b"", "../../" + "a" * 400 + ".xlsx").details["name"]) <= 70


def test_likeliest_encoding_prefers_the_letters_of_the_region():
    assert plaintext.likeliest("Šešlija Đorđe Žućko".encode("cp1250")) == "cp1250"
    assert plaintext.likeliest("Žarko Šaćirović, Češalj".encode("iso8859-2")) == "iso8859-2"
    assert plaintext.likeliest("Милан Ђурђевић".encode("cp1251")) == "cp1251"


def test_many_rows_of_twenty_columns_are_read_in_seconds():
    rows = ([f"v{n * 31 % 999_983}{c}" for c in range(20)] for n in range(20_000))
    data = tables.write_xlsx([f"Kolona {c}" for c in "abcdefghijklmnopqrst"], rows)
    started = time.process_time()
    table = read(data)
    assert len(table.rows) == 20_000
    assert time.process_time() - started < 3
