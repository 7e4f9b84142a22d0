"""What happens to a list: staged, compared, decided, committed, given up; and what never happens."""

from __future__ import annotations

import datetime as dt
from unittest import mock

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from tests.rooms.people_imports.conftest import AT, TERMS, access, committed, municipality, run, staged

from streha.accounts.rules import Access, Role, system
from streha.audit import actions as audit
from streha.audit import queries as log
from streha.audit.models import AuditRecord, SubjectKey
from streha.common import errors
from streha.common.codes import Sex
from streha.engine import linkage
from streha.people import actions as people_actions
from streha.people import bridge as people_bridge
from streha.people import rules as people_rules
from streha.people.duplicates.bridge import evidence
from streha.people.imports import actions, models, queries
from streha.people.imports.models import Decision
from streha.people.merges import actions as merges
from streha.people.models import Household, Identifier, MatchPair, Membership, Person

pytestmark = pytest.mark.django_db(databases=["default", "reads"], transaction=False)

HEADINGS = "Familja;Emri;Mbiemri;Gjinia;Data e lindjes;Numri personal;Komuna;Lidhja\n"
LIST = HEADINGS + (
    "F1;Arta;Gashi;F;12.04.1961;1234567890;Pejë;kryefamiljare\n"
    "F1;Blerim;Gashi;M;03.02.1984;;Pejë;djali\n"
    "F1;Cen;Gashi;M;31.02.1986;;Pejë;djali\n"
    "F2;Drita;Berisha;F;05.06.1990;;Pejë;kryefamiljare\n"
)


def registered(keeper: int, given: str, family: str, **more: object) -> Person:
    draft = people_rules.PersonDraft(
        names=(people_rules.NameDraft(given=given, family=family),),
        keeper_id=keeper,
        **more,  # type: ignore[arg-type]
    )
    return people_actions.register_person(draft, by=system("test"), at=AT)


BORN = {"birth_date": dt.date(1961, 4, 12), "birth_precision": "day"}


def test_a_list_is_staged_checked_and_waits(bringer: Access, peja: int):
    batch = staged(LIST, bringer, peja)
    assert (batch.state, batch.staged_rows, batch.good_rows, batch.bad_rows) == ("review", 4, 3, 1)
    assert Person.objects.count() == 0
    assert list(models.StagedProblem.objects.values_list("code", "column")) == [("date_no_such_day", "Data e lindjes")]


def test_decided_rows_become_people_in_households_with_their_head(bringer: Access, decider: Access, peja: int):
    batch = committed(staged(LIST, bringer, peja), decider)
    assert (batch.state, batch.committed_rows, batch.households) == ("committed", 3, 2)
    assert Person.objects.count() == 3
    first = Household.objects.get(source_ref="F1")
    assert [(m.relation, m.is_head) for m in first.memberships.order_by("pk")] == [("head", True), ("child", False)]
    assert Identifier.objects.get().blind == audit.blind_index("identifier", "1234567890")
    person = Person.objects.get(sort_name__startswith="gasi  arta")
    assert person.source == f"import:{batch.pk}"
    assert models.StagedRecord.objects.get(person=person).subject == person.subject
    assert not models.ImportFile.objects.exists()


def test_commits_are_logged_in_the_lane_of_batches_and_the_log_holds(bringer: Access, decider: Access, peja: int):
    committed(staged(LIST, bringer, peja), decider)
    lanes = set(AuditRecord.objects.filter(verb="registered").values_list("lane", flat=True))
    assert lanes == {"batch"}
    assert [fault.kind for fault in log.verify().faults if fault.kind != "unanchored"] == []


def test_nothing_personal_stands_in_clear(bringer: Access, peja: int):
    staged(LIST, bringer, peja)
    tables = [table for table in connection.introspection.table_names() if table.startswith(("people_", "jobs_"))]
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            content = repr(cursor.fetchall())
            for secret in ("Arta", "Gashi", "1234567890", "31.02.1986", "Berisha"):
                assert secret not in content, (table, secret)


def test_the_same_file_twice_is_the_same_import_while_it_waits(bringer: Access, peja: int):
    first = staged(LIST, bringer, peja)
    assert staged(LIST, bringer, peja).pk == first.pk
    assert models.StagedRecord.objects.count() == 4


def test_the_same_file_after_the_commit_changes_nothing(bringer: Access, decider: Access, peja: int):
    committed(staged(LIST, bringer, peja), decider)
    again = staged(LIST, bringer, peja)
    assert (again.state, again.known_rows, again.staged_rows) == ("abandoned", 4, 0)
    assert not models.ImportFile.objects.exists()
    assert Person.objects.count() == 3


def test_a_file_with_three_new_rows_adds_three_and_they_join_their_household(
    bringer: Access, decider: Access, peja: int
):
    committed(staged(LIST, bringer, peja), decider)
    more = (
        LIST
        + "F1;Era;Gashi;F;2010;;Pejë;vajza\nF3;Fatos;Krasniqi;M;1977;;Pejë;kryefamiljar\n"
        + "F3;Gent;Krasniqi;M;2001;;Pejë;djali\n"
    )
    batch = committed(staged(more, bringer, peja), decider)
    assert (batch.known_rows, batch.staged_rows, batch.committed_rows, batch.households) == (4, 3, 3, 1)
    assert Person.objects.count() == 6
    assert Household.objects.get(source_ref="F1").memberships.count() == 3


def test_rows_of_other_column_order_are_known_too(bringer: Access, peja: int):
    staged("Emri;Mbiemri;Komuna\nArta;Gashi;Pejë\nBesa;Berisha;Pejë\n", bringer, peja)
    turned = staged("Komuna;Mbiemri;Emri\nPejë;Gashi;Arta\nPejë;Krasniqi;Luan\n", bringer, peja)
    assert (turned.known_rows, turned.staged_rows) == (1, 1)


def test_equal_rows_of_one_file_are_both_kept_and_told(bringer: Access, peja: int):
    batch = staged("Emri;Mbiemri;Data e lindjes\n" + "Arta;Gashi;1961\n" * 2, bringer, peja)
    assert (batch.staged_rows, batch.twin_rows) == (2, 1)


def test_a_household_without_a_head_is_opened_and_told(bringer: Access, decider: Access, peja: int):
    batch = staged(HEADINGS + "F9;Arta;Gashi;F;1961;;Pejë;vajza\nF9;Besa;Gashi;F;1990;;Pejë;\n", bringer, peja)
    assert models.StagedProblem.objects.filter(code="household_without_head").count() == 1
    committed(batch, decider)
    assert not Membership.objects.filter(is_head=True).exists()
    assert Household.objects.get().memberships.count() == 2


# --- who is meant in the register ---------------------------------------------------------------------------------


def candidates(batch: models.ImportBatch, by: Access, number: int = 2) -> list[tuple[str, str]]:
    found = queries.row_of(by, batch, number).candidates
    return [(candidate.person.number, candidate.why) for candidate in found]


@pytest.mark.parametrize(
    ("given", "family", "born"),
    [("Arta", "Gashi", "12.04.1961"), ("Арта", "Гаши", "1961"), ("Arta", "Gaši", "04.12.1961")],
)
def test_the_register_is_searched_by_folded_name_and_birth(
    bringer: Access, decider: Access, peja: int, given: str, family: str, born: str
):
    person = registered(peja, "Arta", "Gashi", **BORN)
    batch = staged(f"Emri;Mbiemri;Data e lindjes\n{given};{family};{born}\n", bringer, peja)
    assert candidates(batch, decider) == [(person.number, "name")]


def test_another_birth_is_another_person_and_a_slip_in_the_sex_is_not(bringer: Access, decider: Access, peja: int):
    person = registered(peja, "Arta", "Gashi", sex=Sex.FEMALE, **BORN)
    rows = "Arta;Gashi;F;1962\nArta;Gashi;M;30.11.1950\nArta;Gashi;M;12.04.1961\n"
    batch = staged("Emri;Mbiemri;Gjinia;Data e lindjes\n" + rows, bringer, peja)
    assert candidates(batch, decider, 2) == candidates(batch, decider, 3) == []
    assert candidates(batch, decider, 4) == [(person.number, "name")]


def test_the_register_is_searched_by_document(bringer: Access, decider: Access, peja: int):
    number = people_rules.IdentifierDraft(people_rules.IdentifierKind.PERSONAL_NUMBER, "1234567890")
    person = registered(peja, "Tjetër", "Emër", identifiers=(number,))
    batch = staged("Emri;Mbiemri;Numri personal\nArta;Gashi;1234567890\n", bringer, peja)
    assert candidates(batch, decider) == [(person.number, "document")]


def test_among_many_a_namesake_without_birth_counts_only_in_household_company(
    bringer: Access, decider: Access, peja: int
):
    arta = registered(peja, "Arta", "Gashi")
    blerim = registered(peja, "Blerim", "Gashi", birth_date=dt.date(1984, 2, 3), birth_precision="day")
    alone = registered(peja, "Drita", "Berisha")
    members = tuple(people_rules.MemberDraft(person.pk) for person in (arta, blerim))
    people_actions.open_household(people_actions.HouseholdDraft(keeper_id=peja, members=members), by=system("t"), at=AT)
    with mock.patch.object(people_bridge, "register_size", lambda: 1_000_000):
        batch = staged(LIST, bringer, peja)
    assert candidates(batch, decider, 2) == [(arta.number, "household")]
    assert candidates(batch, decider, 3) == [(blerim.number, "name")]
    assert candidates(batch, decider, 5) == []
    assert not models.StagedCandidate.objects.filter(person=alone).exists()


@pytest.mark.parametrize(
    "row",
    [
        "Xhevdt;Hoxha;08.03.1984;;",  # a slip in the given name
        "Xhevdet;Hodžaj;03.08.1984;;",  # another form of the family name, day and month exchanged
        "Xhevdet;Hoxa;;;044123456",  # misread, without a birth, the same phone
        "Xhevdet;Hoxha;1984;1234567809;",  # by the year alone, two signs of the number exchanged
        "Џевдет;Хоџа;08.03.1985;1234567890;",  # the document, whatever the birth
    ],
)
def test_the_register_is_searched_by_the_weights_of_the_queue(bringer: Access, decider: Access, peja: int, row: str):
    number = people_rules.IdentifierDraft(people_rules.IdentifierKind.PERSONAL_NUMBER, "1234567890")
    phone = people_rules.ContactDraft(people_rules.ContactKind.PHONE, "+38344123456")
    born = {"birth_date": dt.date(1984, 3, 8), "birth_precision": "day"}
    person = registered(peja, "Xhevdet", "Hoxha", identifiers=(number,), contacts=(phone,), **born)
    batch = staged(f"Emri;Mbiemri;Data e lindjes;Numri personal;Telefoni\n{row}\n", bringer, peja)
    ((found, _why),) = candidates(batch, decider)
    assert found == person.number
    # taken as new all the same, the queue of duplicates says what the list said
    actions.decide_many(batch.pk, queries.RowFilter(), Decision.NEW, by=decider, at=AT)
    actions.start_commit(batch.pk, by=decider, at=AT)
    run(batch, actions.commit, decider)
    new = Person.objects.exclude(pk=person.pk).get()
    told = evidence([(person.pk, new.pk)])[person.pk, new.pk]
    assert told.probability >= linkage.register().thresholds.review


def test_a_list_is_held_against_itself_by_the_same_weights(bringer: Access, decider: Access, peja: int):
    batch = staged(
        "Familja;Emri;Emri i babait;Mbiemri;Gjinia;Data e lindjes;Komuna\n"
        "F1;Xhevdet;Agim;Hoxha;M;08.03.1984;Pejë\n"
        "F2;Xhevdt;Agim;Hoxha;M;08.03.1984;Pejë\n"  # a slip, in another household
        "F3;Џевдет;;Хоџа;M;03.08.1984;Pejë\n"  # the other script, day and month exchanged
        "F4;Arta;Besim;Gashi;F;12.04.1990;Pejë\n"
        "F4;Vlora;Besim;Gashi;F;12.04.1990;Pejë\n"  # twins at one address are two people
        "F5;Xhevdet;Besim;Hoxha;M;1951;Pejë\n",
        bringer,
        peja,
    )
    twins = dict(batch.records.values_list("number", "twin_of"))
    assert twins == {2: 0, 3: 2, 4: 2, 5: 0, 6: 0, 7: 0}


def test_a_hit_beyond_the_scope_is_an_ordinary_new_row_and_waits_in_the_central_queue(
    bringer: Access, decider: Access, peja: int
):
    hidden = registered(municipality("Prizren"), "Arta", "Gashi", **BORN)
    shielded = registered(
        peja, "Drita", "Berisha", birth_date=dt.date(1990, 6, 5), birth_precision="day", shielded=True
    )
    batch = staged(LIST, bringer, peja)
    for viewer in (bringer, decider):
        assert candidates(batch, viewer, 2) == candidates(batch, viewer, 5) == []
        assert queries.summary(viewer, batch).candidates == 0
    plain = queries.rows_under_review(decider, batch, queries.RowFilter(kind="plain"))
    assert list(plain.values_list("number", flat=True).order_by("number")) == [2, 3, 5]
    done = committed(batch, decider)
    assert done.committed_rows == 3
    pairs = {(pair.left_id, pair.is_central) for pair in MatchPair.objects.all()}
    assert pairs == {(hidden.pk, True), (shielded.pk, True)}


def test_a_row_joined_to_somebody_adds_what_was_not_known(bringer: Access, decider: Access, peja: int):
    person = registered(peja, "Arta", "Gashi", **BORN)
    batch = staged(
        "Emri;Mbiemri;Data e lindjes;Gjinia;Numri personal;Telefoni\nАрта;Гаши;12.04.1961;F;1234567890;044123456\n",
        bringer,
        peja,
    )
    actions.decide(batch.pk, 2, Decision.MERGE, by=decider, at=AT, into=person.pk)
    actions.start_commit(batch.pk, by=decider, at=AT)
    done = run(batch, actions.commit, decider)
    person.refresh_from_db()
    assert (done.merged_rows, done.committed_rows, Person.objects.count()) == (1, 0, 1)
    assert person.sex == "f"
    assert {str(name) for name in person.names.all()} == {"Arta Gashi", "Арта Гаши"}
    assert person.identifiers.count() == person.contacts.count() == 1


def test_candidates_merged_meanwhile_are_one_and_the_row_joins_who_answers(bringer: Access, decider: Access, peja: int):
    one, other = registered(peja, "Arta", "Gashi", **BORN), registered(peja, "Arta", "Gashi", **BORN)
    batch = staged("Emri;Mbiemri;Data e lindjes;Gjinia\nАрта;Гаши;12.04.1961;F\n", bringer, peja)
    assert {number for number, _ in candidates(batch, decider)} == {one.number, other.number}
    merges.merge(merges.Choice(other.pk, one.pk), by=system("test"), at=AT)
    assert candidates(batch, decider) == [(other.number, "name")]
    assert queries.summary(decider, batch).candidates == 1
    decided = actions.decide(batch.pk, 2, Decision.MERGE, by=decider, at=AT, into=one.pk)
    assert decided.into_id == other.pk
    third = registered(peja, "Arta", "Gashi", **BORN)
    merges.merge(merges.Choice(third.pk, other.pk), by=system("test"), at=AT)
    actions.start_commit(batch.pk, by=decider, at=AT)
    done = run(batch, actions.commit, decider)
    assert done.merged_rows == 1
    third.refresh_from_db()
    assert third.sex == "f"
    assert "Арта Гаши" in {str(name) for name in third.names.all()}


def test_a_row_is_joined_only_to_a_candidate_the_decider_sees(bringer: Access, decider: Access, peja: int):
    stranger = registered(municipality("Prizren"), "Arta", "Gashi", **BORN)
    batch = staged(LIST, bringer, peja)
    with pytest.raises(errors.BadInput) as wrong:
        actions.decide(batch.pk, 2, Decision.MERGE, by=decider, at=AT, into=stranger.pk)
    assert wrong.value.code == "not_a_candidate"


# --- rights and rules ---------------------------------------------------------------------------------------------


def test_who_brings_does_not_decide_whatever_their_roles(bringer: Access, peja: int):
    batch = staged(LIST, bringer, peja)
    with pytest.raises(errors.Refused):
        actions.decide(batch.pk, 2, Decision.NEW, by=bringer, at=AT)
    both = Access(bringer.user_id, "sjell", access("vendos", Role.IMPORT_APPROVER, peja).held)
    with pytest.raises(errors.Refused, match="You brought this list yourself"):
        actions.decide(batch.pk, 2, Decision.NEW, by=both, at=AT)
    with pytest.raises(errors.Refused):
        actions.start_commit(batch.pk, by=both, at=AT)


def test_a_batch_of_elsewhere_does_not_exist(bringer: Access, peja: int):
    batch = staged(LIST, bringer, peja)
    elsewhere = access("larg", Role.IMPORT_APPROVER, municipality("Prizren"))
    for call in (
        lambda: queries.visible_batch(elsewhere, batch.pk),
        lambda: actions.decide(batch.pk, 2, Decision.NEW, by=elsewhere, at=AT),
        lambda: actions.start_commit(batch.pk, by=elsewhere, at=AT),
        lambda: actions.abandon(batch.pk, by=elsewhere, at=AT),
    ):
        with pytest.raises(errors.NotFound):
            call()
    assert queries.batches_page(elsewhere) == ([], None)


def test_a_list_cannot_be_brought_for_an_area_out_of_scope(bringer: Access, peja: int):
    with pytest.raises(errors.Refused):
        actions.bring(LIST.encode(), name="l.csv", keeper_id=municipality("Prizren"), terms=TERMS, by=bringer, at=AT)


def test_nothing_is_committed_without_purpose(bringer: Access, decider: Access, peja: int):
    batch = staged(LIST, bringer, peja, terms=actions.Terms(source="x", purpose="y"))
    actions.decide_many(batch.pk, queries.RowFilter(), Decision.NEW, by=decider, at=AT)
    with pytest.raises(errors.BadInput) as wrong:
        actions.start_commit(batch.pk, by=decider, at=AT)
    assert wrong.value.code == "purpose_missing"
    with pytest.raises(IntegrityError), transaction.atomic():
        models.ImportBatch.objects.filter(pk=batch.pk).update(state="committing")
    actions.set_terms(batch.pk, TERMS, by=bringer, at=AT)
    assert actions.start_commit(batch.pk, by=decider, at=AT).state == "committing"


def test_a_row_with_a_mistake_is_never_taken(bringer: Access, decider: Access, peja: int):
    batch = staged(LIST, bringer, peja)
    with pytest.raises(errors.BadInput) as wrong:
        actions.decide(batch.pk, 4, Decision.NEW, by=decider, at=AT)
    assert wrong.value.code == "bad_row"
    assert actions.decide_many(batch.pk, queries.RowFilter(), Decision.NEW, by=decider, at=AT) == 3
    with pytest.raises(IntegrityError), transaction.atomic():
        batch.records.filter(number=4).update(decision="new")


def test_good_rows_go_on_and_the_bad_stay_in_the_file_to_correct(bringer: Access, decider: Access, peja: int):
    batch = committed(staged(LIST, bringer, peja), decider)
    ((record, reading),) = queries.rows_to_correct(batch)
    assert record.number == 4
    assert reading.raw[1] == "Cen"
    assert reading.problems[0].english().startswith("“31.02.1986” is not a day that exists")


def test_an_undecided_row_brings_the_batch_back_to_review(bringer: Access, decider: Access, peja: int):
    batch = staged(LIST, bringer, peja)
    actions.decide(batch.pk, 2, Decision.NEW, by=decider, at=AT)
    actions.start_commit(batch.pk, by=decider, at=AT)
    assert run(batch, actions.commit, decider).state == "review"
    assert committed(batch, decider).state == "committed"
    assert Household.objects.get(source_ref="F1").memberships.count() == 2


# --- what breaks in the middle ------------------------------------------------------------------------------------


def many(number: int) -> str:
    rows = "".join(f"F{n // 4};Emri{chr(97 + n % 26)};Mbiemri{n};;19{n % 60 + 30};;Pejë;\n" for n in range(number))
    return HEADINGS + rows


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("at_piece", [1, 2, 3])
def test_staging_that_ends_in_a_piece_goes_on_where_the_last_commit_was(bringer: Access, peja: int, at_piece: int):
    with mock.patch.object(actions, "PIECE", 20):
        batch = actions.bring(many(70).encode(), name="l.csv", keeper_id=peja, terms=TERMS, by=bringer, at=AT)
        batch = actions.start_staging(batch.pk, by=bringer, at=AT)
        _ends_at(actions, "_keep_problems", at_piece, lambda: run(batch, actions.stage, bringer))
        batch.refresh_from_db()
        assert batch.records.count() == batch.read_rows == (at_piece - 1) * 20
        _free(batch)
        batch = run(batch, actions.stage, bringer)
    assert (batch.state, batch.staged_rows, batch.records.count()) == ("review", 70, 70)
    # The batch itself has a key too; no row has two.
    assert SubjectKey.objects.filter(destroyed_at=None).count() == 71


@pytest.mark.parametrize("at_piece", [1, 2, 4])
def test_a_commit_that_ends_in_a_piece_loses_and_doubles_nobody(
    bringer: Access, decider: Access, peja: int, at_piece: int
):
    with mock.patch.object(actions, "PIECE", 20):
        batch = staged(many(70), bringer, peja)
        actions.decide_many(batch.pk, queries.RowFilter(), Decision.NEW, by=decider, at=AT)
        batch = actions.start_commit(batch.pk, by=decider, at=AT)
        _ends_at(actions, "_note_unseen", at_piece, lambda: run(batch, actions.commit, decider))
        assert Person.objects.count() == (at_piece - 1) * 20
        _free(batch)
        batch = run(batch, actions.commit, decider)
    assert (batch.committed_rows, Person.objects.count(), batch.households) == (70, 70, 18)
    assert Membership.objects.count() == 70
    assert Household.objects.count() == 18


def _ends_at(module: object, name: str, times: int, call: object) -> None:
    plain, count = getattr(module, name), [0]

    def fail(*given: object, **more: object) -> object:
        count[0] += 1
        if count[0] == times:
            raise Killed
        return plain(*given, **more)

    with mock.patch.object(module, name, fail), pytest.raises(Killed):
        call()  # type: ignore[operator]


def _free(batch: models.ImportBatch) -> None:
    from streha.jobs import actions as jobs

    jobs.release(worker="test", at=AT)


def test_a_full_disk_or_a_lost_database_undoes_the_piece_and_the_next_try_goes_on(bringer: Access, peja: int):
    batch = actions.bring(many(30).encode(), name="l.csv", keeper_id=peja, terms=TERMS, by=bringer, at=AT)
    batch = actions.start_staging(batch.pk, by=bringer, at=AT)
    full = mock.Mock(side_effect=OperationalError("database or disk is full"))
    with mock.patch.object(actions, "_keep_candidates", full), pytest.raises(OperationalError):
        run(batch, actions.stage, bringer)
    assert batch.records.count() == 0
    _free(batch)
    assert run(batch, actions.stage, bringer).staged_rows == 30


def test_a_failed_audit_undoes_the_commit_of_a_piece(bringer: Access, decider: Access, peja: int):
    batch = staged(LIST, bringer, peja)
    actions.decide_many(batch.pk, queries.RowFilter(), Decision.NEW, by=decider, at=AT)
    actions.start_commit(batch.pk, by=decider, at=AT)
    broken = mock.Mock(side_effect=OperationalError("the log is away"))
    with mock.patch.object(audit, "record_many", broken), pytest.raises(OperationalError):
        run(batch, actions.commit, decider)
    assert Person.objects.count() == 0
    assert not batch.records.filter(is_done=True).exists()


def test_a_row_the_register_refuses_is_kept_back_and_the_others_go_on(bringer: Access, decider: Access, peja: int):
    batch = staged(LIST, bringer, peja)
    actions.decide_many(batch.pk, queries.RowFilter(), Decision.NEW, by=decider, at=AT)
    actions.start_commit(batch.pk, by=decider, at=AT)
    plain = people_rules.check_person

    def strict(draft: people_rules.PersonDraft, today: dt.date) -> None:
        plain(draft, today)
        if draft.names[0].given == "Blerim":
            raise errors.BadInput(errors.message("“{value}” is refused."), code="refused_here", value="Blerim")

    with mock.patch.object(people_rules, "check_person", strict):
        batch = run(batch, actions.commit, decider)
    assert (batch.committed_rows, Person.objects.count(), batch.bad_rows) == (2, 2, 2)
    kept = queries.row_of(decider, batch, 3)
    assert kept.record.state == "bad"
    assert kept.reading is not None
    assert kept.reading.problems[-1].code == "refused_here"


# --- giving up and reading anew -----------------------------------------------------------------------------------


def test_giving_up_destroys_the_file_the_rows_and_their_keys(bringer: Access, peja: int):
    batch = staged(LIST, bringer, peja)
    subjects = list(batch.records.values_list("subject", flat=True))
    actions.abandon(batch.pk, by=bringer, at=AT)
    run(batch, actions.forget_abandoned, bringer)
    assert not models.StagedRecord.objects.exists()
    assert not models.ImportFile.objects.exists()
    assert set(SubjectKey.objects.filter(subject__in=subjects).values_list("wrapped", flat=True)) == {b""}


def test_after_giving_up_the_same_list_can_be_brought_again(bringer: Access, peja: int):
    batch = staged(LIST, bringer, peja)
    actions.abandon(batch.pk, by=bringer, at=AT)
    run(batch, actions.forget_abandoned, bringer)
    again = staged(LIST, bringer, peja)
    assert again.pk != batch.pk
    assert (again.known_rows, again.staged_rows) == (0, 4)


def test_a_changed_mapping_reads_the_rows_anew_until_one_is_decided(bringer: Access, decider: Access, peja: int):
    batch = staged(LIST, bringer, peja)
    actions.map_columns(batch.pk, {"Data e lindjes": "ignore"}, by=bringer, at=AT)
    actions.start_staging(batch.pk, by=bringer, at=AT)
    batch = run(batch, actions.stage, bringer)
    assert (batch.staged_rows, batch.bad_rows) == (4, 0)
    actions.decide(batch.pk, 2, Decision.SKIP, by=decider, at=AT)
    with pytest.raises(errors.Conflict):
        actions.start_staging(batch.pk, by=bringer, at=AT)


def test_a_mapping_is_remembered_for_the_same_headings(bringer: Access, peja: int):
    batch = staged("Emri;Mbiemri;Kolona e çuditshme\nArta;Gashi;x\n", bringer, peja)
    actions.map_columns(batch.pk, {"Kolona e çuditshme": "address"}, by=bringer, at=AT)
    other = actions.bring(
        "Kolona e çuditshme;MBIEMRI;Emri\nRruga 5;Gashi;Besa\n".encode(),
        name="b.csv", keeper_id=peja, terms=TERMS, by=bringer, at=AT,
    )  # fmt: skip
    column = other.columns.get(heading="Kolona e çuditshme")
    assert (column.field, column.why) == ("address", "remembered")


def test_an_erased_person_leaves_nothing_in_the_import(bringer: Access, decider: Access, peja: int):
    from streha.people import personal

    batch = staged(LIST, bringer, peja)
    actions.decide(batch.pk, 2, Decision.NEW, by=decider, at=AT)
    actions.start_commit(batch.pk, by=decider, at=AT)
    run(batch, actions.commit, decider)
    person = Person.objects.get()
    personal.erase(person.subject, by=system("dpo").actor, at=AT)
    assert not models.ImportFile.objects.exists()
    assert bytes(models.StagedRecord.objects.get(number=2).sealed) == b""
    rows, _ = queries.review_page(decider, batch, queries.RowFilter())
    assert [row.reading is None for row in rows] == [True, False, False, False]
