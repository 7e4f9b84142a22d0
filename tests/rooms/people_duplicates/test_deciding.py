"""Pairs: who sees them, what an opinion does, second opinions, the certain ones together, races, and taking it back."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests import factories
from tests.factories import AT, OFFICE

from streha.accounts.rules import Access, Role
from streha.audit import queries as log
from streha.common import errors
from streha.dataprotection import actions as protection
from streha.people import actions as people
from streha.people import models
from streha.people import queries as people_queries
from streha.people.duplicates import actions, queries, rules
from streha.people.duplicates.actions import Opinion
from streha.people.duplicates.models import MatchDecision
from streha.people.duplicates.rules import Verdict
from streha.people.merges import actions as merges
from streha.people.merges.actions import Choice
from streha.people.models import MatchPair
from streha.people.rules import PairState

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _as_weighed_when_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pair has the probability that a test gives it; that decisions weigh anew is held in test_weighing."""
    monkeypatch.setattr(queries, "evidence_of", lambda _both: None)


@pytest.fixture
def worker() -> Access:
    """A caseworker of Prizren."""
    return factories.access(Role.CASEWORKER, scope=factories.in_area("20"))


@pytest.fixture
def colleague() -> Access:
    return factories.access(Role.CASEWORKER, scope=factories.in_area("20"))


@pytest.fixture
def protection_officer() -> Access:
    return factories.access(Role.PROTECTION)


def pair(
    left: models.Person | None = None, right: models.Person | None = None, *, probability: float = 0.95
) -> MatchPair:
    one = left or factories.person("Xhevdet", "Hoxha")
    other = right or factories.person("Џевдет", "Хоџа")
    people.note_scored([(one.pk, other.pk, "name_birth", probability)], by=OFFICE, at=AT)
    return MatchPair.objects.get(left=min(one, other, key=lambda p: p.pk), right=max(one, other, key=lambda p: p.pk))


def same(found: MatchPair) -> Opinion:
    return Opinion(Verdict.SAME, Choice(found.left_id, found.right_id))


# --- who sees what --------------------------------------------------------------------------------


def test_a_pair_of_one_office_waits_there(worker: Access) -> None:
    found = pair()
    assert list(queries.queue(worker, queries.PairFilter())) == [found]
    assert queries.waiting(worker, 51) == 1


def test_a_pair_across_offices_waits_in_the_central_queue_alone(worker: Access, protection_officer: Access) -> None:
    found = pair(right=factories.person("Џевдет", "Хоџа", code="17"))
    assert found.is_central
    wide = factories.access(Role.CASEWORKER)
    for access in (worker, wide):
        assert queries.waiting(access, 51) == 0
        with pytest.raises(errors.NotFound):
            queries.visible_pair(access, found.pk)
        with pytest.raises(errors.NotFound):
            actions.decide(found.pk, same(found), by=access, at=AT)
    assert queries.waiting(protection_officer, 51) == 1
    assert list(queries.queue(protection_officer, queries.PairFilter(central=True))) == [found]


def test_a_shielded_side_hides_the_pair_from_the_office(worker: Access, protection_officer: Access) -> None:
    found = pair()
    people.shield(found.right_id, on=True, reason="threat", by=protection_officer, at=AT)
    assert queries.waiting(worker, 51) == 0
    found.refresh_from_db()
    assert found.is_central
    assert queries.waiting(protection_officer, 51) == 1
    people.shield(found.right_id, on=False, reason="over", by=protection_officer, at=AT)
    assert queries.waiting(worker, 51) == 1


def test_a_pair_moves_with_its_keeper(worker: Access) -> None:
    found = pair()
    people.hand_over(found.left_id, keeper_id=factories.municipality("17").pk, reason="moved", by=OFFICE, at=AT)
    assert queries.waiting(worker, 51) == 0
    people.hand_over(found.right_id, keeper_id=factories.municipality("17").pk, reason="moved", by=OFFICE, at=AT)
    found.refresh_from_db()
    assert not found.is_central
    assert queries.waiting(factories.access(Role.CASEWORKER, scope=factories.in_area("17")), 51) == 1


def test_whom_somebody_lives_with_is_told_only_to_who_may_see_them(worker: Access, protection_officer: Access) -> None:
    found = pair()
    near, far = factories.person("Arta", "Hoxha"), factories.person("Drita", "Zeka", code="17")
    hidden = factories.person("Teuta", "Gashi")
    factories.household(found.left, near, far, hidden)
    people.shield(hidden.pk, on=True, reason="threat", by=protection_officer, at=AT)
    left, right = queries.sides_of(worker, found)
    assert [member.pk for member in left.company] == [near.pk]
    assert right.company == ()
    wide, _right = queries.sides_of(protection_officer, found)
    assert {member.pk for member in wide.company} == {near.pk, far.pk, hidden.pk}


def test_fifty_pairs_are_read_with_as_many_queries_as_one(
    worker: Access, django_assert_num_queries: Callable[..., AbstractContextManager[object]]
) -> None:
    made = [
        pair(factories.person("Agim", "Zeka", identifier=f"11{n:08d}"), factories.person("Агим", "Зека"))
        for n in range(4)
    ]
    for one in made:
        factories.household(one.left, factories.person("Ana", "Zeka"))
    looked_at = list(queries.queue(worker, queries.PairFilter()).order_by(*queries.ORDER))
    assert {one.pk for one in looked_at} == {one.pk for one in made}
    with CaptureQueriesContext(connection) as alone:
        queries.sides_of(worker, looked_at[0])
    with django_assert_num_queries(len(alone)):
        queries.sides_of_many(worker, looked_at)


def test_rates_count_only_what_the_viewer_may_see(worker: Access, protection_officer: Access) -> None:
    near, far = pair(), pair(factories.person("A", "B", code="17"), factories.person("A", "B", code="38"))
    actions.decide(near.pk, Opinion(Verdict.DIFFERENT), by=worker, at=AT)
    actions.decide(far.pk, Opinion(Verdict.DIFFERENT), by=protection_officer, at=AT)
    assert queries.rates(worker)[rules.Band.LIKELY].whole == 1
    assert queries.rates(protection_officer)[rules.Band.LIKELY].whole == 2


def test_the_heaviest_consequence_comes_first_then_the_strongest(worker: Access) -> None:
    weak, strong, heavy = (
        pair(factories.person("A", "B"), factories.person("A", "B"), probability=chance) for chance in (0.5, 0.9, 0.2)
    )
    people.weigh_pairs({heavy.pk: 2}, by=OFFICE)
    ordered = list(queries.queue(worker, queries.PairFilter()).order_by(*queries.ORDER))
    assert ordered == [heavy, strong, weak]
    heavy.refresh_from_db()
    assert queries.next_pair(worker, queries.PairFilter(), after=heavy) == strong
    assert queries.next_pair(worker, queries.PairFilter(), after=weak) == heavy


def test_both_helped_come_first_and_a_sensitive_case_is_not_told(worker: Access) -> None:
    both, asked, sensitive, merged = (
        pair(factories.person("A", "B"), factories.person("A", "B"), probability=chance)
        for chance in (0.2, 0.3, 0.4, 0.5)
    )
    granted = {both.left_id, both.right_id}
    told = dict.fromkeys(granted, rules.Help.GRANTED) | {asked.left_id: rules.Help.ASKED}
    gone = factories.person("A", "B")
    merges.merge(Choice(merged.left_id, gone.pk), by=OFFICE, at=AT)
    told[gone.pk] = rules.Help.GRANTED  # given to the record that was merged
    assert actions.weigh_consequences(lambda ids: {pk: told[pk] for pk in ids if pk in told}, by=OFFICE) == 3
    ordered = list(queries.queue(worker, queries.PairFilter()).order_by(*queries.ORDER))
    assert ordered == [both, merged, asked, sensitive]
    assert actions.weigh_consequences(lambda _ids: {}, by=OFFICE) == 3
    assert not MatchPair.objects.exclude(consequence=0).exists()


def test_what_is_found_again_takes_its_figure_but_a_decision_stays(worker: Access) -> None:
    found = pair(probability=0.0)
    people.note_scored([(found.right_id, found.left_id, "linkage", 0.7)], by=OFFICE, at=AT)
    found.refresh_from_db()
    assert found.probability == 0.7
    actions.decide(found.pk, Opinion(Verdict.DIFFERENT), by=worker, at=AT)
    people.note_scored([(found.left_id, found.right_id, "linkage", 0.99)], by=OFFICE, at=AT)
    found.refresh_from_db()
    assert (found.state, found.probability) == (PairState.DIFFERENT, 0.7)
    assert MatchPair.objects.count() == 1


# --- opinions -------------------------------------------------------------------------------------


def test_same_merges_and_the_old_number_answers(worker: Access) -> None:
    found = pair()
    outcome = actions.decide(found.pk, same(found), by=worker, at=AT)
    assert outcome.state == PairState.SAME
    assert people_queries.visible_person(worker, found.right_id).pk == found.left_id
    assert queries.waiting(worker, 51) == 0
    verbs = [done.verb for done in log.history(found.left.subject).rows]
    assert verbs[:2] == ["merged", "pair same"]


def test_different_needs_a_reason_where_the_records_say_otherwise(worker: Access) -> None:
    found = pair(probability=0.999)
    with pytest.raises(errors.BadInput, match="why"):
        actions.decide(found.pk, Opinion(Verdict.DIFFERENT), by=worker, at=AT)
    actions.decide(found.pk, Opinion(Verdict.DIFFERENT, reason="I know both"), by=worker, at=AT)
    page = queries.pair_page(worker, found.pk, at=AT)
    assert [one.reason for one in page.opinions] == ["I know both"]
    assert b"know both" not in bytes(MatchDecision.objects.get().reason_sealed or b"")


def test_a_weak_pair_needs_two_people(worker: Access, colleague: Access) -> None:
    found = pair(probability=0.6)
    assert actions.decide(found.pk, same(found), by=worker, at=AT).state == PairState.SECOND
    assert models.Person.objects.filter(canonical__isnull=False).count() == 0
    with pytest.raises(errors.Refused):
        actions.decide(found.pk, same(found), by=worker, at=AT)
    assert actions.decide(found.pk, same(found), by=colleague, at=AT).state == PairState.SAME
    assert models.Person.objects.get(pk=found.right_id).canonical_id == found.left_id


def test_two_who_differ_leave_it_to_a_third(worker: Access, colleague: Access, protection_officer: Access) -> None:
    found = pair(probability=0.6)
    actions.decide(found.pk, same(found), by=worker, at=AT)
    outcome = actions.decide(found.pk, Opinion(Verdict.DIFFERENT), by=colleague, at=AT)
    assert outcome.state == PairState.OPEN
    found.refresh_from_db()
    assert found.is_central and queries.waiting(worker, 51) == 0
    outcome = actions.decide(found.pk, Opinion(Verdict.DIFFERENT), by=protection_officer, at=AT)
    assert outcome.state == PairState.DIFFERENT


def test_a_shielded_person_is_merged_by_two(protection_officer: Access) -> None:
    found = pair(factories.person(shielded=True), factories.person(), probability=1.0)
    assert actions.decide(found.pk, same(found), by=protection_officer, at=AT).state == PairState.SECOND
    second = factories.access(Role.PROTECTION)
    assert actions.decide(found.pk, same(found), by=second, at=AT).state == PairState.SAME
    assert models.Person.objects.get(pk=found.left_id).shielded


def test_not_sure_is_put_aside_and_taken_up_again(worker: Access, colleague: Access) -> None:
    found = pair()
    actions.decide(found.pk, Opinion(Verdict.UNSURE, reason="ask the family"), by=worker, at=AT)
    assert queries.waiting(worker, 51) == 0
    assert list(queries.queue(worker, queries.PairFilter(state="unsure"))) == [found]
    assert actions.decide(found.pk, same(found), by=worker, at=AT).state == PairState.SAME


def test_of_two_who_decide_at_once_the_slower_is_told(worker: Access, colleague: Access) -> None:
    found = pair()
    actions.decide(found.pk, Opinion(Verdict.DIFFERENT), by=worker, at=AT)
    with pytest.raises(errors.Conflict, match="meanwhile"):
        actions.decide(found.pk, same(found), by=colleague, at=AT)
    assert MatchDecision.objects.count() == 1
    assert not models.Person.objects.filter(canonical__isnull=False).exists()


def test_a_record_that_changed_while_it_was_looked_at_is_not_merged(worker: Access) -> None:
    found = pair()
    looked_at = {found.left_id: found.left.version, found.right_id: found.right.version}
    people.change_person(
        found.right_id, people.PersonChanges(given="Agim"), version=found.right.version, by=worker, at=AT
    )
    with pytest.raises(errors.Conflict, match="changed meanwhile"):
        actions.decide(found.pk, dataclasses.replace(same(found), versions=looked_at), by=worker, at=AT)
    assert not MatchDecision.objects.exists()


def test_a_pair_follows_who_was_merged_meanwhile(worker: Access) -> None:
    one, two, three = (factories.person() for _ in range(3))
    first, second = pair(one, two), pair(two, three)
    actions.decide(first.pk, same(first), by=worker, at=AT)
    with pytest.raises(errors.Conflict):
        actions.decide(second.pk, same(second), by=worker, at=AT)
    page = queries.pair_page(worker, second.pk, at=AT)
    assert {page.left.person.pk, page.right.person.pk} == {one.pk, three.pk}
    actions.decide(second.pk, Opinion(Verdict.SAME, Choice(one.pk, three.pk)), by=worker, at=AT)
    assert people_queries.one_person(three.pk) == [one.pk, two.pk, three.pk]
    people.note_pairs([(one.pk, three.pk, "identifier")], by=OFFICE, at=AT)
    assert queries.waiting(worker, 51) == 0


def test_other_pairs_of_the_same_two_are_decided_with_it(worker: Access) -> None:
    one, two, three = (factories.person() for _ in range(3))
    first, second, third = pair(one, two), pair(one, three), pair(two, three)
    actions.decide(first.pk, same(first), by=worker, at=AT)
    actions.decide(second.pk, Opinion(Verdict.DIFFERENT), by=worker, at=AT)
    third.refresh_from_db()
    assert third.state == PairState.DIFFERENT


def test_a_pair_whose_person_was_erased_is_gone(worker: Access) -> None:
    found = pair()
    protection.erase_person(found.right_id, reason="asked", by=OFFICE, at=AT)
    with pytest.raises(errors.NotFound, match="merged or erased"):
        actions.decide(found.pk, same(found), by=worker, at=AT)
    assert not MatchPair.objects.exists()


def test_whoever_may_not_decide_is_refused() -> None:
    found = pair()
    for role in set(Role) - {Role.CASEWORKER, Role.PROTECTION, Role.IMPORT_APPROVER}:
        access = factories.access(role)
        assert queries.waiting(access, 51) == 0
        with pytest.raises(errors.Refused):
            actions.decide(found.pk, same(found), by=access, at=AT)


def test_a_failed_record_undoes_the_whole_decision(worker: Access, monkeypatch: pytest.MonkeyPatch) -> None:
    found = pair()

    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("no log")

    monkeypatch.setattr("streha.people.merges.actions.audit.record_many", broken)
    with pytest.raises(RuntimeError):
        actions.decide(found.pk, same(found), by=worker, at=AT)
    found.refresh_from_db()
    assert found.state == PairState.OPEN
    assert not MatchDecision.objects.exists()
    assert not models.Person.objects.filter(canonical__isnull=False).exists()


# --- taking back ----------------------------------------------------------------------------------


def test_different_is_taken_back(worker: Access) -> None:
    found = pair()
    actions.decide(found.pk, Opinion(Verdict.DIFFERENT), by=worker, at=AT)
    actions.take_back(found.pk, by=worker, at=AT)
    assert queries.waiting(worker, 51) == 1
    assert queries.rates(worker)[rules.Band.LIKELY].whole == 0
    with pytest.raises(errors.Conflict):
        actions.take_back(found.pk, by=worker, at=AT)


def test_parting_opens_the_pair_again(worker: Access) -> None:
    found = pair()
    outcome = actions.decide(found.pk, same(found), by=worker, at=AT)
    assert outcome.merge is not None
    with pytest.raises(errors.Conflict, match="Part them"):
        actions.take_back(found.pk, by=worker, at=AT)
    actions.part(outcome.merge.pk, by=worker, at=AT, reason="two brothers")
    assert queries.waiting(worker, 51) == 1


def test_by_hand_two_records_are_laid_side_by_side(worker: Access) -> None:
    one, two = factories.person(), factories.person("Agim", "Berisha")
    elsewhere = factories.person(code="17")
    found = actions.note_by_hand(two.pk, one.pk, by=worker, at=AT)
    assert (found.left_id, found.right_id, found.why) == (one.pk, two.pk, "by_hand")
    with pytest.raises(errors.NotFound):
        actions.note_by_hand(one.pk, elsewhere.pk, by=worker, at=AT)
    with pytest.raises(errors.BadInput):
        actions.note_by_hand(one.pk, one.pk, by=worker, at=AT)


# --- the certain ----------------------------------------------------------------------------------


def test_the_certain_are_merged_together(worker: Access) -> None:
    one, two = factories.person(identifier="1234567890"), factories.person("Џевдет", "Хоџа", identifier="1234567890")
    doubtful = factories.person("Agim", "Berisha", identifier="1234567890")
    people.note_pairs([(one.pk, two.pk, "identifier"), (one.pk, doubtful.pk, "identifier")], by=OFFICE, at=AT)
    found = queries.certain_pairs(worker, queries.PairFilter())
    assert [(page.left.person.pk, page.right.person.pk) for page in found] == [(one.pk, two.pk)]
    ids = list(MatchPair.objects.values_list("pk", flat=True))
    assert actions.merge_certain(ids, by=worker, at=AT) == (1, 1)
    assert MatchDecision.objects.get().is_bulk
    assert actions.merge_certain(ids, by=worker, at=AT) == (0, 2)


# --- figures --------------------------------------------------------------------------------------


def test_the_share_has_its_interval() -> None:
    """Wilson (1927): 2 of 20 by hand, 0.0279 to 0.3010."""
    found = rules.rate(2, 20)
    assert found.share == 0.1
    assert found.low == pytest.approx(0.02787, abs=1e-4)
    assert found.high == pytest.approx(0.30103, abs=1e-4)
    assert rules.rate(0, 0).share is None
    assert rules.rate(0, 30).low == 0.0 and rules.rate(30, 30).high == 1.0


def test_births_are_compared_as_far_as_they_are_known() -> None:
    day = dt.date(1961, 4, 12)
    for other, agreement in (
        ((day, "day"), "same"),
        ((dt.date(1961, 12, 4), "day"), "alike"),
        ((dt.date(1961, 1, 1), "year"), "alike"),
        ((dt.date(1961, 4, 1), "month"), "alike"),
        ((dt.date(1963, 1, 1), "estimate"), "alike"),
        ((dt.date(1961, 5, 1), "month"), "different"),
        ((dt.date(1962, 4, 12), "day"), "different"),
        ((None, ""), "one_sided"),
    ):
        assert rules.births((day, "day"), other) == agreement, other
        assert rules.births(other, (day, "day")) == agreement, other
    assert rules.births((None, ""), (None, "")) == "silent"


# --- holding help back ----------------------------------------------------------------------------


def test_help_is_held_back_only_where_the_office_says_so(worker: Access, settings: object) -> None:
    found = pair()
    assert not queries.is_held(found.left_id)
    settings.HOLD_UNDECIDED = True  # type: ignore[attr-defined]
    assert queries.is_held(found.left_id) and queries.is_held(found.right_id)
    weak = pair(factories.person("A", "B"), factories.person("A", "B"), probability=0.3)
    assert not queries.is_held(weak.left_id)
    actions.decide(found.pk, same(found), by=worker, at=AT)
    assert not queries.is_held(found.left_id) and not queries.is_held(found.right_id)
