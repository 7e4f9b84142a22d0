"""DOCX, HTML and plain text to paragraphs in order.

Nothing is fetched and nothing runs: macros, templates and scripts are left aside and told. Automatic numbering of
DOCX and HTML is counted as the programs count it, so that "Article 3" is there although no text of the file says so.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import defaultdict
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import defusedxml
import defusedxml.ElementTree

from streha.common import errors
from streha.common.errors import message
from streha.common.printed import Block, Cell, Flow, Said

MAX_TEXT = 40_000_000  # characters
MAX_PART = 120_000_000  # bytes of one unpacked part of a DOCX
MAX_BLOCKS = 400_000
SCRIPTS = message("Scripts or embedded pages were left out; nothing was run or fetched.")
MACROS = message("The file holds macros; they were not run.")
OUTSIDE = message("The file asks for something outside ({kind}); nothing was fetched.")


class UnreadableText(errors.BadInput):
    """The file is not what its name says, or is broken."""

    code = "text_unreadable"
    template = message("{name} cannot be read: {why}. Save it again from the program that made it, and try again.")


class UnknownKind(errors.BadInput):
    """We read PDF, DOCX, HTML, plain text and Akoma Ntoso."""

    code = "file_kind_unknown"
    template = message("{name} is of no kind that is read. Give PDF, DOCX, HTML, TXT or Akoma Ntoso XML.")


def kind_of(name: str, data: bytes) -> str:
    """``pdf``, ``docx``, ``html``, ``akn`` or ``txt``: what the bytes are, whatever the name says."""
    start = data[:2048].lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"%PDF" in data[:1024]:
        return "pdf"
    if start.startswith(b"PK"):
        return "docx"
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableText(name=name, why="it is an old DOC file or locked with a password; save it as DOCX")
    lowered = start.lower()
    if lowered.startswith(b"<?xml") or b"<akomantoso" in lowered:
        return "html" if b"<html" in lowered else "akn"
    if lowered.startswith((b"<!doctype html", b"<html")) or name.lower().endswith((".html", ".htm", ".xhtml")):
        return "html"
    if name.lower().endswith(".pdf"):
        return "pdf"
    if b"\x00" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnknownKind(name=name)
    return "txt"


def read(data: bytes, kind: str) -> Flow:
    """Paragraphs of a DOCX, HTML or plain text file."""
    if kind == "docx":
        return read_docx(data)
    text = _decoded(data)
    return read_html(text) if kind == "html" else read_plain(text)


def _decoded(data: bytes) -> str:
    if len(data) > MAX_TEXT:
        raise UnreadableText(name="The file", why="it is larger than 40 MB")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    import charset_normalizer

    found = charset_normalizer.from_bytes(
        data[:200_000], cp_isolation=["cp1250", "cp1251", "cp1252", "iso8859_2"]
    ).best()
    return data.decode(found.encoding if found else "cp1250", errors="replace")


# ---------------------------------------------------------------- plain text


def read_plain(text: str) -> Flow:
    """Paragraphs are parted by empty lines; a line that opens a provision, or follows a short one, is its own."""
    blocks: list[Block] = []
    group: list[str] = []
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n\n").split("\n")
    usual = sorted(len(line) for line in lines if line.strip())
    full = usual[int(len(usual) * 0.8)] if usual else 0

    def flush() -> None:
        if group:
            blocks.append(Block(_unwrapped(group)))
            group.clear()

    for raw in lines:
        line = raw.strip()
        if not line:
            flush()
            continue
        # Wrapped text has full lines; where lines are short or very long, each is a paragraph.
        if group and not (full <= 160 and len(group[-1]) > 0.75 * full and not _LABELLED.match(line)):
            flush()
        group.append(line)
    flush()
    return Flow(tuple(blocks[:MAX_BLOCKS]))


_LABELLED = re.compile(
    r"^(?:(?:neni|article|[čc]lan|члан|kreu|kapitulli|chapter|poglavlje|поглавље|glava|глава|seksioni|section|odeljak|одељак)\s+\S+"
    r"|\(?\d{1,3}(?:\.\d{1,3})*[.)]\s|\(?[^\W\d_]{1,2}\)\s|[-–•]\s)",
    re.I,
)


def _unwrapped(lines: list[str]) -> str:
    text = lines[0]
    for line in lines[1:]:
        if text.endswith("-") and not text.endswith(" -") and line[:1].islower():
            text = text[:-1] + line
        else:
            text = f"{text} {line}"
    return re.sub(r"\s+", " ", text)


# ---------------------------------------------------------------- HTML

_SKIPPED = {"script", "style", "noscript", "template", "svg", "iframe", "object", "head", "nav", "select", "button"}
_BREAKS = {
    "p", "div", "section", "article", "header", "footer", "main", "blockquote", "ul", "ol", "li", "table", "tr",
    "td", "th", "br", "h1", "h2", "h3", "h4", "h5", "h6", "dl", "dt", "dd", "hr", "caption", "thead", "tbody",
    "body", "html", "pre", "figure",
}  # fmt: skip
_VOID = {"br", "hr", "img", "input", "meta", "link", "wbr", "col", "area", "base", "embed", "source", "track"}


class _HtmlReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.skipping = 0
        self.level = 0
        self.lists: list[list[Any]] = []  # [kind, next number, type]
        self.label = ""
        self.tables: list[list[int]] = []  # [table, row, column]
        self.table_count = 0
        self.bold = 0
        self.said: list[bool] = []
        self.scripts = False
        self.sup = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SKIPPED:
            self.scripts = self.scripts or tag in ("script", "iframe", "object")
            self.skipping += tag not in _VOID
            return
        if self.skipping:
            return
        values = dict(attrs)
        if tag == "sup":
            self.sup += 1
        if tag in _BREAKS:
            self.flush()
        if tag in ("b", "strong", "th"):
            self.bold += 1
        if re.fullmatch(r"h[1-6]", tag):
            self.level = int(tag[1])
        elif tag in ("ol", "ul"):
            start = values.get("start") or "1"
            self.lists.append([tag, int(start) if start.isdigit() else 1, values.get("type") or "1"])
        elif tag == "li" and self.lists:
            self._count(values.get("value"))
        elif tag == "table":
            self.table_count += 1
            self.tables.append([self.table_count, 0, 0])
        elif tag == "tr" and self.tables:
            self.tables[-1][1] += 1
            self.tables[-1][2] = 0
        elif tag in ("td", "th") and self.tables:
            self.tables[-1][2] += 1

    def _count(self, value: str | None) -> None:
        kind, number, style = self.lists[-1]
        if value and value.isdigit():
            number = int(value)
        self.lists[-1][1] = number + 1
        self.label = _formatted(
            number, {"a": "lowerLetter", "i": "lowerRoman", "A": "upperLetter", "I": "upperRoman"}.get(style, "decimal")
        )
        self.label = "•" if kind == "ul" else self.label + ("." if style in ("1", "I", "A") else ")")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED:
            self.skipping = max(0, self.skipping - 1)
            return
        if self.skipping:
            return
        if tag == "sup":
            self.sup = max(0, self.sup - 1)
        if tag in _BREAKS:
            self.flush()
        if tag in ("b", "strong", "th"):
            self.bold = max(0, self.bold - 1)
        if re.fullmatch(r"h[1-6]", tag):
            self.level = 0
        elif tag in ("ol", "ul") and self.lists:
            self.lists.pop()
        elif tag == "li":
            self.label = ""
        elif tag == "table" and self.tables:
            self.tables.pop()

    def handle_data(self, data: str) -> None:
        if self.skipping or (self.sup and re.fullmatch(r"\s*[\[(]?[\d*†]{1,3}[\])]?\s*", data)):
            return
        self.text.append(data)
        if data.strip():
            self.said.append(self.bold > 0)

    def flush(self) -> None:
        text = re.sub(r"\s+", " ", "".join(self.text)).strip()
        bold = bool(self.said) and all(self.said)
        self.text, self.said = [], []
        if not text or len(self.blocks) >= MAX_BLOCKS:
            return
        cell = None
        if self.tables and self.tables[-1][2]:
            table, row, column = self.tables[-1]
            cell = Cell(table, row, column, 0, header=False)
        label, self.label = self.label, ""
        self.blocks.append(Block(text, number=label, level=self.level, indent=len(self.lists), bold=bold, cell=cell))


def read_html(text: str) -> Flow:
    """Paragraphs of an HTML page; scripts, styles, navigation and footnote calls are left out."""
    reader = _HtmlReader()
    reader.feed(text)
    reader.close()
    reader.flush()
    warnings = (Said(SCRIPTS),) if reader.scripts else ()
    return Flow(tuple(_with_columns(reader.blocks)), warnings)


def _with_columns(blocks: list[Block]) -> list[Block]:
    """Tables know how many columns they have; a table of one column is running text."""
    columns: dict[int, int] = defaultdict(int)
    rows: dict[int, int] = defaultdict(int)
    for block in blocks:
        if block.cell:
            columns[block.cell.table] = max(columns[block.cell.table], block.cell.column)
            rows[block.cell.table] = max(rows[block.cell.table], block.cell.row)
    out = []
    for block in blocks:
        cell = block.cell
        if cell is None or columns[cell.table] < 2:
            out.append(replace(block, cell=None))
        else:
            header = cell.row == 1 and rows[cell.table] > 2
            out.append(replace(block, cell=replace(cell, columns=columns[cell.table], header=header)))
    return out


# ---------------------------------------------------------------- DOCX

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/package/2006/relationships}"


@dataclass(slots=True)
class _Level:
    style: str = "decimal"
    text: str = ""
    start: int = 1
    restart: int | None = None


@dataclass(slots=True)
class _Numbering:
    """The lists of a file: per list its levels, and where the counting stands."""

    levels: dict[str, dict[int, _Level]] = field(default_factory=dict)
    abstract: dict[str, str] = field(default_factory=dict)
    counts: dict[str, dict[int, int]] = field(default_factory=dict)

    def label(self, number: str, depth: int) -> str:
        """Count one paragraph of a list and give the label it shows."""
        levels = self.levels.get(number, {})
        level = levels.get(depth)
        if level is None or level.style in ("none",):
            return ""
        counts = self.counts.setdefault(self.abstract.get(number, number), {})
        counts[depth] = counts.get(depth, level.start - 1) + 1
        for deeper in [key for key in counts if key > depth]:
            restart = levels[deeper].restart if deeper in levels else None
            if restart is None or (restart > 0 and depth < restart):
                del counts[deeper]
        if level.style == "bullet":
            return "•"

        def shown(found: re.Match[str]) -> str:
            at = int(found[1]) - 1
            other = levels.get(at, _Level())
            return _formatted(counts.get(at, other.start), other.style)

        return re.sub(r"%(\d)", shown, level.text)


def _formatted(number: int, style: str) -> str:
    if style in ("lowerLetter", "upperLetter"):
        letter = chr(97 + (number - 1) % 26) * (1 + (number - 1) // 26)
        return letter.upper() if style == "upperLetter" else letter
    if style in ("lowerRoman", "upperRoman"):
        out, left = "", number
        for value, sign in (
            (100, "c"),
            (90, "xc"),
            (50, "l"),
            (40, "xl"),
            (10, "x"),
            (9, "ix"),
            (5, "v"),
            (4, "iv"),
            (1, "i"),
        ):
            out += sign * (left // value)
            left %= value
        return out.upper() if style == "upperRoman" else out
    return f"{number:02d}" if style == "decimalZero" else str(number)


def read_docx(data: bytes) -> Flow:
    """Paragraphs of a DOCX with the labels of its automatic numbering, its heading levels and its tables.

    Raises
    ------
    UnreadableText
        When it is no DOCX, or a part unpacks to more than ``MAX_PART`` bytes.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        names = set(archive.namelist())
    except zipfile.BadZipFile as error:
        raise UnreadableText(name="The DOCX", why="it is damaged") from error
    if "word/document.xml" not in names:
        raise UnreadableText(name="The file", why="it is no DOCX (there is no document inside)")
    root = _part(archive, "word/document.xml")
    numbering = _numbering(_part(archive, "word/numbering.xml")) if "word/numbering.xml" in names else _Numbering()
    styles = _styles(_part(archive, "word/styles.xml")) if "word/styles.xml" in names else {}
    reader = _DocxReader(numbering, styles)
    body = root.find(f"{_W}body")
    if body is not None:
        reader.walk(body, depth=0)
    return Flow(tuple(_with_columns(reader.blocks)), tuple(_docx_warnings(archive, names)))


def _part(archive: zipfile.ZipFile, name: str) -> Element:
    info = archive.getinfo(name)
    if info.file_size > MAX_PART:
        raise UnreadableText(name="The DOCX", why="it unpacks to more than 120 MB")
    try:
        with archive.open(info) as file:
            content = file.read(MAX_PART + 1)
        if len(content) > MAX_PART:
            raise UnreadableText(name="The DOCX", why="it unpacks to more than 120 MB")
        return defusedxml.ElementTree.fromstring(content, forbid_dtd=True)  # type: ignore[no-any-return]
    except (ParseError, defusedxml.DefusedXmlException, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise UnreadableText(name="The DOCX", why=f"its part {name} is damaged or locked") from error


def _docx_warnings(archive: zipfile.ZipFile, names: set[str]) -> list[Said]:
    warnings = []
    if any(name.endswith("vbaProject.bin") for name in names):
        warnings.append(Said(MACROS))
    for name in names:
        if not name.endswith(".rels"):
            continue
        for relation in _part(archive, name):
            outside = relation.get("TargetMode") == "External"
            kind = relation.get("Type", "").rpartition("/")[2]
            if outside and kind in ("attachedTemplate", "image", "oleObject", "frame", "subDocument", "aFChunk"):
                warnings.append(Said(OUTSIDE, kind=kind))
    return list(dict.fromkeys(warnings))


def _value(element: Element | None, name: str = "val") -> str:
    return element.get(f"{_W}{name}", "") if element is not None else ""


def _numbering(root: Element) -> _Numbering:
    out = _Numbering()
    abstract: dict[str, dict[int, _Level]] = {}
    for item in root.iter(f"{_W}abstractNum"):
        abstract[item.get(f"{_W}abstractNumId", "")] = _levels(item)
    for item in root.iter(f"{_W}num"):
        number = item.get(f"{_W}numId", "")
        base = _value(item.find(f"{_W}abstractNumId"))
        levels = dict(abstract.get(base, {}))
        overridden = False
        for change in item.iter(f"{_W}lvlOverride"):
            at = int(change.get(f"{_W}ilvl", "0"))
            levels.update(_levels(change))
            start = _value(change.find(f"{_W}startOverride"))
            if start.isdigit():
                levels[at] = replace(levels.get(at, _Level()), start=int(start))
                overridden = True
        out.levels[number] = levels
        # Lists of one definition count on together unless one restarts.
        out.abstract[number] = f"n{number}" if overridden else f"a{base}"
    return out


def _levels(item: Element) -> dict[int, _Level]:
    levels = {}
    for level in item.findall(f"{_W}lvl"):
        start = _value(level.find(f"{_W}start"))
        restart = _value(level.find(f"{_W}lvlRestart"))
        levels[int(level.get(f"{_W}ilvl", "0"))] = _Level(
            _value(level.find(f"{_W}numFmt")) or "decimal",
            _value(level.find(f"{_W}lvlText")),
            int(start) if start.isdigit() else 1,
            int(restart) if restart.isdigit() else None,
        )
    return levels


@dataclass(frozen=True, slots=True)
class _Style:
    level: int = 0
    number: str = ""
    depth: int = 0
    bold: bool = False


def _styles(root: Element) -> dict[str, _Style]:
    """Per style its heading level, its list and whether it is bold, inherited where it says nothing."""
    raw = {style.get(f"{_W}styleId", ""): style for style in root.iter(f"{_W}style")}
    out: dict[str, _Style] = {}

    def resolve(name: str, seen: tuple[str, ...] = ()) -> _Style:
        if name in out or name not in raw or name in seen or len(seen) > 20:
            return out.get(name, _Style())
        style = raw[name]
        base = resolve(_value(style.find(f"{_W}basedOn")), (*seen, name))
        outline = _value(style.find(f"{_W}pPr/{_W}outlineLvl"))
        called = re.fullmatch(r"heading (\d)", _value(style.find(f"{_W}name")).lower())
        level = int(outline) + 1 if outline.isdigit() and int(outline) < 9 else int(called[1]) if called else base.level
        number = _value(style.find(f"{_W}pPr/{_W}numPr/{_W}numId")) or base.number
        depth = _value(style.find(f"{_W}pPr/{_W}numPr/{_W}ilvl"))
        bold = style.find(f"{_W}rPr/{_W}b")
        out[name] = _Style(
            level, number, int(depth) if depth.isdigit() else base.depth, base.bold if bold is None else _is_on(bold)
        )
        return out[name]

    for name in raw:
        resolve(name)
    return out


def _is_on(element: Element) -> bool:
    return _value(element) not in ("0", "false", "off", "none")


class _DocxReader:
    def __init__(self, numbering: _Numbering, styles: dict[str, _Style]) -> None:
        self.numbering = numbering
        self.styles = styles
        self.blocks: list[Block] = []
        self.tables = 0

    def walk(self, body: Element, *, depth: int, cell: Cell | None = None) -> None:
        if depth > 30:
            return
        for child in body:
            if child.tag == f"{_W}p":
                self.paragraph(child, cell)
            elif child.tag == f"{_W}tbl":
                self.table(child, depth, cell)
            elif child.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}customXml", f"{_W}smartTag"):
                self.walk(child, depth=depth + 1, cell=cell)

    def table(self, table: Element, depth: int, outer: Cell | None) -> None:
        if outer is None:
            self.tables += 1
        number = self.tables
        for r, row in enumerate(table.iter(f"{_W}tr") if outer is None else (), 1):
            column = 1
            for item in row.findall(f"{_W}tc"):
                here = Cell(number, r, column, 0)
                self.walk(item, depth=depth + 1, cell=here)
                span = _value(item.find(f"{_W}tcPr/{_W}gridSpan"))
                column += int(span) if span.isdigit() else 1
        if outer is not None:
            for item in table.iter(f"{_W}tc"):
                self.walk(item, depth=depth + 1, cell=outer)

    def paragraph(self, paragraph: Element, cell: Cell | None) -> None:
        properties = paragraph.find(f"{_W}pPr")
        style = self.styles.get(_value(paragraph.find(f"{_W}pPr/{_W}pStyle")), _Style())
        text, bold = self._text(paragraph, style)
        number, depth = style.number, style.depth
        level = style.level
        if properties is not None:
            listed = properties.find(f"{_W}numPr")
            if listed is not None:
                number = _value(listed.find(f"{_W}numId")) or number
                own = _value(listed.find(f"{_W}ilvl"))
                depth = int(own) if own.isdigit() else depth
            outline = _value(properties.find(f"{_W}outlineLvl"))
            level = int(outline) + 1 if outline.isdigit() and int(outline) < 9 else level
        label = self.numbering.label(number, depth) if number and number != "0" else ""
        if not text and not label:
            return
        if len(self.blocks) >= MAX_BLOCKS:
            raise UnreadableText(name="The DOCX", why="it holds too many paragraphs")
        self.blocks.append(Block(text, number=label.strip(), level=level, indent=depth, bold=bold, cell=cell))

    def _text(self, paragraph: Element, style: _Style) -> tuple[str, bool]:
        """The words of a paragraph without deleted text and footnote calls, and whether all are bold."""
        parts: list[str] = []
        bolds: list[bool] = []
        for run in paragraph.iter(f"{_W}r"):
            properties = run.find(f"{_W}rPr")
            if properties is not None and _value(properties.find(f"{_W}vertAlign")) == "superscript":
                words = "".join(node.text or "" for node in run.iter(f"{_W}t"))
                if re.fullmatch(r"[\s\d*,†]*", words):
                    continue
            mark = properties.find(f"{_W}b") if properties is not None else None
            said = False
            for node in run:
                if node.tag == f"{_W}t":
                    parts.append(node.text or "")
                    said = said or bool((node.text or "").strip())
                elif node.tag in (f"{_W}tab", f"{_W}br", f"{_W}cr"):
                    parts.append(" ")
                elif node.tag == f"{_W}noBreakHyphen":
                    parts.append("-")
            if said:
                bolds.append(style.bold if mark is None else _is_on(mark))
        return re.sub(r"\s+", " ", "".join(parts)).strip(), bool(bolds) and all(bolds)
