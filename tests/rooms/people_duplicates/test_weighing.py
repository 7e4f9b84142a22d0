"""Pairs are weighed by the linkage: when found, when decided, and in a search through the whole register."""

from __future__ import annotations

import datetime as dt

import pytest
from tests import factories
from tests.factories import AT, OFFICE

from streha.accounts.rules import Role
from streha.cli.worker import Worker
from streha.common import errors
from streha.people import actions as people
from streha.people.duplicates import actions, bridge, queries
from streha.people.duplicates.actions import Opinion
from streha.people.duplicates.models import MatchDecision
from streha.people.duplicates.rules import Verdict
from streha.people.merges import actions as merges
from streha.people.models import MatchPair
from streha.people.rules import PairState

pytestmark = pytest.mark.django_db


def doubled() -> tuple[int, int]:
    """One person written in two scripts, with one document."""
    one = factories.person("Xhevdet", "Hoxha", identifier="1234567890", phone="+38344123456")
    other = factories.person("Џевдет", "Хоџа", identifier="1234567890")
    return one.pk, other.pk


def test_a_search_finds_doubles_and_not_strangers() -> None:
    one, other = doubled()
    factories.person("Arta", "Berisha", birth=dt.date(1980, 2, 3))
    officer = factories.user(Role.PROTECTION)
    from streha.accounts import queries as accounts

    now = dt.datetime.now(dt.UTC)  # the worker's clock is the wall's
    job = actions.start_search(by=accounts.access(officer, AT), at=now)
    assert actions.start_search(by=accounts.access(officer, AT), at=now).pk == job.pk
    Worker(every={}).work(until_empty=True)
    job.refresh_from_db()
    assert (job.state, job.result) == ("done", {"pairs": 1})
    found = MatchPair.objects.get()
    assert (found.left_id, found.right_id, found.why) == (one, other, "linkage")
    assert found.probability > 0.99


def test_a_search_begun_again_doubles_nothing_and_reopens_nothing() -> None:
    one, other = doubled()
    worker = factories.access(Role.CASEWORKER)

    def quietly(_done: int, _total: int | None = None, **_more: object) -> None:
        return

    for _ in range(2):
        assert actions.search(quietly, by=OFFICE, at=AT) == {"pairs": 1}  # type: ignore[arg-type]
    pair = MatchPair.objects.get()
    actions.decide(pair.pk, Opinion(Verdict.DIFFERENT, reason="twins"), by=worker, at=AT)
    actions.search(quietly, by=OFFICE, at=AT)  # type: ignore[arg-type]
    pair.refresh_from_db()
    assert pair.state == PairState.DIFFERENT
    actions.take_back(pair.pk, by=worker, at=AT)
    actions.decide(pair.pk, Opinion(Verdict.SAME, merges.Choice(one, other)), by=worker, at=AT)
    assert actions.search(quietly, by=OFFICE, at=AT) == {"pairs": 0}  # type: ignore[arg-type]


def test_only_who_works_the_central_queue_starts_a_search() -> None:
    with pytest.raises(errors.Refused):
        actions.start_search(by=factories.access(Role.CASEWORKER), at=AT)


def test_what_was_found_at_registering_is_weighed_afterwards() -> None:
    one, other = doubled()
    people.note_pairs([(one, other, "identifier")], by=OFFICE, at=AT)
    assert actions.weigh() == 1
    assert MatchPair.objects.get().probability > 0.99
    assert actions.weigh() == 0


def test_a_decision_weighs_the_records_as_they_are_then() -> None:
    one, other = factories.person("Agim", "Zeka"), factories.person("Drita", "Berisha", birth=dt.date(1990, 1, 2))
    people.note_scored([(one.pk, other.pk, "linkage", 0.999)], by=OFFICE, at=AT)
    pair = MatchPair.objects.get()
    worker = factories.access(Role.CASEWORKER)
    outcome = actions.decide(pair.pk, Opinion(Verdict.SAME, merges.Choice(one.pk, other.pk)), by=worker, at=AT)
    assert outcome.state == PairState.SECOND
    assert MatchDecision.objects.get().probability < 0.01


def test_the_evidence_is_that_of_the_whole_search() -> None:
    one, other = doubled()
    factories.household(factories.person("Lulzim", "Gashi"), factories.person("Drita", "Zeka", birth=None))
    table = bridge.table(lambda _done: None)
    assert table.height == 4
    from streha.engine import linkage

    (row,) = linkage.score(table, linkage.register(), 0.5, key="person").rows(named=True)
    told = bridge.evidence([(one, other)])[one, other]
    levels = {field.column: field.level for field in told.fields}
    assert {column: row[f"level: {column}"] for column in levels} == levels


def test_every_value_of_the_register_is_weighed_in_the_words_the_weights_were_learnt_in() -> None:
    """A place that the weights know by another name would count as rare as can be: +16 bits for one municipality."""
    from streha.engine import linkage

    one, other = doubled()
    told = {field.column: field for field in bridge.evidence([(one, other)])[one, other].fields}
    assert told["municipality"].level == "same"
    assert told["municipality"].bits == linkage.register().comparison("municipality").level("same").bits
    assert 3 < told["municipality"].bits < 4
    learnt = {c.column for c in linkage.register().comparisons if c.frequencies is not None}
    assert learnt == {"given", "father", "family"}


def test_labels_hold_levels_and_nothing_of_anybody() -> None:
    one, other = doubled()
    people.note_pairs([(one, other, "identifier")], by=OFFICE, at=AT)
    worker = factories.access(Role.CASEWORKER)
    actions.decide(MatchPair.objects.get().pk, Opinion(Verdict.SAME, merges.Choice(one, other)), by=worker, at=AT)
    (label,) = queries.labels()
    told = dict(zip(queries.LABEL_COLUMNS, label.levels, strict=True))
    assert label.verdict == "same" and told["identifier"] == "same"
    assert "hoxha" not in repr(label).lower() and "1234567890" not in repr(label)
