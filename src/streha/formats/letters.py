"""A letter or decision on the office's paper: plain values in, a tagged PDF (PDF/UA-1) out.

Whoever writes the letter brings every word of it, in the language and script of whoever will read it; nothing is
translated or looked up here. ``mark`` is printed above and below a letter whose template nobody has signed yet.
"""

from __future__ import annotations

import dataclasses
import json
import string
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from streha.common import errors
from streha.common.errors import message

TAGS = {"sq": ("sq", "latn"), "sr-Cyrl": ("sr", "cyrl"), "sr-Latn": ("sr", "latn"), "en": ("en", "latn")}
NO_SHAPE = "?"

TEMPLATE = """
#let l = json(bytes(sys.inputs.letter))
#set document(title: l.title, author: l.office)
#set page(paper: "a4", margin: (top: 22mm, bottom: 24mm, x: 24mm), footer: context [
  #set text(size: 8pt, fill: rgb("#55606e"))
  #if l.mark != "" [*#l.mark* \\ ]
  #l.footer #h(1fr) #counter(page).display() / #counter(page).final().first()
])
#set text(font: ("Noto Sans", "Libertinus Serif"), size: 10.5pt, lang: l.lang, script: l.script,
  ligatures: false, hyphenate: false, fill: rgb("#1c2530"))
#set par(leading: 0.72em, spacing: 1.1em)
#set table(stroke: 0.5pt + rgb("#cfc8ba"), inset: 5pt)
#show heading.where(level: 1): set text(size: 15pt)
#show heading.where(level: 2): set text(size: 11.5pt)
#show heading: set block(above: 1.3em, below: 0.9em)

#strong(l.office)
#h(1fr) #l.date
#if l.mark != "" [#block(width: 100%, inset: 7pt, stroke: 0.8pt + rgb("#a3211a"))[#text(fill: rgb("#a3211a"))[#l.mark]]]
#v(4pt)
#for line in l.recipient [#line \\ ]
#if l.reference != "" [#v(2pt) #text(size: 9pt)[#l.reference]]

= #l.title

#for part in l.parts {
  if part.kind == "text" [#par[#part.text]]
  else if part.kind == "heading" [#heading(level: 2)[#part.text]]
  else if part.kind == "points" {
    let told = part.points.map(p => [#p])
    if part.numbered { enum(..told) } else { list(..told) }
  } else if part.kind == "rows" {
    table(columns: part.header.len(), table.header(..part.header.map(h => strong(h))),
      align: part.align.map(a => if a == "r" { right } else { left }), ..part.rows.flatten().map(v => [#v]))
  } else if part.kind == "picture" {
    image(bytes(part.svg), format: "svg", width: 100%, alt: part.alt)
  }
}
#if l.signature.len() > 0 [#v(18pt) #for line in l.signature [#line \\ ]]
"""


@dataclasses.dataclass(frozen=True)
class Text:
    """A paragraph, or a heading over what follows."""

    text: str
    is_heading: bool = False


@dataclasses.dataclass(frozen=True)
class Points:
    """A list of short points, with numbers where their order matters."""

    points: Sequence[str]
    numbered: bool = False


@dataclasses.dataclass(frozen=True)
class Rows:
    """A table with a header; every row has as many cells. Columns of numbers stand ``right``, by their places."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: frozenset[int] = frozenset()


@dataclasses.dataclass(frozen=True)
class Picture:
    """A drawing as SVG, and what it says for those who do not see it."""

    svg: str
    alt: str


Part = Text | Points | Rows | Picture


@dataclasses.dataclass(frozen=True)
class Letter:
    """Everything that stands on the paper. ``language`` is one of sq, sr-Cyrl, sr-Latn, en."""

    language: str
    title: str
    office: str
    date: str
    recipient: Sequence[str]
    parts: Sequence[Part]
    reference: str = ""
    signature: Sequence[str] = ()
    mark: str = ""
    footer: str = ""


def pdf(letter: Letter) -> bytes:
    """The letter as PDF/UA-1: tagged, with title and language.

    A sign that no font at hand draws (an emoji in a name, say) becomes a question mark; the letter is not lost for
    it. Raises BadInput for a language without a form here, or rows that do not fit their header.
    """
    told = json.dumps(_plain(letter), ensure_ascii=False)
    try:
        return _compiled(told)
    except _compiler_error():  # the accessibility standard refuses a sign without a shape
        return _compiled(drawable(told))


def drawable(told: str) -> str:
    """The text with every sign that no font at hand draws as a question mark."""
    return "".join(sign if sign.isascii() or _is_drawn(sign) else NO_SHAPE for sign in told)


def form_of(language: str) -> tuple[str, str]:
    """Language and script as a PDF names them. Raises BadInput for a language without a form here."""
    if language not in TAGS:
        raise errors.BadInput(
            message("There is no letter in “{value}”. Choose one of: {known}."),
            code="letter_language",
            value=language,
            known=", ".join(TAGS),
        )
    return TAGS[language]


def fill(template: str, values: Mapping[str, str]) -> str:
    """A sentence of a template with its {names} filled.

    Raises BadInput naming what the template asks for and nobody gave, so that no letter leaves with a hole in it.
    """
    asked = placeholders(template)
    missing = sorted(asked - values.keys())
    if missing:
        raise errors.BadInput(
            message("The template asks for “{names}”, which this letter does not have. Correct the template."),
            code="letter_hole",
            names=", ".join(missing),
        )
    return template.format_map(dict(values)) if asked else template


def placeholders(template: str) -> frozenset[str]:
    """The {names} that a template asks for. Raises BadInput for braces that do not close or hold anything else."""
    try:
        parsed = list(string.Formatter().parse(template))
    except ValueError as wrong:
        raise _malformed(template) from wrong
    asked = frozenset(name for _, name, _, _ in parsed if name is not None)
    if any(not name.isidentifier() or spec or how for _, name, spec, how in parsed if name is not None):
        raise _malformed(template)
    return asked


def _malformed(template: str) -> errors.BadInput:
    return errors.BadInput(
        message("“{value}” has a brace too many. Write placeholders as {example}."),
        code="letter_braces",
        value=template[:60],
        example="{name}",
    )


def _plain(letter: Letter) -> dict[str, Any]:
    lang, script = form_of(letter.language)
    return {
        "lang": lang,
        "script": script,
        "title": letter.title,
        "office": letter.office,
        "date": letter.date,
        "recipient": list(letter.recipient),
        "reference": letter.reference,
        "signature": list(letter.signature),
        "mark": letter.mark,
        "footer": letter.footer,
        "parts": [_part(part) for part in letter.parts],
    }


def _part(part: Part) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"kind": "heading" if part.is_heading else "text", "text": part.text}
    if isinstance(part, Points):
        return {"kind": "points", "points": list(part.points), "numbered": part.numbered}
    if isinstance(part, Picture):
        return {"kind": "picture", "svg": part.svg, "alt": part.alt}
    if any(len(row) != len(part.header) for row in part.rows):
        raise errors.BadInput(message("A row of the letter's table does not fit its header."), code="letter_rows")
    align = ["r" if at in part.right else "l" for at in range(len(part.header))]
    return {"kind": "rows", "header": list(part.header), "rows": [list(row) for row in part.rows], "align": align}


def _compiled(told: str) -> bytes:
    import typst

    # 1.7 beside the accessibility standard: without it the compiler may choose a version that readers do not know.
    result: bytes = typst.compile(
        TEMPLATE.encode(), format="pdf", sys_inputs={"letter": told}, pdf_standards=["1.7", "ua-1"]
    )
    return result


def _compiler_error() -> type[Exception]:
    import typst

    error: type[Exception] = typst.TypstError
    return error


@cache
def _is_drawn(sign: str) -> bool:
    try:
        _compiled(json.dumps(_plain(Letter("en", "t", "o", "d", (), (Text(sign),))), ensure_ascii=False))
    except _compiler_error():
        return False
    return True
