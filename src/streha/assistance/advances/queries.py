"""Which cases a decided list concerns, and what came of carrying the decision into them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from streha.accounts.rules import Access, Action
from streha.assistance.advances.models import Advance
from streha.assistance.selections import models
from streha.cases import models as cases
from streha.people import queries as people


def cases_of(access: Access, rows: Sequence[models.Ranked]) -> dict[int, list[cases.Case]]:
    """By row, open cases that the viewer may move of anybody who applied in it; protection cases are never among them.

    Somebody who has left the household since is left out; records that were merged count as the one that answers.
    """
    members = models.ApplicationMember.objects.filter(
        application__in=[row.application_id for row in rows], left_noted_at=None
    )
    stands = list(members.values_list("application_id", "person_id"))
    kept = people.answering(person for _, person in stands)
    seen = cases.Case.objects.visible_to(access, Action.CASE_MOVE).open().filter(is_sensitive=False)
    ids = {*kept, *kept.values()}
    by_person: dict[int, list[cases.Case]] = defaultdict(list)
    found = seen.filter(person_id__in=ids).order_by("pk")
    answering = people.answering(case.person_id for case in found)
    for case in found:
        by_person[answering[case.person_id]].append(case)
    rows_of = {row.application_id: row.pk for row in rows}
    concerned: dict[int, dict[int, cases.Case]] = defaultdict(dict)
    for application_id, person_id in stands:
        for case in by_person.get(kept[person_id], ()):
            concerned[rows_of[application_id]][case.pk] = case
    return {row_id: list(held.values()) for row_id, held in concerned.items()}


def of_selection(access: Access, selection: models.Selection) -> list[Advance]:
    """What came of it, as far as the viewer may see the cases: those that could not be moved first."""
    seen = cases.Case.objects.visible_to(access)
    rows = Advance.objects.filter(row__selection=selection, case__in=seen.values("pk"))
    return list(rows.select_related("case__stage", "row__application").order_by("-problem", "row__number")[:200])
