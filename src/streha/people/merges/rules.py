"""How merged records read as one person, without a database.

What a kept record says is always the same function of what each record said by itself and of the merges in force, in
the order they were made. So undoing any one of them leaves what would stand there had it never been made, whatever was
merged before or after; and what somebody corrected in between is told apart and stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

COLUMNS = ("birth", "sex", "vital_status", "citizenship", "language", "community", "home_area", "keeper")
OWNED = ("name", "household")
FIELDS = ("name", *COLUMNS[:-1], "household", "keeper")
"""What may be taken over from the record that goes, in the order of the page."""

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Edge:
    """A merge in force: what ``kept`` took over from ``gone``."""

    kept: int
    gone: int
    taken: frozenset[str]


@dataclass(frozen=True)
class Forest:
    """Merges in force, in the order they were made."""

    edges: tuple[Edge, ...] = ()

    def children(self, node: int) -> list[Edge]:
        """What was merged into a record itself, oldest first."""
        return [edge for edge in self.edges if edge.kept == node]

    def root(self, node: int) -> int:
        """The record that answers for this one."""
        parents = {edge.gone: edge.kept for edge in self.edges}
        while node in parents:
            node = parents[node]
        return node

    def path(self, node: int) -> list[int]:
        """The record and all it was merged into, up to the one that answers."""
        parents = {edge.gone: edge.kept for edge in self.edges}
        found = [node]
        while found[-1] in parents:
            found.append(parents[found[-1]])
        return found

    def without(self, gone: int) -> Forest:
        """The same without the merge by which a record went."""
        return Forest(tuple(edge for edge in self.edges if edge.gone != gone))

    def owner(self, node: int, field: str) -> int:
        """Whose name, or whose household, a record bears."""
        found = node
        for edge in self.children(node):
            if field in edge.taken:
                found = self.owner(edge.gone, field)
        return found


def read(node: int, forest: Forest, base: Mapping[int, Values], edited: Mapping[int, Values]) -> dict[str, Any]:
    """What a record says: its own values, what it took over in turn, and what was corrected on it since.

    Whoever was shielded in any of them is shielded in the one.
    """
    said = dict(base[node])
    for edge in forest.children(node):
        other = read(edge.gone, forest, base, edited)
        said |= {column: other[column] for column in COLUMNS if column in edge.taken}
        said["shielded"] = said["shielded"] or other["shielded"]
    said |= edited.get(node, {})
    return said


def corrections(forest: Forest, base: Mapping[int, Values], actual: Mapping[int, Values]) -> dict[int, dict[str, Any]]:
    """What was corrected on each kept record since it was merged: where it does not say what the merges gave it."""
    found = {}
    for node in {edge.kept for edge in forest.edges}:
        given = dict(base[node])
        for edge in forest.children(node):
            other = actual[edge.gone]
            given |= {column: other[column] for column in COLUMNS if column in edge.taken}
            given["shielded"] = given["shielded"] or other["shielded"]
        changed = {column: value for column, value in actual[node].items() if given[column] != value}
        if changed:
            found[node] = changed
    return found


def better(kept: Values, gone: Values) -> frozenset[str]:
    """What is proposed to be taken over: what the kept record lacks, and a birth that is known more exactly."""
    taken = {
        column for column in COLUMNS[:-1] if _is_empty(column, kept[column]) and not _is_empty(column, gone[column])
    }
    if _EXACTNESS.get(gone["birth"][1], 9) < _EXACTNESS.get(kept["birth"][1], 9):
        taken.add("birth")
    return frozenset(taken)


_EXACTNESS = {"day": 0, "month": 1, "year": 2, "estimate": 3}


def _is_empty(column: str, value: Any) -> bool:
    if column == "birth":
        return value[0] is None
    return value in {None, "", "u", "unknown"}


def joined(codes: Sequence[str] | frozenset[str]) -> str:
    """Codes as they are kept: in the order of the page, parted by commas."""
    return ",".join(field for field in FIELDS if field in set(codes))
