"""Writing to homes: what is true afterwards, what the log says, and what is refused with which words."""

from __future__ import annotations

import dataclasses
import datetime as dt
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from tests import factories
from tests.factories import AT, OFFICE
from tests.formats.test_pictures import photo, with_place

from streha.accounts.rules import Role
from streha.audit import actions as audit
from streha.audit import queries as log
from streha.common import errors
from streha.common.codes import Precision
from streha.homes import actions, bridge, models, queries, rules
from streha.homes.rules import OccupancyKind as Kind
from streha.places import actions as place_actions
from streha.places.models import Area

pytestmark = pytest.mark.django_db
DAY = dt.date(2020, 5, 1)


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


def test_a_home_is_registered_with_all_that_is_told() -> None:
    owner, sister = factories.person(), factories.person("Teuta", "Hoxha")
    house = factories.household(owner)
    home = factories.home(
        owner,
        cadastral_zone="Prizren",
        cadastral_ref="P-71914012-00123-0",
        point=rules.Point(20.7397, 42.2139),
        tenure=rules.Tenure.OWNED,
        inheritance=rules.Inheritance.UNSETTLED,
        shares=(
            rules.ShareDraft(owner.pk, share=Fraction(1, 3)),
            rules.ShareDraft(sister.pk, share=Fraction(1, 3)),
            rules.ShareDraft(name="Agron Hoxha, Zürich", share=Fraction(1, 3)),
        ),
        occupancies=(
            rules.OccupancyDraft(Kind.RUINED, dt.date(1999, 6, 1), Precision.MONTH, dt.date(2002, 4, 1)),
            rules.OccupancyDraft(Kind.OWNER, dt.date(2002, 4, 1), household_id=house.pk),
        ),
        assessments=(rules.AssessmentDraft(dt.date(2002, 1, 1), "d4", "brick", "roof burnt"),),
    )
    page = queries.property_page(OFFICE, home.pk, at=AT)
    assert (page.address, page.cadastral, page.point) == (
        "Rruga e Lisit 7",
        "P-71914012-00123-0",
        rules.Point(20.7397, 42.2139),
    )
    assert [(s.numerator, s.denominator) for s in page.shares] == [(1, 3)] * 3
    assert {s.written for s in page.shares} == {"", "Agron Hoxha, Zürich"}
    assert (page.home.damage, page.home.building, page.home.damage_list) == ("d4", "brick", "ems98-1")
    assert page.assessments[0].note == "roof burnt"  # type: ignore[attr-defined]
    assert [stay.started_on for stay in page.stays] == [dt.date(2002, 4, 1), dt.date(1999, 6, 1)]
    assert [done.verb for done in log.history(home.subject).rows] == ["home registered"]


def test_a_failed_record_leaves_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("no log")

    factories.kosovo()
    monkeypatch.setattr(audit, "record_many", fails)
    with pytest.raises(RuntimeError), transaction.atomic():
        factories.home()
    assert not models.Property.objects.exists()
    assert not models.PropertyKey.objects.exists()


def test_where_it_is_stands_nowhere_in_clear() -> None:
    home = factories.home(address="Rruga Zyrafetjes 77", cadastral_ref="P-71914012-00123-0")
    row = models.Property.objects.filter(pk=home.pk).values().get()
    keys = list(home.keys.values_list("blind", flat=True))
    text = " ".join(bytes(v).decode("latin-1") if isinstance(v, bytes | memoryview) else str(v) for v in row.values())
    for secret in ("Zyraf", "zyraf", "71914012", "00123"):
        assert secret not in text and not any(secret in key for key in keys)


# --- places


def settlement(code: str = "20", name: str = "Zhur") -> Area:
    town = factories.municipality(code)
    made = Area.objects.create(
        kind="settlement", parent=town, label_sq=name, label_sr=name, label_sr_latn=name, label_en=name
    )
    made.path = f"{town.path}{made.pk:08d}"
    made.save()
    return made


def test_a_settlement_outside_the_municipality_is_told() -> None:
    here, there = settlement("20"), factories.municipality("17")
    with pytest.raises(errors.BadInput) as told:
        factories.home(code="17", settlement_id=here.pk)
    assert told.value.code == "settlement_outside"
    assert "Zhur" in told.value.english() and there.label_sq in told.value.english()
    assert factories.home(code="20", settlement_id=here.pk).settlement_id == here.pk


def test_a_settlement_is_a_settlement_and_a_municipality_one() -> None:
    town = factories.municipality("17")
    with pytest.raises(errors.BadInput) as told:
        factories.home(code="17", settlement_id=town.pk)
    assert told.value.code == "settlement_unknown"
    with pytest.raises(errors.BadInput) as told:
        factories.home(municipality_id=settlement().pk)
    assert told.value.code == "municipality_missing"


def test_a_point_far_from_the_municipality_is_told() -> None:
    with pytest.raises(errors.BadInput) as told:
        factories.home(code="20", point=rules.Point(42.2139, 20.7397))  # longitude and latitude exchanged
    assert told.value.code == "point_outside"
    assert place_actions is not None


# --- changing


def test_changes_keep_the_old_values_in_the_log_and_the_index_in_step() -> None:
    home = factories.home()
    changes = actions.PropertyChanges(address="Ulica lipa 12", tenure=rules.Tenure.DISPUTED, cadastral=("Zhur", "77/2"))
    actions.change_property(home.pk, changes, version=1, by=OFFICE, at=AT)
    home.refresh_from_db()
    assert (home.version, home.tenure, home.cadastral_hint) == (2, "disputed", "72")
    assert [h.pk for h in queries.search(OFFICE, "улица липа 12")] == [home.pk]
    assert queries.search(OFFICE, "Lisit 7") == []
    told = log.history(home.subject).rows[0].payload
    assert told is not None and told["address"] == ["Rruga e Lisit 7", "Ulica lipa 12"]
    assert told["tenure"] == ["unknown", "disputed"]


def test_two_who_change_at_once_are_told() -> None:
    home = factories.home()
    actions.change_property(home.pk, actions.PropertyChanges(address="Rruga 1"), version=1, by=OFFICE, at=AT)
    with pytest.raises(errors.Conflict):
        actions.change_property(home.pk, actions.PropertyChanges(address="Rruga 2"), version=1, by=OFFICE, at=AT)
    assert queries.property_page(OFFICE, home.pk, at=AT).address == "Rruga 1"


def test_saving_nothing_new_writes_nothing() -> None:
    home = factories.home()
    actions.change_property(home.pk, actions.PropertyChanges(address="Rruga e Lisit 7"), version=1, by=OFFICE, at=AT)
    assert len(log.history(home.subject).rows) == 1


def test_the_latest_assessment_stands_on_the_home_whatever_the_order_of_entering() -> None:
    home = factories.home()
    actions.assess(home.pk, rules.AssessmentDraft(dt.date(2021, 1, 1), "d1"), by=OFFICE, at=AT)
    actions.assess(home.pk, rules.AssessmentDraft(dt.date(2001, 1, 1), "d5", "adobe"), by=OFFICE, at=AT)
    home.refresh_from_db()
    assert (home.damage, home.building) == ("d1", "adobe")
    for wrong in (
        rules.AssessmentDraft(DAY),
        rules.AssessmentDraft(DAY, "grade 9"),
        rules.AssessmentDraft(dt.date(2030, 1, 1), "d1"),
    ):
        with pytest.raises(errors.BadInput):
            actions.assess(home.pk, wrong, by=OFFICE, at=AT)


# --- owners


def test_shares_over_the_whole_are_refused_also_by_two_at_once() -> None:
    one, two = factories.person(), factories.person("Teuta")
    home = factories.home(one, shares=(rules.ShareDraft(one.pk, share=Fraction(2, 3)),))
    with pytest.raises(errors.BadInput) as told:
        actions.add_share(home.pk, rules.ShareDraft(two.pk, share=Fraction(1, 2)), by=OFFICE, at=AT)
    assert told.value.code == "shares_over_one" and told.value.details["total"] == "7/6"
    actions.add_share(home.pk, rules.ShareDraft(two.pk, share=Fraction(1, 3)), by=OFFICE, at=AT)
    with pytest.raises(errors.Conflict):
        actions.add_share(home.pk, rules.ShareDraft(two.pk), by=OFFICE, at=AT)


def test_an_ended_share_stays_and_makes_room() -> None:
    one, two = factories.person(), factories.person("Teuta")
    home = factories.home(one)
    share = home.shares.get()
    with pytest.raises(errors.BadInput):
        actions.end_share(home.pk, share.pk, on=dt.date(2030, 1, 1), by=OFFICE, at=AT)
    actions.end_share(home.pk, share.pk, on=DAY, by=OFFICE, at=AT)
    actions.add_share(home.pk, rules.ShareDraft(two.pk, share=Fraction(1), since=DAY), by=OFFICE, at=AT)
    assert home.shares.count() == 2
    with pytest.raises(errors.Conflict):
        actions.end_share(home.pk, share.pk, on=DAY, by=OFFICE, at=AT)
    other = factories.home()
    with pytest.raises(errors.NotFound):
        actions.end_share(other.pk, share.pk, on=DAY, by=OFFICE, at=AT)


def test_an_owner_beyond_the_writers_sight_is_not_told_apart_from_nobody() -> None:
    far = factories.person(code="17")
    here = factories.access(Role.CASEWORKER, scope=factories.in_area("20"))
    home = factories.home(by=here)
    said = []
    for pk in (far.pk, 987654321):
        with pytest.raises(errors.BadInput) as told:
            actions.add_share(home.pk, rules.ShareDraft(pk), by=here, at=AT)
        said.append((told.value.code, told.value.template))
    assert said[0] == said[1]


# --- occupancy


def noted(kind: Kind, on: dt.date, **more: Any) -> rules.OccupancyDraft:
    return rules.OccupancyDraft(kind, on, **more)


def test_what_contradicts_is_refused_and_what_succeeds_ends_it() -> None:
    someone = factories.person()
    home = factories.home(someone)
    actions.note_occupancy(home.pk, noted(Kind.EMPTY, DAY), by=OFFICE, at=AT)
    new = noted(Kind.OWNER, DAY.replace(year=2021), person_id=someone.pk)
    with pytest.raises(errors.Conflict) as told:
        actions.note_occupancy(home.pk, new, by=OFFICE, at=AT)
    assert told.value.code == "occupancy_contradicts" and "01.05.2020" in told.value.english()
    actions.succeed_occupancy(home.pk, new, by=OFFICE, at=AT)
    assert [(o.kind, o.ended_on) for o in home.occupancies.order_by("pk")] == [
        ("empty", DAY.replace(year=2021)),
        ("owner", None),
    ]


def test_a_tenant_above_does_not_end_the_owner_below() -> None:
    home = factories.home()
    actions.note_occupancy(home.pk, noted(Kind.OWNER, DAY), by=OFFICE, at=AT)
    actions.succeed_occupancy(home.pk, noted(Kind.TENANT, DAY), by=OFFICE, at=AT)
    assert home.occupancies.filter(ended_on=None).count() == 2


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        (noted(Kind.OWNER, dt.date(2030, 1, 1)), "date_in_future"),
        (noted(Kind.OWNER, dt.date(1820, 1, 1)), "date_too_early"),
        (noted(Kind.OWNER, DAY, ended_on=dt.date(2019, 1, 1)), "end_before_start"),
        (noted(Kind.EMPTY, DAY, household_id=1), "occupant_of_empty"),
        (noted(Kind.OWNER, DAY, household_id=1, person_id=1), "occupant_twice"),
    ],
)
def test_occupancy_out_of_order_is_told(draft: rules.OccupancyDraft, code: str) -> None:
    home = factories.home()
    with pytest.raises(errors.BadInput) as told:
        actions.note_occupancy(home.pk, draft, by=OFFICE, at=AT)
    assert told.value.code == code


def test_the_database_itself_refuses_the_worst() -> None:
    home = factories.home()
    actions.note_occupancy(home.pk, noted(Kind.EMPTY, DAY), by=OFFICE, at=AT)
    wrong = (
        {"kind": "ruined", "started_on": DAY},  # empty and ruined at one time
        {"kind": "owner", "started_on": DAY, "ended_on": dt.date(2000, 1, 1), "ended_precision": "day"},
        {"kind": "owner", "started_on": DAY, "ended_on": DAY},  # an end without how exact it is
    )
    for values in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            models.Occupancy.objects.create(property=home, noted_at=AT, **values)
    for share in ({"numerator": 3, "denominator": 2}, {"numerator": 1, "denominator": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            models.Share.objects.create(property=home, name_sealed=b"x", noted_at=AT, **share)


def test_ending_asks_for_a_day_after_the_beginning() -> None:
    home = factories.home()
    row = actions.note_occupancy(home.pk, noted(Kind.OWNER, DAY), by=OFFICE, at=AT)
    with pytest.raises(errors.BadInput):
        actions.end_occupancy(home.pk, row.pk, on=dt.date(2019, 1, 1), by=OFFICE, at=AT)
    actions.end_occupancy(home.pk, row.pk, on=DAY.replace(year=2022), by=OFFICE, at=AT)
    with pytest.raises(errors.Conflict):
        actions.end_occupancy(home.pk, row.pk, on=DAY.replace(year=2022), by=OFFICE, at=AT)
    assert home.occupancies.count() == 1


# --- references


def test_the_same_reference_in_one_zone_warns_whom_it_may() -> None:
    first = factories.home(cadastral_zone="Prizren", cadastral_ref="P-71914012-00123-0")
    factories.home(cadastral_zone="Zhur", cadastral_ref="P-71914012-00123-0")
    assert [h.pk for h in queries.doubles(OFFICE, "Призрен", "p71914012 00123 0")] == [first.pk]
    elsewhere = factories.access(Role.CASEWORKER, scope=factories.in_area("17"))
    assert queries.doubles(elsewhere, "Prizren", "P-71914012-00123-0") == []
    blind = factories.access(Role.COMMISSION, scope=factories.in_area("20"))
    assert queries.doubles(blind, "Prizren", "P-71914012-00123-0") == []
    second = factories.home(cadastral_zone="Prizren", cadastral_ref="P-71914012-00123-0")
    page = queries.property_page(OFFICE, second.pk, at=AT)
    assert [h.pk for h in page.doubles] == [first.pk]


# --- photos


def test_a_photo_is_kept_sealed_without_its_place() -> None:
    home = factories.home()
    row = actions.add_photo(home.pk, with_place(), name="a.jpg", caption="Hyrja", by=OFFICE, at=AT)
    full = bridge.photo_path(row.file, bridge.FULL).read_bytes()
    assert b"JFIF" not in full and full[:1] == b"\x01"
    seen = queries.photo(OFFICE, home.pk, row.pk, "full", at=AT)
    assert seen[:2] == b"\xff\xd8" and b"Zyrafacam" not in seen
    thumb = queries.photo(OFFICE, home.pk, row.pk, "thumb", at=AT)
    assert len(thumb) < len(seen)
    assert log.readers(home.subject).rows[0].verb == "shown"


def test_a_file_under_another_name_does_not_open() -> None:
    home = factories.home()
    one = actions.add_photo(home.pk, photo(), by=OFFICE, at=AT)
    two = actions.add_photo(home.pk, photo(size=(500, 300)), by=OFFICE, at=AT)
    bridge.photo_path(one.file, "full").write_bytes(bridge.photo_path(two.file, "full").read_bytes())
    with pytest.raises(errors.Conflict):
        queries.photo(OFFICE, home.pk, one.pk, "full", at=AT)
    bridge.photo_path(one.file, "full").unlink()
    with pytest.raises(errors.Gone):
        queries.photo(OFFICE, home.pk, one.pk, "full", at=AT)


def test_the_same_photo_comes_once_and_a_failed_write_leaves_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    home = factories.home()
    actions.add_photo(home.pk, photo(), by=OFFICE, at=AT)
    with pytest.raises(errors.Conflict) as told:
        actions.add_photo(home.pk, photo(), by=OFFICE, at=AT)
    assert told.value.code == "photo_again"

    def fails(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("no log")

    monkeypatch.setattr(audit, "record", fails)
    with pytest.raises(RuntimeError):
        actions.add_photo(home.pk, photo(size=(333, 222)), by=OFFICE, at=AT)
    files = [p for p in Path(settings.MEDIA_ROOT).rglob("*") if p.is_file()]
    assert len(files) == 2 and home.photos.count() == 1


def test_a_photo_goes_with_a_reason_alone(django_capture_on_commit_callbacks: Any) -> None:
    home = factories.home()
    row = actions.add_photo(home.pk, photo(), caption="Shtepi e gabuar", by=OFFICE, at=AT)
    with pytest.raises(errors.BadInput):
        actions.remove_photo(home.pk, row.pk, reason=" ", by=OFFICE, at=AT)
    with django_capture_on_commit_callbacks(execute=True):
        actions.remove_photo(home.pk, row.pk, reason="another house", by=OFFICE, at=AT)
    assert not bridge.photo_path(row.file, "full").exists()
    with pytest.raises(errors.NotFound):
        queries.photo(OFFICE, home.pk, row.pk, "full", at=AT)
    assert log.history(home.subject).rows[0].reason == "another house"


# --- the record and the lists of classes


def test_a_record_is_closed_opened_and_handed_over() -> None:
    here = factories.access(Role.CASEWORKER, scope=factories.in_area("20"))
    home = factories.home()
    actions.end_property(home.pk, reason=rules.EndReason.DEMOLISHED, on=DAY, version=1, by=here, at=AT)
    narrowed = queries.PropertyFilter(ended=True)
    assert [h.pk for h in queries.properties_page(here, narrowed).rows] == [home.pk]
    assert queries.properties_page(here, queries.PropertyFilter()).rows == ()
    actions.reopen_property(home.pk, by=here, at=AT)
    with pytest.raises(errors.Conflict):
        actions.reopen_property(home.pk, by=here, at=AT)
    there = factories.municipality("17")
    actions.hand_over(home.pk, keeper_id=there.pk, reason="moved", by=here, at=AT)
    with pytest.raises(errors.NotFound):
        queries.visible_property(here, home.pk)


def test_what_ships_is_not_verified_and_says_its_source() -> None:
    for kind in rules.ClassKind:
        used = queries.current_list(kind)
        assert not used.verified and "European Macroseismic Scale 1998" in used.source
        assert all(e.label_en and e.label_sq and e.label_sr and e.label_sr_latn for e in used.entries)


def test_a_new_version_is_used_from_then_on_and_the_old_keeps_its_meaning() -> None:
    manager = factories.access(Role.PROGRAMME)
    home = factories.home(assessments=(rules.AssessmentDraft(DAY, "d3"),))
    entries = rules.read_class_lines("i | light\nii | heavy")
    actions.publish_classes(
        rules.ClassKind.DAMAGE,
        title="Categories",
        source="Regulation 1/2020",
        published="2020",
        entries=entries,
        verified=True,
        by=manager,
        at=AT,
    )
    used = queries.current_list(rules.ClassKind.DAMAGE)
    assert (used.version, used.verified, used.verified_by) == ("office-1", True, manager.label)
    with pytest.raises(errors.BadInput):
        actions.assess(home.pk, rules.AssessmentDraft(DAY, "d3"), by=OFFICE, at=AT)
    actions.assess(home.pk, rules.AssessmentDraft(DAY.replace(year=2021), "ii"), by=OFFICE, at=AT)
    classes = queries.Classes()
    home.refresh_from_db()
    assert [(a.damage_list, a.damage) for a in home.assessments.order_by("pk")] == [
        ("ems98-1", "d3"),
        ("office-1", "ii"),
    ]
    old = classes.entry(rules.ClassKind.DAMAGE, "ems98-1", "d3")
    assert old is not None and old.label_en == "grade 3: heavy" and home.damage_list == "office-1"
    with pytest.raises(errors.Refused):
        actions.publish_classes(
            rules.ClassKind.DAMAGE,
            title="x",
            source="y",
            published="",
            entries=entries,
            verified=False,
            by=factories.access(Role.CASEWORKER),
            at=AT,
        )


def test_only_who_may_write_writes() -> None:
    home = factories.home()
    engineer = factories.access(Role.ENGINEER, scope=factories.in_area("20"))
    actions.assess(home.pk, rules.AssessmentDraft(DAY, "d1"), by=engineer, at=AT)
    actions.add_photo(home.pk, photo(), by=engineer, at=AT)
    for refused in (
        lambda: actions.change_property(
            home.pk, actions.PropertyChanges(address="x"), version=home.version, by=engineer, at=AT
        ),
        lambda: actions.note_occupancy(home.pk, noted(Kind.EMPTY, DAY), by=engineer, at=AT),
        lambda: factories.home(by=engineer),
        lambda: actions.shield(home.pk, on=True, reason="x", by=factories.access(Role.CASEWORKER), at=AT),
    ):
        with pytest.raises(errors.Refused):
            refused()
    elsewhere = factories.access(Role.CASEWORKER, scope=factories.in_area("17"))
    with pytest.raises(errors.NotFound):
        actions.assess(home.pk, rules.AssessmentDraft(DAY, "d1"), by=elsewhere, at=AT)
    with pytest.raises(errors.Refused):
        factories.home(by=elsewhere)
    assert dataclasses.is_dataclass(rules.PropertyDraft)
