"""Households become one, part and hand members over: days, roles, who remains, old numbers, and taking back."""

from __future__ import annotations

import datetime as dt

import pytest
from tests import factories
from tests.factories import AT, OFFICE

from streha.accounts.rules import Role
from streha.common import errors
from streha.people import actions as register
from streha.people import models, personal, queries, rules
from streha.people.households import actions
from streha.people.households import queries as moves
from streha.people.households.models import HouseholdMove
from streha.people.households.rules import Obstacle

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 9, 1)


def people(*names: str, code: str = "20") -> list[models.Person]:
    return [factories.person(name, "Zeka", code=code) for name in names]


def living(house: models.Household) -> dict[int, tuple[str, bool]]:
    now = models.Membership.objects.filter(household=house, ended_on=None)
    return {m.person_id: (m.relation, m.is_head) for m in now}


def everything() -> list[tuple[object, ...]]:
    """Who lives where and how, without what the change itself leaves behind."""
    now = models.Membership.objects.filter(ended_on=None).order_by("pk")
    return [(m.household_id, m.person_id, m.relation, m.is_head, m.is_collector, m.started_on) for m in now]


def merged() -> tuple[list[models.Person], models.Household, models.Household, HouseholdMove]:
    a, b, c, d = people("Agim", "Besa", "Cen", "Drita")
    kept, other = factories.household(a, b), factories.household(c, d)
    move = actions.merge_households(kept.pk, other.pk, on=DAY, reason="one family", by=OFFICE, at=AT)
    return [a, b, c, d], kept, other, move


def test_a_merged_household_ends_and_answers_by_the_kept_one() -> None:
    (a, b, c, d), kept, other, _ = merged()
    assert living(kept) == {
        a.pk: ("head", True),
        b.pk: ("unknown", False),
        c.pk: ("unknown", False),
        d.pk: ("unknown", False),
    }
    assert set(other.memberships.values_list("ended_on", flat=True)) == {DAY}
    assert set(kept.memberships.filter(person__in=(c, d)).values_list("started_on", flat=True)) == {DAY}
    other.refresh_from_db()
    assert (other.ended_on, other.canonical_id) == (DAY, kept.pk)
    assert queries.household_page(OFFICE, other.pk, at=AT).household == kept
    assert [h.pk for h in queries.search(OFFICE, other.number).households] == [kept.pk]
    assert {h.pk for h in queries.households_page(OFFICE).rows} == {kept.pk}
    assert queries.one_household(kept.pk) == [kept.pk, other.pk]


def test_a_number_answers_through_two_merges() -> None:
    _, kept, other, _ = merged()
    third = factories.household(*people("Emine"))
    actions.merge_households(third.pk, other.pk, on=DAY, reason="one family", by=OFFICE, at=AT)
    assert queries.answering_household(other.pk) == third.pk
    assert queries.one_household(third.pk) == [third.pk, kept.pk, other.pk]
    with pytest.raises(errors.BadInput, match="same household"):
        actions.merge_households(third.pk, other.pk, on=DAY, reason="again", by=OFFICE, at=AT)


def test_a_household_without_a_head_takes_the_head_of_the_other() -> None:
    a, b = people("Agim", "Besa")
    keeper = factories.municipality().pk
    kept = register.open_household(register.HouseholdDraft(keeper, (rules.MemberDraft(a.pk),)), by=OFFICE, at=AT)
    other = factories.household(b)
    models.Membership.objects.filter(person=b).update(is_collector=True, is_alternate=True)
    actions.merge_households(kept.pk, other.pk, on=DAY, reason="-", by=OFFICE, at=AT)
    led = kept.memberships.get(person=b)
    assert (led.is_head, led.relation, led.is_collector, led.is_alternate) == (True, "head", True, True)


def test_a_second_collector_is_settled() -> None:
    a, b = people("Agim", "Besa")
    kept, other = factories.household(a), factories.household(b)
    models.Membership.objects.update(is_collector=True)
    actions.merge_households(kept.pk, other.pk, on=DAY, reason="-", by=OFFICE, at=AT)
    assert [m.person_id for m in kept.memberships.filter(ended_on=None, is_collector=True)] == [a.pk]


def test_part_of_a_household_moves_out_with_its_own_head() -> None:
    a, b, c = people("Agim", "Besa", "Cen")
    house = factories.household(a, b, c)
    move = actions.split_household(
        house.pk,
        [b.pk, c.pk],
        on=DAY,
        head_id=b.pk,
        relations={c.pk: rules.Relation.CHILD},
        home=actions.NewHome(address="Rruga e Ulliut 3"),
        reason="own home",
        by=OFFICE,
        at=AT,
    )
    new = move.target
    assert living(house) == {a.pk: ("head", True)}
    assert living(new) == {b.pk: ("head", True), c.pk: ("child", False)}
    assert (new.keeper_id, new.sort_name) == (house.keeper_id, b.sort_name)
    assert queries.address_of(OFFICE, new.pk, at=AT) == "Rruga e Ulliut 3"


def test_members_move_and_take_no_role_along() -> None:
    a, b, c = people("Agim", "Besa", "Cen")
    one, two = factories.household(a, b), factories.household(c)
    actions.move_members(
        [a.pk], one.pk, two.pk, on=DAY, relations={a.pk: rules.Relation.PARENT}, reason="-", by=OFFICE, at=AT
    )
    assert living(one) == {b.pk: ("unknown", False)}
    assert living(two) == {c.pk: ("head", True), a.pk: ("parent", False)}
    one.refresh_from_db()
    assert one.sort_name == b.sort_name


def test_what_cannot_be_is_refused_and_nothing_is_written() -> None:
    a, b, c = people("Agim", "Besa", "Cen")
    one, two = factories.household(a), factories.household(c)
    register.add_member(one.pk, rules.MemberDraft(b.pk, started_on=DAY), by=OFFICE, at=AT)
    before = everything()
    told = {"reason": "-", "by": OFFICE, "at": AT}
    tomorrow, early = AT.date() + dt.timedelta(days=1), DAY - dt.timedelta(days=1)
    head = {b.pk: rules.Relation.HEAD}
    for code, step in {
        "day_in_future": lambda: actions.move_members([b.pk], one.pk, two.pk, on=tomorrow, **told),
        "before_membership": lambda: actions.move_members([b.pk], one.pk, two.pk, on=early, **told),
        "nobody_remains": lambda: actions.move_members([a.pk, b.pk], one.pk, two.pk, on=DAY, **told),
        "not_a_member": lambda: actions.move_members([c.pk], one.pk, two.pk, on=DAY, **told),
        "members_missing": lambda: actions.move_members([], one.pk, two.pk, on=DAY, **told),
        "two_heads": lambda: actions.move_members([b.pk], one.pk, two.pk, on=DAY, relations=head, **told),
        "head_not_among": lambda: actions.split_household(one.pk, [b.pk], on=DAY, head_id=a.pk, **told),
        "same_household": lambda: actions.merge_households(one.pk, one.pk, on=DAY, **told),
        "reason_missing": lambda: actions.merge_households(one.pk, two.pk, on=DAY, reason=" ", by=OFFICE, at=AT),
    }.items():
        with pytest.raises(errors.BadInput) as wrong:
            step()
        assert wrong.value.code == code
    assert everything() == before
    assert not HouseholdMove.objects.exists()


def test_two_users_at_once() -> None:
    a, b, c = people("Agim", "Besa", "Cen")
    one, two = factories.household(a, b), factories.household(c)
    looked_at = {one.pk: one.version, two.pk: two.version}
    register.end_membership(one.memberships.get(person=b).pk, on=DAY, by=OFFICE, at=AT)
    with pytest.raises(errors.Conflict):
        actions.merge_households(two.pk, one.pk, on=DAY, reason="-", by=OFFICE, at=AT, versions=looked_at)


def test_a_person_who_was_merged_moves_by_either_number() -> None:
    from streha.people.merges import actions as merges

    a, b, twice = people("Agim", "Besa", "Besë")
    house = factories.household(a, b)
    merges.merge(merges.Choice(b.pk, twice.pk), by=OFFICE, at=AT)
    move = actions.split_household(house.pk, [twice.pk], on=DAY, head_id=twice.pk, reason="-", by=OFFICE, at=AT)
    assert living(move.target) == {b.pk: ("head", True)}


# --- whose is it ----------------------------------------------------------------------------------


def test_both_households_must_be_the_writers() -> None:
    a, b = people("Agim", "Besa")
    (far,) = people("Cen", code="17")
    here, there = factories.household(a, b), factories.household(far)
    mocr = factories.access(Role.CASEWORKER, scope=factories.in_area("20"))
    planner = factories.access(Role.PLANNER)
    told = {"on": DAY, "reason": "-", "at": AT}
    for step in (
        lambda: actions.merge_households(here.pk, there.pk, by=mocr, **told),
        lambda: actions.merge_households(there.pk, here.pk, by=mocr, **told),
        lambda: actions.move_members([a.pk], here.pk, there.pk, by=mocr, **told),
        lambda: actions.split_household(there.pk, [far.pk], head_id=far.pk, by=mocr, **told),
    ):
        with pytest.raises(errors.NotFound) as wrong:
            step()
        assert "Cen" not in wrong.value.english()
    with pytest.raises(errors.Refused):
        actions.merge_households(here.pk, there.pk, by=planner, **told)


def test_a_shielded_family_answers_to_protection_alone() -> None:
    a, b = people("Agim", "Besa")
    hidden = factories.person("Fatime", "Gashi", shielded=True)
    open_house, closed = factories.household(a, b), factories.household(hidden)
    mocr = factories.access(Role.CASEWORKER, scope=factories.in_area("20"))
    guard = factories.access(Role.PROTECTION, scope=factories.in_area("20"))
    with pytest.raises(errors.NotFound):
        actions.merge_households(open_house.pk, closed.pk, on=DAY, reason="-", by=mocr, at=AT)
    actions.merge_households(open_house.pk, closed.pk, on=DAY, reason="-", by=guard, at=AT)
    with pytest.raises(errors.NotFound):
        queries.household_page(mocr, open_house.pk, at=AT)


def test_a_member_unseen_goes_along_and_is_told_of_to_nobody() -> None:
    a, b = people("Agim", "Besa")
    (far,) = people("Cen", code="17")
    kept, other = factories.household(a), factories.household(b, far)
    models.Membership.objects.filter(person=far).update(started_on=DAY + dt.timedelta(days=9))
    mocr = factories.access(Role.CASEWORKER, scope=factories.in_area("20"))
    wish = moves.Wish(moves.rules.Kind.MERGED, other.pk, kept.pk, DAY)
    assert {seat.person.pk for seat in moves.preview(mocr, wish, at=AT).after} == {a.pk, b.pk}
    with pytest.raises(errors.BadInput, match="Somebody must remain"):
        actions.split_household(other.pk, [b.pk], on=DAY, head_id=b.pk, reason="-", by=mocr, at=AT)
    with pytest.raises(errors.BadInput, match="does not live in this household"):
        actions.split_household(other.pk, [far.pk], on=DAY, head_id=far.pk, reason="-", by=mocr, at=AT)
    actions.merge_households(kept.pk, other.pk, on=DAY, reason="-", by=mocr, at=AT)
    assert living(kept).keys() == {a.pk, b.pk, far.pk}
    assert kept.memberships.get(person=far).started_on == DAY + dt.timedelta(days=9)


# --- taking back ----------------------------------------------------------------------------------


def test_each_change_taken_back_leaves_everybody_where_they_were() -> None:
    a, b, c, d = people("Agim", "Besa", "Cen", "Drita")
    one, two = factories.household(a, b), factories.household(c, d)
    models.Membership.objects.filter(is_head=True).update(is_collector=True)
    before = everything()
    names = list(models.Household.objects.order_by("pk").values_list("pk", "sort_name", "ended_on", "canonical"))
    told = {"on": DAY, "reason": "-", "by": OFFICE, "at": AT}
    for step in (
        lambda: actions.merge_households(one.pk, two.pk, **told),
        lambda: actions.merge_households(two.pk, one.pk, **told),
        lambda: actions.move_members([a.pk], one.pk, two.pk, **told),
        lambda: actions.split_household(one.pk, [a.pk], head_id=a.pk, **told),
    ):
        move = step()
        assert everything() != before
        assert moves.in_the_way(OFFICE, move) == []
        actions.take_back(move.pk, reason="wrong family", by=OFFICE, at=AT)
        assert everything() == before
        now = models.Household.objects.filter(pk__in=(one.pk, two.pk)).order_by("pk")
        assert list(now.values_list("pk", "sort_name", "ended_on", "canonical")) == names
        with pytest.raises(errors.NotFound):
            actions.take_back(move.pk, reason="again", by=OFFICE, at=AT)
    assert queries.household_page(OFFICE, two.pk, at=AT).past == ()
    assert queries.household_page(OFFICE, move.target_id, at=AT).household == one  # the number of a split leads back


def test_what_stands_in_the_way_is_listed() -> None:
    (a, _b, c, _d), kept, other, move = merged()
    register.end_membership(kept.memberships.get(person=c, ended_on=None).pk, on=AT.date(), by=OFFICE, at=AT)
    register.set_head(kept.pk, membership_id=kept.memberships.get(person=_d, ended_on=None).pk, by=OFFICE, at=AT)
    later = actions.split_household(kept.pk, [a.pk], on=DAY, head_id=a.pk, reason="-", by=OFFICE, at=AT)
    told = {(one.code, one.number) for one in moves.in_the_way(OFFICE, move)}
    assert told == {
        (Obstacle.MEMBER_LEFT, c.number),
        (Obstacle.OTHER_HEAD, kept.number),
        (Obstacle.LATER_CHANGE, kept.number),
    }
    with pytest.raises(errors.Conflict):
        actions.take_back(move.pk, reason="-", by=OFFICE, at=AT)
    assert moves.last_move(OFFICE, kept.pk) == later
    assert moves.last_move(OFFICE, other.pk) == move


def test_a_new_household_that_others_joined_stays() -> None:
    a, b, c = people("Agim", "Besa", "Cen")
    house = factories.household(a, b)
    move = actions.split_household(house.pk, [b.pk], on=DAY, head_id=b.pk, reason="-", by=OFFICE, at=AT)
    register.add_member(move.target_id, rules.MemberDraft(c.pk), by=OFFICE, at=AT)
    (found,) = moves.in_the_way(OFFICE, move)
    assert (found.code, found.number) == (Obstacle.MEMBER_CAME, c.number)


# --- what is told ---------------------------------------------------------------------------------


def test_histories_tell_it_and_a_failed_record_undoes_the_write(monkeypatch: pytest.MonkeyPatch) -> None:
    (_a, _b, c, _d), kept, other, move = merged()
    actions.take_back(move.pk, reason="wrong", by=OFFICE, at=AT)
    for kind, pk, verbs in (
        ("household", kept.pk, ["household merged", "move undone"]),
        ("household", other.pk, ["household merged", "move undone"]),
        ("person", c.pk, ["member moved", "move undone"]),
    ):
        from streha.audit.models import AuditRecord

        rows = AuditRecord.objects.filter(object_kind=kind, object_key=str(pk)).order_by("pk")
        assert [row.verb for row in rows][-2:] == verbs
    before = everything()

    def fails(*_args: object, **_more: object) -> None:
        raise RuntimeError("no log")

    monkeypatch.setattr("streha.audit.actions.record_many", fails)
    with pytest.raises(RuntimeError):
        actions.merge_households(kept.pk, other.pk, on=DAY, reason="-", by=OFFICE, at=AT)
    assert everything() == before


def test_the_person_reads_both_households_and_erasure_leaves_no_trace() -> None:
    (_a, _b, c, d), kept, other, move = merged()
    told = {section.code: section.rows for section in personal.collect(c.subject)}
    said = " ".join(value for _, value in told["households"])
    assert kept.number in said
    assert other.number in said
    for person in (c, d):
        personal.erase(person.subject, by=OFFICE.actor, at=AT)
    other.refresh_from_db()
    assert other.erased_at is not None
    assert not HouseholdMove.objects.filter(pk=move.pk).exists()


def test_a_person_parted_after_their_household_was_merged_goes_along_with_it() -> None:
    from streha.people.merges import actions as merges

    a, b, c, twice = people("Agim", "Besa", "Cen", "Çen")
    house, old, new = factories.household(a, c), factories.household(b, twice), factories.household(*people("Drita"))
    before = everything()
    record = merges.merge(merges.Choice(c.pk, twice.pk), by=OFFICE, at=AT)
    move = actions.merge_households(new.pk, old.pk, on=DAY, reason="-", by=OFFICE, at=AT)
    assert set(living(new)) == {new.memberships.first().person_id, b.pk}  # type: ignore[union-attr]
    merges.undo(record.pk, by=OFFICE, at=AT)
    assert set(living(house)) == {a.pk, c.pk}
    assert twice.pk in living(new)
    assert living(old) == {}
    actions.take_back(move.pk, reason="-", by=OFFICE, at=AT)
    assert everything() == before
