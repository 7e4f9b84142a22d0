"""The order of elements in the two messages of ISO 20022 that the office writes and reads, and how often each stands.

The schemas themselves are not shipped; ``data/iso20022.csv`` says the same of those parts that are written and read,
authored anew from the published message definitions. What lies deeper is not looked at.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import groupby

ORDER, NOTIFICATION = "pain.001.001.09", "camt.054.001.08"


@dataclass(frozen=True)
class Element:
    """One element of a parent: at least and at most how often it stands; ``most`` None is as often as one likes."""

    name: str
    least: int
    most: int | None


@cache
def parts(message: str) -> Mapping[str, tuple[Element, ...]]:
    """By path of the parent, its elements in their order."""
    text = resources.files("streha.formats").joinpath("data", "iso20022.csv").read_text(encoding="utf-8")
    found: dict[str, list[Element]] = {}
    for row in csv.DictReader(text.splitlines()):
        if row["message"] == message:
            most = int(row["most"]) if row["most"] else None
            found.setdefault(row["parent"], []).append(Element(row["element"], int(row["least"]), most))
    return {parent: tuple(elements) for parent, elements in found.items()}


def wrong(message: str, parent: str, children: Iterable[str]) -> str:
    """What is wrong with the children of a parent, with the rule; nothing where all is as the definition says."""
    return _wrong(message, parent, tuple((name, min(len(list(run)), 2)) for name, run in groupby(children)))


@cache
def _wrong(message: str, parent: str, runs: Sequence[tuple[str, int]]) -> str:
    """The same for runs of equal names, counted as one or more than one: the files of a bank are monotonous."""
    elements = parts(message)[parent]
    places = {element.name: place for place, element in enumerate(elements)}
    last, seen = -1, set()
    for name, number in runs:
        if name not in places:
            return f"“{name[:40]}” is no element of it in {message}"
        place = places[name]
        if number > 1 and elements[place].most == 1:
            return f"“{name}” stands more than once; {message} allows one"
        if place <= last:
            return f"“{name}” stands behind “{elements[last].name}”; {message} has it before"
        last = place
        seen.add(name)
    missing = next((element.name for element in elements if element.least and element.name not in seen), "")
    return f"“{missing}” is missing; {message} asks for it" if missing else ""
