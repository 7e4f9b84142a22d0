"""The story of a home: its owners, who lived there, assessments, claims, house works with their photos, handover."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from streha.assistance.works import models as works
from streha.assistance.works import queries as works_queries
from streha.cases import models as cases
from streha.homes import models, queries
from streha.web import home_rows, words
from streha.web.stories.household import of_works
from streha.web.stories.lines import Line, Photo, Story, day, name_of, told

OWNER = "homes/owner.html"


def story(
    page: queries.PropertyPage,
    built: Sequence[tuple[works.HouseWorks, works_queries.Told]],
    followed: Sequence[cases.Case],
    today: Any,
) -> Story:
    """Everything that is known to have happened to the home and for it, and what comes next."""
    lines = [*_registered(page), *_claimed(followed), *_built(page, built)]
    return told(lines, today)


def _registered(page: queries.PropertyPage) -> Iterator[Line]:
    home, classes = page.home, queries.Classes()
    yield Line(day(home.registered_at), _("Entered in the register"), who=name_of(home.registered_by))
    for share in page.shares:
        part = f"{share.numerator}/{share.denominator}" if _is_part(share) else ""
        yield Line(share.since, _("Owner:"), detail=part, part=OWNER, what=share)
        if share.until:
            yield Line(share.until, _("No longer owner:"), part=OWNER, what=share)
    for stay in page.stays:
        kind = str(words.word("occupancy", stay.kind))
        somebody = bool(stay.person_id or stay.household_id)
        yield Line(
            stay.started_on,
            f"{kind}:" if somebody else kind,
            precision=stay.started_precision,
            until=stay.ended_on,
            until_precision=stay.ended_precision or stay.started_precision,
            part=OWNER if somebody else "",
            what=stay,
        )
    for one in page.assessments:
        parts = (home_rows.damage_of(one, classes), home_rows.building_of(one, classes), home_rows.measured_of(one))
        found = " · ".join(filter(None, parts))
        note = getattr(one, "note", "")
        yield Line(one.assessed_on, _("Building assessed"), found, detail=note, who=name_of(one.noted_by))
    if home.ended_on:
        yield Line(home.ended_on, _("Record closed"), words.word("home_end_reason", home.end_reason))


def _is_part(share: models.Share) -> bool:
    return bool(share.numerator) and share.numerator != share.denominator


def _claimed(followed: Sequence[cases.Case]) -> Iterator[Line]:
    language = translation.get_language() or "en"
    for case in followed:
        url, track = reverse("case", args=[case.pk]), case.version.label.said_in(language)
        yield Line(case.opened_on, _("Case opened"), track, url)
        if case.closed_on:
            yield Line(case.closed_on, _("Case closed"), track, url, words.word("outcome", case.outcome))
        else:
            yield Line(case.due_on, case.stage.label.said_in(language), track, url, is_open=True)


def _built(page: queries.PropertyPage, built: Sequence[tuple[works.HouseWorks, works_queries.Told]]) -> Iterator[Line]:
    """Works with the photos of their inspections; photos that no inspection took are lines of their own."""
    of_inspections: set[int] = set()
    for line in of_works(built):
        photos = tuple(_photo(page, one) for one in getattr(line.what, "shown_photos", ()) if page.sees_place)
        of_inspections |= {one.pk for one in getattr(line.what, "shown_photos", ())}
        yield Line(line.on, line.said, line.name, line.url, line.detail, line.who, photos=photos)
    for house, _line in {house.pk: (house, line) for house, line in built}.values():
        if house.state == "running" and house.next_inspection:
            url = reverse("works_one", args=[house.pk])
            yield Line(house.next_inspection, _("Inspection due"), house.number, url, is_open=True)
    for photo in page.photos if page.sees_place else ():
        if photo.pk not in of_inspections:
            caption = getattr(photo, "caption", "")
            yield Line(photo.taken_on or day(photo.noted_at), _("Photo"), caption, photos=(_photo(page, photo),))


def _photo(page: queries.PropertyPage, photo: models.Photo) -> Photo:
    key = [page.home.pk, photo.pk]
    said = getattr(photo, "caption", "") or _("Photo of the home")
    return Photo(
        reverse("home_photo", args=key), reverse("home_photo_small", args=key), photo.width, photo.height, said
    )
