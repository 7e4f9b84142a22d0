"""Who may be the person about to be registered: found by weights, shown only within one's scope."""

from __future__ import annotations

import datetime as dt

import pytest
from tests import factories

from streha.accounts.rules import Role
from streha.common.codes import Sex
from streha.people import actions, bridge, queries, rules
from streha.people.models import MatchPair, Person

pytestmark = pytest.mark.django_db

BORN = dt.date(1984, 3, 8)


def draft(
    given: str, family: str, birth: dt.date | None = BORN, precision: str = "day", **more: object
) -> rules.PersonDraft:
    return rules.PersonDraft(
        names=(rules.NameDraft(given, family, str(more.pop("father", ""))),),
        keeper_id=factories.municipality(str(more.pop("at", "20"))).pk,
        birth_date=birth,
        birth_precision=precision if birth else "",
        is_fictional=True,
        **more,  # type: ignore[arg-type]
    )


def registered(one: rules.PersonDraft) -> Person:
    return actions.register_person(one, by=factories.OFFICE, at=factories.AT)


@pytest.mark.parametrize(
    "again",
    [
        ("Џевдет", "Хоџа", BORN, "day"),
        ("Xhevdet", "Hodža", dt.date(1984, 8, 3), "day"),
        ("Xhevdt", "Hoxha", BORN, "day"),
        ("Xhevdet", "Hoxha", dt.date(1984, 1, 1), "year"),
    ],
)
def test_the_same_person_is_found_however_written(again: tuple[str, str, dt.date, str]) -> None:
    person = registered(draft("Xhevdet", "Hoxha", sex=Sex.MALE))
    (found,) = queries.candidates(draft(*again, sex=Sex.MALE))
    assert (found.person_id, found.why) == (person.pk, "name_birth")
    assert found.probability > 0.5


@pytest.mark.parametrize(
    "other",
    [
        {"given": "Arben", "family": "Hoxha", "birth": dt.date(1990, 2, 17)},
        {"given": "Xhevdet", "family": "Hoxha", "birth": dt.date(1951, 12, 30)},
        {"given": "Xhevdet", "family": "Berisha", "father": "Besim"},
    ],
)
def test_another_person_is_not(other: dict[str, object]) -> None:
    registered(draft("Xhevdet", "Hoxha", father="Agim", sex=Sex.MALE))
    assert queries.candidates(draft(**other, sex=Sex.MALE)) == []  # type: ignore[arg-type]


def test_a_document_always_counts() -> None:
    papers = (rules.IdentifierDraft(rules.IdentifierKind.PERSONAL_NUMBER, "1234567890"),)
    holder = registered(draft("Drita", "Berisha", identifiers=papers))
    (found,) = queries.candidates(draft("Milan", "Jovanović", None, identifiers=papers))
    assert (found.person_id, found.why) == (holder.pk, "identifier")


def test_a_phone_speaks_for_a_name_that_was_misread() -> None:
    phone = (rules.ContactDraft(rules.ContactKind.PHONE, "+383440123456"),)
    person = registered(draft("Xhevdet", "Hoxha", contacts=phone))
    assert [found.person_id for found in queries.candidates(draft("Xhevdet", "Hoxa", None, contacts=phone))] == [
        person.pk
    ]
    assert queries.candidates(draft("Vesna", "Stojković", dt.date(1950, 6, 7), contacts=phone)) == []


def test_the_likeliest_comes_first() -> None:
    far = registered(draft("Xhevdet", "Hoxha", dt.date(1984, 1, 1), "year"))
    near = registered(draft("Xhevdet", "Hoxha"))
    assert [found.person_id for found in queries.candidates(draft("Xhevdet", "Hoxha"))] == [near.pk, far.pk]


def test_what_is_beyond_the_scope_is_no_hint_but_a_silent_pair() -> None:
    hidden = registered(draft("Xhevdet", "Hoxha", at="19"))
    viewer = factories.access(Role.CASEWORKER, scope=factories.in_area("20"))
    again = draft("Xhevdet", "Hoxha")
    assert queries.alike(viewer, again) == []
    new = actions.register_person(again, by=viewer, at=factories.AT)
    actions.note_alike([(new.pk, again)], by=viewer, at=factories.AT)
    pair = MatchPair.objects.get()
    assert (pair.left_id, pair.right_id, pair.is_central) == (hidden.pk, new.pk, True)
    assert pair.probability > 0.5


def test_the_figure_is_that_of_the_linkage() -> None:
    from streha.engine import linkage

    person = registered(draft("Xhevdet", "Hoxha", sex=Sex.MALE))
    again = draft("Џевдет", "Хоџа", dt.date(1984, 8, 3), sex=Sex.MALE)
    (found,) = queries.candidates(again)
    place = bridge.municipalities()[again.keeper_id]
    one = {"given": "Xhevdet", "family": "Hoxha", "sex": "m", "birth_date": BORN, "municipality": place}
    other = {"given": "Џевдет", "family": "Хоџа", "sex": "m", "birth_date": "1984-08-03", "municipality": place}
    said = linkage.compare(one, other, linkage.register(), rows=bridge.register_size())
    assert found.person_id == person.pk
    assert found.probability == pytest.approx(said.probability, abs=1e-12)
