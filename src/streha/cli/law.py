"""``streha law``: the law engine from the terminal, with no database and no settings.

Reads files, calls the engine, prints. A person decides; the program proposes and says why.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import click

from streha.common import errors
from streha.engine.law import document as documents
from streha.engine.law.document import Document

MAX_FILE = 200_000_000  # bytes

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
@told
def segment(file: Path, as_json: bool, as_akn: Path | None, ocr: bool) -> None:
    """Take FILE apart into provisions, and set its languages side by side."""
    document = read_document(file, ocr=ocr)
    if as_akn is not None:
        _write_akn(document, as_akn, file.stem)
    if as_json:
        click.echo(json.dumps(as_data(document, file.name), ensure_ascii=False, indent=1))
    else:
        _show(document)


def as_data(document: Document, name: str) -> dict[str, Any]:
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
        "findings": [dataclasses.asdict(finding) for finding in document.findings],
        "warnings": list(document.warnings),
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


def _show(document: Document) -> None:
    click.echo(
        f"{document.title}\n{document.pages} pages, {', '.join(document.languages)}, coverage {document.coverage:.1%}\n"
    )
    by_eid: dict[str, list[Any]] = {}
    for provision in document.provisions:
        by_eid.setdefault(provision.eid, []).append(provision)
    for eid, versions in by_eid.items():
        click.secho(eid, bold=True)
        for provision in versions:
            words = " ".join(part for part in (provision.heading, provision.text) if part)
            click.echo(f"  {provision.lang:8} {provision.path.rpartition(' / ')[2]:14} {words}")
    for title, lines in (("Findings", [f.message for f in document.findings]), ("Warnings", list(document.warnings))):
        if lines:
            click.secho(f"\n{title}", bold=True)
            for line in lines:
                click.echo(f"  {line}")
