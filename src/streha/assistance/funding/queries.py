"""Reads of what money is set aside for: (kind, key) as something with a number, a title and a page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from streha.accounts.rules import Access
from streha.assistance.grants.models import Grant
from streha.assistance.programmes import models
from streha.assistance.programmes.models import Cycle
from streha.assistance.programmes.rules import For
from streha.assistance.projects.models import CommunityProject
from streha.assistance.training.models import Course
from streha.assistance.works.models import Lot
from streha.common import errors, numbers

TABLES: dict[For, Any] = {
    For.CYCLE: Cycle,
    For.WORKS: Lot,
    For.GRANT: Grant,
    For.TRAINING: Course,
    For.PROJECT: CommunityProject,
}
"""Kinds whose key is the id of a row, with its table."""


@dataclass(frozen=True)
class Target:
    """Something that money is set aside for, as far as a viewer may see it. Of a grant its number alone is told."""

    kind: For
    key: int
    number: str
    title: str

    @property
    def said(self) -> str:
        return f"{self.number} {self.title}".strip()


def target(access: Access, kind: For, key: int) -> Target:
    """What money can be set aside for. Raises NotFound for what the viewer may not see, or a kind without a page."""
    found = _targets(access, kind, [key])
    if key not in found:
        raise errors.NotFound()
    return found[key]


def targets(access: Access, commitments: Iterable[models.Commitment]) -> dict[tuple[str, str], Target]:
    """By kind and key, what some commitments are for; what the viewer may not see is left out."""
    wanted: dict[For, set[int]] = {}
    for row in commitments:
        key = numbers.whole(row.key)
        if key is not None:
            wanted.setdefault(For(row.kind), set()).add(key)
    return {
        (kind.value, str(key)): one
        for kind, keys in wanted.items()
        for key, one in _targets(access, kind, sorted(keys)).items()
    }


def _targets(access: Access, kind: For, keys: Sequence[int]) -> dict[int, Target]:
    table = TABLES.get(kind)
    if table is None:
        return {}
    rows = table.objects.visible_to(access).filter(pk__in=keys)
    return {row.pk: Target(kind, row.pk, row.number, _title(row)) for row in rows}


def _title(row: Any) -> str:
    return str(getattr(row, "title", "") or getattr(row, "name", ""))


def set_aside(kind: For, key: object) -> list[models.Commitment]:
    """The money set aside for something, with its lines, agreements and donors."""
    found = models.Commitment.objects.filter(kind=kind, key=str(key)).select_related("line__agreement__donor")
    return list(found.order_by("pk"))


def by_key(kind: For) -> dict[int, list[models.Commitment]]:
    """All money set aside for one kind of thing, by what it is for."""
    found: dict[int, list[models.Commitment]] = {}
    rows = models.Commitment.objects.filter(kind=kind).select_related("line__agreement__donor").order_by("pk")
    for row in rows:
        found.setdefault(int(row.key), []).append(row)
    return found
