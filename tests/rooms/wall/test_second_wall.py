"""The second wall: raw SQL, asked with a viewer's settings, sees what ``visible_to`` gives and nothing beyond.

On SQLite there is no such wall, and these tests have nothing to look at.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError, connection, models, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from tests import factories
from tests.factories import AT, EVERYWHERE, OFFICE
from tests.rooms.people_imports.conftest import TERMS, committed, staged

from streha.accounts import actions as account_actions
from streha.accounts import queries as account_queries
from streha.accounts.bridge import policies, wall
from streha.accounts.models import User
from streha.accounts.rules import NOBODY, Access, Action, HeldRole, Role, Scope, ScopeKind
from streha.assistance.selections import models as selections
from streha.audit import actions as audit
from streha.audit import bridge as audit_bridge
from streha.cases import actions as case_actions
from streha.cases import models as cases
from streha.dataprotection import actions as protection
from streha.homes import rules as house_rules
from streha.homes.models import Photo, Property
from streha.people import actions, bridge, rules
from streha.people import models as register
from streha.people.duplicates.models import MatchDecision
from streha.people.households.models import HouseholdMove
from streha.people.imports import models as imports
from streha.people.merges import actions as merges
from streha.places import queries as places
from streha.web import door

_numbers = itertools.count(1)  # of made-up rows, so that none is like another
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="row-level security is PostgreSQL's"),
]


@pytest.fixture(autouse=True)
def raised(db: None, settings: Any) -> None:
    """Within the test's transaction: the other tests do without."""
    settings.SECOND_WALL = True
    policies.raise_wall(connection)


def test_the_wall_stands_and_holds_this_connection() -> None:
    assert not policies.bypasses(connection), "the tests connect as a superuser, whom no policy holds"
    assert policies.missing(connection) == []
    assert connection.connection.prepare_threshold is None, "a plan says what its viewer may do, and must not be kept"


# --- the same as visible_to, for everybody ----------------------------------------------------------------------------


def somebody_with_everything(person: register.Person) -> None:
    """A row about the person in every table that the office fills."""
    actions.add_identifier(
        person.pk, rules.IdentifierDraft(rules.IdentifierKind.ID_CARD, f"7{person.pk:09}"), by=OFFICE, at=AT
    )
    actions.add_contact(
        person.pk, rules.ContactDraft(rules.ContactKind.PHONE, f"+38344{person.pk:06}"), by=OFFICE, at=AT
    )
    actions.add_need(person.pk, rules.NeedKind.OTHER, note="-", by=OFFICE, at=AT)
    actions.add_protection_note(person.pk, "-", by=OFFICE, at=AT)
    actions.add_episode(
        person.pk, rules.EpisodeDraft(rules.EpisodeStatus.DISPLACED, rules.Cause.CONFLICT), by=OFFICE, at=AT
    )
    actions.say_intention(
        person.pk, wish=rules.Wish.RETURN, area_id=None, said_on=dt.date(2026, 5, 1), by=OFFICE, at=AT
    )
    actions.note_functioning(person.pk, {"seeing": 1}, asked_on=dt.date(2026, 5, 1), by=OFFICE, at=AT)
    consent = actions.give_consent(
        person.pk,
        purpose="Return",
        recipients="",
        basis=rules.LegalBasis.CONSENT,
        given_on=dt.date(2026, 1, 1),
        expires_on=None,
        evidence="-",
        by=OFFICE,
        at=AT,
    )
    actions.record_transfer(
        person.pk,
        recipient="Partner",
        purpose="Return",
        classes=[],
        basis=rules.LegalBasis.CONSENT,
        consent_id=consent.pk,
        by=OFFICE,
        at=AT,
    )


@pytest.fixture
def world() -> Iterator[dict[str, register.Person]]:
    """People in two regions, some shielded, of an organisation, one's own, erased; in households, pairs and lists."""
    own = factories.user(Role.ENUMERATOR, scope=Scope(ScopeKind.OWN), name="own")
    club = account_actions.create_organisation("Club", kind="ngo", by=OFFICE, at=AT)
    mine = account_queries.access(own, AT)
    people = {
        "prizren": factories.person("Arta", "Krasniqi"),
        "hidden": factories.person("Fatime", "Gashi", shielded=True),
        "peja": factories.person("Agim", "Berisha", code="17"),
        "hidden_peja": factories.person("Drita", "Shala", code="17", shielded=True),
        "of_club": factories.person("Blerim", "Hoti", code="17"),
        "own": factories.person("Teuta", "Rama", by=mine),
        "erased": factories.person("Zana", "Morina"),
        "kept": factories.person("Besa", "Krasniqi"),
        "merged": factories.person("Besë", "Krasniqi", code="17"),
        "alone": factories.person("Ilir", "Bytyqi", code="09"),
    }
    register.Person.objects.filter(pk=people["of_club"].pk).update(organisation=club)
    for person in people.values():
        somebody_with_everything(person)
    factories.household(people["prizren"], people["peja"], address="Rruga 1")
    factories.household(people["alone"], people["hidden"], address="Rruga 2")
    register.Household.objects.filter(memberships__person=people["alone"]).update(shielded=False)
    factories.household(people["of_club"], people["hidden_peja"])
    factories.household(people["own"])
    register.Household.objects.filter(memberships__person=people["of_club"]).update(organisation=club, shielded=False)
    near, closed, far, own_home = register.Household.objects.order_by("pk")
    for source, target in ((near, closed), (closed, near), (far, own_home), (own_home, near)):
        HouseholdMove.objects.create(kind="moved", source=source, target=target, on=AT.date(), moved_at=AT)
    actions.note_pairs([(people["prizren"].pk, people["peja"].pk, "name")], by=OFFICE, at=AT)
    actions.note_pairs([(people["prizren"].pk, people["own"].pk, "name")], by=OFFICE, at=AT)
    merges.merge(merges.Choice(people["kept"].pk, people["merged"].pk), by=OFFICE, at=AT)
    pair = register.MatchPair.objects.order_by("pk").last()
    assert pair is not None
    MatchDecision.objects.create(pair=pair, verdict="unsure", probability=0.5, decided_at=AT)
    protection.erase_person(people["erased"].pk, reason="asked", by=factories.access(Role.DATA_PROTECTION), at=AT)
    homes_of(people)
    bring_lists()
    yield people


@pytest.fixture
def whole(world: dict[str, register.Person]) -> dict[str, register.Person]:
    """The same with cases, applications, and a row in every other table behind the wall."""
    follow(world)
    apply_all(world)
    fill(world)
    return world


def homes_of(people: dict[str, register.Person]) -> None:
    """Homes of people who are seen, shielded, elsewhere, with a shielded tenant, and of somebody merged."""
    for owner in ("prizren", "hidden", "peja", "hidden_peja", "of_club", "kept", "alone"):
        home = factories.home(
            people[owner],
            keeper_id=people[owner].keeper_id,
            assessments=(house_rules.AssessmentDraft(dt.date(2020, 1, 1), "d4"),),
        )
        Photo.objects.create(property=home, file=uuid.uuid4(), mark=f"{home.pk:064}", width=1, height=1, noted_at=AT)
    tenant = house_rules.OccupancyDraft(
        house_rules.OccupancyKind.OWNER,
        dt.date(2002, 4, 1),
        household_id=people["alone"].memberships.get().household_id,
    )
    factories.home(people["own"], occupancies=(tenant,))


def bring_lists() -> None:
    """A list of Prizren taken in, and one of Peja under review whose rows have candidates on both sides."""
    for code in ("20", "17"):
        scope = factories.in_area(code)
        bringer = factories.access(Role.CASEWORKER, scope=scope)
        decider = factories.access(Role.IMPORT_APPROVER, scope=scope)
        text = "Emri;Mbiemri;Datëlindja\nArta;Krasniqi;12.04.1961\nAgim;Berisha;12.04.1961\n;;x\n"
        batch = staged(text + f"Lum;Kelmendi;0{code[0]}.04.1990\n", bringer, int(scope.key), TERMS)
        imports.ImportRemark.objects.create(batch=batch, code="totals")
        if code == "20":
            committed(batch, decider)


def follow(people: dict[str, register.Person]) -> None:
    """Cases: everybody's, some sensitive; of the merged record; of one's own caseload, of a team, of a household."""
    case_actions.load_tracks(by=OFFICE, at=AT)
    own = User.objects.get(username="own")
    club = people_of_club(people).organisation_id
    track = cases.TrackVersion.objects.select_related("track").order_by("pk").first()
    assert track is not None
    stage = track.stages.order_by("position").first()
    for name, person in people.items():
        for is_sensitive in (False, True):
            case = cases.Case.objects.create(
                subject=audit.new_subject(at=AT), person_id=person.pk, track=track.track, version=track, stage=stage,
                is_sensitive=is_sensitive, due_on=AT.date(), opened_on=AT.date(),
                owner=own if name in {"peja", "hidden_peja"} else None,
                team_id=club if name in {"alone", "hidden"} else None,
                erased_at=AT if name == "erased" else None,
                state="closed" if is_sensitive else "open",
                closed_on=AT.date() if is_sensitive else None,
                outcome="other" if is_sensitive else "",
            )  # fmt: skip
            living = register.Membership.objects.filter(household__memberships__person=person, ended_on=None)
            for covered in {person.pk, *living.values_list("person_id", flat=True)} if name != "erased" else ():
                cases.CaseMember.objects.create(case=case, person_id=covered, started_on=AT.date())


def people_of_club(people: dict[str, register.Person]) -> register.Person:
    return register.Person.objects.get(pk=people["of_club"].pk)


def apply_all(people: dict[str, register.Person]) -> None:
    """Two calls, one made by the user who sees their own alone; everybody with a household applies to both."""
    grid = selections.Grid.objects.create(code="example", version=1, name="Example", made_at=AT)
    selections.Criterion.objects.create(grid=grid, position=1, code="need", most=3)
    own = User.objects.get(username="own")
    for code, made_by in (("20", None), ("17", own)):
        call = selections.Call.objects.create(
            title=code, municipality=factories.municipality(code), grid=grid, opens_on=AT.date(), closes_on=AT.date(),
            places=1, made_by=made_by, made_at=AT,
        )  # fmt: skip
        session = selections.Session.objects.create(call=call, held_on=AT.date())
        ranked = selections.Selection.objects.create(
            call=call, number=1, session=session, grid=grid, places=1, threshold=1, aged_on=AT.date(), ranked_at=AT
        )
        homes = register.Membership.objects.filter(ended_on=None).order_by("household_id", "pk")
        told: dict[int, list[int]] = {}
        for household, person in homes.values_list("household_id", "person_id"):
            told.setdefault(household, []).append(person)
        told |= {next(iter(told)) + 0: [*told[next(iter(told))], people["merged"].pk]}
        for number, (household, members) in enumerate(told.items(), start=1):
            one = selections.Application.objects.create(
                call=call, number=number, code=f"{code}{number}", household_id=household, applicant_id=members[0],
                request="house", received_at=AT,
            )  # fmt: skip
            for member in members:
                selections.ApplicationMember.objects.create(application=one, person_id=member, relation="-")
            row = selections.Ranked.objects.create(
                selection=ranked, application=one, number=number, place_in_list=number, verdict="ranked",
                outcome="selected", subject=uuid.uuid4(), sealed=b"-",
            )  # fmt: skip
            for member in members:
                selections.RankedMember.objects.create(row=row, person_id=member, subject=uuid.uuid4(), sealed=b"-")


def fill(people: dict[str, register.Person]) -> None:
    """Rows in every table behind the wall that is still empty, beside each row that they hang on, or for everybody and
    every keeper: made from the models, so that a new table is tried as soon as it is placed.
    """
    waiting = [model for model in policies.walled() if not model._base_manager.exists()]
    for model in waiting:  # also tables of which nobody is spoken, such as versions of clocks, while the loop goes on
        waiting += [p for p in parents_of(model) if p not in waiting and not p._base_manager.exists()]
        forget_checks(model)
    while waiting:
        model = next(m for m in waiting if all(p._base_manager.exists() for p in parents_of(m)))
        for given in rows_for(model, people):
            values = {f.attname: made_up(f) for f in model._meta.concrete_fields if must_be_filled(f)}
            model._base_manager.create(**values | given)
        waiting.remove(model)


def forget_checks(model: type[models.Model]) -> None:
    """What is made up need not make sense; until the test ends."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        for constraint in model._meta.constraints:
            if isinstance(constraint, models.UniqueConstraint) and constraint.condition is not None:
                cursor.execute(f'DROP INDEX "{constraint.name}"')
            else:
                cursor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{constraint.name}"')


def rows_for(model: type[models.Model], people: dict[str, register.Person]) -> list[dict[str, Any]]:
    """What the rows say of their own: what they hang on; or whose they are, who keeps them, whose work it was."""
    if "WALL" not in vars(model):
        return [{}]
    if through := vars(model)["WALL"].through:
        field: Any = model._meta.get_field(through[0])
        return [{field.attname: row.pk} for row in field.related_model._base_manager.order_by("pk")]
    club, own = people_of_club(people).organisation_id, User.objects.get(username="own").pk
    told = [{"keeper_id": p.keeper_id, "person_id": p.pk} for p in people.values()]
    told += [{"organisation_id": club}, {"registered_by_id": own}]
    named = {f.attname for f in model._meta.concrete_fields}
    return [{name: value for name, value in one.items() if name in named} for one in told]


def parents_of(model: type[models.Model]) -> list[Any]:
    """The tables that a row of this one must point to, the one that decides who sees it first."""
    through = vars(model)["WALL"].through if "WALL" in vars(model) else ()
    keys = {f.name: f for f in model._meta.concrete_fields if isinstance(f, models.ForeignKey) and must_be_filled(f)}
    return [keys[name].related_model for name in sorted(keys, key=lambda name: (name not in through, name))]


def must_be_filled(field: Any) -> bool:
    return not (field.null or field.primary_key or field.has_default())


def made_up(field: Any) -> Any:
    """Any value that the column takes."""
    if isinstance(field, models.ForeignKey):
        found = field.related_model._base_manager.order_by("pk").first()  # type: ignore[union-attr]
        assert found is not None, f"{field} needs a row of {field.related_model}"
        return found.pk
    if isinstance(field, models.CharField) and field.unique:
        return uuid.uuid4().hex[: field.max_length]
    if field.blank and isinstance(field, models.CharField | models.TextField):
        return ""
    if field.choices:
        return field.choices[0][0]
    kinds: dict[type, Any] = {
        models.BooleanField: False,
        models.DateTimeField: AT,
        models.DateField: AT.date(),
        models.BinaryField: b"-",
        models.IntegerField: next(_numbers),
        models.DecimalField: 1,
        models.FloatField: 1.0,
        models.CharField: "x",
        models.TextField: "x",
        models.UUIDField: uuid.uuid4(),
    }
    return next(value for kind, value in kinds.items() if isinstance(field, kind))


def viewers(world: dict[str, register.Person]) -> dict[str, Access]:
    """Everybody who might ask."""
    prizren, peja = factories.in_area("20"), factories.in_area("17")
    region = Scope(ScopeKind.AREA, str(factories.municipality("17").parent_id))
    club = Scope(ScopeKind.ORGANISATION, str(register.Person.objects.get(pk=world["of_club"].pk).organisation_id))
    glass = factories.access(Role.CASEWORKER, scope=prizren)
    opened = frozenset({world["peja"].subject.hex, world["hidden_peja"].subject.hex, world["erased"].subject.hex})
    two = factories.user(Role.CASEWORKER, scope=prizren)
    account_actions.grant_role(two.pk, Role.PROTECTION, peja, by=OFFICE, at=AT - dt.timedelta(days=1))
    own = User.objects.get(username="own")
    return {
        "nobody": NOBODY,
        "no role": factories.access(),
        "keeper": factories.access(Role.KEEPER),
        "planner": factories.access(Role.PLANNER),
        "caseworker": factories.access(Role.CASEWORKER, scope=prizren),
        "of a region": factories.access(Role.CASEWORKER, scope=region),
        "everywhere": factories.access(Role.CASEWORKER, scope=EVERYWHERE),
        "own caseload": account_queries.access(own, AT),
        "own caseload, bringing": Access(own.pk, "own", (HeldRole(Role.CASEWORKER, Scope(ScopeKind.OWN)),)),
        "organisation": factories.access(Role.PROGRAMME, scope=club),
        "protection": factories.access(Role.PROTECTION, scope=prizren),
        "protection everywhere": factories.access(Role.PROTECTION),
        "protection of an organisation": factories.access(Role.PROTECTION, scope=club),
        "data protection": factories.access(Role.DATA_PROTECTION),
        "approver": factories.access(Role.IMPORT_APPROVER, scope=peja),
        "two places": account_queries.access(two, AT),
        "broken glass": dataclasses.replace(glass, opened=opened),
        "the office itself": OFFICE,
    }


def expected(model: type[models.Model], access: Access) -> set[int]:
    """The rows that the first wall gives, asked beyond the second."""
    declared: wall.Wall = vars(model)["WALL"]
    rows = model._base_manager.all()
    if model is register.Person:  # who is seen or let through, and the records that are one with them
        seen = set(register.Person.objects.visible_to(access).values_list("pk", flat=True)) | let_through(access)
        return seen | set(rows.filter(canonical__in=seen).values_list("pk", flat=True))
    if declared.rule and hasattr(model.objects, "visible_to"):  # type: ignore[attr-defined]
        rows = model.objects.visible_to(access)  # type: ignore[attr-defined]
    elif model is register.NameKey:
        rows = rows.filter(person__in=expected(register.Person, access))
    elif model is selections.Ranked:
        rows = rows.filter(selections.call_q(access, Action.SELECTION_VIEW, "selection__call__"))
    elif model is selections.RankedMember:
        rows = rows.filter(row__application__in=expected(selections.Application, access))
    for key in declared.through:
        parent = model._meta.get_field(key).related_model
        rows = rows.filter(**{f"{key}__in": expected(parent, access)})  # type: ignore[arg-type]
    return set(rows.values_list("pk", flat=True))


def let_through(access: Access) -> set[int]:
    """People of cases and applications that the viewer sees, also those into whom their records were merged."""
    found: set[int] = set()
    for model, spoken, members in (
        (cases.Case, "person", "members__person"),
        (selections.Application, "applicant", "members__person"),
    ):
        for path in (spoken, members):
            rows = model.objects.visible_to(access)  # type: ignore[attr-defined]
            found |= {pk for pair in rows.values_list(path, f"{path}__canonical") for pk in pair if pk is not None}
    return found


def keys_of(seen: models.QuerySet[register.Person]) -> set[int]:
    ids = seen.values("pk")
    held = register.NameKey.objects.filter(models.Q(person__in=ids) | models.Q(person__canonical__in=ids))
    return set(held.values_list("pk", flat=True))


def counted(model: type[models.Model]) -> set[int]:
    """The rows that bare SQL finds."""
    column = model._meta.pk.column  # type: ignore[union-attr]
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT "{column}" FROM "{model._meta.db_table}"')
        found = {pk for (pk,) in cursor.fetchall()}
        cursor.execute(f'SELECT count(*) FROM "{model._meta.db_table}"')
        assert cursor.fetchone() == (len(found),)
    return found


def test_bare_sql_sees_what_the_policy_gives(whole: dict[str, register.Person]) -> None:
    wrong, seen = [], dict.fromkeys([model._meta.label for model in policies.walled()], 0)
    for name, access in viewers(whole).items():
        with wall.asking(bridge.viewer(access)):
            found = {model: counted(model) for model in policies.walled()}
        for model, rows in found.items():
            seen[model._meta.label] = max(seen[model._meta.label], len(rows))
            wanted = expected(model, access)
            if model is register.NameKey:  # where areas decide, the index answers for them alone: see its condition
                wanted &= rows | keys_of(register.Person.objects.visible_to(access))
            if rows != wanted:
                wrong.append((name, model._meta.label, rows, wanted))
    assert not wrong
    assert all(seen.values()), f"the test has no rows in {[label for label, n in seen.items() if not n]}"


def test_the_characters_differ(world: dict[str, register.Person]) -> None:
    """Lest equality hold because everybody sees the same."""
    numbers = {}
    for name, access in viewers(world).items():
        with wall.asking(bridge.viewer(access)):
            numbers[name] = len(counted(register.Person))
    assert [numbers[name] for name in ("nobody", "no role", "keeper", "planner")] == [0, 0, 0, 0]
    assert numbers["own caseload"] == numbers["organisation"] == 1
    assert numbers["broken glass"] == numbers["caseworker"] + 1
    assert numbers["caseworker"] < numbers["protection"] < numbers["protection everywhere"]
    assert numbers["the office itself"] == register.Person.objects.filter(erased_at=None).count()


# --- what it holds against --------------------------------------------------------------------------------------------


def test_nothing_announced_is_nothing_seen(whole: dict[str, register.Person]) -> None:
    """Nor by a session of the office's own role that nobody announced: as with psql."""
    assert all(model._base_manager.exists() for model in policies.walled())
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"set_config('streha.{name}', '', false)" for name in wall.NAMES))
        for model in policies.walled():
            cursor.execute(f'SELECT count(*) FROM "{model._meta.db_table}"')
            assert cursor.fetchone() == (0,), model._meta.label
    connection.announced = None  # type: ignore[attr-defined]
    with wall.asking(wall.NOBODY):
        assert {model._meta.label: counted(model) for model in policies.walled() if counted(model)} == {}


def test_a_forgotten_filter_shows_nothing_beyond(world: dict[str, register.Person]) -> None:
    def careless(request: HttpRequest) -> HttpResponse:
        return HttpResponse(" ".join(sorted(str(p.pk) for p in register.Person.objects.all())))

    user = factories.user(Role.CASEWORKER, scope=factories.in_area("20"))
    for asks in (user, factories.user(Role.KEEPER)):
        request = RequestFactory().get("/people/")
        request.user = asks
        answer = door.AccessMiddleware(careless)(request)  # type: ignore[arg-type]
        seen = expected(register.Person, account_queries.access(asks, AT))
        assert answer.content.decode().split() == sorted(map(str, seen))  # type: ignore[attr-defined]


LISTS = (
    "/", "/people/", "/households/", "/homes/", "/cases/", "/visits/", "/search/?q=krasniqi", "/duplicates/",
    "/feedback/", "/imports/", "/cases/load/",
)  # fmt: skip


def test_pages_are_the_same_without_it(
    world: dict[str, register.Person], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the first wall shows, the second lets through, to the letter: for each of those who ask otherwise."""
    follow(world)
    told = cases.Case.objects.filter(person__in=[world[name].pk for name in ("prizren", "peja", "hidden", "merged")])
    addresses = [*LISTS]
    for kind, rows in (
        ("people", register.Person.objects.filter(pk__in=[world[name].pk for name in ("prizren", "hidden", "merged")])),
        ("households", register.Household.objects.filter(memberships__person=world["alone"])),
        ("homes", Property.objects.filter(shares__person__in=[world["prizren"], world["peja"], world["kept"]])),
        ("cases", told),
    ):
        addresses += [f"/{kind}/{pk}/" for pk in rows.order_by("pk").values_list("pk", flat=True)]
    prizren = factories.in_area("20")
    users = [factories.user(Role.CASEWORKER, scope=prizren), factories.user(Role.PROTECTION, scope=prizren)]
    users += [User.objects.get(username="own")]
    cases.Case.objects.filter(person=world["peja"]).update(owner=users[0])
    answers: dict[bool, list[tuple[str, str, int, str]]] = {}
    for stands in (True, False):
        settings.SECOND_WALL = stands
        if not stands:
            monkeypatch.setattr(bridge, "viewer", lambda _access: wall._opened("tests"))
        answers[stands] = [(str(user), *told) for user in users for told in answered(user, addresses)]
    differ = [
        (*one[:3], other[2], *(set(one[3].split()) ^ set(other[3].split())))
        for one, other in zip(*answers.values(), strict=True)
        if one != other
    ]
    assert not differ
    assert {status for _, _, status, _ in answers[True]} >= {200, 404}


def answered(user: User, addresses: list[str]) -> Iterator[tuple[str, int, str]]:
    client = Client()
    client.force_login(user)
    for address in addresses:
        answer = client.get(address)
        yield address, answer.status_code, re.sub(r"\b[A-Za-z0-9]{64}\b", "token", answer.content.decode())


def test_rights_do_not_stay_on_a_connection(world: dict[str, register.Person]) -> None:
    process = connection.connection.info.backend_pid
    found = []
    for role, scope in (
        (Role.PROTECTION, EVERYWHERE),
        (Role.CASEWORKER, factories.in_area("17")),
        (Role.KEEPER, EVERYWHERE),
    ):
        client = Client()
        client.force_login(factories.user(role, scope=scope))
        page = client.get("/people/")
        found.append({pk for pk in (p.pk for p in world.values()) if f"/people/{pk}/" in page.content.decode()})
        with wall.asking(wall.NOBODY):
            assert counted(register.Person) == set()
    assert connection.connection.info.backend_pid == process
    assert len(found[0]) > len(found[1]) > len(found[2]) == 0
    stranger = Client().get("/people/")
    assert stranger.status_code == 302


def test_a_rollback_brings_back_no_rights(world: dict[str, register.Person]) -> None:
    wide = bridge.viewer(factories.access(Role.PROTECTION))
    narrow = bridge.viewer(factories.access(Role.CASEWORKER, scope=factories.in_area("17")))
    with wall.asking(wide):
        everybody = counted(register.Person)
    with wall.asking(narrow):
        few = counted(register.Person)
    with wall.asking(wide):
        counted(register.Person)
        with pytest.raises(ZeroDivisionError), transaction.atomic(), wall.asking(narrow):
            assert counted(register.Person) == few
            raise ZeroDivisionError
        assert counted(register.Person) == everybody
    with wall.asking(narrow):
        with pytest.raises(ZeroDivisionError), transaction.atomic(), wall.beyond("a test"):
            assert len(counted(register.Person)) > len(everybody)
            raise ZeroDivisionError
        assert counted(register.Person) == few
        # The other way round: what was told within is undone by the rollback, and must be told again.
    with wall.beyond("a test"):
        counted(register.Person)
        try:
            with transaction.atomic():
                with wall.asking(narrow):
                    counted(register.Person)
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass
    with wall.asking(narrow):
        assert counted(register.Person) == few


@pytest.mark.parametrize("table", ["people_person", "people_name"])
def test_nobody_writes_beyond_what_they_see(world: dict[str, register.Person], table: str) -> None:
    key = "id" if table == "people_person" else "person_id"
    there, here = world["peja"].pk, world["prizren"].pk
    mocr = bridge.viewer(factories.access(Role.CASEWORKER, scope=factories.in_area("20")))
    with wall.asking(mocr), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {key} = {key} WHERE {key} = %s", [there])
        assert cursor.rowcount == 0
        cursor.execute(f"DELETE FROM {table} WHERE {key} = %s", [there])
        assert cursor.rowcount == 0
        cursor.execute(f"UPDATE {table} SET {key} = {key} WHERE {key} = %s", [here])
        assert cursor.rowcount > 0


def test_a_row_cannot_be_moved_out_of_sight(world: dict[str, register.Person]) -> None:
    mocr = bridge.viewer(factories.access(Role.CASEWORKER, scope=factories.in_area("20")))
    other = factories.municipality("17").pk
    with wall.asking(mocr), pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        register.Person.objects.filter(pk=world["prizren"].pk).update(keeper_id=other)


def test_handing_over_goes_by_the_door(world: dict[str, register.Person]) -> None:
    user = factories.access(Role.CASEWORKER, scope=factories.in_area("20"))
    with wall.asking(bridge.viewer(user)):
        actions.hand_over(
            world["prizren"].pk, keeper_id=factories.municipality("17").pk, reason="moved", by=user, at=AT
        )
        assert not register.Person.objects.filter(pk=world["prizren"].pk).exists()
    assert register.Person.objects.get(pk=world["prizren"].pk).keeper_id == factories.municipality("17").pk


def test_many_rows_are_held_like_one(world: dict[str, register.Person]) -> None:
    rows = [(f"key{n}", "x", world["peja"].pk, world["peja"].keeper_id, False) for n in range(40)]
    mocr = bridge.viewer(factories.access(Role.CASEWORKER, scope=factories.in_area("20")))
    columns = ("key", "sort_name", "person_id", "keeper_id", "shielded")
    for held in (rows[:2], rows):
        with wall.asking(mocr), pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            audit_bridge.insert_rows(register.NameKey, columns, held)
    audit_bridge.insert_rows(register.NameKey, columns, rows)


def test_a_shielded_member_hides_the_household_all_the_same(world: dict[str, register.Person]) -> None:
    """The first wall asks for hidden members, whom the second keeps from it: the household must not appear for that."""
    for code, role, sees in (
        ("20", Role.CASEWORKER, False),
        ("09", Role.CASEWORKER, False),
        ("20", Role.PROTECTION, True),
    ):
        access = factories.access(role, scope=factories.in_area(code))
        house = register.Household.objects.get(memberships__person=world["hidden"])
        register.Household.objects.filter(pk=house.pk).update(keeper=factories.municipality(code))
        with wall.asking(bridge.viewer(access)):
            assert register.Household.objects.visible_to(access).filter(pk=house.pk).exists() is sees
            assert register.Household.objects.filter(pk=house.pk).exists() is sees


def test_the_wall_is_raised_again_when_it_was_changed() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP POLICY streha_wall ON people_name")
        cursor.execute("ALTER TABLE people_contact NO FORCE ROW LEVEL SECURITY")
    assert {p.table for p in policies.missing(connection)} == {"people_name", "people_contact"}
    assert set(policies.raise_wall(connection)) == {"people_name", "people_contact"}
    assert policies.missing(connection) == []


def test_the_wall_can_be_lowered_while_tables_change() -> None:
    policies.before_migrations(using="default", plan=[])
    assert policies.missing(connection) == []
    policies.before_migrations(using="default", plan=["something"])
    assert len(policies.missing(connection)) == len(policies.walled())
    policies.after_migrations(using="default")
    assert policies.missing(connection) == []


def test_subtrees_are_told_whole() -> None:
    region = factories.municipality("17").parent_id
    access = factories.access(Role.CASEWORKER, scope=Scope(ScopeKind.AREA, str(region)))
    told = dict(zip(wall.NAMES, bridge.viewer(access).statement()[1], strict=True))
    assert set(told["people_areas"].strip("{}").split(",")) == {str(pk) for pk in places.subtree_ids([region or 0])}
    assert told["beyond"] == told["shielded_areas"] == told["people_everywhere"] == ""
