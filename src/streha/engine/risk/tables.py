"""The tables of published constants that come with the package, each row with its source.

The one place of the engine that reads files, and only its own: constants live in tables so that a reader can check
them against the paper. ``verified`` is "yes" only where the paper itself was read.
"""

from __future__ import annotations

import csv
import functools
from importlib import resources

Rows = tuple[dict[str, str], ...]


@functools.cache
def read(name: str) -> Rows:
    """The rows of ``data/<name>.csv``, as text by column."""
    text = (resources.files("streha.engine.risk") / "data" / f"{name}.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


def bytes_of(name: str) -> bytes:
    """The raw bytes of a table, for the hash in a run's provenance."""
    return (resources.files("streha.engine.risk") / "data" / f"{name}.csv").read_bytes()
