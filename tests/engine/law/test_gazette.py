"""Every paragraph whole and every eId right, in every column: authored documents set by four programs.

The documents are made by ``tests/engine/law/author.py``; their truth lies beside them.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streha.engine.law import document
from streha.formats import pdf, texts

GAZETTE = Path(__file__).parent / "data" / "gazette"
PDFS = sorted(GAZETTE.glob("*.pdf"))
DOCX = sorted(GAZETTE.glob("*.docx"))


def _differences(read: document.Document, truth: list[dict[str, str]]) -> list[str]:
    """What is missing, different or too much; the front of a document is not in the truth."""
    found = {(p.lang, p.eid): (p.heading, p.text) for p in read.provisions if not p.eid.startswith("preface")}
    wanted = {(row["lang"], row["eid"]): (row["heading"], row["text"]) for row in truth}
    wrong = [f"{key}: {found.get(key)} instead of {value}" for key, value in wanted.items() if found.get(key) != value]
    return wrong + [f"{key} is too much" for key in found.keys() - wanted.keys()]


def test_there_are_enough_documents_of_enough_programs() -> None:
    assert len(PDFS) >= 12
    assert {path.name.split("-")[0] for path in PDFS} == {"typst", "chromium", "libreoffice", "reportlab"}


@pytest.mark.parametrize("path", PDFS, ids=lambda path: path.stem)
def test_a_pdf_gives_every_provision_whole(path: Path) -> None:
    truth = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    with pdf.Pdf(path.read_bytes()) as file:
        read = document.from_pages(file.pages())
    assert _differences(read, truth) == []
    assert read.findings == ()
    assert read.warnings == ()
    assert read.coverage > 0.99


@pytest.mark.parametrize("path", DOCX, ids=lambda path: path.stem)
def test_a_docx_gives_the_same_provisions_as_its_pdf(path: Path) -> None:
    truth = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    read = document.from_flow(texts.read(path.read_bytes(), "docx"))
    assert _differences(read, truth) == []
    assert read.findings == ()


def test_the_long_regulation_has_47_pages() -> None:
    with pdf.Pdf((GAZETTE / "chromium-three-47.pdf").read_bytes()) as file:
        assert file.page_count == 47
