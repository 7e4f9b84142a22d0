"""Akoma Ntoso out and in again."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from streha.engine.law import document
from streha.formats import akn, pdf

GAZETTE = Path(__file__).parent.parent / "engine" / "law" / "data" / "gazette"


@pytest.mark.parametrize("name", ["typst-three-rows", "typst-three-cells", "typst-plan", "libreoffice-plan"])
def test_what_goes_out_comes_back(name: str) -> None:
    with pdf.Pdf((GAZETTE / f"{name}.pdf").read_bytes()) as file:
        read = document.from_pages(file.pages())
    for lang in read.languages:
        parts = [akn.Part(p.eid, p.kind, p.path, p.heading, p.text, lang) for p in read.of(lang)]
        again = akn.read(akn.write(lang, parts))
        assert again.lang == lang
        assert {(p.eid, p.kind, p.heading, p.text) for p in again.parts} == {
            (p.eid, p.kind, p.heading, p.text) for p in parts
        }


def test_it_is_akoma_ntoso_with_chapters_around_articles() -> None:
    truth = json.loads((GAZETTE / "typst-one.json").read_text(encoding="utf-8"))
    assert truth
    with pdf.Pdf((GAZETTE / "typst-one.pdf").read_bytes()) as file:
        read = document.from_pages(file.pages())
    parts = [akn.Part(p.eid, p.kind, p.path, p.heading, p.text, "sq") for p in read.of("sq")]
    root = ElementTree.fromstring(akn.write("sq", parts))
    space = {"a": akn.NAMESPACE}
    assert root.find("a:act/a:meta/a:identification/a:FRBRExpression/a:FRBRlanguage", space).get("language") == "sqi"  # type: ignore[union-attr]
    assert root.find("a:act/a:body/a:chapter/a:article/a:num", space).text == "Neni 1"  # type: ignore[union-attr]
    eids = [element.get("eId") for element in root.iter() if element.get("eId")]
    assert len(eids) == len(set(eids))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"<a>", "broken"), (b"<a/>", "root"), (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "entities"),
        (f'<akomaNtoso xmlns="{akn.NAMESPACE}"/>'.encode(), "no body"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_why(data: bytes, why: str) -> None:
    with pytest.raises(akn.UnreadableAkn, match=why):
        akn.read(data)
