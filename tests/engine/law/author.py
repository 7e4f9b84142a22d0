"""Sets the authored documents with four programs: ``python -m tests.engine.law.author [name ...]``.

Needs typst and reportlab (Python), Chromium and LibreOffice (programs). The PDFs and their truth are kept in
``data/gazette``, so the tests need none of them.
"""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.engine.law import authored
from tests.engine.law.authored import Item

HERE = Path(__file__).parent / "data" / "gazette"
SQ, EN, SRL, SRC = "sq", "en", "sr-Latn", "sr-Cyrl"
Printed = tuple[str, str, str]  # style, words, footnote


def printed(items: list[Item], lang: str) -> list[Printed]:
    """What stands on the page, paragraph by paragraph."""
    out: list[Printed] = []
    for item in items:
        label, heading, text, note = (part.get(lang, "") for part in (item.label, item.heading, item.text, item.note))
        if item.kind in ("chapter", "article"):
            out += [(item.kind, label, ""), (f"{item.kind}-title", heading, "")]
        elif item.kind in ("heading", "subheading"):
            out.append((item.kind, f"{label} {heading}", ""))
        elif item.kind == "measure":
            out.append(("measure", f"{label}: {text}", ""))
        else:
            out.append((item.kind, f"{label} {text}".strip(), note))
    return out


def text_of(items: list[Item]) -> list[Item]:
    """All that is not in the table."""
    return [item for item in items if item.kind not in ("row", "table")]


def articles(items: list[Item]) -> list[list[Item]]:
    """Items in groups: what a table sets into one row of cells."""
    groups: list[list[Item]] = []
    for item in items:
        if item.kind in ("title", "chapter", "article") or not groups:
            groups.append([])
        groups[-1].append(item)
    return groups


# ---------------------------------------------------------------- typst


def _typst_text(text: str) -> str:
    for sign in "\\#*_`$<>@~[]=-+/":
        text = text.replace(sign, "\\" + sign)
    # "1." would become a list of typst's own.
    return re.sub(r"^(\d+)\.", r"\1\\.", text)


def _typst(paragraph: Printed) -> str:
    style, words, note = paragraph
    body = _typst_text(words)
    if note:
        body += f"#footnote[{_typst_text(note)}]"
    if style in ("title", "chapter", "chapter-title", "article", "article-title"):
        return f"#align(center)[#strong[{body}]]\n"
    if style == "heading":
        return f'#block(above: 1.6em, text(size: 13pt, weight: "bold")[{body}])\n'
    if style == "subheading":
        return f'#block(above: 1.3em, text(weight: "bold")[{body}])\n'
    if style in ("point", "measure"):
        return f"#pad(left: 10pt)[{body}]\n"
    return f"#par[{body}]\n"


def _typst_page(font: str, size: float, *, columns: str = "", header: str = "Fletorja e provës") -> str:
    return (
        f'#set page(paper: "a4", margin: (x: 50pt, y: 70pt), header: align(center)[{header}], '
        "footer: context align(center)[#counter(page).display()])\n"
        f'#set text(font: "{font}", size: {size}pt, hyphenate: true)\n#set par(justify: true)\n{columns}'
    )


_TYPST_LANG = {SQ: "sq", EN: "en", SRL: "sr", SRC: "sr"}


def _typst_in(lang: str, body: str) -> str:
    return f'#text(lang: "{_TYPST_LANG[lang]}")[{body}]'


def typst_rows(items: list[Item], langs: list[str], path: Path) -> None:
    """One row of a table per paragraph: drawn row by row, languages beside one another."""
    cells = []
    for item in items:
        for line in zip(*(printed([item], lang) for lang in langs), strict=True):
            cells += [f"[{_typst_in(lang, _typst(part))}]" for lang, part in zip(langs, line, strict=True)]
    columns = ", ".join(["1fr"] * len(langs))
    source = (
        _typst_page("Liberation Serif", 9)
        + f"#table(columns: ({columns}), stroke: none, inset: 5pt, {', '.join(cells)})"
    )
    _compile_typst(source, path)


def typst_cells(items: list[Item], langs: list[str], path: Path) -> None:
    """One row per article, ruled, cells that break over pages."""
    cells = []
    for group in articles(items):
        cells += ["[" + _typst_in(lang, "\n".join(_typst(p) for p in printed(group, lang))) + "]" for lang in langs]
    columns = ", ".join(["1fr"] * len(langs))
    source = (
        _typst_page("DejaVu Sans", 7.5) + f"#table(columns: ({columns}), stroke: 0.5pt, inset: 6pt, {', '.join(cells)})"
    )
    _compile_typst(source, path)


def typst_single(items: list[Item], langs: list[str], path: Path) -> None:
    """One column, justified, hyphenated, with footnotes."""
    body = "\n".join(_typst(part) for part in printed(items, langs[0]))
    _compile_typst(_typst_page("Liberation Serif", 11) + _typst_in(langs[0], body), path)


def typst_newspaper(items: list[Item], langs: list[str], path: Path) -> None:
    """Two columns in one language, read one after the other."""
    body = "\n".join(_typst(part) for part in printed(items, langs[0]))
    _compile_typst(
        _typst_page("Liberation Serif", 10, columns="#set page(columns: 2)\n") + _typst_in(langs[0], body), path
    )


def typst_plan(items: list[Item], langs: list[str], path: Path) -> None:
    """A plan with a ruled table whose header is repeated on every page."""
    lang = langs[0]
    rows = [item for item in items if item.kind == "row"]
    body = "\n".join(_typst(part) for part in printed(text_of(items), lang))
    place = {SQ: 0, EN: 1, SRL: 2, SRC: 2}[lang]
    head = ", ".join(f"[*{_head(lang, h[place])}*]" for h in authored.TABLE_HEAD)
    cells = ", ".join(f"[{_typst_text(c)}]" for row in rows for c in row.text[lang].split(" | "))
    table = f"#table(columns: (30pt, 1fr, 1fr, 50pt), table.header({head}), {cells})"
    _compile_typst(_typst_page("Liberation Sans", 10.5) + _typst_in(lang, body + "\n" + table), path)


def _head(lang: str, text: str) -> str:
    return authored.cyrillic(text) if lang == SRC else text


def _compile_typst(source: str, path: Path) -> None:
    import typst

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "in.typ"
        file.write_text(source, encoding="utf-8")
        path.write_bytes(typst.compile(str(file)))


# ---------------------------------------------------------------- Chromium

_CSS = """
@page { size: A4; margin: 22mm 15mm }
body { font: 9pt 'Liberation Serif'; line-height: 1.25 }
table { border-collapse: collapse; width: 100%; table-layout: fixed } td, th { vertical-align: top; padding: 3pt 6pt }
p { margin: 0 0 5pt } .title,.chapter,.chapter-title,.article,.article-title { text-align: center; font-weight: bold }
.point { margin-left: 12pt } .justified p { text-align: justify; hyphens: auto }
.ruled td, .ruled th { border: 0.7pt solid #444 } h2 { font-size: 14pt } h3 { font-size: 11pt }
.two { columns: 2; column-gap: 9mm }
"""


def _html(paragraph: Printed) -> str:
    style, words, _ = paragraph
    tag = {"heading": "h2", "subheading": "h3"}.get(style, "p")
    return f'<{tag} class="{style}">{html.escape(words)}</{tag}>'


def chromium_rows(items: list[Item], langs: list[str], path: Path) -> None:
    """A table without rules, one row per article."""
    rows = []
    for group in articles(items):
        cells = "".join(f'<td lang="{lang}">{"".join(map(_html, printed(group, lang)))}</td>' for lang in langs)
        rows.append(f"<tr>{cells}</tr>")
    _print_chromium(f"<table>{''.join(rows)}</table>", path)


def chromium_ruled(items: list[Item], langs: list[str], path: Path) -> None:
    """A ruled table, one row per paragraph."""
    rows = []
    for item in items:
        for line in zip(*(printed([item], lang) for lang in langs), strict=True):
            rows.append(
                "<tr>"
                + "".join(f'<td lang="{la}">{_html(p)}</td>' for la, p in zip(langs, line, strict=True))
                + "</tr>"
            )
    _print_chromium(f"<table class=ruled>{''.join(rows)}</table>", path)


def chromium_newspaper(items: list[Item], langs: list[str], path: Path) -> None:
    """Two columns of one language, justified, hyphenated."""
    body = "".join(map(_html, printed(items, langs[0])))
    _print_chromium(f'<div class="two justified" lang="{langs[0]}">{body}</div>', path)


def chromium_plan(items: list[Item], langs: list[str], path: Path) -> None:
    """A plan in one column with a ruled table."""
    lang = langs[0]
    body = "".join(map(_html, printed(text_of(items), lang)))
    place = {SQ: 0, EN: 1, SRL: 2, SRC: 2}[lang]
    head = "".join(f"<th>{_head(lang, h[place])}</th>" for h in authored.TABLE_HEAD)
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in item.text[lang].split(" | ")) + "</tr>"
        for item in items
        if item.kind == "row"
    )
    table = f"<table class=ruled><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    _print_chromium(f'<div lang="{lang}">{body}{table}</div>', path)


def _print_chromium(body: str, path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "in.html"
        file.write_text(f"<!doctype html><meta charset=utf-8><style>{_CSS}</style>{body}", encoding="utf-8")
        subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile",
             f"--print-to-pdf={path}", file.as_uri()], check=True, capture_output=True, timeout=180,
        )  # fmt: skip


# ---------------------------------------------------------------- ReportLab


def _fonts() -> tuple[str, str]:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    folder = Path("/usr/share/fonts/truetype/liberation")
    pdfmetrics.registerFont(TTFont("Body", str(folder / "LiberationSans-Regular.ttf")))
    pdfmetrics.registerFont(TTFont("Body-Bold", str(folder / "LiberationSans-Bold.ttf")))
    return "Body", "Body-Bold"


_BOLD = ("title", "chapter", "chapter-title", "article", "article-title", "heading", "subheading")


def reportlab_frames(items: list[Item], langs: list[str], path: Path) -> None:
    """Lines drawn one by one, across the languages: the text of each language is scattered through the file.

    Every page has a header over all columns and a numbered footer; words at the end of a line may be hyphenated.
    """
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfgen import canvas

    regular, bold = _fonts()
    size, leading, top, bottom = 8.5, 10.4, 770.0, 70.0
    width = (595 - 2 * 42 - (len(langs) - 1) * 14) / len(langs)
    columns: list[list[tuple[str, str, float]]] = []
    for lang in langs:
        lines: list[tuple[str, str, float]] = []
        for style, words, _ in printed(items, lang):
            font = bold if style in _BOLD else regular
            lines += [(font, text, 0.0) for text in _wrap(words, font, size, width, pdfmetrics.stringWidth)]
            lines.append(("", "", 4.0))
        columns.append(lines)
    page = canvas.Canvas(str(path), pagesize=(595, 842), invariant=1)
    number = 1
    while any(columns):
        page.setFont(regular, 9)
        page.drawCentredString(297, 805, "Gazeta provë / Probni glasnik / Trial Gazette")
        page.drawCentredString(297, 40, f"- {number} -")
        ys = [top] * len(langs)
        moving = True
        while moving:
            moving = False
            for place, lines in enumerate(columns):
                if lines and ys[place] > bottom:
                    font, text, skip = lines.pop(0)
                    moving = True
                    if text:
                        page.setFont(font, size)
                        page.drawString(42 + place * (width + 14), ys[place], text)
                    ys[place] -= skip or leading
        page.showPage()
        number += 1
    page.save()


def reportlab_sequence(items: list[Item], langs: list[str], path: Path) -> None:
    """One column; one language after the other."""
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate

    regular, bold = _fonts()
    body = ParagraphStyle("body", fontName=regular, fontSize=10, leading=13, spaceAfter=5, alignment=4)
    strong = ParagraphStyle("strong", parent=body, fontName=bold, alignment=1)
    story: list[object] = []
    for lang in langs:
        story += [
            Paragraph(html.escape(words), strong if style in _BOLD else body)
            for style, words, _ in printed(items, lang)
        ]
        story.append(PageBreak())
    SimpleDocTemplate(str(path), pagesize=(595, 842), invariant=1).build(story)


def _wrap(text: str, font: str, size: float, width: float, measure: Callable[[str, str, float], float]) -> list[str]:
    """Lines that fit, with long words hyphenated after their fifth letter where that fills the line."""
    lines, line = [], ""
    for word in text.split():
        trial = f"{line} {word}".strip()
        if measure(trial, font, size) <= width:
            line = trial
            continue
        head = f"{line} {word[:5]}-".strip()
        if len(word) > 9 and word.isalpha() and measure(head, font, size) <= width:
            lines.append(head)
            line = word[5:]
        else:
            lines.append(line)
            line = word
    return [*lines, line] if line else lines


# ---------------------------------------------------------------- LibreOffice, through DOCX

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def _word_paragraph(paragraph: Printed, *, number: int | None = None) -> str:
    style, words, _ = paragraph
    strong = "<w:rPr><w:b/></w:rPr>" if style in _BOLD else ""
    centre = '<w:jc w:val="center"/>' if style in _BOLD and "heading" not in style else '<w:jc w:val="both"/>'
    name = {"heading": "Heading1", "subheading": "Heading2"}.get(style, "")
    styled = f'<w:pStyle w:val="{name}"/>' if name else ""
    listed = f'<w:numPr><w:ilvl w:val="{number}"/><w:numId w:val="1"/></w:numPr>' if number is not None else ""
    return (
        f'<w:p><w:pPr>{styled}{listed}<w:spacing w:after="90"/>{centre}</w:pPr>'
        f'<w:r>{strong}<w:t xml:space="preserve">{html.escape(words)}</w:t></w:r></w:p>'
    )


def _word_cell(body: str, width: int) -> str:
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>{body}</w:tc>'


def _word_table(rows: list[str], widths: list[int], *, ruled: bool, header: bool = False) -> str:
    sides = "".join(
        f'<w:{s} w:val="single" w:sz="4"/>' for s in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    borders = f"<w:tblBorders>{sides}</w:tblBorders>" if ruled else ""
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    if header:
        rows = [rows[0].replace("<w:tr>", "<w:tr><w:trPr><w:tblHeader/></w:trPr>", 1), *rows[1:]]
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/>{borders}<w:tblLayout w:type="fixed"/></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"
    )


_STYLES = f"""<w:styles {_W}><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Liberation Serif" w:hAnsi="Liberation Serif"
 w:cs="Liberation Serif"/><w:sz w:val="20"/></w:rPr></w:rPrDefault></w:docDefaults>
<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr>
<w:rPr><w:b/><w:sz w:val="28"/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="Heading2"><w:name w:val="heading 2"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr>
<w:rPr><w:b/><w:sz w:val="23"/></w:rPr></w:style></w:styles>"""
_NUMBERING = f"""<w:numbering {_W}><w:abstractNum w:abstractNumId="0"><w:multiLevelType w:val="multilevel"/>
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="WORD %1"/><w:suff w:val="nothing"/></w:lvl>
<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%2."/></w:lvl>
<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%2.%3."/></w:lvl>
<w:lvl w:ilvl="3"><w:start w:val="1"/><w:lvlRestart w:val="2"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%4)"/></w:lvl>
</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>"""


def write_docx(body: str, path: Path, *, article: str = "Article") -> None:
    """A DOCX with our styles and a multi-level numbering."""
    section = '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1300" w:right="1000" w:bottom="1300" w:left="1000"/></w:sectPr>'
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{word}.document.main+xml"/>'
        f'<Override PartName="/word/styles.xml" ContentType="{word}.styles+xml"/>'
        f'<Override PartName="/word/numbering.xml" ContentType="{word}.numbering+xml"/></Types>',
        "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{rel}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="s" Type="{rel}/styles" Target="styles.xml"/>'
        f'<Relationship Id="n" Type="{rel}/numbering" Target="numbering.xml"/></Relationships>',
        "word/styles.xml": _STYLES,
        "word/numbering.xml": _NUMBERING.replace("WORD", article),
        "word/document.xml": f"<w:document {_W}><w:body>{body}{section}</w:body></w:document>",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name), '<?xml version="1.0" encoding="UTF-8"?>' + text)


def office_rows(items: list[Item], langs: list[str], path: Path) -> None:
    """A ruled Word table, one row per article, languages beside one another."""
    widths = [9900 // len(langs)] * len(langs)
    rows = []
    for group in articles(items):
        cells = [
            _word_cell("".join(map(_word_paragraph, printed(group, lang))), w)
            for lang, w in zip(langs, widths, strict=True)
        ]
        rows.append(f"<w:tr>{''.join(cells)}</w:tr>")
    _office(_word_table(rows, widths, ruled=True), path)


def office_numbered(items: list[Item], langs: list[str], path: Path) -> None:
    """One language with automatic numbering: the labels are in no text of the file."""
    lang = langs[0]
    body = []
    for item in items:
        label = item.label.get(lang, "")
        if item.kind == "article":
            body.append(_word_paragraph(("article", "", ""), number=0))
            body.append(_word_paragraph(("article-title", item.heading[lang], "")))
        elif item.kind == "point":
            body.append(_word_paragraph(("point", item.text[lang], ""), number=2 if label[0].isdigit() else 3))
        elif item.kind == "para" and label:
            body.append(_word_paragraph(("para", item.text[lang], ""), number=1))
        else:
            body += map(_word_paragraph, printed([item], lang))
    _office("".join(body), path, article=authored.WORD_ARTICLE[lang])


def office_plan(items: list[Item], langs: list[str], path: Path) -> None:
    """A plan with heading styles and a ruled table over several pages."""
    lang = langs[0]
    body = "".join(map(_word_paragraph, printed(text_of(items), lang)))
    widths = [700, 4600, 3400, 1200]
    place = {SQ: 0, EN: 1, SRL: 2, SRC: 2}[lang]
    texts = [[_head(lang, h[place]) for h in authored.TABLE_HEAD]]
    texts += [item.text[lang].split(" | ") for item in items if item.kind == "row"]
    rows = [
        "<w:tr>"
        + "".join(_word_cell(_word_paragraph(("para", t, "")), w) for t, w in zip(row, widths, strict=True))
        + "</w:tr>"
        for row in texts
    ]
    _office(body + _word_table(rows, widths, ruled=True, header=True), path)


def _office(body: str, path: Path, *, article: str = "Article") -> None:
    docx = path.with_suffix(".docx")
    write_docx(body, docx, article=article)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "pdf",
             "--outdir", str(path.parent), str(docx)], check=True, capture_output=True, timeout=180,
        )  # fmt: skip


# ---------------------------------------------------------------- the list

DOCUMENTS: dict[str, tuple[Callable[[list[Item], list[str], Path], None], Callable[[], list[Item]], list[str]]] = {
    "typst-three-rows": (typst_rows, lambda: authored.regulation(14, seed=1), [SQ, EN, SRL]),
    "typst-three-cells": (typst_cells, lambda: authored.regulation(12, seed=2, notes=True), [SQ, SRC, EN]),
    "typst-one": (typst_single, lambda: authored.regulation(15, seed=3, notes=True, long=2), [SQ]),
    "typst-newspaper": (typst_newspaper, lambda: authored.regulation(15, seed=4, notes=True, long=2), [SRC]),
    "typst-plan": (typst_plan, lambda: authored.plan(seed=5, rows=70), [EN]),
    "chromium-three-47": (chromium_rows, lambda: authored.regulation(140, seed=6, long=2), [SQ, EN, SRL]),
    "chromium-two-ruled": (chromium_ruled, lambda: authored.regulation(14, seed=7), [SQ, SRC]),
    "chromium-newspaper": (chromium_newspaper, lambda: authored.regulation(15, seed=8, long=2), [EN]),
    "chromium-plan": (chromium_plan, lambda: authored.plan(seed=9, rows=60), [SQ]),
    "reportlab-three-frames": (reportlab_frames, lambda: authored.regulation(20, seed=10), [SQ, EN, SRL]),
    "reportlab-two-frames": (reportlab_frames, lambda: authored.regulation(15, seed=11, long=2), [SRC, SRL]),
    "reportlab-sequence": (reportlab_sequence, lambda: authored.regulation(12, seed=12), [SQ, EN, SRL]),
    "libreoffice-three-rows": (office_rows, lambda: authored.regulation(14, seed=13), [SQ, EN, SRL]),
    "libreoffice-numbered": (office_numbered, lambda: authored.regulation(12, seed=14), [SRL]),
    "libreoffice-plan": (office_plan, lambda: authored.plan(seed=15, rows=60), [SRC]),
}


def main(names: list[str]) -> None:
    HERE.mkdir(parents=True, exist_ok=True)
    for name in names or DOCUMENTS:
        setter, model, langs = DOCUMENTS[name]
        items = model()
        setter(items, langs, HERE / f"{name}.pdf")
        truth = authored.truth(items, langs)
        (HERE / f"{name}.json").write_text(json.dumps(truth, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
