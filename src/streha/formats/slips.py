"""Slips and the list of a distribution: plain values in, a tagged PDF (PDF/UA-1) out.

Each slip carries its code twice: as QR, and in signs that can be typed. Every word comes from whoever asks, in the
language and script of the household; nothing is translated or looked up here.
"""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Sequence

from streha.formats import letters

QUIET = 2  # modules of white around a QR; the slip's own margin adds the rest

SLIPS = """
#let all = json(bytes(sys.inputs.told))
#set document(title: all.title, author: all.office)
#set page(paper: "a4", margin: 12mm)
#set text(font: ("Noto Sans", "Libertinus Serif"), size: 9pt, ligatures: false, hyphenate: false, lang: all.lang,
  script: all.script)
#set par(leading: 0.55em, spacing: 0.7em)
#heading(level: 1, text(size: 9pt)[#all.title])
#for s in all.slips [
  #block(breakable: false, width: 100%, inset: 7pt, stroke: (paint: rgb("#8b8576"), thickness: 0.6pt, dash: "dashed"))[
    #set text(lang: s.lang, script: s.script)
    #grid(columns: (31mm, 1fr, 52mm), gutter: 5mm,
      [#image(bytes(s.qr), format: "svg", width: 29mm, alt: s.code)
       #align(center, text(size: 10pt, weight: "bold", tracking: 0.6pt)[#s.code])],
      [#text(size: 10.5pt, weight: "bold")[#s.number · #s.household] \\
       #for line in s.who [#line \\ ]
       #text(size: 8pt)[#s.where \\ #s.day]],
      [#for line in s.lines [#line \\ ]
       #v(5mm) #line(length: 100%, stroke: 0.4pt) #text(size: 7.5pt)[#s.signature]])
  ]
]
"""

ROWS = """
#let all = json(bytes(sys.inputs.told))
#set document(title: all.title, author: all.office)
#set page(paper: "a4", flipped: true, margin: 12mm, footer: context [
  #set text(size: 8pt)
  #all.office #h(1fr) #counter(page).display() / #counter(page).final().first()])
#set text(font: ("Noto Sans", "Libertinus Serif"), size: 8.5pt, ligatures: false, hyphenate: false, lang: all.lang,
  script: all.script)
#set table(stroke: 0.4pt + rgb("#cfc8ba"), inset: 4pt)
#show heading: set text(size: 12pt)
= #all.title
#for line in all.under [#line \\ ]
#table(columns: (auto, auto, 1fr, 1fr, auto, 34mm), table.header(..all.header.map(h => strong(h))),
  ..all.rows.flatten().map(v => [#v]))
"""


@dataclasses.dataclass(frozen=True)
class Slip:
    """One slip, every word in the household's own language. ``language`` is one of sq, sr-Cyrl, sr-Latn, en."""

    language: str
    code: str
    number: str
    household: str
    who: Sequence[str]
    where: str
    day: str
    lines: Sequence[str]
    signature: str


def slips_pdf(slips: Sequence[Slip], *, title: str, office: str, language: str) -> bytes:
    """The slips, several on a page, to be cut apart. Raises BadInput for a language that no letter has."""
    lang, script = letters.form_of(language)
    told = [
        dataclasses.asdict(slip)
        | {"qr": qr_svg(slip.code), **dict(zip(("lang", "script"), letters.form_of(slip.language), strict=True))}
        for slip in slips
    ]
    return _compiled(SLIPS, {"title": title, "office": office, "lang": lang, "script": script, "slips": told})


def rows_pdf(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    title: str,
    under: Sequence[str],
    office: str,
    language: str,
) -> bytes:
    """The list of a distribution with room for a signature in its last column."""
    lang, script = letters.form_of(language)
    told = {"title": title, "under": list(under), "office": office, "lang": lang, "script": script}
    return _compiled(ROWS, told | {"header": list(header), "rows": [list(row) for row in rows]})


def qr_svg(code: str) -> str:
    """The code as a QR drawn in SVG; its signs alone, so that any reader types them into a field."""
    import segno

    stream = io.BytesIO()
    segno.make(code.replace("-", ""), error="m", micro=False).save(
        stream, kind="svg", border=QUIET, xmldecl=False, svgns=True, nl=False
    )
    return stream.getvalue().decode()


def _compiled(template: str, told: dict[str, object]) -> bytes:
    import typst

    def attempt(text: str) -> bytes:
        result: bytes = typst.compile(
            template.encode(), format="pdf", sys_inputs={"told": text}, pdf_standards=["1.7", "ua-1"]
        )
        return result

    text = json.dumps(told, ensure_ascii=False)
    try:
        return attempt(text)
    except typst.TypstError:  # the accessibility standard refuses a sign without a shape
        return attempt(letters.drawable(text))
