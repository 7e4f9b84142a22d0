"""DOCX, HTML and plain text: numbering counted, nothing run, nothing fetched."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from streha.common.printed import Block, Cell
from streha.engine.law import document
from streha.formats import texts

GAZETTE = Path(__file__).parent.parent / "engine" / "law" / "data" / "gazette"
WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def _docx(body: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", f"<w:document {WORD}><w:body>{body}</w:body></w:document>")
    return buffer.getvalue()


def _paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def test_automatic_numbers_of_a_docx_are_counted() -> None:
    read = document.from_flow(texts.read_docx((GAZETTE / "libreoffice-numbered.docx").read_bytes()))
    paths = {p.eid: p.path for p in read.provisions}
    assert paths["art_7__para_1__point_2"].endswith("Član 7 / 1. / 1.2.")


def test_macros_and_remote_templates_are_told_and_left_alone() -> None:
    relation = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" '
        'Target="http://example.invalid/evil.dotm" TargetMode="External"/></Relationships>'
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(
            "word/document.xml", f"<w:document {WORD}><w:body>{_paragraph('Article 1')}</w:body></w:document>"
        )
        archive.writestr("word/vbaProject.bin", "x")
        archive.writestr("word/_rels/settings.xml.rels", relation)
    flow = texts.read_docx(buffer.getvalue())
    assert [block.text for block in flow.blocks] == ["Article 1"]
    assert any("macros" in warning for warning in flow.warnings)
    assert any("attachedTemplate" in warning and "nothing was fetched" in warning for warning in flow.warnings)


def test_entities_in_a_docx_are_refused() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", f"{bomb}<w:document {WORD}><w:body>&b;</w:body></w:document>")
    with pytest.raises(texts.UnreadableText, match="damaged"):
        texts.read_docx(buffer.getvalue())


def test_a_part_that_unpacks_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "MAX_PART", 1000)
    with pytest.raises(texts.UnreadableText, match="unpacks"):
        texts.read_docx(_docx(_paragraph("x" * 5000)))


def test_a_zip_that_is_no_docx_and_a_broken_zip_say_so() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("hello.txt", "hello")
    with pytest.raises(texts.UnreadableText, match="no DOCX"):
        texts.read_docx(buffer.getvalue())
    with pytest.raises(texts.UnreadableText, match="damaged"):
        texts.read_docx(b"PK\x03\x04 broken")


HTML = """<!doctype html><html><head><title>t</title><script>fetch('http://example.invalid')</script></head><body>
<nav>menu</nav><h1>Article 1</h1><p><b>Purpose</b></p><ol>
<li>The office keeps the register<sup>1</sup> of families.</li>
<li>It informs the residents.</li></ol><script>document.write('evil')</script><iframe src="http://example.invalid"></iframe>
<p>Article 2</p><p>End</p><p>It enters into force.</p></body></html>"""


def test_html_gives_provisions_without_scripts() -> None:
    flow = texts.read(HTML.encode(), texts.kind_of("law.html", HTML.encode()))
    read = document.from_flow(flow)
    assert {p.eid: p.text for p in read.provisions} == {
        "art_1": "",
        "art_1__para_1": "The office keeps the register of families.",
        "art_1__para_2": "It informs the residents.",
        "art_2": "",
        "art_2__para_1": "It enters into force.",
    }
    assert any("Scripts" in warning for warning in read.warnings)


def test_an_html_table_keeps_its_cells() -> None:
    flow = texts.read_html("<table><tr><td>a<td>b</tr><tr><td>c<td>d</tr></table>")
    assert [block.cell for block in flow.blocks if isinstance(block, Block)][3] == Cell(1, 2, 2, 2)


def test_wrapped_plain_text_is_put_together() -> None:
    text = """Article 1
Purpose

1. The municipal office keeps the register of the families that were shel-
tered after the flood, and informs the residents about the ways out of the
neighbourhood.
2. The register is kept for ten years after the last entry was made in it.
"""
    read = document.from_flow(texts.read_plain(text))
    assert {p.eid: p.text for p in read.provisions}["art_1__para_1"] == (
        "The municipal office keeps the register of the families that were sheltered after the flood, and informs the "
        "residents about the ways out of the neighbourhood."
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1250"])
def test_encodings(encoding: str) -> None:
    text = (
        "Član 1\nSvrha\n1. Opština čuva registar porodica koje su smeštene u školi, i obaveštava žitelje o žalbi.\n" * 4
    )
    flow = texts.read(text.encode(encoding), "txt")
    assert any("čuva registar" in block.text for block in flow.blocks)


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.bin", b"%PDF-1.4", "pdf"),
        ("a.pdf", b"PK\x03\x04", "docx"),
        ("a.txt", b"<!DOCTYPE html><html>", "html"),
        ("a.xml", b"<?xml version='1.0'?><akomaNtoso>", "akn"),
        ("a.txt", b"Neni 1", "txt"),
    ],
)
def test_the_bytes_decide_what_a_file_is(name: str, data: bytes, kind: str) -> None:
    assert texts.kind_of(name, data) == kind


def test_old_doc_and_unknown_bytes_say_what_to_do() -> None:
    with pytest.raises(texts.UnreadableText, match="save it as DOCX"):
        texts.kind_of("law.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    with pytest.raises(texts.UnknownKind, match=r"PDF, DOCX"):
        texts.kind_of("law.bin", b"\x00\x01\x02")
