"""A document somebody brings as a file: what it is by its content, within limits, or not taken at all.

A name never decides: ``photo.pdf`` that holds a program is refused. Nothing in a file is run; scripts and attachments
of a PDF are a reason to refuse it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath

from streha.common import errors
from streha.common.errors import message

LIMIT_BYTES = 10 * 2**20
NAME_LENGTH = 120
PDF = "pdf"
_ACTIVE = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFile|RichMedia|XFA)\b")
_NAME = re.compile(r"[^\w.,()+ -]", re.UNICODE)


@dataclass(frozen=True)
class Paper:
    """A file that was taken: its tidy name, its kind by content, and the bytes to keep."""

    name: str
    kind: str
    content: bytes


def checked(content: bytes, name: str) -> Paper:
    """The file as it may be kept. Raises BadInput for one that is empty, too large, broken, or no document at all."""
    if not content:
        raise _refused("paper_empty", message("The file is empty. Choose it again."), name)
    if len(content) > LIMIT_BYTES:
        raise errors.BadInput(
            message("“{name}” is larger than {limit} MB. Scan it with fewer dots per inch."),
            code="paper_large",
            field="file",
            name=tidy_name(name),
            limit=LIMIT_BYTES // 2**20,
        )
    if content.startswith(b"%PDF-"):
        return _pdf(content, name)
    raise _refused("paper_kind", message("“{name}” is no document that can be kept here. Bring a PDF."), name)


def _pdf(content: bytes, name: str) -> Paper:
    from streha.formats import pdf

    try:
        with pdf.Pdf(content):
            pass
    except errors.StrehaError as wrong:
        raise _refused(
            "paper_broken", message("“{name}” says it is a PDF, but cannot be opened. Save or scan it again."), name
        ) from wrong
    if _ACTIVE.search(content):
        raise _refused(
            "paper_active",
            message("“{name}” carries a program or another file inside. Print it to a new PDF and bring that."),
            name,
        )
    return Paper(tidy_name(name), PDF, content)


def _refused(code: str, template: str, name: str) -> errors.BadInput:
    return errors.BadInput(template, code=code, field="file", name=tidy_name(name))


def tidy_name(name: str) -> str:
    """The name without folders and without signs that a file system or a header would trip over."""
    last = PurePath(name.replace("\\", "/")).name
    tidy = " ".join(_NAME.sub("_", last).split()).strip(". ")
    return tidy[-NAME_LENGTH:] or "paper"
