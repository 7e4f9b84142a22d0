"""A whole document: its languages beside one another, and where they disagree.

Provisions are counterparts when they have the same eId. Whatever has no counterpart, or says other numbers, is a
finding: usually a slip of drafting, sometimes of reading, and always worth a look.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from streha.common.errors import message
from streha.common.printed import Block, Flow, Page, Said
from streha.engine.law import language, layout, segment
from streha.engine.law.segment import Provision

_DIGITS = re.compile(r"\d+(?:[.,/]\d+)*")


@dataclass(frozen=True, slots=True)
class Finding:
    """A disagreement. ``kind``: missing_counterpart, number_gap, duplicate_number, numbers_differ, heading_missing."""

    kind: str
    eid: str
    lang: str
    message: Said


MISSING = message("{eid} is in {others} but not in {lang}.")
GAP = message("{eid} is missing in {lang}: the numbers jump after {after}.")
GAP_AT_START = message("{eid} is missing in {lang}: the numbers do not begin with it.")
TWICE = message("{eid} is printed twice in {lang}.")
NUMBERS = message("{eid}: the numbers in {lang} ({shown}) differ from the others.")
NO_NUMBERS = message("{eid}: there are no numbers in {lang}, but in the others there are.")
NO_TITLE = message("{eid} has no title in {lang}.")
NO_TEXT = message("No text on page {where}: it is a picture or empty. Read it with --ocr.")
RIGHT_TO_LEFT = message("The text is written from right to left. Only Albanian, Serbian and English are read.")
NO_LANGUAGE = message("The language of the text could not be told. Only Albanian, Serbian and English are read.")
MIXED = message("{count} words mix Latin and Cyrillic letters; they are kept as printed and indexed in one script.")
LOST = message("Only {share} of the characters landed in a provision. Compare with the page.")
PAGES = {
    "page_unreadable": message("Page {where} could not be read; the file is damaged there."),
    "page_cut": message("Page {where} holds more characters than any page should; the rest was left out."),
    "slanted_text": message("Slanted text on page {where} (a watermark or a stamp) was left out."),
    "broken_text_layer": message(
        "The text layer of page {where} does not say which letters it shows. Read it with --ocr."
    ),
    "recognised": message("Page {where} was read from a picture (OCR): compare with the page before you quote."),
}


@dataclass(frozen=True, slots=True)
class Document:
    """What ``streha law segment`` prints.

    ``coverage`` is the share of the document's characters (without running headers, footers and footnotes) that
    landed in a provision, its label or its heading; below 0.98 something was lost and a person should look.
    """

    title: str
    languages: tuple[str, ...]
    pages: int
    provisions: tuple[Provision, ...]
    findings: tuple[Finding, ...]
    warnings: tuple[Said, ...]
    notes: tuple[Block, ...]
    coverage: float
    recognised: bool = False

    def of(self, lang: str) -> tuple[Provision, ...]:
        """The provisions of one language, in order."""
        return tuple(provision for provision in self.provisions if provision.lang == lang)


class _Counter:
    """Counts characters of pages as they pass."""

    def __init__(self, pages: Iterable[Page]) -> None:
        self._pages = pages
        self.characters = 0
        self.right_to_left = 0
        self.mixed = 0
        self.recognised = False

    def __iter__(self) -> Iterator[Page]:
        for page in self._pages:
            text = " ".join(word.text for word in page.words)
            self.characters += sum(len(word.text) for word in page.words)
            self.right_to_left += language.is_right_to_left(text)
            self.mixed += language.unmix(text)[1]
            self.recognised = self.recognised or page.recognised
            yield page


def from_pages(pages: Iterable[Page]) -> Document:
    """A document from printed pages."""
    counted = _Counter(pages)
    reading = layout.read(counted)
    warnings = [_page_warning(code, [int(page) for c, page in reading.warnings if c == code]) for code in
                dict.fromkeys(code for code, _ in reading.warnings)]  # fmt: skip
    if reading.empty_pages:
        warnings.append(Said(NO_TEXT, where=_ranges(reading.empty_pages)))
    if counted.right_to_left:
        warnings.append(Said(RIGHT_TO_LEFT))
    document = _assemble(
        reading.streams, counted.characters - reading.left_out, counted.mixed, tuple(warnings), reading.pages
    )
    return Document(
        document.title, document.languages, reading.pages, document.provisions, document.findings, document.warnings,
        reading.notes, document.coverage, counted.recognised,
    )  # fmt: skip


def from_flow(flow: Flow) -> Document:
    """A document from paragraphs in order: DOCX, HTML, plain text."""
    streams = layout.streams_of(flow.blocks)
    text = " ".join(block.text for block in flow.blocks)
    warnings = list(flow.warnings)
    if language.is_right_to_left(text):
        warnings.append(Said(RIGHT_TO_LEFT))
    characters = sum(len("".join((block.number + block.text).split())) for block in flow.blocks)
    return _assemble(streams, characters, language.unmix(text)[1], tuple(warnings), 0)


class Held(Protocol):
    """What a file that knows its provisions says about each of them."""

    @property
    def eid(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def heading(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def lang(self) -> str: ...


def from_parts(title: str, parts: Iterable[Held]) -> Document:
    """A document whose provisions are known already, as Akoma Ntoso brings them."""
    provisions = tuple(
        Provision(
            part.eid, part.path, part.lang, part.heading, part.text, part.kind, None, None,
            hashlib.sha256(part.text.encode()).hexdigest(),
        )
        for part in parts
    )  # fmt: skip
    langs = tuple(dict.fromkeys(provision.lang for provision in provisions))
    findings = _compare({lang: [p for p in provisions if p.lang == lang] for lang in langs})
    return Document(title, langs, 0, provisions, tuple(findings), (), (), 1.0)


def _assemble(
    streams: Sequence[layout.Stream], characters: int, mixed: int, warnings: tuple[Said, ...], pages: int
) -> Document:
    told = list(warnings)
    segmented = [segment.segment(stream.blocks, stream.lang) for stream in streams]
    provisions = tuple(provision for part in segmented for provision in part.provisions)
    findings = _compare({part.lang: list(part.provisions) for part in segmented})
    for part in segmented:
        for gap in part.gaps:
            findings.append(_gap_finding(gap))
            told.append(findings[-1].message)
    if any(stream.lang == "und" for stream in streams):
        told.append(Said(NO_LANGUAGE))
    if mixed:
        told.append(Said(MIXED, count=mixed))
    landed = sum(_landed(provision) for provision in provisions)
    coverage = round(min(1.0, landed / characters), 4) if characters else 0.0
    if characters and coverage < 0.98:
        told.append(Said(LOST, share=f"{coverage:.1%}"))
    title = next((p.text for p in provisions if p.kind == "p" and len(p.text) > 3), "")
    return Document(
        title, tuple(s.lang for s in streams), pages, provisions, tuple(findings), tuple(told), (), coverage
    )


def _landed(provision: Provision) -> int:
    """Characters of the document that one provision holds: its words, title and printed number."""
    printed = provision.path.rpartition(" / ")[2]
    number = "" if printed.startswith("[") else printed
    words = provision.heading + provision.text + number
    if provision.kind in ("row", "table"):
        words = words.replace(" | ", "")
    return len("".join(words.split()))


def _gap_finding(gap: segment.Gap) -> Finding:
    if gap.kind == "duplicate_number":
        return Finding(gap.kind, gap.eid, gap.lang, Said(TWICE, eid=gap.eid, lang=gap.lang))
    template = GAP if gap.after else GAP_AT_START
    return Finding(gap.kind, gap.eid, gap.lang, Said(template, eid=gap.eid, lang=gap.lang, after=gap.after))


def _compare(by_lang: dict[str, list[Provision]]) -> list[Finding]:
    """Missing counterparts (the topmost only), missing titles and different numbers."""
    if len(by_lang) < 2:
        return []
    held = {lang: {p.eid: p for p in provisions if p.kind != "p"} for lang, provisions in by_lang.items()}
    findings: list[Finding] = []
    order = dict.fromkeys(eid for provisions in held.values() for eid in provisions)
    for eid in order:
        having = {lang: provisions[eid] for lang, provisions in held.items() if eid in provisions}
        for lang, own in held.items():
            if lang not in having and not _parent_missing(eid, own, order):
                others = ", ".join(having)
                findings.append(
                    Finding("missing_counterpart", eid, lang, Said(MISSING, eid=eid, others=others, lang=lang))
                )
        if len(having) < 2:
            continue
        findings.extend(_different_numbers(eid, having))
        findings.extend(_without_heading(eid, having))
    return findings


def _parent_missing(eid: str, provisions: dict[str, Provision], order: dict[str, None]) -> bool:
    parent = eid.rpartition("__")[0]
    while parent:
        if parent in order:
            return parent not in provisions
        parent = parent.rpartition("__")[0]
    return False


def _different_numbers(eid: str, having: dict[str, Provision]) -> list[Finding]:
    counts = {lang: Counter(_DIGITS.findall(p.text.replace(",", "."))) for lang, p in having.items()}
    common, times = Counter(tuple(sorted(count.items())) for count in counts.values()).most_common(1)[0]
    if times == len(counts):
        return []
    told = []
    for lang, count in counts.items():
        here = tuple(sorted(count.items()))
        if here != common or times == 1:
            shown = ", ".join(sorted(count))
            told.append(
                Finding(
                    "numbers_differ", eid, lang, Said(NUMBERS if shown else NO_NUMBERS, eid=eid, lang=lang, shown=shown)
                )
            )
    return told


def _without_heading(eid: str, having: dict[str, Provision]) -> list[Finding]:
    if not any(p.heading for p in having.values()):
        return []
    return [
        Finding("heading_missing", eid, lang, Said(NO_TITLE, eid=eid, lang=lang))
        for lang, p in having.items()
        if not p.heading
    ]


def _page_warning(code: str, pages: list[int]) -> Said:
    return Said(PAGES.get(code, f"{code}: {{where}}"), where=_ranges(tuple(pages)))


def _ranges(pages: tuple[int, ...]) -> str:
    """1, 2, 3, 7 as "1-3, 7"."""
    parts: list[list[int]] = []
    for page in sorted(set(pages)):
        if parts and page == parts[-1][-1] + 1:
            parts[-1].append(page)
        else:
            parts.append([page])
    return ", ".join(f"{part[0]}-{part[-1]}" if len(part) > 1 else str(part[0]) for part in parts)
