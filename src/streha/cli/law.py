"""``streha law``: the law engine from the terminal, with no database and no settings.

Reads files, calls the engine, prints. A person decides; the program proposes and says why.
"""

from __future__ import annotations

import csv
import dataclasses
import gettext
import io
import json
import sys
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import click

from streha.common import errors
from streha.common.errors import message
from streha.common.printed import Said
from streha.engine.law import document as documents
from streha.engine.law import language as languages
from streha.engine.law.document import Document

MAX_FILE = 200_000_000  # bytes
LOCALE = Path(__file__).resolve().parent.parent / "web" / "locale"
SUMMARY = message("{pages} pages, {languages}, coverage {coverage}")
SUMMARY_FLOW = message("{languages}, coverage {coverage}")
FINDINGS, WARNINGS = message("Findings"), message("Warnings")
PAGE, BECAUSE = message("page {page}"), message("because: {words}")
NOTHING = message("No passage found for")
PROPOSALS = message("These are proposals. A person reads them and gives the level; level 0 needs a logged search.")

P = ParamSpec("P")


def told(function: Callable[P, None]) -> Callable[P, None]:
    """Errors a person can do something about end in their message and exit code 2, not in a traceback."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except errors.StrehaError as error:
            click.echo(f"streha: {error.english()}", err=True)
            sys.exit(2)

    return run


class Speaker:
    """Says templates and sentences in one language, from the catalogues; in English where they are not compiled."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._catalogue: gettext.NullTranslations = gettext.NullTranslations()
        if language != "en":
            code = language.replace("-", "_")
            self._catalogue = gettext.translation("django", LOCALE, languages=[code], fallback=True)

    def say(self, template: str, /, **details: object) -> str:
        """A template filled in this language."""
        return self._catalogue.gettext(template).format(**details)

    def repeat(self, said: Said) -> str:
        """What an engine said, in this language."""
        return self.say(said.template, **said.details)

    def title(self, titles: Mapping[str, str]) -> str:
        """A title that is data in sq, sr (Cyrillic) and en."""
        title = titles.get(self.language[:2]) or titles["en"]
        return languages.latin(title) if self.language == "sr-Latn" else title


spoken = click.option(
    "--say",
    "speaker",
    type=click.Choice(["en", "sq", "sr", "sr-Latn"]),
    default="en",
    show_default=True,
    callback=lambda _context, _option, value: Speaker(value),
    help="The language of findings, warnings and titles of indicators.",
)


@click.group(name="law")
def group() -> None:
    """Laws, strategies and plans: provisions, languages side by side, passages found."""


def read_document(path: Path, *, ocr: bool = False) -> Document:
    """Read a file of any kind we know; the ending of its name decides, then its first bytes."""
    from streha.formats import texts

    if path.stat().st_size > MAX_FILE:
        raise errors.BadInput("{name} is larger than {limit} MB. Split it and try again.", name=path.name, limit=200)
    data = path.read_bytes()
    kind = texts.kind_of(path.name, data)
    if kind == "pdf":
        return _read_pdf(data, ocr=ocr)
    if kind == "akn":
        from streha.formats import akn

        work = akn.read(data)
        return documents.from_parts(work.title, work.parts)
    return documents.from_flow(texts.read(data, kind))


def _read_pdf(data: bytes, *, ocr: bool) -> Document:
    from streha.formats import pdf

    with pdf.Pdf(data) as file:
        pages = file.pages()
        if ocr:
            from streha.formats import scan

            pages = scan.recognised(file)
        return documents.from_pages(pages)


@group.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option(
    "--akn",
    "as_akn",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write Akoma Ntoso, one file per language, into this folder.",
)
@click.option("--ocr", is_flag=True, help="Read pages without text from their picture (needs tesseract).")
@spoken
@told
def segment(file: Path, as_json: bool, as_akn: Path | None, ocr: bool, speaker: Speaker) -> None:
    """Take FILE apart into provisions, and set its languages side by side."""
    document = read_document(file, ocr=ocr)
    if as_akn is not None:
        _write_akn(document, as_akn, file.stem)
    if as_json:
        click.echo(json.dumps(as_data(document, file.name, speaker), ensure_ascii=False, indent=1))
    else:
        _show(document, speaker)


def as_data(document: Document, name: str, speaker: Speaker) -> dict[str, Any]:
    """What ``--json`` prints."""
    return {
        "document": {
            "file": name,
            "title": document.title,
            "pages": document.pages,
            "coverage": document.coverage,
            "ocr": document.recognised,
        },
        "languages": list(document.languages),
        "provisions": [_provision(provision) for provision in document.provisions],
        "findings": [
            {"kind": one.kind, "eid": one.eid, "lang": one.lang, "message": speaker.repeat(one.message)}
            for one in document.findings
        ],
        "warnings": [speaker.repeat(one) for one in document.warnings],
        "notes": [{"page": note.page, "text": note.text} for note in document.notes],
    }


def _provision(provision: Any) -> dict[str, Any]:
    box = provision.box
    return {
        "eid": provision.eid,
        "path": provision.path,
        "lang": provision.lang,
        "kind": provision.kind,
        "heading": provision.heading,
        "text": provision.text,
        "page": provision.page,
        "box": [box.x0, box.y0, box.x1, box.y1] if box else None,
        "sha256": provision.sha256,
    }


def _write_akn(document: Document, folder: Path, stem: str) -> None:
    from streha.formats import akn

    folder.mkdir(parents=True, exist_ok=True)
    for lang in document.languages:
        parts = [akn.Part(p.eid, p.kind, p.path, p.heading, p.text, lang) for p in document.of(lang)]
        (folder / f"{stem}.{lang}.xml").write_bytes(akn.write(lang, parts))


def _show(document: Document, speaker: Speaker) -> None:
    told_languages, coverage = ", ".join(document.languages), f"{document.coverage:.1%}"
    template = SUMMARY if document.pages else SUMMARY_FLOW
    click.echo(document.title)
    click.echo(speaker.say(template, pages=document.pages, languages=told_languages, coverage=coverage) + "\n")
    by_eid: dict[str, list[Any]] = {}
    for provision in document.provisions:
        by_eid.setdefault(provision.eid, []).append(provision)
    for eid, versions in by_eid.items():
        click.secho(eid, bold=True)
        for provision in versions:
            words = " ".join(part for part in (provision.heading, provision.text) if part)
            click.echo(f"  {provision.lang:8} {provision.path.rpartition(' / ')[2]:14} {words}")
    found = list(dict.fromkeys(one.message for one in document.findings))
    for title, lines in ((FINDINGS, found), (WARNINGS, [one for one in document.warnings if one not in found])):
        if lines:
            click.secho("\n" + speaker.say(title), bold=True)
            for line in lines:
                click.echo(f"  {speaker.repeat(line)}")


@group.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--column", required=True, help="The column that holds the sentences.")
@click.option(
    "--lang", type=click.Choice(["sq", "sr", "en"]), help="The language of all rows; told from each row when not given."
)
@click.option("--semantic", is_flag=True, help="Also rank by meaning (needs the extra 'semantic').")
@click.option(
    "--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="Write here instead of the terminal."
)
@told
def find(file: Path, column: str, lang: str | None, semantic: bool, output: Path | None) -> None:
    """Label every row of a CSV: C mobility in the context of climate or disaster, P in passing, M mobility, N none."""
    rows, names = _rows(file)
    if column not in names:
        raise errors.BadInput(
            "{file} has no column {column!r}. It has: {names}.", file=file.name, column=column, names=", ".join(names)
        )
    from streha.engine.law import finder

    found = [finder.find(row[column] or "", lang=lang) for row in rows]
    ranks = _ranks([row[column] or "" for row in rows], found) if semantic else None
    added = ["label", "score", "reasons", *(["rank"] if ranks else [])]
    fresh = [name if name not in names else f"found_{name}" for name in added]
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow([*names, *fresh])
    for place, (row, one) in enumerate(zip(rows, found, strict=True)):
        extra = [one.label, one.score, finder.told(one), *([ranks[place]] if ranks else [])]
        writer.writerow([*(row[name] for name in names), *extra])
    if output:
        output.write_text(written.getvalue(), encoding="utf-8")
    else:
        click.echo(written.getvalue(), nl=False)


def _rows(file: Path) -> tuple[list[dict[str, str]], list[str]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            head = lines.readline()
            lines.seek(0)
            comma = max(",;\t", key=head.count)  # offices where the comma parts decimals save with semicolons
            reader = csv.DictReader(lines, restval="", delimiter=comma)
            rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise errors.BadInput("{file} is not a CSV in UTF-8. Save it again as CSV UTF-8.", file=file.name) from error
    return rows, list(reader.fieldnames or [])


def _ranks(sentences: list[str], found: list[Any]) -> list[int]:
    from streha.engine.law import semantic

    return semantic.fused_ranks(sentences, [one.score for one in found], semantic.encoder())


@group.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--instrument", help="Ask only the indicators of this kind: law, strategy, municipal_plan, ...")
@click.option("--lang", type=click.Choice(["sq", "sr-Latn", "sr-Cyrl", "en"]), help="Look in this language only.")
@click.option("--limit", default=3, show_default=True, help="Passages shown per indicator.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--ocr", is_flag=True, help="Read pages without text from their picture (needs tesseract).")
@spoken
@told
def scan(
    file: Path, instrument: str | None, lang: str | None, limit: int, as_json: bool, ocr: bool, speaker: Speaker
) -> None:
    """List candidate passages of FILE per indicator of the framework, and the indicators that have none."""
    from streha.engine.law import framework as frameworks
    from streha.engine.law import lexicon

    framework = frameworks.shipped()
    if instrument and instrument not in framework.instruments:
        known = ", ".join(framework.instruments)
        raise errors.BadInput("There is no instrument {name!r}. Choose one of: {known}.", name=instrument, known=known)
    document = read_document(file, ocr=ocr)
    provisions = document.of(lang) if lang else document.provisions
    found = frameworks.scan(provisions, framework, lexicon.shipped(), instrument=instrument)
    if as_json:
        click.echo(json.dumps(_scan_data(found, file.name), ensure_ascii=False, indent=1))
    else:
        _show_scan(found, framework, speaker, limit=limit)


def _scan_data(found: Any, name: str) -> dict[str, Any]:
    return {
        "file": name,
        "framework": found.framework,
        "lexicon": found.lexicon,
        "provisions_read": found.read,
        "candidates": [dataclasses.asdict(candidate) for candidate in found.candidates],
        "indicators_without_passage": list(found.without),
    }


def _show_scan(found: Any, framework: Any, speaker: Speaker, *, limit: int) -> None:
    for indicator in framework.indicators:
        candidates = found.of(indicator.id)
        if not candidates:
            continue
        click.secho(f"{indicator.id} {speaker.title(indicator.title)} ({len(candidates)})", bold=True)
        for one in candidates[:limit]:
            place = f"{speaker.say(PAGE, page=one.page)}, " if one.page else ""
            click.echo(f"  {one.lang} {one.eid} ({place}{one.label}, {one.score}): {_short(one.text)}")
            said = [*one.words, *(reason.words for reason in one.reasons if not reason.voided)]
            click.echo(f"     {speaker.say(BECAUSE, words=', '.join(_longest(said)))}")
    click.secho("\n" + speaker.say(NOTHING), bold=True)
    titles = {indicator.id: indicator.title for indicator in framework.indicators}
    for name in found.without:
        click.echo(f"  {name} {speaker.title(titles[name])}")
    click.echo("\n" + speaker.say(PROPOSALS))


def _longest(said: list[str]) -> list[str]:
    """The words once each, without those that stand inside longer ones."""
    once = list(dict.fromkeys(said))
    return [one for one in once if not any(one != other and one in other for other in once)]


def _short(text: str, length: int = 160) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


@group.group()
def audit() -> None:
    """How much the finder misses: label a random sample of what it did not find."""


@audit.command("sample")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--size", default=60, show_default=True, type=click.IntRange(1, 5000), help="How many passages to label.")
@click.option("--seed", default=1, show_default=True, help="The same seed draws the same passages.")
@click.option("--lang", type=click.Choice(["sq", "sr-Latn", "sr-Cyrl", "en"]), help="Draw from this language only.")
@told
def audit_sample(file: Path, size: int, seed: int, lang: str | None) -> None:
    """Print passages of FILE that were not found, as CSV with an empty column for the label (C, P, M or N)."""
    import numpy as np

    from streha.engine.law import finder, measure

    document = read_document(file)
    provisions = [p for p in (document.of(lang) if lang else document.provisions) if p.text]
    found = [finder.find(provision.text, lang=provision.lang) for provision in provisions]
    unfound = [p for p, one in zip(provisions, found, strict=True) if not one.is_relevant]
    picked = measure.sample(len(unfound), size, rng=np.random.default_rng(seed))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["eid", "lang", "text", "label", "unfound", "found"])
    for place in picked:
        one = unfound[place]
        writer.writerow([one.eid, one.lang, one.text, "", len(unfound), len(provisions) - len(unfound)])


@audit.command("estimate")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--found-relevant",
    type=click.IntRange(0),
    help="Of the passages found, how many a person confirmed; all when not given.",
)
@told
def audit_estimate(file: Path, found_relevant: int | None) -> None:
    """Read the labelled sample and print the miss rate with its 95 % interval."""
    from streha.engine.law import measure

    rows, names = _rows(file)
    if not rows or not {"label", "unfound", "found"} <= set(names):
        raise errors.BadInput(
            "{file} is not a labelled sample. Make one with: streha law audit sample.", file=file.name
        )
    labels = [row["label"].strip().upper() for row in rows]
    for number, label in enumerate(labels, 2):
        if label not in measure.LABELS:
            raise errors.BadInput(
                "{file}, row {row}: the label {label!r} is none of C, P, M, N.", file=file.name, row=number, label=label
            )
    unfound, found = int(rows[0]["unfound"]), int(rows[0]["found"])
    result = measure.miss_rate(
        sampled=len(rows), relevant=sum(label in measure.RELEVANT for label in labels), unfound=unfound,
        found_relevant=found if found_relevant is None else found_relevant,
    )  # fmt: skip
    click.echo(
        f"{result.relevant} of {result.sampled} sampled passages are relevant, out of {result.unfound} not found."
    )
    click.echo(f"Miss rate {result.rate:.1%} (95 % interval {result.low:.1%} to {result.high:.1%}).")
    click.echo(f"About {result.missed:.0f} relevant passages were missed.")
    click.echo(f"Recall {result.recall:.2f} (95 % interval {result.recall_low:.2f} to {result.recall_high:.2f}).")
