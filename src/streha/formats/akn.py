"""Akoma Ntoso 3.0 (OASIS LegalDocML), one expression per language, out and in.

What goes out is what the engine knows: eIds, printed numbers, headings and words. Metadata that nobody knows (dates,
authors) is left to the person who publishes; the required skeleton is filled with placeholders marked as such.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import defusedxml.ElementTree

from streha.common import errors
from streha.common.errors import message

NAMESPACE = "http://docs.oasis-open.org/legaldocml/ns/akn/3.0"
MAX_BYTES = 60_000_000
_ELEMENTS = {
    "chp": "chapter", "art": "article", "para": "paragraph", "point": "point", "sec": "section", "subsec": "subsection",
    "part": "part", "att": "hcontainer", "indent": "indent", "subpara": "subparagraph", "intro": "hcontainer",
    "wrapup": "hcontainer", "hcontainer": "hcontainer", "measure": "hcontainer", "objective": "hcontainer",
    "table": "hcontainer", "row": "hcontainer",
}  # fmt: skip
_KINDS = {element: kind for kind, element in _ELEMENTS.items() if element != "hcontainer"}
_LANGUAGES = {"sq": "sqi", "en": "eng", "sr-Latn": "srp-Latn", "sr-Cyrl": "srp-Cyrl"}
_CODES = {code: lang for lang, code in _LANGUAGES.items()}


class UnreadableAkn(errors.BadInput):
    """Not Akoma Ntoso, or broken XML."""

    code = "akn_unreadable"
    template = message("This file is not readable Akoma Ntoso XML: {why}.")


@dataclass(frozen=True, slots=True)
class Part:
    """One provision of one language, as the file holds it."""

    eid: str
    kind: str
    path: str
    heading: str
    text: str
    lang: str


@dataclass(frozen=True, slots=True)
class Work:
    """What a file holds."""

    title: str
    lang: str
    parts: tuple[Part, ...]


def write(lang: str, parts: list[Part]) -> bytes:
    """One expression as XML; provisions nest as their eIds do."""
    ElementTree.register_namespace("", NAMESPACE)
    root = ElementTree.Element(_tag("akomaNtoso"))
    act = ElementTree.SubElement(root, _tag("act"), {"name": "act"})
    act.append(_meta(lang))
    fronts = [part for part in parts if part.kind == "p" and part.eid.startswith("preface")]
    if fronts:
        preface = ElementTree.SubElement(act, _tag("preface"), {"eId": "preface"})
        for part in fronts:
            _paragraph(preface, part.text, part.eid)
    body = ElementTree.SubElement(act, _tag("body"))
    places: dict[str, ElementTree.Element] = {}
    chapter: ElementTree.Element | None = None
    for part in parts:
        if part.kind == "p":
            continue
        holder = _holder(part, places, body, chapter)
        attributes = {"eId": part.eid}
        element = _ELEMENTS.get(part.kind, "hcontainer")
        if element == "hcontainer":
            attributes["name"] = part.kind
        node = ElementTree.SubElement(holder, _tag(element), attributes)
        places[part.eid] = node
        if part.kind == "chp":
            chapter = node
        _fill(node, part)
    _close(body)
    endings = [part for part in parts if part.kind == "p" and part.eid.startswith("conclusions")]
    if endings:
        conclusions = ElementTree.SubElement(act, _tag("conclusions"), {"eId": "conclusions"})
        for part in endings:
            _paragraph(conclusions, part.text, part.eid)
    ElementTree.indent(root)
    body_bytes: bytes = ElementTree.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body_bytes + b"\n"


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _holder(
    part: Part, places: dict[str, ElementTree.Element], body: ElementTree.Element, chapter: ElementTree.Element | None
) -> ElementTree.Element:
    """The element a provision stands in: by its eId, and an article in the open chapter."""
    stem = part.eid.rpartition("__")[0]
    while stem:
        if stem in places:
            return places[stem]
        stem = stem.rpartition("__")[0]
    above = part.path.count(" / ")
    return chapter if part.kind == "art" and chapter is not None and above else body


def _fill(node: ElementTree.Element, part: Part) -> None:
    printed = part.path.rpartition(" / ")[2]
    if printed and not printed.startswith("["):
        ElementTree.SubElement(node, _tag("num")).text = printed
    if part.heading:
        ElementTree.SubElement(node, _tag("heading")).text = part.heading
    if part.text:
        content = ElementTree.SubElement(node, _tag("content"))
        _paragraph(content, part.text)


def _close(body: ElementTree.Element) -> None:
    """Words before points are the introduction of the list: content and children may not stand together."""
    hierarchy = {_tag(name) for name in _ELEMENTS.values()}
    for node in body.iter():
        content = node.find(_tag("content"))
        if content is not None and any(child.tag in hierarchy for child in node):
            content.tag = _tag("intro")
        elif content is None and node.tag in hierarchy and not any(child.tag in hierarchy for child in node):
            _paragraph(ElementTree.SubElement(node, _tag("content")), "")


def _paragraph(holder: ElementTree.Element, text: str, eid: str = "") -> None:
    ElementTree.SubElement(holder, _tag("p"), {"eId": eid} if eid else {}).text = text


def _meta(lang: str) -> ElementTree.Element:
    code = _LANGUAGES.get(lang, "und")
    meta = ElementTree.Element(_tag("meta"))
    identification = ElementTree.SubElement(meta, _tag("identification"), {"source": "#streha"})
    uri = "/akn/xk/act/unverified/unverified"
    for name, this in (
        ("FRBRWork", uri),
        ("FRBRExpression", f"{uri}/{code}@"),
        ("FRBRManifestation", f"{uri}/{code}@.xml"),
    ):
        level = ElementTree.SubElement(identification, _tag(name))
        ElementTree.SubElement(level, _tag("FRBRthis"), {"value": f"{this}/!main" if name == "FRBRWork" else this})
        ElementTree.SubElement(level, _tag("FRBRuri"), {"value": this})
        ElementTree.SubElement(level, _tag("FRBRdate"), {"date": "0001-01-01", "name": "unverified"})
        ElementTree.SubElement(level, _tag("FRBRauthor"), {"href": "#unverified"})
        if name == "FRBRWork":
            ElementTree.SubElement(level, _tag("FRBRcountry"), {"value": "xk"})
        if name == "FRBRExpression":
            ElementTree.SubElement(level, _tag("FRBRlanguage"), {"language": code})
    references = ElementTree.SubElement(meta, _tag("references"), {"source": "#streha"})
    for name in ("streha", "unverified"):
        ElementTree.SubElement(
            references, _tag("TLCOrganization"), {"eId": name, "href": f"/ontology/organization/{name}", "showAs": name}
        )
    return meta


def read(data: bytes) -> Work:
    """A file as provisions. Entities, external references and other namespaces are refused or ignored.

    Raises
    ------
    UnreadableAkn
        When it is not XML, holds entities, or holds no Akoma Ntoso body.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableAkn(why="it is larger than 60 MB")
    try:
        root = defusedxml.ElementTree.fromstring(data, forbid_dtd=True)
    except defusedxml.DefusedXmlException as error:
        raise UnreadableAkn(why="it defines entities or a document type, which is refused") from error
    except ElementTree.ParseError as error:
        raise UnreadableAkn(why=f"the XML is broken ({error})") from error
    if _local(root) != "akomaNtoso":
        raise UnreadableAkn(why="its root is not akomaNtoso")
    language = next((e.get("language", "") for e in root.iter() if _local(e) == "FRBRlanguage"), "")
    lang = _CODES.get(language, language)
    parts: list[Part] = []
    for element in root.iter():
        if _local(element) in ("preface", "preamble", "conclusions"):
            name = _local(element)
            texts = [child for child in element.iter() if _local(child) == "p"]
            parts += [
                Part(p.get("eId") or f"{name}__p_{n}", "p", f"[{n}]", "", _words(p), lang)
                for n, p in enumerate(texts, 1)
            ]
    body = next((element for element in root.iter() if _local(element) in ("body", "mainBody")), None)
    if body is None:
        raise UnreadableAkn(why="it has no body")
    _walk(body, (), lang, parts, depth=0)
    title = next((part.text for part in parts if part.kind == "p"), "")
    ends = [part for part in parts if part.eid.startswith("conclusions")]
    return Work(title, lang, tuple([part for part in parts if part not in ends] + ends))


def _walk(node: ElementTree.Element, path: tuple[str, ...], lang: str, parts: list[Part], depth: int) -> None:
    if depth > 40:
        raise UnreadableAkn(why="its provisions are nested more than 40 deep")
    for child in node:
        eid, name = child.get("eId", ""), _local(child)
        if not eid or name not in {*_KINDS, "hcontainer"}:
            continue
        number = _text_of(child, "num")
        here = (*path, number or f"[{eid.rpartition('_')[2]}]")
        kind = _KINDS.get(name) or child.get("name") or "hcontainer"
        own = [_words(p) for box in child if _local(box) in ("content", "intro", "wrapUp") for p in box]
        text = " ".join(words for words in own if words)
        parts.append(Part(eid, kind, " / ".join(here), _text_of(child, "heading"), text, lang))
        _walk(child, here, lang, parts, depth + 1)


def _local(element: Any) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _text_of(element: ElementTree.Element, name: str) -> str:
    found = next((child for child in element if _local(child) == name), None)
    return _words(found) if found is not None else ""


def _words(element: ElementTree.Element) -> str:
    return re.sub(r"\s+", " ", "".join(element.itertext())).strip()
