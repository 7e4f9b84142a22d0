"""Between homes and what lies outside their tables: the lists of classes that ship, and the sealed files of photos."""

from __future__ import annotations

import csv
import os
import uuid
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from streha.homes import rules

DATA = Path(__file__).parent / "data"
FULL, THUMB = "full", "thumb"
SIZES = (FULL, THUMB)


@lru_cache(maxsize=1)
def shipped() -> tuple[rules.ClassList, ...]:
    """The lists that come with Streha, each with its source; none is verified until somebody has checked it."""
    with (DATA / "classes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with (DATA / "lists.csv").open(encoding="utf-8", newline="") as file:
        lists = list(csv.DictReader(file))
    labels = ("label_en", "label_sq", "label_sr", "label_sr_latn", "note")
    return tuple(
        rules.ClassList(
            kind=rules.ClassKind(head["list"]),
            version=head["version"],
            title=head["title"],
            source=head["source"],
            published=head["published"],
            verified=head["verified"] == "yes",
            entries=tuple(
                rules.ClassEntry(row["code"], int(row["position"]), **{label: row[label] for label in labels})
                for row in rows
                if (row["list"], row["version"]) == (head["list"], head["version"])
            ),
        )
        for head in lists
    )


def photo_path(file: uuid.UUID, size: str) -> Path:
    """Where a sealed photo lies; two letters of its id spread a million files over 256 folders."""
    return Path(settings.MEDIA_ROOT) / "photos" / file.hex[-2:] / f"{file.hex}.{size}"


def keep_photo(file: uuid.UUID, sealed: dict[str, bytes]) -> None:
    """The sealed files are on the disk, not only on their way to it."""
    for size, content in sealed.items():
        path = photo_path(file, size)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())


def drop_photo(file: uuid.UUID) -> None:
    """The files are gone."""
    for size in SIZES:
        photo_path(file, size).unlink(missing_ok=True)


def read_photo(file: uuid.UUID, size: str) -> bytes | None:
    """The sealed bytes; None where the file is missing."""
    path = photo_path(file, size)
    return path.read_bytes() if path.exists() else None
