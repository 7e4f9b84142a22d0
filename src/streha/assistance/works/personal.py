"""What house works hold about one person: for the person to read, and to erase.

Notes, defects and names of who signed are sealed under the home's key and become noise with it; here go the links.
"""

from __future__ import annotations

from django.db.models import Q

from streha.assistance.works import models
from streha.audit.rules import Actor
from streha.common.subjects import Section
from streha.homes import personal as homes
from streha.people import models as people_models
from streha.people import queries as people


def collect(person: people_models.Person) -> tuple[Section, ...]:
    """Works on the person's homes and for their household, with stages, inspections, defects and who signed."""
    rows: list[tuple[str, str]] = []
    for works in _works_of(person):
        subject = works.home.subject
        rows.append(("works", f"{works.number} · {works.home.number} · {works.percent} %"))
        rows += [
            (
                f"works_stage:{stage.code}",
                f"{stage.percent} % · {stage.planned_start:%d.%m.%Y} – {stage.planned_end:%d.%m.%Y}",
            )
            for stage in works.stages.all()
        ]
        for found in works.inspections.all():
            note = people.unsealed(subject, found.note_sealed, models.SEALED_NOTE)
            rows.append(("inspection", " · ".join(filter(None, (f"{found.on:%d.%m.%Y}", f"{found.percent} %", note)))))
        for defect in works.defects.order_by("pk"):
            said = people.unsealed(subject, defect.said_sealed, models.SEALED_DEFECT)
            rows.append(("defect", f"{defect.found_on:%d.%m.%Y} · {said}"))
        handover = models.Handover.objects.filter(works=works).first()
        if handover:
            mine = person.number if handover.person_id == person.pk else ""
            signed = people.unsealed(subject, handover.signed_sealed, models.SEALED_SIGNED)
            rows.append(("handover", " · ".join(filter(None, (f"{handover.on:%d.%m.%Y}", mine, signed)))))
    return (Section("works", tuple(rows)),) if rows else ()


def _works_of(person: people_models.Person) -> list[models.HouseWorks]:
    houses = people_models.Membership.objects.filter(person=person).values("household")
    mine = Q(home__in=homes.homes_of(person)) | Q(household__in=houses) | Q(handover__person=person)
    rows = models.HouseWorks.objects.filter(mine).select_related("home").distinct().order_by("pk")
    return [works for works in rows if works.home.erased_at is None]


def erase(person: people_models.Person, *, by: Actor) -> None:  # noqa: ARG001 - every part is asked alike
    """Nothing leads from the works to the person, nor to a household that was theirs alone."""
    models.Handover.objects.filter(person=person).update(person=None)
    mine = people_models.Membership.objects.filter(person=person).values_list("household", flat=True)
    others = people_models.Membership.objects.filter(household__in=mine).exclude(person=person)
    alone = set(mine) - set(others.values_list("household", flat=True))
    models.HouseWorks.objects.filter(household__in=alone).update(household=None)
